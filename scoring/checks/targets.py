"""Can a goal be measured, and do its numbers fit what is measured?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

MONEY = ("revenue", "pipeline")


def faults(goal: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The input that is wrong, and a sentence that says what to do."""
    yield from _measured(goal) if goal.get("metric") else _said(goal)
    yield from _countered(goal)


def _measured(goal: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not goal.get("amount"):
        yield "amount", _("Say how much it is to be.")
    if not goal.get("period"):
        yield "period", _("Say whether in a month, a quarter or a year.")
    currency = goal.get("currency") or ""
    if goal["metric"] not in MONEY:
        if currency:
            yield "currency", _("Only money has a currency. Leave this empty.")
    elif not (
        len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()
    ):
        yield "currency", _("Give the currency in three letters, such as EUR.")


def _said(goal: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not goal.get("target"):
        yield "target", _("Say the target in words, or choose what it is measured by.")
    for name in ("amount", "currency", "period"):
        if goal.get(name):
            yield name, _("Choose what it is measured by, or leave this empty.")


def _countered(goal: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    share = goal.get("counter_amount")
    if goal.get("counter_metric") and not share:
        yield "counter_amount", _("Say how many per cent.")
    elif share and not goal.get("counter_metric"):
        yield "counter_metric", _("Choose what these per cent are of, or leave them empty.")
    elif share and share > 100:
        yield "counter_amount", _("A share is at most 100 per cent.")
