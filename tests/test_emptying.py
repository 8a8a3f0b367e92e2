"""What is left after a test that commits: nothing, and the guards of history."""

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection

from feedback.models import HandoffEvent
from tests import emptying
from tests.factories import HandoffFactory

pytestmark = pytest.mark.django_db(transaction=True)


def counts() -> dict[str, int]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with connection.cursor() as rows:
        found = {}
        for name in sorted(set(names) - emptying.KEPT):
            rows.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
            (found[name],) = rows.fetchone()
    return {name: count for name, count in found.items() if count}


def test_every_table_is_empty_afterwards_and_what_django_made_is_there():
    HandoffFactory()
    made = Permission.objects.count(), ContentType.objects.count()
    assert len(counts()) > 5
    emptying.empty()
    assert counts() == {}
    assert (Permission.objects.count(), ContentType.objects.count()) == made
    assert all(made)


def test_the_database_keeps_history_as_before():
    HandoffFactory()
    emptying.empty()
    HandoffFactory()
    with pytest.raises(IntegrityError, match="append-only"):
        HandoffEvent.objects.update(kind="else")
