"""Numbers as exports write them. 1.234 is two numbers: what is not clear is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from leads import values
from leads.refusals import Refused

Cell = tuple[int, str]  # line, text

_MONEY = re.compile(r"^(?:[€$£¥]|[A-Z]{3}\b)\s*|\s*(?:[€$£¥]|\b[A-Z]{3})$")
_SPACES = re.compile("(?<=\\d)[ '’\u00a0\u202f](?=\\d{3}(?:\\D|$))")
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+")
_COMMA_GROUPS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")
_POINT_DECIMAL = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)\.\d+(?:[eE][+-]?\d{1,2})?")
_COMMA_DECIMAL = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+")


class NoNumber(ValueError):
    """A text that is no number in the format of its column."""


@dataclass(frozen=True)
class NumberFormat:
    """`decimal` is the sign before the fraction, "." or ","; the other one groups thousands.
    Blanks and apostrophes group them in both; a currency beside the number is left out.
    `plain` says that neither sign was seen."""

    decimal: str
    plain: bool = False

    @property
    def words(self) -> str:
        """The format as an example."""
        if self.plain:
            return "1234"
        return "1,234.5" if self.decimal == "." else "1.234,5"

    def number(self, text: str) -> int | float:
        """Raises NoNumber."""
        bare = _bare(text)
        groups, fraction = (
            (_COMMA_GROUPS, _POINT_DECIMAL)
            if self.decimal == "."
            else (_POINT_GROUPS, _COMMA_DECIMAL)
        )
        whole = re.fullmatch(r"[+-]?\d+", bare) or groups.fullmatch(bare)
        if not whole and not fraction.fullmatch(bare):
            raise NoNumber(text)
        plain = bare.replace("," if self.decimal == "." else ".", "").replace(",", ".")
        try:
            return values.number(plain)
        except values.Unreadable as problem:
            raise NoNumber(text) from problem


def given(example: str) -> NumberFormat:
    """The format a mapping gives by an example, "1,234.5" or "1.234,5". Raises Refused."""
    bare = _bare(example)
    if _POINT_DECIMAL.fullmatch(bare) and not _EITHER.fullmatch(bare):
        return NumberFormat(".")
    if _COMMA_DECIMAL.fullmatch(bare) and not _EITHER.fullmatch(bare):
        return NumberFormat(",")
    raise Refused(
        "bad_mapping",
        _("“%(format)s” is no number format.") % {"format": example},
        _('Set `number_format` to "1,234.5" or to "1.234,5".'),
        field="number_format",
    )


def detect(cells: Iterable[Cell], column: str) -> NumberFormat:
    """The format of a column's numbers. Raises Refused, naming `number_format`, when they can
    be read in two ways or contradict each other."""
    signs: dict[str, Cell] = {}
    unclear: Cell | None = None
    for line, text in cells:
        bare = _bare(text)
        if _EITHER.fullmatch(bare):
            unclear = unclear or (line, text)
        elif sign := _decimal(bare):
            signs.setdefault(sign, (line, text))
    if len(signs) > 1:
        raise _undecided(column, signs["."], signs[","])
    if unclear and not signs:
        raise _undecided(column, unclear)
    return NumberFormat(next(iter(signs), "."), plain=not signs)


def _decimal(bare: str) -> str:
    """The sign before the fraction, where a number shows it; "" where it does not."""
    if "." not in bare and "," not in bare:
        return ""
    if _POINT_DECIMAL.fullmatch(bare) and not _POINT_GROUPS.fullmatch(bare):
        return "."
    if _COMMA_DECIMAL.fullmatch(bare) and not _COMMA_GROUPS.fullmatch(bare):
        return ","
    if _POINT_GROUPS.fullmatch(bare):
        return "." if bare.lstrip("+-").startswith("0") else ","
    if _COMMA_GROUPS.fullmatch(bare):
        return "," if bare.lstrip("+-").startswith("0") else "."
    return ""


def _bare(text: str) -> str:
    return _SPACES.sub("", _MONEY.sub("", text.strip()).strip())


def _undecided(column: str, *examples: Cell) -> Refused:
    where = ", ".join(
        _("“%(text)s” in line %(line)s") % {"text": text[:40], "line": line}
        for line, text in examples
    )
    return Refused(
        "ambiguous_number",
        _("The numbers in column “%(column)s” can be read in two ways: %(where)s.")
        % {"column": column, "where": where},
        _('Set `number_format` in the mapping to "1,234.5" or to "1.234,5".'),
        field="number_format",
    )
