"""What we did to the lead without a reaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.models import Touch
from scoring.conditions.base import Condition, Evidence, Negative
from scoring.conditions.measured import OnMeasure, Reached, either

if TYPE_CHECKING:
    from scoring.facts import Facts


class OnTouches(OnMeasure):
    """Looks at touches after which the lead did nothing."""

    @property
    def compound(self) -> bool:
        return len(self.measure.kinds) > 1

    def said(self, pattern: str) -> str:
        kinds = either([str(Touch.Kind(kind).label) for kind in self.measure.kinds])
        said = {"what": kinds or _("touch"), "times": self.times}
        return self.within(pattern % said)

    def evidence(self, facts: Facts) -> list[Evidence]:
        count = facts.value(self.measure)
        if not count:
            return []
        said = ngettext(
            "%(count)d touch without reaction", "%(count)d touches without reaction", count
        )
        kinds = self.measure.kinds
        moments = [
            touch.occurred_at
            for touch in facts.touches
            if touch.occurred_at <= facts.at and (not kinds or touch.kind in kinds)
        ]
        return [Evidence(said % {"count": count}, max(moments))]


class UnansweredAtLeast(Reached, OnTouches):
    def words(self) -> str:
        return self.said(
            ngettext(
                "%(what)s without reaction at least once",
                "%(what)s without reaction at least %(times)d times",
                self.times,
            )
        )

    def complement(self) -> Condition:
        return UnansweredBelow(**vars(self))


class UnansweredBelow(Negative, OnTouches):
    positive = UnansweredAtLeast

    def words(self) -> str:
        return self.said(
            ngettext(
                "no %(what)s without reaction",
                "%(what)s without reaction fewer than %(times)d times",
                self.times,
            )
        )
