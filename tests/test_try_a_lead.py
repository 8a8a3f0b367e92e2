"""One lead tried out: altered, invented, under both texts, and nothing of it stored."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback.lab import tries
from leads.models import Activity, ActivityType, Channel, Lead, LeadChange
from scoring import agreements, scores
from scoring.models import AgreementVersion, Score, StageEntry
from scoring.shapes import classic
from tests.forms import form_of
from tests.test_replays import asks, buyer, draft, with_bar, works

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TRY = "/lab/try/"


@pytest.fixture
def website(db) -> Channel:
    return Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)


@pytest.fixture
def version(mark, lena, monday, website) -> AgreementVersion:
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday - 100 * DAY)


@pytest.fixture
def mara(version, monday, time_machine) -> Lead:
    time_machine.move_to(monday, tick=False)
    lead = buyer(monday - 9 * DAY)
    asks(lead, monday - 2 * DAY, type="pricing_page")
    works(monday)
    return lead


def untouched(browser, lead=None) -> dict:
    query = {"lead": lead.pk} if lead else {"invented": 1}
    return form_of(browser.get(TRY, query).content.decode(), TRY)


def handoff(verdict) -> tries.Gate:
    return next(gate for gate in verdict.gates if gate.is_handoff)


def test_a_lead_left_as_it_is_has_the_score_it_has(mara, version, maya, signed_in):
    (verdict,) = signed_in(maya).get(TRY, {"lead": mara.pk}).context["verdicts"]
    assert verdict.score.total == Score.objects.get(lead=mara).total
    assert sum(line.points for line in verdict.lines) == verdict.score.total
    assert not handoff(verdict).is_met


def test_both_texts_are_tried_side_by_side(mara, version, maya, monday, signed_in):
    draft(version, with_bar(40), by=maya, at=monday)
    in_force, new = signed_in(maya).get(TRY, {"lead": mara.pk}).context["verdicts"]
    assert in_force.version == version
    assert (handoff(in_force).is_met, handoff(new).is_met) == (False, True)


def test_an_altered_value_alters_the_score_and_nothing_is_stored(mara, maya, signed_in):
    browser = signed_in(maya)
    rows = (LeadChange, Activity, Score, StageEntry, Lead)
    before = [list(each.objects.order_by("pk").values()) for each in rows]
    sent = untouched(browser, mara) | {"value-company_size": "10"}
    page = browser.post(TRY, sent)
    (verdict,) = page.context["verdicts"]
    assert verdict.score.total < Score.objects.get(lead=mara).total
    assert [list(each.objects.order_by("pk").values()) for each in rows] == before
    assert 'value="10"' in page.content.decode()


def test_an_activity_more_hands_over_and_one_less_does_not(mara, maya, signed_in):
    browser = signed_in(maya)
    sent = untouched(browser, mara)
    more = sent | {"deed-0-type": "quote_requested", "deed-0-channel": "website"}
    (verdict,) = browser.post(TRY, more).context["verdicts"]
    assert handoff(verdict).is_met
    done = browser.get(TRY, {"lead": mara.pk}).context["form"].done
    less = sent | {"without": [each["name"] for each in done]}
    (verdict,) = browser.post(TRY, less).context["verdicts"]
    assert verdict.score.engagement <= 0 or not verdict.score.engagement


def test_an_activity_counts_with_its_day_and_its_properties(mara, maya, signed_in, monday):
    browser = signed_in(maya)
    old = f"{monday - 80 * DAY:%Y-%m-%dT%H:%M}"
    sent = untouched(browser, mara) | {"deed-0-type": "quote_requested", "deed-0-on": old}
    (verdict,) = browser.post(TRY, sent).context["verdicts"]
    assert not handoff(verdict).is_met
    sent |= {"deed-0-properties": "minutes=30; event=Spring fair; live=yes"}
    form = browser.post(TRY, sent).context["form"]
    assert form.more()[0].properties == {"minutes": 30, "event": "Spring fair", "live": True}


def test_an_invented_lead_needs_no_lead(version, maya, monday, signed_in, time_machine):
    time_machine.move_to(monday, tick=False)
    browser = signed_in(maya)
    (verdict,) = browser.get(TRY, {"invented": 1}).context["verdicts"]
    nothing = verdict.score.total
    sent = untouched(browser) | {"value-industry": "Logistics", "value-company_size": "240"}
    (verdict,) = browser.post(TRY, sent).context["verdicts"]
    assert verdict.score.total > nothing
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("value-company_size", "many", "Is not a number"),
        ("value-email", "nobody", ""),
        ("value-country", "Atlantis", ""),
        ("deed-0-type", "flew", "Select a valid choice"),
        ("deed-0-on", "2099-01-01T10:00", "This lies ahead"),
        ("deed-0-properties", "minutes 30", "is no property"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_nothing_typed_is_lost(
    mara, maya, signed_in, name, value, said
):
    browser = signed_in(maya)
    sent = untouched(browser, mara) | {"deed-0-type": "quote_requested", name: value}
    page = browser.post(TRY, sent)
    assert page.status_code == 422
    assert said in page.content.decode()
    form = page.context["form"]
    errors = form.profile.errors if name.startswith("value") else form.deeds[0].errors
    assert list(errors) == [name.rpartition("-")[2]]
    if name != "deed-0-type":
        assert value in page.content.decode()


def test_one_more_activity_adds_a_row_and_keeps_the_others(mara, maya, signed_in):
    browser = signed_in(maya)
    sent = untouched(browser, mara) | {"deed-0-type": "quote_requested", "add": "1"}
    form = browser.post(TRY, sent).context["form"]
    assert [each["type"].value() for each in form.deeds] == ["quote_requested", None]
    for rows in ("-3", "9" * 40, "many", "99"):
        assert len(browser.post(TRY, sent | {"rows": rows}).context["form"].deeds) <= 10


def test_a_draft_with_a_fault_is_not_tried_and_says_why(mara, version, maya, monday, signed_in):
    text = draft(version, with_bar(40), by=maya, at=monday)
    body = text.body
    next(s for s in body["stages"] if s["key"] == "mql")["criteria"] = []
    AgreementVersion.objects.filter(pk=text.pk).update(body=body)
    page = signed_in(maya).get(TRY, {"lead": mara.pk})
    assert [each.version for each in page.context["verdicts"]] == [version]
    assert "cannot be tried" in page.content.decode()


def test_a_lead_one_may_not_see_cannot_be_tried_or_found(mara, sam, maya, signed_in):
    browser = signed_in(sam)
    for number in (mara.pk, 10**6, "x", "9" * 30):
        assert browser.get(TRY, {"lead": number}).status_code == 404
    assert browser.post(TRY, {"lead": mara.pk}).status_code == 404
    assert not browser.get(TRY, {"q": "Mara"}).context["rows"]
    assert list(signed_in(maya).get(TRY, {"q": "Mara"}).context["rows"]) == [mara]


def test_what_is_tried_is_what_scoring_says_once_it_is_so(mara, version, maya, monday, signed_in):
    browser = signed_in(maya)
    moment = monday - 3 * DAY
    sent = untouched(browser, mara) | {
        "deed-0-type": "quote_requested",
        "deed-0-channel": "website",
        "deed-0-on": f"{moment + timedelta(hours=1):%Y-%m-%dT%H:%M}",
    }
    (tried,) = browser.post(TRY, sent).context["verdicts"]
    asks(mara, moment)
    assert tried.score.total == scores.score_at(mara, version, monday).total


def test_the_page_asks_few_queries(mara, maya, signed_in, django_assert_max_num_queries):
    browser = signed_in(maya)
    browser.get(TRY, {"lead": mara.pk})
    with django_assert_max_num_queries(40):
        browser.get(TRY, {"lead": mara.pk})


def test_types_are_offered_by_name(mara, maya, signed_in):
    names = [each.said for each in ActivityType.objects.all()]
    page = signed_in(maya).get(TRY, {"lead": mara.pk}).content.decode()
    assert all(name in page for name in names)


def test_the_lab_leads_to_it(mark, version, signed_in):
    assert reverse("lab_try") == TRY
    assert TRY in signed_in(mark).get(reverse("lab_impact")).content.decode()
