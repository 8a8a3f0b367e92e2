"""Text into records: delimiters and quotes, with every bad line named and no good one lost."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

# A quoted field may run over several lines. A quote that is never closed must not swallow
# the rest of the file: after so many lines it counts as a stray one.
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Record:
    """The fields of one row. `line` is the line of the file on which it starts, from 1.
    With a `problem` the fields could not be told apart."""

    line: int
    fields: list[str]
    problem: str = ""


def lines_of(text: str) -> list[str]:
    """The physical lines, without what ends them."""
    return [line.rstrip("\r\n") for line in io.StringIO(text, newline="")]


def records(lines: Sequence[str], delimiter: str, *, start: int = 0) -> Iterator[Record]:
    """The records from index `start` on; lines without any text are left out."""
    at = start
    while at < len(lines):
        if not lines[at].strip():
            at += 1
            continue
        record, used = _record(lines, at, delimiter)
        yield record
        at += used


def _record(lines: Sequence[str], at: int, delimiter: str) -> tuple[Record, int]:
    """The record that starts at index `at`, and how many lines it takes."""
    text, quotes = "", 0
    for used, line in enumerate(lines[at : at + MOST_LINES], start=1):
        text = f"{text}\n{line}" if used > 1 else line
        quotes += line.count('"')
        if used > 1 and quotes % 2:
            continue
        try:
            return Record(at + 1, _fields(text, delimiter)), used
        except _Unclosed:
            continue
        except csv.Error as problem:
            return Record(at + 1, [], _wording(problem)), 1
    return Record(at + 1, [], _("A quotation mark is opened and never closed.")), 1


class _Unclosed(Exception):
    """A quoted field goes on in the next line."""


def _fields(text: str, delimiter: str) -> list[str]:
    reader = csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(reader)
    except csv.Error as problem:
        if "unexpected end of data" in str(problem):
            raise _Unclosed from problem
        raise


def _wording(problem: csv.Error) -> str:
    if "field limit" in str(problem):
        return _("A field is longer than 131,072 characters.")
    return _("A quotation mark stands inside a field; it must be doubled.")
