"""What became of a stage in the versions after its own: where the texts in between moved the leads
that stood there. A lead that comes back from sales' hands comes to a stage of the version it was
handed over under; where that is gone by now, it goes where the others went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring import journeys
from scoring.documents import item
from scoring.journeys import StageJSON
from scoring.models import AgreementVersion

Status = AgreementVersion.Status


@dataclass(frozen=True)
class Succession:
    """Versions that are or were in force, in their order."""

    versions: Sequence[AgreementVersion]

    @classmethod
    def load(cls) -> Succession:
        """Those whose text moved leads. One query."""
        found = AgreementVersion.objects.filter(status__in=[Status.IN_FORCE, Status.SUPERSEDED])
        found = found.filter(body__has_key="moves", in_force_at__isnull=False)
        return cls(list(found.order_by("in_force_at", "number")))

    @classmethod
    def of(cls, versions: Sequence[AgreementVersion]) -> Succession:
        """The same of all versions that are or were in force, where one has them at hand."""
        return cls([each for each in versions if each.body.get("moves")])

    def follow(self, version: AgreementVersion, key: str) -> tuple[StageJSON, AgreementVersion]:
        """What the stage of this key of a version is by now, and the version that says so."""
        found, at = journeys.stage(version.body, key), version
        for later in self._after(version):
            same = journeys.stage(later.body, found["key"])
            moved = item(later.body.get("moves") or [], found["key"])
            if same and same["kind"] == found["kind"]:
                found, at = same, later
            elif moved:
                found, at = journeys.stage(later.body, moved["to"]), later
        return found, at

    def _after(self, version: AgreementVersion) -> list[AgreementVersion]:
        begun = (version.in_force_at, version.number)
        return [each for each in self.versions if (each.in_force_at, each.number) > begun]
