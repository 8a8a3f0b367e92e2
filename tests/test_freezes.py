"""Freezes: days on which no version takes effect."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from scoring import agreements
from scoring.agreements import freezes
from scoring.models import AgreementVersion, Freeze
from scoring.shapes import classic
from tests.test_agreements import change_answer_clock, refusal_of, told

Status = AgreementVersion.Status
HOUR = timedelta(hours=1)


def freeze(first: str, last: str, *, yearly: bool = False, name: str = "Closing") -> Freeze:
    days = {"starts_on": date.fromisoformat(first), "ends_on": date.fromisoformat(last)}
    return Freeze(name=name, yearly=yearly, **days)


def at(text: str) -> datetime:
    """A local moment."""
    return timezone.make_aware(datetime.fromisoformat(text))


def test_a_moment_outside_of_every_freeze_is_free():
    moment = at("2026-12-13T10:00")
    assert freezes.free_from(moment, [freeze("2026-12-14", "2027-01-02")]) == moment


@pytest.mark.parametrize("day", ["2026-12-14T00:00", "2026-12-24T18:00", "2027-01-02T23:59"])
def test_a_frozen_moment_waits_for_the_midnight_after_the_last_day(day):
    frozen = [freeze("2026-12-14", "2027-01-02")]
    assert freezes.free_from(at(day), frozen) == at("2027-01-03T00:00")


@pytest.mark.parametrize("year", [2027, 2030])
def test_a_yearly_freeze_comes_again_over_the_turn_of_the_year(year):
    frozen = [freeze("2026-12-14", "2027-01-02", yearly=True)]
    assert freezes.free_from(at(f"{year}-12-20T10:00"), frozen) == at(f"{year + 1}-01-03T00:00")
    assert freezes.free_from(at(f"{year}-01-01T10:00"), frozen) == at(f"{year}-01-03T00:00")
    assert freezes.freeze_on(date(year, 7, 1), frozen) is None


def test_a_yearly_freeze_from_the_29th_of_february_begins_a_day_earlier_in_other_years():
    frozen = [freeze("2024-02-29", "2024-03-02", yearly=True)]
    assert freezes.freeze_on(date(2027, 2, 28), frozen)
    assert freezes.freeze_on(date(2027, 2, 27), frozen) is None


@pytest.mark.parametrize("year", [2027, 2028])
def test_a_yearly_freeze_ends_on_the_same_day_in_a_leap_year(year):
    frozen = [freeze("2027-02-15", "2027-03-31", yearly=True)]
    assert freezes.free_from(at(f"{year}-03-31T10:00"), frozen) == at(f"{year}-04-01T00:00")
    assert freezes.freeze_on(date(year, 4, 1), frozen) is None


def test_freezes_that_follow_each_other_are_stepped_over():
    frozen = [freeze("2026-12-14", "2026-12-20"), freeze("2026-12-21", "2026-12-31")]
    assert freezes.free_from(at("2026-12-15T10:00"), frozen) == at("2027-01-01T00:00")


def test_freezes_without_an_end_do_not_hang():
    frozen = [freeze("2026-01-01", "2027-01-02", yearly=True)]
    assert freezes.free_from(at("2026-06-01T10:00"), frozen) > at("2100-01-01T00:00")


def test_the_day_is_that_of_the_installation_not_of_greenwich():
    """At 23:30 in London it is the 14th in Berlin."""
    moment = datetime(2026, 12, 13, 23, 30, tzinfo=UTC)
    assert freezes.free_from(moment, [freeze("2026-12-14", "2026-12-14")]) != moment


# In an agreement


@pytest.fixture
def proposal(mark, lena, maya, monday):
    agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday)
    draft = agreements.open_draft(by=maya, at=monday + HOUR)
    draft = change_answer_clock(draft, 180, by=maya, at=monday + HOUR).version
    return agreements.propose(draft, by=maya, at=monday + 2 * HOUR)


def sign_both(version, mark, lena, moment):
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=moment, sha256=version.sha256)
    return version


def test_what_is_signed_in_a_freeze_takes_effect_when_it_is_over(proposal, mark, lena, monday):
    freeze("2026-03-02", "2026-03-06").save()
    version = sign_both(proposal, mark, lena, monday + 3 * HOUR)
    assert (version.status, version.takes_effect_at) == (Status.AGREED, at("2026-03-07T00:00"))
    assert agreements.take_effect(at=at("2026-03-06T23:59")) is None
    assert agreements.take_effect(at=at("2026-03-07T00:00")) == version


def test_a_freeze_set_after_both_signed_puts_it_off(proposal, mark, lena, monday):
    freeze("2026-03-02", "2026-03-06").save()
    version = sign_both(proposal, mark, lena, monday + 3 * HOUR)
    freeze("2026-03-07", "2026-03-10", name="Fair").save()
    assert agreements.take_effect(at=at("2026-03-07T00:01")) is None
    version.refresh_from_db()
    assert (version.status, version.takes_effect_at) == (Status.AGREED, at("2026-03-11T00:00"))
    assert agreements.take_effect(at=at("2026-03-11T00:00")) == version


def test_a_freeze_that_is_shortened_brings_the_day_forward_and_says_so(
    proposal, mark, lena, monday
):
    closing = freeze("2026-03-02", "2026-03-31")
    closing.save()
    version = sign_both(proposal, mark, lena, monday + 3 * HOUR)
    closing.ends_on = date(2026, 3, 6)
    closing.save()
    for _sweep in range(2):
        assert agreements.take_effect(at=monday + 4 * HOUR) is None
    version.refresh_from_db()
    assert version.takes_effect_at == at("2026-03-07T00:00")
    assert len(told("agreement.advanced")) == 1
    closing.delete()
    assert agreements.take_effect(at=monday + 5 * HOUR) == version


@pytest.fixture
def trial(proposal, maya, monday):
    """A draft that is tried until 10 March."""
    effect = {"trial_until": "2026-03-10", "expects": ""}
    edit = {"section": "effect", "value": effect, "by": maya, "at": monday + 3 * HOUR}
    return agreements.edit(proposal, **edit, expected_sha256=proposal.sha256).version


SENTENCE = (
    "Until 20 Mar 2026 nothing takes effect (Fair): the trial until 10 Mar 2026 would be over "
    "before it begins."
)


def test_a_trial_that_a_freeze_would_outlast_is_not_proposed(trial, maya, monday):
    fair = freeze("2026-03-02", "2026-03-20", name="Fair")
    fair.save()
    refusal = refusal_of(agreements.propose, trial, by=maya, at=monday + 4 * HOUR)
    assert (refusal.code, refusal.field) == ("in_the_past", "effect.trial_until")
    assert refusal.message == SENTENCE
    fair.ends_on = date(2026, 3, 9)  # It takes effect on the 10th, the day on which it is over.
    fair.save()
    assert refusal_of(agreements.propose, trial, by=maya, at=monday + 4 * HOUR)
    fair.ends_on = date(2026, 3, 8)
    fair.save()
    assert agreements.propose(trial, by=maya, at=monday + 4 * HOUR).status == Status.PROPOSED


def test_nor_signed_where_the_freeze_was_set_since(trial, maya, mark, monday):
    version = agreements.propose(trial, by=maya, at=monday + 4 * HOUR)
    freeze("2026-03-02", "2026-03-20", name="Fair").save()
    given = {"by": mark, "at": monday + 5 * HOUR, "sha256": version.sha256}
    assert refusal_of(agreements.sign, version, **given).message == SENTENCE
    assert not version.signatures.exists()


def test_nor_signed_on_the_day_on_which_it_would_be_over(trial, maya, mark, monday):
    version = agreements.propose(trial, by=maya, at=monday + 4 * HOUR)
    given = {"by": mark, "at": at("2026-03-10T09:00"), "sha256": version.sha256}
    refusal = refusal_of(agreements.sign, version, **given)
    assert refusal.message == "The day the trial ends, 10 Mar 2026, lies in the past."


def test_a_freeze_set_after_both_signed_a_trial_leaves_it_stuck_and_says_so(
    trial, maya, mark, lena, monday
):
    freeze("2026-03-02", "2026-03-04", name="Closing").save()
    version = agreements.propose(trial, by=maya, at=monday + 4 * HOUR)
    version = sign_both(version, mark, lena, monday + 5 * HOUR)
    fair = freeze("2026-03-05", "2026-03-20", name="Fair")
    fair.save()
    for moment in ("2026-03-05T00:00", "2026-03-05T00:01"):
        assert agreements.take_effect(at=at(moment)) is None
    version.refresh_from_db()
    assert (version.status, version.problem) == (Status.AGREED, SENTENCE)
    assert len(told("agreement.stuck")) == 1
    assert agreements.take_effect(at=at("2026-03-21T00:00")) is None  # Nor when it is over.
    fair.delete()
    assert agreements.take_effect(at=at("2026-03-05T09:00")).status == Status.IN_FORCE


def test_the_panel_says_when_a_draft_would_take_effect(proposal, maya, signed_in):
    today = timezone.localdate()
    Freeze.objects.create(name="Quarter’s end", starts_on=today, ends_on=today + timedelta(days=4))
    page = signed_in(maya).get(f"/agreement/versions/{proposal.pk}/").text
    assert "nothing takes effect (Quarter’s end)" in page
    assert "This would on" in page


def test_administrators_set_freezes_and_their_changes_are_kept(ada, signed_in):
    days = {"name": "Closing", "starts_on": "2026-12-14", "ends_on": "2027-01-02", "yearly": "on"}
    signed_in(ada).post("/admin/scoring/freeze/add/", days)
    kept = Freeze.objects.get()
    assert (kept.yearly, kept.history.count()) == (True, 1)


@pytest.mark.parametrize(
    ("last", "sentence"),
    [("2026-12-13", "before the first"), ("2027-12-13", "month without a freeze")],
)
def test_a_freeze_that_makes_no_sense_is_refused_beside_its_field(ada, signed_in, last, sentence):
    days = {"name": "Closing", "starts_on": "2026-12-14", "ends_on": last, "yearly": "on"}
    page = signed_in(ada).post("/admin/scoring/freeze/add/", days).text
    assert sentence in page
    assert not Freeze.objects.exists()
