"""What is put together once finds what the queryset would: for everybody, at every moment."""

from threading import Thread

import pytest
from django.db import connection
from django.http import Http404

from feedback import queues, statements
from feedback.models import Handoff
from feedback.views import desks, hands, rows
from leads.models import Lead
from tests.factories import (
    MONDAY,
    ChannelFactory,
    HandoffFactory,
    PoolFactory,
    TeamFactory,
    UserFactory,
)
from tests.test_queues import DAY, HOUR, NOW, one_of_each, ten_o_clock

__all__ = ["one_of_each", "ten_o_clock"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def readers(one_of_each, sam, tom, lena, maya):
    kim = UserFactory(team=TeamFactory(side="sales", name="North"))
    HandoffFactory(owner=kim, pool=PoolFactory(name="North", team=kim.team))
    return [sam, tom, lena, maya, kim, UserFactory(team=None), UserFactory(is_active=False)]


@pytest.mark.parametrize("key", queues.QUEUES)
@pytest.mark.parametrize("at", [MONDAY - DAY, NOW, NOW + 2 * HOUR])
def test_the_first_rows_of_a_queue_are_those_of_its_queryset(key, at, readers):
    queue, found = queues.QUEUES[key], []
    for user in readers:
        for everyones in (True, False):
            asked = queues.handoffs(queue, user, everyones=everyones, at=at)
            wanted = list(queues.in_order(rows.facts(asked), queue)[:3])
            kept = desks._first_rows(statements.kind_of(user), key, everyones, (), 3)
            given = kept.rows(statements.given(user, at=at))
            assert given == wanted
            assert [each.trigger for each in given] == [each.trigger for each in wanted]
            found += given
    assert found or at != NOW or key == "answered"


def test_a_queue_that_filters_narrow_is_that_of_its_queryset(readers, tom):
    """Each filter twice: what is put together for one person is filled in for the next."""
    one = Handoff.objects.filter(owner=tom).first() or Handoff.objects.first()
    Handoff.objects.filter(pk=one.pk).update(speed_lane=True, due_at=NOW - HOUR)
    Handoff.objects.update(channel=ChannelFactory())
    near = Handoff.objects.filter(closed_at=None, answer="").exclude(pk=one.pk).latest("pk")
    Handoff.objects.filter(pk=near.pk).update(due_at=NOW + HOUR, warn_at=None)
    Lead.objects.filter(pk=near.lead_id).update(name_folded="kim mine")
    asked = [
        {"pool": str(one.pool_id)},
        {"channel": str(Handoff.objects.latest("pk").channel_id)},
        {"channel": "0"},
        {"owner": str(tom.pk)},
        {"owner": "none"},
        {"owner": "Okafor"},
        {"points": "72"},
        {"lane": "yes", "claimed": "no"},
        {"clock": "over"},
        {"clock": "soon"},
        {"clock": "never"},
        {"q": "mine"},
    ]
    found = set()
    for terms in asked:
        for user in readers:
            view = desks.View(queues.QUEUES["answer"], True, NOW, tuple(terms.items()))
            narrowed = desks.filter_of(user, view)
            listed = queues.in_order(rows.facts(narrowed.qs), view.queue)
            given = desks._page(user, narrowed, view).rows
            assert given == list(listed), (terms, user)
            found |= {(str(terms), row.pk) for row in given}
    assert {terms for terms, _pk in found} == {str(terms) for terms in asked}


@pytest.mark.parametrize("span", [2 * HOUR, -7 * DAY])
def test_what_is_reckoned_from_the_moment_of_asking_is_not_kept(span):
    due = Handoff.objects.filter(due_at__lt=statements.AT + span)
    with pytest.raises(ValueError, match="moment of asking"):
        statements.Kept(due)


def test_the_lead_in_hand_is_read_whole_and_only_by_who_may_know_of_it(
    readers, django_assert_num_queries
):
    for handoff in Handoff.objects.all():
        for user in readers:
            if not Handoff.objects.visible_to(user).filter(pk=handoff.pk).exists():
                with pytest.raises(Http404):
                    hands.load(user, handoff.pk)
                continue
            with django_assert_num_queries(1):
                taken = hands.load(user, handoff.pk)
                said = taken.lead.name, taken.pool.calendar.name, taken.version.body, taken.owner
            assert taken == handoff
            lead, pool = handoff.lead, handoff.pool
            assert said == (lead.name, pool.calendar.name, handoff.version.body, handoff.owner)


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_by_its_own_connection(sam):
    handoff = HandoffFactory(owner=sam, pool=PoolFactory(team=sam.team))
    assert hands.load(sam, handoff.pk) == handoff
    found = []

    def ask() -> None:
        try:
            found.append(hands.load(sam, handoff.pk))
        finally:
            connection.close()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    assert found == [handoff]
