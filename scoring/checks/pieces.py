"""Small checks of which the shape of a body is put together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from scoring.checks.findings import Check, Problem, join
from scoring.documents import LANGUAGES

KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}\Z")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}\Z")


# Format characters by which words are written: joiners (scripts, emoji), hyphens, tags (flags).
_FORMS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}\N{SOFT HYPHEN}") | {
    chr(point) for point in range(0xE0020, 0xE0080)
}
_NEVER_SHOWN = ("Cc", "Cs", "Cf", "Zl", "Zp")


def cannot_be_shown(words: str) -> bool:
    """Has it control characters, marks that turn the direction of writing, or others that nobody
    sees? Two names that look the same would not be."""
    return any(
        unicodedata.category(each) in _NEVER_SHOWN and each != "\n" and each not in _FORMS
        for each in words
    )


def described(check: Check, schema: Mapping[str, Any]) -> Check:
    """The check, saying in JSON Schema what it lets pass, as far as that can say it."""
    check.schema = dict(schema)
    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these names, the optional ones perhaps."""
    names = dict(required) | dict(optional or {})
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: part.schema for name, part in names.items()},
        "additionalProperties": False,
    }
    if required:
        schema["required"] = list(required)

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(path, _("This must be an object with names and values."))
            return
        for name in required.keys() - value.keys():
            yield Problem(join(path, name), _("“%(name)s” is missing.") % {"name": name})
        for name, part in value.items():
            if name in names:
                yield from names[name](part, join(path, name))
            else:
                message = _("“%(name)s” is not part of an agreement here.") % {"name": name}
                yield Problem(join(path, name), message)

    return described(check, schema)


def listed(each: Check, *, least: int = 0, most: int) -> Check:
    """A list of objects, each with a key of its own in this list."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(path, _("This must be a list."))
            return
        if not least <= len(value) <= most:
            counts = {"least": least, "most": most, "count": len(value)}
            message = _("Between %(least)s and %(most)s are allowed here; there are %(count)s.")
            yield Problem(path, message % counts)
        seen: set[str] = set()
        for number, part in enumerate(value, 1):
            name = part.get("key") if isinstance(part, dict) else None
            name = name if isinstance(name, str) else str(number)
            if name in seen:
                message = _("The key “%(key)s” stands here twice.") % {"key": name}
                yield Problem(join(path, name), message)
            seen.add(name)
            yield from each(part, join(path, name))

    return described(
        check, {"type": "array", "items": each.schema, "minItems": least, "maxItems": most}
    )


def nullable(inner: Check) -> Check:
    """The inner check, or null."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if value is not None:
            yield from inner(value, path)

    return described(check, {"anyOf": [inner.schema, {"type": "null"}]})


def key(value: Any, path: str) -> Iterator[Problem]:
    """A stable name: small letters, digits, _ and -."""
    if not isinstance(value, str) or not KEY.match(value):
        message = _("A key is up to 60 small letters, digits, “_” and “-”, a letter first.")
        yield Problem(path, message)


def choice(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, str) or value not in allowed:
            words = {"value": value, "allowed": ", ".join(allowed)}
            yield Problem(path, _("“%(value)s” is not one of: %(allowed)s.") % words)

    return described(check, {"enum": list(allowed)})


def whole(least: int, most: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield Problem(path, _("This must be a whole number."))
        elif not least <= value <= most:
            bounds = {"least": least, "most": most, "value": value}
            message = _("%(value)s is outside of what is allowed: %(least)s to %(most)s.")
            yield Problem(path, message % bounds)

    return described(check, {"type": "integer", "minimum": least, "maximum": most})


def wholes(least: int, most: int, *, least_of: int, most_of: int) -> Check:
    """A list of whole numbers within bounds, so many of them."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(path, _("This must be a list."))
            return
        if not least_of <= len(value) <= most_of:
            counts = {"least": least_of, "most": most_of, "count": len(value)}
            message = _("Between %(least)s and %(most)s are allowed here; there are %(count)s.")
            yield Problem(path, message % counts)
        for number, each in enumerate(value, 1):
            yield from whole(least, most)(each, join(path, number))

    return described(
        check,
        {
            "type": "array",
            "items": {"type": "integer", "minimum": least, "maximum": most},
            "minItems": least_of,
            "maxItems": most_of,
        },
    )


def text(most: int, *, blank: bool = False) -> Check:
    """A text, or one for each language, English at least."""
    one = _words(most, blank=blank)

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield from _plain(value, path, most, blank)
            return
        if "en" not in value or value.keys() - set(LANGUAGES):
            yield Problem(path, _("A text is given in English (en), and in German (de) if wished."))
        for language, words in value.items():
            yield from _plain(words, join(path, language), most, blank)

    return described(check, {"anyOf": [one, _in_languages(one)]})


def texts(longest: int, *, most: int) -> Check:
    """A list of different texts, the same in every language."""

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(path, _("This must be a list."))
            return
        if len(value) > most:
            counts = {"least": 0, "most": most, "count": len(value)}
            message = _("Between %(least)s and %(most)s are allowed here; there are %(count)s.")
            yield Problem(path, message % counts)
        for number, words in enumerate(value, 1):
            yield from _plain(words, join(path, number), longest, blank=False)
            if value.index(words) < number - 1:
                yield Problem(
                    join(path, number), _("“%(value)s” stands here twice.") % {"value": words}
                )

    return described(
        check, {"type": "array", "items": _words(longest), "maxItems": most, "uniqueItems": True}
    )


def flag(value: Any, path: str) -> Iterator[Problem]:
    """Yes or no."""
    if not isinstance(value, bool):
        yield Problem(path, _("This must be yes or no."))


def day(value: Any, path: str) -> Iterator[Problem]:
    """A date as in 2027-03-31."""
    if not isinstance(value, str) or not DAY.match(value) or not _exists(value):
        yield Problem(path, _("This must be a date, such as 2027-03-31."))


def moment(value: Any, path: str) -> Iterator[Problem]:
    """A local date and time as in 2027-03-31T08:00."""
    if not isinstance(value, str) or not MOMENT.match(value) or not _exists(value):
        yield Problem(path, _("This must be a date and a time, such as 2027-03-31T08:00."))


def _words(most: int, *, blank: bool = False) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": most}
    return schema if blank else schema | {"pattern": r"\S"}


def _in_languages(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict.fromkeys(LANGUAGES, one),
        "required": [LANGUAGES[0]],
        "additionalProperties": False,
    }


def _whole(pattern: re.Pattern[str]) -> str:
    """As JSON Schema writes what Python matches."""
    return "^" + pattern.pattern.replace(r"\Z", "$")


def _exists(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def anything(value: Any, path: str) -> Iterator[Problem]:
    """Checked elsewhere."""
    yield from ()


def _plain(value: Any, path: str, most: int, blank: bool) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(path, _("This must be a text."))
    elif not value.strip() and not blank:
        yield Problem(path, _("This text is empty."))
    elif len(value) > most:
        yield Problem(path, _("This text is longer than %(most)s characters.") % {"most": most})
    elif cannot_be_shown(value):
        yield Problem(path, _("This text has characters that cannot be shown."))


described(key, {"type": "string", "pattern": _whole(KEY)})
described(flag, {"type": "boolean"})
described(day, {"type": "string", "pattern": _whole(DAY)})
described(moment, {"type": "string", "pattern": _whole(MOMENT)})
described(anything, {"$ref": "#/$defs/condition"})
