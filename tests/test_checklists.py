"""What a checklist asks for is typed in the right way, and known of the lead from then on."""

import re

import pytest
from django.urls import reverse

from feedback import handoffs
from feedback.forms import QualificationForm
from feedback.views import hands
from leads import changes
from leads.models import Attribute, LeadChange
from leads.refusals import Refused
from scoring import shapes
from tests.factories import MONDAY, AgreementVersionFactory, HandoffFactory, LeadFactory
from tests.forms import form_of
from tests.test_api import Caller
from tests.test_handoffs import ALL

pytestmark = pytest.mark.django_db

ASKS = {
    "fits": ("text", None),
    "seats": ("number", None),
    "starts": ("date", None),
    "may_call": ("boolean", None),
    "buys": ("choice", ["soon", "later"]),
}
GIVEN = {
    "fits": "yes, well",
    "seats": "40",
    "starts": "2026-05-04",
    "may_call": "no",
    "buys": "soon",
}


def asking(checklist: str = "acceptance"):
    body = shapes.classic()
    for key, (type, choices) in ASKS.items():
        collects = {"attribute": f"{key}_asked", "label": key.title(), "type": type}
        collects |= {"choices": choices} if choices else {}
        body["checklists"][checklist].append({"key": key, "label": key, "collects": collects})
    version = AgreementVersionFactory(body=body)
    Attribute.objects.filter(key="buys_asked").update(choices=["soon", "later"])
    return version


@pytest.fixture
def handoff(sam):
    return HandoffFactory(version=asking(), pool__team=sam.team)


KNOWN = {
    "fits_asked": "yes, well",
    "seats_asked": 40,
    "starts_asked": "2026-05-04",
    "may_call_asked": False,
    "buys_asked": "soon",
}


def learnt(lead) -> dict:
    return LeadChange.objects.filter(lead=lead, source="sales").last().values


def test_an_acceptance_collects_what_it_asks_for(handoff, sam):
    handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL, answers=GIVEN)
    assert learnt(handoff.lead) == KNOWN
    kept = handoff.checklist_answers.filter(item__in=GIVEN).order_by("item")
    assert {each.item: each.value.text for each in kept} == GIVEN
    assert handoff.checklist_answers.count() == len(ALL) + len(GIVEN)


def test_confirming_is_no_answer(handoff, sam):
    with pytest.raises(Refused) as refused:
        handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL | set(GIVEN))
    assert (refused.value.code, refused.value.field) == ("checklist_incomplete", "fits")
    assert not LeadChange.objects.filter(lead=handoff.lead, source="sales").exists()


def test_what_cannot_be_read_names_the_item_and_leaves_nothing(handoff, sam):
    with pytest.raises(Refused) as refused:
        handoffs.accept(
            handoff, by=sam, at=MONDAY, confirmed=ALL, answers=GIVEN | {"seats": "many"}
        )
    assert (refused.value.code, refused.value.field) == ("unreadable_value", "seats")
    handoff.refresh_from_db()
    assert handoff.answer == ""
    assert not handoff.checklist_answers.exists()


def test_the_reps_form_asks_with_the_right_inputs(handoff, sam, signed_in):
    page = signed_in(sam).get(reverse("handoff", args=[handoff.pk])).content.decode()
    assert 'type="number" name="item_seats"' in page
    assert 'type="date" name="item_starts"' in page
    assert '<select name="item_buys"' in page
    assert '<option value="later">later</option>' in page
    assert '<select name="item_may_call"' in page


# What is ready beforehand


def boxes(page: str) -> dict[str, bool]:
    """Which items are ticked as the page comes."""
    found = re.findall(r'name="confirmed" value="([^"]+)"([^>]*)>', page)
    return {key: "checked" in rest for key, rest in found}


def shown(client, handoff) -> str:
    return client.get(reverse("handoff_acceptance", args=[handoff.pk])).content.decode()


MEETS = {"title": "Head of Operations", "industry": "Logistics", "function": "Operations"}
MEETS |= {"seniority": "Head", "company_size": 120}


def test_what_a_machine_can_check_is_ticked_and_says_what_was_checked(sam, signed_in):
    """Of the criteria of Classic only those on the profile, so that no score is asked for."""
    body = shapes.classic()
    stage = next(each for each in body["stages"] if each["kind"] == "handoff")
    stage["criteria"] = [each for each in stage["criteria"] if each["key"] == "company_size"]
    version = AgreementVersionFactory(body=body)
    lead = LeadFactory(email="kim@haulage.example", **MEETS)
    page = shown(signed_in(sam), HandoffFactory(version=version, lead=lead))
    assert boxes(page) == {"meets_criteria": True, "can_talk": True, "could_buy": False}
    assert "Checked for you: Every criterion of the handover still holds." in page
    assert "E-mail" in page.split("Checked for you:")[2].split("</small>")[0]


@pytest.mark.parametrize(
    ("facts", "ticked"),
    [
        ({"company_size": 10, "phone": "+49 40 1"}, {"can_talk"}),
        ({"company_size": 60}, {"meets_criteria"}),
        ({}, set()),
    ],
)
def test_what_does_not_hold_is_left_open(sam, signed_in, facts, ticked):
    body = shapes.classic()
    stage = next(each for each in body["stages"] if each["kind"] == "handoff")
    stage["criteria"] = [each for each in stage["criteria"] if each["key"] == "company_size"]
    version = AgreementVersionFactory(body=body)
    handoff = HandoffFactory(version=version, lead=LeadFactory(company=None, **facts))
    found = boxes(shown(signed_in(sam), handoff))
    assert {key for key, on in found.items() if on} == ticked


def test_a_tick_may_be_taken_away_and_then_nothing_is_accepted(handoff, sam, signed_in):
    url = reverse("handoff_acceptance", args=[handoff.pk])
    given = {f"item_{key}": value for key, value in GIVEN.items()}
    response = signed_in(sam).post(url, given | {"confirmed": ["could_buy"]})
    assert response.status_code == 422
    assert boxes(response.content.decode())["can_talk"] is False
    handoff.refresh_from_db()
    assert handoff.answer == ""


def test_what_is_known_already_stands_in_the_form_with_its_source_and_day(handoff, sam, signed_in):
    learnt = {"seats_asked": 40, "buys_asked": "soon", "may_call_asked": True}
    changes.record(handoff.lead, learnt, source="website", known_at=MONDAY)
    page = shown(signed_in(sam), handoff)
    assert re.search(r'name="item_seats" value="40"', page)
    assert '<option value="soon" selected>' in page
    assert '<option value="yes" selected>' in page
    assert page.count("Known since 2 Mar 2026, from website.") == len(learnt)
    assert re.search(r'name="item_fits"(?![^>]*value=)', page)
    assert handoff.answer == ""


def test_a_handoff_in_hand_asks_the_database_a_bounded_number_of_times(
    sam, signed_in, django_assert_max_num_queries
):
    """All criteria of Classic, and items whose answers are known."""
    handoff = HandoffFactory(version=asking(), pool__team=sam.team)
    changes.record(handoff.lead, {"seats_asked": 40}, source="website", known_at=MONDAY)
    loaded = hands.load(sam, handoff.pk)
    with django_assert_max_num_queries(9):
        hands.hold(loaded, sam, at=MONDAY)


def test_a_rep_answers_in_the_browser(handoff, sam, signed_in):
    client, url = signed_in(sam), reverse("handoff_acceptance", args=[handoff.pk])
    form = form_of(client.get(url).content.decode(), url)
    given = {f"item_{key}": value for key, value in GIVEN.items()}
    assert client.post(url, form | given | {"confirmed": sorted(ALL)}).status_code == 302
    assert learnt(handoff.lead) == KNOWN


def test_a_wrong_answer_is_refused_beside_its_input_and_nothing_is_lost(handoff, sam, signed_in):
    client, url = signed_in(sam), reverse("handoff_acceptance", args=[handoff.pk])
    given = {f"item_{key}": value for key, value in GIVEN.items()} | {"item_seats": "many"}
    answer = client.post(url, given | {"confirmed": sorted(ALL), "next_step": "I call."})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Enter a number." in page
    assert 'value="2026-05-04"' in page
    assert "I call." in page


def test_what_is_missing_is_said_beside_each_item(handoff, sam, signed_in):
    given = {f"item_{key}": value for key, value in GIVEN.items()} | {"item_starts": ""}
    url = reverse("handoff_acceptance", args=[handoff.pk])
    page = signed_in(sam).post(url, given | {"confirmed": sorted(ALL)[1:]}).text
    assert page.count("Fill this in.") == page.count("Confirm each of these.") == 1
    assert (
        "Fill this in."
        in page[page.index('name="item_starts"') : page.index('name="item_may_call"')]
    )
    assert 'value="yes, well"' in page


def test_a_number_without_end_is_refused_in_our_words(handoff, sam, signed_in):
    given = {f"item_{key}": value for key, value in GIVEN.items()} | {"item_seats": "1e400"}
    url = reverse("handoff_acceptance", args=[handoff.pk])
    page = signed_in(sam).post(url, given | {"confirmed": sorted(ALL)}).text
    assert "At most 15 digits" in page


def test_what_sales_learnt_stands_on_the_leads_page_in_words(handoff, sam, signed_in):
    handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL, answers=GIVEN | {"seats": "0.5"})
    page = signed_in(sam).get(reverse("lead", args=[handoff.lead_id])).text
    assert page.count("from sales") == len(GIVEN)
    for words in ("4 May 2026", "0.5", "No"):
        assert f"<dd>{words} <span" in page


def test_a_qualification_collects_by_kind_too(sam, signed_in):
    handoff = HandoffFactory(version=asking("qualification"), pool__team=sam.team)
    handoff = handoffs.accept(handoff, by=sam, at=MONDAY, confirmed=ALL)
    client, url = signed_in(sam), reverse("handoff_qualification", args=[handoff.pk])
    page = client.get(reverse("handoff", args=[handoff.pk])).content.decode()
    form = form_of(page, url)
    given = {f"item_{key}": value for key, value in GIVEN.items()}
    others = {name: "yes" for name in form if name.startswith("item_") and name not in given}
    ticks = {"item_cycle": "on", "item_permission": "on"}
    items = handoff.version.body["checklists"]["qualification"]
    others |= {f"item_{each['key']}": "on" for each in items if not each.get("collects")}
    answer = client.post(url, form | others | ticks | given)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert learnt(handoff.lead).items() >= KNOWN.items()


def test_another_system_reads_what_is_asked_and_answers_it(handoff, sam):
    caller, url = Caller(sam), f"/api/v1/handoffs/{handoff.pk}/acceptance/"
    shown = caller.get("/api/v1/handoffs/").json()["results"][0]
    asks = {item["key"]: item["asks"] for item in shown["checklist"]}
    assert asks["buys"] == {"label": "Buys", "type": "choice", "choices": ["soon", "later"]}
    assert asks["meets_criteria"] is None
    body = {"confirmed": sorted(ALL)}
    refused = caller.post(url, body)
    assert (refused.status_code, refused.json()["code"]) == (422, "checklist_incomplete")
    assert caller.post(url, body | {"answers": GIVEN}).status_code == 200
    assert learnt(handoff.lead) == KNOWN


@pytest.mark.parametrize(
    ("label", "asked", "shown"),
    [
        ("Its time frame is known", "Time frame", "Its time frame is known"),
        ("Its size is known", "Size of the need", "Its size is known: Size of the need"),
    ],
)
def test_an_input_says_what_it_asks_for_once(label, asked, shown):
    body = shapes.classic()
    collects = {"attribute": "x", "type": "text", "label": {"en": asked}}
    item = {"key": "x", "label": {"en": label}, "collects": collects}
    body["checklists"]["qualification"] = [item]
    form = QualificationForm(HandoffFactory(version=AgreementVersionFactory(body=body)))
    assert (form["item_x"].label, form["item_x"].help_text) == (shown, "")
