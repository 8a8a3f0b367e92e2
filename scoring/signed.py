"""What was proposed and what both teams signed is kept as it was by the database itself.

A signature counts for one proposal of a version, by its number. So that it covers everything the
signatory read, the prediction too, nothing of a proposal changes; and a version that became a
draft again is proposed under a new number only. A version begins as a draft, and what runs has
both signatures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "scoring_agreementversion"
TRIGGER = f"{TABLE}_signed"
SAID = "what was proposed or signed cannot be changed"
SIGNED = ("agreed", "in_force", "superseded")
OPEN = ("draft", "proposed", "agreed")
# A row is written as one of these; the other statuses are stepped to.
FIRST = ("draft", "withdrawn")
# What a row is known by.
NAMES = ("id", "number")
BOTH_SIGNED = (
    "(SELECT count(*) FROM scoring_signature AS given WHERE given.version_id = OLD.id "
    "AND given.proposal = OLD.proposals AND given.sha256 = OLD.sha256) = 2"
)
# The step from one status to another, and what may be written with it beside the status (who
# changes this adds a migration that calls `keep` again, as older ones have called it). Every
# other step is refused. None: anything but its names and how often it was proposed.
STEPS: dict[tuple[str, str], set[str] | None] = {
    ("draft", "draft"): None,
    ("draft", "withdrawn"): set(),
    ("proposed", "draft"): None,
    ("proposed", "withdrawn"): set(),
    ("proposed", "proposed"): {"reminded_at"},
    ("proposed", "agreed"): {"takes_effect_at"},
    ("proposed", "in_force"): {"in_force_at"},
    ("agreed", "agreed"): {"takes_effect_at", "problem"},
    ("agreed", "in_force"): {"in_force_at"},
    ("agreed", "withdrawn"): set(),
    ("in_force", "in_force"): {"trial_told_at"},
    ("in_force", "superseded"): {"superseded_at"},
    ("superseded", "superseded"): set(),
    ("withdrawn", "withdrawn"): set(),
}


def keep(schema_editor: BaseDatabaseSchemaEditor, columns: Iterable[str]) -> None:
    """Refuse, in the database, to change what was proposed or signed but for what happens to it,
    to delete a signed version, and to write one that nobody signed. On SQLite a rebuilt table
    loses its triggers: repeat this in a migration that alters the table, and `release` before one
    that alters the signatures. Repeating it is harmless."""
    release(schema_editor)
    make = _postgresql if schema_editor.connection.vendor == "postgresql" else _sqlite
    for statement in make(list(columns)):
        schema_editor.execute(statement, params=None)


def release(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let it be changed again, to alter the table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TRIGGER} ON {TABLE}", params=None)
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {TRIGGER}()", params=None)
        return
    for name in (TRIGGER, f"{TRIGGER}_delete", f"{TRIGGER}_insert"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)


def _allowed(columns: list[str], same: str) -> str:
    """SQL that is true for an update that may be made."""
    steps = [_step(*step, columns, may, same) for step, may in STEPS.items()]
    # Of how many proposals it is, only proposing changes, and only upwards.
    anew = "OLD.status = 'draft' AND NEW.status = 'proposed' AND NEW.proposals > OLD.proposals"
    anew += _unchanged(NAMES, same)
    return " OR ".join(f"({each})" for each in [*steps, anew])


def _step(old: str, new: str, columns: list[str], may: set[str] | None, same: str) -> str:
    kept = [*NAMES, "proposals"]
    if may is not None:
        kept = [column for column in columns if column not in may | {"status"}]
    signed = f" AND {BOTH_SIGNED}" if old == "proposed" and new in SIGNED else ""
    return f"OLD.status = '{old}' AND NEW.status = '{new}'{_unchanged(kept, same)}{signed}"


def _unchanged(columns: Iterable[str], same: str) -> str:
    return "".join(f' AND OLD."{column}" {same} NEW."{column}"' for column in columns)


def _sqlite(columns: list[str]) -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    # REPLACE deletes the rows in its way, and asks no trigger whether they may be.
    in_force = f"SELECT 1 FROM {TABLE} WHERE status = 'in_force' AND id <> NEW.id"
    yield (
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON {TABLE} "
        f"WHEN NOT ({_allowed(columns, 'IS')}) "
        f"OR (NEW.status = 'in_force' AND EXISTS ({in_force})) {refuse}"
    )
    yield (
        f"CREATE TRIGGER {TRIGGER}_delete BEFORE DELETE ON {TABLE} "
        f"WHEN OLD.status IN {_listed(SIGNED)} {refuse}"
    )
    in_its_way = (
        f"SELECT 1 FROM {TABLE} WHERE id = NEW.id OR number = NEW.number "
        f"OR (NEW.status = 'draft' AND status IN {_listed(OPEN)})"
    )
    yield (
        f"CREATE TRIGGER {TRIGGER}_insert BEFORE INSERT ON {TABLE} "
        f"WHEN NEW.status NOT IN {_listed(FIRST)} OR EXISTS ({in_its_way}) {refuse}"
    )


def _postgresql(columns: list[str]) -> Iterator[str]:
    yield (
        f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN "
        f"IF OLD.status NOT IN {_listed(SIGNED)} THEN RETURN OLD; END IF; "
        f"ELSIF TG_OP = 'INSERT' THEN "
        f"IF NEW.status IN {_listed(FIRST)} THEN RETURN NEW; END IF; "
        f"ELSIF {_allowed(columns, 'IS NOT DISTINCT FROM')} THEN RETURN NEW; END IF; "
        f"RAISE integrity_constraint_violation USING MESSAGE = '{SAID}'; END $$"
    )
    yield (
        f"CREATE TRIGGER {TRIGGER} BEFORE INSERT OR UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TRIGGER}()"
    )


def _listed(statuses: Iterable[str]) -> str:
    return "({})".format(", ".join(f"'{status}'" for status in statuses))
