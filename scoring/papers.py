"""An agreement as a JSON document: read strictly, so that what comes in is what was meant.

What goes out is `documents.canonical`; read back, it gives the same bytes and the same hash.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from scoring import checks
from scoring.checks import Problem
from scoring.checks.findings import join
from scoring.checks.pieces import cannot_be_shown
from scoring.documents import Body

MOST_BYTES = 4 * checks.LONGEST
DEEPEST = 24
MOST_DIGITS = 18
# No name in an agreement is longer. Each part of it carries those above it in its path.
LONGEST_NAME = 200
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


class NotRead(Exception):
    """The document cannot be taken. `problems` say where and why, `remedy` what to do."""

    def __init__(self, problems: list[Problem], remedy: str) -> None:
        super().__init__(str(problems[0]))
        self.problems = problems
        self.remedy = remedy


def read(data: bytes) -> Body:
    """The body that a document says, checked throughout. Raises NotRead."""
    if len(data) > MOST_BYTES:
        message = _("This file is larger than any agreement.")
        raise NotRead([Problem("", message)], _("Choose the JSON document of one version."))
    body = _plain(_parsed(_decoded(data)), "", 1)
    problems = checks.validate(body)
    if problems:
        raise NotRead(problems, _("Correct these in the document, and import it again."))
    return body


@dataclass(frozen=True)
class _Pairs:
    """An object as it is written, names that stand twice and all."""

    items: list[tuple[str, Any]]


@dataclass(frozen=True)
class _Odd:
    """A number that has no place in an agreement."""

    written: str


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = _("This is not a text in UTF-8: byte %(n)s cannot be read.")
        raise _unreadable(message % {"n": error.start + 1}) from None
    if text.startswith(BOM):
        message = _("The document begins with an invisible mark (a byte order mark).")
        raise NotRead([Problem("", message)], _("Save it as UTF-8 without that mark."))
    return text


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_Pairs,
            parse_float=_Odd,
            parse_constant=_Odd,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        message = _("This is not JSON: it breaks off in line %(line)s, column %(column)s.")
        raise _unreadable(message % where) from None
    except RecursionError:
        raise _too_deep("") from None


def _whole(written: str) -> int | _Odd:
    return int(written) if len(written.lstrip("-")) <= MOST_DIGITS else _Odd(written)


def _plain(value: Any, path: str, depth: int) -> Any:
    """The value with plain objects and numbers; refuses what would not come back as it is."""
    if depth > DEEPEST:
        raise _too_deep(path)
    if isinstance(value, _Pairs):
        return _object(value, path, depth)
    if isinstance(value, list):
        return [
            _plain(part, join(path, _name(part, number)), depth + 1)
            for number, part in enumerate(value, 1)
        ]
    if isinstance(value, _Odd):
        message = _("“%(number)s” is not a whole number of a usual size.")
        number = value.written[:MOST_DIGITS]
        raise _wrong(path, message % {"number": number}, _("Write whole numbers only."))
    if isinstance(value, str):
        _refuse_invisible(value, path)
    return value


def _object(pairs: _Pairs, path: str, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, part in pairs.items:
        _refuse_endless(name, path)
        _refuse_invisible(name, path)
        if name in found:
            message = _("“%(name)s” stands here twice.") % {"name": name}
            raise _wrong(join(path, name), message, _("Keep one of the two."))
        found[name] = _plain(part, join(path, name), depth + 1)
    return found


def _name(part: Any, number: int) -> object:
    """How paths call a part of a list: by its key where it has one."""
    pairs = part.items if isinstance(part, _Pairs) else []
    key = next((value for name, value in pairs if name == "key"), None)
    usual = isinstance(key, str) and len(key) <= LONGEST_NAME and key.isprintable()
    return key if usual else number


def _refuse_endless(name: str, path: str) -> None:
    if len(name) > LONGEST_NAME:
        message = _("“%(name)s…” is longer than any name in an agreement.") % {"name": name[:20]}
        raise _wrong(path, message, _("Remove it."))


def _refuse_invisible(words: str, path: str) -> None:
    if cannot_be_shown(words):
        message = _("This text has characters that cannot be shown.")
        raise _wrong(path, message, _("Remove them: they came in by copying."))


def _too_deep(path: str) -> NotRead:
    message = _("This is nested too deeply to be read by people.")
    shorter = ".".join(path.split(".")[:8])
    return _wrong(shorter, message, _("Write conditions of at most five levels."))


def _wrong(path: str, message: str, remedy: str) -> NotRead:
    return NotRead([Problem(path, message)], remedy)


def _unreadable(message: str) -> NotRead:
    remedy = _("Take the document as Baton gave it out, or check it with a JSON editor.")
    return NotRead([Problem("", message)], remedy)
