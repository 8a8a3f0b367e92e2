"""Working hours may last until midnight."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0007_inbox_indexes")]

    operations = [
        migrations.AlterField(
            model_name="workinghours",
            name="ends",
            field=models.TimeField(help_text="0:00: up to midnight.", verbose_name="to"),
        ),
        migrations.AlterField(
            model_name="historicalworkinghours",
            name="ends",
            field=models.TimeField(help_text="0:00: up to midnight.", verbose_name="to"),
        ),
        migrations.RemoveConstraint(model_name="workinghours", name="hours_end_after_start"),
        migrations.AddConstraint(
            model_name="workinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends__gt", models.F("starts")), ("ends", datetime.time(0)), _connector="OR"
                ),
                name="hours_end_after_start",
            ),
        ),
    ]
