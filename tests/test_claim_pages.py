"""The pages on which a rep finds and claims a lead, and marketing takes one back."""

import pytest
from django.urls import reverse
from django.utils import timezone

from feedback import deliveries, handoffs
from feedback.models import Handoff, Notification
from leads.models import Side, Team
from scoring import stages
from tests.factories import (
    CompanyFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    version_in_force,
)
from tests.test_api import Caller
from tests.test_handoffs import ALL

pytestmark = pytest.mark.django_db


def below(**facts):
    """A lead in the first stage, known by its address."""
    lead = LeadFactory(**facts)
    lead.identities.create(kind="email", value=f"{lead.last_name.lower()}@graaf.example")
    stages.begin([lead.pk], version=version_in_force(), at=timezone.now())
    return lead


@pytest.fixture
def lead(sales):
    """Shown to nobody in sales."""
    PoolFactory(team=sales)
    return below()


def address(lead) -> str:
    return lead.identities.get(kind="email").value


CLAIMS = "/claims/"


def test_a_rep_finds_a_lead_by_its_whole_address_and_claims_it(lead, sam, signed_in):
    page = signed_in(sam)
    found = page.post(CLAIMS, {"email": address(lead).upper()})
    assert lead.name in found.text
    assert "Inquiry" in found.text
    assert "Missing for MQL" in found.text
    answer = page.post(CLAIMS, {"email": address(lead), "reason": "We met at the fair."})
    handoff = Handoff.objects.get(lead=lead)
    assert answer.url == reverse("handoff", args=[handoff.pk])
    assert (handoff.claimed, handoff.owner) == (True, sam)
    toast = page.get(answer.url).text.split('id="toasts"')[1]
    assert f"Claimed: {lead.name}." in toast
    assert reverse("handoff_undo", args=[handoff.pk]) in toast
    assert f'name="step" value="{handoff.steps.get(kind="claimed").pk}"' in toast


def test_nothing_but_what_a_claim_needs_is_shown(lead, sam, signed_in):
    lead.phone, lead.city = "+49 30 1234", "Bremen"
    lead.save()
    shown = signed_in(sam).post(CLAIMS, {"email": address(lead)}).text
    assert lead.phone not in shown
    assert lead.city not in shown
    assert f"/leads/{lead.pk}/" not in shown


@pytest.mark.parametrize("typed", ["somebody@graaf.example", "graaf.example", "kim", ""])
def test_without_the_whole_address_nobody_is_found(lead, sam, signed_in, typed):
    page = signed_in(sam).post(CLAIMS, {"email": typed})
    assert page.status_code == 422
    assert lead.name not in page.text


def test_an_address_is_no_part_of_the_pages_own(lead, sam, signed_in):
    page = signed_in(sam).get(CLAIMS, {"email": address(lead)})
    assert lead.name not in page.text


def test_leads_of_companies_that_a_rep_looks_after_are_listed(lead, sam, tom, signed_in):
    own = below(company=CompanyFactory(owner=sam))
    page = signed_in(sam).get(CLAIMS)
    assert own.name in page.text
    assert lead.name not in page.text
    assert signed_in(sam).get(reverse("claim", args=[own.pk])).status_code == 200
    for user in (tom,):
        assert own.name not in signed_in(user).get(CLAIMS).text
        assert signed_in(user).get(reverse("claim", args=[own.pk])).status_code == 404


def test_who_comes_too_late_is_told_who_has_the_lead(lead, sam, tom, signed_in):
    handoffs.claim(lead, by=tom, at=timezone.now(), reason="Mine.")
    page = signed_in(sam).post(CLAIMS, {"email": address(lead), "reason": "We met."})
    assert page.status_code == 409
    assert "Tom Albrecht has this lead already." in page.text


def test_of_what_another_team_has_a_rep_learns_that_and_nothing_else(sam, tom, signed_in):
    theirs = Team.objects.create(name="Sales US", side=Side.SALES)
    lead = below(phone="+1 555 010", owner=tom)
    lead.company = CompanyFactory(name="Kestrel")
    lead.save()
    PoolFactory(team=sam.team)
    handoff = HandoffFactory(pool=PoolFactory(name="US", team=theirs), lead=lead, owner=tom)
    page = signed_in(sam).post(CLAIMS, {"email": address(lead), "reason": "We met."})
    assert page.status_code == 409
    assert "Another team has this lead already." in page.text
    for hidden in (lead.name, "Kestrel", "Tom Albrecht", handoff.pool.name + "<", "points", "MQL"):
        assert hidden not in page.text


def test_where_a_lead_stands_that_was_handed_over_is_for_those_who_see_it(
    lead, sam, lena, signed_in
):
    stages.enter(lead, "sql", cause="import", at=timezone.now(), version=version_in_force())
    page = signed_in(sam).post(CLAIMS, {"email": address(lead)}).text
    assert "This lead was handed over already." in page
    assert "SQL" not in page
    assert lead.name not in page
    page = signed_in(lena).post(CLAIMS, {"email": address(lead)}).text
    assert "This lead stands in “SQL” already." in page


def test_a_claim_without_a_reason_is_asked_again(lead, sam, signed_in):
    own = below(owner=sam)
    page = signed_in(sam).post(reverse("claim", args=[own.pk]), {"reason": " "})
    assert page.status_code == 422
    assert not Handoff.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_list(
    lead, sam, signed_in, django_assert_max_num_queries
):
    company = CompanyFactory(owner=sam)
    for _ in range(12):
        below(company=company)
    page = signed_in(sam)
    with django_assert_max_num_queries(8):
        page.get(CLAIMS)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_an_undone_claim_shows_the_lead_to_nobody_in_sales_any_more(
    lead, sam, tom, lena, maya, signed_in, headers
):
    handoff = handoffs.claim(lead, by=sam, at=timezone.now(), reason="We met.")
    url, api = reverse("handoff", args=[handoff.pk]), f"/api/v1/handoffs/{handoff.pk}/"
    assert signed_in(sam).get(url).status_code == 200
    step, client = handoff.steps.get(kind="claimed"), signed_in(sam)
    undo = reverse("handoff_undo", args=[handoff.pk])
    done = client.post(undo, {"step": step.pk}, headers=headers)
    inbox = done.headers["HX-Redirect"] if headers else done.url
    assert f"Undone: {lead.name}" in client.get(inbox).text
    for rep in (sam, tom):
        assert signed_in(rep).get(url).status_code == 404
        assert signed_in(rep).get(reverse("lead", args=[lead.pk])).status_code == 404
        assert Caller(rep).get(api).status_code == 404
        assert lead.name not in signed_in(rep).get("/inbox/?queue=answered&whose=team").text
    for other in (lena, maya):
        page = signed_in(other).get(url)
        assert page.status_code == 200
        assert "Sam Okafor undid the claim" in page.text


# Marketing takes a handoff back


def test_marketing_is_asked_and_then_withdraws(maya, signed_in):
    handoff = HandoffFactory()
    url, page = reverse("handoff_withdrawal", args=[handoff.pk]), signed_in(maya)
    assert "Do you want the lead back?" in page.get(url).text
    assert page.post(url, {"reason": " "}).status_code == 422
    assert Handoff.objects.get().answer == ""
    answer = page.post(url, {"reason": "They are a customer."})
    assert answer.url == reverse("handoff", args=[handoff.pk])
    assert Handoff.objects.get().answer == "withdrawn"


def test_sales_is_told_and_reads_why_a_lead_was_taken_back(maya, sam, tom, signed_in):
    handoff = HandoffFactory(owner=sam)
    url = reverse("handoff_withdrawal", args=[handoff.pk])
    signed_in(maya).post(url, {"reason": "They are a customer."})
    deliveries.deliver(at=timezone.now())
    rows = Notification.objects.filter(event__kind="handoff.withdrawn")
    assert [row.user for row in rows] == [sam]
    said = f"{maya} withdrew {handoff.lead}. “They are a customer.”"
    assert said in signed_in(sam).get(reverse("notifications")).text
    page = signed_in(sam).get(reverse("handoff", args=[handoff.pk])).text
    assert page.count("They are a customer.") >= 2, "in what became of it, and in the timeline"
    event = rows.get().event
    assert (event.data["cause"], event.note.text) == ("recalled", "They are a customer.")


def test_what_baton_withdraws_needs_no_reason_and_tells_nobody(sam):
    handoff = HandoffFactory(owner=sam)
    handoffs.withdraw(handoff, at=timezone.now(), cause="superseded")
    deliveries.deliver(at=timezone.now())
    assert not Notification.objects.filter(event__kind="handoff.withdrawn").exists()


def test_sales_cannot_withdraw_and_nobody_withdraws_twice(sam, maya, signed_in):
    handoff = handoffs.accept(HandoffFactory(), by=sam, at=timezone.now(), confirmed=ALL)
    url = reverse("handoff_withdrawal", args=[handoff.pk])
    assert signed_in(sam).post(url).status_code == 403
    page = signed_in(maya)
    assert "Sam Okafor has accepted" in page.get(url).text
    assert page.post(url, {"reason": "Ours."}).status_code == 302
    again = page.post(url)
    assert again.status_code == 409
    assert "This lead was withdrawn" in again.text
