"""Simple inputs for one operator of a condition each: a field, a deed, a persona, the score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.fields import FieldSpec
from leads.models import ActivityType, Attribute, Channel
from scoring import documents
from scoring.checks.pieces import KEY
from scoring.conditions import Vocabulary, operators
from scoring.documents import Body, ConditionJSON

OPERATORS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "one_of": gettext_lazy("is one of"),
    "not_one_of": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "contains_not": gettext_lazy("does not contain"),
    "at_least": gettext_lazy("is at least"),
    "below": gettext_lazy("is below"),
    "on_or_after": gettext_lazy("is on or after"),
    "before": gettext_lazy("is before"),
    "known": gettext_lazy("is known"),
    "unknown": gettext_lazy("is unknown"),
}
MANY = ("one_of", "not_one_of")
BARE = ("known", "unknown")
YES = ("true", "yes", "ja", "1")
NO = ("false", "no", "nein", "0")

Type = Attribute.Type


@dataclass
class Context:
    """What the inputs of one page offer to choose from."""

    body: Body
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    @cached_property
    def seen(self) -> set[str]:
        return set(ActivityType.objects.values_list("key", flat=True))

    def fields(self) -> list[FieldSpec]:
        return list(self.vocabulary.fields.values())

    def activity_types(self, more: set[str]) -> list[tuple[str, str]]:
        """Those seen so far, those the agreement names, and `more`."""
        keys = self.seen | documents.activity_types(self.body) | more
        named = ((key, self.vocabulary.type(key)) for key in keys)
        return sorted(named, key=lambda choice: choice[1].casefold())


class Leaf(forms.Form):
    """Inputs for one operator. `old` is what stood there; what no input shows of it is kept."""

    family: str
    new: ConditionJSON

    def __init__(
        self, data: Any = None, *, prefix: str, context: Context, old: ConditionJSON | None = None
    ) -> None:
        self.context, self.old = context, old or self.new
        shown = self.shown(self.old)
        super().__init__(data, prefix=prefix, initial=shown, use_required_attribute=False)

    @classmethod
    def shows(cls, condition: ConditionJSON, context: Context) -> bool:
        """Can these inputs show this condition, all of it?"""
        return condition.get("op") in OPERATORS_OF[cls.family]

    def shown(self, condition: ConditionJSON) -> dict[str, Any]:
        return dict(condition)

    def condition(self) -> ConditionJSON:
        return self.old | self.cleaned_data


class FieldLeaf(Leaf):
    family = "field"
    new = {"op": "one_of", "field": "function", "value": []}

    field = forms.ChoiceField(label=gettext_lazy("Field"))
    op = forms.ChoiceField(label=gettext_lazy("Comparison"), choices=OPERATORS)
    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Several values are divided by commas."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        specs = self.context.fields()
        self.fields["field"].choices = [(spec.key, str(spec.label)) for spec in specs]

    @classmethod
    def shows(cls, condition: ConditionJSON, context: Context) -> bool:
        values = condition.get("value")
        values = values if isinstance(values, list) else [values]
        known = condition.get("field") in context.vocabulary.fields
        return (
            known and super().shows(condition, context) and not any("," in str(v) for v in values)
        )

    def shown(self, condition: ConditionJSON) -> dict[str, Any]:
        value = condition.get("value")
        values = value if isinstance(value, list) else [] if value is None else [value]
        return condition | {"value": ", ".join(_written(each) for each in values)}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        spec = self.context.vocabulary.fields.get(given.get("field"))
        if spec is None or "op" not in given:
            return given
        if given["op"] not in operators(spec):
            allowed = ", ".join(str(OPERATORS[op]) for op in operators(spec))
            message = _("This does not fit the field. Choose one of: %(allowed)s.")
            self.add_error("op", message % {"allowed": allowed})
        elif given["op"] not in BARE:
            self._clean_value(spec, given)
        return given

    def condition(self) -> ConditionJSON:
        given = self.cleaned_data
        condition = {"op": given["op"], "field": given["field"]}
        if given["op"] in BARE:
            return condition
        values = self.values
        return condition | {"value": values if given["op"] in MANY else values[0]}

    def _clean_value(self, spec: FieldSpec, given: dict[str, Any]) -> None:
        many = given["op"] in MANY
        parts = given.get("value", "").split(",") if many else [given.get("value", "")]
        parts = [part.strip() for part in parts if part.strip()]
        if not parts:
            self.add_error("value", _("Give a value to compare with."))
            return
        try:
            self.values = [_read(spec, part) for part in parts]
        except ValueError as problem:
            self.add_error("value", str(problem))


class DeedLeaf(Leaf):
    family = "deed"
    new = {
        "op": "did",
        "types": [],
        "channels": [],
        "campaigns": [],
        "times": 1,
        "within_days": 30,
    }

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={"did": gettext_lazy("did this"), "did_not": gettext_lazy("did not do this")},
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Activities"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means any activity."),
    )
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("Channels"),
        required=False,
        choices=Channel.Kind,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen means any channel."),
    )
    times = forms.IntegerField(label=gettext_lazy("Times"), min_value=1, max_value=1000)
    within_days = forms.IntegerField(
        label=gettext_lazy("Within days"),
        required=False,
        min_value=1,
        max_value=3660,
        help_text=gettext_lazy("Empty means ever."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["types"].choices = self.context.activity_types(self._posted())

    def _posted(self) -> set[str]:
        """Types chosen when the page was opened: they may have left the agreement since."""
        if not self.is_bound:
            return set()
        given = self.fields["types"].widget.value_from_datadict(
            self.data, self.files, self.add_prefix("types")
        )
        return {key for key in given or [] if KEY.match(key)}

    def condition(self) -> ConditionJSON:
        condition = super().condition()
        for name in ("types", "channels"):
            condition[name] = _in_old_order(condition[name], self.old.get(name, []))
        return condition


class PersonaLeaf(Leaf):
    family = "persona"
    new = {"op": "persona", "persona": ""}

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "persona": gettext_lazy("matches the persona"),
            "not_persona": gettext_lazy("does not match the persona"),
        },
    )
    persona = forms.ChoiceField(label=gettext_lazy("Persona"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        personas = self.context.body["personas"]
        choices = [(each["key"], documents.text(each["name"])) for each in personas]
        self.fields["persona"].choices = choices


class ScoreLeaf(Leaf):
    family = "score"
    new = {"op": "score_at_least", "which": "total", "value": 50}

    which = forms.ChoiceField(
        label=gettext_lazy("Points"),
        choices={
            "total": gettext_lazy("score"),
            "fit": gettext_lazy("fit"),
            "engagement": gettext_lazy("engagement"),
        },
    )
    op = forms.ChoiceField(
        label=gettext_lazy("Comparison"),
        choices={
            "score_at_least": gettext_lazy("at least"),
            "score_below": gettext_lazy("below"),
        },
    )
    value = forms.IntegerField(label=gettext_lazy("Value"), min_value=-1000, max_value=10_000)


class MailLeaf(Leaf):
    family = "mail"
    new = {"op": "free_mail"}

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "free_mail": gettext_lazy("uses a free e-mail address"),
            "not_free_mail": gettext_lazy("does not use a free e-mail address"),
        },
    )


LEAVES: dict[str, type[Leaf]] = {
    leaf.family: leaf for leaf in (FieldLeaf, DeedLeaf, PersonaLeaf, ScoreLeaf, MailLeaf)
}
OPERATORS_OF = {
    "field": tuple(OPERATORS),
    "deed": ("did", "did_not"),
    "persona": ("persona", "not_persona"),
    "score": ("score_at_least", "score_below"),
    "mail": ("free_mail", "not_free_mail"),
}
FAMILIES = {
    "field": gettext_lazy("a field"),
    "deed": gettext_lazy("an activity"),
    "persona": gettext_lazy("a persona"),
    "score": gettext_lazy("the score"),
    "mail": gettext_lazy("the e-mail address"),
}


def leaf_for(condition: ConditionJSON, context: Context) -> type[Leaf] | None:
    """The inputs that can show all of a condition, if it is a simple one."""
    return next((leaf for leaf in LEAVES.values() if leaf.shows(condition, context)), None)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _read(spec: FieldSpec, written: str) -> Any:
    """The value as the body holds it. Raises ValueError with a sentence."""
    if spec.type == Type.NUMBER:
        if not written.lstrip("-").isdecimal() or len(written) > 12:
            raise ValueError(_("Give a whole number."))
        return int(written)
    if spec.type == Type.BOOLEAN:
        if written.casefold() not in YES + NO:
            raise ValueError(_("Give yes or no."))
        return written.casefold() in YES
    return written


def _in_old_order(chosen: Iterable[str], old: list[str]) -> list[str]:
    chosen = list(chosen)
    stayed = [each for each in old if each in chosen]
    return stayed + [each for each in chosen if each not in stayed]
