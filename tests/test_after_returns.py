"""What follows a return: whom the lead is offered again, on which track, and who reads so."""

from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import releases
from feedback.models import Handoff
from leads.models import Event
from scoring import shapes
from scoring.documents import item
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    HandoffFactory,
    PoolFactory,
    PoolMemberFactory,
)
from tests.test_api import Caller
from tests.test_handoffs import accepted, returned

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def agreed(**also: object):
    body = shapes.classic()
    item(body["reasons"], "no_budget").update(also)
    return AgreementVersionFactory(body=body)


@pytest.fixture
def pool(sam, tom):
    pool = PoolFactory(team=sam.team)
    for user in (sam, tom):
        PoolMemberFactory(pool=pool, user=user)
    return pool


def again(handoff, pool) -> Handoff:
    """Handed over once more, and released."""
    at = MONDAY + 3 * HOUR
    found = HandoffFactory(
        lead=handoff.lead, version=handoff.version, pool=pool, waiting=True, opened_at=at
    )
    releases.release(at=at)
    found.refresh_from_db()
    return found


def trace(handoff) -> dict:
    return handoff.steps.filter(kind="assigned").last().data


def test_who_returned_it_is_offered_it_again(pool, sam, tom):
    handoff = returned(HandoffFactory(version=agreed(back_to="same_rep"), pool=pool), tom)
    found = again(handoff, pool)
    assert (found.owner, trace(found)["rule"]) == (tom, "same_rep")


def test_who_is_off_duty_is_passed_over_and_the_trace_says_so(pool, sam, tom):
    handoff = returned(HandoffFactory(version=agreed(back_to="same_rep"), pool=pool), tom)
    pool.members.filter(user=tom).update(on_duty=False)
    found = again(handoff, pool)
    assert found.owner == sam
    assert {"user": tom.pk, "why": "off_duty"} in trace(found)["skipped"]


def test_it_goes_back_to_the_pool_and_not_to_who_returned_it(pool, sam, tom):
    handoff = accepted(tom, version=agreed(back_to="pool"), pool=pool)
    handoff = returned(handoff, tom, at=MONDAY + 2 * HOUR)
    assert handoff.lead.owner == tom
    found = again(handoff, pool)
    assert (found.owner, trace(found)["rule"]) == (sam, "round_robin")
    assert {"user": tom.pk, "why": "returned_it"} in trace(found)["skipped"]


def test_alone_in_the_pool_who_returned_it_gets_it_all_the_same(pool, sam, tom):
    handoff = returned(HandoffFactory(version=agreed(back_to="pool"), pool=pool), tom)
    pool.members.filter(user=sam).delete()
    assert again(handoff, pool).owner == tom


def test_where_nothing_is_said_the_owner_keeps_it(pool, sam, tom):
    handoff = accepted(tom, version=agreed(), pool=pool)
    handoff = returned(handoff, tom, at=MONDAY + 2 * HOUR)
    found = again(handoff, pool)
    assert (found.owner, trace(found)["rule"]) == (tom, "keep_owner")


def test_the_track_is_in_the_event_and_the_api(pool, tom, maya):
    handoff = returned(HandoffFactory(version=agreed(track="Later budget"), pool=pool), tom)
    assert Event.objects.get(kind="handoff.returned").data["track"] == "Later budget"
    shown = Caller(maya).get("/api/v1/handoffs/").json()["results"][0]
    assert (shown["id"], shown["track"]) == (handoff.pk, "Later budget")


@pytest.mark.parametrize("page", ["returns", "lead"])
def test_marketing_reads_what_follows(page, pool, tom, maya, signed_in):
    said = {"track": "Later budget", "resets": True, "back_to": "same_rep"}
    handoff = returned(HandoffFactory(version=agreed(**said), pool=pool), tom)
    url = reverse("returns") if page == "returns" else reverse("lead", args=[handoff.lead_id])
    text = signed_in(maya).get(url).content.decode()
    assert (
        "Rests 60 days; on the track “Later budget”; what it did before counts no more; "
        "handed over again to who returned it, if on duty."
    ) in text


def test_what_followed_under_another_text_is_not_made_up(pool, tom, maya, signed_in):
    old = agreed(track="Later budget")
    handoff = returned(HandoffFactory(version=old, pool=pool), tom)
    old.status = "superseded"
    old.save(update_fields=["status"])
    AgreementVersionFactory()
    text = signed_in(maya).get(reverse("lead", args=[handoff.lead_id])).content.decode()
    assert "Rests" not in text
