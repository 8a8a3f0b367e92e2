from django.db import migrations

from leads.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]

    operations = [AppendOnly("leads_leadchange")]
