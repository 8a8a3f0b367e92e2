"""What came of an import."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from leads.imports.columns import Problem
from leads.models import Import

CREATED, UPDATED, UNCHANGED, REJECTED = "created", "updated", "unchanged", "rejected"


@dataclass(frozen=True)
class Result:
    """What became of one row: created, updated, unchanged, or rejected for its problems."""

    status: str
    problems: tuple[Problem, ...] = ()

    @classmethod
    def rejected(cls, problems: Iterable[Problem]) -> Result:
        return cls(REJECTED, tuple(problems))


@dataclass
class Report:
    """Counts of rows by what became of them, what was wrong, and what else is worth knowing."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    run: Import | None = None

    def add(self, results: Iterable[Result]) -> None:
        for result in results:
            self.counts[result.status] += 1
            self.errors += result.problems

    def as_dict(self) -> dict[str, object]:
        """`rows` is the sum of the other counts; `errors` name line, column, value, problem."""
        statuses = (CREATED, UPDATED, UNCHANGED, REJECTED)
        counts = {status: self.counts[status] for status in statuses}
        errors = [vars(error) for error in self.errors]
        return {"rows": sum(counts.values()), **counts, "errors": errors}

    def as_json(self) -> str:
        """One line of JSON, in ASCII whatever the terminal speaks."""
        return json.dumps(self.as_dict())
