"""The history: every version, who signed it, what it changed, what happened under it."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback import handoffs
from scoring import agreements
from scoring.models import AgreementVersion
from scoring.shapes import classic
from tests.factories import HandoffFactory, PoolFactory, PoolMemberFactory
from tests.test_agreements import change_answer_clock

Status = AgreementVersion.Status
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PATH = "/agreement/versions/"


@pytest.fixture
def first(mark, lena, monday):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday)


def next_version(minutes, *, mark, lena, at):
    draft = agreements.open_draft(by=mark, at=at)
    version = change_answer_clock(draft, minutes, by=mark, at=at).version
    version = agreements.propose(version, by=mark, at=at)
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=at, sha256=version.sha256)
    return version


@pytest.fixture
def pool(sales, sam):
    pool = PoolFactory(team=sales)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def answered(version, pool, sam, at, *, accepted, returned):
    """Handoffs under a version, opened at `at` and answered an hour later."""
    confirmed = {item["key"] for item in version.body["checklists"]["acceptance"]}
    reason = version.body["reasons"][0]["key"]
    made = HandoffFactory.create_batch(
        accepted + returned, pool=pool, version=version, opened_at=at
    )
    for each in made[:accepted]:
        handoffs.accept(each, by=sam, at=at + HOUR, confirmed=confirmed)
    for each in made[accepted:]:
        handoffs.give_back(each, by=sam, at=at + HOUR, reason=reason, text="Not now.")
    return made


def entry(page, number):
    part = page[page.index(f'id="version-{number}"') :]
    return " ".join(re.sub("<[^>]+>", " ", part.split("</section>")[0]).split())


def test_what_happened_under_a_version_stands_beside_the_one_before(
    first, pool, sam, mark, lena, maya, monday, signed_in
):
    answered(first, pool, sam, monday + HOUR, accepted=12, returned=12)
    second = next_version(180, mark=mark, lena=lena, at=monday + DAY)
    answered(second, pool, sam, monday + DAY + HOUR, accepted=18, returned=6)
    page = signed_in(maya).get(PATH).text
    assert "50 % of 24 answered" in entry(page, 1)
    said = entry(page, 2)
    assert "75 % of 24 answered" in said
    assert "version 1: 50 % of 24, +25 percentage points (may be chance)" in said
    assert "1 h of working time, median of 24 answers" in said


def test_conversations_are_compared_of_those_whose_talks_are_over(
    first, pool, sam, mark, lena, maya, monday, signed_in
):
    for each in answered(first, pool, sam, monday + HOUR, accepted=20, returned=0):
        reason = first.body["reasons"][0]["key"]
        handoffs.give_back(each, by=sam, at=monday + 3 * HOUR, reason=reason, text="Not now.")
    second = next_version(180, mark=mark, lena=lena, at=monday + DAY)
    talks = answered(second, pool, sam, monday + DAY + HOUR, accepted=20, returned=0)
    said = entry(signed_in(maya).get(PATH).text, 2)
    assert "0 % of 20 accepted leads 20 of them still open version 1: 0 % of 20" in said
    assert "points" not in said.split("Conversations")[1]
    for each in talks:
        handoffs.give_back(each, by=sam, at=monday + 2 * DAY, reason=reason, text="Not now.")
    said = entry(signed_in(maya).get(PATH).text, 2)
    assert "version 1: 0 % of 20, 0 percentage points (may be chance)" in said
    answered(second, pool, sam, monday + 2 * DAY, accepted=1, returned=0)
    said = entry(signed_in(maya).get(PATH).text, 2)
    assert "0 % of 21 accepted leads one of them still open version 1: 0 % of 20 of those" in said
    assert "of those that are through 0 % of 20, in version 1 0 % of 20, 0 percentage" in said


def test_of_few_cases_there_is_no_percentage_and_no_comparison(
    first, pool, sam, mark, lena, maya, monday, signed_in
):
    answered(first, pool, sam, monday + HOUR, accepted=12, returned=12)
    second = next_version(180, mark=mark, lena=lena, at=monday + DAY)
    answered(second, pool, sam, monday + DAY + HOUR, accepted=3, returned=4)
    said = entry(signed_in(maya).get(PATH).text, 2)
    assert "3 of 7 answered" in said
    assert "percentage" not in said


def test_who_waits_for_room_is_no_lead_that_sales_leaves_unanswered(
    first, pool, maya, monday, signed_in
):
    HandoffFactory.create_batch(2, pool=pool, version=first, opened_at=monday, offered_at=monday)
    HandoffFactory(pool=pool, version=first, opened_at=monday, offered_at=None)
    said = entry(signed_in(maya).get(PATH).text, 1)
    assert "Handed over 3 2 not answered yet one waits until sales has room" in said


def test_a_version_without_a_handoff_says_so(first, maya, signed_in):
    assert "No lead was handed over under it." in entry(signed_in(maya).get(PATH).text, 1)


def test_each_figure_leads_to_as_many_leads(first, pool, sam, maya, monday, signed_in):
    answered(first, pool, sam, monday + HOUR, accepted=4, returned=3)
    client = signed_in(maya)
    links = re.findall(r'href="(/funnel/leads/[^"]+)"[^>]*>(\d+)', client.get(PATH).text)
    assert len(links) >= 2
    for link, figure in links:
        page = client.get(link.replace("&amp;", "&")).context["page"]
        assert page.paginator.count == int(figure), link


def test_figures_count_what_the_reader_may_see(first, pool, sam, tom, maya, monday, signed_in):
    """A rep sees the own team's pools."""
    answered(first, pool, sam, monday + HOUR, accepted=2, returned=1)
    other = PoolFactory(name="Partners", team__name="Partners")
    HandoffFactory.create_batch(5, pool=other, version=first, opened_at=monday + HOUR)
    assert "Handed over 8" in entry(signed_in(maya).get(PATH).text, 1)
    assert "Handed over 3" in entry(signed_in(sam).get(PATH).text, 1)


def test_who_signed_when_and_which_signature_lapsed(first, mark, lena, maya, monday, signed_in):
    draft = agreements.open_draft(by=maya, at=monday + DAY)
    draft = change_answer_clock(draft, 100, by=maya, at=monday + DAY).version
    version = agreements.propose(draft, by=maya, at=monday + DAY)
    agreements.sign(version, by=lena, at=monday + DAY, sha256=version.sha256)
    agreements.object_to(
        version, by=mark, at=monday + DAY, sha256=version.sha256, reason="Too slow for us."
    )
    change_answer_clock(version, 90, by=maya, at=monday + 2 * DAY)
    said = entry(signed_in(maya).get(PATH).text, 2)
    assert "Lena Fuchs · signed 3 Mar 2026, 09:00, lapsed when the text was changed" in said
    assert "Mark Reuter · objected 3 Mar 2026, 09:00: “Too slow for us.”" in said


def test_going_back_says_first_what_it_would_change(first, mark, lena, maya, monday, signed_in):
    next_version(180, mark=mark, lena=lena, at=monday + DAY)
    client = signed_in(maya)
    said = entry(client.get(PATH).text, 1)
    assert "Go back to version 1…" in said
    assert "3 h → 4 h" in said
    response = client.post("/agreement/draft/", {"version": first.pk})
    assert response.url == "/agreement/draft/"
    draft = agreements.unsettled()
    assert (draft.number, draft.body, draft.base.number) == (3, first.body, 2)


def test_an_old_version_says_on_its_own_page_too_what_going_back_would_change(
    first, mark, lena, maya, monday, signed_in
):
    next_version(180, mark=mark, lena=lena, at=monday + DAY)
    page = signed_in(maya).get(f"{PATH}{first.pk}/").text
    assert "Open a draft from version 1" in page
    assert "it would change this" in page


def test_with_a_draft_open_one_does_not_go_back(first, mark, lena, maya, monday, signed_in):
    next_version(180, mark=mark, lena=lena, at=monday + DAY)
    agreements.open_draft(by=maya, at=monday + 2 * DAY)
    client = signed_in(maya)
    said = entry(client.get(PATH).text, 1)
    assert "Version 3 is open. Change that one, or withdraw it first." in said
    assert "Open a draft from" not in said
    assert client.post("/agreement/draft/", {"version": first.pk}).status_code == 409


def test_who_only_reads_is_not_asked_to_go_back(first, mark, lena, olu, monday, signed_in):
    next_version(180, mark=mark, lena=lena, at=monday + DAY)
    assert "Go back" not in signed_in(olu).get(PATH).text


def test_the_tenth_page_is_there(first, mark, maya, monday, signed_in):
    """A hundred versions, most of them withdrawn."""
    body, sha256 = first.body, first.sha256
    AgreementVersion.objects.bulk_create(
        AgreementVersion(
            number=number,
            status=Status.WITHDRAWN,
            body=body,
            sha256=sha256,
            base=first,
            created_by=mark,
            created_at=monday,
            edited_by=mark,
            edited_at=monday,
        )
        for number in range(2, 101)
    )
    page = signed_in(maya).get(PATH, {"page": 10}).text
    assert 'id="version-1"' in page
    assert 'id="version-10"' in page
    assert 'id="version-11"' not in page


def test_more_versions_take_no_more_queries(first, pool, sam, mark, lena, maya, monday, signed_in):
    client = signed_in(maya)

    def queries():
        client.get(PATH)
        with CaptureQueriesContext(connection) as counted:
            client.get(PATH)
        return [each["sql"] for each in counted]

    answered(first, pool, sam, monday + HOUR, accepted=2, returned=1)
    second = next_version(180, mark=mark, lena=lena, at=monday + DAY)
    answered(second, pool, sam, monday + DAY, accepted=2, returned=1)
    few = queries()
    for number in range(2, 6):
        at = monday + number * DAY
        version = next_version(180 + number, mark=mark, lena=lena, at=at)
        answered(version, pool, sam, at, accepted=2, returned=1)
    assert len(queries()) == len(few) <= 24
    # Of ten thousand handoffs, their events take longer than all the rest.
    assert not [sql for sql in few if "handoffevent" in sql]
