"""What a check finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Problem:
    """Something in a body that could not run or be read. `path` says where, by keys. `later`:
    something is missing yet; a draft may be saved without it, but not proposed."""

    path: str
    message: str
    later: bool = False

    def __str__(self) -> str:
        return self.message


class Check(Protocol):
    """Looks at one value of a body and yields what is wrong with it. `schema` says in JSON Schema
    what it lets pass."""

    schema: dict[str, Any]

    def __call__(self, value: Any, path: str) -> Iterator[Problem]: ...


def join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)
