"""The grade: a display derived from a score. A to D says how well a lead fits, 1 to 4 how engaged
it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from scoring.checks import meaning
from scoring.documents import Body

LETTERS = "ABCD"
DIGITS = "1234"
# Where a body says nothing: quarters of what its rules and caps allow, or of this.
UNLIMITED = 60


class Scored(Protocol):
    """A stored score, or one that was just made."""

    fit: int
    engagement: int


@dataclass(frozen=True)
class Grade:
    """A letter for the fit and a digit for the engagement. As a string, “A1”."""

    letter: str
    digit: str

    def __str__(self) -> str:
        return self.letter + self.digit


@dataclass(frozen=True)
class Scale:
    """From how many points on each of the better three letters and digits is given, best first."""

    fit: tuple[int, int, int]
    engagement: tuple[int, int, int]

    @classmethod
    def read(cls, body: Body) -> Scale:
        """What the body says, else quarters of the most that a lead can have."""
        agreed = body["score"].get("grades") or {}
        return cls(
            *(tuple(agreed.get(which) or _quarters(body, which)) for which in ("fit", "engagement"))
        )

    def grade(self, score: Scored) -> Grade:
        letter = LETTERS[_place(score.fit, self.fit)]
        return Grade(letter, DIGITS[_place(score.engagement, self.engagement)])

    def words(self, grade: Grade) -> str:
        """What a grade means, in a sentence of the active language."""
        said = {
            "letter": grade.letter,
            "digit": grade.digit,
            "fit": _range(self.fit, LETTERS.index(grade.letter)),
            "engagement": _range(self.engagement, DIGITS.index(grade.digit)),
        }
        return _("Fit %(letter)s (%(fit)s), engagement %(digit)s (%(engagement)s).") % said


def of(score: Scored, body: Body) -> Grade:
    """The grade of a score that was made under this body."""
    return Scale.read(body).grade(score)


def _quarters(body: Body, which: str) -> list[int]:
    most = meaning.highest(body, which) or UNLIMITED
    return [-(-most * quarters // 4) for quarters in (3, 2, 1)]


def _place(points: int, bars: Sequence[int]) -> int:
    return next((n for n, bar in enumerate(bars) if points >= bar), len(bars))


def _range(bars: Sequence[int], place: int) -> str:
    """The points that a letter or digit stands for."""
    if place == 0:
        return _("%(n)d points or more") % {"n": bars[0]}
    if place == len(bars):
        return _("below %(n)d points") % {"n": bars[-1]}
    return _("%(from)d to %(to)d points") % {"from": bars[place], "to": bars[place - 1] - 1}
