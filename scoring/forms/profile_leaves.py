"""Inputs for conditions on what is known of a lead: a field, a persona, its kind of address."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.fields import FieldSpec
from leads.models import Attribute
from scoring import documents
from scoring.conditions import operators
from scoring.documents import ConditionJSON
from scoring.forms import filters, writing
from scoring.forms.bases import Context, Leaf

OPERATORS = filters.OPERATORS | {
    "on_or_after": gettext_lazy("is on or after"),
    "before": gettext_lazy("is before"),
}
MANY, BARE = filters.MANY, filters.BARE
YES, NO = (*filters.YES, "1"), (*filters.NO, "0")
DECIMAL = re.compile(r"-?[0-9]{1,12}\.[0-9]{1,12}\Z")

Type = Attribute.Type


class FieldLeaf(Leaf):
    """A lead field. Who a person is asks for their role first of all."""

    family = "field"
    operators = tuple(OPERATORS)
    new = {"op": "contains", "field": "title", "value": ""}

    field = forms.ChoiceField(label=gettext_lazy("Field"))
    op = forms.ChoiceField(label=gettext_lazy("Comparison"), choices=OPERATORS)
    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        strip=False,
        max_length=20_000,
        help_text=gettext_lazy("Several values are divided by commas."),
    )

    def offer(self) -> None:
        named = {spec.key: str(spec.label) for spec in self.context.fields()}
        gone = self.old.get("field")
        if gone and gone not in named:
            # Still shown, so that another can be chosen in its place.
            named[gone] = _("%(key)s (there is no such field)") % {"key": gone}
        self.fields["field"].choices = list(named.items())
        if choices := self._choices():
            self.fields["value"].help_text = _("One of: %(choices)s.") % {
                "choices": ", ".join(choices)
            }

    @classmethod
    def shows(cls, condition: ConditionJSON, context: Context) -> bool:
        """As long as it would come back as it is."""
        if not super().shows(condition, context) or not isinstance(condition.get("field"), str):
            return False
        op, bare = condition["op"], set(condition) == {"op", "field"}
        if op in BARE or set(condition) - {"op", "field", "value"}:
            return bare and op in BARE
        value, spec = condition.get("value"), context.vocabulary.fields.get(condition["field"])
        if isinstance(value, list) != (op in MANY):
            return False
        if value in ("", []):
            return True
        try:
            back = _wanted(op, _shown(value, spec), spec)
        except ValueError:
            return False
        return type(back) is type(value) and back == value

    def shown(self, condition: ConditionJSON) -> dict[str, Any]:
        spec = self.context.vocabulary.fields.get(condition["field"])
        return condition | {"value": _shown(condition.get("value"), spec)}

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if "op" not in given or "field" not in given:
            return given
        spec = self.context.vocabulary.fields.get(given["field"])
        if spec is None:
            message = _("There is no lead field “%(key)s” any more. Choose another one.")
            self.add_error("field", message % {"key": given["field"]})
        elif given["op"] not in operators(spec):
            allowed = ", ".join(str(OPERATORS[op]) for op in operators(spec))
            message = _("This does not fit the field. Choose one of: %(allowed)s.")
            self.add_error("op", message % {"allowed": allowed})
        elif given["op"] not in BARE:
            try:
                self.wanted = _wanted(given["op"], given.get("value", ""), spec)
            except ValueError as problem:
                self.add_error("value", str(problem))
        return given

    def condition(self) -> ConditionJSON:
        given = self.cleaned_data
        condition = {"op": given["op"], "field": given["field"]}
        return condition if given["op"] in BARE else condition | {"value": self.wanted}

    def input_for(self, name: str) -> str | None:
        """A fault of the value is named by the field it is compared with."""
        return super().input_for(name) or "value"

    def _choices(self) -> tuple[str, ...]:
        key = self.data.get(self.add_prefix("field")) if self.is_bound else self.old.get("field")
        spec = self.context.vocabulary.fields.get(key)
        return spec.choices if spec else ()


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
        named = {each["key"]: documents.text(each["name"]) for each in personas}
        gone = self.old.get("persona")
        if gone and gone not in named:
            named[gone] = _("%(key)s (there is no such persona)") % {"key": gone}
        self.fields["persona"].choices = list(named.items())
        if not named:
            self.fields["persona"].help_text = _("Describe a persona first, in “Personas”.")


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


def _shown(value: Any, spec: FieldSpec | None) -> str:
    """The value as somebody would type it."""
    if spec is None:
        return filters.written(value, "is")
    if isinstance(value, list):
        return ", ".join(_written(each, spec) for each in value)
    return "" if value in (None, "") else _written(value, spec)


def _written(value: Any, spec: FieldSpec) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    number = spec.type == Type.NUMBER and isinstance(value, str) and writing.NUMBER.match(value)
    if isinstance(value, str) and (number or not writing.plain(value)):
        return writing.quoted(value)
    return str(value)


def _wanted(op: str, typed: str, spec: FieldSpec | None) -> Any:
    """What the field is compared with. Raises ValueError with a sentence."""
    parts = writing.divided(typed) if op in MANY else [typed.strip()] if typed.strip() else []
    if not parts:
        raise ValueError(_("Give a value to compare with."))
    values = [_read(spec, part) for part in parts]
    return values if op in MANY else values[0]


def _read(spec: FieldSpec | None, typed: str) -> Any:
    """The value as the body holds it. Raises ValueError with a sentence."""
    if spec is None:
        return filters.read(typed)
    text = writing.unquoted(typed)
    if text is not None:
        return text
    if spec.type == Type.NUMBER:
        return _number(typed)
    if spec.type == Type.BOOLEAN:
        if typed.casefold() not in YES + NO:
            raise ValueError(_("Give yes or no."))
        return typed.casefold() in YES
    return typed


def _number(typed: str) -> int | str:
    """Whole, or the text of one with decimals: the agreement holds no fractions."""
    if writing.NUMBER.match(typed):
        return int(typed)
    if not DECIMAL.match(typed):
        raise ValueError(_("Give a whole number."))
    return typed
