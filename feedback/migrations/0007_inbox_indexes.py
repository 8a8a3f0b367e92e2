"""Indexes in the order of the inbox, and none that only repeats how another begins."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class LeaveIndexOut(migrations.AlterField):
    """Drops the index of a foreign key by its name. SQLite would make the whole table anew, and
    lose the triggers that keep it append-only."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute(f'DROP INDEX IF EXISTS "{self._index(schema_editor, to_state)}"')

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        column = model._meta.get_field(self.name).column
        name = self._index(schema_editor, to_state)
        schema_editor.execute(f'CREATE INDEX "{name}" ON "{model._meta.db_table}" ("{column}")')

    def _index(self, schema_editor, state):
        model = state.apps.get_model("feedback", self.model_name)
        column = model._meta.get_field(self.name).column
        return schema_editor._create_index_name(model._meta.db_table, [column])


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0006_notifications"),
        ("leads", "0003_complete_scoring"),
        ("scoring", "0008_inbox"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="handoff",
            name="handoff_inbox",
        ),
        migrations.RemoveIndex(
            model_name="handoff",
            name="handoff_pool_inbox",
        ),
        migrations.RemoveIndex(
            model_name="handoff",
            name="handoff_open",
        ),
        migrations.RemoveIndex(
            model_name="handoff",
            name="handoff_unowned",
        ),
        LeaveIndexOut(
            model_name="handoff",
            name="lead",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="handoffs",
                to="leads.lead",
            ),
        ),
        LeaveIndexOut(
            model_name="handoff",
            name="pool",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="handoffs",
                to="feedback.pool",
            ),
        ),
        LeaveIndexOut(
            model_name="handoffevent",
            name="handoff",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="steps",
                to="feedback.handoff",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                models.F("owner"),
                models.OrderBy(models.F("speed_lane"), descending=True),
                models.F("due_at"),
                models.OrderBy(models.F("score"), descending=True),
                models.F("id"),
                condition=models.Q(("closed_at", None)),
                name="handoff_inbox",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                models.F("pool"),
                models.OrderBy(models.F("speed_lane"), descending=True),
                models.F("due_at"),
                models.OrderBy(models.F("score"), descending=True),
                models.F("id"),
                condition=models.Q(("closed_at", None)),
                name="handoff_pool_inbox",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                models.OrderBy(models.F("speed_lane"), descending=True),
                models.F("due_at"),
                models.OrderBy(models.F("score"), descending=True),
                models.F("id"),
                condition=models.Q(
                    ("answer", ""), ("closed_at", None), ("offered_at__isnull", False)
                ),
                name="handoff_to_answer",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                models.OrderBy(models.F("speed_lane"), descending=True),
                models.F("due_at"),
                models.OrderBy(models.F("score"), descending=True),
                models.F("id"),
                condition=models.Q(
                    ("answer", "accepted"), ("closed_at", None), ("first_contact_at", None)
                ),
                name="handoff_to_contact",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                models.OrderBy(models.F("speed_lane"), descending=True),
                models.F("due_at"),
                models.OrderBy(models.F("score"), descending=True),
                models.F("id"),
                condition=models.Q(
                    ("answer", "accepted"), ("closed_at", None), ("first_contact_at__isnull", False)
                ),
                name="handoff_to_qualify",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                models.OrderBy(models.F("speed_lane"), descending=True),
                models.F("due_at"),
                models.OrderBy(models.F("score"), descending=True),
                models.F("id"),
                condition=models.Q(("closed_at", None), ("unassigned_since__isnull", False)),
                name="handoff_unassigned",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                models.OrderBy(models.F("speed_lane"), descending=True),
                models.F("due_at"),
                models.OrderBy(models.F("score"), descending=True),
                models.F("id"),
                condition=models.Q(("closed_at", None), ("offered_at", None)),
                name="handoff_without_room",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                models.F("pool"),
                models.OrderBy(models.F("speed_lane"), descending=True),
                models.F("due_at"),
                models.OrderBy(models.F("score"), descending=True),
                models.F("id"),
                condition=models.Q(
                    ("answer", ""),
                    ("closed_at", None),
                    ("offered_at__isnull", False),
                    ("owner", None),
                ),
                name="handoff_unowned",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("rests_until__isnull", False)),
                fields=["rests_until", "id"],
                name="handoff_all_resting",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("answered_by__isnull", False)),
                fields=["answered_by", "-answered_at", "-id"],
                name="handoff_answered",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("answered_by__isnull", False)),
                fields=["-answered_at", "-id"],
                name="handoff_all_answered",
            ),
        ),
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("paused_at__isnull", False)),
                fields=["rests_until"],
                name="handoff_paused",
            ),
        ),
    ]
