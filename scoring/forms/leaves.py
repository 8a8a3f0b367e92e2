"""Which inputs show which operator."""

from __future__ import annotations

from typing import Any

from django import forms

from scoring.documents import ConditionJSON
from scoring.forms.bases import Context, Leaf
from scoring.forms.deed_leaves import BothLeaf, DeedLeaf, IdleLeaf, OrderLeaf
from scoring.forms.history_leaves import EntryLeaf, RecycleLeaf, ScoreLeaf, TouchLeaf
from scoring.forms.profile_leaves import FieldLeaf, MailLeaf, PersonaLeaf

LEAVES: dict[str, type[Leaf]] = {
    leaf.family: leaf
    for leaf in (
        FieldLeaf,
        DeedLeaf,
        PersonaLeaf,
        ScoreLeaf,
        MailLeaf,
        OrderLeaf,
        BothLeaf,
        IdleLeaf,
        TouchLeaf,
        EntryLeaf,
        RecycleLeaf,
    )
}


class KeptLeaf(Leaf):
    """What no inputs can show stays as it is: it can be read, moved and removed."""

    family = "kept"
    operators = ()

    def __init__(self, data: Any = None, *, prefix: str, context: Context, old: Any = None) -> None:
        self.context, self.old = context, old
        forms.Form.__init__(self, data, prefix=prefix)

    def condition(self) -> ConditionJSON:
        return self.old


def leaf_for(condition: ConditionJSON, context: Context) -> type[Leaf]:
    """The inputs that can show all of a condition."""
    if not isinstance(condition, dict):
        return KeptLeaf
    return next((leaf for leaf in LEAVES.values() if leaf.shows(condition, context)), KeptLeaf)
