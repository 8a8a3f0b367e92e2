"""Keeps what was proposed, as what was signed, as it was: see `scoring.signed`."""

from django.db import migrations

from scoring import signed


def keep(apps, schema_editor):
    fields = apps.get_model("scoring", "AgreementVersion")._meta.concrete_fields
    signed.keep(schema_editor, [field.column for field in fields])


class Migration(migrations.Migration):
    dependencies = [("scoring", "0005_desks")]

    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
