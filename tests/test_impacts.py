"""The impact of a draft: who would be gained, lost or moved today, as the machine would do it."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import handoffs
from feedback.models import Handoff
from leads.models import Channel
from leads.refusals import Refused
from scoring import agreements, impacts, replays, scores, stages
from scoring.documents import item
from scoring.models import AgreementVersion, Crossing, Replay, Standing
from scoring.replays import today
from scoring.shapes import classic
from tests import strategies
from tests.factories import PoolFactory, PoolMemberFactory
from tests.strategies import MANY, NOW, furnish, some_conditions, written
from tests.test_replays import asks, buyer, draft, with_bar, works
from tests.test_scores import bars, limits, random_version, rules

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def website(db) -> Channel:
    return Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)


@pytest.fixture
def version(mark, lena, monday, website) -> AgreementVersion:
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday - 100 * DAY)


@pytest.fixture
def pool(sales, sam):
    pool = PoolFactory(team=sales)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def worked_out(text, *, by, at, chunk=500) -> Replay:
    replay = impacts.request(text, by=by, at=at)
    while not replays.step(at=at, chunk=chunk):
        pass
    replay.refresh_from_db()
    return replay


def shifted(replay) -> dict:
    return {row.lead: (row.change, row.stage) for row in replay.crossings.select_related("lead")}


def test_a_lower_bar_gains_those_below_it(version, monday, pool, mark):
    low, cold = buyer(monday - 9 * DAY), buyer(monday - 9 * DAY, name="cold")
    asks(low, monday - 2 * DAY, type="pricing_page")
    works(monday)
    replay = worked_out(draft(version, with_bar(40), by=mark, at=monday), by=mark, at=monday)
    assert shifted(replay) == {low: ("gained", "mql")}
    impact = impacts.read(replay, mark)
    assert (impact.gained, impact.lost, impact.moved, impact.unchanged) == (1, 0, 0, 1)
    assert stages.standing(low).kind == stages.standing(cold).kind == "open"
    (example,) = impacts.examples(replay, "gained", mark)
    assert (example.lead, example.stage, example.total) == (
        low,
        "MQL",
        replay.crossings.get().total,
    )
    assert "at least 60" in " ".join(example.reasons)


def test_a_higher_bar_loses_those_who_wait_for_sales_and_not_those_it_accepted(
    version, monday, pool, mark, sam
):
    waits, kept = buyer(monday - 9 * DAY), buyer(monday - 9 * DAY, name="kept")
    for each in (waits, kept):
        asks(each, monday - 2 * DAY)
    works(monday - 2 * DAY)
    ours = Handoff.objects.get(lead=kept)
    items = version.body["checklists"]["acceptance"]
    handoffs.accept(ours, by=sam, at=monday - DAY, confirmed={each["key"] for each in items})
    replay = worked_out(draft(version, with_bar(95), by=mark, at=monday), by=mark, at=monday)
    assert shifted(replay) == {waits: ("lost", "mql")}
    (example,) = impacts.examples(replay, "lost", mark)
    assert "at least 95" in " ".join(example.reasons)


def test_a_stage_of_another_key_moves_who_stands_there(version, monday, pool, mark):
    def other_name(text: dict) -> None:
        mql = item(text["stages"], "mql")
        mql["key"] = "hot"
        for stage in text["stages"]:
            stage["next"] = ["hot" if key == "mql" else key for key in stage["next"]]

    waits = buyer(monday - 9 * DAY)
    asks(waits, monday - 2 * DAY)
    works(monday - 2 * DAY)
    text = deepcopy(version.body)
    other_name(text)
    found = today.shifts(
        [waits.pk], AgreementVersion(body=text, sha256="other"), version, at=monday
    )
    assert [each[:3] for each in found] == [(waits.pk, "moved", "hot")]


def test_a_resting_lead_is_not_gained(version, monday, pool, mark, sam):
    mara = buyer(monday - 9 * DAY)
    asks(mara, monday - 6 * DAY)
    works(monday - 6 * DAY)
    handoffs.give_back(
        Handoff.objects.get(), by=sam, at=monday - 5 * DAY, reason="wrong_person", text="Not him."
    )
    asks(mara, monday - 2 * DAY, type="pricing_page")
    works(monday)
    text = draft(version, with_bar(40), by=mark, at=monday)
    assert shifted(worked_out(text, by=mark, at=monday)) == {}
    asks(mara, monday + 20 * DAY, type="pricing_page")
    assert shifted(worked_out(text, by=mark, at=monday + 24 * DAY)) == {}
    later = worked_out(text, by=mark, at=monday + 26 * DAY)
    assert shifted(later) == {mara: ("gained", "mql")}


def test_asking_once_more_forgets_the_impact_before_and_another_version_makes_it_stale(
    version, monday, pool, mark, lena
):
    text = draft(version, with_bar(40), by=mark, at=monday)
    first = worked_out(text, by=mark, at=monday)
    assert impacts.latest(text) == first
    second = worked_out(text, by=mark, at=monday + DAY)
    assert list(Replay.objects.all()) == [second]
    agreements.propose(text, by=mark, at=monday + 2 * DAY)
    for each in (mark, lena):
        agreements.sign(text, by=each, at=monday + 2 * DAY, sha256=text.sha256)
    assert impacts.latest(text) is None


def test_a_rep_may_not_ask_for_an_impact(version, monday, mark, sam):
    text = draft(version, with_bar(40), by=mark, at=monday)
    with pytest.raises(Refused) as refusal:
        impacts.request(text, by=sam, at=monday)
    assert refusal.value.code == "not_yours"
    assert not Replay.objects.exists()


def test_chunks_make_the_same_as_the_whole(version, monday, pool, mark):
    for n in range(5):
        each = buyer(monday - 9 * DAY, name=f"mara{n}")
        asks(each, monday - 2 * DAY, type="pricing_page" if n % 2 else "quote_requested")
    works(monday)
    text = draft(version, with_bar(40), by=mark, at=monday)
    whole = shifted(worked_out(text, by=mark, at=monday))
    assert len(whole) == 2
    assert shifted(worked_out(text, by=mark, at=monday, chunk=2)) == whole


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
def test_what_a_text_would_gain_is_what_the_machine_hands_over_once_it_is_in_force(
    furnished, people, some_rules, some_limits, criteria
):
    """Leads that stand where leads begin, under an agreement that hands nobody over."""
    with transaction.atomic():
        text = random_version(some_rules, some_limits, criteria)
        rulebook = scores.Rulebook(text.body)
        made = [each.pk for each, _facts in written(people, rulebook.vocabulary.fields)]
        stages.begin(made, version=text, at=NOW)
        nobody = deepcopy(text.body)
        when = {"op": "score_at_least", "which": "total", "value": 100_000}
        item(nobody["stages"], "mql")["criteria"] = [
            {"key": "never", "group": "profile", "label": "", "when": when}
        ]
        base = AgreementVersion(body=nobody, sha256="nobody")
        found = {each.lead: each for each in today.shifts(made, text, base, at=NOW)}
        scores.rescore(made, version=text, at=NOW)
        entered = Standing.objects.filter(lead__in=made, kind="handoff")
        if not rulebook.looks_at_entries():
            assert set(entered.values_list("lead", flat=True)) == found.keys()
            for each in entered.select_related("lead__score"):
                assert found[each.lead_id].change == Crossing.Change.GAINED
                assert found[each.lead_id].points.total == each.lead.score.total
        transaction.set_rollback(True)


def test_a_lead_that_breaks_an_impact_is_named_and_the_others_are_worked_out(
    version, monday, pool, mark, monkeypatch
):
    low, broken = buyer(monday - 9 * DAY), buyer(monday - 9 * DAY, name="broken")
    asks(low, monday - 2 * DAY, type="pricing_page")
    works(monday)
    shifts = today.shifts

    def breaking(ids, *args, **kwargs):
        if broken.pk in ids:
            raise ValueError("broken")
        return shifts(ids, *args, **kwargs)

    monkeypatch.setattr(today, "shifts", breaking)
    replay = worked_out(draft(version, with_bar(40), by=mark, at=monday), by=mark, at=monday)
    assert replay.finished_at
    assert shifted(replay) == {low: ("gained", "mql")}
    assert replay.problem == str(broken.pk)
