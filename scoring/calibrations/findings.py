"""What a closed round has found."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.calibrations import settlements, traits
from scoring.calibrations.cases import cases
from scoring.calibrations.commons import Common, in_common
from scoring.calibrations.settlements import Settlement
from scoring.calibrations.sheets import line
from scoring.calibrations.verdicts import Agreement, Verdict, agreement, verdicts
from scoring.models import Calibration
from scoring.rulebooks import Rulebook


@dataclass(frozen=True)
class Findings:
    """`lines` describes each lead without its name, by the lead's id. Of the disputed leads
    marketing alone calls `only_marketing` leads, sales alone `only_sales`; of the others one side
    is divided. `leaning`: on so many of them the text answers already as the votes lean."""

    verdicts: list[Verdict]
    lines: dict[int, str]
    agreement: Agreement
    only_marketing: int
    only_sales: int
    leaning: int
    commons: list[Common]
    settlements: list[Settlement]

    @property
    def divided(self) -> int:
        """Disputed because a side is not of one mind."""
        return self.disputed - self.only_marketing - self.only_sales

    @property
    def disputed(self) -> int:
        return self.agreement.disputed

    @property
    def ordered(self) -> list[Verdict]:
        """Disputed first, then as they were voted on."""
        return sorted(self.verdicts, key=lambda each: not each.is_disputed)


def find(calibration: Calibration) -> Findings:
    """The findings in words of the active language. Fourteen queries or so, whatever the number
    of leads and votes."""
    judged = verdicts(calibration)
    rulebook = Rulebook(calibration.body)
    known, answered = cases(calibration, judged, rulebook)
    disputed = [each for each in answered if each.verdict.is_disputed]
    asked = traits.of(calibration.body, calibration.stage, [each.facts for each in answered])
    body, stage = calibration.body, calibration.stage
    return Findings(
        verdicts=judged,
        lines={pk: line(facts) for pk, facts in known.items()},
        agreement=agreement(judged),
        only_marketing=sum(bool(c.verdict.by_marketing and c.verdict.by_sales is False)
                           for c in disputed),
        only_sales=sum(bool(c.verdict.by_sales and c.verdict.by_marketing is False)
                       for c in disputed),
        leaning=settlements.leaning(body, stage, disputed),
        commons=in_common(asked, answered),
        settlements=settlements.settle(body, stage, asked, answered),
    )  # fmt: skip
