"""Exports of other systems that were taken in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Import(models.Model):
    """One run over one file, with the mapping it was read by and what came of it."""

    class Mode(models.TextChoices):
        LIVE = "live", _("Live")
        HISTORY = "history", _("History: no handoffs, no mails")

    source = models.CharField(_("source"), max_length=60)
    kind = models.CharField(_("kind"), max_length=16)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    mapping = models.JSONField(_("mapping"))
    counts = models.JSONField(_("counts"), default=dict)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return self.file_name


class UnmappedOwner(models.Model):
    """A rep's name in a source that nobody has said belongs to which user."""

    source = models.CharField(_("source"), max_length=60)
    name = models.CharField(_("name"), max_length=160)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )

    class Meta:
        verbose_name = _("rep of a source")
        verbose_name_plural = _("reps of sources")
        constraints = [models.UniqueConstraint(fields=["source", "name"], name="owner_name_once")]

    def __str__(self) -> str:
        return self.name
