"""The one thing that leads one step below a bar lack, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.fields import FieldSpec
from leads.models import Lead
from scoring.conditions import Condition
from scoring.conditions.groups import joined
from scoring.conditions.profile import OnField
from scoring.conditions.scores import WHICH
from scoring.journeys import StageJSON
from scoring.rulebooks import Criterion

# Points below a bar, from and to: what is further off is more than one step.
STEPS = ((1, 5), (6, 10))
REST, ACTIVITY = "rest", "activity"


@dataclass(frozen=True)
class Lack:
    """The one thing that keeps leads at `start` from `target`.

    `what` is a criterion's key, REST or ACTIVITY. `unknown` are the fields of which one at least
    is empty; `short` is how many points are missing (from, to)."""

    start: StageJSON
    target: StageJSON
    what: str
    criterion: Criterion | None = field(default=None, compare=False)
    unknown: tuple[FieldSpec, ...] = ()
    short: tuple[int, int] | None = None

    @property
    def key(self) -> str:
        """What names it in an address and in events."""
        variant = "unknown" if self.unknown else str(self.short[1]) if self.short else "fails"
        return ":".join([self.start["key"], self.target["key"], self.what, variant])

    @property
    def is_of_profile(self) -> bool:
        """Could somebody find it out?"""
        return self.criterion is not None and bool(fields_of(self.criterion.when))

    def words(self) -> str:
        """What is missing, to stand alone."""
        if self.unknown:
            return _("not known: %(fields)s") % {"fields": self.labels}
        if self.what == REST:
            return _("the end of the rest")
        if self.what == ACTIVITY:
            return _("something new that they do")
        return self.criterion.words()

    def of(self, lead: Lead) -> str:
        """What is missing to one of them, whose score and standing are loaded."""
        if self.short:
            short = self.criterion.when.value - getattr(lead.score, self.criterion.when.which)
            return ngettext("%(n)s point", "%(n)s points", short) % {"n": short}
        if self.what == REST and lead.standing.rests_until:
            return date_format(localtime(lead.standing.rests_until), "DATE_FORMAT")
        empty = [spec for spec in self.unknown if _value(lead, spec) in (None, "")]
        return ", ".join(str(spec.label) for spec in empty) or self.words()

    def sentence(self, number: int) -> str:
        """“43 leads lack only …”."""
        return self._pattern(number) % {
            "n": number,
            "what": self.words(),
            **self._terms(),
        }

    @property
    def labels(self) -> str:
        """The empty fields: "role", "seniority or role"."""
        return joined([str(spec.label) for spec in self.unknown], _("%(some)s or %(last)s"))

    def _terms(self) -> dict[str, Any]:
        if self.unknown:
            return {"fields": self.labels}
        if not self.short:
            return {}
        when = self.criterion.when
        least, most = self.short
        return {"least": least, "most": most, "bar": when.value, "score": WHICH[when.which]}

    def _pattern(self, n: int) -> str:
        if self.short == STEPS[0]:
            return ngettext(
                "%(n)s lead is up to %(most)s points short of %(bar)s (%(score)s)",
                "%(n)s leads are up to %(most)s points short of %(bar)s (%(score)s)",
                n,
            )
        if self.short:
            return ngettext(
                "%(n)s lead is %(least)s to %(most)s points short of %(bar)s (%(score)s)",
                "%(n)s leads are %(least)s to %(most)s points short of %(bar)s (%(score)s)",
                n,
            )
        if self.unknown:
            return ngettext(
                "%(n)s lead lacks only the %(fields)s", "%(n)s leads lack only the %(fields)s", n
            )
        if self.what == REST:
            return ngettext(
                "%(n)s lead lacks only the end of its rest",
                "%(n)s leads lack only the end of their rest",
                n,
            )
        if self.what == ACTIVITY:
            return ngettext(
                "%(n)s lead has rested and lacks only something new that it does",
                "%(n)s leads have rested and lack only something new that they do",
                n,
            )
        return ngettext(
            "%(n)s lead lacks only this: %(what)s", "%(n)s leads lack only this: %(what)s", n
        )


def fields_of(when: Condition) -> tuple[FieldSpec, ...]:
    """The fields that a condition looks at."""
    own = (when.field,) if isinstance(when, OnField) else ()
    found = [*own, *(spec for part in when.parts() for spec in fields_of(part))]
    return tuple({spec.key: spec for spec in found}.values())


def _value(lead: Lead, spec: FieldSpec) -> object:
    return getattr(lead, spec.column) if spec.column else lead.attributes.get(spec.key)
