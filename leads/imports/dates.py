"""Dates and moments as exports write them. What can be read in two ways is refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from leads.folding import fold
from leads.refusals import Refused

Cell = tuple[int, str]  # line, text

_MONTHS = {
    name: number
    for number, names in enumerate(
        "january januar janner|february februar feber|march marz maerz mrz|april|may mai|june juni|"
        "july juli|august|september sept|october oktober okt|november|december dezember dez".split(
            "|"
        ),
        start=1,
    )
    for full in names.split()
    for name in {full, full[:3]}
}
_PARTS = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})")
_COMPACT = re.compile(r"(19|20)(\d{2})(\d{2})(\d{2})")
_WEEKDAY = re.compile(r"^[^\W\d]{2,10}\.?,\s*")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th)?[-\s/]*([^\W\d]{3,9})\.?[-\s/,]*(\d{4})")
_MONTH_FIRST = re.compile(r"([^\W\d]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_TIME = re.compile(
    r"[T\s,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"\s*([AaPp])?(?:\.?[Mm]\.?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)


class NoDate(ValueError):
    """A text that is no date in the format of its column."""


class DateFormat:
    """How the dates of one column are read. `words` says it as people write formats."""

    def __init__(self, words: str, read_day: Callable[[str], date], zone: ZoneInfo) -> None:
        self.words = words
        self._read_day = read_day
        self._zone = zone

    def moment(self, text: str) -> datetime:
        """The moment; without a time the start of the day. Raises NoDate."""
        text = text.strip()
        clock = _TIME.search(text)
        try:
            if not clock:
                return _moment(self._read_day(text), time(), self._zone)
            day = self._read_day(text[: clock.start()].strip())
            return _moment(day, _clock(clock), _zone(clock[6]) or self._zone)
        except (ValueError, OverflowError) as problem:
            raise NoDate(text) from problem

    def day(self, text: str) -> str:
        """The date as ISO text. Raises NoDate."""
        return self.moment(text).astimezone(self._zone).date().isoformat()


class GivenFormat(DateFormat):
    """A format that the mapping gives, in the signs of strptime, or "unix" or "unix_ms"."""

    def __init__(self, formats: Sequence[str], zone: ZoneInfo) -> None:
        super().__init__(" or ".join(formats), self._any_day, zone)
        self._formats = formats

    def moment(self, text: str) -> datetime:
        text = text.strip()
        for one in self._formats:
            try:
                return self._whole(text, one)
            except (ValueError, OverflowError):
                continue
        return super().moment(text)

    def check(self, cells: Iterable[Cell], column: str) -> None:
        """Raises Refused when the format fits none of the column's dates."""
        first = None
        for line, text in cells:
            first = first or (line, text)
            try:
                self.moment(text)
            except NoDate:
                continue
            return
        if first:
            raise _undecided(column, _("none is written as %(f)s") % {"f": self.words}, [first])

    def _whole(self, text: str, one: str) -> datetime:
        if one in UNIX:
            return datetime.fromtimestamp(int(text) / UNIX[one], tz=UTC)
        read = datetime.strptime(text, one)
        return read if read.tzinfo else read.replace(tzinfo=self._zone)

    def _any_day(self, text: str) -> date:
        """The date before a time that the format does not mention."""
        for one in self._formats:
            try:
                return datetime.strptime(text, one).date()
            except ValueError:
                continue
        raise NoDate(text)


UNIX = {"unix": 1, "unix_ms": 1000}


def given(formats: Sequence[str], zone: ZoneInfo) -> GivenFormat:
    """The formats a mapping gives. Raises Refused for what is none."""
    for one in formats:
        if one not in UNIX and not _is_format(one):
            raise Refused(
                "bad_mapping",
                _("“%(format)s” is no date format.") % {"format": one},
                _('Write `date_format` like "%(example)s".') % {"example": "%d.%m.%Y"},
                field="date_format",
            )
    return GivenFormat(formats, zone)


def detect(cells: Iterable[Cell], column: str, zone: ZoneInfo) -> DateFormat:
    """The format of a column's dates. Raises Refused, naming `date_format`, when they can be
    read in more than one way, contradict each other, or are none."""
    shapes: dict[str, list[Cell]] = defaultdict(list)
    for line, text in cells:
        shapes[_shape(_bare(text))].append((line, text))
    unknown = shapes.pop("", [])
    if not shapes and unknown:
        raise _undecided(column, _("they are in no form Baton knows"), unknown[:1])
    if "short" in shapes:
        raise _undecided(column, _("the year has two figures"), shapes["short"][:1])
    numeric = [shape for shape in shapes if shape.startswith("x")]
    if numeric and len(shapes) > 1:
        examples = [found[0] for found in shapes.values()]
        raise _undecided(column, _("they are written in different ways"), examples[:2])
    if numeric:
        return _by_evidence(shapes[numeric[0]], column, zone, sign=numeric[0][1])
    return DateFormat(_words(shapes), _clear_day, zone)


def _by_evidence(cells: Sequence[Cell], column: str, zone: ZoneInfo, *, sign: str) -> DateFormat:
    """05/04/2018 is two days; a column with 25/04/2018 in it has the day first."""
    parts = [(cell, _PARTS.fullmatch(_bare(cell[1]))) for cell in cells]
    day_first = next((cell for cell, found in parts if int(found[1]) > 12), None)
    month_first = next((cell for cell, found in parts if int(found[3]) > 12), None)
    if day_first and month_first:
        examples = [day_first, month_first]
        raise _undecided(column, _("some have the day first, some the month"), examples)
    if not day_first and not month_first:
        raise _undecided(column, _("day and month cannot be told apart"), cells[:1])
    if day_first:
        return DateFormat(f"%d{sign}%m{sign}%Y", _numeric_day(3, 1), zone)
    return DateFormat(f"%m{sign}%d{sign}%Y", _numeric_day(1, 3), zone)


def _shape(text: str) -> str:
    """How a date is written: "y-" year first, "x/" year last, and so on; "" for no date."""
    parts = _PARTS.fullmatch(text)
    if parts:
        first, sign, _middle, last = parts.groups()
        if len(first) == 4 and len(last) <= 2:
            return f"y{sign}"
        if len(last) == 4 and len(first) <= 2:
            return f"x{sign}"
        return "short" if len(first) <= 2 and len(last) == 2 else ""
    if _COMPACT.fullmatch(text):
        return "compact"
    try:
        _named_day(text)
    except ValueError:
        return ""
    return "named"


def _bare(text: str) -> str:
    """The text without time and weekday."""
    text = text.strip()
    clock = _TIME.search(text)
    return _WEEKDAY.sub("", text[: clock.start()] if clock else text).strip()


def _clear_day(text: str) -> date:
    """A date that can be read in one way only."""
    text = _WEEKDAY.sub("", text).strip()
    parts = _PARTS.fullmatch(text)
    if parts and len(parts[1]) == 4:
        return date(int(parts[1]), int(parts[3]), int(parts[4]))
    compact = _COMPACT.fullmatch(text)
    if compact:
        return date(int(compact[1] + compact[2]), int(compact[3]), int(compact[4]))
    return _named_day(text)


def _numeric_day(month: int, day: int) -> Callable[[str], date]:
    def read(text: str) -> date:
        parts = _PARTS.fullmatch(_WEEKDAY.sub("", text).strip())
        if not parts or len(parts[4]) != 4:
            raise NoDate(text)
        return date(int(parts[4]), int(parts[month]), int(parts[day]))

    return read


def _named_day(text: str) -> date:
    if found := _DAY_FIRST.fullmatch(text):
        return date(int(found[3]), _month(found[2]), int(found[1]))
    if found := _MONTH_FIRST.fullmatch(text):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    raise NoDate(text)


def _month(name: str) -> int:
    number = _MONTHS.get(fold(name))
    if number is None:
        raise NoDate(name)
    return number


def _clock(found: re.Match[str]) -> time:
    hour = int(found[1])
    if found[5]:
        if not 1 <= hour <= 12:
            raise NoDate(found[0])
        hour = hour % 12 + (12 if found[5] in "Pp" else 0)
    micro = int((found[4] or "0")[:6].ljust(6, "0"))
    return time(hour, int(found[2]), int(found[3] or 0), micro)


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _moment(day: date, clock: time, zone: ZoneInfo | timezone) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def _is_format(one: str) -> bool:
    if "%" not in one:
        return False
    try:
        datetime.strptime(datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC).strftime(one), one)
    except ValueError:
        return False
    return True


def _words(shapes: Iterable[str]) -> str:
    words = {"compact": "%Y%m%d", "named": _("day, month's name, year")}
    return ", ".join(words.get(s) or f"%Y{s[1]}%m{s[1]}%d" for s in sorted(shapes))


def _undecided(column: str, why: str, examples: Sequence[Cell]) -> Refused:
    where = ", ".join(
        _("“%(text)s” in line %(line)s") % {"text": text[:40], "line": line}
        for line, text in examples
    )
    return Refused(
        "ambiguous_date",
        _("The dates in column “%(column)s” cannot be read for sure, %(why)s: %(where)s.")
        % {"column": column, "why": why, "where": where},
        _('Set `date_format` in the mapping, for instance "%(day)s" or "%(month)s".')
        % {"day": "%d-%m-%Y", "month": "%m-%d-%Y"},
        field="date_format",
    )
