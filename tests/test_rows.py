"""What a row and a lead's page say of a lead: why now, who they are, and how to reach them."""

from datetime import timedelta

import pytest
from django.utils import translation

from feedback import briefings, timelines
from feedback.models import Handoff
from feedback.views import rows
from leads.models import NEVER_KNOWN, Activity, Lead
from leads.templatetags.baton import phone
from tests.factories import MONDAY, HandoffFactory, LeadFactory
from tests.test_inbox import visit

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def why(lead) -> str:
    handoff = HandoffFactory(lead=lead, trigger_at=MONDAY)
    return briefings.trigger_line(rows.facts(Handoff.objects.filter(pk=handoff.pk)).get().trigger)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "words", "said"),
    [
        ("Demo requested", {}, "Asked for a demo"),
        ("Demo requested", {"words": "Call today"}, "Asked for a demo: Call today"),
        ("Inquiry", {"words": "Call today"}, "Inquiry: Call today"),
    ],
)
def test_what_asks_for_a_person_is_why_now_whatever_was_clicked_since(asked, words, said):
    lead = LeadFactory()
    visit(lead, "Contact requested", MONDAY - 3 * DAY)
    visit(lead, asked, MONDAY - 2 * DAY, **words)
    visit(lead, "Newsletter click", MONDAY - HOUR, content="Fleet news")
    visit(lead, "Inquiry", MONDAY)
    visit(lead, "Quote requested", MONDAY + HOUR)
    assert why(lead) == said


@pytest.mark.django_db
def test_what_was_asked_long_ago_or_by_a_machine_is_not_why_now():
    lead = LeadFactory()
    visit(lead, "Demo requested", MONDAY - 8 * DAY)
    visit(lead, "Contact requested", MONDAY - DAY)
    Activity.objects.filter(type__key="contact_requested").update(known_at=NEVER_KNOWN)
    visit(lead, "Newsletter click", MONDAY - HOUR, content="Fleet news", words="")
    assert why(lead) == "Clicked in the newsletter: Fleet news"


@pytest.mark.django_db
def test_what_a_lead_did_weeks_before_is_why_where_nothing_else_is_known():
    lead = LeadFactory()
    visit(lead, "Pricing page", MONDAY - 30 * DAY)
    assert why(lead) == "Read the pricing page"


@pytest.mark.django_db
def test_without_words_a_lead_wants_what_only_a_person_can_give(sam):
    lead = LeadFactory()
    visit(lead, "Demo requested", MONDAY - DAY)
    visit(lead, "Newsletter click", MONDAY)
    found = briefings.wish(timelines.recent(lead, sam, most=5))
    assert (found.text, found.how) == ("Asked for a demo", "did")


def test_who_a_lead_is_is_said_in_words():
    lead = Lead(city="Ulm", country="DE", company_size=1)
    assert briefings.about(lead) == [("Company size", "1 person"), ("Place", "Ulm, Germany")]
    lead.company_size, lead.city = 12000, ""
    with translation.override("de"):
        assert briefings.about(lead) == [
            ("Unternehmensgröße", "12.000 Personen"),
            ("Ort", "Deutschland"),
        ]


@pytest.mark.parametrize(
    ("given", "dialled"),
    [
        ("+49 (0) 40 / 123-4", "+49401234"),
        ("+49 40 1234 ext. 12", "+49401234"),
        ("(040) 12 34", "0401234"),
        ("(0)40 1234", "0401234"),
        ("Tel.: 0049 40 1234", "0049401234"),
        ("+49 40 1 / +49 40 2", "+49401"),
    ],
)
def test_a_phone_number_is_dialled_without_what_people_write_around_it(given, dialled):
    assert phone(given) == f'<a href="tel:{dialled}">{given}</a>'


def test_what_is_no_number_is_not_dialled():
    assert phone("<none>") == "&lt;none&gt;"
