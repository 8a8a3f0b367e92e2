"""Statements that are written once: on whatever connection, whatever became of the last one."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models import BigIntegerField, DateTimeField, F
from django.test.utils import CaptureQueriesContext

from leads.models import Lead
from leads.prepared import Among, Blank, Prepared
from scoring.binds import Bind, Name
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db

NUMBER, SINCE = Name("number"), Name("since")
MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def statement(rows, **how) -> Prepared:
    return Prepared(*rows.values_list("pk").query.sql_with_params(), kept=how.get("kept", True))


def numbers(prepared: Prepared, **values) -> list[int]:
    with connection.cursor() as cursor:
        prepared.run(cursor, lambda blank: values[blank.name])
        return [pk for (pk,) in cursor.fetchall()]


def leads_from(number: Name, since: Name):
    return Lead.objects.order_by("pk").filter(
        pk__gte=Bind(number, BigIntegerField()), created_at__gt=Bind(since, DateTimeField())
    )


@pytest.fixture
def several():
    found = [LeadFactory().pk for _ in range(3)]
    Lead.objects.update(created_at=MOMENT + timedelta(hours=1))
    return found


@pytest.mark.parametrize("kept", [True, False])
def test_each_run_has_values_of_its_own(kept, several):
    prepared = statement(leads_from(NUMBER, SINCE), kept=kept)
    for n, pk in enumerate(several):
        assert numbers(prepared, number=pk, since=MOMENT) == several[n:]
    assert numbers(prepared, number=0, since=MOMENT + timedelta(days=1)) == []
    assert numbers(prepared, number=None, since=MOMENT) == []


@pytest.mark.parametrize("kept", [True, False])
def test_what_is_known_stays_as_it_is_also_percent_signs_and_quotes(kept, several):
    named = Lead.objects.filter(pk=several[0])
    named.update(last_name="100 % O'Neil", company_name="50 %s")
    rows = Lead.objects.filter(
        last_name="100 % O'Neil", company_name="50 %s", pk=Bind(NUMBER, BigIntegerField())
    )
    assert numbers(statement(rows, kept=kept), number=several[0]) == several[:1]
    assert numbers(statement(named, kept=kept)) == several[:1]


def test_a_list_is_one_value(several):
    among = Blank()
    prepared = statement(Lead.objects.order_by("pk").filter(Among("pk", among)))
    for chosen in (several[:2], several[2:], []):
        with connection.cursor() as cursor:
            prepared.run(cursor, lambda _blank, chosen=chosen: chosen)
            assert [pk for (pk,) in cursor.fetchall()] == chosen


@pytest.mark.django_db(transaction=True)
def test_it_outlives_what_is_rolled_back_and_is_told_to_each_new_connection(several):
    prepared = statement(leads_from(NUMBER, SINCE))
    with transaction.atomic():
        assert numbers(prepared, number=0, since=MOMENT) == several
        transaction.set_rollback(True)
    for _ in range(2):
        assert numbers(prepared, number=several[1], since=MOMENT) == several[1:]
        connection.close()


def test_it_is_one_query_from_the_first_time_on(several):
    prepared = statement(leads_from(NUMBER, SINCE))
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as found:
            numbers(prepared, number=0, since=MOMENT)
        assert len(found) == 1


@pytest.mark.postgres
def test_a_pooler_that_hands_connections_round_gets_plain_statements(several, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    plain = statement(leads_from(NUMBER, SINCE))
    monkeypatch.undo()
    kept = statement(leads_from(NUMBER, SINCE))
    for prepared, begins in ((plain, "SELECT"), (kept, "EXECUTE")):
        with CaptureQueriesContext(connection) as found:
            assert numbers(prepared, number=several[2], since=MOMENT) == several[2:]
        assert found[0]["sql"].startswith(begins)


@pytest.mark.postgres
def test_a_kept_plan_is_made_without_values(several):
    prepared = statement(
        Lead.objects.annotate(same=F("pk")).filter(pk=Bind(NUMBER, BigIntegerField()))
    )
    for _ in range(3):
        numbers(prepared, number=several[0])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = %s",
            [prepared._kept],
        )
        assert cursor.fetchone() == (3, 0)


@pytest.mark.postgres
def test_a_connection_forgets_all_before_it_keeps_too_many(several, monkeypatch):
    monkeypatch.setattr("leads.prepared.MOST_KEPT", 2)
    asked = [statement(leads_from(NUMBER, SINCE)) for _ in range(3)]
    for prepared in asked * 2:
        assert numbers(prepared, number=0, since=MOMENT) == several
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone()[0] <= 2
