"""Mails are rows of their own; people choose how they are told."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def plan_mails(apps, schema_editor):
    """What was sent or given up is done; what was still to be sent is sent."""
    rows = apps.get_model("feedback", "Notification").objects.filter(mail_due=True)
    rows.exclude(mailed_at=None, attempts__lt=5).update(mail_due=False)
    rows.update(mail_at=models.F("created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0005_inbox"),
        ("leads", "0003_complete_scoring"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
            options={
                "verbose_name": "mail",
                "verbose_name_plural": "mails",
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
            ],
            options={
                "verbose_name": "wish for notifications",
                "verbose_name_plural": "wishes for notifications",
            },
        ),
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
        migrations.RunPython(plan_mails, migrations.RunPython.noop),
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
            model_name="letter",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="letters",
                to=settings.AUTH_USER_MODEL,
            ),
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
                condition=models.Q(("read_at", None)), fields=["user", "-id"], name="told_unread"
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
        migrations.AddField(
            model_name="notificationpreference",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="notification_preference",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sending"])),
                fields=["state", "id"],
                name="mail_under_way",
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["state", "ended_at"], name="feedback_le_state_426c68_idx"),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sending"), _negated=True),
                    ("taken_at__isnull", False),
                    _connector="OR",
                ),
                name="mail_on_its_way_was_taken",
            ),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="notificationpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(("digest_hour__lte", 23)), name="hour_of_a_day"
            ),
        ),
    ]
