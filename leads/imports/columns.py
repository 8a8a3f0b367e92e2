"""The columns of a table, and what their cells say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from leads import fields, formulas, values
from leads.fields import FieldSpec
from leads.folding import fold
from leads.imports import dates, numbers
from leads.imports.mappings import ColumnSpec, Mapping
from leads.imports.records import Record
from leads.imports.targets import MOMENT, Target
from leads.refusals import Refused

Reader = Callable[[str], object]
_MOST_SHOWN = 200
_DAMAGED = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell, or with a whole row: then `column` and `value` are empty."""

    line: int
    column: str
    value: str
    problem: str


@dataclass
class Row:
    """What one row says: `cells` by target. `fields` are the texts behind them."""

    line: int
    fields: Sequence[str]
    columns: Table[str, Column]
    cells: dict[str, object]
    problems: list[Problem] = field(default_factory=list)

    def problem(self, said: str, target: str = "") -> Problem:
        """Something is wrong with the cell behind `target`, or with the row."""
        column = self.columns.get(target)
        if column is None:
            return Problem(self.line, "", "", said)
        text = self.fields[column.index][:_MOST_SHOWN]
        return Problem(self.line, column.name, _DAMAGED.sub("\ufffd", text), said)


class BadCell(ValueError):
    """A cell that says something its target cannot take."""


@dataclass(frozen=True)
class Column:
    """One mapped column. `format` is how its dates or numbers are written, for people."""

    name: str
    index: int
    target: Target
    spec: ColumnSpec
    read: Reader
    format: str = ""

    def cell(self, text: str, mapping: Mapping) -> object:
        """What the cell says, None for nothing. Raises BadCell."""
        said = None if mapping.is_blank(text) else text
        if said is not None and self.spec.values:
            said = self.spec.values.get(fold(text), text)
        if said is None:
            return None
        value = self.read(said)
        return _canonical(self.target.field, value) if self.target.field else value


def column(
    spec: ColumnSpec, target: Target, index: int, rows: Sequence[Record], mapping: Mapping
) -> Column:
    """A column with the format of its cells, detected where the mapping gives none.
    Raises Refused where that cannot be done for sure."""
    if target.type in (MOMENT, "date"):
        form = _date_format(spec, index, rows, mapping)
        read = form.moment if target.type == MOMENT else form.day
        return Column(spec.column, index, target, spec, _as_date(read, form.words), form.words)
    if target.type == "number":
        form = _number_format(spec, index, rows, mapping)
        return Column(spec.column, index, target, spec, _as_number(form), form.words)
    return Column(spec.column, index, target, spec, _TEXT_READERS.get(target.type, _clean))


def constant(name: str, target: Target, text: str, mapping: Mapping) -> object:
    """What a constant of the mapping says. Raises Refused as a column of one cell would."""
    spec = ColumnSpec(f"constants.{name}", "field", target.key)
    try:
        return column(spec, target, 0, [Record(0, [text])], mapping).cell(text, mapping)
    except BadCell as problem:
        raise Refused(
            "bad_mapping",
            _("The constant “%(name)s”: %(problem)s") % {"name": name, "problem": problem},
            field="constants",
        ) from problem


def _date_format(
    spec: ColumnSpec, index: int, rows: Sequence[Record], mapping: Mapping
) -> dates.DateFormat:
    cells = _cells(spec, index, rows, mapping)
    formats = spec.date_format or mapping.date_format
    if not formats:
        return dates.detect(cells, spec.column, mapping.zone)
    form = dates.given(formats, mapping.zone)
    form.check(cells, spec.column)
    return form


def _number_format(
    spec: ColumnSpec, index: int, rows: Sequence[Record], mapping: Mapping
) -> numbers.NumberFormat:
    example = spec.number_format or mapping.number_format
    if example:
        return numbers.given(example)
    return numbers.detect(_cells(spec, index, rows, mapping), spec.column)


def _cells(
    spec: ColumnSpec, index: int, rows: Sequence[Record], mapping: Mapping
) -> list[tuple[int, str]]:
    """Line and text of every cell that says something itself."""
    return [
        (row.line, row.fields[index])
        for row in rows
        if not row.problem
        and not mapping.is_blank(row.fields[index])
        and not (spec.values and fold(row.fields[index]) in spec.values)
    ]


def _canonical(field: FieldSpec, value: object) -> object:
    try:
        return fields.canonical(field, value)
    except Refused as refusal:
        raise BadCell(str(refusal)) from refusal


def _as_date(read: Reader, words: str) -> Reader:
    def cell(text: str) -> object:
        try:
            return read(text)
        except dates.NoDate as problem:
            raise BadCell(_("Is not a date as %(format)s.") % {"format": words}) from problem

    return cell


def _as_number(form: numbers.NumberFormat) -> Reader:
    def cell(text: str) -> object:
        try:
            return form.number(text)
        except numbers.NoNumber as problem:
            example = {"format": form.words}
            raise BadCell(_("Is not a number like %(format)s.") % example) from problem

    return cell


def _clean(text: str) -> str:
    try:
        return formulas.meant(values.clean(text))
    except values.Unreadable as problem:
        raise BadCell(str(problem)) from problem


def _boolean(text: str) -> bool:
    try:
        return values.boolean(text)
    except values.Unreadable as problem:
        raise BadCell(str(problem)) from problem


_TEXT_READERS: dict[str, Reader] = {"boolean": _boolean}
