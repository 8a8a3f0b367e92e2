"""The mapping: how the columns of a file become what Baton knows."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, fields
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from leads import identities
from leads.folding import fold
from leads.refusals import Refused

DEFAULT_SOURCE = "import"
_COLUMN_KEYS = {
    "field", "attribute", "property", "type", "label", "choices", "values",
    "date_format", "number_format",
}  # fmt: skip


@dataclass(frozen=True)
class ColumnSpec:
    """What a mapping says about one column. `role` is field, attribute or property."""

    column: str
    role: str
    key: str
    type: str = ""
    label: str = ""
    choices: tuple[str, ...] = ()
    values: Table[str, str | None] = field(default_factory=dict)
    date_format: tuple[str, ...] = ()
    number_format: str = ""


@dataclass(frozen=True)
class Mapping:
    """A mapping as given. None and "" stand for what it leaves open.

    `columns` has a spec for each column to take, `ignored` are those set to null;
    `blank` and the keys of `status_values` are folded."""

    columns: tuple[ColumnSpec, ...]
    ignored: tuple[str, ...] = ()
    source: str = ""
    lead_source: str = ""
    blank: frozenset[str] = frozenset()
    date_format: tuple[str, ...] = ()
    number_format: str = ""
    time_zone: str = ""
    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    known_at: str = ""
    constants: Table[str, str] = field(default_factory=dict)
    status_values: Table[str, str] = field(default_factory=dict)
    currency: str = ""

    @property
    def source_name(self) -> str:
        """The source under which external ids count."""
        return self.source or DEFAULT_SOURCE

    @property
    def zone(self) -> ZoneInfo:
        """The zone of moments that name none."""
        return ZoneInfo(self.time_zone or settings.TIME_ZONE)

    @property
    def wanted(self) -> list[str]:
        """Every column the mapping names."""
        named = [spec.column for spec in self.columns] + list(self.ignored)
        return list(dict.fromkeys([*named, *([self.known_at] if self.known_at else [])]))

    def is_blank(self, text: str) -> bool:
        """Does the text say nothing?"""
        return not text.strip() or (bool(self.blank) and fold(text) in self.blank)


def read(path: Path) -> tuple[Mapping, dict[str, object]]:
    """The mapping in a JSON file, and the JSON itself. Raises Refused."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        message = _("The mapping %(file)s cannot be read: %(problem)s.")
        raise _refused(message % {"file": path, "problem": problem.strerror}) from problem
    except UnicodeDecodeError as problem:
        raise _refused(_("The mapping %(file)s is not UTF-8 text.") % {"file": path}) from problem
    try:
        data = json.loads(text, object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as problem:
        message = _("The mapping %(file)s is not JSON: %(problem)s.")
        raise _refused(message % {"file": path, "problem": problem}) from problem
    if not _storable(data):
        message = _("The mapping %(file)s holds characters that are not text.")
        raise _refused(message % {"file": path})
    return parse(data), data


def parse(data: object) -> Mapping:
    """The mapping that a JSON object describes. Raises Refused, naming the key at fault."""
    if not isinstance(data, dict):
        raise _refused(
            _("A mapping is a JSON object."),
            _("Write it like %(example)s.") % {"example": '{"columns": {"E-mail": "email"}}'},
        )
    known = {one.name for one in fields(Mapping)} - {"ignored"}
    _check_keys(data, known, "")
    columns = data.get("columns")
    if not isinstance(columns, dict) or not columns:
        raise _wrong(
            "columns", _("names what each column is, like %(example)s"), '{"City": "city"}'
        )
    specs = [_column(name.strip(), spec) for name, spec in columns.items() if spec is not None]
    if not specs:
        raise _wrong("columns", _("takes at least one column; null leaves one out"), "")
    return Mapping(
        columns=tuple(specs),
        ignored=tuple(name.strip() for name, spec in columns.items() if spec is None),
        source=_source(data, "source"),
        lead_source=_source(data, "lead_source"),
        blank=frozenset(fold(text) for text in _texts(data, "blank")),
        date_format=tuple(_texts(data, "date_format", one_or_more=True)),
        number_format=_text(data, "number_format"),
        time_zone=_zone(data),
        delimiter=_delimiter(data),
        encoding=_text(data, "encoding") or None,
        header=_header(data),
        known_at=_text(data, "known_at"),
        constants=_pairs(data, "constants"),
        status_values={fold(k): fold(v) for k, v in _pairs(data, "status_values").items()},
        currency=_text(data, "currency"),
    )


def _storable(data: object) -> bool:
    """No zero byte and no half of a character in it, which no database keeps."""
    text = json.dumps(data, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\\u0000" not in text


def suggestion(wrong: str, right: Iterable[str]) -> str:
    """A sentence with the nearest right spelling, or with all of them."""
    there = sorted(right)
    near = difflib.get_close_matches(wrong, there, n=1)
    if near:
        return _("Did you mean “%(near)s”?") % {"near": near[0]}
    return _("There are: %(all)s.") % {"all": ", ".join(there)}


def _column(name: str, given: object) -> ColumnSpec:
    if isinstance(given, str):
        return ColumnSpec(name, "field", given.strip())
    where = f'columns["{name}"]'
    told = given if isinstance(given, dict) else {}
    roles = [role for role in ("field", "attribute", "property") if role in told]
    if len(roles) != 1:
        example = '{"attribute": "seats", "type": "number"}'
        raise _wrong(where, _("is a field, null, or an object like %(example)s"), example)
    _check_keys(given, _COLUMN_KEYS, where)
    return ColumnSpec(
        name,
        roles[0],
        _text(given, roles[0], where).strip(),
        type=_text(given, "type", where),
        label=_text(given, "label", where),
        choices=tuple(_texts(given, "choices", where)),
        values=_values(given, where),
        date_format=tuple(_texts(given, "date_format", where, one_or_more=True)),
        number_format=_text(given, "number_format", where),
    )


def _values(given: Table[str, object], where: str) -> dict[str, str | None]:
    pairs = _object(given.get("values", {}), f"{where}.values")
    for text, value in pairs.items():
        if value is not None and not isinstance(value, str):
            raise _wrong(
                f"{where}.values", _("maps texts to texts or null, not “%(example)s”"), text
            )
    return {fold(text): value for text, value in pairs.items()}


def _pairs(data: Table[str, object], key: str) -> dict[str, str]:
    pairs = _object(data.get(key, {}), key)
    for name, value in pairs.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _wrong(key, _("maps names to texts, not “%(example)s”"), name)
    return {name: str(value) for name, value in pairs.items()}


def _object(given: object, where: str) -> dict[str, object]:
    if not isinstance(given, dict):
        raise _wrong(where, _("is an object like %(example)s"), '{"…": "…"}')
    return given


def _text(data: Table[str, object], key: str, where: str = "") -> str:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise _wrong(f"{where}.{key}" if where else key, _("is a text"), "")
    return value or ""


def _texts(
    data: Table[str, object], key: str, where: str = "", *, one_or_more: bool = False
) -> list[str]:
    value = data.get(key)
    if value is None:
        return []
    if one_or_more and isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _wrong(f"{where}.{key}" if where else key, _("is a list of texts"), "")
    return value


def _source(data: Table[str, object], key: str) -> str:
    source = _text(data, key).strip()
    if len(source) > identities.LONGEST_SOURCE or not source.isprintable():
        raise _wrong(key, _("is a name of up to 60 characters, like %(example)s"), '"crm"')
    return source


def _zone(data: Table[str, object]) -> str:
    name = _text(data, "time_zone")
    try:
        ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError) as problem:
        raise _wrong("time_zone", _("is a zone like %(example)s"), '"Europe/Berlin"') from problem
    return name


def _delimiter(data: Table[str, object]) -> str | None:
    sign = _text(data, "delimiter")
    sign = {"tab": "\t", "\\t": "\t"}.get(sign.lower(), sign)
    if len(sign) > 1 or sign in ('"', "\n", "\r"):
        raise _wrong("delimiter", _("is one sign, like %(example)s"), '";"')
    return sign or None


def _header(data: Table[str, object]) -> bool | None:
    header = data.get("header")
    if header is not None and not isinstance(header, bool):
        raise _wrong("header", _("is true or false"), "")
    return header


def _check_keys(given: Collection[str], known: Collection[str], where: str) -> None:
    for key in given:
        if key not in known:
            place = _(" in %(where)s") % {"where": where} if where else ""
            message = _("A mapping has no key “%(key)s”%(place)s.") % {"key": key, "place": place}
            raise _refused(message, suggestion(key, known), field=key)


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _value in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(_("“%(name)s” stands there twice") % {"name": twice})
    return dict(pairs)


def _wrong(key: str, what: str, example: str) -> Refused:
    told = what % {"example": example} if "%(example)s" in what else what
    return _refused(_("`%(key)s` %(what)s.") % {"key": key, "what": told}, field=key)


def _refused(message: str, remedy: str = "", *, field: str = "mapping") -> Refused:
    return Refused("bad_mapping", message, remedy, field=field)
