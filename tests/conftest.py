"""The cast, their teams, and the places the tests run on."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from leads.models import Side, Team, User
from tests import emptying, legs, tables
from tests.processes import (
    Installation,
    database_url,
    empty_broker,
    end_connections,
    redis_url,
)
from tests.tellings import copies, told
from tests.windows import browser, chromium, page_of

__all__ = ["browser", "chromium", "copies", "page_of", "told"]

REAL_DATA = Path(settings.BASE_DIR).parent / "shared" / "data"


def pytest_configure() -> None:
    emptying.instead_of_flushing()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what cannot run here, leave out what another leg has run, begin with the longest."""
    skip_what_is_not_there(items)
    if os.environ.get(legs.SECOND):
        here = [item for item in items if depends_on_the_leg(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in here])
        items[:] = here
    # Stable, and with "worksteal" whoever is done takes from those who have much left.
    items.sort(key=lambda item: "installation" not in item.fixturenames)


def pytest_collection_finish() -> None:
    """What has been imported and collected stays: Python need not look through it for garbage."""
    gc.collect()
    gc.freeze()


def depends_on_the_leg(item: pytest.Item) -> bool:
    """Does the test use the database, or is it there for the servers of this leg? `one_leg` marks
    what takes long and is the same on any database, with its reason. What pages show is looked at
    on one leg; on every leg their verbs are tested, and every address is asked for by Olu, who
    sees all of it (test_permissions)."""
    if item.get_closest_marker("one_leg") or item.path.stem.endswith("_pages"):
        return False
    marks = any(map(item.get_closest_marker, ("django_db", "postgres", "redis")))
    return marks or not {"db", "transactional_db"}.isdisjoint(item.fixturenames)


def skip_what_is_not_there(items: list[pytest.Item]) -> None:
    on_postgres = "postgresql" in settings.DATABASES["default"]["ENGINE"]
    there = {
        "postgres": on_postgres or "runs on PostgreSQL only",
        "redis": bool(settings.REDIS_URL) or "runs with Redis only",
        "browser": bool(legs.chromium()) or "Chromium is not there",
        "real_data": REAL_DATA.exists() or "the real exports are not there",
    }
    for item in items:
        for mark, reason in there.items():
            if item.get_closest_marker(mark) and reason is not True:
                item.add_marker(pytest.mark.skip(reason=str(reason)))


@pytest.fixture(scope="session")
def django_db_use_migrations() -> bool:
    return False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    with django_db_blocker.unblock():
        tables.guard()


@pytest.fixture(autouse=True)
def quick_passwords(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def static_files_when_asked_for(settings) -> None:
    """Else every new client of the tests looks through all of them first: a tenth of a second."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def one_clock(monkeypatch) -> None:
    """The database's clock goes with the one that the test moves, for pages and the API."""
    import_module(settings.ROOT_URLCONF)
    for name, module in list(sys.modules.items()):
        if name.startswith(("feedback.views.", "feedback.api.")) and hasattr(
            module, "database_now"
        ):
            monkeypatch.setattr(module, "database_now", timezone.now)


@pytest.fixture
def monday() -> datetime:
    """A Monday morning without a holiday near it, nine o'clock in Berlin."""
    return datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def marketing(db) -> Team:
    return Team.objects.create(name="Marketing", side=Side.MARKETING)


@pytest.fixture
def sales(db) -> Team:
    return Team.objects.create(name="Sales", side=Side.SALES)


@pytest.fixture
def operations(db) -> Team:
    return Team.objects.create(name="Operations", side=Side.OPERATIONS)


def person(name: str, **facts: object) -> User:
    """One of the cast; `name` is "First Last", the address first@baton.example."""
    first, last = name.split()
    email = f"{first.lower()}@baton.example"
    return User.objects.create_user(email, first_name=first, last_name=last, **facts)


@pytest.fixture
def maya(marketing) -> User:
    """Markets: edits definitions, watches campaigns, answers returns."""
    return person("Maya Lindner", team=marketing)


@pytest.fixture
def mark(marketing) -> User:
    """Leads marketing and signs for it."""
    return person("Mark Reuter", team=marketing, leads_team=True)


@pytest.fixture
def sam(sales) -> User:
    """Sells: works the inbox."""
    return person("Sam Okafor", team=sales)


@pytest.fixture
def tom(sales) -> User:
    """Sells beside Sam."""
    return person("Tom Albrecht", team=sales)


@pytest.fixture
def lena(sales) -> User:
    """Leads sales and signs for it."""
    return person("Lena Fuchs", team=sales, leads_team=True)


@pytest.fixture
def olu(operations) -> User:
    """Runs the operation, reads everything, signs for nobody."""
    return person("Olu Adeyemi", team=operations)


@pytest.fixture
def ada(db) -> User:
    """Administers."""
    return person("Ada Novak", is_staff=True, is_superuser=True)


@pytest.fixture
def nina(db) -> User:
    """An outsider: may sign in, belongs to no team."""
    return person("Nina Holm")


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser without JavaScript in which `user` has signed in."""

    def client_of(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="leads.backends.PeopleBackend")
        return client

    return client_of


@pytest.fixture(scope="session")
def processes(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Installation]:
    with django_db_blocker.unblock():
        database = database_url()
    data = tmp_path_factory.mktemp("installation")
    broker = redis_url(os.environ.get("PYTEST_XDIST_WORKER", "gw0"))
    empty_broker(data, broker)
    with Installation(data, database, broker) as baton:
        yield baton
    with django_db_blocker.unblock():
        end_connections()


@pytest.fixture
def installation(transactional_db, processes) -> Iterator[Installation]:
    """Real processes on the tests' database, and on Redis where the tests run with it."""
    yield processes
    processes.clear()
