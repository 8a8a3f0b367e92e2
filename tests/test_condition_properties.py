"""Python, SQL and the complement agree, whatever the condition, the leads and the moment.

They run on the database of the leg: SQLite and PostgreSQL both.
"""

import pytest
from django.db import transaction
from django.utils.translation import override
from hypothesis import given

from leads.fields import registry
from leads.models import Lead
from scoring import conditions
from tests.strategies import MANY, NOW, PERSONAS, furnish, people, some_conditions, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def furnished(db) -> None:
    furnish()


def selected(condition) -> set[int]:
    found = conditions.satisfying(Lead.objects.all(), condition, at=NOW)
    return set(found.values_list("pk", flat=True))


@MANY
@given(people=people, data=some_conditions)
def test_python_and_sql_agree_and_the_complement_is_exact(people, data):
    known = registry()
    condition = conditions.parse(data, personas=PERSONAS)
    with transaction.atomic():
        made = written(people, known)
        in_python = {lead.pk for lead, facts in made if condition.holds(facts)}
        rest = {lead.pk for lead, facts in made if condition.complement().holds(facts)}
        in_sql, rest_in_sql = selected(condition), selected(condition.complement())
        transaction.set_rollback(True)
    assert in_sql == in_python
    assert rest == {lead.pk for lead, _facts in made} - in_python
    assert rest_in_sql == rest


@MANY
@given(people=people, data=some_conditions)
def test_python_and_sql_agree_on_what_counts_since_a_reset(people, data):
    known = registry()
    condition = conditions.parse(data, personas=PERSONAS).since_reset()
    with transaction.atomic():
        made = written(people, known)
        in_python = {lead.pk for lead, facts in made if condition.holds(facts)}
        in_sql = selected(condition)
        transaction.set_rollback(True)
    assert in_sql == in_python


@MANY
@given(data=some_conditions)
def test_every_condition_has_words_in_both_languages(data):
    condition = conditions.parse(data, personas=PERSONAS)
    for each in (condition, condition.complement()):
        with override("en"):
            english = each.words()
        with override("de"):
            german = each.words()
        assert english
        assert german
        assert english != german
