"""What the disputed leads have in common, and the others have not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.calibrations.cases import Case, holds
from scoring.calibrations.traits import Trait

MOST = 5
# Of fewer disputed leads one cannot say what they share.
FEWEST = 2
# By so much the share among the disputed is larger than among the others.
LEAST_APART = 0.4


@dataclass(frozen=True)
class Common:
    """A condition that holds for `hits` of the disputed leads and for `misses` of the others."""

    trait: Trait
    hits: int
    disputed: int
    misses: int
    others: int

    @property
    def apart(self) -> float:
        """Youden's J: the share among the disputed less the share among the others."""
        return self.hits / self.disputed - self.misses / self.others

    @property
    def words(self) -> str:
        return capfirst(self.trait.words())

    @property
    def counted(self) -> str:
        """ "6 of 7 disputed, 1 of 13 others"."""
        said = {"hits": self.hits, "disputed": self.disputed}
        ours = _("%(hits)s of %(disputed)s disputed") % said
        said = {"misses": self.misses, "others": self.others}
        theirs = ngettext(
            "%(misses)s of %(others)s other", "%(misses)s of %(others)s others", self.others
        )
        return f"{ours}, {theirs % said}"


def in_common(traits: Iterable[Trait], cases: Sequence[Case]) -> list[Common]:
    """Up to five conditions that tell the disputed leads from the others best; none where nothing
    does, where there are too few, or where there are no others. Of those that hold for the very
    same leads, and of those on the same subject, the one that ranks first among the best."""
    disputed = [each for each in cases if each.verdict.is_disputed]
    others = [each for each in cases if not each.verdict.is_disputed]
    if len(disputed) < FEWEST or not others:
        return []
    found = []
    for trait in traits:
        hits, misses = sum(holds(trait.when, disputed)), sum(holds(trait.when, others))
        found.append(Common(trait, hits, len(disputed), misses, len(others)))
    telling = [each for each in found if each.hits >= FEWEST and each.apart >= LEAST_APART]
    telling.sort(key=lambda each: (-round(each.apart, 6), each.trait.rank))
    return _different(telling, disputed, others)[:MOST]


def _different(
    found: Iterable[Common], disputed: Sequence[Case], others: Sequence[Case]
) -> list[Common]:
    kept, subjects, sets = [], set(), set()
    for each in found:
        same = holds(each.trait.when, disputed) + holds(each.trait.when, others)
        if each.trait.subject in subjects or same in sets:
            continue
        subjects.add(each.trait.subject)
        sets.add(same)
        kept.append(each)
    return kept
