"""What the forms of all sections have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.forms import Form
from django.forms.utils import ErrorDict
from django.utils.functional import Promise

from scoring.documents import Body, ItemJSON
from scoring.forms import orders, starts, steps
from scoring.forms.bases import Context
from scoring.forms.conditional import ConditionRow
from scoring.forms.nodes import Said
from scoring.forms.rows import Row, Rows
from scoring.forms.starts import Menu

PLAIN = "row"


@dataclass(frozen=True)
class Adding:
    """A button that adds a row to a list: its value, and what it says."""

    value: str
    label: str | Promise


@dataclass(frozen=True)
class Buttons:
    """All that adds to one list: buttons, and what a row with a condition may start from."""

    name: str
    usual: tuple[Adding, ...]
    menus: tuple[Menu, ...] = ()


class SectionForm:
    """Inputs of a section. `add` is what a button says: a list's name and what a new row in it
    starts from, or a step in a condition."""

    key: str
    title: str | Promise
    hint: str | Promise = ""
    # What goes along with the preview, to keep the inputs' own sentences up with what is typed.
    live: str = "scoring/sections/_said.html"

    def __init__(self, body: Body, data: Mapping[str, str] | None = None, add: str = "") -> None:
        self.step, self.lists = steps.read(add), []
        self.body, self.data = body, orders.stepped(data, self.step)
        self.context = Context(body)
        self.add_to, _colon, self.add_family = ("", "", "") if self.step else add.partition(":")
        self.valid: bool | None = None
        self.build()
        if add:
            self.valid = self.is_valid()
            self.calm()

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
        if self.valid is not None:
            return self.valid
        valid = [part.is_valid() for part in self.parts()]
        return all(valid)

    def calm(self) -> None:
        """While something is added, what is not complete yet is not called wrong."""
        for part in self.parts():
            if isinstance(part, Form):
                part._errors = ErrorDict()
        for row in chain(*self.lists):
            row.calm()

    def said(self) -> Iterator[Said]:
        """The sentence of each row and of each part of its condition, as typed so far."""
        for row in chain(*self.lists):
            yield from row.says()

    def rows(self, kind: type[Row], name: str, items: list[ItemJSON]) -> Rows:
        add = self.add_family or PLAIN if self.add_to == name else ""
        rows = Rows(kind, name, items, self.context, self.data, add=add, step=self.step)
        self.lists.append(rows)
        return rows


def adding(name: str, kind: type[ConditionRow]) -> Buttons:
    """A menu of what a new row with a condition may start from."""
    return Buttons(name, (), starts.menus(kind.families))


def one_more(name: str, label: str | Promise) -> Buttons:
    return Buttons(name, (Adding(f"{name}:{PLAIN}", label),))
