"""Whatever makes a score old is a row, and gets done once: by queue, by time, by version."""

import sqlite3
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from threading import Barrier, BrokenBarrierError, Thread

import pytest
from django.db import OperationalError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads import activities, changes, identities, stale
from leads.models import Event, Lead, StaleLead
from leads.refusals import Refused
from scoring import agreements, formulas, rescoring, scores
from scoring.models import AgreementVersion, RescoreRun, Score, Standing
from tests.factories import AgreementVersionFactory
from tests.strategies import NOW
from tests.test_ledgers import body, rule

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SEEN = {"op": "did", "types": ["webinar"], "within_days": 30}
ONE = rule("role", "profile", 10)
TWO = rule("role", "profile", 20)


def leads(count: int) -> list[Lead]:
    rows = [
        changes.LeadRow((identities.row("file", n),), {"title": f"CEO {n}"}, NOW - 90 * DAY)
        for n in range(count)
    ]
    return [each.lead for each in changes.upsert_many(rows, source="file", at=NOW - DAY)]


def totals() -> list[int]:
    return list(Score.objects.order_by("pk").values_list("total", flat=True))


def supersede(old: AgreementVersion, *rules: dict, size: int = 2) -> AgreementVersion:
    """Another version comes into force, as signing does it."""
    AgreementVersion.objects.filter(pk=old.pk).update(status="superseded")
    new = AgreementVersionFactory(body=body(*rules))
    rescoring.start(new, at=NOW, size=size)
    return new


def done() -> int:
    return rescoring.progress(at=NOW).done


@pytest.fixture
def version(db) -> AgreementVersion:
    return AgreementVersionFactory(body=body(ONE, rule("web", "actions", 5, when=SEEN)))


def breaks() -> None:
    raise ValueError("broken")


def poison(monkeypatch, *victims: Lead, by=None) -> list:
    """Scoring these leads breaks, alone or among others. Returns what is tried, as it is."""
    write, tried = scores.statements.write, []

    def broken(ids, *args, **kwargs):
        tried.append(ids)
        if any(victim.pk in ids for victim in victims):
            (by or breaks)()
        return write(ids, *args, **kwargs)

    monkeypatch.setattr(scores.statements, "write", broken)
    return tried


def test_what_is_learnt_queues_the_lead_and_rescoring_empties_the_queue(version):
    kim, lea = leads(2)
    assert rescoring.stale(at=NOW, limit=1) == 1
    assert rescoring.stale(at=NOW, limit=10) == 1
    assert rescoring.stale(at=NOW, limit=10) == 0
    assert totals() == [10, 10]
    activities.record(lea, type="webinar", occurred_at=NOW, known_at=NOW)
    assert rescoring.stale(at=NOW, limit=10) == 1
    assert totals() == [10, 15]
    assert Standing.objects.count() == 2


def test_what_is_learnt_while_a_lead_is_rescored_stays_queued(version, monkeypatch):
    (kim,) = leads(1)
    write = scores.statements.write

    def interrupted(*args, **kwargs):
        written = write(*args, **kwargs)
        activities.record(kim, type="webinar", occurred_at=NOW, known_at=NOW)
        return written

    with monkeypatch.context() as during:
        during.setattr(scores.statements, "write", interrupted)
        rescoring.stale(at=NOW, limit=10)
    assert totals() == [10]
    assert StaleLead.objects.filter(lead=kim).exists()
    rescoring.stale(at=NOW, limit=10)
    assert totals() == [15]
    assert not StaleLead.objects.exists()


def test_without_a_moment_the_clock_of_the_database_is_asked_after_the_claim(version):
    (kim,) = leads(1)
    assert rescoring.stale() == 1
    assert Score.objects.get().as_of > NOW
    assert rescoring.due() == 0
    assert rescoring.step() is True


def test_without_an_agreement_the_queue_waits(db):
    leads(1)
    assert rescoring.stale(at=NOW, limit=10) == 0
    assert rescoring.due(at=NOW, limit=10) == 0
    assert rescoring.step(at=NOW) is True
    assert StaleLead.objects.count() == 1


def test_a_lead_that_cannot_be_scored_does_not_hold_up_the_others(version, monkeypatch, caplog):
    kim, lea, tom = leads(3)
    poison(monkeypatch, lea)
    rescoring.stale(at=NOW, limit=10)
    assert set(Score.objects.values_list("lead", flat=True)) == {kim.pk, tom.pk}
    assert StaleLead.objects.get().lead == lea
    assert StaleLead.objects.get().attempts == 1
    assert f"lead {lea.pk} failed" in caplog.text


def test_a_lead_that_time_has_changed_is_rescored_when_it_is_due_and_not_before(version):
    kim, lea = leads(2)
    activities.record(kim, type="webinar", occurred_at=NOW - 20 * DAY, known_at=NOW - 20 * DAY)
    rescoring.stale(at=NOW, limit=10)
    assert totals() == [15, 10]
    assert rescoring.due(at=NOW + 10 * DAY - timedelta(microseconds=1), limit=10) == 0
    assert rescoring.due(at=NOW + 10 * DAY, limit=10) == 1
    assert totals() == [10, 10]
    assert rescoring.due(at=NOW + 10 * DAY, limit=10) == 0


def test_a_due_lead_that_cannot_be_scored_goes_to_the_queue(version, monkeypatch):
    kim, lea = leads(2)
    for each in (kim, lea):
        activities.record(each, type="webinar", occurred_at=NOW - DAY, known_at=NOW - DAY)
    rescoring.stale(at=NOW, limit=10)
    poison(monkeypatch, kim)
    later = NOW + 40 * DAY
    assert rescoring.due(at=later, limit=10) == 2
    assert rescoring.due(at=later, limit=10) == 0
    rescoring.stale(at=later, limit=10)
    assert totals() == [15, 10]
    assert StaleLead.objects.get().lead == kim


def test_the_end_of_a_rest_makes_a_lead_due(version):
    (kim,) = leads(1)
    rescoring.stale(at=NOW, limit=10)
    Standing.objects.update(rests_until=NOW + 3 * DAY)
    stale.mark([kim.pk], at=NOW)
    rescoring.stale(at=NOW, limit=10)
    assert rescoring.due(at=NOW + 2 * DAY, limit=10) == 0
    assert rescoring.due(at=NOW + 3 * DAY, limit=10) == 1


def test_a_new_version_rescores_all_in_chunks_and_tells_how_far_it_is(version):
    made = leads(5)
    rescoring.stale(at=NOW, limit=10)
    new = supersede(version, TWO)
    assert rescoring.step(at=NOW) is False
    progress = rescoring.progress(at=NOW)
    assert (progress.version, progress.done, progress.total) == (new, 2, 5)
    assert sorted(totals()) == [10, 10, 10, 20, 20]
    while not rescoring.step(at=NOW):
        pass
    assert totals() == [20] * 5
    assert set(Score.objects.values_list("version", flat=True)) == {new.pk}
    progress = rescoring.progress(at=NOW)
    assert (progress.done, progress.total, progress.finished_at) == (len(made), 5, NOW)


def test_signing_starts_the_run_in_the_same_transaction(mark, lena):
    leads(1)
    text = body(rule("role", "profile", 100), floor=0)
    version = agreements.install(text, by_marketing=mark, by_sales=lena, at=NOW)
    assert RescoreRun.objects.get().version == version
    while not rescoring.step(at=NOW):
        pass
    assert totals() == [100]


def test_a_newer_version_abandons_the_run_of_the_one_before(version):
    leads(4)
    rescoring.stale(at=NOW, limit=10)
    second = supersede(version, TWO)
    rescoring.step(at=NOW)
    third = supersede(second, rule("role", "profile", 30))
    while not rescoring.step(at=NOW):
        pass
    assert totals() == [30] * 4
    assert RescoreRun.objects.get(version=second).finished_at is None
    assert RescoreRun.objects.get(version=third).finished_at == NOW


def test_a_worker_that_dies_in_a_chunk_leaves_the_run_where_it_was(version, monkeypatch):
    leads(4)
    supersede(version, TWO)
    rescoring.step(at=NOW)
    with monkeypatch.context() as during:
        during.setattr(scores.machine, "carry", killed)
        with pytest.raises(KeyboardInterrupt):
            rescoring.step(at=NOW)
    assert done() == Score.objects.count() == 2
    assert rescoring.step(at=NOW) is False
    assert totals() == [20] * 4


def killed(*args: object, **kwargs: object) -> None:
    raise KeyboardInterrupt


def test_a_chunk_with_a_lead_that_cannot_be_scored_is_queued_and_the_run_goes_on(
    version, monkeypatch
):
    kim, lea, tom = leads(3)
    rescoring.stale(at=NOW, limit=10)
    supersede(version, TWO)
    poison(monkeypatch, lea)
    while not rescoring.step(at=NOW):
        pass
    assert totals() == [10, 10, 20]
    rescoring.stale(at=NOW, limit=10)
    assert totals() == [20, 10, 20]
    assert StaleLead.objects.get().lead == lea


def test_leads_that_come_in_during_a_run_are_scored_by_the_new_version(version):
    leads(2)
    new = supersede(version, TWO)
    rescoring.step(at=NOW)
    (late,) = leads(3)[2:]
    rescoring.stale(at=NOW, limit=10)
    while not rescoring.step(at=NOW):
        pass
    assert Score.objects.get(lead=late).version == new


# What cannot be scored


def rescored_until_nothing_happens(at) -> None:
    """As the worker does it, while the clock goes on."""
    for _minute in range(10):
        while rescoring.stale(at=at, limit=10):
            pass
        at += timedelta(minutes=1)


def test_a_lead_is_set_aside_after_five_tries_with_its_problem(version, monkeypatch):
    kim, lea, tom = leads(3)
    tried = poison(monkeypatch, lea)
    rescored_until_nothing_happens(NOW)
    assert totals() == [10, 10]
    alone = [ids for ids in tried if list(ids) == [lea.pk]]
    assert len(alone) == 5
    row = stale.set_aside().get()
    assert (row.lead, row.attempts) == (lea, 5)
    assert row.problem == "ValueError in tests/test_rescoring.py, breaks"


def test_something_new_about_a_lead_set_aside_tries_it_again(version, monkeypatch):
    kim, lea = leads(2)
    with monkeypatch.context() as during:
        poison(during, lea)
        rescored_until_nothing_happens(NOW)
    assert rescoring.stale(at=NOW + DAY) == 0
    activities.record(lea, type="webinar", occurred_at=NOW, known_at=NOW + DAY)
    assert rescoring.stale(at=NOW + DAY) == 1
    assert totals() == [10, 15]
    assert not StaleLead.objects.exists()


def test_managers_have_leads_tried_again_and_reps_have_not(version, monkeypatch, olu, sam):
    kim, lea, tom = leads(3)
    with monkeypatch.context() as during:
        poison(during, kim, lea)
        rescored_until_nothing_happens(NOW)
    with pytest.raises(Refused, match="only some"):
        rescoring.retry(by=sam, at=NOW)
    assert rescoring.retry([lea.pk, tom.pk], by=olu, at=NOW) == 1
    assert rescoring.stale(at=NOW) == 1
    assert rescoring.retry(by=olu, at=NOW) == 1
    assert rescoring.stale(at=NOW) == 1
    assert totals() == [10, 10, 10]


def test_another_version_tries_leads_again_that_were_set_aside(version, monkeypatch):
    kim, lea = leads(2)
    with monkeypatch.context() as during:
        poison(during, lea)
        rescored_until_nothing_happens(NOW)
    supersede(version, TWO)
    run_through()
    rescored_until_nothing_happens(NOW)
    assert totals() == [20, 20]
    assert not StaleLead.objects.exists()


def test_what_a_database_finds_wrong_with_a_lead_is_that_leads_fault(version, monkeypatch):
    """SQLite calls a broken JSON text an OperationalError, as it does a lock."""
    kim, lea = leads(2)
    poison(monkeypatch, lea, by=lambda: sql("SELECT CAST('{' AS json)", "SELECT json('{')"))
    rescoring.stale(at=NOW, limit=10)
    assert totals() == [10]
    row = StaleLead.objects.get()
    assert (row.lead, row.attempts) == (lea, 1)
    assert "{" not in row.problem
    assert row.problem.startswith(("DataError / Invalid", "OperationalError in "))


def sql(on_postgres: str, on_sqlite: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(on_postgres if connection.vendor == "postgresql" else on_sqlite)


def test_what_passes_is_nobodys_fault(version, monkeypatch):
    """A lock, a lost connection: the queue stays as it was, and the worker hears of it."""
    kim, lea = leads(2)
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorname = "SQLITE_BUSY"

    def locked() -> None:
        raise OperationalError("database is locked") from cause

    poison(monkeypatch, lea, by=locked)
    with pytest.raises(OperationalError):
        rescoring.stale(at=NOW, limit=10)
    assert list(StaleLead.objects.values_list("attempts", flat=True)) == [0, 0]
    assert not Score.objects.exists()


def test_one_lead_among_many_costs_a_few_tries(version, monkeypatch):
    made = leads(64)
    tried = poison(monkeypatch, made[17])
    rescoring.stale(at=NOW)
    assert Score.objects.count() == 63
    assert len(tried) == 1 + 2 * 6


def test_idle_sweeps_ask_once(version, django_assert_num_queries):
    leads(2)
    rescoring.stale(at=NOW)
    for idle in (rescoring.stale, rescoring.due, rescoring.step, rescoring.lies_idle):
        with django_assert_num_queries(1):
            assert not idle() or idle is rescoring.step


# All leads, in ranges


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    ids=st.sets(st.integers(1, 10**12), max_size=40),
    size=st.integers(1, 12),
)
def test_every_lead_is_in_one_range_however_sparse_the_numbers_are(db, ids, size):
    with transaction.atomic():
        Lead.objects.bulk_create(Lead(pk=pk, created_at=NOW) for pk in ids)
        run = rescoring.start(AgreementVersionFactory(body=body(ONE)), at=NOW, size=size)
        ranges = list(run.ranges.order_by("first"))
        for each in ranges:
            inside = sum(each.first <= pk < each.end for pk in ids)
            assert each.leads == inside <= size
        assert sum(each.leads for each in ranges) == len(ids)
        assert all(one.end == other.first for one, other in pairwise(ranges))
        transaction.set_rollback(True)


def run_through(at=NOW) -> None:
    while not rescoring.step(at=at):
        pass


def test_a_paused_run_waits_and_what_is_learnt_does_not(version, olu, sam):
    kim, *_others = leads(4)
    rescoring.stale(at=NOW)
    supersede(version, TWO)
    rescoring.step(at=NOW)
    run = RescoreRun.objects.get()
    with pytest.raises(Refused, match="only some"):
        rescoring.pause(run, by=sam, at=NOW)
    rescoring.pause(run, by=olu, at=NOW)
    assert rescoring.step(at=NOW) is True
    assert (done(), rescoring.progress(at=NOW).is_paused) == (2, True)
    activities.record(kim, type="webinar", occurred_at=NOW, known_at=NOW)
    assert rescoring.stale(at=NOW) == 1
    with pytest.raises(Refused, match="Olu Adeyemi has paused"):
        rescoring.pause(run, by=olu, at=NOW)
    rescoring.resume(run, by=olu, at=NOW)
    with pytest.raises(Refused, match="goes on already"):
        rescoring.resume(run, by=olu, at=NOW)
    run_through()
    assert totals() == [20] * 4
    kinds = Event.objects.filter(kind__startswith="rescoring.").order_by("pk")
    assert [(e.kind, e.actor) for e in kinds] == [
        ("rescoring.paused", olu),
        ("rescoring.resumed", olu),
    ]
    with pytest.raises(Refused, match="is finished"):
        rescoring.pause(run, by=olu, at=NOW)


def test_a_run_that_another_version_has_overtaken_cannot_be_paused(version, olu):
    leads(4)
    second = supersede(version, TWO)
    supersede(second, ONE)
    with pytest.raises(Refused, match="Another version"):
        rescoring.pause(RescoreRun.objects.get(version=second), by=olu, at=NOW)


def test_a_run_paused_in_its_last_range_is_finished_all_the_same(version, monkeypatch, olu):
    leads(2)
    supersede(version, TWO)
    run, rescore = RescoreRun.objects.get(), scores.rescore

    def interrupted(*args, **kwargs):
        rescoring.pause(run, by=olu, at=NOW)
        return rescore(*args, **kwargs)

    monkeypatch.setattr(scores, "rescore", interrupted)
    assert rescoring.step(at=NOW) is False
    progress = rescoring.progress(at=NOW)
    assert (progress.finished_at, progress.is_paused) == (NOW, False)


def test_without_leads_a_run_is_finished_at_once(version):
    supersede(version, TWO)
    assert rescoring.step(at=NOW) is True
    progress = rescoring.progress(at=NOW)
    assert (progress.total, progress.percent, progress.finished_at) == (0, 100, NOW)


def test_progress_tells_the_pace_and_the_time_that_is_left(version):
    leads(10)
    supersede(version, TWO)
    seconds = [NOW + timedelta(seconds=n) for n in range(60)]
    progress = rescoring.progress(at=seconds[2])
    assert (progress.done, progress.total, progress.per_second) == (0, 10, None)
    for second in (1, 2, 3):
        rescoring.step(at=seconds[second])
    progress = rescoring.progress(at=seconds[3])
    assert (progress.done, progress.percent) == (6, 60)
    assert (progress.per_second, progress.seconds_left) == (2.0, 2.0)
    assert progress.quiet_since is None
    late = rescoring.progress(at=seconds[40])
    assert late.quiet_since == seconds[3]
    assert late.per_second < 0.2
    run_through(at=seconds[50])
    progress = rescoring.progress(at=seconds[59])
    assert (progress.percent, progress.per_second, progress.seconds_left) == (100, 0.2, None)


def test_a_run_at_which_nobody_works_is_noticed(version, olu):
    leads(4)
    assert not rescoring.lies_idle(at=NOW)
    supersede(version, TWO)
    assert rescoring.lies_idle(at=NOW)
    rescoring.step(at=NOW)
    assert not rescoring.lies_idle(at=NOW + timedelta(seconds=14))
    assert rescoring.lies_idle(at=NOW + timedelta(seconds=16))
    rescoring.pause(RescoreRun.objects.get(), by=olu, at=NOW)
    assert not rescoring.lies_idle(at=NOW + DAY)


# Several workers at once


def together(*steps) -> None:
    """Each in a thread of its own, with a connection of its own."""

    def closing(step) -> None:
        try:
            step()
        finally:
            connection.close()

    threads = [Thread(target=closing, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def what_two_take(monkeypatch, work) -> list[list[int]]:
    """Which leads each of two workers has in hand at the same moment."""
    both, taken = Barrier(2), []
    rescore = scores.rescore

    def watched(ids, **options):
        taken.append(list(Lead.objects.filter(pk__in=list(ids)).values_list("pk", flat=True)))
        with suppress(BrokenBarrierError):
            both.wait(1)
        return rescore(ids, **options)

    monkeypatch.setattr(scores, "rescore", watched)
    together(work, work)
    return taken


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_two_workers_never_have_one_range_in_hand(monkeypatch, guarded):
    version = AgreementVersionFactory(body=body(ONE))
    made = [lead.pk for lead in leads(4)]
    supersede(version, TWO)
    if not guarded:
        unlocked = lambda run: run.ranges.filter(done_at=None).order_by("first").first()  # noqa: E731
        monkeypatch.setattr(rescoring.runs, "_take", unlocked)
    taken = what_two_take(monkeypatch, lambda: rescoring.step(at=NOW))
    apart = sorted(pk for ids in taken for pk in ids) == made
    assert apart is guarded


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_two_workers_never_take_the_same_leads_from_the_queue(monkeypatch, guarded):
    AgreementVersionFactory(body=body(ONE))
    leads(4)
    if not guarded:
        monkeypatch.setattr(rescoring.batches, "_alone", lambda number: True)
    taken = what_two_take(monkeypatch, lambda: rescoring.stale(at=NOW, limit=2))
    assert len(taken) == (1 if guarded else 2)
    while rescoring.stale(at=NOW, limit=2):
        pass
    assert totals() == [10] * 4


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_run_without_leaving_out_or_counting_twice():
    version = AgreementVersionFactory(body=body(ONE))
    leads(40)
    supersede(version, TWO)
    together(_work, _work, _work)
    assert totals() == [20] * 40
    assert done() == 40


def _work() -> None:
    while not RescoreRun.objects.get().finished_at:
        rescoring.step(at=NOW)
        rescoring.stale(at=NOW, limit=7)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_signature_waits_for_scores_under_way_and_none_come_after():
    """Without the shared lock the late score would be that of the old version."""
    version = AgreementVersionFactory(body=body(ONE))
    (kim,) = leads(1)
    seen = []

    def sign() -> None:
        try:
            with transaction.atomic():
                locked = AgreementVersion.objects.select_for_update().get(pk=version.pk)
                seen.append(Score.objects.filter(lead=kim).exists())
                locked.status = "superseded"
                locked.save()
        finally:
            connection.close()

    signing = Thread(target=sign)
    with transaction.atomic():
        scores.rescore([kim.pk], version=version, at=NOW)
        signing.start()
        signing.join(0.5)
        assert signing.is_alive()
    signing.join()
    assert seen == [True]
    with pytest.raises(scores.NotInForce):
        scores.rescore([kim.pk], version=version, at=NOW)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_scores_next_does_not_pass_a_signature_that_waits(version):
    """Workers that never pause would else keep a version from ever coming into force."""
    leads(1)
    signed, waits = [], Barrier(2)

    def sign() -> None:
        try:
            with transaction.atomic():
                waits.wait(5)
                scores.wait_for_turn()
                signed.append(connection.connection.info.backend_pid)
        finally:
            connection.close()

    def score() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                scores.rescore(range(1, 2), version=version, at=NOW)
                passed.append(not signed)
        except OperationalError:
            passed.append(False)
        finally:
            connection.close()

    passed: list[bool] = []
    signing, scoring = Thread(target=sign), Thread(target=score)
    with transaction.atomic():
        scores.rescore(range(1, 2), version=version, at=NOW)
        signing.start()
        waits.wait(5)
        signing.join(0.5)
        assert signing.is_alive()
        scoring.start()
        scoring.join()
    signing.join()
    assert passed == [False]
    assert signed


def test_a_score_made_as_of_a_later_moment_is_not_overwritten_by_one_that_began_before(version):
    (kim,) = leads(1)
    activities.record(kim, type="webinar", occurred_at=NOW, known_at=NOW)
    scores.rescore([kim.pk], version=version, at=NOW + DAY)
    scores.rescore(range(kim.pk, kim.pk + 1), version=version, at=NOW - DAY, refresh=True)
    score = Score.objects.get(lead=kim)
    assert (score.total, score.as_of) == (15, NOW + DAY)


def test_that_a_text_looks_at_stages_is_seen_beside_fields_of_the_customers_own():
    tier = {"op": "at_least", "field": "tier", "value": 1}
    entered = {"op": "entered", "stages": ["sal"], "times": 1, "within_days": None}
    looking = body(rule("both", "actions", 5, when={"any": [tier, entered]}))
    since = SEEN | {"since_recycle": True}
    resetting = body(rule("reset", "actions", 5, when=since))
    blind = body(rule("tier", "profile", 5, when=tier))
    texts = [AgreementVersion(body=text) for text in (looking, resetting, blind)]
    assert [formulas.looks_at_entries(text) for text in texts] == [True, True, False]
