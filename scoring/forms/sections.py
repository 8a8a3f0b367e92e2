"""One simple form for each section of the draft.

`value()` of a valid form is what `agreements.edit` takes for the section: what no input showed
is as it was, and saving without a change gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from scoring.checks.meaning import OWED_ALWAYS
from scoring.checks.structure import CLOCK_SIDES
from scoring.documents import GROUPS, Body, ItemJSON, item
from scoring.forms.kinds import (
    AboutForm,
    CheckRow,
    ClockForm,
    CriterionRow,
    GoalRow,
    LimitsForm,
    PersonaRow,
    ReasonRow,
    RuleRow,
    StageRow,
)
from scoring.forms.leaves import FAMILIES, Context
from scoring.forms.rows import Row, Rows, fresh_key
from scoring.forms.texts import kept
from scoring.journeys import MACHINE_ENTERS, first_stage, stages_of_kind
from scoring.sentences import values

PLAIN = "row"


@dataclass(frozen=True)
class Adding:
    """A button that adds a row to a list: its value, and what it says."""

    value: str
    label: str | Promise


class SectionForm:
    """Inputs of a section. `add` is a list's name and a family, as the button's value says."""

    key: str
    title: str | Promise
    hint: str | Promise = ""

    def __init__(self, body: Body, data: Mapping[str, str] | None = None, add: str = "") -> None:
        self.body, self.data = body, data
        self.context = Context(body)
        self.add_to, _colon, self.add_family = add.partition(":")
        self.build()

    @property
    def template(self) -> str:
        return f"scoring/sections/_{self.key}.html"

    def build(self) -> None:
        raise NotImplementedError

    def parts(self) -> list[Any]:
        """Everything that can be valid or not."""
        raise NotImplementedError

    def value(self) -> Any:
        raise NotImplementedError

    def is_valid(self) -> bool:
        valid = [part.is_valid() for part in self.parts()]
        return all(valid)

    def rows(self, kind: type[Row], name: str, items: list[ItemJSON]) -> Rows:
        add = self.add_family or PLAIN if self.add_to == name else ""
        return Rows(kind, name, items, self.context, self.data, add=add)


class AboutSection(SectionForm):
    key = "about"
    title = gettext_lazy("Title and summary")

    def build(self) -> None:
        self.form = AboutForm(self.data, initial=self.body)

    def parts(self) -> list[Any]:
        return [self.form]

    def value(self) -> dict[str, Any]:
        given = self.form.cleaned_data
        return {name: kept(given[name], self.body[name]) for name in ("title", "summary")}


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

    def blocks(self) -> Iterator[tuple[Row, ItemJSON, Rows | None, list[Adding]]]:
        """Each stage with its criteria and the buttons to add one."""
        for row in self.stages:
            if row.item is None:
                continue
            key = row.item["key"]
            criteria = self.criteria.get(key)
            buttons = adding(criteria.name, CriterionRow.families) if criteria else []
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
        self.buttons = adding("personas", PersonaRow.families)

    def parts(self) -> list[Any]:
        return [self.personas]

    def value(self) -> list[ItemJSON]:
        return self.personas.value()


class ScoreSection(SectionForm):
    key = "score"
    title = gettext_lazy("Points")
    hint = gettext_lazy("Profile and channel make fit, actions make engagement.")

    def build(self) -> None:
        rules = self.body["score"]["rules"]
        self.rules = {
            group: self.rows(
                RuleRow, f"rules-{group}", [rule for rule in rules if rule["group"] == group]
            )
            for group in GROUPS
        }
        caps = {group: self.body["score"]["caps"].get(group) for group in GROUPS}
        shown = caps | {"floor": self.body["score"]["floor"]}
        self.limits = LimitsForm(self.data, prefix="limits", initial=shown)

    def blocks(self) -> Iterator[tuple[str | Promise, Any, Rows, list[Adding]]]:
        """Each group with its cap, its rules and the buttons to add one."""
        for group, rows in self.rules.items():
            yield (
                values.GROUPS[group],
                self.limits[group],
                rows,
                adding(rows.name, RuleRow.families),
            )

    def parts(self) -> list[Any]:
        return [self.limits, *self.rules.values()]

    def value(self) -> dict[str, Any]:
        score, limits = self.body["score"], self.limits.cleaned_data
        caps = dict(score["caps"])
        for group in GROUPS:
            if limits[group] != caps.get(group):
                caps[group] = limits[group]
        return score | {"rules": self._rules(), "caps": caps, "floor": limits["floor"]}

    def _rules(self) -> list[ItemJSON]:
        """In the order in which they stood; new ones last, with keys of their own."""
        old = [each["key"] for each in self.body["score"]["rules"]]
        stayed, new, taken = {}, [], set(old)
        for group, rows in self.rules.items():
            known = {each["key"] for each in rows.items}
            for rule in rows.value():
                if rule["key"] in known:
                    stayed[rule["key"]] = rule
                else:
                    key = fresh_key(rule["key"], taken)
                    taken.add(key)
                    new.append(rule | {"key": key, "group": group})
        return [stayed[key] for key in old if key in stayed] + new


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

    def blocks(self) -> Iterator[tuple[str | Promise, Rows, list[Adding]]]:
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
    )
}


def adding(name: str, families: tuple[str, ...]) -> list[Adding]:
    """A button for each kind of condition a new row may have."""
    return [Adding(f"{name}:{family}", FAMILIES[family]) for family in families]


def one_more(name: str, label: str | Promise) -> list[Adding]:
    return [Adding(f"{name}:{PLAIN}", label)]
