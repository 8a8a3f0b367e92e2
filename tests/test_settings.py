"""What an installation may set, and what production insists on."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.db import OperationalError, connection

ROOT = Path(settings.BASE_DIR)
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "f3b1c9d27e5a48069b8d1e2f7a6c5b4d3e2f1a0b9c8d7e6f5a4b3c2d",
    "ALLOWED_HOSTS": "baton.example",
}


def python(*arguments: str, data: Path, **environment: str) -> subprocess.CompletedProcess:
    clean = {"BATON_DATA": str(data), "DATABASE_URL": "", "REDIS_URL": ""}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | clean | environment,
        capture_output=True,
        text=True,
        timeout=90,
    )


def setting(name: str, data: Path, **environment: str):
    code = f"import json; from config import settings; print(json.dumps(settings.{name}))"
    result = python("-c", code, data=data, **environment)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_production_passes_djangos_deployment_check(tmp_path):
    arguments = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    result = python(*arguments, data=tmp_path, **PRODUCTION)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set."),
        ({"DATABASE_URL": "mysql://localhost/baton"}, "DATABASE_URL must look like postgres://"),
    ],
)
def test_wrong_settings_are_refused_in_one_sentence(tmp_path, wrong, sentence):
    result = python("manage.py", "check", data=tmp_path, **PRODUCTION | wrong)
    assert result.returncode == 1
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_every_setting_of_the_environment_stands_in_the_readme():
    read = re.compile(r"""(?:env(?:\.\w+)?\(|first\(|environ(?:\.get\(|\[))\s*"([A-Z_]+)\"""")
    sources = [ROOT / "run", *ROOT.glob("tests/*.py")]
    for app in ("config", "leads", "scoring", "feedback"):
        sources += (ROOT / app).rglob("*.py")
    named = {name for source in sources for name in read.findall(source.read_text())}
    named -= {name for name in named if name.startswith(("DJANGO_", "PYTEST_"))}
    assert {"DATABASE_URL", "REDIS_URL", "PORT", "TEST_REDIS_URL"} <= named
    readme = (ROOT / "README.md").read_text()
    assert sorted(name for name in named if f"`{name}`" not in readme) == []


def test_the_broker_is_redis_where_it_is_named_and_files_otherwise(tmp_path):
    assert setting("CELERY_BROKER_URL", tmp_path).startswith("filesystem://")
    assert (tmp_path / "queues").is_dir()
    address = "redis://127.0.0.1:6379/3"
    assert setting("CELERY_BROKER_URL", tmp_path, REDIS_URL=address) == address
    options = setting("CELERY_BROKER_TRANSPORT_OPTIONS", tmp_path, REDIS_URL=address)
    assert options["visibility_timeout"] == 900
    assert options["unacked_restore_interval"] == 5
    assert options["unacked_restore_throttle"] == 1


def test_kombu_knows_the_names_of_our_transport_options(tmp_path):
    from kombu.transport.redis import Channel

    address = "redis://127.0.0.1:6379/3"
    options = setting("CELERY_BROKER_TRANSPORT_OPTIONS", tmp_path, REDIS_URL=address)
    assert set(options) <= set(Channel.from_transport_options) | {"unacked_restore_interval"}


def test_the_schedule_calls_only_tasks_that_exist():
    from config.celery import app

    app.loader.import_default_modules()
    wanted = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert wanted <= set(app.tasks)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="about SQLite")
def test_sqlite_writes_ahead_waits_for_its_turn_and_checks_foreign_keys(db):
    def pragma(name):
        return connection.cursor().execute(f"PRAGMA {name}").fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert pragma("busy_timeout") == 20_000
    assert pragma("synchronous") == 1
    assert pragma("foreign_keys") == 1
    assert connection.transaction_mode == "IMMEDIATE"


def test_every_answer_carries_a_strict_content_security_policy(client, db):
    policy = client.get("/healthz/")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_healthz_says_whether_the_database_answers(client, db):
    assert client.get("/healthz/").json() == {"status": "ok"}
    broken = mock.patch("config.views.connection.cursor", side_effect=OperationalError)
    with broken:
        assert client.get("/healthz/").status_code == 503


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("maya", "agreement"),
        ("sam", "inbox"),
        ("lena", "inbox"),
        ("olu", "funnel"),
        ("ada", "admin"),
        ("nina", "account"),
    ],
)
def test_home_leads_people_to_the_page_where_their_day_begins(request, signed_in, name, room):
    user = request.getfixturevalue(name)
    assert signed_in(user).get("/")["Location"] == f"/{room}/"


def test_home_asks_a_stranger_to_sign_in(client, db):
    assert client.get("/")["Location"].startswith("/sign-in/")


def test_ten_wrong_passwords_close_the_door_with_a_page_that_says_so(client, maya, sam):
    for person in (maya, sam):
        person.set_password("a good password")
        person.save()
    wrong = {"username": maya.email, "password": "a wrong one"}
    for _ in range(9):
        assert client.post("/sign-in/", wrong).status_code in (200, 422)
    locked = client.post("/sign-in/", wrong)
    assert locked.status_code == 429
    assert "Too many wrong passwords" in locked.content.decode()
    right = client.post("/sign-in/", wrong | {"password": "a good password"})
    assert right.status_code == 429
    colleague = client.post("/sign-in/", {"username": sam.email, "password": "a good password"})
    assert colleague.status_code == 302
