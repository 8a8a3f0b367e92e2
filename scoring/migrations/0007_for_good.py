"""What nobody signed does not run, and what was signed and said is neither deleted nor replaced:
see `scoring.signed` and `leads.append_only`."""

from django.db import migrations

from leads.append_only import AppendOnly
from scoring import signed


def keep(apps, schema_editor):
    fields = apps.get_model("scoring", "AgreementVersion")._meta.concrete_fields
    signed.keep(schema_editor, [field.column for field in fields])


class Migration(migrations.Migration):
    dependencies = [("scoring", "0006_proposed")]

    operations = [
        migrations.RunPython(keep, migrations.RunPython.noop),
        AppendOnly("scoring_signature", for_good=True),
        AppendOnly("scoring_comment", for_good=True),
        AppendOnly("scoring_objection", for_good=True),
        AppendOnly("scoring_trialanswer", for_good=True),
    ]
