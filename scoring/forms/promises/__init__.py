"""Forms for what both sides promise each other, and for what they want to reach."""

from scoring.forms.promises.checklists import ChecklistsSection
from scoring.forms.promises.clocks import ClocksSection
from scoring.forms.promises.goals import GoalsSection
from scoring.forms.promises.reasons import ReasonsSection
from scoring.forms.promises.supply import SupplySection
from scoring.forms.promises.watches import WatchesSection

__all__ = [
    "ChecklistsSection",
    "ClocksSection",
    "GoalsSection",
    "ReasonsSection",
    "SupplySection",
    "WatchesSection",
]
