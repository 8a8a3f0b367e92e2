"""When time alone next changes what is counted: as cheap as one more aggregate.

Each activity has a next boundary of its own, the first window it has not left. The earliest of
them is at or before the next change, never after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Case, DateTimeField, Expression, F, Q, When

from scoring.measures import declared
from scoring.measures.declared import Measure
from scoring.measures.joins import DaysLater
from scoring.measures.scopes import Scope


def next_of_each(watched: Iterable[Measure], scope: Scope) -> Expression:
    """Of each activity, the moment at which it leaves the next of the windows that look at its
    type; null where none does."""
    of_any, by_type = _windows(watched, scope)
    by_windows: dict[tuple[int, ...], list[int]] = {}
    for pk, windows in by_type.items():
        by_windows.setdefault(tuple(sorted(windows | of_any)), []).append(pk)
    cases = [
        When(Q(type_id__in=ids), then=_next(windows, scope, "occurred_at"))
        for windows, ids in by_windows.items()
    ]
    rest = _next(tuple(sorted(of_any)), scope, "occurred_at") if of_any else None
    if not cases:
        return rest or Case(output_field=DateTimeField())
    return Case(*cases, default=rest, output_field=DateTimeField())


def next_window(windows: Iterable[int], scope: Scope, moment: str) -> Expression:
    """The moment at which a dated row leaves the next of some windows."""
    return _next(tuple(sorted(set(windows))), scope, moment)


def _windows(watched: Iterable[Measure], scope: Scope) -> tuple[set[int], dict[int, set[int]]]:
    """Windows that look at any activity, and those that look at a type, by its id."""
    of_any: set[int] = set()
    by_type: dict[int, set[int]] = {}
    for measure in watched:
        types = (*measure.types, *measure.and_types)
        if not types or measure.of in (declared.FIRST, declared.LATEST):
            of_any.update(measure.windows())
            continue
        for pk in scope.ids.type_ids(types):
            by_type.setdefault(pk, set()).update(measure.windows())
    return of_any, by_type


def _next(windows: Sequence[int], scope: Scope, moment: str) -> Expression:
    steps = [When(scope.within(days, moment), then=DaysLater(F(moment), days)) for days in windows]
    return Case(*steps, output_field=DateTimeField())
