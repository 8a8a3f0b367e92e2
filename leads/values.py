"""Values in canonical form: one stored form for everything that means the same."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from leads import countries
from leads.folding import fold

Value = str | int | float | bool | None

LONGEST_TEXT = 2000
LARGEST_NUMBER = 10**15
LARGEST_WHOLE = 2**31 - 1
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,2})?", re.IGNORECASE)
# Marks that turn the direction of writing, also of what stands behind the value.
_TURNING = dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_YES = {"yes", "true", "ja", "wahr", "y", "j", "t", "1", "x", "on"}
_NO = {"no", "false", "nein", "falsch", "n", "f", "0", "off"}


class Unreadable(ValueError):
    """A value that its type cannot hold. The text says why, for people."""


def canonical(
    raw: object,
    *,
    type: str,
    length: int = LONGEST_TEXT,
    whole: bool = False,
    choices: Sequence[str] = (),
) -> Value:
    """`raw` in the one form in which it is stored, None for nothing. Raises Unreadable."""
    raw = clean(raw) if isinstance(raw, str) else raw
    if raw is None or raw == "":
        return None
    if type == "number":
        return _whole(number(raw)) if whole else number(raw)
    if type == "choice":
        return _choice(raw, choices)
    value = _READERS[type](raw)
    if isinstance(value, str) and len(value) > length:
        limit = {"length": length, "have": len(value)}
        raise Unreadable(_("Longer than %(length)s characters: %(have)s.") % limit)
    return value


def clean(raw: str) -> str:
    """Stripped and composed text that leaves the direction of writing to its letters. Raises
    Unreadable for text no database keeps."""
    if "\x00" in raw or any("\ud800" <= c <= "\udfff" for c in raw):
        raise Unreadable(_("Contains characters that are not text."))
    return unicodedata.normalize("NFC", raw.translate(_TURNING)).strip()


def text(raw: object) -> str:
    """Stripped text; a number is taken as it is written."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise Unreadable(_("Is not text."))
    return clean(raw if isinstance(raw, str) else str(raw))


def number(raw: object) -> int | float:
    """A finite number below 10¹⁵, an int where it is whole. Text has a decimal point, if any."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise Unreadable(_("Is not a number."))
    if isinstance(raw, str) and not _PLAIN_NUMBER.fullmatch(raw):
        raise Unreadable(_("Is not a number; write it like 1234.5."))
    value = Decimal(raw) if isinstance(raw, str) else raw
    if not math.isfinite(value) or abs(value) >= LARGEST_NUMBER:
        raise Unreadable(_("Is not a number below 10 to the power of 15."))
    return int(value) if value == int(value) else float(value)


def day(raw: object) -> str:
    """A date as ISO text. A moment counts as its day here."""
    if isinstance(raw, datetime):
        return (timezone.localtime(raw) if timezone.is_aware(raw) else raw).date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    try:
        return date.fromisoformat(text(raw)).isoformat()
    except ValueError as problem:
        raise Unreadable(_("Is not a date; write it like 2026-03-31.")) from problem


def boolean(raw: object) -> bool:
    """Yes or no, said in English, German or by a figure."""
    if isinstance(raw, bool):
        return raw
    said = fold(text(raw))
    if said not in _YES | _NO:
        raise Unreadable(_("Is neither yes nor no."))
    return said in _YES


def email(raw: object) -> str:
    """An e-mail address in lower case."""
    address = text(raw).lower()
    try:
        validate_email(address)
    except ValidationError as problem:
        raise Unreadable(_("Is not an e-mail address.")) from problem
    return address


def country(raw: object) -> str:
    """The two-letter code of a country given by code or by its English or German name."""
    code = countries.code(text(raw))
    if code is None:
        raise Unreadable(_("Is not a country Baton knows; write its two-letter code."))
    return code


def _whole(value: int | float) -> int:
    if value != int(value) or not 0 <= value <= LARGEST_WHOLE:
        raise Unreadable(_("Is not a whole number from 0 to %(most)s.") % {"most": LARGEST_WHOLE})
    return int(value)


def _choice(raw: object, choices: Sequence[str]) -> str:
    said = fold(text(raw))
    for choice in choices:
        if fold(choice) == said:
            return choice
    raise Unreadable(_("Is none of: %(choices)s.") % {"choices": ", ".join(choices)})


_READERS: dict[str, Callable[[object], Value]] = {
    "text": text,
    "date": day,
    "boolean": boolean,
    "email": email,
    "country": country,
}
