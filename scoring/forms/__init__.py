"""Forms in which the draft is edited, one for each section."""

from scoring.forms.sections import SECTIONS, SectionForm

__all__ = ["SECTIONS", "SectionForm"]
