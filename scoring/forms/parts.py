"""What the forms of all sections have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from scoring.documents import Body, ItemJSON
from scoring.forms.bases import Context
from scoring.forms.leaves import FAMILIES, RARE
from scoring.forms.rows import Row, Rows

PLAIN = "row"


@dataclass(frozen=True)
class Adding:
    """A button that adds a row to a list: its value, and what it says."""

    value: str
    label: str | Promise


@dataclass(frozen=True)
class Buttons:
    """All buttons that add to one list; `rare` ones are shown behind a click."""

    name: str
    usual: tuple[Adding, ...]
    rare: tuple[Adding, ...] = ()


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


def adding(name: str, families: tuple[str, ...]) -> Buttons:
    """A button for each kind of condition a new row may have."""
    made = {family: Adding(f"{name}:{family}", FAMILIES[family]) for family in families}
    usual = tuple(button for family, button in made.items() if family not in RARE)
    return Buttons(name, usual, tuple(button for f, button in made.items() if f in RARE))


def one_more(name: str, label: str | Promise) -> Buttons:
    return Buttons(name, (Adding(f"{name}:{PLAIN}", label),))
