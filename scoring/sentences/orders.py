"""How one order became another, as the fewest moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def moves(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(who was moved, above whom who stayed), in the new order; above nobody: to the end. Both
    hold the same names."""
    staying = _staying(before, after) if before != after else set(after)
    for at, name in enumerate(after):
        if name not in staying:
            yield name, next((each for each in after[at:] if each in staying), "")


def _staying(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The most that kept their order; of equals, those further down: what is moved is said to be
    moved up."""
    places = {name: n for n, name in enumerate(before)}
    chains: list[tuple[str, ...]] = []
    for name in reversed(after):
        behind = [chain for chain in chains if places[chain[0]] > places[name]]
        chains.append((name, *max(behind, key=len, default=())))
    return set(max(chains, key=len, default=()))
