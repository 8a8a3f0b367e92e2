"""One simple form for each section of the draft.

`value()` of a valid form is what `agreements.edit` takes for the section: what no input showed
is as it was, and saving without a change gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from scoring.checks.meaning import OWED_ALWAYS
from scoring.checks.structure import CLOCK_SIDES
from scoring.documents import ItemJSON, item
from scoring.forms.effects import EffectSection
from scoring.forms.conditional import CriterionRow, PersonaRow
from scoring.forms.kinds import (
    AboutForm,
    CheckRow,
    ClockForm,
    FieldRow,
    GoalRow,
    ReasonRow,
    StageRow,
)
from scoring.forms.parts import Buttons, SectionForm, adding, one_more
from scoring.forms.points import ScoreSection
from scoring.forms.rows import Row, Rows, english, fresh_key
from scoring.forms.texts import kept
from scoring.journeys import MACHINE_ENTERS, first_stage, stages_of_kind
from scoring.sentences import values


class AboutSection(SectionForm):
    key = "about"
    title = gettext_lazy("Title and summary")

    def build(self) -> None:
        self.form = AboutForm(self.data, initial=self.body)

    def parts(self) -> list[Any]:
        return [self.form]

    def value(self) -> dict[str, Any]:
        given = self.form.cleaned_data
        return {name: kept(given[name], self.body.get(name)) for name in self.form.fields}


class StagesSection(SectionForm):
    key = "stages"
    title = gettext_lazy("Stages and criteria")
    hint = gettext_lazy("All criteria of a stage must hold for a lead to enter it.")

    def build(self) -> None:
        self.stages = self.rows(StageRow, "stages", self.body["stages"])
        self.criteria = {
            stage["key"]: self.rows(
                CriterionRow, f"criteria-{stage['key']}", stage["criteria"] or []
            )
            for stage in self.body["stages"]
            if stage["kind"] in MACHINE_ENTERS and stage["key"] != first_stage(self.body)
        }

    def blocks(self) -> Iterator[tuple[Row, ItemJSON, Rows | None, Buttons | None]]:
        """Each stage with its criteria and the buttons to add one."""
        for row in self.stages:
            if row.item is None:
                continue
            key = row.item["key"]
            criteria = self.criteria.get(key)
            buttons = adding(criteria.name, CriterionRow) if criteria else None
            yield row, row.item, criteria, buttons

    def parts(self) -> list[Any]:
        return [self.stages, *self.criteria.values()]

    def value(self) -> list[ItemJSON]:
        rows = {each["key"]: each for each in self.stages.value()}
        found = []
        for stage in self.body["stages"]:
            criteria = self.criteria.get(stage["key"])
            given = rows.get(stage["key"], stage)
            if criteria is not None:
                given = given | {"criteria": criteria.value() or None}
            found.append(given)
        return found


class PersonasSection(SectionForm):
    key = "personas"
    title = gettext_lazy("Personas")
    hint = gettext_lazy("Kinds of buyers both teams want.")

    def build(self) -> None:
        self.personas = self.rows(PersonaRow, "personas", self.body["personas"])
        self.buttons = adding("personas", PersonaRow)

    def parts(self) -> list[Any]:
        return [self.personas]

    def value(self) -> list[ItemJSON]:
        return self.personas.value()


class ClocksSection(SectionForm):
    key = "clocks"
    title = gettext_lazy("Clocks")
    hint = gettext_lazy("Working time. A day is a working day of 8 hours.")

    def build(self) -> None:
        handed = bool(stages_of_kind(self.body, "handoff"))
        self.clocks = [
            ClockForm(
                self.data,
                key=key,
                side=side,
                label=values.CLOCKS[key],
                starts=values.CLOCK_STARTS[key],
                owed=handed and key in OWED_ALWAYS,
                minutes=(item(self.body["clocks"], key) or {}).get("minutes"),
            )
            for key, side in CLOCK_SIDES.items()
        ]

    def parts(self) -> list[Any]:
        return self.clocks

    def value(self) -> list[ItemJSON]:
        given = {form.key: form for form in self.clocks if form.total}
        old = [each["key"] for each in self.body["clocks"]]
        order = [key for key in old if key in given]
        order += [key for key in given if key not in old]
        return [{"key": key, "side": given[key].side, "minutes": given[key].total} for key in order]


class ChecklistsSection(SectionForm):
    key = "checklists"
    title = gettext_lazy("Checklists")
    hint = gettext_lazy("What a rep confirms, item by item.")

    def build(self) -> None:
        self.lists = {
            name: self.rows(CheckRow, name, self.body["checklists"][name])
            for name in values.CHECKLISTS
        }

    def blocks(self) -> Iterator[tuple[str | Promise, Rows, Buttons]]:
        for name, rows in self.lists.items():
            yield values.CHECKLISTS[name], rows, one_more(name, gettext_lazy("Add an item"))

    def parts(self) -> list[Any]:
        return list(self.lists.values())

    def value(self) -> dict[str, list[ItemJSON]]:
        return {name: rows.value() for name, rows in self.lists.items()}


class ReasonsSection(SectionForm):
    key = "reasons"
    title = gettext_lazy("Reasons for a return")
    hint = gettext_lazy("A returned lead rests, and then needs to do something new.")

    def build(self) -> None:
        self.reasons = self.rows(ReasonRow, "reasons", self.body["reasons"])
        self.buttons = one_more("reasons", gettext_lazy("Add a reason"))

    def parts(self) -> list[Any]:
        return [self.reasons]

    def value(self) -> list[ItemJSON]:
        return self.reasons.value()


class FieldsSection(SectionForm):
    key = "fields"
    title = gettext_lazy("Lead fields")
    hint = gettext_lazy(
        "Fields that this agreement needs. They are added to the lead fields when it takes effect."
    )

    def build(self) -> None:
        self.fields = self.rows(FieldRow, "fields", self.body.get("fields") or [])
        self.buttons = one_more("fields", gettext_lazy("Add a field"))

    def parts(self) -> list[Any]:
        return [self.fields]

    def value(self) -> list[ItemJSON]:
        """New ones with keys that no lead field has."""
        old = {each["key"] for each in self.fields.items}
        taken, found = old | set(self.context.vocabulary.fields), []
        for each in self.fields.value():
            if each["key"] not in old:
                each["key"] = fresh_key(english(each["label"]), taken)
                taken.add(each["key"])
            found.append(each)
        return found


class GoalsSection(SectionForm):
    key = "goals"
    title = gettext_lazy("Goals")
    hint = gettext_lazy("Numbers both teams own, each with what keeps it honest.")

    def build(self) -> None:
        self.goals = self.rows(GoalRow, "goals", self.body["goals"])
        self.buttons = one_more("goals", gettext_lazy("Add a goal"))

    def parts(self) -> list[Any]:
        return [self.goals]

    def value(self) -> list[ItemJSON]:
        return self.goals.value()


SECTIONS: dict[str, type[SectionForm]] = {
    each.key: each
    for each in (
        AboutSection,
        StagesSection,
        PersonasSection,
        ScoreSection,
        ClocksSection,
        ChecklistsSection,
        ReasonsSection,
        GoalsSection,
        FieldsSection,
        EffectSection,
    )
}
