"""What all leads that move together have in common, and what is written of each of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from leads.models import User
from leads.refusals import Refused
from scoring import journeys
from scoring.journeys import StageJSON
from scoring.models import AgreementVersion, Stage, StageEntry, Standing


@dataclass(frozen=True)
class Move:
    """Into a stage of a version, for a cause."""

    stage: StageJSON
    stage_id: int
    version: AgreementVersion
    cause: str
    at: datetime
    by: User | None = None
    rests_until: datetime | None = None
    rested_since: datetime | None = None
    resets: bool = False

    @classmethod
    def into(cls, key: str, version: AgreementVersion, **others: object) -> Move:
        """Raises Refused `unknown_stage` where the version has no such stage."""
        stage = journeys.stage(version.body, key)
        row = Stage.objects.filter(key=key).first()
        if stage is None or row is None:
            raise Refused(
                "unknown_stage",
                _("%(version)s has no stage “%(stage)s”.") % {"version": version, "stage": key},
                _("Choose one of its stages."),
            )
        return cls(stage, row.pk, version, **others)

    def entry(
        self, lead_id: int, channel_id: int | None, score: int | None, before: Standing | None
    ) -> StageEntry:
        spent = max(0, int((self.at - before.since).total_seconds())) if before else None
        return StageEntry(
            lead_id=lead_id,
            stage_id=self.stage_id,
            kind=self.stage["kind"],
            previous_id=before.stage_id if before else None,
            version=self.version,
            cause=self.cause,
            channel_id=channel_id,
            by=self.by,
            score=score,
            at=self.at,
            seconds_in_previous=spent,
            resets=self.resets,
        )

    def place(self) -> dict[str, object]:
        """The columns of a standing after this move, but for its lead and entry."""
        return {
            "stage_id": self.stage_id,
            "kind": self.stage["kind"],
            "since": self.at,
            "rests_until": self.rests_until,
            "rested_since": self.rested_since,
        }

    def told(self, entry: StageEntry) -> dict[str, object]:
        """The event's data."""
        return {
            "entry": entry.pk,
            "stage": self.stage["key"],
            "kind": entry.kind,
            "cause": entry.cause,
        }
