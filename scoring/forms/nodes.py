"""The nodes of a condition in the editor: a group, a condition, and a line not chosen yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.refusals import Refused
from scoring import conditions
from scoring.conditions.parsing import DEEPEST
from scoring.documents import BRANCHES, ConditionJSON
from scoring.forms.bases import Context, Leaf

KINDS = dict(
    zip(
        BRANCHES,
        (gettext_lazy("All of these"), gettext_lazy("Any of these"), gettext_lazy("None of these")),
        strict=True,
    )
)


@dataclass(frozen=True)
class Said:
    """What is said of a part of the page: its sentence, or in `missing` what it lacks."""

    id: str
    text: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Place:
    """Where nodes stand: what they may look at, and what may be chosen there."""

    context: Context
    about: frozenset[str]
    families: tuple[str, ...]

    def fault(self, when: ConditionJSON) -> Refused | None:
        """Why this cannot stand here, if it cannot."""
        personas = self.context.body["personas"] if "persona" in self.families else []
        try:
            conditions.parse(
                when, vocabulary=self.context.vocabulary, personas=personas, about=self.about
            )
        except Refused as refusal:
            return refusal
        return None

    def words(self, when: ConditionJSON) -> str:
        return capfirst(self.context.speaker.words(when))


class KindForm(forms.Form):
    """How the parts of a group are taken together."""

    kind = forms.ChoiceField(label=gettext_lazy("The lead meets"), choices=KINDS)


class Node:
    """One line of a condition. `condition` is what it says, None while it says nothing; `above` is
    the kind of the group it stands in, empty at the top."""

    is_group = is_blank = False
    leaf: Leaf | None = None
    condition: ConditionJSON | None
    said: Said

    def __init__(self, name: str, form: forms.Form, place: Place) -> None:
        self.name, self.form, self.place, self.id = name, form, place, form.prefix
        self.level, self.above, self.focused = 1, "", False

    def is_valid(self) -> bool:
        return self.condition is not None

    def forms(self) -> Iterator[forms.Form]:
        yield self.form

    @property
    def may_wrap(self) -> bool:
        return self.level < DEEPEST

    @property
    def may_and(self) -> bool:
        """Is there room for a group around it, and is it not in one of this kind already?"""
        return self.may_wrap and self.above != "all"

    @property
    def may_or(self) -> bool:
        return self.may_wrap and self.above != "any"


class BlankForm(forms.Form):
    """Nothing to enter: it says that something must be chosen."""

    def clean(self) -> None:
        raise forms.ValidationError(_("Choose a condition, or remove this line."))


class BlankNode(Node):
    """A line on which nothing was chosen yet."""

    is_blank = True
    condition = None

    def __init__(self, name: str, prefix: str, place: Place) -> None:
        super().__init__(name, BlankForm({}, prefix=f"{prefix}-{name}"), place)
        self.put_to = f"{prefix}:put:{name}"

    @cached_property
    def said(self) -> Said:
        return Said(f"said-{self.id}", missing=first_fault(self.form))

    @property
    def groups(self) -> list[tuple[str, Any]]:
        """Kinds of groups that may be put here."""
        return list(KINDS.items()) if self.may_wrap else []


class LeafNode(Node):
    """A condition with its inputs."""

    def __init__(self, name: str, leaf: Leaf, place: Place) -> None:
        super().__init__(name, leaf, place)
        self.leaf = leaf

    @cached_property
    def condition(self) -> ConditionJSON | None:
        if not self.leaf.is_bound:
            return None if self.place.fault(self.leaf.old) else self.leaf.old
        if not self.leaf.is_valid():
            return None
        when = self.leaf.condition()
        if fault := self.place.fault(when):
            self.leaf.add_error(self.leaf.input_for(fault.field), str(fault))
            return None
        return when

    @cached_property
    def said(self) -> Said:
        if self.condition is not None:
            return Said(f"said-{self.id}", self.place.words(self.condition))
        if not self.leaf.is_bound:
            return Said(f"said-{self.id}", missing=str(self.place.fault(self.leaf.old)))
        return Said(f"said-{self.id}", missing=first_fault(self.leaf))

    @property
    def is_open(self) -> bool:
        """Are its inputs to be seen at once?"""
        return self.focused or bool(self.said.missing) or self.leaf.has_changed()


class GroupNode(Node):
    """Conditions taken together, all, any or none of them."""

    is_group = True

    def __init__(self, name: str, form: KindForm, parts: list[Node], place: Place) -> None:
        super().__init__(name, form, place)
        self.parts = parts
        for part in parts:
            part.above = self.kind

    @property
    def kind(self) -> str:
        given = self.form["kind"].value()
        return given if given in KINDS else "all"

    @cached_property
    def condition(self) -> ConditionJSON | None:
        parts = [part.condition for part in self.parts]
        if not parts or None in parts or (self.form.is_bound and not self.form.is_valid()):
            return None
        return {self.kind: parts}

    @property
    def said(self) -> Said:
        id = f"said-{self.id}"
        if not self.parts:
            return Said(id, missing=empty_group())
        # What is missing in it is said where it is missing.
        return Said(id, "" if self.condition is None else self.place.words(self.condition))

    def is_valid(self) -> bool:
        valid = [part.is_valid() for part in self.parts]
        if not self.parts and self.form.is_bound:
            self.form.add_error(None, empty_group())
        return all(valid) and self.condition is not None

    @property
    def may_group(self) -> bool:
        return self.level + 1 < DEEPEST

    @property
    def may_unwrap(self) -> bool:
        return bool(self.above) or len(self.parts) == 1

    def forms(self) -> Iterator[forms.Form]:
        yield self.form
        for part in self.parts:
            yield from part.forms()


def empty_group() -> str:
    return _("This group is empty. Add a condition to it, or remove the group.")


def first_fault(form: forms.Form) -> str:
    """The first thing that is wrong with its input, with the name of the input."""
    for name, errors in form.errors.items():
        label = form.fields[name].label if name in form.fields else ""
        return f"{label}: {errors[0]}" if label else str(errors[0])
    return ""


def every(node: Node) -> Iterator[Node]:
    """The node and all in it."""
    yield node
    for part in getattr(node, "parts", []):
        yield from every(part)
