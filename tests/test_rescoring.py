"""Whatever makes a score old is a row, and gets done once: by queue, by time, by version."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction

from leads import activities, changes, identities, stale
from leads.models import Lead, StaleLead
from scoring import agreements, rescoring, scores
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


def supersede(old: AgreementVersion, *rules: dict) -> AgreementVersion:
    """Another version comes into force, as signing does it."""
    AgreementVersion.objects.filter(pk=old.pk).update(status="superseded")
    new = AgreementVersionFactory(body=body(*rules))
    rescoring.start(new, at=NOW)
    return new


@pytest.fixture
def version(db) -> AgreementVersion:
    return AgreementVersionFactory(body=body(ONE, rule("web", "actions", 5, when=SEEN)))


def poison(monkeypatch, victim: Lead) -> None:
    """Scoring this lead breaks, alone or among others."""
    write = scores.statements.write

    def broken(ids, *args, **kwargs):
        if victim.pk in ids:
            raise ValueError("broken")
        return write(ids, *args, **kwargs)

    monkeypatch.setattr(scores.statements, "write", broken)


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
    assert rescoring.step(at=NOW, chunk=2) is False
    progress = rescoring.progress()
    assert (progress.version, progress.done, progress.total) == (new, 2, 5)
    assert sorted(totals()) == [10, 10, 10, 20, 20]
    while not rescoring.step(at=NOW, chunk=2):
        pass
    assert totals() == [20] * 5
    assert set(Score.objects.values_list("version", flat=True)) == {new.pk}
    progress = rescoring.progress()
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
    rescoring.step(at=NOW, chunk=2)
    third = supersede(second, rule("role", "profile", 30))
    while not rescoring.step(at=NOW, chunk=2):
        pass
    assert totals() == [30] * 4
    assert RescoreRun.objects.get(version=second).finished_at is None
    assert RescoreRun.objects.get(version=third).finished_at == NOW


def test_a_worker_that_dies_in_a_chunk_leaves_the_run_where_it_was(version, monkeypatch):
    leads(4)
    supersede(version, TWO)
    rescoring.step(at=NOW, chunk=2)
    with monkeypatch.context() as during:
        during.setattr(scores.stages, "advance", killed)
        with pytest.raises(KeyboardInterrupt):
            rescoring.step(at=NOW, chunk=2)
    run = RescoreRun.objects.get()
    assert run.leads_done == Score.objects.count() == 2
    assert rescoring.step(at=NOW, chunk=2) is False
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
    while not rescoring.step(at=NOW, chunk=2):
        pass
    assert totals() == [10, 10, 20]
    rescoring.stale(at=NOW, limit=10)
    assert totals() == [20, 10, 20]
    assert StaleLead.objects.get().lead == lea


def test_leads_that_come_in_during_a_run_are_scored_by_the_new_version(version):
    leads(2)
    new = supersede(version, TWO)
    rescoring.step(at=NOW, chunk=2)
    (late,) = leads(3)[2:]
    rescoring.stale(at=NOW, limit=10)
    while not rescoring.step(at=NOW, chunk=2):
        pass
    assert Score.objects.get(lead=late).version == new


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_run_without_leaving_out_or_counting_twice():
    version = AgreementVersionFactory(body=body(ONE))
    leads(40)
    supersede(version, TWO)
    workers = [Thread(target=_work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert totals() == [20] * 40
    assert RescoreRun.objects.get().leads_done == 40


def _work() -> None:
    try:
        while not RescoreRun.objects.get().finished_at:
            rescoring.step(at=NOW, chunk=3)
            rescoring.stale(at=NOW, limit=7)
    finally:
        connection.close()


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
