"""What was proposed and what both teams signed is kept as it was by the database itself.

A signature counts for one proposal of a version, by its number. So that it covers everything the
signatory read, the prediction too, nothing of a proposal changes; and a version that became a
draft again is proposed under a new number only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "scoring_agreementversion"
TRIGGER = f"{TABLE}_signed"
SAID = "what was proposed or signed cannot be changed"
SIGNED = ("agreed", "in_force", "superseded")
# The step from one status to another, and what may be written with it beside the status. Every
# other step is refused. None: anything but how often it was proposed.
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
    """Refuse, in the database, to change what was proposed or signed but for what happens to it;
    on PostgreSQL also to delete a signed version. On SQLite a rebuilt table loses its triggers:
    repeat this in a migration that alters the table. Repeating it is harmless."""
    release(schema_editor)
    make = _postgresql if schema_editor.connection.vendor == "postgresql" else _sqlite
    for statement in make(list(columns)):
        schema_editor.execute(statement, params=None)


def release(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let it be changed again, to alter the table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TRIGGER} ON {TABLE}", params=None)
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {TRIGGER}()", params=None)
    else:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TRIGGER}", params=None)


def _allowed(columns: list[str], same: str) -> str:
    """SQL that is true for an update that may be made."""
    steps = [_step(*step, columns, may, same) for step, may in STEPS.items()]
    # Of how many proposals it is, only proposing changes, and only upwards.
    anew = "OLD.status = 'draft' AND NEW.status = 'proposed' AND NEW.proposals > OLD.proposals"
    return " OR ".join(f"({each})" for each in [*steps, anew])


def _step(old: str, new: str, columns: list[str], may: set[str] | None, same: str) -> str:
    kept = ["proposals"] if may is None else [c for c in columns if c not in may | {"status"}]
    unchanged = "".join(f' AND OLD."{column}" {same} NEW."{column}"' for column in kept)
    return f"OLD.status = '{old}' AND NEW.status = '{new}'{unchanged}"


def _sqlite(columns: list[str]) -> Iterator[str]:
    yield (
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON {TABLE} "
        f"WHEN NOT ({_allowed(columns, 'IS')}) "
        f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
    )


def _postgresql(columns: list[str]) -> Iterator[str]:
    signed = ", ".join(f"'{status}'" for status in SIGNED)
    yield (
        f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN IF OLD.status NOT IN ({signed}) THEN RETURN OLD; END IF; "
        f"ELSIF {_allowed(columns, 'IS NOT DISTINCT FROM')} THEN RETURN NEW; END IF; "
        f"RAISE integrity_constraint_violation USING MESSAGE = '{SAID}'; END $$"
    )
    yield (
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TRIGGER}()"
    )
