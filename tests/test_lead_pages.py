"""Leads are found in the list, and each is shown as a person."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import contacts, handoffs, terms
from leads.models import Activity, ActivityType, Attribute, Channel
from scoring import ledgers
from scoring.models import Score
from tests.factories import (
    MONDAY,
    ChannelFactory,
    CompanyFactory,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    TeamFactory,
    UserFactory,
    entry_for,
    version_in_force,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
LIST_QUERIES = 12
LEAD_QUERIES = 18


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(MONDAY + HOUR, tick=False)


def listed(client, **query) -> list[str]:
    page = client.get(reverse("leads"), query).context["page"]
    return [lead.last_name for lead in page]


def lead_page(client, lead, **query):
    return client.get(reverse("lead", args=[lead.pk]), query)


def did(lead, name, at, **properties) -> Activity:
    key = name.lower().replace(" ", "_")
    type_, _new = ActivityType.objects.get_or_create(key=key, defaults={"name": name})
    return Activity.objects.create(
        lead=lead,
        type=type_,
        channel=ChannelFactory(),
        occurred_at=at,
        known_at=at,
        local_date=at.date(),
        properties=properties,
    )


def scored(lead, total=72) -> Score:
    version = version_in_force()
    cells = ledgers.layout(version.body)
    points = [0] * len(cells)
    points[0], points[1] = 15, total - 15
    return Score.objects.create(
        lead=lead,
        version=version,
        fit=total - 20,
        engagement=20,
        total=total,
        ledger=points,
        as_of=MONDAY,
    )


# The list


def test_the_list_counts_and_finds_by_every_word_of_name_company_or_address(maya, signed_in):
    LeadFactory(last_name="Müller", name_folded="kim muller", company_name_folded="isarfracht")
    LeadFactory(last_name="Other", name_folded="kim other", email="other@isar.example")
    client = signed_in(maya)
    assert client.get(reverse("leads")).context["page"].paginator.count == 2
    assert listed(client, q="MÜLLER isarfracht") == ["Müller"]
    assert listed(client, q="isar.example") == ["Other"]
    nobody = client.get(reverse("leads"), {"q": "nobody like this"})
    assert "No lead matches these filters." in nobody.content.decode()


def test_the_list_narrows_by_stage_channel_owner_and_company(maya, sam, signed_in):
    company = CompanyFactory(name="Bergland")
    fair = Channel.objects.create(key="fair", name="Fair", kind=Channel.Kind.EVENT)
    entry_for(LeadFactory(last_name="Staged"), version_in_force())
    LeadFactory(last_name="Fair", first_channel=fair)
    LeadFactory(last_name="Owned", owner=sam)
    LeadFactory(last_name="Colleague", company=company)
    client = signed_in(maya)
    assert listed(client, stage="mql") == ["Staged"]
    assert listed(client, channel="fair") == ["Fair"]
    assert listed(client, owner=sam.pk) == ["Owned"]
    assert listed(client, company=company.pk) == ["Colleague"]


def test_pages_of_the_list_follow_each_other_with_their_filters(maya, signed_in):
    for number in range(55):
        LeadFactory(last_name=f"L{number}", name_folded=f"kim l{number}")
    client = signed_in(maya)
    first, second = listed(client), listed(client, page=2)
    assert (len(first), len(second)) == (50, 5)
    assert not set(first) & set(second)
    page = client.get(reverse("leads"), {"q": "kim"}).content.decode()
    assert "?q=kim&amp;page=2" in page


def test_a_rep_lists_own_leads_and_those_shown_to_the_team(sam, signed_in):
    LeadFactory(last_name="Unseen")
    LeadFactory(last_name="Own", owner=sam)
    HandoffFactory(lead=LeadFactory(last_name="Shown"))
    assert set(listed(signed_in(sam))) == {"Own", "Shown"}


def test_the_list_names_a_company_only_to_who_sees_somebody_of_it(sam, maya, signed_in):
    company = CompanyFactory(name="Bergland")
    LeadFactory(company=company)
    for user, named in ((maya, True), (sam, False)):
        page = signed_in(user).get(reverse("leads"), {"company": company.pk}).content.decode()
        assert ("Bergland" in page) == named


def test_an_empty_house_says_where_leads_come_from(maya, signed_in):
    client = signed_in(maya)
    assert "No leads yet." in client.get(reverse("leads")).content.decode()


def test_the_list_asks_the_database_a_fixed_number_of_times(
    maya, signed_in, django_assert_max_num_queries
):
    client = signed_in(maya)
    for _number in range(40):
        scored(LeadFactory())
    with django_assert_max_num_queries(LIST_QUERIES):
        client.get(reverse("leads"))


def test_outsiders_have_no_leads(nina, signed_in):
    lead = LeadFactory()
    client = signed_in(nina)
    assert client.get(reverse("leads")).status_code == 404
    assert lead_page(client, lead).status_code == 404


# A person


def test_a_lead_is_a_person_with_their_own_words_first(maya, signed_in):
    lead = LeadFactory(
        first_name="Mara", last_name="Lind", title="Head of Operations", city="Hamburg"
    )
    did(lead, "Asked for a quote", MONDAY - HOUR, words="60 vehicles, three depots.")
    did(lead, "Pricing page", MONDAY)
    did(lead, "Pricing page", MONDAY + HOUR / 4)
    response = lead_page(signed_in(maya), lead)
    page = response.content.decode()
    assert f"Head of Operations, {lead.company_name}, Hamburg" in page
    assert "What Mara wants" in page
    assert "“60 vehicles, three depots.”" in page
    lines = [moment.text for moment in response.context["portrait"].moments]
    assert lines == ["Read the pricing page", "Asked for a quote"]
    assert "2 times" in page


def test_what_the_rep_heard_last_goes_before_an_older_form(maya, sam, signed_in):
    lead = LeadFactory(first_name="Mara")
    did(lead, "Asked for a quote", MONDAY - HOUR, words="60 vehicles.")
    lead.touches.create(
        kind="call",
        outcome="conversation",
        occurred_at=MONDAY,
        known_at=MONDAY,
        by=sam,
        note=lead.notes.create(text="Needs it before the spring.", author=sam, written_at=MONDAY),
    )
    wish = lead_page(signed_in(maya), lead).context["portrait"].wish
    assert wish.text == "Needs it before the spring."


def test_what_to_say_next_is_the_last_return_and_the_agreements_advice_for_it(maya, sam, signed_in):
    lead = LeadFactory()
    handoff = HandoffFactory(lead=lead)
    said = {"reason": "no_budget", "text": "New budget in June."}
    handoffs.give_back(handoff, by=sam, at=MONDAY + HOUR, **said)
    reason = next(r for r in handoff.version.body["reasons"] if r["key"] == "no_budget")
    page = lead_page(signed_in(maya), lead).content.decode()
    assert "New budget in June." in page
    assert reason["advice"]["en"] in page


def test_the_ledger_is_shown_as_stored_and_sums(maya, signed_in):
    lead = LeadFactory()
    score = scored(lead, total=72)
    response = lead_page(signed_in(maya), lead)
    groups = response.context["portrait"].sheet.groups
    assert sum(group.points for group in groups) == score.total == 72
    page = response.content.decode()
    assert "as stored 2 Mar, 09:00" in page
    assert "+15" in page
    assert "+57" in page


def test_a_lead_without_score_agreement_or_history_has_a_page_too(maya, signed_in):
    lead = LeadFactory(first_name="", last_name="", company=None, company_name="")
    page = lead_page(signed_in(maya), lead).content.decode()
    assert f"Lead {lead.pk}" in page
    assert "Not scored yet" in page
    assert "Nothing has happened yet." in page


def test_what_is_known_is_shown_and_empty_fields_are_not(maya, signed_in):
    Attribute.objects.create(key="fleet", label="Vehicles", type="number")
    lead = LeadFactory(industry="Logistics", attributes={"fleet": 60})
    page = lead_page(signed_in(maya), lead).content.decode()
    assert "Logistics" in page
    assert "Vehicles" in page
    assert "Website" not in page


@pytest.mark.parametrize(("type", "value"), [("date", 1), ("date", "soon"), ("number", "twelve")])
def test_a_value_that_does_not_fit_its_field_is_shown_as_it_stands(type, value, maya, signed_in):
    Attribute.objects.create(key="since", label="Customer since", type=type)
    page = lead_page(signed_in(maya), LeadFactory(attributes={"since": value}))
    assert ("Customer since", str(value), False) in page.context["portrait"].attributes


def test_the_conversation_narrows_to_theirs_or_ours(maya, sam, signed_in):
    lead = LeadFactory()
    did(lead, "Pricing page", MONDAY)
    handoffs.reply(HandoffFactory(lead=lead), by=sam, at=MONDAY + HOUR / 2, text="Who is this?")
    client = signed_in(maya)

    def sides(**query):
        moments = lead_page(client, lead, **query).context["portrait"].moments
        return {moment.side for moment in moments}

    assert sides() == {"lead", "marketing", "sales"}
    assert sides(show="lead") == {"lead"}
    assert sides(show="us") == {"marketing", "sales"}


def test_a_rep_who_owes_the_answer_finds_the_way_to_it(sam, maya, signed_in):
    handoff = HandoffFactory()
    assert lead_page(signed_in(sam), handoff.lead).context["portrait"].answerable
    assert not lead_page(signed_in(maya), handoff.lead).context["portrait"].answerable


def test_a_lead_of_another_team_is_not_known(sam, signed_in):
    lead = LeadFactory()
    stranger = UserFactory(team=TeamFactory(name="Other sales"))
    HandoffFactory(lead=lead)
    assert lead_page(signed_in(stranger), lead).status_code == 404
    assert lead_page(signed_in(sam), lead).status_code == 200


def test_a_rep_reads_nothing_of_what_another_team_said_of_a_lead_both_were_shown(
    maya, sam, signed_in
):
    lead = LeadFactory()
    first = HandoffFactory(lead=lead)
    handoffs.reply(first, by=sam, at=MONDAY + MINUTE, text="Sam asks marketing.")
    confirmed = {item["key"] for item in terms.checklist(first.version, terms.ACCEPTANCE)}
    handoffs.accept(first, by=sam, at=MONDAY + 2 * MINUTE, confirmed=confirmed)
    contacts.hold_conversation(first, by=sam, at=MONDAY + 3 * MINUTE, text="Heard by Sam.")
    said = {"reason": "no_budget", "text": "Sam gives up."}
    handoffs.give_back(first, by=sam, at=MONDAY + 4 * MINUTE, **said)
    partners = PoolFactory(name="Partners", team=TeamFactory(name="Partners"))
    second = HandoffFactory(lead=lead, pool=partners, opened_at=MONDAY + 5 * MINUTE)
    rep = UserFactory(team=partners.team)
    handoffs.reply(second, by=rep, at=MONDAY + 6 * MINUTE, text="The partner asks.")

    def reads(user, name, about) -> set[str]:
        page = signed_in(user).get(reverse(name, args=[about.pk])).content.decode()
        words = ["Sam asks marketing.", "Heard by Sam.", "Sam gives up.", "The partner asks."]
        return {word for word in [*words, "Field sales", "Accepted by"] if word in page}

    assert reads(rep, "lead", lead) == reads(rep, "handoff", second) == {"The partner asks."}
    everything = reads(maya, "lead", lead)
    assert len(everything) == 6
    assert reads(sam, "lead", lead) == everything - {"The partner asks."}
    assert {"Sam gives up.", "The partner asks."} < reads(maya, "handoff", second)


def test_a_long_history_asks_no_more_than_a_short_one(
    maya, sam, signed_in, django_assert_max_num_queries
):
    lead = LeadFactory()
    scored(lead)
    for number in range(80):
        did(lead, f"Page {number % 7}", MONDAY - number * HOUR)
    handoff = HandoffFactory(lead=lead)
    for number in range(10):
        handoffs.reply(handoff, by=sam, at=MONDAY, text=f"Message {number}")
    client = signed_in(maya)
    with django_assert_max_num_queries(LEAD_QUERIES):
        response = lead_page(client, lead)
    assert response.context["portrait"].more
    everything = lead_page(client, lead, all=1).context["portrait"]
    assert not everything.more
    assert len(everything.moments) > len(response.context["portrait"].moments)
