"""Replays: a version tried out on the past finds what the machine did, or would have done."""

from copy import deepcopy
from dataclasses import fields as columns_of
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import deliveries, handoffs, releases
from feedback.models import Evidence, Handoff
from leads import activities, changes, identities, quarantines
from leads.models import Activity, Channel, Lead, LeadChange, User
from leads.refusals import Refused
from scoring import agreements, corrections, facts, ledgers, replays, rescoring, scores
from scoring.documents import item
from scoring.models import (
    AgreementVersion,
    Crossing,
    Replay,
    RescoreRange,
    RescoreRun,
    StageEntry,
)
from scoring.replays import moments, places
from scoring.replays.trials import Course, Trial
from scoring.shapes import classic
from tests import strategies, tellings
from tests.factories import PoolFactory, PoolMemberFactory
from tests.processes import wait_until
from tests.strategies import MANY, NOW, furnish, some_conditions, written
from tests.test_scores import bars, limits, random_body, random_version, rules

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BUYER = {
    "first_name": "Mara",
    "last_name": "Lindqvist",
    "title": "Head of Operations",
    "function": "Operations",
    "seniority": "Head",
    "industry": "Logistics",
    "company_name": "Nordhafen Logistik",
    "company_size": 240,
    "country": "DE",
}


@pytest.fixture
def website(db) -> Channel:
    return Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)


@pytest.fixture
def version(mark, lena, monday, website) -> AgreementVersion:
    """Classic: 60 points hand a lead over."""
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday - 100 * DAY)


@pytest.fixture
def pool(sales, sam):
    pool = PoolFactory(team=sales)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def buyer(at, *, name="mara", dormant_since=None, **facts) -> Lead:
    """Somebody of whom everything but what they do says that they may buy."""
    keys = [identities.email(f"{name}@nordhafen.example")]
    row = BUYER | facts
    return changes.upsert(keys, row, source="test", known_at=at, dormant_since=dormant_since)[0]


def asks(lead, at, *, known_at=None, type="quote_requested") -> None:
    activities.record(lead, type=type, occurred_at=at, known_at=known_at or at, channel="website")


def works(at) -> None:
    """What the workers do at a moment."""
    rescoring.stale(at=at)
    rescoring.due(at=at)
    deliveries.deliver(at=at)
    releases.release(at=at)


def replayed(version, since, until, by=None, *, at=None, chunk=500) -> Replay:
    by = by or User.objects.get(email="mark@baton.example")
    at = at or max(until, version.edited_at)
    replay = replays.request(version, starts_at=since, ends_at=until, by=by, at=at)
    while not replays.step(at=at, chunk=chunk):
        pass
    replay.refresh_from_db()
    return replay


def found(replay, change="crossed") -> dict:
    """When each lead crossed."""
    rows = replay.crossings.filter(change=change)
    return dict(rows.values_list("lead", "at"))


def really(since, until) -> dict:
    """When the machine first handed each lead over."""
    entries = StageEntry.objects.filter(kind="handoff", cause="criteria")
    entries = entries.filter(at__gt=since, at__lte=until).order_by("-at")
    return dict(entries.values_list("lead", "at"))


def draft(version, change, *, by, at) -> AgreementVersion:
    text = deepcopy(version.body)
    change(text)
    return agreements.open_draft(by=by, at=at, body=text)


def with_bar(points: int):
    def change(text: dict) -> None:
        item(item(text["stages"], "mql")["criteria"], "bar")["when"]["value"] = points

    return change


# What really happened


def test_the_version_in_force_finds_what_the_machine_did_and_nothing_else(told):
    now, maya = tellings.NOW, told["maya"]
    for each in AgreementVersion.objects.exclude(in_force_at=None):
        period = each.in_force_at, each.superseded_at or now
        crossed, entered = found(replayed(each, *period, maya, at=now)), really(*period)
        assert crossed.keys() == entered.keys()
        assert len(crossed) > 5
        # The demo's workers rest from Friday to Monday.
        assert all(timedelta(0) <= entered[pk] - crossed[pk] <= 3 * DAY for pk in crossed)


def test_what_was_known_then_counts_and_not_what_happened_then(version, monday):
    mara = buyer(monday - 20 * DAY)
    asks(mara, monday - 9 * DAY, known_at=monday - 2 * DAY)
    assert found(replayed(version, monday - 15 * DAY, monday)) == {mara.pk: monday - 2 * DAY}
    assert not found(replayed(version, monday - 15 * DAY, monday - 3 * DAY))


def test_what_is_learnt_of_the_person_lets_a_lead_cross(version, monday):
    mara = buyer(monday - 20 * DAY, company_size=20)
    asks(mara, monday - 9 * DAY)
    changes.record(mara, {"company_size": 240}, source="test", known_at=monday - 5 * DAY)
    assert found(replayed(version, monday - 15 * DAY, monday)) == {mara.pk: monday - 5 * DAY}


def test_whose_criteria_held_before_the_period_does_not_cross_in_it(version, monday):
    mara = buyer(monday - 20 * DAY)
    asks(mara, monday - 9 * DAY)
    asks(mara, monday - 4 * DAY)
    replay = replayed(version, monday - 8 * DAY, monday)
    assert found(replay) == {}
    assert found(replay, "before") == {mara.pk: monday - 8 * DAY}


def test_who_fell_below_the_bar_in_the_period_may_cross_again(version, monday):
    mara = buyer(monday - 60 * DAY)
    asks(mara, monday - 40 * DAY)
    asks(mara, monday - 5 * DAY)
    assert found(replayed(version, monday - 35 * DAY, monday)) == {mara.pk: monday - 5 * DAY}


def test_a_lead_counts_once(version, monday):
    mara = buyer(monday - 60 * DAY)
    asks(mara, monday - 40 * DAY)
    asks(mara, monday - 5 * DAY)
    assert found(replayed(version, monday - 50 * DAY, monday)) == {mara.pk: monday - 40 * DAY}


def test_a_correction_lifts_a_lead_for_as_long_as_it_lasts(version, monday, mark):
    mara = buyer(monday - 20 * DAY)
    asks(mara, monday - 19 * DAY, type="pricing_page")
    assert not found(replayed(version, monday - 18 * DAY, monday - 11 * DAY))
    day = (monday - 8 * DAY).date()
    corrections.correct(
        mara, points=40, until=day, reason="Met at the fair.", by=mark, at=monday - 10 * DAY
    )
    assert found(replayed(version, monday - 18 * DAY, monday)) == {mara.pk: monday - 10 * DAY}


def test_a_machines_clicks_hand_nobody_over_until_they_are_let_go(version, monday, mark):
    mara = buyer(monday - 20 * DAY)
    asks(mara, monday - 9 * DAY)
    click = Activity.objects.filter(lead=mara)
    quarantines.set_aside(click, by=mark, at=monday - 9 * DAY)
    quarantines.release(click, by=mark, at=monday - 3 * DAY)
    assert found(replayed(version, monday - 15 * DAY, monday)) == {mara.pk: monday - 3 * DAY}


def test_time_alone_hands_over_at_the_moment_a_window_is_left(version, monday, mark):
    def quiet_ones(text: dict) -> None:
        mql = item(text["stages"], "mql")
        when = {"op": "did_not", "types": ["newsletter_click"], "within_days": 7}
        mql["criteria"] = [{"key": "quiet", "group": "actions", "label": "", "when": when}]

    mara = buyer(monday - 90 * DAY)
    asks(mara, monday - 20 * DAY, type="newsletter_click")
    text = draft(version, quiet_ones, by=mark, at=monday)
    replay = replayed(text, monday - 19 * DAY, monday, mark, at=monday)
    assert found(replay) == {mara.pk: monday - 13 * DAY}


def test_an_import_of_history_sleeps_from_then_on_until_something_is_done(version, monday):
    mara = buyer(monday - 20 * DAY, dormant_since=monday - 10 * DAY)
    asks(mara, monday - 12 * DAY)
    lars = buyer(monday - 20 * DAY, name="lars", dormant_since=monday - 18 * DAY)
    changes.record(lars, {"title": "Student"}, source="test", known_at=monday - 19 * DAY)
    asks(lars, monday - 18.5 * DAY)
    changes.record(lars, {"title": "COO"}, source="test", known_at=monday - 9 * DAY)
    replay = replayed(version, monday - 15 * DAY, monday)
    assert found(replay) == {mara.pk: monday - 12 * DAY}
    asks(lars, monday - 8 * DAY)
    again = replayed(version, monday - 15 * DAY + HOUR, monday)
    assert found(again) == {mara.pk: monday - 12 * DAY, lars.pk: monday - 8 * DAY}


# Sales' hands and rests


def test_a_returned_lead_crosses_again_after_its_rest_and_something_new(version, monday, pool, sam):
    mara = buyer(monday - 40 * DAY)
    asks(mara, monday - 39 * DAY)
    works(monday - 39 * DAY)
    handoff = Handoff.objects.get()
    back = monday - 38 * DAY
    handoffs.give_back(handoff, by=sam, at=back, reason="wrong_person", text="Not him.")
    asks(mara, monday - 20 * DAY)
    works(monday - 20 * DAY)
    works(back + 30 * DAY)
    period = back + HOUR, monday
    assert really(*period) == {mara.pk: back + 30 * DAY}
    assert found(replayed(version, *period)) == {mara.pk: back + 30 * DAY}


def test_a_rest_that_is_over_and_forgotten_is_still_as_it_was(version, monday, pool, sam):
    mara = buyer(monday - 80 * DAY)
    asks(mara, monday - 79 * DAY)
    works(monday - 79 * DAY)
    for ago in (78, 40):
        at = monday - ago * DAY
        handoffs.give_back(
            Handoff.objects.get(closed_at=None),
            by=sam,
            at=at,
            reason="wrong_person",
            text="Not him.",
        )
        asks(mara, at + 20 * DAY)
        works(at + 30 * DAY)
    period = monday - 77 * DAY, monday - 45 * DAY
    assert found(replayed(version, *period)) == {mara.pk: monday - 48 * DAY}


def test_who_was_in_sales_hands_before_the_period_is_not_handed_over_in_it(
    version, monday, pool, sam
):
    mara = buyer(monday - 20 * DAY)
    asks(mara, monday - 19 * DAY)
    works(monday - 19 * DAY)
    asks(mara, monday - 5 * DAY)
    assert found(replayed(version, monday - 18 * DAY, monday)) == {}


def test_a_higher_bar_hands_over_later_though_sales_really_had_the_lead_by_then(
    version, monday, pool, mark
):
    mara = buyer(monday - 20 * DAY)
    asks(mara, monday - 10 * DAY)
    works(monday - 10 * DAY)
    asks(mara, monday - 6 * DAY, type="demo_requested")
    works(monday - 6 * DAY)
    text = draft(version, with_bar(85), by=mark, at=monday)
    replay = replayed(text, monday - 15 * DAY, monday, mark, at=monday)
    assert really(monday - 15 * DAY, monday) == {mara.pk: monday - 10 * DAY}
    assert found(replay) == {mara.pk: monday - 6 * DAY}


def test_a_lower_bar_hands_over_earlier(version, monday, pool, mark):
    mara = buyer(monday - 20 * DAY)
    asks(mara, monday - 12 * DAY, type="pricing_page")
    asks(mara, monday - 10 * DAY)
    works(monday - 10 * DAY)
    text = draft(version, with_bar(40), by=mark, at=monday)
    replay = replayed(text, monday - 15 * DAY, monday, mark, at=monday)
    assert found(replay) == {mara.pk: monday - 12 * DAY}
    crossing = Crossing.objects.get()
    then = scores.score_at(mara, text, crossing.at)
    assert (crossing.fit, crossing.engagement, crossing.total) == (
        then.fit,
        then.engagement,
        then.total,
    )


# Rows


def test_whoever_is_killed_leaves_a_replay_that_goes_on_where_it_was(version, monday, mark):
    for n in range(7):
        asks(buyer(monday - 9 * DAY, name=f"mara{n}"), monday - 3 * DAY + n * HOUR)
    whole = found(replayed(version, monday - 8 * DAY, monday))
    Replay.objects.all().delete()
    asked = {"starts_at": monday - 8 * DAY, "ends_at": monday, "by": mark, "at": monday}
    replay = replays.request(version, **asked)
    replays.step(at=monday, chunk=3)
    with pytest.raises(KeyboardInterrupt):
        killed_after_a_step(at=monday)
    replay.refresh_from_db()
    assert (replay.leads_done, replay.crossings.count(), replay.finished_at) == (3, 3, None)
    again = replayed(version, monday - 8 * DAY, monday, mark, at=monday, chunk=2)
    assert again == replay
    assert (found(again), again.leads_done, again.finished_at) == (whole, 7, monday)


@transaction.atomic
def killed_after_a_step(at) -> None:
    replays.step(at=at, chunk=3)
    raise KeyboardInterrupt


def test_two_workers_never_write_the_same_leads_twice(version, monday, mark):
    for n in range(4):
        asks(buyer(monday - 9 * DAY, name=f"mara{n}"), monday - 3 * DAY)
    asked = {"starts_at": monday - 8 * DAY, "ends_at": monday, "by": mark, "at": monday}
    slow = replays.request(version, **asked)
    ids = list(Lead.objects.order_by("pk").values_list("pk", flat=True)[:2])
    replays.step(at=monday, chunk=2)
    rows, failed = replays.runs._worked(slow, ids)
    replays.runs._write(slow, ids, rows, failed)
    slow.refresh_from_db()
    assert (slow.leads_done, slow.crossings.count()) == (2, 2)


def test_asking_again_shows_what_is_there_unless_asked_anew(version, monday, mark):
    asked = {"starts_at": monday - 8 * DAY, "ends_at": monday, "by": mark, "at": monday}
    first = replays.request(version, **asked)
    assert replays.request(version, **asked) == first
    assert replays.request(version, **asked, anew=True) == first
    assert replayed(version, monday - 8 * DAY, monday, mark, at=monday) == first
    assert replays.request(version, **asked) == first
    assert replays.request(version, **asked, anew=True) != first


def test_a_draft_that_is_edited_is_replayed_anew_and_its_old_replay_stays(version, monday, mark):
    text = draft(version, with_bar(40), by=mark, at=monday)
    asked = {"starts_at": monday - 8 * DAY, "ends_at": monday, "by": mark, "at": monday}
    first = replays.request(text, **asked)
    changed = deepcopy(text.body)
    with_bar(90)(changed)
    agreements.edit(
        text,
        section="stages",
        value=changed["stages"],
        by=mark,
        at=monday,
        expected_sha256=text.sha256,
    )
    text.refresh_from_db()
    assert replays.request(text, **asked) != first
    first.refresh_from_db()
    assert item(item(first.body["stages"], "mql")["criteria"], "bar")["when"]["value"] == 40


def test_a_stopped_replay_stays_where_it_is(version, monday, mark, sam):
    asks(buyer(monday - 9 * DAY), monday - 3 * DAY)
    replay = replays.request(
        version, starts_at=monday - 8 * DAY, ends_at=monday, by=mark, at=monday
    )
    with pytest.raises(Refused, match="not_yours|marketing"):
        replays.stop(replay, by=sam, at=monday)
    assert replays.stop(replay, by=mark, at=monday)
    assert replays.step(at=monday)
    assert not replay.crossings.exists()
    assert not replays.stop(replay, by=mark, at=monday)


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        (0, 0, "period_backwards"),
        (-2, -9, "period_backwards"),
        (-5, 1, "period_ahead"),
        (-740, -1, "period_too_long"),
    ],
)
def test_a_period_that_cannot_be_replayed_is_refused(version, monday, mark, since, until, code):
    period = {"starts_at": monday + since * DAY, "ends_at": monday + until * DAY}
    with pytest.raises(Refused) as refusal:
        replays.request(version, **period, by=mark, at=monday)
    assert refusal.value.code == code
    assert not Replay.objects.exists()


def test_a_draft_that_could_not_run_is_refused_and_so_is_a_rep(version, monday, mark, sam):
    def nobody_knows(text: dict) -> None:
        when = {"op": "known", "field": "shoe_size"}
        item(text["stages"], "mql")["criteria"][0]["when"] = when

    text = draft(version, nobody_knows, by=mark, at=monday)
    period = {"starts_at": monday - 9 * DAY, "ends_at": monday, "at": monday}
    with pytest.raises(Refused) as refusal:
        replays.request(text, **period, by=mark)
    assert refusal.value.code == "unreadable_text"
    with pytest.raises(Refused) as refusal:
        replays.request(version, **period, by=sam)
    assert refusal.value.code == "not_yours"


COUNT = 3000


@pytest.fixture
def many_leads(transactional_db) -> list[Lead]:
    """Leads that all cross: every one of them must be looked at from its beginning on."""
    known = timezone.now() - 9 * DAY
    rows = [Lead(title="CEO", title_folded="ceo", created_at=known) for _ in range(COUNT)]
    made = Lead.objects.bulk_create(rows, batch_size=2000)
    for at in range(5):
        said = {"title": "CEO", "city": f"Town {at}"}
        LeadChange.objects.bulk_create(
            LeadChange(lead=each, values=said, source="test", known_at=known + at * DAY)
            for each in made
        )
    return made


def test_a_real_worker_killed_in_the_middle_of_a_replay_leaves_it_to_the_next(
    many_leads, mark, lena, installation
):
    now = timezone.now()
    rule = {"op": "is", "field": "city", "value": "Town 4"}
    text = deepcopy(classic())
    item(text["stages"], "mql")["criteria"] = [
        {"key": "town", "group": "profile", "label": "", "when": rule}
    ]
    version = agreements.install(text, by_marketing=mark, by_sales=lena, at=now)
    RescoreRun.objects.update(finished_at=now)
    RescoreRange.objects.all().delete()
    replay = replays.request(version, starts_at=now - 20 * DAY, ends_at=now, by=mark, at=now)
    worker = installation.start_worker()
    installation.start_beat()
    wait_until(replay.crossings.exists, "a chunk is done", seconds=60)
    installation.kill(worker)
    replay.refresh_from_db()
    so_far = replay.leads_done
    assert 0 < so_far < COUNT, "the worker was killed too late for the test to show anything"
    assert replay.crossings.count() == so_far
    installation.start_worker()
    finished = Replay.objects.filter(pk=replay.pk, finished_at__isnull=False)
    wait_until(finished.exists, "it is finished", seconds=120)
    assert finished.get().leads_done == replay.crossings.count() == COUNT


# On any agreement, leads, activities and times


class Hourly(facts.History):
    """Looked at every hour as well, and right after everything."""

    def moments(self):
        hours = [NOW + n * HOUR for n in range(-11 * 24, 5 * 24)]
        known = super().moments()
        return sorted({*hours, *known, *(each + timedelta(microseconds=1) for each in known)})


@pytest.fixture
def furnished(db) -> None:
    furnish()


@settings(MANY, max_examples=20)
@given(
    people=strategies.people,
    some_rules=rules,
    some_limits=limits,
    criteria=st.lists(some_conditions | bars, min_size=1, max_size=3),
)
def test_nothing_begins_to_hold_between_the_moments_that_are_looked_at(
    furnished, people, some_rules, some_limits, criteria
):
    period = NOW - 10 * DAY, NOW + 4 * DAY
    with transaction.atomic():
        version = random_version(some_rules, some_limits, criteria)
        course = Course(scores.Rulebook(version.body))
        thorough = Course(scores.Rulebook(version.body))
        thorough.rising = thorough.windows
        known = course.rulebook.vocabulary.fields
        ids = [each.pk for each, _facts in written(people, known)]
        stood = places.of(ids)
        looked_at = moments.concerned(Lead.objects.all(), course.rising, *period)
        for pk, history in facts.histories(ids, period[1], known=known).items():
            hourly = Hourly(**{f.name: getattr(history, f.name) for f in columns_of(history)})
            at_all = Trial(thorough, hourly, stood.get(pk, ())).run(*period)
            assert Trial(course, history, stood.get(pk, ())).run(*period) == at_all
            assert at_all is None or at_all.before or pk in looked_at
        transaction.set_rollback(True)


def blind_to_entries(some_rules: list) -> list:
    """Those that entering a stage does not change: the entry has the moment of the score."""
    return [
        rule
        for rule in some_rules
        if not scores.Rulebook(random_body([rule], {}, [])).looks_at_entries()
    ]


@settings(MANY, max_examples=20)
@given(
    people=strategies.people,
    some_rules=rules,
    some_limits=limits,
    criteria=st.lists(bars, min_size=1, max_size=2),
    later=strategies.people,
)
def test_the_score_at_the_handover_is_what_was_frozen_with_it(
    furnished, people, some_rules, some_limits, criteria, later
):
    with transaction.atomic():
        version = random_version(blind_to_entries(some_rules), some_limits, criteria)
        rulebook = scores.Rulebook(version.body)
        PoolFactory()
        leads = [each for each, _facts in written(people, rulebook.vocabulary.fields)]
        scores.rescore([each.pk for each in leads], version=version, at=NOW)
        deliveries.deliver(at=NOW + HOUR)
        for each in leads:
            activities.record(each, type="webinar", occurred_at=NOW - DAY, known_at=NOW + DAY)
            changes.record(each, {"title": "Later"}, source="test", known_at=NOW + DAY)
        for frozen in Evidence.objects.select_related("handoff__entry", "handoff__lead"):
            handoff = frozen.handoff
            then = scores.score_at(handoff.lead, handoff.version, handoff.entry.at)
            said = [line.to_dict() for line in ledgers.lines(then, handoff.version)]
            assert frozen.ledger == said
            assert handoff.score == then.total == sum(line["points"] for line in said)
        transaction.set_rollback(True)
