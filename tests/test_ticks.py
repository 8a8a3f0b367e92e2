"""What the agreement says of pauses, chains and taking back, and what a machine has ticked."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from leads import activities, changes
from leads.models import Attribute, Lead
from scoring import conditions, promises
from scoring.documents import item
from scoring.promises import Step
from scoring.shapes import TEMPLATES, classic
from tests.factories import MONDAY, AgreementVersionFactory, LeadFactory, version_in_force

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DEMO = {"op": "did", "types": ["demo_requested"], "within_days": 1}
PHONE = {"op": "known", "field": "phone"}
SEATS = {"op": "at_least", "field": "seats", "value": 10}
HIGH = {"op": "score_at_least", "value": 50}


def agreed(clock: str = "answer", **also: object):
    body = classic()
    item(body["clocks"], clock).update(also)
    return AgreementVersionFactory(body=body)


def ticks(lead, *, hold: bool = False, at=MONDAY, **asked: object) -> dict[str, str]:
    """What is ticked of items with these keys, each asking for a condition or the criteria."""
    version, items = version_in_force(), items_of(**asked)
    return promises.ticked(version, items, lead=lead, at=at, criteria_hold=hold)


def items_of(**asked: object) -> list[dict]:
    return [
        {"key": key, "label": key}
        | ({"when": when} if isinstance(when, dict) else {"criteria": when})
        for key, when in asked.items()
    ]


def stored(**known: object) -> Lead:
    """A lead as its row says now."""
    return Lead.objects.get(pk=LeadFactory(**known).pk)


# Clocks


def test_a_clock_says_how_long_it_may_be_paused_and_whom_a_breach_is_told_further():
    version = agreed(
        pause_days=5,
        take_back=True,
        chain=[{"minutes": 60, "to": "both_leads"}, {"minutes": 240, "to": "operations"}],
    )
    assert promises.pause_days(version, "answer") == 5
    assert promises.chain(version, "answer") == [Step(60, "both_leads"), Step(240, "operations")]
    assert promises.takes_back(version, "answer") is True


@pytest.mark.parametrize("clock", ["answer_return", "no_such_clock"])
def test_a_clock_that_says_nothing_of_it_has_no_pause_no_chain_and_takes_nothing_back(clock):
    version = agreed()
    assert promises.pause_days(version, clock) is None
    assert promises.chain(version, clock) == []
    assert promises.takes_back(version, clock) is False


def test_what_is_null_or_empty_is_nothing():
    version = agreed(pause_days=None, chain=[], take_back=False)
    assert promises.pause_days(version, "answer") is None
    assert promises.chain(version, "answer") == []
    assert promises.takes_back(version, "answer") is False


@pytest.mark.parametrize("template", TEMPLATES)
def test_who_asks_for_a_person_now_waits_half_an_hour_where_a_template_says_so(template):
    version = AgreementVersionFactory(body=TEMPLATES[template]())
    plain = item(version.body["clocks"], "answer")["minutes"]
    lead, yesterday = LeadFactory(), LeadFactory()
    for each, at in ((lead, MONDAY - HOUR), (yesterday, MONDAY - 25 * HOUR)):
        activities.record(each, type="contact_requested", occurred_at=at, known_at=at)
    quick = 30 if item(version.body["clocks"], "answer").get("terms") else plain
    assert promises.term(version, "answer", lead=lead, at=MONDAY).minutes == quick
    assert promises.term(version, "answer", lead=yesterday, at=MONDAY).minutes == plain


# Checklists


def test_a_condition_ticks_its_item_and_says_what_was_checked():
    assert ticks(stored(phone="030 1234"), called=PHONE, asked=DEMO) == {
        "called": "Phone is known."
    }
    assert ticks(stored(phone=""), called=PHONE) == {}


def test_the_criteria_tick_while_they_hold():
    lead = stored()
    assert ticks(lead, hold=True, fits=True) == {
        "fits": "Every criterion of the handover still holds."
    }
    assert ticks(lead, hold=False, fits=True) == {}
    assert ticks(lead, hold=True, fits=False) == {}


def test_in_german_it_says_so_in_german():
    with override("de"):
        said = ticks(stored(phone="030 1234"), hold=True, called=PHONE, fits=True)
    assert said == {
        "called": "Telefon ist bekannt.",
        "fits": "Jedes Kriterium der Übergabe gilt noch.",
    }


def test_what_a_lead_did_ticks_as_long_as_the_condition_says():
    lead = LeadFactory()
    at = MONDAY - 2 * HOUR
    activities.record(lead, type="demo_requested", occurred_at=at, known_at=at)
    assert ticks(lead, asked=DEMO) == {"asked": "“Asked for a demo” in the last day."}
    assert ticks(lead, asked=DEMO, at=MONDAY + 23 * HOUR) == {}
    assert ticks(LeadFactory(), asked=DEMO) == {}


def test_a_score_and_a_persona_tick_too():
    lead = stored(function="Operations", seniority="Head")
    assert ticks(lead, persona={"op": "persona", "persona": "ops_lead"}, bar=HIGH) == {
        "persona": "Matches the persona “Operations lead”."
    }


@pytest.mark.parametrize(
    "when",
    [
        {"op": "is", "field": "gone", "value": "x"},
        {"none": [{"op": "is", "field": "gone", "value": "x"}]},
        {"op": "unheard_of"},
    ],
)
def test_a_condition_that_cannot_be_read_ticks_nothing(when):
    assert ticks(stored(phone="1"), broken=when, called=PHONE) == {"called": "Phone is known."}


def test_what_is_asked_of_the_database(django_assert_num_queries):
    Attribute.objects.create(key="seats", label="Seats", type="number")
    lead = LeadFactory(phone="030 1234")
    changes.record(lead, {"seats": 40}, source="test", known_at=MONDAY)
    lead = Lead.objects.get(pk=lead.pk)
    version = AgreementVersionFactory()

    def ticked(**asked: object) -> set[str]:
        found = promises.ticked(
            version, items_of(**asked), lead=lead, at=MONDAY, criteria_hold=True
        )
        return set(found)

    with django_assert_num_queries(0):
        assert ticked(a=PHONE, b=True) == {"a", "b"}
    with django_assert_num_queries(1):  # The fields of the house.
        assert ticked(a=PHONE, b=SEATS) == {"a", "b"}
    with django_assert_num_queries(2):  # The key of the activity, and all of them at once.
        assert ticked(a=PHONE, b=DEMO, c={"any": [HIGH, DEMO]}) == {"a"}


def test_a_tick_agrees_with_the_condition_it_asks_for():
    leads = [stored(phone="1"), stored(phone=""), LeadFactory()]
    activities.record(leads[2], type="demo_requested", occurred_at=MONDAY, known_at=MONDAY)
    for when in (PHONE, DEMO, {"none": [PHONE, DEMO]}, {"all": [PHONE, DEMO]}):
        condition = conditions.parse(when)
        every = Lead.objects.all()
        expected = set(conditions.satisfying(every, condition, at=MONDAY))
        found = {lead for lead in every if ticks(lead, x=when)}
        assert found == expected
