"""“Is this a lead?”: both teams, each person alone, vote on the same leads; then Baton shows where
they differ, what those leads have in common, and which change of a criterion would settle it.

The single writer of `Calibration`, `CalibrationLead` and `Vote`.
"""

from scoring.calibrations.choosing import Choice, choose
from scoring.calibrations.findings import Findings, find
from scoring.calibrations.rounds import (
    FEWEST,
    MOST,
    USUAL,
    close,
    handoff_stages,
    may_close,
    may_open,
    may_vote,
    open_round,
    refuse_open,
    text_to_vote_on,
    unclosed,
    visible_to,
    vote,
)
from scoring.calibrations.sheets import Sheet, draw, line
from scoring.calibrations.takeovers import take
from scoring.calibrations.turnouts import Turnout, answers_of, turnout
from scoring.calibrations.verdicts import Agreement, Verdict, agreements_of, verdicts

__all__ = [
    "FEWEST",
    "MOST",
    "USUAL",
    "Agreement",
    "Choice",
    "Findings",
    "Sheet",
    "Turnout",
    "Verdict",
    "agreements_of",
    "answers_of",
    "choose",
    "close",
    "draw",
    "find",
    "handoff_stages",
    "line",
    "may_close",
    "may_open",
    "may_vote",
    "open_round",
    "refuse_open",
    "take",
    "text_to_vote_on",
    "turnout",
    "unclosed",
    "verdicts",
    "visible_to",
    "vote",
]
