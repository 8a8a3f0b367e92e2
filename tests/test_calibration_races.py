"""A room in which everybody answers at once, on real connections."""

from threading import Barrier
from threading import Event as Signal

import pytest
from django.db import transaction

from leads.models import Event
from leads.refusals import Refused
from scoring import agreements, calibrations
from scoring.models import Calibration, Vote
from scoring.shapes import classic
from tests.factories import ChannelFactory, UserFactory
from tests.rooms import DAY, opened, some_leads, voted
from tests.test_handoff_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

YES = lambda subject: True  # noqa: E731


@pytest.fixture
def version(mark, lena, monday):
    ChannelFactory()
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday - 90 * DAY)


@pytest.fixture
def room(version, maya, sam, monday):
    some_leads(monday, 6)
    room = opened(version, maya, monday)
    voted(room, monday, {maya: YES, sam: YES})
    return room


def codes(results):
    return sorted(each.code for each in results if isinstance(each, Refused))


# Two who open


def test_of_two_who_open_a_round_at_once_one_does_and_the_other_is_told(version, maya, sam, monday):
    some_leads(monday, 4)
    results = at_once(
        *(lambda by=by: calibrations.open_round(version, by=by, at=monday) for by in (maya, sam))
    )
    assert codes(results) == ["round_open"]
    assert (
        Calibration.objects.count() == Event.objects.filter(kind="calibration.opened").count() == 1
    )


# Two who close


def test_of_those_who_close_at_once_one_does(room, maya, mark, lena, monday):
    people = (maya, mark, lena, maya)
    results = at_once(*(lambda by=by: calibrations.close(room, by=by, at=monday) for by in people))
    assert codes(results) == ["round_closed"] * 3
    [closed] = [each for each in results if isinstance(each, Calibration)]
    assert Calibration.objects.get().closed_by == closed.closed_by
    assert Event.objects.filter(kind="calibration.closed").count() == 1


def test_without_the_lock_all_of_them_would(room, maya, mark, monday, monkeypatch):
    """The control: each reads that the round is open, and then writes."""
    both_have_read = Barrier(2)

    def unlocked(calibration):
        row = Calibration.objects.get(pk=calibration.pk)
        both_have_read.wait(30)
        return row

    monkeypatch.setattr("scoring.calibrations.rounds._locked", unlocked)
    results = at_once(
        *(lambda by=by: calibrations.close(room, by=by, at=monday) for by in (maya, mark))
    )
    assert codes(results) == []
    assert Event.objects.filter(kind="calibration.closed").count() == 2


# A vote against the end


def test_no_vote_slips_in_behind_the_end(room, maya, sam, monday):
    """Whoever closes holds the round: the vote waits, and is refused."""
    closed, may_commit = Signal(), Signal()

    def close():
        with transaction.atomic():
            calibrations.close(room, by=maya, at=monday)
            closed.set()
            assert may_commit.wait(30)

    def vote():
        assert closed.wait(30)
        may_commit.set()
        return calibrations.vote(room, 1, is_lead=False, by=sam, at=monday)

    results = at_once(close, vote)
    assert codes(results) == ["round_closed"]
    assert not Vote.objects.filter(is_lead=False).exists()


def test_without_the_lock_it_would(room, maya, sam, monday, monkeypatch):
    """The control: the vote reads an open round while the end is being written."""
    closed, voted_ = Signal(), Signal()

    def close():
        with transaction.atomic():
            calibrations.close(room, by=maya, at=monday)
            closed.set()
            assert voted_.wait(30)

    def vote():
        assert closed.wait(30)
        monkeypatch.setattr(
            "scoring.calibrations.rounds._locked",
            lambda calibration: Calibration.objects.get(pk=calibration.pk),
        )
        calibrations.vote(room, 1, is_lead=False, by=sam, at=monday)
        voted_.set()

    assert codes(at_once(close, vote)) == []
    assert Calibration.objects.get().closed_at
    assert Vote.objects.filter(is_lead=False).count() == 1


# Many who vote


def test_a_room_of_twenty_votes_at_once_and_every_vote_counts_once(room, sales, monday):
    people = UserFactory.create_batch(20, team=sales)
    results = at_once(
        *(lambda by=by: calibrations.vote(room, 1, is_lead=True, by=by, at=monday) for by in people)
    )
    assert codes(results) == []
    assert Vote.objects.filter(subject__position=1).count() == 22


def test_two_windows_of_one_person_leave_one_answer(room, sam, monday):
    results = at_once(
        *(
            lambda is_lead=is_lead: calibrations.vote(room, 1, is_lead=is_lead, by=sam, at=monday)
            for is_lead in (True, False) * 5
        )
    )
    assert codes(results) == []
    assert Vote.objects.filter(subject__position=1, user=sam).count() == 1
