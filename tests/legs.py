"""Run the tests on every database, broker and browser that is there, and say which were not.

`./run test [pytest arguments]` comes here. The embedded leg always runs: SQLite and a queue of
files. The server leg runs where PostgreSQL or Redis answers; tests that use no database have run
on the embedded leg and are left out of it. REQUIRE_ALL_LEGS=1 makes a missing PostgreSQL, Redis
or Chromium a failure.
"""

import os
import shutil
import subprocess
import sys
import tempfile

import environ
import psycopg
import redis

DATABASES = [
    "postgres://postgres@127.0.0.1:5432/baton",
    "postgres://postgres:postgres@127.0.0.1:5432/baton",
    "postgres:////var/run/postgresql/baton",
]
BROKERS = ["redis://127.0.0.1:6379/15"]
# Said to pytest: another leg has run what does not depend on the database.
SECOND = "BATON_SECOND_LEG"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def main(arguments: list[str]) -> int:
    found = {
        "PostgreSQL": first("TEST_DATABASE_URL", DATABASES, database_problem),
        "Redis": first("TEST_REDIS_URL", BROKERS, broker_problem),
        "Chromium": chromium(),
    }
    missing = [name for name, where in found.items() if not where]
    if missing and os.environ.get("REQUIRE_ALL_LEGS") == "1":
        print(f"Not there, but required: {', '.join(missing)}. No test has run.")
        return 1
    browser = {"CHROMIUM": found["Chromium"]}
    passed = run_leg("SQLite, queue of files", browser, arguments)
    if found["PostgreSQL"] or found["Redis"]:
        database = "PostgreSQL" if found["PostgreSQL"] else "SQLite"
        broker = "Redis" if found["Redis"] else "queue of files"
        servers = {"DATABASE_URL": found["PostgreSQL"], "REDIS_URL": found["Redis"], SECOND: "1"}
        passed = run_leg(f"{database}, {broker}", browser | servers, arguments) and passed
    if missing:
        print(f"Not there, so not tested on: {', '.join(missing)}.")
    return 0 if passed else 1


def first(variable: str, usual: list[str], problem_at) -> str:
    """The address `variable` names, or the first usual one that answers, or an empty string."""
    given = os.environ.get(variable, "")
    if given and (problem := problem_at(given)):
        sys.exit(f"{variable} names a server that cannot be used: {problem}")
    return given or next((address for address in usual if not problem_at(address)), "")


def database_problem(address: str) -> str:
    try:
        with connected(environ.Env.db_url_config(address), "postgres") as connection:
            may = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            (allowed,) = connection.execute(may).fetchone()
    except psycopg.Error as error:
        return str(error)
    return "" if allowed else "this user may not create databases."


def connected(server: dict, name: str, **more: object) -> psycopg.Connection:
    """A connection to the database `name` of a PostgreSQL that Django's settings say."""
    return psycopg.connect(
        host=server["HOST"],
        port=server["PORT"] or None,
        user=server["USER"] or None,
        password=server["PASSWORD"] or None,
        dbname=name,
        connect_timeout=2,
        **more,
    )


def broker_problem(address: str) -> str:
    try:
        redis.Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        return str(error)
    return ""


def chromium() -> str:
    given = os.environ.get("CHROMIUM", "")
    if given and not shutil.which(given):
        sys.exit(f"CHROMIUM names no program: {given}")
    return next(filter(None, map(shutil.which, [given, *BROWSERS])), "")


def run_leg(name: str, environment: dict[str, str], arguments: list[str]) -> bool:
    """Run pytest with nothing of this installation's own settings but `environment`."""
    print(f"\n== {name}{', Chromium' if environment['CHROMIUM'] else ''} ==", flush=True)
    with tempfile.TemporaryDirectory(prefix="baton-tests-") as data:
        clean = {"BATON_DATA": data, "DATABASE_URL": "", "REDIS_URL": "", "DEBUG": "1", SECOND: ""}
        # Each of many processes would compile everything anew, and wait for the disk.
        quick = {"PYTHONDONTWRITEBYTECODE": "", "PGOPTIONS": "-c synchronous_commit=off"}
        # One more than there are cores: some tests wait for processes of their own.
        workers = str((os.cpu_count() or 1) + 1)
        parallel = [] if arguments else ["-n", workers, "--dist", "worksteal"]
        code = subprocess.call(
            [sys.executable, "-m", "pytest", *parallel, *arguments],
            env=os.environ | clean | quick | environment,
        )
    return code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
