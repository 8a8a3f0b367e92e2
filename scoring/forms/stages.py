"""The form of the journey: its stages, the arrows between them, and who may enter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from scoring.checks.journey import ARROWS
from scoring.checks.structure import NAME, SENTENCE
from scoring.documents import ItemJSON
from scoring.forms import drawing
from scoring.forms.conditional import CriterionRow
from scoring.forms.parts import Adding, Buttons, SectionForm, adding
from scoring.forms.rows import Row, Rows, focus, fresh_key
from scoring.forms.texts import BilingualField
from scoring.journeys import MACHINE_ENTERS
from scoring.models import Stage
from scoring.sentences.kinds import HAPPENS, MEANS

MOST_STAGES = 12
SALES = ("accepted", "qualified", "won", "lost", "customer")


@dataclass(frozen=True)
class Target:
    """A stage to which an arrow can be drawn."""

    value: str
    name: str
    id: str
    checked: bool


class StageRow(Row):
    """A stage, and the stages its arrows lead to: by their keys, and new ones by the mark of their
    row."""

    texts = ("name", "meaning")
    blank = {"kind": "open", "side": "marketing", "next": []}
    unnamed = gettext_lazy("New stage")

    name = BilingualField(label=gettext_lazy("Name"), most=NAME)
    meaning = BilingualField(label=gettext_lazy("What it means to be here"), most=SENTENCE, rows=2)
    kind = forms.ChoiceField(label=gettext_lazy("What happens here"), choices=HAPPENS)
    side = forms.ChoiceField(
        label=gettext_lazy("Whose it is"),
        choices={"marketing": gettext_lazy("Marketing"), "sales": gettext_lazy("Sales")},
    )
    next = forms.MultipleChoiceField(
        label=gettext_lazy("From here a lead can go to"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, family: str = "", **options: Any) -> None:
        super().__init__(data, **options)
        self.targets: list[Target] = []
        self.sources: list[str] = []
        self.more: list[str] = []
        if self.is_new and family in HAPPENS:
            side = "sales" if family in SALES else "marketing"
            self.initial |= {"kind": family, "side": side}
            focus(self)

    @property
    def mark(self) -> str:
        """How arrows name this row: by its key; before it has one, by its number."""
        return self.item["key"] if self.item else drawing.mark(self.prefix)

    @property
    def is_added(self) -> bool:
        """Has it just been added?"""
        return self.is_new and not self.is_bound

    @property
    def kind_now(self) -> str:
        return self["kind"].value() or "open"

    @property
    def happens(self) -> str | Promise:
        return HAPPENS.get(self.kind_now, "")

    def kind_input(self) -> str:
        """The choice; with JavaScript, another one redraws what depends on it."""
        look = {"add": f"{drawing.LOOK}:{self.prefix}"}
        return self["kind"].as_widget(
            attrs={
                "hx-post": reverse("agreement_section", args=["stages"]),
                "hx-vals": json.dumps(look),
                "hx-target": "#stages",
                "hx-select": "#stages",
                "hx-swap": "outerHTML",
            }
        )

    @property
    def means(self) -> str | Promise:
        return MEANS.get(self.kind_now, "")

    @property
    def heading(self) -> str:
        return self.called

    @property
    def leads_to(self) -> str:
        return ", ".join(target.name for target in self.targets if target.checked)

    @property
    def drawn(self) -> list[str]:
        return [*(self["next"].value() or []), *self.more]

    def draw(self, mark: str) -> None:
        """An arrow to the stage of this mark."""
        self.more.append(mark)

    def goes(self) -> bool:
        """Is it marked to be removed?"""
        return bool(self.is_bound and self["removed"].value())

    def offer(self, rows: list[StageRow]) -> None:
        """Arrows can be drawn to the stages of these rows to which somebody brings leads."""
        drawn, others = self.drawn, [row for row in rows if row is not self and not row.goes()]
        self.fields["next"].choices = [(each, each) for each in {*drawn, *(r.mark for r in rows)}]
        for row in others:
            if row.mark in drawn or row.kind_now in ARROWS.get(self.kind_now, ()):
                id_ = f"arrow-{self.prefix}-{row.mark}"
                self.targets.append(Target(row.mark, row.called, id_, row.mark in drawn))
        self.sources = [row.called for row in others if self.mark in row.drawn]

    def is_left_empty(self) -> bool:
        """A new stage without a name, nobody's yet."""
        return self.is_new and not any(self["name"].value() or []) and not self._says_more()

    def _says_more(self) -> bool:
        return any(self["meaning"].value() or [])


class StagesSection(SectionForm):
    key = "stages"
    title = gettext_lazy("Stages and criteria")
    hint = gettext_lazy(
        "A lead moves along the arrows. It enters a stage by itself when all criteria of that "
        "stage hold; where sales decides, there are none."
    )
    live = "scoring/sections/_stages_live.html"

    def build(self) -> None:
        self.stages = self.rows(StageRow, "stages", self.body["stages"])
        self.ordered = self.stages.forms
        drawing.draw_new(self.ordered, self.add_to == "stages")
        for row in self.ordered:
            row.offer(self.ordered)
        self.criteria = {row.mark: self._criteria(row) for row in self.ordered}

    def blocks(self) -> Iterator[tuple[StageRow, bool, Rows | None, Buttons | None]]:
        """Each stage, whether it is unfolded, its criteria where it may have some, and what to add
        to them."""
        for row in self.ordered:
            criteria, is_open = self.criteria[row.mark], self.is_open(row)
            if criteria.forms or self._may_have_criteria(row):
                yield row, is_open, criteria, adding(criteria.name, CriterionRow)
            else:
                yield row, is_open, None, None

    def adds(self) -> list[tuple[Adding, str | Promise]]:
        """A button for each kind of stage, with what it means."""
        if len(self.ordered) >= MOST_STAGES:
            return []
        return [(Adding(f"stages:{kind}", label), MEANS[kind]) for kind, label in HAPPENS.items()]

    @property
    def lacks_handover(self) -> bool:
        return not any(row.kind_now == Stage.Kind.HANDOFF for row in self.ordered)

    def parts(self) -> list[Any]:
        return [self.stages, *self.criteria.values()]

    def value(self) -> list[ItemJSON]:
        rows = [row for row in self.ordered if not row.is_left_empty() and not row.is_removed()]
        keys = self._keys(rows)
        found = []
        for row in rows:
            given = row.value() | {"key": keys[row.mark], "criteria": self._entry(row)}
            given["next"] = drawing.arrows(row, given["next"], keys)
            row.written_key = given["key"]
            found.append(given)
        return found

    def place(self, steps: list[str]) -> tuple[forms.Form | None, str | None]:
        """Where a fault of the text is shown; see `faults`."""
        row = next((r for r in self.ordered if steps[1:2] == [r.written_key or r.mark]), None)
        if row is None:
            return None, None
        if steps[2:3] == ["criteria"] and steps[3:]:
            for each in self.criteria[row.mark]:
                known = each.item["key"] if each.item else ""
                if (each.written_key or known) == steps[3]:
                    return each, None
        return row, next((step for step in steps[2:] if step in row.fields), None)

    def is_open(self, row: StageRow) -> bool:
        """Are the inputs of the stage to be seen at once?"""
        few, stepped = len(self.ordered) < 3, self.add_family == row.prefix
        rows = self.criteria[row.mark]
        inside = self.add_to == rows.name or any(each.is_open for each in rows)
        return few or stepped or row.is_begun or inside

    def _criteria(self, row: StageRow) -> Rows:
        items = (row.item or {}).get("criteria") or []
        return self.rows(CriterionRow, f"criteria-{row.mark}", items)

    def _may_have_criteria(self, row: StageRow) -> bool:
        first = next((r for r in self.ordered if r.kind_now == Stage.Kind.OPEN), None)
        return row.kind_now in MACHINE_ENTERS and row is not first

    def _entry(self, row: StageRow) -> list[ItemJSON] | None:
        """The criteria as given; as they were, where the page showed none."""
        criteria = self.criteria[row.mark]
        shown = self.data is None or criteria.count_name in self.data
        return (criteria.value() if shown else (row.item or {}).get("criteria")) or None

    def _keys(self, rows: list[StageRow]) -> dict[str, str]:
        """Keys by mark; a new stage gets one that no stage of the draft has."""
        taken = {each["key"] for each in self.body["stages"]}
        keys = {}
        for row in rows:
            keys[row.mark] = row.mark if row.item else fresh_key(row.key_source(), taken)
            taken.add(keys[row.mark])
        return keys
