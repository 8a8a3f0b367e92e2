"""Points given or taken by hand: by whom, why, until when; dated, and over by itself."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from leads import changes
from leads.models import Event, StaleLead
from leads.refusals import Refused
from scoring import corrections, rescoring, scores
from scoring.models import Correction, Score
from tests.factories import MONDAY, LeadFactory, UserFactory, version_in_force

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TOMORROW = date(2026, 3, 3)
FRIDAY = date(2026, 3, 6)


@pytest.fixture
def lead(db):
    """Has points enough that none falls below the floor."""
    version_in_force()
    lead = LeadFactory()
    facts = {"seniority": "Head", "function": "Operations", "country": "DE"}
    changes.record(lead, facts, source="form", known_at=MONDAY)
    return lead


def corrected(lead, by, **terms):
    given = {"points": 10, "until": FRIDAY, "reason": "Met her at the fair.", "at": MONDAY}
    return corrections.correct(lead, by=by, **given | terms)


def total(lead, at) -> int:
    scores.rescore([lead.pk], version=version_in_force(), at=at)
    return Score.objects.get(lead=lead).total


def test_marketing_and_managers_correct_and_reps_are_told_what_to_do_instead(
    lead, maya, lena, olu, ada, sam
):
    for person in (maya, lena, olu, ada):
        assert corrected(lead, person).by == person
    with pytest.raises(Refused) as refused:
        corrected(lead, sam)
    assert (refused.value.code, refused.value.status) == ("may_not_correct", 403)
    assert "ask marketing" in refused.value.remedy
    assert lead.corrections.count() == 4
    with pytest.raises(Refused) as refused:
        corrections.end(lead.corrections.first(), reason="No.", by=sam, at=MONDAY)
    assert refused.value.code == "may_not_correct"


def test_a_correction_is_written_with_author_reason_event_and_a_lead_to_rescore(lead, maya):
    written = corrected(lead, maya, reason="  Met her at the fair. ")
    assert (written.points, written.by, written.at) == (10, maya, MONDAY)
    assert written.note.text == "Met her at the fair."
    assert written.note.lead == lead
    event = Event.objects.get(kind="score.corrected")
    assert (event.lead, event.actor, event.at) == (lead, maya, MONDAY)
    assert event.data == {"correction": written.pk, "points": 10}
    assert StaleLead.objects.filter(lead=lead).exists()


@pytest.mark.parametrize(
    ("terms", "code", "field"),
    [
        ({"points": 0}, "points_out_of_range", "points"),
        ({"points": 1001}, "points_out_of_range", "points"),
        ({"points": -1001}, "points_out_of_range", "points"),
        ({"until": date(2026, 3, 2)}, "until_out_of_range", "until"),
        ({"until": date(2027, 3, 3)}, "until_out_of_range", "until"),
        ({"reason": " \n"}, "reason_missing", "reason"),
    ],
)
def test_what_a_correction_may_not_be(lead, maya, terms, code, field):
    with pytest.raises(Refused) as refused:
        corrected(lead, maya, **terms)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not Correction.objects.exists()
    assert not Event.objects.filter(kind="score.corrected").exists()


@pytest.mark.parametrize(
    "terms",
    [{"points": 1000}, {"points": -1000}, {"until": TOMORROW}, {"until": date(2027, 3, 2)}],
)
def test_what_a_correction_may_just_be(lead, maya, terms):
    assert corrected(lead, maya, **terms).pk


def test_it_counts_through_its_last_day_in_the_company_s_time(lead, maya):
    written = corrected(lead, maya, until=FRIDAY)
    # Friday ends at 23:00 UTC in Berlin's winter.
    assert written.until == datetime(2026, 3, 6, 23, tzinfo=UTC)
    assert corrections.last_day(written) == FRIDAY
    last = written.until - timedelta(microseconds=1)
    assert [c.pk for c in corrections.in_effect(lead, last)] == [written.pk]
    assert not corrections.in_effect(lead, written.until)
    assert not corrections.in_effect(lead, MONDAY - DAY)


def test_the_second_of_two_clicks_writes_nothing(lead, maya, mark):
    first = corrected(lead, maya)
    assert corrected(lead, maya, at=MONDAY + timedelta(seconds=2)) == first
    # Somebody else, something else, or the same again later is meant.
    assert corrected(lead, mark) != first
    assert corrected(lead, maya, points=11) != first
    assert corrected(lead, maya, at=MONDAY + HOUR) != first
    assert Event.objects.filter(kind="score.corrected").count() == 4


def test_ending_writes_the_opposite_and_both_stay(lead, maya, lena):
    written = corrected(lead, maya)
    over = corrections.end(written, reason="It was her sister.", by=lena, at=MONDAY + DAY)
    assert (over.points, over.until, over.undoes) == (-10, written.until, written)
    assert over.note.text == "It was her sister."
    event = Event.objects.filter(kind="score.corrected").latest("pk")
    assert event.data == {"correction": over.pk, "points": -10, "undoes": written.pk}
    assert corrections.in_effect(lead, MONDAY + HOUR) == [written]
    assert corrections.in_effect(lead, MONDAY + DAY) == []


def test_what_is_over_cannot_be_ended_again(lead, maya, lena):
    written = corrected(lead, maya)
    over = corrections.end(written, reason="Wrong lead.", by=lena, at=MONDAY + DAY)
    for correction, code in ((written, "already_ended"), (over, "not_a_correction")):
        with pytest.raises(Refused) as refused:
            corrections.end(correction, reason="Wrong lead.", by=maya, at=MONDAY + DAY)
        assert refused.value.code == code
    run_out = corrected(lead, maya, until=TOMORROW)
    with pytest.raises(Refused) as refused:
        corrections.end(run_out, reason="Late.", by=maya, at=run_out.until)
    assert refused.value.code == "already_ended"
    with pytest.raises(Refused) as refused:
        corrections.end(corrected(lead, maya, points=3), reason=" ", by=maya, at=MONDAY)
    assert refused.value.code == "reason_missing"
    assert lead.corrections.count() == 4


def test_corrections_cannot_be_rewritten(lead, maya):
    corrected(lead, maya)
    with pytest.raises(DatabaseError), transaction.atomic():
        Correction.objects.update(points=500)


def test_two_people_correct_one_lead_and_both_count(lead, maya, lena):
    before = total(lead, MONDAY)
    corrected(lead, maya, points=10)
    corrected(lead, lena, points=-4)
    assert total(lead, MONDAY + HOUR) == before + 6


def test_a_correction_ends_by_itself_and_the_sweep_rescores_the_lead(lead, maya):
    before = total(lead, MONDAY)
    written = corrected(lead, maya, points=30, until=TOMORROW)
    rescoring.stale(at=MONDAY + HOUR)
    score = Score.objects.get(lead=lead)
    assert score.total == before + 30
    assert score.next_change_at <= written.until
    rescoring.due(at=written.until - timedelta(seconds=1))
    assert Score.objects.get(lead=lead).total == before + 30
    rescoring.due(at=written.until)
    assert Score.objects.get(lead=lead).total == before


def test_fit_and_engagement_stay_as_they_are(lead, maya):
    total(lead, MONDAY)
    before = Score.objects.get(lead=lead)
    corrected(lead, maya, points=30)
    total(lead, MONDAY + HOUR)
    after = Score.objects.get(lead=lead)
    assert (after.fit, after.engagement) == (before.fit, before.engagement)
    assert after.total - before.total == 30


def test_an_outsider_corrects_nothing(lead, nina):
    for person in (nina, UserFactory(team=None)):
        with pytest.raises(Refused):
            corrected(lead, person)
