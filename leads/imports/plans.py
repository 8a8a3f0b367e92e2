"""Everything that is decided before the first row is written."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext as _

from leads import fields
from leads.imports import columns, files, mappings, tables, targets
from leads.imports.columns import BadCell, Column, Problem, Row
from leads.imports.mappings import ColumnSpec, Mapping
from leads.imports.records import Record
from leads.imports.targets import LEAD_TARGETS, Kind
from leads.models import Attribute
from leads.refusals import Refused


@dataclass(frozen=True)
class Plan:
    """A file, its mapping and how each column is read. Nothing is written yet."""

    kind: Kind
    file: files.Text
    table: tables.Table
    mapping: Mapping
    mapping_json: dict[str, object]
    columns: tuple[Column, ...]
    constants: Table[str, object]

    @property
    def targets(self) -> dict[str, Column]:
        """Columns by what they become."""
        return {column.target.key: column for column in self.columns}

    @property
    def new_attributes(self) -> list[Attribute]:
        """Lead fields that the mapping describes and nobody has registered yet."""
        return [column.target.new for column in self.columns if column.target.new]

    @property
    def left_out(self) -> list[str]:
        """Columns of the file that the mapping does not name."""
        return [name or "—" for name in self.table.columns if name not in self.mapping.wanted]

    def takes(self, *keys: str) -> bool:
        """Does any column or constant become one of these?"""
        return any(key in self.targets or key in self.constants for key in keys)

    def rows(self) -> Iterator[Row]:
        """What each row says, with its problems."""
        by_target = self.targets
        for record in self.table.rows:
            yield self._row(record, by_target)

    def _row(self, record: Record, by_target: Table[str, Column]) -> Row:
        row = Row(record.line, record.fields, by_target, dict(self.constants))
        if record.problem:
            row.problems.append(Problem(record.line, "", "", record.problem))
            return row
        for column in self.columns:
            try:
                value = column.cell(record.fields[column.index], self.mapping)
            except BadCell as problem:
                row.problems.append(row.problem(str(problem), column.target.key))
                continue
            if value is not None:
                row.cells[column.target.key] = value
        return row


class Planned(Protocol):
    """What a plan needs of the writer that will follow it."""

    kind: Kind

    @staticmethod
    def check(plan: Plan) -> None:
        """Raises Refused for a mapping that this kind cannot follow."""


def plan(path: Path, mapping_path: Path, writer: type[Planned]) -> Plan:
    """How to take the file in. Raises Refused, naming the key of the mapping to set or to
    correct, for everything because of which the import cannot start."""
    mapping, mapping_json = mappings.read(mapping_path)
    kind = targets.names(mapping, writer.kind)
    known = fields.registry()
    chosen = [(spec, targets.resolve(spec, kind, known)) for spec in _specs(mapping, kind)]
    _refuse_doubles(chosen)
    constants = targets.constants(mapping, kind, known)
    _refuse_gaps(kind, mapping, {target.key for _spec, target in chosen} | constants.keys())
    file = files.read(path, encoding=mapping.encoding)
    table = tables.table(
        file.text, mapping.wanted, delimiter=mapping.delimiter, header=mapping.header
    )
    read = [
        columns.column(spec, target, table.columns.index(spec.column), table.rows, mapping)
        for spec, target in chosen
    ]
    said = {
        target.key: columns.constant(key, target, mapping.constants[key], mapping)
        for key, target in constants.items()
    }
    made = Plan(kind, file, table, mapping, mapping_json, tuple(read), said)
    writer.check(made)
    return made


def _specs(mapping: Mapping, kind: Kind) -> list[ColumnSpec]:
    """The columns, and that of `known_at` once more, whatever else it becomes."""
    if not mapping.known_at:
        return list(mapping.columns)
    dated = next((spec for spec in mapping.columns if spec.column == mapping.known_at), None)
    known_at = ColumnSpec(
        mapping.known_at, "field", "known_at", date_format=dated.date_format if dated else ()
    )
    return [spec for spec in mapping.columns if spec.key != "known_at" or spec != dated] + [
        known_at
    ]


def _refuse_doubles(chosen: list[tuple[ColumnSpec, targets.Target]]) -> None:
    taken: dict[str, str] = {}
    for spec, target in chosen:
        if target.key in taken:
            raise Refused(
                "bad_mapping",
                _("“%(one)s” and “%(two)s” both become “%(key)s”.")
                % {"one": taken[target.key], "two": spec.column, "key": target.key},
                _("Map one of them to something else, or to null."),
                field="columns",
            )
        taken[target.key] = spec.column


def _refuse_gaps(kind: Kind, mapping: Mapping, there: set[str]) -> None:
    for needed in kind.required:
        if not there & set(needed):
            raise Refused(
                "bad_mapping",
                _("An import of %(kind)s needs a column for “%(target)s”.")
                % {"kind": kind.name, "target": "” / “".join(needed)},
                _("Name it in `columns`, or give one value for all rows in `constants`."),
                field="columns",
            )
    if kind.line_identifies and not mapping.source and not there & LEAD_TARGETS.keys():
        raise Refused(
            "bad_mapping",
            _("No column says who a row is about: neither email nor external_id nor visitor."),
            _("Map one, or name the `source`: then the line of that source identifies a lead."),
            field="source",
        )
