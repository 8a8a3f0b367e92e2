"""The inbox: routing, absences, the speed lane, mails of their own, and hours up to midnight."""

import datetime
import uuid

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class AtOnce(migrations.SeparateDatabaseAndState):
    """Changes of which each is given the models as they are before the first and after the last.
    To render them after every change, as Django does, takes most of the time of a first start."""

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)
        super().state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for each in self.state_operations:
            each.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for each in reversed(self.state_operations):
            each.database_backwards(app_label, schema_editor, from_state, to_state)


class OneTable(AtOnce):
    """Changes of one table that has no triggers. SQLite makes it anew once, not for each."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            written = [
                each for each in self.state_operations if isinstance(each, migrations.RunSQL)
            ]
            self._remake(app_label, schema_editor, from_state, to_state, written)
        else:
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            self._remake(app_label, schema_editor, from_state, to_state)
        else:
            super().database_backwards(app_label, schema_editor, from_state, to_state)

    def _remake(self, app_label, schema_editor, from_state, to_state, written=()):
        """From its old and new columns together SQLite takes what the table is to have."""
        name = self.state_operations[0].model_name
        old = from_state.apps.get_model(app_label, name)
        new = to_state.apps.get_model(app_label, name)
        there = {field.column for field in old._meta.local_concrete_fields}
        for field in new._meta.local_concrete_fields:
            if field.column not in there:
                self._add_column(schema_editor, new, field)
        for each in written:
            each.database_forwards(app_label, schema_editor, from_state, to_state)
        schema_editor._remake_table(new)

    def _add_column(self, schema_editor, model, field):
        quoted = schema_editor.quote_name
        definition, _ = schema_editor.column_sql(model, field, include_default=True)
        schema_editor.execute(
            f"ALTER TABLE {quoted(model._meta.db_table)} "
            f"ADD COLUMN {quoted(field.column)} {definition}"
        )


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


TABLES = [
    migrations.CreateModel(
        name="RoutingRule",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
            ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
            ("active", models.BooleanField(default=True, verbose_name="active")),
            ("when", models.JSONField(blank=True, null=True, verbose_name="for leads")),
            (
                "keeps_lead_owner",
                models.BooleanField(default=True, verbose_name="the lead’s owner keeps it"),
            ),
            (
                "keeps_company_owner",
                models.BooleanField(default=True, verbose_name="the company’s owner gets it"),
            ),
            (
                "owner_any_hour",
                models.BooleanField(
                    default=False, verbose_name="owners get it outside of their hours too"
                ),
            ),
            (
                "strategy",
                models.CharField(
                    choices=[
                        ("round_robin", "Take turns, by weight"),
                        ("least_loaded", "Who has least to do"),
                        ("first_to_take", "Speed lane: first to take it has it"),
                    ],
                    default="round_robin",
                    max_length=14,
                    verbose_name="all others",
                ),
            ),
            (
                "pool",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="rules",
                    to="feedback.pool",
                    verbose_name="offered to",
                ),
            ),
        ],
        options={
            "verbose_name": "routing rule",
            "verbose_name_plural": "routing rules",
            "ordering": ["position", "id"],
        },
    ),
    migrations.CreateModel(
        name="HistoricalRoutingRule",
        fields=[
            (
                "id",
                models.BigIntegerField(
                    auto_created=True, blank=True, db_index=True, verbose_name="ID"
                ),
            ),
            ("name", models.CharField(db_index=True, max_length=80, verbose_name="name")),
            ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
            ("active", models.BooleanField(default=True, verbose_name="active")),
            ("when", models.JSONField(blank=True, null=True, verbose_name="for leads")),
            (
                "keeps_lead_owner",
                models.BooleanField(default=True, verbose_name="the lead’s owner keeps it"),
            ),
            (
                "keeps_company_owner",
                models.BooleanField(default=True, verbose_name="the company’s owner gets it"),
            ),
            (
                "owner_any_hour",
                models.BooleanField(
                    default=False, verbose_name="owners get it outside of their hours too"
                ),
            ),
            (
                "strategy",
                models.CharField(
                    choices=[
                        ("round_robin", "Take turns, by weight"),
                        ("least_loaded", "Who has least to do"),
                        ("first_to_take", "Speed lane: first to take it has it"),
                    ],
                    default="round_robin",
                    max_length=14,
                    verbose_name="all others",
                ),
            ),
            ("history_id", models.AutoField(primary_key=True, serialize=False)),
            ("history_date", models.DateTimeField(db_index=True)),
            ("history_change_reason", models.CharField(max_length=100, null=True)),
            (
                "history_type",
                models.CharField(
                    choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                ),
            ),
            (
                "history_user",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "pool",
                models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="feedback.pool",
                    verbose_name="offered to",
                ),
            ),
        ],
        options={
            "verbose_name": "historical routing rule",
            "verbose_name_plural": "historical routing rules",
            "ordering": ("-history_date", "-history_id"),
            "get_latest_by": ("history_date", "history_id"),
        },
        bases=(simple_history.models.HistoricalChanges, models.Model),
    ),
    migrations.CreateModel(
        name="Absence",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("first_day", models.DateField(verbose_name="first day")),
            ("last_day", models.DateField(verbose_name="last day")),
            ("entered_at", models.DateTimeField(verbose_name="entered at")),
            (
                "entered_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="entered by",
                ),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="absences",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="who",
                ),
            ),
        ],
        options={
            "verbose_name": "absence",
            "verbose_name_plural": "absences",
            "ordering": ["first_day", "id"],
            "indexes": [
                models.Index(fields=["user", "last_day"], name="feedback_ab_user_id_47e371_idx")
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("last_day__gte", models.F("first_day"))),
                    name="absence_ends_after_start",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Letter",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
            ("created_at", models.DateTimeField(verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "Waits"),
                        ("sending", "Is being sent"),
                        ("sent", "Sent"),
                        ("refused", "Refused by the mail server"),
                        ("failed", "Could not be sent"),
                        ("unsure", "May not have arrived"),
                    ],
                    default="waiting",
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
            ("retry_at", models.DateTimeField(blank=True, null=True, verbose_name="again at")),
            ("taken_at", models.DateTimeField(blank=True, null=True, verbose_name="taken at")),
            ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
            ("problem", models.CharField(blank=True, max_length=20, verbose_name="problem")),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="letters",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "mail",
            "verbose_name_plural": "mails",
            "indexes": [
                models.Index(
                    condition=models.Q(("state__in", ["waiting", "sending"])),
                    fields=["state", "id"],
                    name="mail_under_way",
                ),
                models.Index(fields=["state", "ended_at"], name="feedback_le_state_426c68_idx"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "sending"), _negated=True),
                        ("taken_at__isnull", False),
                        _connector="OR",
                    ),
                    name="mail_on_its_way_was_taken",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("ended_at", None), ("state__in", ["waiting", "sending"])),
                        models.Q(
                            models.Q(("state__in", ["waiting", "sending"]), _negated=True),
                            ("ended_at__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    name="mail_ends_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="NotificationPreference",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "mode",
                models.CharField(
                    choices=[
                        ("immediate", "At once"),
                        ("digest", "Once a day, all together"),
                        ("none", "No mails"),
                    ],
                    default="immediate",
                    max_length=9,
                    verbose_name="mails",
                ),
            ),
            (
                "digest_hour",
                models.PositiveSmallIntegerField(
                    default=8,
                    validators=[django.core.validators.MaxValueValidator(23)],
                    verbose_name="hour of the daily mail",
                ),
            ),
            (
                "any_hour",
                models.BooleanField(default=False, verbose_name="also outside of my hours"),
            ),
            (
                "user",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="notification_preference",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "wish for notifications",
            "verbose_name_plural": "wishes for notifications",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("digest_hour__lte", 23)), name="hour_of_a_day"
                )
            ],
        },
    ),
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
]

POOLS = [
    migrations.AddField(
        model_name="pool",
        name="turn",
        field=models.BigIntegerField(default=0, editable=False),
    ),
    OneTable(
        state_operations=[
            migrations.AddField(
                model_name="poolmember",
                name="calendar",
                field=models.ForeignKey(
                    blank=True,
                    help_text="Empty: the hours of the pool.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="members",
                    to="feedback.calendar",
                    verbose_name="own hours",
                ),
            ),
            migrations.AddField(
                model_name="poolmember",
                name="credits",
                field=models.PositiveSmallIntegerField(default=0, editable=False),
            ),
            migrations.AddField(
                model_name="poolmember",
                name="daily_capacity",
                field=models.PositiveSmallIntegerField(
                    blank=True,
                    help_text="New handoffs a day; empty: as many as come.",
                    null=True,
                    verbose_name="a day",
                ),
            ),
            migrations.AddField(
                model_name="poolmember",
                name="turn",
                field=models.BigIntegerField(default=0, editable=False),
            ),
            migrations.AddField(
                model_name="poolmember",
                name="weight",
                field=models.PositiveSmallIntegerField(
                    default=1,
                    help_text="1 to 10: with 2 a rep gets twice as many as with 1.",
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(10),
                    ],
                    verbose_name="weight",
                ),
            ),
            migrations.AddConstraint(
                model_name="poolmember",
                constraint=models.CheckConstraint(
                    condition=models.Q(("weight__gte", 1), ("weight__lte", 10)),
                    name="weight_from_one_to_ten",
                ),
            ),
        ]
    ),
    OneTable(
        state_operations=[
            migrations.AddField(
                model_name="historicalpoolmember",
                name="calendar",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    help_text="Empty: the hours of the pool.",
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="feedback.calendar",
                    verbose_name="own hours",
                ),
            ),
            migrations.AddField(
                model_name="historicalpoolmember",
                name="daily_capacity",
                field=models.PositiveSmallIntegerField(
                    blank=True,
                    help_text="New handoffs a day; empty: as many as come.",
                    null=True,
                    verbose_name="a day",
                ),
            ),
            migrations.AddField(
                model_name="historicalpoolmember",
                name="weight",
                field=models.PositiveSmallIntegerField(
                    default=1,
                    help_text="1 to 10: with 2 a rep gets twice as many as with 1.",
                    validators=[
                        django.core.validators.MinValueValidator(1),
                        django.core.validators.MaxValueValidator(10),
                    ],
                    verbose_name="weight",
                ),
            ),
        ]
    ),
]

HANDOFFS = [
    OneTable(
        state_operations=[
            migrations.RemoveIndex(
                model_name="handoff",
                name="handoff_inbox",
            ),
            migrations.RemoveIndex(
                model_name="handoff",
                name="handoff_pool_inbox",
            ),
            migrations.AddField(
                model_name="handoff",
                name="assigned_at",
                field=models.DateTimeField(blank=True, null=True, verbose_name="assigned at"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="attempts",
                field=models.PositiveSmallIntegerField(default=0, verbose_name="attempts to reach"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="credited",
                field=models.BooleanField(default=False, verbose_name="turn given back"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="escalate_at",
                field=models.DateTimeField(blank=True, null=True, verbose_name="escalate at"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="escalations",
                field=models.PositiveSmallIntegerField(default=0, verbose_name="escalations"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="paused_at",
                field=models.DateTimeField(blank=True, null=True, verbose_name="paused at"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="pauses",
                field=models.PositiveSmallIntegerField(default=0, verbose_name="pauses"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="rests_until",
                field=models.DateTimeField(blank=True, null=True, verbose_name="rests until"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="speed_lane",
                field=models.BooleanField(default=False, verbose_name="speed lane"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="transfers",
                field=models.PositiveSmallIntegerField(default=0, verbose_name="transfers"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="unassigned_since",
                field=models.DateTimeField(blank=True, null=True, verbose_name="unassigned since"),
            ),
            migrations.AddField(
                model_name="handoff",
                name="rule",
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="handoffs",
                    to="feedback.routingrule",
                    verbose_name="routing rule",
                ),
            ),
            migrations.AddIndex(
                model_name="handoff",
                index=models.Index(
                    models.F("pool"),
                    models.OrderBy(models.F("score"), descending=True),
                    models.F("opened_at"),
                    models.F("id"),
                    condition=models.Q(("closed_at", None), ("offered_at", None)),
                    name="handoff_waiting",
                ),
            ),
            migrations.AddIndex(
                model_name="handoff",
                index=models.Index(
                    condition=models.Q(("rests_until__isnull", False)),
                    fields=["owner", "rests_until", "id"],
                    name="handoff_resting",
                ),
            ),
            migrations.AddIndex(
                model_name="handoff",
                index=models.Index(
                    condition=models.Q(("assigned_at__isnull", False)),
                    fields=["owner", "assigned_at"],
                    name="handoff_assigned",
                ),
            ),
            migrations.AddIndex(
                model_name="handoff",
                index=models.Index(
                    condition=models.Q(("escalate_at__isnull", False)),
                    fields=["escalate_at"],
                    name="handoff_to_escalate",
                ),
            ),
            migrations.AddConstraint(
                model_name="handoff",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("paused_at", None),
                        models.Q(
                            ("rests_until__isnull", False), models.Q(("clock", ""), _negated=True)
                        ),
                        _connector="OR",
                    ),
                    name="pause_has_end_and_clock",
                ),
            ),
            migrations.AddConstraint(
                model_name="handoff",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("unassigned_since", None),
                        models.Q(("closed_at", None), ("owner", None)),
                        _connector="OR",
                    ),
                    name="unassigned_has_no_owner",
                ),
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
                        ("answer", "accepted"),
                        ("closed_at", None),
                        ("first_contact_at__isnull", False),
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
    ),
]

NOTIFICATIONS = [
    OneTable(
        state_operations=[
            migrations.RemoveIndex(
                model_name="notification",
                name="feedback_no_user_id_f84fe5_idx",
            ),
            migrations.RemoveIndex(
                model_name="notification",
                name="mail_to_send",
            ),
            migrations.AddField(
                model_name="notification",
                name="mail_at",
                field=models.DateTimeField(blank=True, null=True),
            ),
            # What was sent or given up is done; what was still to be sent is sent.
            migrations.RunSQL(
                "UPDATE feedback_notification SET mail_due = false "
                "WHERE mail_due AND (mailed_at IS NOT NULL OR attempts >= 5)",
                migrations.RunSQL.noop,
            ),
            migrations.RunSQL(
                "UPDATE feedback_notification SET mail_at = created_at WHERE mail_due",
                migrations.RunSQL.noop,
            ),
            migrations.RemoveField(
                model_name="notification",
                name="attempts",
            ),
            migrations.RemoveField(
                model_name="notification",
                name="mailed_at",
            ),
            migrations.RemoveField(
                model_name="notification",
                name="retry_at",
            ),
            migrations.AddField(
                model_name="notification",
                name="letter",
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="notifications",
                    to="feedback.letter",
                ),
            ),
            migrations.AddIndex(
                model_name="notification",
                index=models.Index(fields=["user", "-id"], name="told_to"),
            ),
            migrations.AddIndex(
                model_name="notification",
                index=models.Index(
                    condition=models.Q(("read_at", None)),
                    fields=["user", "-id"],
                    name="told_unread",
                ),
            ),
            migrations.AddIndex(
                model_name="notification",
                index=models.Index(
                    condition=models.Q(("mail_due", True)), fields=["mail_at"], name="mail_to_write"
                ),
            ),
            migrations.AddIndex(
                model_name="notification",
                index=models.Index(
                    condition=models.Q(("read_at__isnull", False)),
                    fields=["read_at"],
                    name="told_and_read",
                ),
            ),
            migrations.AddConstraint(
                model_name="notification",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("mail_due", False),
                        models.Q(("letter", None), ("mail_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="mail_due_until_written",
                ),
            ),
        ]
    ),
]

HOURS = [
    OneTable(
        state_operations=[
            migrations.RemoveConstraint(
                model_name="workinghours",
                name="hours_end_after_start",
            ),
            migrations.AlterField(
                model_name="workinghours",
                name="ends",
                field=models.TimeField(help_text="0:00: up to midnight.", verbose_name="to"),
            ),
            migrations.AddConstraint(
                model_name="workinghours",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("ends__gt", models.F("starts")),
                        ("ends", datetime.time(0, 0)),
                        _connector="OR",
                    ),
                    name="hours_end_after_start",
                ),
            ),
        ]
    ),
    migrations.AlterField(
        model_name="historicalworkinghours",
        name="ends",
        field=models.TimeField(help_text="0:00: up to midnight.", verbose_name="to"),
    ),
]

STEPS = [
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


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0004_agreement"),
        ("leads", "0003_complete_scoring"),
        ("scoring", "0008_inbox"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AtOnce(state_operations=[*TABLES, *POOLS, *HANDOFFS, *NOTIFICATIONS, *HOURS, *STEPS]),
        # What was the pool's because nobody was eligible is unassigned from now on.
        migrations.RunSQL(
            "UPDATE feedback_handoff SET unassigned_since = offered_at WHERE owner_id IS NULL "
            "AND answer = '' AND closed_at IS NULL AND offered_at IS NOT NULL",
            migrations.RunSQL.noop,
        ),
    ]
