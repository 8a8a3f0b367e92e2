"""Why a lead meets a stage's criteria, or what it lacks: with evidence, in both languages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from leads import activities, changes, identities
from leads.models import Channel, Lead
from scoring import explanations, ledgers, scores
from scoring.models import Score
from tests.factories import version_in_force

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MET = NOW - timedelta(days=90)
DAY = timedelta(days=1)


@pytest.fixture
def mara(db) -> Lead:
    Channel.objects.create(key="web", name="Website", kind="inbound")
    facts = {"title": "Head of Operations", "seniority": "Head", "function": "Operations"}
    facts |= {"company_size": 420, "industry": "Logistics", "country": "DE"}
    key = identities.email("mara@nordhafen.example")
    lead, _status = changes.upsert([key], facts, source="form", known_at=MET)
    for days, type in ((10, "pricing_page"), (4, "pricing_page"), (2, "quote_requested")):
        moment = NOW - days * DAY
        activities.record(lead, type=type, occurred_at=moment, known_at=moment, channel="web")
    return lead


def by_key(lead: Lead, at: datetime = NOW) -> dict[str, explanations.Criterion]:
    found = explanations.criteria(lead, version_in_force(), "mql", at)
    return {criterion.key: criterion for criterion in found}


def test_each_criterion_says_whether_it_holds_and_on_what_evidence(mara):
    scores.rescore([mara.pk], version=version_in_force(), at=NOW)
    score = Score.objects.get(lead=mara)
    found = by_key(mara)
    assert all(criterion.holds for criterion in found.values())
    assert str(found["company_size"].words) == "Company size is at least 50"
    assert str(found["company_size"].evidence) == "420 people"
    assert found["company_size"].at == MET
    assert "Head" in str(found["persona"].evidence)
    assert str(found["recent"].evidence) == "Asked for a quote, Read the pricing page (2 times)"
    assert found["recent"].at == NOW - 2 * DAY
    points = f"{score.total} points: fit {score.fit}, engagement {score.engagement}"
    assert str(found["bar"].evidence) == points


def test_what_is_missing_is_said_with_what_is_known_about_it(mara):
    changes.record(mara, {"company_size": 12}, source="sales", known_at=NOW)
    missing = explanations.missing(mara, version_in_force(), "mql", NOW)
    assert [(each.key, str(each.evidence)) for each in missing if each.key == "company_size"] == [
        ("company_size", "12 people")
    ]
    assert by_key(mara, NOW - DAY)["company_size"].holds


def test_what_lies_ahead_says_the_points_that_are_short(mara):
    changes.record(mara, {"company_size": 12}, source="sales", known_at=NOW)
    scores.rescore([mara.pk], version=version_in_force(), at=NOW)
    total = Score.objects.get(lead=mara).total
    Score.objects.filter(lead=mara).update(total=55)
    [ahead] = explanations.ahead(mara, version_in_force(), NOW)
    assert (ahead.key, ahead.stage, ahead.short) == ("mql", "MQL", 5)
    assert [criterion.key for criterion in ahead.missing] == ["company_size", "bar"]
    assert not ahead.is_free
    Score.objects.filter(lead=mara).update(total=total)
    changes.record(mara, {"company_size": 420}, source="sales", known_at=NOW)
    [ahead] = explanations.ahead(mara, version_in_force(), NOW)
    assert (ahead.missing, ahead.short, ahead.is_free) == ([], 0, True)


def test_the_bar_is_the_total_the_first_handoff_asks_for():
    body = version_in_force().body
    assert explanations.bar(body) == explanations.Bar(60, "MQL")
    [mql] = [stage for stage in body["stages"] if stage["kind"] == "handoff"]
    mql["criteria"] = []
    assert explanations.bar(body) == explanations.Bar(None, "MQL")
    assert explanations.bar({}) == explanations.Bar(None, "")


def test_evidence_as_of_a_moment_knows_nothing_of_later(mara):
    scores.rescore([mara.pk], version=version_in_force(), at=NOW)
    before = by_key(mara, NOW - 3 * DAY)
    assert str(before["recent"].evidence) == "Read the pricing page (2 times)"
    assert before["bar"].at == NOW - 3 * DAY
    then = scores.score_at(mara, version_in_force(), NOW - 3 * DAY)
    assert str(before["bar"].evidence).startswith(f"{then.total} points")


def test_what_is_frozen_speaks_both_languages(mara):
    scores.rescore([mara.pk], version=version_in_force(), at=NOW)
    frozen = by_key(mara)["company_size"].to_dict()
    assert frozen == {
        "key": "company_size",
        "group": "profile",
        "words": {"en": "Company size is at least 50", "de": "Firmengröße ist mindestens 50"},
        "holds": True,
        "evidence": {"en": "420 people", "de": "420 Personen"},
        "at": MET.isoformat(),
    }
    lines = ledgers.lines(Score.objects.get(lead=mara), version_in_force())
    assert sum(line.to_dict()["points"] for line in lines) == Score.objects.get().total
    with override("de"):
        assert str(by_key(mara)["recent"].words) == "Aktivität in den letzten 14 Tagen"


def test_a_value_is_evidence_as_it_is_written(mara):
    changes.record(mara, {"title": "e-commerce lead"}, source="sales", known_at=NOW)
    assert str(by_key(mara)["no_students"].evidence) == "e-commerce lead"


def test_a_missing_value_has_no_evidence(mara):
    changes.record(mara, {"company_size": None}, source="sales", known_at=NOW)
    criterion = by_key(mara)["company_size"]
    assert not criterion.holds
    assert not criterion.evidence
    assert criterion.at is None
