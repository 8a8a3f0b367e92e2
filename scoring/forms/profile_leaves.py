"""Inputs for conditions on what is known of a lead: a field, a persona, its kind of address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.fields import FieldSpec
from leads.models import Attribute
from scoring import documents
from scoring.conditions import operators
from scoring.documents import ConditionJSON
from scoring.forms import filters
from scoring.forms.bases import Context, Leaf

OPERATORS = filters.OPERATORS | {
    "on_or_after": gettext_lazy("is on or after"),
    "before": gettext_lazy("is before"),
}
MANY, BARE = filters.MANY, filters.BARE
YES, NO = (*filters.YES, "1"), (*filters.NO, "0")

Type = Attribute.Type


class FieldLeaf(Leaf):
    family = "field"
    operators = tuple(OPERATORS)
    new = {"op": "one_of", "field": "function", "value": []}

    field = forms.ChoiceField(label=gettext_lazy("Field"))
    op = forms.ChoiceField(label=gettext_lazy("Comparison"), choices=OPERATORS)
    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("Several values are divided by commas."),
    )

    def offer(self) -> None:
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


class PersonaLeaf(Leaf):
    family = "persona"
    operators = ("persona", "not_persona")
    new = {"op": "persona", "persona": ""}

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "persona": gettext_lazy("matches the persona"),
            "not_persona": gettext_lazy("does not match the persona"),
        },
    )
    persona = forms.ChoiceField(label=gettext_lazy("Persona"))

    def offer(self) -> None:
        personas = self.context.body["personas"]
        choices = [(each["key"], documents.text(each["name"])) for each in personas]
        self.fields["persona"].choices = choices


class MailLeaf(Leaf):
    family = "mail"
    operators = ("free_mail", "not_free_mail")
    new = {"op": "free_mail"}

    op = forms.ChoiceField(
        label=gettext_lazy("The lead"),
        choices={
            "free_mail": gettext_lazy("uses a free e-mail address"),
            "not_free_mail": gettext_lazy("does not use a free e-mail address"),
        },
    )


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
