"""Points of rules added up to scores and ledgers, in SQL.

Two SELECTs stand around one another: sums of each group, then what caps and floors leave of them,
the score and its ledger. They say in SQL what `scoring.ledgers.sums` says in Python. Each is fenced
by an OFFSET, without which the planner writes the inner expressions out wherever they are used;
PostgreSQL is told of the order in which rows come anyway, so that the write needs no sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from scoring import ledgers
from scoring.binds import Text
from scoring.documents import GROUPS
from scoring.ledgers import Cell
from scoring.rulebooks import Rulebook

# Later than any moment: SQLite's MIN of several values is NULL where one of them is.
NEVER = "9999"
# SQLite's functions take 127.
MOST_ARGUMENTS = 100
# The column of what was corrected by hand.
CORRECTED = "corrected"


def scored(points: Text, rulebook: Rulebook, moments: Sequence[str], *, whole: bool) -> Text:
    """Columns pk, fit, engagement, total; with `whole` also ledger and next_change_at.

    `points` selects pk, r0, r1, … (the points of each rule in order), `corrected`, and columns
    of moments.
    """
    cells = ledgers.layout(rulebook.body)
    columns = {"pk": "pk"} | _score(cells)
    if whole:
        columns["ledger"] = _ledger(rulebook, cells)
        columns["next_change_at"] = _earliest(moments)
    if not _sqlite():
        points = f"{points[0]} ORDER BY 1", points[1]
    summed = _around(points, ["points.*", *_group_sums(rulebook, cells)], "points")
    return _around(summed, [f"{value} AS {name}" for name, value in columns.items()], "summed")


def _around(inner: Text, columns: Iterable[str], alias: str) -> Text:
    """A SELECT of columns from another, fenced off from it."""
    fence = "LIMIT -1 OFFSET 0" if _sqlite() else "ORDER BY 1 OFFSET 0"
    sql = f"SELECT {', '.join(columns)} FROM ({inner[0]}) {alias} {fence}"
    return sql, inner[1]


def _group_sums(rulebook: Rulebook, cells: Iterable[Cell]) -> list[str]:
    """s_profile, s_channel, s_actions: what the rules of each group give, after their caps."""
    caps = {cell.key: cell.limit for cell in cells if cell.kind == ledgers.RULE_CAP}
    sums = []
    for group in GROUPS:
        terms = [
            _within(f"r{n}", caps.get(rule.key))
            for n, rule in enumerate(rulebook.rules)
            if rule.group == group
        ]
        sums.append(f"{' + '.join(terms) or '0'} AS s_{group}")
    return sums


def _score(cells: Sequence[Cell]) -> dict[str, str]:
    fit = " + ".join(_limited(group, cells) for group in ledgers.FIT)
    total = _before_floor(cells)
    for cell in cells:
        if cell.kind == ledgers.TOTAL_FLOOR:
            total = _greatest(total, cell.limit)
    return {"fit": fit, "engagement": _limited("actions", cells), "total": total}


def _before_floor(cells: Sequence[Cell]) -> str:
    return " + ".join([*(_limited(group, cells) for group in GROUPS), CORRECTED])


def _limited(group: str, cells: Iterable[Cell]) -> str:
    """What a group gives, after its cap and its floor."""
    value = _capped(group, cells)
    for cell in cells:
        if (cell.kind, cell.key) == (ledgers.GROUP_FLOOR, group):
            value = _greatest(value, cell.limit)
    return value


def _capped(group: str, cells: Iterable[Cell]) -> str:
    value = f"s_{group}"
    for cell in cells:
        if (cell.kind, cell.key) == (ledgers.GROUP_CAP, group):
            value = _least(value, cell.limit)
    return value


def _ledger(rulebook: Rulebook, cells: Sequence[Cell]) -> str:
    """All cells: an array of integers, in SQLite JSON."""
    places = {rule.key: f"r{n}" for n, rule in enumerate(rulebook.rules)}
    values = [_cell(cell, cells, places) for cell in cells]
    if _sqlite():
        parts = [values[n : n + MOST_ARGUMENTS] for n in range(0, len(values), MOST_ARGUMENTS)]
        return "'[' || " + " || ',' || ".join(map(_printed, parts)) + " || ']'"
    return f"ARRAY[{', '.join(values)}]::integer[]"


def _cell(cell: Cell, cells: Sequence[Cell], places: dict[str, str]) -> str:
    if cell.kind == ledgers.RULE:
        return places[cell.key]
    if cell.kind == ledgers.RULE_CAP:
        return f"{_within(places[cell.key], cell.limit)} - {places[cell.key]}"
    if cell.kind == ledgers.GROUP_CAP:
        return f"{_capped(cell.group, cells)} - s_{cell.group}"
    if cell.kind == ledgers.GROUP_FLOOR:
        return f"{_limited(cell.group, cells)} - {_capped(cell.group, cells)}"
    if cell.kind == ledgers.CORRECTION:
        return CORRECTED
    return _greatest(f"{int(cell.limit)} - ({_before_floor(cells)})", 0)


def _earliest(moments: Sequence[str]) -> str:
    """The first of some columns, null where all are."""
    if not moments:
        return "NULL" if _sqlite() else "NULL::timestamptz"
    quoted = [connection.ops.quote_name(name) for name in moments]
    if not _sqlite():
        # A column that is null for every lead would be text.
        return f"LEAST({', '.join(f'{name}::timestamptz' for name in quoted)})"
    known = ", ".join(f"COALESCE({name}, '{NEVER}')" for name in quoted)
    return f"NULLIF(MIN({known}, '{NEVER}'), '{NEVER}')"


def _within(value: str, cap: int | None) -> str:
    """Within ±cap."""
    return value if cap is None else _greatest(_least(value, cap), -cap)


def _least(value: str, limit: int | None) -> str:
    return f"{'MIN' if _sqlite() else 'LEAST'}({value}, {int(limit or 0)})"


def _greatest(value: str, limit: int | None) -> str:
    return f"{'MAX' if _sqlite() else 'GREATEST'}({value}, {int(limit or 0)})"


def _printed(values: list[str]) -> str:
    """Numbers with commas between them. The percent signs are doubled for the driver."""
    return f"printf('{','.join(['%%d'] * len(values))}', {', '.join(values)})"


def _sqlite() -> bool:
    return connection.vendor == "sqlite"
