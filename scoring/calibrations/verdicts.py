"""What each side says of each lead, and how far the two say the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.translation import gettext as _

from leads.models import Side
from scoring.models import Calibration, CalibrationLead, Vote

# With fewer leads that both sides have judged, nothing is said but counts.
ENOUGH = 10
# Kappa, above which an agreement is called so.
BANDS = (0, 0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Verdict:
    """The votes on one lead. What the text says of it is `handed_over`."""

    subject: CalibrationLead
    marketing: tuple[int, int] = (0, 0)
    sales: tuple[int, int] = (0, 0)

    @property
    def handed_over(self) -> bool:
        return self.subject.handed_over

    @property
    def by_marketing(self) -> bool | None:
        return majority(self.marketing)

    @property
    def by_sales(self) -> bool | None:
        return majority(self.sales)

    @property
    def is_answered(self) -> bool:
        """Have both sides voted on it?"""
        return any(self.marketing) and any(self.sales)

    @property
    def is_agreed(self) -> bool:
        """Does the majority of each side say the same?"""
        return self.by_marketing is not None and self.by_marketing == self.by_sales

    @property
    def is_disputed(self) -> bool:
        """Both sides voted, and say different things, or one is divided."""
        return self.is_answered and not self.is_agreed

    @property
    def leans(self) -> bool | None:
        """Is it a lead, all votes together? None before both sides have voted.

        Each side weighs the same, however many vote for it: the mean of the two shares of yes.
        Where that is exactly a half, sales' majority decides, because sales has to talk with the
        lead; where sales itself is divided, it is no lead: in doubt nobody is handed over.
        """
        if not self.is_answered:
            return None
        (yes, no), (for_it, against) = self.marketing, self.sales
        # yes/(yes+no) + for/(for+against) against 1, without fractions.
        weight = yes * (for_it + against) + for_it * (yes + no) - (yes + no) * (for_it + against)
        return weight > 0 if weight else bool(self.by_sales)


@dataclass(frozen=True)
class Agreement:
    """Of `judged` leads both sides say the same of `agreed`. `against_text`: by side, of how many
    leads its majority says what the text says, and how many it judged. `chance` is of how many
    they would agree if each gave its answers at random, as often yes as it did."""

    agreed: int
    judged: int
    disputed: int
    against_text: dict[str, tuple[int, int]] = field(default_factory=dict)
    chance: float = 0.0

    @property
    def answered(self) -> int:
        """Leads on which both sides voted."""
        return self.agreed + self.disputed

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa between the majorities of the sides: (p_o − p_e) / (1 − p_e), with the
        observed share of agreement p_o and the one expected by chance p_e. None for fewer than
        ten leads, and where a side said the same of all of them (p_e is 1).

        J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological
        Measurement 20 (1960), pages 37–46.
        """
        if self.judged < ENOUGH or self.chance >= self.judged:
            return None
        return (self.agreed - self.chance) / (self.judged - self.chance)

    @property
    def compared(self) -> str:
        """The kappa as a plain sentence; empty where there is none.

        The bands are those of J. R. Landis and G. G. Koch, "The Measurement of Observer Agreement
        for Categorical Data", Biometrics 33 (1977), pages 159–174.
        """
        if self.kappa is None:
            return ""
        levels = (
            _("No better than guessing"),
            _("Hardly better than guessing"),
            _("A little better than guessing"),
            _("Clearly better than guessing"),
            _("Much better than guessing"),
            _("Far better than guessing"),
        )
        said = {
            "level": levels[sum(self.kappa > band for band in BANDS)],
            "chance": round(self.chance),
            "judged": self.judged,
        }
        compared = _("%(level)s, which would give about %(chance)s of %(judged)s.") % said
        if self.judged == self.answered:
            return compared
        said = {"judged": self.judged, "agreed": self.agreed}
        plain = _("Where no side is divided they agree on %(agreed)s of %(judged)s.") % said
        return f"{plain} {compared}"


def majority(votes: tuple[int, int]) -> bool | None:
    """More yes than no; None where they are as many, or nobody voted."""
    yes, no = votes
    return None if yes == no else yes > no


def verdicts(calibration: Calibration) -> list[Verdict]:
    """Of each lead of a round, in the order of the vote. Two queries."""
    subjects = list(calibration.leads.select_related("lead"))
    return _judged(subjects, _counts([calibration]))


def agreements_of(calibrations: Iterable[Calibration]) -> dict[int, Agreement]:
    """How far both sides agreed in each of some rounds, by id. Two queries."""
    calibrations = list(calibrations)
    counts, found = _counts(calibrations), {each.pk: [] for each in calibrations}
    for subject in CalibrationLead.objects.filter(calibration__in=calibrations):
        found[subject.calibration_id].append(subject)
    return {pk: agreement(_judged(subjects, counts)) for pk, subjects in found.items()}


def agreement(found: Iterable[Verdict]) -> Agreement:
    """How far both sides agree, each side's majority counting as one voice. Leads of which a side
    is divided are disputed; kappa leaves them out."""
    found = [each for each in found if each.is_answered]
    pairs = [(each.by_marketing, each.by_sales) for each in found]
    plain = [pair for pair in pairs if None not in pair]
    sides = {
        Side.MARKETING.value: [(each.by_marketing, each.handed_over) for each in found],
        Side.SALES.value: [(each.by_sales, each.handed_over) for each in found],
    }
    agreed = sum(one == other for one, other in plain)
    return Agreement(
        agreed=agreed,
        judged=len(plain),
        disputed=len(found) - agreed,
        against_text={side: _same(said) for side, said in sides.items()},
        chance=_by_chance(plain),
    )


def _same(said: list[tuple[bool | None, bool]]) -> tuple[int, int]:
    """Of how many leads a side says what the text says, of those it is not divided on."""
    known = [(verdict, text) for verdict, text in said if verdict is not None]
    return sum(verdict == text for verdict, text in known), len(known)


def _by_chance(pairs: list[tuple[bool | None, bool | None]]) -> float:
    if not pairs:
        return 0.0
    ours, theirs = (sum(bool(pair[n]) for pair in pairs) for n in (0, 1))
    both_no = (len(pairs) - ours) * (len(pairs) - theirs)
    return (ours * theirs + both_no) / len(pairs)


Counts = Mapping[tuple[int, str, bool], int]


def _counts(calibrations: list[Calibration]) -> Counts:
    """Votes by lead put to the vote, side, and answer."""
    rows = Vote.objects.filter(subject__calibration__in=calibrations).order_by()
    rows = rows.values_list("subject", "side", "is_lead").annotate(n=Count("pk"))
    return {(subject, side, is_lead): n for subject, side, is_lead, n in rows}


def _judged(subjects: Iterable[CalibrationLead], counts: Counts) -> list[Verdict]:
    def votes(subject: CalibrationLead, side: str) -> tuple[int, int]:
        yes, no = (counts.get((subject.pk, side, is_lead), 0) for is_lead in (True, False))
        return yes, no

    return [Verdict(each, votes(each, "marketing"), votes(each, "sales")) for each in subjects]
