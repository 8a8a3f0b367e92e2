"""Companies, recognised by their folded names."""

from __future__ import annotations

from collections.abc import Iterable

from leads.folding import fold
from leads.models import Company


def find_or_add(names: Iterable[str]) -> dict[str, int]:
    """The id of each company by folded name; one nobody knows is added. Up to three queries."""
    wanted = {folded_name(name): name for name in names if fold(name)}
    known = _ids(wanted)
    new = [
        Company(name=name, name_folded=folded)
        for folded, name in sorted(wanted.items())
        if folded not in known
    ]
    if new:
        Company.objects.bulk_create(new, ignore_conflicts=True)
        known = _ids(wanted)
    return known


def folded_name(name: str) -> str:
    """The key by which a company is recognised."""
    return fold(name)[:200]


def _ids(folded: Iterable[str]) -> dict[str, int]:
    names = list(folded)
    if not names:
        return {}
    found = Company.objects.filter(name_folded__in=names)
    return dict(found.values_list("name_folded", "pk"))
