"""The outline of a condition in the editor: which node stands in which group.

A node has a name that stays while it is moved: "g2" is a group, "c7" a condition, "b9" a line
on which nothing was chosen yet. The page posts the outline as text: "g0(c1,g2(c3,b4))".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, count
from typing import Any

from scoring.documents import BRANCHES, ConditionJSON

GROUP, LEAF, BLANK = "g", "c", "b"
LONGEST = 2000
_WORD = re.compile(r"([gcb][0-9]{1,4})|([(),])")


class Outline:
    """A tree of names. `parts` lists the names in each group; names are given once."""

    def __init__(self, root: str, parts: dict[str, list[str]] | None = None) -> None:
        self.root, self.parts = root, parts or {}
        if root.startswith(GROUP):
            self.parts.setdefault(root, [])

    def __str__(self) -> str:
        return self._written(self.root)

    def names(self) -> Iterator[str]:
        """From the top down."""
        waiting = [self.root]
        while waiting:
            name = waiting.pop()
            yield name
            waiting += reversed(self.parts.get(name, []))

    def parent(self, name: str) -> str | None:
        return next((group for group, parts in self.parts.items() if name in parts), None)

    def level(self, name: str) -> int:
        """1 at the top."""
        above = self.parent(name)
        return 1 if above is None else 1 + self.level(above)

    def levels(self) -> int:
        """How many levels it has. A group needs a condition: it is two levels at least."""
        deepest, line = 0, [self.root]
        while line:
            deepest += 1
            empty = any(name.startswith(GROUP) and not self.parts[name] for name in line)
            line = [part for name in line for part in self.parts.get(name, [])]
            deepest += empty and not line
        return deepest

    def fresh(self, letter: str, *, above: int = 0) -> str:
        """A name that no node has or had."""
        numbers = [int(name[1:]) for name in self.names()]
        return f"{letter}{max([*numbers, above - 1]) + 1}"

    def append(self, group: str, name: str) -> None:
        self.parts[group].append(name)
        self._open(name)

    def insert_after(self, name: str, new: str) -> None:
        line = self._line(name)
        line.insert(line.index(name) + 1, new)
        self._open(new)

    def replace(self, name: str, new: str) -> None:
        """Put `new` where `name` stands, which leaves the outline with all that is in it."""
        above = self.parent(name)
        if above is None:
            self.root = new
        else:
            line = self.parts[above]
            line[line.index(name)] = new
        self._open(new)
        self.parts = {group: line for group, line in self.parts.items() if group in self._all(new)}

    def wrap(self, name: str, group: str) -> None:
        """Put a new group around a node."""
        above = self.parent(name)
        if above is None:
            self.root = group
        else:
            line = self.parts[above]
            line[line.index(name)] = group
        self.parts[group] = [name]

    def unwrap(self, group: str) -> None:
        """Put what is in a group in its place. Raises ValueError where only one may stand."""
        above, inside = self.parent(group), self.parts[group]
        if above is None:
            if len(inside) != 1:
                raise ValueError(group)
            self.root = inside[0]
        else:
            line = self.parts[above]
            at = line.index(group)
            line[at : at + 1] = inside
        del self.parts[group]

    def remove(self, name: str) -> None:
        """Take a node away, with all that is in it. Raises ValueError at the top."""
        self._line(name).remove(name)
        self.parts = {group: line for group, line in self.parts.items() if group in self._all()}

    def move(self, name: str, step: int, *, deepest: int) -> None:
        """One line up (-1) or down (+1): past a neighbour, into a group, or out of one."""
        above = self.parent(name)
        if above is None:
            return
        line = self.parts[above]
        at = line.index(name)
        if 0 <= at + step < len(line):
            self._past(line, at, step, deepest)
        elif (over := self.parent(above)) is not None:
            line.remove(name)
            outer = self.parts[over]
            outer.insert(outer.index(above) + (step > 0), name)

    def _past(self, line: list[str], at: int, step: int, deepest: int) -> None:
        name, neighbour = line[at], line[at + step]
        line.pop(at)
        if neighbour.startswith(GROUP):
            inside = self.parts[neighbour]
            inside.insert(0 if step > 0 else len(inside), name)
            if self.levels() <= deepest:
                return
            inside.remove(name)
        line.insert(at + step, name)

    def _open(self, name: str) -> None:
        if name.startswith(GROUP):
            self.parts.setdefault(name, [])

    def _line(self, name: str) -> list[str]:
        above = self.parent(name)
        if above is None:
            raise ValueError(name)
        return self.parts[above]

    def _all(self, *more: str) -> set[str]:
        return {*self.names(), *more}

    def _written(self, name: str) -> str:
        if not name.startswith(GROUP):
            return name
        return f"{name}({','.join(self._written(part) for part in self.parts[name])})"


def of(
    when: ConditionJSON, found: dict[str, ConditionJSON], *, deepest: int, number: int = 0
) -> Outline:
    """The outline of a condition, and in `found` each part by its name, numbered from `number`.
    What is nested deeper than that is one part, as it is."""
    lines: dict[str, list[str]] = {}
    numbers = {GROUP: count(number), LEAF: count(number)}

    def name(part: Any, level: int) -> str:
        branch = _branch(part) if level < deepest else ""
        letter = GROUP if branch else LEAF
        called = f"{letter}{next(numbers[letter])}"
        found[called] = {branch: []} if branch else part
        if branch:
            lines[called] = []
            lines[called] += [name(each, level + 1) for each in part[branch]]
        return called

    return Outline(name(when, 1), lines)


def _branch(part: Any) -> str:
    """all, any or none, of a group that is nothing else."""
    if not isinstance(part, dict) or len(part) != 1:
        return ""
    branch = next(iter(part))
    return branch if branch in BRANCHES and isinstance(part[branch], list) else ""


def read(written: str, *, deepest: int) -> Outline:
    """The outline that was posted. Raises ValueError where it is none, or has more levels."""
    if len(written) > LONGEST or _nested(written) >= deepest:
        raise ValueError("deep")
    if _WORD.sub("", written):
        raise ValueError("unreadable")
    found, above, last = Outline(""), [], ""
    for name, mark in _WORD.findall(written):
        if name:
            if last and last not in "(,":
                raise ValueError("unreadable")
            _take(found, above, name)
        elif mark == "(":
            if not last.startswith(GROUP):
                raise ValueError("unreadable")
            above.append(last)
        elif not above or (mark == "," and last in ("(", ",")):
            raise ValueError("unreadable")
        elif mark == ")":
            above.pop()
        last = name or mark
    if above or not found.root:
        raise ValueError("unreadable")
    return found


def _nested(written: str) -> int:
    """How many groups are open at once, at most."""
    marks = (1 if mark == "(" else -1 for mark in written if mark in "()")
    return max(accumulate(marks), default=0)


def _take(found: Outline, above: list[str], name: str) -> None:
    if not found.root:
        found.root = name
        found._open(name)
    elif not above or name in found._all():
        raise ValueError("unreadable")
    else:
        found.append(above[-1], name)
