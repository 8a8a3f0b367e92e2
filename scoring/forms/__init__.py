"""Forms in which the draft is edited, one for each section."""

from scoring.forms.parts import SectionForm
from scoring.forms.sections import SECTIONS

__all__ = ["SECTIONS", "SectionForm"]
