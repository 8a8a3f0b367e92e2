"""What was signed, and where leads have been, is kept as it was by the database itself."""

from django.db import migrations

from leads.append_only import AppendOnly

TABLE = "scoring_agreementversion"
TRIGGER = f"{TABLE}_signed"
# The one change a version in force may still see: it is superseded.
MAY_CHANGE = ("status", "superseded_at")
SIGNED = "OLD.status IN ('in_force', 'superseded')"


def keep(apps, schema_editor):
    make = _postgresql if schema_editor.connection.vendor == "postgresql" else _sqlite
    fields = apps.get_model("scoring", "AgreementVersion")._meta.concrete_fields
    columns = [field.column for field in fields]
    for statement in make(columns):
        schema_editor.execute(statement, params=None)


def release(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TRIGGER} ON {TABLE}", params=None)
        schema_editor.execute(f"DROP FUNCTION IF EXISTS {TRIGGER}()", params=None)
    else:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TRIGGER}", params=None)


def _changed(columns, differs):
    """SQL that is true for an update that a signed version may not see."""
    everything = " OR ".join(f'OLD."{c}" {differs} NEW."{c}"' for c in columns)
    beyond = " OR ".join(f'OLD."{c}" {differs} NEW."{c}"' for c in columns if c not in MAY_CHANGE)
    return (
        f"(OLD.status = 'superseded' AND ({everything})) OR (OLD.status = 'in_force' AND "
        f"({beyond} OR NEW.status NOT IN ('in_force', 'superseded')))"
    )


def _sqlite(columns):
    yield (
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE ON {TABLE} "
        f"WHEN {_changed(columns, 'IS NOT')} "
        f"BEGIN SELECT RAISE(ABORT, 'a signed agreement cannot be changed'); END"
    )


def _postgresql(columns):
    yield (
        f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN IF NOT ({SIGNED}) THEN RETURN OLD; END IF; "
        f"ELSIF NOT ({_changed(columns, 'IS DISTINCT FROM')}) THEN RETURN NEW; END IF; "
        "RAISE integrity_constraint_violation "
        "USING MESSAGE = 'a signed agreement cannot be changed'; END $$"
    )
    yield (
        f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE ON {TABLE} "
        f"FOR EACH ROW EXECUTE FUNCTION {TRIGGER}()"
    )


class Migration(migrations.Migration):
    dependencies = [("scoring", "0001_initial")]

    operations = [
        AppendOnly("scoring_signature"),
        AppendOnly("scoring_stageentry"),
        migrations.RunPython(keep, release),
    ]
