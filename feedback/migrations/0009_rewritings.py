"""Deadlines that have to follow a change of hours, and smaller indexes of steps."""

from importlib import import_module

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

LeaveIndexOut = import_module("feedback.migrations.0007_inbox_indexes").LeaveIndexOut


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0008_midnight"),
        ("leads", "0003_complete_scoring"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HoursChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                ("hours", models.JSONField()),
                ("number", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Carryover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "change",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="left",
                        to="feedback.hourschange",
                    ),
                ),
                (
                    "handoff",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="feedback.handoff",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("handoff", "change"), name="carried_over_once")
                ],
            },
        ),
        LeaveIndexOut(
            model_name="handoffevent",
            name="by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        LeaveIndexOut(
            model_name="handoffevent",
            name="note",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="leads.note",
            ),
        ),
        migrations.AddIndex(
            model_name="handoffevent",
            index=models.Index(
                condition=models.Q(("by__isnull", False)), fields=["by"], name="step_by"
            ),
        ),
        migrations.AddIndex(
            model_name="handoffevent",
            index=models.Index(
                condition=models.Q(("note__isnull", False)), fields=["note"], name="step_note"
            ),
        ),
    ]
