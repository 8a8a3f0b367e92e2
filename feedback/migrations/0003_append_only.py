"""Steps of handoffs are never rewritten. Their words may be erased."""

from django.db import migrations

from leads.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("feedback", "0002_initial")]

    operations = [AppendOnly("feedback_handoffevent", may_change=["note_id"])]
