"""What the document is made of: sections of groups of clauses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

STAGE = "stage-"  # and the stage's key: the anchor that the map links to.


@dataclass(frozen=True)
class Clause:
    """One numbered statement. `detail` goes on in soft words, `value` is the figure it sets.
    `anchor` is the stage it is about, where no section of its own is."""

    number: str
    key: str
    text: str
    detail: str = ""
    value: str = ""
    side: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Group:
    """Clauses under a small heading, with what limits them all."""

    title: str
    note: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Section:
    """A numbered part. `key` is its anchor; `edited_in` the section of the draft to change it."""

    number: int
    key: str
    title: str
    small: str
    intro: str
    groups: tuple[Group, ...]
    edited_in: str

    @property
    def anchor(self) -> str:
        return self.key if self.key.startswith(STAGE) else f"part-{self.key}"

    @property
    def is_empty(self) -> bool:
        return not any(group.clauses for group in self.groups)


def one_group(
    key: str, title: str, small: str, intro: str, clauses: Iterable[Clause], edited_in: str = ""
) -> Section:
    group = Group("", "", tuple(clauses))
    return Section(0, key, title, small, intro, (group,), edited_in or key)
