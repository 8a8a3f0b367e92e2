"""Points of rules added up to scores and ledgers, in SQL.

Three SELECTs stand around one another: sums of each group, what caps and floors leave of them, the
score with its ledger. They say in SQL what `scoring.ledgers.sums` says in Python. Each is fenced
by an OFFSET: without it the planner writes the inner expressions out wherever they are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from scoring import ledgers
from scoring.binds import Text
from scoring.documents import GROUPS
from scoring.ledgers import Cell
from scoring.rulebooks import Rulebook

# Later than any moment: SQLite's MIN of several values is NULL where one of them is.
NEVER = "9999"


def scored(points: Text, rulebook: Rulebook) -> Text:
    """Columns pk, fit, engagement, total, ledger (JSON) and next_change_at.

    `points` selects pk, r0, r1, … (the points of each rule in order) and next_change_at.
    """
    cells = ledgers.layout(rulebook.body)
    summed = _summed(points, rulebook, cells)
    return _with_ledger(_limited(summed, cells), rulebook, cells)


def around(inner: Text, columns: Iterable[str], params: list[Any], alias: str) -> Text:
    """A SELECT of columns, which take these parameters, from another, fenced off from it."""
    sql = f"SELECT {', '.join(columns)} FROM ({inner[0]}) {alias} {_fence()}"
    return sql, [*params, *inner[1]]


def earliest(moments: list[str]) -> str:
    """The first of some columns, null where all are."""
    quoted = [connection.ops.quote_name(name) for name in moments]
    if not _sqlite():
        return f"LEAST({', '.join(quoted)})"
    known = ", ".join(f"COALESCE({name}, '{NEVER}')" for name in quoted)
    return f"NULLIF(MIN({known}, '{NEVER}'), '{NEVER}')"


def _summed(points: Text, rulebook: Rulebook, cells: Iterable[Cell]) -> Text:
    """Adds s_profile, s_channel, s_actions: what the rules of each group give, after their caps."""
    caps = {cell.key: cell.limit for cell in cells if cell.kind == ledgers.RULE_CAP}
    sums, params = [], []
    for group in GROUPS:
        terms = ["0"]
        for n, rule in enumerate(rulebook.rules):
            if rule.group == group:
                term, limits = _capped(f"r{n}", caps.get(rule.key))
                terms.append(term)
                params += limits
        sums.append(f"{' + '.join(terms)} AS s_{group}")
    return around(points, ["points.*", *sums], params, "points")


def _limited(summed: Text, cells: Iterable[Cell]) -> Text:
    """Adds c_GROUP (after the group's cap) and g_GROUP (after its floor)."""
    limits = {(cell.kind, cell.key): cell.limit for cell in cells}
    columns, params = ["summed.*"], []
    for group in GROUPS:
        capped, cap = _bounded(_least(), f"s_{group}", limits.get((ledgers.GROUP_CAP, group)))
        columns.append(f"{capped} AS c_{group}")
        floored, floor = _bounded(_greatest(), capped, limits.get((ledgers.GROUP_FLOOR, group)))
        columns.append(f"{floored} AS g_{group}")
        params += [*cap, *cap, *floor]
    return around(summed, columns, params, "summed")


def _with_ledger(limited: Text, rulebook: Rulebook, cells: Sequence[Cell]) -> Text:
    fit = " + ".join(f"g_{group}" for group in ledgers.FIT)
    ledger, params = _ledger(rulebook, cells)
    floors = [cell.limit for cell in cells if cell.kind == ledgers.TOTAL_FLOOR]
    total, floor = _bounded(_greatest(), f"{fit} + g_actions", *floors or [None])
    columns = [
        "pk",
        f"{fit} AS fit",
        "g_actions AS engagement",
        f"{total} AS total",
        f"{ledger} AS ledger",
        "next_change_at",
    ]
    return around(limited, columns, [*floor, *params], "limited")


def _ledger(rulebook: Rulebook, cells: Iterable[Cell]) -> Text:
    """All cells as one JSON list."""
    places = {rule.key: f"r{n}" for n, rule in enumerate(rulebook.rules)}
    values, params = [], []
    for cell in cells:
        value, limits = _cell(cell, places)
        values.append(f"({value})")
        params += limits
    if not _sqlite():
        # Not jsonb_build_array: functions take 100 arguments at most.
        return f"to_jsonb(ARRAY[{', '.join(values)}]::integer[])", params
    return f"'[' || {_concatenated(values)} || ']'", params


def _cell(cell: Cell, places: dict[str, str]) -> Text:
    if cell.kind == ledgers.RULE:
        return places[cell.key], []
    if cell.kind == ledgers.RULE_CAP:
        capped, params = _capped(places[cell.key], cell.limit)
        return f"{capped} - {places[cell.key]}", params
    if cell.kind == ledgers.GROUP_CAP:
        return f"c_{cell.group} - s_{cell.group}", []
    if cell.kind == ledgers.GROUP_FLOOR:
        return f"g_{cell.group} - c_{cell.group}", []
    total = " + ".join(f"g_{group}" for group in GROUPS)
    return f"{_greatest()}(%s - ({total}), 0)", [cell.limit]


def _capped(value: str, cap: int | None) -> Text:
    """Within ±cap."""
    if cap is None:
        return value, []
    return f"{_greatest()}({_least()}({value}, %s), %s)", [cap, -cap]


def _bounded(function: str, value: str, limit: int | None) -> Text:
    return (value, []) if limit is None else (f"{function}({value}, %s)", [limit])


def _concatenated(values: list[str]) -> str:
    """Values with commas between them, as a balanced tree: SQLite limits the depth."""
    if len(values) <= 1:
        return "".join(values) or "''"
    middle = len(values) // 2
    return f"({_concatenated(values[:middle])} || ',' || {_concatenated(values[middle:])})"


def _fence() -> str:
    return "LIMIT -1 OFFSET 0" if _sqlite() else "OFFSET 0"


def _least() -> str:
    return "MIN" if _sqlite() else "LEAST"


def _greatest() -> str:
    return "MAX" if _sqlite() else "GREATEST"


def _sqlite() -> bool:
    return connection.vendor == "sqlite"
