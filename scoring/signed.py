"""What both teams signed is kept as it was by the database itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "scoring_agreementversion"
TRIGGER = f"{TABLE}_signed"
# By status: what may still be written, and what the version may become.
MAY_CHANGE = {
    "agreed": {"status", "takes_effect_at", "problem", "in_force_at"},
    "in_force": {"status", "superseded_at", "trial_told_at"},
    "superseded": set(),
}
BECOMES = {
    "agreed": ("agreed", "in_force", "withdrawn"),
    "in_force": ("in_force", "superseded"),
    "superseded": ("superseded",),
}


def keep(schema_editor: BaseDatabaseSchemaEditor, columns: Iterable[str]) -> None:
    """Refuse, in the database, to change a signed version but for what happens to it; on
    PostgreSQL also to delete one. On SQLite a rebuilt table loses its triggers: repeat this in
    a migration that alters the table. Repeating it is harmless."""
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


def _altered(columns: list[str], differs: str) -> str:
    """SQL that is true for an update that a signed version may not see."""
    return " OR ".join(_altered_while(status, columns, differs) for status in MAY_CHANGE)


def _altered_while(status: str, columns: list[str], differs: str) -> str:
    kept = [each for each in columns if each not in MAY_CHANGE[status]]
    changed = " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in kept)
    becomes = ", ".join(f"'{each}'" for each in BECOMES[status])
    return f"(OLD.status = '{status}' AND ({changed} OR NEW.status NOT IN ({becomes})))"


def _sqlite(columns: list[str]) -> Iterator[str]:
    yield (
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON {TABLE} "
        f"WHEN {_altered(columns, 'IS NOT')} "
        f"BEGIN SELECT RAISE(ABORT, 'a signed agreement cannot be changed'); END"
    )


def _postgresql(columns: list[str]) -> Iterator[str]:
    signed = ", ".join(f"'{status}'" for status in MAY_CHANGE)
    yield (
        f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN IF OLD.status NOT IN ({signed}) THEN RETURN OLD; END IF; "
        f"ELSIF NOT ({_altered(columns, 'IS DISTINCT FROM')}) THEN RETURN NEW; END IF; "
        "RAISE integrity_constraint_violation "
        "USING MESSAGE = 'a signed agreement cannot be changed'; END $$"
    )
    yield (
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TRIGGER}()"
    )
