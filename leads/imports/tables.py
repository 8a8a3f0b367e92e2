"""A file as a table: its delimiter, its header, and its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils.translation import gettext as _

from leads.imports.records import Record, lines_of, records
from leads.refusals import Refused

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}
_SAMPLE = 50
_DAMAGED = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Table:
    """`columns` are the header's names, or "1", "2", … where there is no header; `rows` the
    records below, each with as many fields as there are columns or with a problem."""

    columns: list[str]
    rows: list[Record]
    delimiter: str
    header: bool
    empty_rows: int

    @property
    def delimiter_name(self) -> str:
        """How people call the delimiter."""
        return _NAMES.get(self.delimiter, self.delimiter)


def table(
    text: str, wanted: Sequence[str], *, delimiter: str | None = None, header: bool | None = None
) -> Table:
    """The table in `text`. `wanted` are the columns a mapping names: a delimiter that is not
    given is the one under which the header has them. Raises Refused where a wanted column is
    missing or stands there twice, and where the delimiter cannot be told."""
    lines = lines_of(text)
    start = 0
    if lines and lines[0].strip('"').lower().startswith("sep=") and len(lines[0].strip('"')) == 5:
        delimiter, start = delimiter or lines[0].strip('"')[4], 1
    if header is None:
        header = not all(name.isdecimal() for name in wanted)
    delimiter = delimiter or _delimiter(lines, wanted, start=start, header=header)
    found = list(records(lines, delimiter, start=start))
    if not found:
        raise Refused("unreadable_file", _("The file has no lines."), _("Export it again."))
    names = _names(found[0], header)
    _check_columns(names, wanted, header)
    rows, empty = _rows(found[1:] if header else found, names)
    return Table(names, rows, delimiter, header, empty)


def _delimiter(lines: Sequence[str], wanted: Sequence[str], *, start: int, header: bool) -> str:
    """The one under which every wanted column is there and rows are as wide as the first."""
    fitting = {}
    for delimiter in DELIMITERS:
        sample = list(islice(records(lines, delimiter, start=start), _SAMPLE))
        names = _names(sample[0], header) if sample else []
        same = sum(len(record.fields) == len(names) for record in sample)
        fitting[delimiter] = (len(set(wanted) & set(names)), len(names) > 1 and same)
    best = max(fitting.values())
    winners = [delimiter for delimiter, fit in fitting.items() if fit == best]
    if len(winners) > 1 and best[1]:
        raise Refused(
            "ambiguous_delimiter",
            _("The file can be split in several ways: by %(delimiters)s.")
            % {"delimiters": ", ".join(_NAMES[delimiter] for delimiter in winners)},
            _("Set `delimiter` in the mapping."),
            field="delimiter",
        )
    return winners[0]


def _names(first: Record, header: bool) -> list[str]:
    if header:
        return [_DAMAGED.sub("\ufffd", name).strip() for name in first.fields]
    return [str(number) for number in range(1, len(first.fields) + 1)]


def _check_columns(names: list[str], wanted: Sequence[str], header: bool) -> None:
    missing = [name for name in wanted if name not in names]
    if missing:
        there = ", ".join(f"“{name}”" for name in names if name) or "—"
        raise Refused(
            "missing_columns",
            _("The file has no column %(missing)s. It has: %(there)s.")
            % {"missing": ", ".join(f"“{name}”" for name in missing), "there": there},
            _("Correct `columns` in the mapping, or set `delimiter`, `encoding` or `header`.")
            if header
            else _("Without a header, columns are named by their number, from 1."),
            field="columns",
        )
    twice = sorted({name for name in wanted if names.count(name) > 1})
    if twice:
        raise Refused(
            "doubled_columns",
            _("The file has more than one column %(twice)s.")
            % {"twice": ", ".join(f"“{name}”" for name in twice)},
            _("Rename one of them in the file."),
            field="columns",
        )


def _rows(found: Sequence[Record], names: Sequence[str]) -> tuple[list[Record], int]:
    rows, empty = [], 0
    for record in found:
        if not record.problem and not any(text.strip() for text in record.fields):
            empty += 1
        else:
            rows.append(_fitted(record, names))
    return rows, empty


def _fitted(record: Record, names: Sequence[str]) -> Record:
    """Surplus empty fields at the end go, missing ones of columns without a name come; a row of
    another width has a problem."""
    have, width = len(record.fields), len(names)
    if record.problem or have == width:
        return record
    if have < width and not any(names[have:]):
        return Record(record.line, record.fields + [""] * (width - have))
    if have > width and not any(text.strip() for text in record.fields[width:]):
        return Record(record.line, record.fields[:width])
    problem = _("The row has %(have)s fields, the table %(width)s columns.")
    return Record(record.line, record.fields, problem % {"have": have, "width": width})
