"""Opportunities: opened out of a handoff, won or lost, or taken in from another system."""

from feedback.opportunities.closings import lose, win
from feedback.opportunities.imports import import_closed
from feedback.opportunities.openings import open_for, open_from

__all__ = ["import_closed", "lose", "open_for", "open_from", "win"]
