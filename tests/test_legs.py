"""What `./run test` runs on, and what it says of what is not there."""

import pytest

from tests import legs


@pytest.fixture
def ran(monkeypatch) -> list:
    """Nothing is there but Python; collects the legs that would run."""
    monkeypatch.setattr(legs, "DATABASES", ["postgres://nobody@127.0.0.1:1/baton"])
    monkeypatch.setattr(legs, "BROKERS", ["redis://127.0.0.1:1/0"])
    monkeypatch.setattr(legs, "BROWSERS", [])
    for name in ("TEST_DATABASE_URL", "TEST_REDIS_URL", "CHROMIUM", "REQUIRE_ALL_LEGS"):
        monkeypatch.delenv(name, raising=False)
    legs_run = []
    monkeypatch.setattr(
        legs, "run_leg", lambda name, environment, _: legs_run.append((name, environment)) or True
    )
    return legs_run


def test_without_servers_the_embedded_leg_runs_and_the_rest_is_named(ran, capsys):
    assert legs.main([]) == 0
    assert ran == [("SQLite, queue of files", {"CHROMIUM": ""})]
    assert "not tested on: PostgreSQL, Redis, Chromium." in capsys.readouterr().out


def test_where_all_legs_are_required_a_missing_one_is_a_failure(ran, monkeypatch, capsys):
    monkeypatch.setenv("REQUIRE_ALL_LEGS", "1")
    assert legs.main([]) == 1
    assert ran == []
    assert "required: PostgreSQL, Redis, Chromium." in capsys.readouterr().out


def test_servers_that_answer_make_a_second_leg(ran, monkeypatch):
    monkeypatch.setattr(legs, "database_problem", lambda _: "")
    monkeypatch.setattr(legs, "broker_problem", lambda _: "")
    assert legs.main([]) == 0
    name, environment = ran[1]
    assert name == "PostgreSQL, Redis"
    assert environment["DATABASE_URL"].startswith("postgres://")
    assert environment["REDIS_URL"].startswith("redis://")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEST_DATABASE_URL", "postgres://nobody@127.0.0.1:1/baton"),
        ("TEST_REDIS_URL", "redis://127.0.0.1:1/0"),
        ("CHROMIUM", "/no/such/browser"),
    ],
)
def test_a_place_that_was_named_and_is_not_there_is_a_failure(ran, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=name):
        legs.main([])
    assert ran == []


def test_a_failed_leg_fails_the_whole_and_the_other_runs_all_the_same(ran, monkeypatch):
    monkeypatch.setattr(legs, "database_problem", lambda _: "")
    results = iter([False, True])
    monkeypatch.setattr(legs, "run_leg", lambda *_: next(results))
    assert legs.main([]) == 1
    assert list(results) == []
