"""A rep takes a lead that is below the bar, with a reason: the same clocks, another account."""

from datetime import timedelta

import pytest

from feedback import handoffs
from feedback.funnels import sets
from feedback.funnels import stages as stage_counts
from feedback.funnels.periods import Period
from feedback.goals.measures import Measured
from feedback.models import Evidence, Handoff, Pool
from leads.models import Event, Lead, TeamAccess
from leads.refusals import Refused
from scoring import stages
from scoring.models import StageEntry
from tests.factories import (
    MONDAY,
    HandoffFactory,
    LeadFactory,
    PoolFactory,
    PoolMemberFactory,
    TeamFactory,
    version_in_force,
)
from tests.test_handoffs import ALL, HOUR, kinds, returned, stage_of

pytestmark = pytest.mark.django_db

WHY = "We met at the fair, she asked me to call."


@pytest.fixture
def pool(sales) -> Pool:
    return PoolFactory(team=sales)


@pytest.fixture
def lead(pool, sam):
    """Sam's lead, in the first stage."""
    lead = LeadFactory(owner=sam)
    stages.begin([lead.pk], version=version_in_force(), at=MONDAY)
    return lead


def claimed(lead, by, *, at=MONDAY + HOUR, reason=WHY) -> Handoff:
    return handoffs.claim(lead, by=by, at=at, reason=reason)


def refusal(lead, by, **said) -> Refused:
    with pytest.raises(Refused) as refused:
        claimed(lead, by, **said)
    assert not Handoff.objects.filter(lead=lead, claimed=True).exists()
    return refused.value


# What a claim does


def test_who_claims_a_lead_has_it_and_owes_the_first_contact(lead, sam):
    handoff = claimed(lead, sam)
    assert (handoff.claimed, handoff.answer, handoff.owner) == (True, "accepted", sam)
    assert (handoff.clock, handoff.clock_started_at) == ("first_contact", MONDAY + HOUR)
    assert stage_of(lead) == "sal"
    assert Lead.objects.get(pk=lead.pk).owner == sam
    causes = StageEntry.objects.filter(lead=lead).order_by("pk").values_list("cause", flat=True)
    assert list(causes) == ["arrived", "claimed", "claimed"]
    steps = ["opened", "offered", "accepted", "claimed", "clock_started"]
    assert kinds(handoff) == steps


def test_the_reason_is_kept_and_told_and_no_offer_is(lead, sam):
    handoff = claimed(lead, sam)
    assert handoff.steps.get(kind="claimed").note.text == WHY
    told = Event.objects.filter(data__handoff=handoff.pk).values_list("kind", flat=True)
    assert "handoff.claimed" in told
    assert not {"handoff.offered", "handoff.accepted"} & set(told)


def test_the_evidence_of_a_claim_is_frozen_as_of_any_handoff(lead, sam):
    assert Evidence.objects.filter(handoff=claimed(lead, sam)).exists()


def test_the_delivery_of_the_stage_entry_opens_no_second_handoff(lead, sam):
    handoff = claimed(lead, sam)
    assert handoffs.open_for(handoff.entry, at=MONDAY + HOUR) == handoff
    assert Handoff.objects.count() == 1


def test_a_lead_that_rests_may_be_claimed(pool, sam, tom):
    lead = returned(HandoffFactory(pool=pool), tom).lead
    assert stage_of(lead) == "nurture"
    assert claimed(lead, sam).claimed


def test_the_pool_is_the_one_in_which_the_rep_works(lead, sales, sam):
    other = PoolFactory(name="Other", team=sales, position=5)
    PoolMemberFactory(pool=other, user=sam)
    assert claimed(lead, sam).pool == other


# What it does not


def test_a_claim_needs_a_reason(lead, sam):
    refused = refusal(lead, sam, reason="  ")
    assert (refused.code, refused.field) == ("text_missing", "reason")


def test_only_sales_claims(lead, maya, olu):
    for user in (maya, olu):
        assert (refusal(lead, user).code, refusal(lead, user).status) == ("not_yours", 403)


def test_what_somebody_has_is_not_claimed_and_the_rep_learns_who_has_it(pool, sam, tom):
    handoff = HandoffFactory(pool=pool)
    assert refusal(handoff.lead, sam).message == "Field sales has this lead already."
    handoffs.accept(handoff, by=tom, at=MONDAY, confirmed=ALL)
    refused = refusal(handoff.lead, sam)
    assert (refused.code, refused.message) == (
        "already_open",
        "Tom Albrecht has this lead already.",
    )


def test_a_lead_beyond_the_bar_is_not_claimed_and_the_rep_learns_where_it_stands(lead, sam):
    stages.enter(lead, "sql", cause="import", at=MONDAY, version=version_in_force())
    refused = refusal(lead, sam)
    assert refused.code == "not_below"
    assert "SQL" in refused.message


def test_a_team_without_a_pool_claims_nothing(sam):
    lead = LeadFactory(owner=sam)
    stages.begin([lead.pk], version=version_in_force(), at=MONDAY)
    PoolFactory(team=TeamFactory(name="Other sales"))
    assert refusal(lead, sam).code == "no_pool"


def test_without_an_agreement_there_is_no_bar(pool, sam):
    assert refusal(LeadFactory(owner=sam), sam).code == "no_agreement"


# Undone


def test_a_claim_is_undone_and_the_lead_is_where_it_was(pool, sam, tom):
    lead = returned(HandoffFactory(pool=pool, lead=LeadFactory(owner=tom)), tom).lead
    before = stages.standing(lead)
    handoff = claimed(lead, sam, at=MONDAY + 2 * HOUR)
    handoffs.undo(handoff, by=sam, at=MONDAY + 3 * HOUR)
    handoff.refresh_from_db()
    assert (handoff.state, handoff.closed_at) == ("withdrawn", MONDAY + 3 * HOUR)
    after = stages.standing(lead)
    assert (after.stage, after.rests_until, after.rested_since) == (
        before.stage,
        before.rests_until,
        before.rested_since,
    )
    assert Lead.objects.get(pk=lead.pk).owner == tom
    assert TeamAccess.objects.filter(lead=lead, team=pool.team).exists()


def test_who_came_to_see_a_lead_by_a_claim_sees_it_no_more_when_it_is_undone(pool, sam):
    lead = LeadFactory()
    stages.begin([lead.pk], version=version_in_force(), at=MONDAY)
    handoff = claimed(lead, sam)
    assert Lead.objects.visible_to(sam).filter(pk=lead.pk).exists()
    handoffs.undo(handoff, by=sam, at=MONDAY + 2 * HOUR)
    assert not Lead.objects.visible_to(sam).filter(pk=lead.pk).exists()


def test_an_undone_claim_may_be_claimed_by_a_colleague(lead, sam, tom):
    handoffs.undo(claimed(lead, sam), by=sam, at=MONDAY + 2 * HOUR)
    assert claimed(lead, tom, at=MONDAY + 3 * HOUR).owner == tom


# What is counted


def period() -> Period:
    return Period(MONDAY - HOUR, MONDAY + timedelta(days=7))


def test_a_claim_stands_outside_the_acceptance_rate_everywhere(lead, pool, sam, tom, olu):
    handoffs.accept(HandoffFactory(pool=pool), by=tom, at=MONDAY + HOUR, confirmed=ALL)
    returned(HandoffFactory(pool=pool), tom)
    claimed(lead, sam)
    found = sets.handoffs(olu, period=period())
    assert found.filter(sets.SETS["accepted"]).count() == 1
    assert found.filter(sets.SETS["handed_over"]).count() == 2
    share = Measured(olu, period()).share("acceptance")
    assert (share.part, share.whole) == (1, 2)


def test_a_claim_enters_no_stage_of_what_was_handed_over(lead, sam, olu):
    claimed(lead, sam)
    body = version_in_force().body
    entered = {c.key: c.entered for c in stage_counts.counts(olu, body, period=period())}
    assert (entered["mql"], entered["sal"]) == (0, 0)


def test_who_answers_what_a_colleague_claimed_is_told_so(lead, sam, tom):
    handoff = claimed(lead, sam)
    with pytest.raises(Refused, match="Sam Okafor claimed this lead at 10:00"):
        handoffs.accept(handoff, by=tom, at=MONDAY + HOUR, confirmed=ALL)


def test_a_claim_of_a_lead_that_stood_nowhere_yet_is_undone_too(pool, sam):
    version_in_force()
    lead = LeadFactory(owner=sam)
    handoff = claimed(lead, sam)
    assert handoffs.undoable(handoff, sam).kind == "claimed"
    handoffs.undo(handoff, by=sam, at=MONDAY + HOUR)
    assert stage_of(handoff.lead) == "inquiry"
