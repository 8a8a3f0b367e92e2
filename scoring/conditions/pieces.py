"""Small readers of which the parsers of conditions are put together. They raise Refused."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from leads.refusals import Refused

MOST_VALUES = 200


def only(data: dict[str, Any], *names: str) -> None:
    """No other names than these."""
    surplus = sorted(set(data) - set(names))
    if surplus:
        raise shape(_("“%(key)s” has no meaning here.") % {"key": surplus[0]}, surplus[0])


def keys(data: dict[str, Any], name: str) -> tuple[str, ...]:
    """Keys in alphabetical order: the same set is the same measure."""
    found = data.get(name) or []
    good = isinstance(found, list) and all(isinstance(key, str) and key for key in found)
    if not good or len(found) > MOST_VALUES or any("\x00" in key for key in found):
        raise shape(_("“%(name)s” needs a list of keys.") % {"name": name}, name)
    return tuple(sorted(set(found)))


def some_keys(data: dict[str, Any], name: str) -> tuple[str, ...]:
    """Keys, at least one."""
    found = keys(data, name)
    if not found:
        raise shape(_("“%(name)s” needs a list of keys, at least one.") % {"name": name}, name)
    return found


def whole(value: Any, name: str, least: int, most: int) -> int:
    """A whole number within bounds."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        limits = {"name": name, "least": least, "most": most}
        message = _("“%(name)s” needs a whole number from %(least)d to %(most)d.") % limits
        raise shape(message, name)
    return value


def yes(value: Any, name: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise shape(_("“%(name)s” is true or false.") % {"name": name}, name)
    return value


def one_of(value: Any, name: str, allowed: tuple[str, ...]) -> str:
    """One of a few words."""
    if not isinstance(value, str) or value not in allowed:
        raise shape(_("Choose one of: %(names)s.") % {"names": ", ".join(allowed)}, name)
    return value


def shape(message: str, field: str = "") -> Refused:
    return Refused("condition_unreadable", message, _("Correct it and try again."), field=field)
