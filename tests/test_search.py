"""Parts of names are found by an index, where PostgreSQL may have one."""

from importlib import import_module

import pytest
from django.db import connection

from feedback.filters import InboxFilter, LeadFilter
from feedback.models import Handoff
from leads.models import Lead
from tests.factories import MONDAY

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

search = import_module("leads.migrations.0004_search")


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, "leads_lead"))


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_both_searches_ask_as_the_index_answers(sam, rf):
    request = rf.get("/")
    request.user = sam
    run("SET LOCAL enable_seqscan = off", "SET LOCAL enable_indexscan = off")
    leads = LeadFilter({"q": "okaf nordfl"}, queryset=Lead.objects.all(), request=request).qs
    inbox = InboxFilter({"q": "okaf"}, queryset=Handoff.objects.all(), user=sam, at=MONDAY).qs
    assert "lead_search" in leads.order_by().explain()
    assert "lead_search" in inbox.order_by().explain()


def test_a_database_that_may_not_have_it_goes_without(sam):
    editor = connection.schema_editor()
    assert "lead_search" in indexes()
    run(
        "DROP EXTENSION pg_trgm CASCADE",
        "CREATE ROLE modest",
        "SET LOCAL ROLE modest",
    )
    search.index(None, editor)
    assert "lead_search" not in indexes()
    run("RESET ROLE")
    for _ in range(2):
        search.index(None, editor)
    assert "lead_search" in indexes()
    search.unindex(None, editor)
    assert "lead_search" not in indexes()
