"""What must hold for any agreement: it says, scores and moves the same everywhere."""

import json
import re
from datetime import datetime, timedelta

import jsonschema
import pytest
from django.db import transaction
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.models import Lead
from leads.refusals import Refused
from scoring import (
    agreements,
    checks,
    documents,
    explanations,
    maps,
    papers,
    promises,
    replays,
    schemas,
    scores,
    sentences,
    statements,
)
from scoring.conditions import read
from scoring.documents import canonical, digest
from scoring.models import AgreementVersion, Score, Standing
from scoring.rulebooks import Rulebook
from tests import strategies
from tests.factories import AgreementVersionFactory
from tests.strategies import MANY, NOW, furnish, written
from tests.test_scores import meets, rescore_until_still
from tests.texts import bodies, broken, edited

pytestmark = pytest.mark.django_db

SHORTLY = timedelta(microseconds=1)
people = strategies.people
SOME, FEW = settings(MANY, max_examples=25), settings(MANY, max_examples=8)
SCHEMA = jsonschema.Draft202012Validator(schemas.agreement())
# Words that only English sentences have; German ones share "in" and "was".
ENGLISH = set("the and of least than with has did not without every once points below".split())


@pytest.fixture(autouse=True)
def furnished(db) -> None:
    furnish()


def criteria_of(body: dict) -> list[str]:
    return [stage["key"] for stage in body["stages"] if stage["criteria"]]


# Python, SQL and replay


@SOME
@given(body=bodies(), people=people)
def test_python_and_sql_agree_on_scores_and_criteria_of_every_stage(body, people):
    with transaction.atomic():
        version = AgreementVersionFactory(body=body)
        made = written(people, Rulebook(body).vocabulary.fields)
        leads = {lead.pk: lead for lead, _facts in made}
        rescore_until_still(list(leads), version)
        for lead in leads.values():
            stored = Score.objects.get(lead=lead)
            then = scores.score_at(lead, version, stored.as_of)
            assert stored.ledger == then.ledger
            assert (stored.fit, stored.engagement, stored.total) == (
                then.fit,
                then.engagement,
                then.total,
            )
            assert stored.total == sum(stored.ledger)
        for key in criteria_of(body):
            in_python = [pk for pk, lead in leads.items() if meets(lead, version, key)]
            assert statements.meeting(list(leads), version, key, at=NOW) == in_python
        transaction.set_rollback(True)


def without_entries(some_people: list) -> list:
    """Nobody has been anywhere: they begin where all begin."""
    return [(known, done, touched, [], since) for known, done, touched, _went, since in some_people]


@SOME
@given(
    body=bodies().filter(lambda body: not Rulebook(body).looks_at_entries()),
    people=people.map(without_entries),
)
def test_a_replay_finds_who_crosses_as_the_machine_does(body, people):
    with transaction.atomic():
        version = AgreementVersionFactory(body=body)
        made = written(people, Rulebook(body).vocabulary.fields)
        ids = [lead.pk for lead, _facts in made]
        found, failed = replays.crossings(Lead.objects.all(), body, NOW - SHORTLY, NOW)
        before = handed_over(ids, version, at=NOW - SHORTLY)
        after = handed_over(ids, version, at=NOW)
        assert failed == []
        held = {pk: each.stage for pk, each in found.items() if each.before}
        crossed = {pk: each.stage for pk, each in found.items() if not each.before}
        assert held.items() <= before.items()
        assert crossed == {pk: stage for pk, stage in after.items() if pk not in before}
        transaction.set_rollback(True)


def handed_over(ids: list[int], version: AgreementVersion, *, at: datetime) -> dict[int, str]:
    """Where the machine has taken those whom it hands over, by `at`."""
    for _step in version.body["stages"]:
        scores.rescore(ids, version=version, at=at, refresh=True)
    return dict(Standing.objects.filter(kind="handoff").values_list("lead", "stage__key"))


@FEW
@given(body=bodies(), people=people)
def test_the_first_term_whose_condition_holds_decides_how_long_a_clock_runs(body, people):
    with transaction.atomic():
        version = AgreementVersionFactory(body=body)
        made = written(people, Rulebook(body).vocabulary.fields)
        for clock in body["clocks"]:
            terms = clock.get("terms") or []
            allowed = {each["key"]: each["minutes"] for each in terms} | {"": clock["minutes"]}
            for lead, _facts in made:
                term = promises.term(version, clock["key"], lead=lead, at=NOW)
                assert allowed[term.key] == term.minutes
                assert term.key == first_holding(version, terms, lead)
        transaction.set_rollback(True)


def first_holding(version: AgreementVersion, terms: list[dict], lead: Lead) -> str:
    """By all that is known of the lead, its points under this version included."""
    rulebook, facts = explanations.known(lead, version, NOW)
    personas, vocabulary = version.body["personas"], rulebook.vocabulary
    for each in terms:
        if read(each["when"], vocabulary=vocabulary, personas=personas).holds(facts):
            return each["key"]
    return ""


# One text, one spelling


@pytest.mark.one_leg(reason="asks no database")
@given(body=bodies())
@settings(MANY, max_examples=30)
def test_the_document_makes_the_round_trip_and_keeps_to_its_schema(body):
    again = papers.read(json.dumps(body, indent=2, ensure_ascii=False).encode())
    assert again == body == json.loads(canonical(body))
    assert digest(again) == digest(dict(reversed(body.items())))
    assert SCHEMA.is_valid(body)
    assert checks.validate(body) == []


@pytest.mark.one_leg(reason="asks no database")
@given(data=st.data(), body=bodies())
@settings(MANY, max_examples=20)
def test_changes_are_none_exactly_where_texts_are_the_same(data, body):
    other = data.draw(edited(body) | bodies())
    for language in ("en", "de"):
        with override(language):
            assert sentences.changes(body, json.loads(canonical(body))) == []
            if checks.unreadable(other) == []:
                same = digest(body) == digest(other)
                assert bool(sentences.changes(body, other)) is not same


# Words


def texts_of(body: dict) -> list[str]:
    """All that is said of a text."""
    return [
        words
        for section in sentences.document(body)
        for words in (
            *(section.title, section.small, section.intro),
            *(part for group in section.groups for part in (group.title, group.note)),
            *(part for each in clauses(section) for part in (each.text, each.detail, each.value)),
        )
        if words
    ]


def clauses(section: sentences.Section) -> list[sentences.Clause]:
    return [each for group in section.groups for each in group.clauses]


def parts_of(body: dict) -> list[tuple[bool, ...]]:
    """Which parts each clause has. Groups of one name are one, so that their number may differ."""
    return sorted(
        (bool(each.text), bool(each.detail), bool(each.value))
        for section in sentences.document(body)
        for each in clauses(section)
    )


def english_in(said: list[str]) -> list[str]:
    """What has English words beside what somebody wrote in quotation marks."""
    plain = {each: re.sub("„[^“]*“", "", each).lower() for each in said}
    return [each for each, words in plain.items() if ENGLISH & set(re.findall(r"\w+", words))]


@pytest.mark.one_leg(reason="asks no database")
@given(body=bodies(), other=bodies())
@settings(MANY, max_examples=15)
def test_every_part_is_said_in_both_languages(body, other):
    with override("en"):
        english = parts_of(body)
    with override("de"):
        german = texts_of(body)
        assert parts_of(body) == english
        changed = [str(each) for each in sentences.changes(body, other)]
    assert english_in([*german, *changed]) == []


# What passes can run, what does not is told


@FEW
@given(body=bodies(), people=people)
def test_what_passes_can_be_signed_scored_read_and_drawn(mark, lena, maya, signed_in, body, people):
    with transaction.atomic():
        version = agreements.install(body, by_marketing=mark, by_sales=lena, at=NOW)
        assert version.status == "in_force"
        made = written(people, Rulebook(body).vocabulary.fields)
        scores.rescore([lead.pk for lead, _facts in made], version=version, at=NOW)
        client = signed_in(maya)
        for language in ("en", "de"):
            with override(language):
                drawn = maps.of(body)
                assert [box.key for box in drawn.wide.boxes] == [s["key"] for s in body["stages"]]
            page = client.get("/agreement/", headers={"accept-language": language})
            assert page.status_code == 200
        assert client.get(f"/leads/{made[0][0].pk}/").status_code == 200
        transaction.set_rollback(True)


@pytest.mark.one_leg(reason="asks no database")
@given(data=st.data(), body=bodies())
@settings(MANY, max_examples=50)
def test_what_is_refused_raises_nothing_and_what_is_not_can_be_read(data, body):
    text = data.draw(broken(body))
    for language in ("en", "de"):
        with override(language):
            assert all(str(each).strip() for each in checks.validate(text))
            if checks.unreadable(text) == []:
                assert texts_of(text)
                assert maps.of(text)
                assert sentences.changes(body, text) or canonical(text) == canonical(body)


# Signatures


@SOME
@given(data=st.data(), body=bodies(), other=bodies())
def test_an_edit_lapses_what_was_signed_or_is_refused_or_changes_nothing(
    mark, lena, maya, data, body, other
):
    section = data.draw(st.sampled_from(sorted(agreements.SECTIONS)))
    names = agreements.SECTIONS[section]
    text = data.draw(st.just(other) | edited(body))
    value = {name: text.get(name) for name in names if name in text}
    with transaction.atomic():
        version = agreements.open_draft(by=maya, at=NOW, body=body, as_written=True)
        version = agreements.propose(version, by=maya, at=NOW)
        version = agreements.sign(version, by=mark, at=NOW, sha256=version.sha256)
        signed = version.sha256
        try:
            edit = agreements.edit(
                version,
                section=section,
                value=value if len(names) > 1 else value.get(names[0]),
                by=lena,
                at=NOW,
                expected_sha256=signed,
            )
        except Refused:
            version.refresh_from_db()
            assert (version.status, version.sha256) == ("proposed", signed)
        else:
            version = edit.version
            assert edit.changed is (version.sha256 != signed)
            assert version.sha256 == documents.digest(version.body)
            assert [each.side for each in edit.lapsed] == ["marketing"] * edit.changed
        counting = [each.side for each in agreements.counting(version)]
        assert counting == ["marketing"] * (version.sha256 == signed)
        transaction.set_rollback(True)
