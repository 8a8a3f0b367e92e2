"""Which inputs show which operator."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

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
FAMILIES = {
    "field": gettext_lazy("a field"),
    "deed": gettext_lazy("an activity"),
    "persona": gettext_lazy("a persona"),
    "score": gettext_lazy("the score"),
    "mail": gettext_lazy("the e-mail address"),
    "order": gettext_lazy("the first or latest activity"),
    "both": gettext_lazy("two activities at the same event"),
    "idle": gettext_lazy("silence"),
    "touch": gettext_lazy("what stayed unanswered"),
    "entry": gettext_lazy("stages it has been in"),
    "recycle": gettext_lazy("having been given back"),
}
# Offered behind a click.
RARE = ("order", "both", "idle", "touch", "entry", "recycle")


def leaf_for(condition: ConditionJSON, context: Context) -> type[Leaf] | None:
    """The inputs that can show all of a condition, if it is a simple one."""
    return next((leaf for leaf in LEAVES.values() if leaf.shows(condition, context)), None)
