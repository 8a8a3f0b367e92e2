"""Rows with a condition: criteria, personas, and whatever else asks who or what is meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from scoring.checks.structure import NAME, SENTENCE
from scoring.conditions import EVERYTHING, PROFILE
from scoring.documents import ConditionJSON, ItemJSON, text
from scoring.forms import folds, starts, steps
from scoring.forms.leaves import LEAVES
from scoring.forms.nodes import Said, first_fault
from scoring.forms.rows import Row
from scoring.forms.starts import Start
from scoring.forms.steps import Step
from scoring.forms.texts import BilingualField
from scoring.forms.trees import ConditionTree
from scoring.sentences.values import GROUPS


class ConditionRow(Row):
    """A row with a condition, built in its `tree`."""

    about: ClassVar[frozenset[str]] = EVERYTHING
    families: ClassVar[tuple[str, ...]] = tuple(LEAVES)

    def __init__(
        self, data: Any = None, *, family: str = "", step: Step | None = None, **options: Any
    ) -> None:
        start = starts.find(family, self.families) if family else None
        super().__init__(data, step=step, **options)
        self.empty_permitted, self.started = False, bool(family)
        self.step = step.what if step and step.what in steps.OF_ROWS else ""
        if start and self.is_new:
            self.begin(start)
        self.tree = ConditionTree(
            data,
            prefix=self.prefix,
            context=self.context,
            about=self.about,
            families=self.families,
            when=self.item["when"] if self.item else None,
            start=start.condition(self.context) if start else None,
            step=None if self.step else step,
        )
        if self.step in (steps.DROP, steps.RESTORE):
            self.data = data.copy()
            self.data[self.add_prefix("removed")] = "on" if self.step == steps.DROP else ""

    def begin(self, start: Start) -> None:
        """What else a new row says when it begins with this."""

    @cached_property
    def is_open(self) -> bool:
        """Are its inputs to be seen? Else the row is its sentence, and holds them folded."""
        if self.is_gone or self.step == steps.CLOSE:
            return not self.is_gone and not self.is_complete
        if self.started or self.step == steps.OPEN or self.tree.stepped or self.tree.problem:
            return True
        posted = self.is_bound and self.data.get(f"{self.prefix}-open") == "on"
        return posted or (self.is_bound and self.is_wrong)

    @property
    def is_gone(self) -> bool:
        """Is it to be removed with the next save?"""
        return self.is_bound and bool(self["removed"].value())

    @cached_property
    def is_complete(self) -> bool:
        return self.is_valid() and not self.is_left_empty()

    @property
    def is_wrong(self) -> bool:
        return any(form.errors for form in self.every_form())

    @property
    def is_focused(self) -> bool:
        """Has the line of the row the focus when the page comes?"""
        return bool(self.step) and not self.is_open

    def folded(self) -> Iterator[tuple[str, str]]:
        """The inputs of a row that is not open, by name."""
        yield from self.tree.folded()
        yield from folds.pairs(self)

    @property
    def heading(self) -> str:
        """How it is called, as typed so far."""
        for name in self.texts:
            if self.is_bound and not self.errors:
                return text(self.cleaned_data.get(name))
        return super().heading

    def meaning(self) -> str:
        """The sentence of the whole row, whose condition is complete."""
        return capfirst(self.context.speaker.words(self.tree.when()))

    @property
    def said(self) -> Said:
        """The sentence of the whole row, or what it lacks."""
        if self.tree.root.condition is None:
            return self.tree.said
        if missing := self.lacks():
            return Said(f"said-{self.prefix}", self.tree.said.text, missing)
        return Said(f"said-{self.prefix}", self.meaning())

    def lacks(self) -> str:
        """What is missing beside the condition."""
        if not self.is_bound:
            return ""
        if not hasattr(self, "_lacks"):
            self._lacks = first_fault(self)
        return self._lacks

    def says(self) -> Iterator[Said]:
        yield self.said
        if self.is_bound and self.data.get(f"{self.prefix}-open") == "on":
            yield from self.tree.says()

    def every_form(self) -> Iterator[forms.Form]:
        yield self
        yield from self.tree.forms()

    def calm(self) -> None:
        if self.step == steps.CLOSE and self.is_open:
            return
        self.lacks()
        self.tree.calm()
        super().calm()

    def is_left_empty(self) -> bool:
        """A new row that nobody filled in, and that says nothing as it is."""
        if not super().is_left_empty():
            return False
        return not (super(Row, self).is_valid() and self.tree.is_valid())

    def is_valid(self) -> bool:
        own = super().is_valid()
        if self.is_left_empty():
            self.calm()
            return True
        if own and self.is_removed():
            return True
        stands = self.tree.is_valid()
        if self.tree.problem:
            self.add_error(None, self.tree.problem)
        return own and stands and self.can_run()

    def has_changed(self) -> bool:
        return super().has_changed() or self.tree.has_changed()

    def value(self) -> ItemJSON:
        return super().value() | {"when": self.when()}

    def when(self) -> ConditionJSON:
        """The condition as the inputs say."""
        return self.tree.when()

    def can_run(self) -> bool:
        """Does all of it fit together?"""
        return not self.errors

    def key_source(self) -> str:
        named = super().key_source()
        return named or self.context.speaker.words(self.when())


class CriterionRow(ConditionRow):
    texts = ("label",)
    blank = {"group": "profile", "label": ""}

    group = forms.ChoiceField(label=gettext_lazy("Group"), choices=GROUPS)
    label = BilingualField(
        label=gettext_lazy("Name, if the sentence needs one"), most=SENTENCE, required=False
    )

    def begin(self, start: Start) -> None:
        self.initial["group"] = start.group

    @property
    def worth(self) -> list[str]:
        """The group it stands in, for the line of the criterion."""
        return ["", str(GROUPS.get(self["group"].value(), ""))]

    @property
    def anchor(self) -> str:
        """The id under which others point to it, wherever it stands in the list."""
        if self.item is None:
            return ""
        stage = self.prefix.removeprefix("criteria-").rpartition("-")[0]
        return f"criterion-{stage}-{self.item['key']}"


class PersonaRow(ConditionRow):
    about = frozenset({PROFILE})
    families = ("field", "mail")
    texts = ("name",)

    name = BilingualField(label=gettext_lazy("Name"), most=NAME)
