"""The form of the points: rules by group, their limits, and the grades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from scoring.documents import GROUPS, ItemJSON
from scoring.forms.parts import Buttons, SectionForm, adding
from scoring.forms.rows import Rows, fresh_key
from scoring.forms.rules import LimitsForm, RuleRow
from scoring.sentences import values


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
        self.limits = LimitsForm(self.body, self.data)

    def blocks(self) -> Iterator[tuple[str | Promise, Any, Rows, Buttons]]:
        """Each group with its cap, its rules and the buttons to add one."""
        for group, rows in self.rules.items():
            yield (
                values.GROUPS[group],
                self.limits.of_group(group),
                rows,
                adding(rows.name, RuleRow),
            )

    def parts(self) -> list[Any]:
        return [self.limits, *self.rules.values()]

    def value(self) -> dict[str, Any]:
        return self.limits.value(self.body["score"]) | {"rules": self._rules()}

    def _rules(self) -> list[ItemJSON]:
        """Those of each group in its order, on the places of the list that were its own; what
        there is no place for comes last. New ones have keys of their own."""
        old = {each["key"]: each["group"] for each in self.body["score"]["rules"]}
        taken, given = set(old), {}
        for group, rows in self.rules.items():
            given[group] = [self._keyed(rule, group, rows, taken) for rule in rows.value()]
        stay = {rule["key"] for rules in given.values() for rule in rules}
        places = [group for key, group in old.items() if key in stay]
        found = [given[group].pop(0) for group in places]
        return found + [rule for rules in given.values() for rule in rules]

    def _keyed(self, rule: ItemJSON, group: str, rows: Rows, taken: set[str]) -> ItemJSON:
        key = rule["key"]
        if not any(each["key"] == key for each in rows.items):
            key = fresh_key(key, taken)
            taken.add(key)
        return rule | {"key": key, "group": group}
