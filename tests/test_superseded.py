"""Another agreement comes into force: what no rep was ever offered is decided on anew."""

from copy import deepcopy
from datetime import timedelta

import pytest

from feedback import deliveries, handoffs, releases
from feedback.models import Handoff, Notification
from leads.models import Event, StaleLead
from scoring import agreements, rescoring, scores, stages
from scoring.models import AgreementVersion, StageEntry
from tests.emptying import unguarded
from tests.factories import PoolFactory, PoolMemberFactory
from tests.test_stages import buyer, does, keys_of, rescored, version, website

pytestmark = pytest.mark.django_db

__all__ = ["version", "website"]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def pool(sam):
    """A team with room for one lead."""
    pool = PoolFactory(team=sam.team)
    PoolMemberFactory(pool=pool, user=sam, capacity=1)
    return pool


@pytest.fixture
def house(pool, version, website, monday):
    """Three leads were handed over: the first is offered, the others wait."""
    leads = [buyer(monday, number=n, company_size=size) for n, size in enumerate([240, 240, 60])]
    for lead in leads:
        does(lead, "quote_requested", monday)
        rescored(lead, version, monday)
    deliveries.deliver(at=monday)
    return leads


@pytest.fixture
def successor(mark, lena):
    """Signs the next version: companies of 100 and more are handed over."""

    def sign(version, at) -> AgreementVersion:
        body = deepcopy(version.body)
        stage = next(each for each in body["stages"] if each["key"] == "mql")
        size = next(each for each in stage["criteria"] if each["key"] == "company_size")
        size["when"]["value"] = 100
        return agreements.install(body, by_marketing=mark, by_sales=lena, at=at)

    return sign


def state(lead) -> list[tuple[str, int]]:
    """The lead's handoffs, oldest first, with the number of their agreement."""
    found = Handoff.objects.filter(lead=lead).order_by("pk").select_related("version")
    return [(handoff.state, handoff.version.number) for handoff in found]


def place(lead) -> tuple[str, str, int]:
    entry = stages.standing(lead).entry
    return entry.stage.key, entry.cause, entry.version.number


def test_what_waits_is_withdrawn_and_what_is_offered_stays(house, version, successor, monday):
    offered, waiting, small = house
    assert [state(lead) for lead in house] == [[("offered", 1)], [("waiting", 1)], [("waiting", 1)]]
    successor(version, monday + HOUR)
    deliveries.deliver(at=monday + HOUR)
    assert state(offered) == [("offered", 1)]
    for lead in (waiting, small):
        assert state(lead) == [("withdrawn", 1)]
        assert place(lead) == ("inquiry", "agreement", 2)
        assert stages.standing(lead).rested_since is None
        assert StaleLead.objects.filter(lead=lead).exists()
        step = Handoff.objects.get(lead=lead).steps.get(kind="withdrawn")
        assert (step.by, step.data["cause"]) == (None, "superseded")


@pytest.mark.parametrize("first", ["rescoring", "withdrawing"])
def test_the_new_version_decides_whichever_comes_first(house, version, successor, monday, first):
    _offered, waiting, small = house
    at = monday + HOUR
    successor(version, at)
    runs = [lambda: rescoring.step(at=at), lambda: deliveries.deliver(at=at)]
    for run in runs if first == "rescoring" else reversed(runs):
        run()
    while rescoring.stale(at=at):
        pass
    deliveries.deliver(at=at)
    assert state(waiting) == [("withdrawn", 1), ("waiting", 2)]
    assert state(small) == [("withdrawn", 1)]
    assert keys_of(waiting) == ["inquiry", "mql", "inquiry", "mql"]
    assert keys_of(small) == ["inquiry", "mql", "inquiry"]


def test_nobody_is_told_of_it(house, version, successor, monday):
    Event.objects.update(delivered_at=monday)
    Notification.objects.all().delete()
    successor(version, monday + HOUR)
    deliveries.deliver(at=monday + HOUR)
    assert Event.objects.filter(kind="handoff.withdrawn").count() == 2
    told = Notification.objects.values_list("event__kind", flat=True)
    assert {kind for kind in told if not kind.startswith("agreement.")} == set()


def test_room_that_comes_free_first_offers_nothing_of_the_old_version(
    house, version, successor, sam, monday
):
    offered, waiting, small = house
    successor(version, monday + HOUR)
    mine = Handoff.objects.get(lead=offered)
    said = {"reason": "no_budget", "text": "Nothing left this year."}
    handoffs.give_back(mine, by=sam, at=monday + HOUR, **said)
    assert releases.release(at=monday + HOUR) == 0
    assert not Handoff.objects.filter(lead__in=[waiting, small]).exclude(offered_at=None).exists()


def test_an_entry_made_under_the_old_version_opens_nothing(
    pool, version, website, successor, monday
):
    lead = buyer(monday)
    does(lead, "quote_requested", monday)
    scores.rescore([lead.pk], version=version, at=monday)
    successor(version, monday + MINUTE)
    entry = StageEntry.objects.get(lead=lead, stage__key="mql")
    assert handoffs.open_for(entry, at=monday + HOUR) is None
    assert handoffs.open_for(entry, at=monday + HOUR) is None
    assert place(lead) == ("inquiry", "agreement", 2)
    assert not Handoff.objects.exists()
    while rescoring.stale(at=monday + HOUR):
        pass
    deliveries.deliver(at=monday + HOUR)
    assert state(lead) == [("offered", 2)]


def test_where_it_came_from_is_gone_the_lead_begins_at_the_first_stage(
    pool, version, website, successor, monday
):
    lead = buyer(monday)
    stages.begin([lead.pk], version=version, at=monday)
    for key in ("nurture", "mql"):
        entry = stages.enter(lead, key, cause="criteria", at=monday, version=version)
    new = successor(version, monday + MINUTE)
    body = deepcopy(new.body)
    next(each for each in body["stages"] if each["key"] == "nurture")["kind"] = "disqualified"
    AgreementVersion.objects.filter(pk=new.pk).update(status="superseded")
    with unguarded():
        AgreementVersion.objects.create(
            number=3, status="in_force", body=body, created_at=monday, edited_at=monday
        )
    handoffs.open_for(entry, at=monday + HOUR)
    assert place(lead) == ("inquiry", "agreement", 3)


def test_a_lead_from_nurture_goes_back_to_nurture(pool, version, website, successor, monday):
    lead = buyer(monday)
    stages.begin([lead.pk], version=version, at=monday)
    for key in ("nurture", "mql"):
        entry = stages.enter(lead, key, cause="criteria", at=monday, version=version)
    successor(version, monday + MINUTE)
    handoffs.open_for(entry, at=monday + HOUR)
    assert place(lead) == ("nurture", "agreement", 2)
