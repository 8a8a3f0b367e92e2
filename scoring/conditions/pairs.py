"""Two things the lead did at the same event, about the same content, of the same product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from scoring.conditions import properties
from scoring.conditions.activities import OnActivities
from scoring.conditions.base import Condition, Negative
from scoring.conditions.measured import Reached

if TYPE_CHECKING:
    from leads.fields import FieldSpec


class OnPairs(OnActivities):
    """One of `types` and one of `and_types` with the same text as a property."""

    @property
    def compound(self) -> bool:
        return True

    def said(self, pattern: str) -> str:
        ours, theirs = self.named(self.measure.types), self.named(self.measure.and_types)
        property: FieldSpec = properties.spec(self.measure.same, properties.ANY)
        return self.within(pattern % {"ours": ours, "theirs": theirs, "property": property.label})


class DidBoth(Reached, OnPairs):
    def words(self) -> str:
        return self.said(_("both %(ours)s and %(theirs)s with the same “%(property)s”"))

    def complement(self) -> Condition:
        return DidNotBoth(**vars(self))


class DidNotBoth(Negative, OnPairs):
    positive = DidBoth

    def words(self) -> str:
        return self.said(_("never both %(ours)s and %(theirs)s with the same “%(property)s”"))
