"""What changed because of me: counted from returns, versions and answers, and from nothing else."""

import copy
from datetime import date, timedelta

import pytest
from django.urls import reverse

from feedback import consequences, contacts, handoffs
from scoring import shapes
from scoring.models import AgreementVersion
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory, LeadFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
CONFIRMED = {"meets_criteria", "can_talk", "could_buy"}


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(MONDAY + 4 * HOUR, tick=False)


def returned(by, *, at=MONDAY + HOUR, lead=None, opened_at=MONDAY, **facts):
    lead = lead or LeadFactory(email="kim@gmail.com", company_size=60)
    handoff = HandoffFactory(lead=lead, pool__team=by.team, opened_at=opened_at)
    said = {"reason": "no_budget", "text": "No money."} | facts
    return handoffs.give_back(handoff, by=by, at=at, **said)


def next_version(change, *, at=MONDAY + 2 * HOUR) -> AgreementVersion:
    """The text in force with a change, in force."""
    old = AgreementVersion.objects.get(status="in_force")
    AgreementVersion.objects.filter(pk=old.pk).update(status="superseded")
    body = copy.deepcopy(old.body)
    change(body)
    return AgreementVersionFactory(body=body, number=old.number + 1, in_force_at=at)


def criteria(body):
    return next(stage for stage in body["stages"] if stage["kind"] == "handoff")["criteria"]


def this_month(user):
    return consequences.this_month(user, at=MONDAY + 4 * HOUR)


def test_my_returns_of_this_month_are_counted_and_nobody_elses(sam, tom):
    mine, _toms = returned(sam), returned(tom)
    returned(sam, at=MONDAY - timedelta(days=3), opened_at=MONDAY - timedelta(days=4))
    assert this_month(sam).returned == [mine]


def test_what_was_returned_and_undone_does_not_count(sam, tom):
    handoff = returned(sam)
    handoffs.undo(handoff, by=sam, at=MONDAY + 2 * HOUR)
    assert this_month(sam).returned == []
    again = {"reason": "no_project", "text": "No project either."}
    handoffs.give_back(handoff, by=tom, at=MONDAY + 3 * HOUR, **again)
    assert this_month(sam).returned == []
    assert this_month(tom).returned == [handoff]


def test_marketing_owes_an_answer_until_it_gives_one(sam, maya, lena):
    first, second = returned(sam), returned(sam)
    handoffs.reply(first, by=lena, at=MONDAY + 2 * HOUR, text="I agree with Sam.")
    found = this_month(sam)
    assert (set(found.owed), found.answered) == ({first, second}, [])
    handoffs.reply(first, by=maya, at=MONDAY + 3 * HOUR, text="We ask for a budget now.")
    found = this_month(sam)
    assert (found.owed, found.answered) == ([second], [first])


def test_a_disputed_criterion_that_reads_differently_is_told_in_its_own_words(sam):
    returned(sam, disputed="company_size")
    returned(sam, disputed="company_size")
    returned(sam, disputed="recent")
    assert this_month(sam).said == []

    def larger(body):
        next(c for c in criteria(body) if c["key"] == "company_size")["when"]["value"] = 100

    version = next_version(larger)
    [said] = this_month(sam).said
    assert (said.kind, said.returns, said.number) == ("criterion", 2, version.number)
    assert said.words == "Company size is at least 50"
    [change] = said.changes
    assert change.endswith("at least 50 → company size is at least 100")


def test_a_criterion_that_nobody_disputed_is_no_consequence(sam):
    returned(sam, disputed="recent")

    def larger(body):
        next(c for c in criteria(body) if c["key"] == "company_size")["when"]["value"] = 51

    next_version(larger)
    assert this_month(sam).said == []


def test_the_version_that_changed_it_is_named_not_the_one_in_force(sam):
    returned(sam, disputed="company_size")

    def gone(body):
        criteria(body)[:] = [c for c in criteria(body) if c["key"] != "company_size"]

    version = next_version(gone)
    next_version(lambda body: body.update(title="Anew"), at=MONDAY + 3 * HOUR)
    assert [each.number for each in this_month(sam).said] == [version.number]


def test_a_reason_that_is_treated_differently_is_told_too(sam):
    returned(sam)

    def longer(body):
        next(r for r in body["reasons"] if r["key"] == "no_budget")["rest_days"] = 120

    next_version(longer)
    [said] = this_month(sam).said
    assert (said.kind, said.words) == ("reason", "No budget this year")
    assert "120 days" in said.changes[0]


def test_leads_whom_the_version_in_force_would_keep_are_counted_by_what_was_known_then(sam):
    returned(sam)
    returned(sam, lead=LeadFactory(email="kim@haulage.example", company_size=60))
    without = {each.words for each in this_month(sam).kept}
    assert without == set()

    def business_only(body):
        criteria(body)[:] = [
            {
                "key": "business_mail",
                "group": "undesirable",
                "label": {"en": "No free mail", "de": "Keine Freemail"},
                "when": {"op": "not_free_mail"},
            }
        ]

    version = next_version(business_only)
    [kept] = this_month(sam).kept
    assert (kept.words, kept.returns, kept.number) == ("No free mail", 1, version.number)


def test_leads_that_came_back_to_me_are_named_and_those_of_a_colleague_are_not(sam, tom):
    accepted = HandoffFactory(pool__team=sam.team)
    handoffs.accept(accepted, by=sam, at=MONDAY, confirmed=CONFIRMED)
    contacts.log(accepted, by=sam, at=MONDAY, kind="call", outcome="reached")
    handoffs.give_back(
        accepted,
        by=sam,
        at=MONDAY + HOUR,
        reason="no_budget",
        text="In June.",
        back_on=date(2026, 6, 1),
    )
    again = HandoffFactory(lead=accepted.lead, opened_at=MONDAY + 2 * HOUR)
    assert this_month(sam).back == []
    handoffs.assign(again, to=sam, by=sam, at=MONDAY + 3 * HOUR)
    assert this_month(sam).back == [again]
    assert this_month(tom).back == []


# The line and the page


def test_the_line_says_the_numbers_and_leads_to_the_handoffs(sam, maya, signed_in):
    first, second = returned(sam), returned(sam)
    handoffs.reply(first, by=maya, at=MONDAY + 2 * HOUR, text="We ask for a budget now.")
    client = signed_in(sam)
    line = client.get(reverse("consequences"), headers={"HX-Request": "true"}).text
    assert "<html" not in line
    for words in ("Of your 2 returns this month:", "1 awaits marketing’s answer", "1 answered"):
        assert words in line
    page = client.get(reverse("consequences")).text
    owed = page.split('id="owed"')[1].split("</section>")[0]
    assert reverse("handoff", args=[second.pk]) in owed
    assert reverse("handoff", args=[first.pk]) not in owed


def test_who_returned_nobody_is_told_so_in_one_line(sam, signed_in):
    line = signed_in(sam).get(reverse("consequences"), headers={"HX-Request": "true"}).text
    assert "You have returned nobody this month." in line


def test_marketing_has_no_such_page(maya, signed_in):
    assert signed_in(maya).get(reverse("consequences")).status_code == 404


def test_the_line_asks_little_while_the_agreement_stays(
    sam, signed_in, django_assert_max_num_queries
):
    for _ in range(8):
        returned(sam)
    with django_assert_max_num_queries(4):
        this_month(sam)


def test_classic_still_has_what_these_tests_speak_of():
    keys = {criterion["key"] for criterion in criteria(shapes.classic())}
    assert {"company_size", "recent"} <= keys
