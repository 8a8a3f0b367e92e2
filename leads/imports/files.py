"""The file of an export: its bytes, and the text in them."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from leads.refusals import Refused

_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")
_SAMPLE = 64 * 1024
_FOREIGN = re.compile(r"[^\W\d_]{0,20}(?![\x00-\x7f])[^\W\d_][^\W\d_]{0,20}")


@dataclass(frozen=True)
class Text:
    """A file as text. Bytes that the encoding cannot read stand in it as lone surrogates, so
    that the rows that hold them can be named. `foreign` are a few words beyond ASCII, to judge
    the encoding by."""

    name: str
    sha256: str
    text: str
    encoding: str
    detected: bool
    foreign: tuple[str, ...]


def read(path: Path, *, encoding: str | None = None) -> Text:
    """The text of the file, in the named or else the detected encoding. Raises Refused for what
    is no text, and where the encoding is wrong or cannot be told."""
    data = _bytes(path)
    _refuse_workbooks(data, path.name)
    detected = encoding is None
    text, encoding = _detected(data, path.name) if encoding is None else _given(data, encoding)
    text = text.removeprefix("\ufeff")
    _refuse_other_things(text, path.name)
    digest = hashlib.sha256(data).hexdigest()
    name = path.name.encode(errors="replace").decode()
    return Text(name, digest, text, encoding, detected, _foreign(text))


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise _refused(_("%(file)s is a folder.") % {"file": path}, _("Name the file in it."))
    try:
        return path.read_bytes()
    except FileNotFoundError as problem:
        raise _refused(
            _("There is no file %(file)s.") % {"file": path}, _("Check its name and folder.")
        ) from problem
    except OSError as problem:
        raise _refused(
            _("%(file)s cannot be read: %(problem)s.") % {"file": path, "problem": problem.strerror}
        ) from problem


def _refuse_workbooks(data: bytes, name: str) -> None:
    if data.startswith(_WORKBOOKS):
        raise _refused(
            _("%(file)s is an Excel workbook or a zip archive, not a CSV file.") % {"file": name},
            _("Open it and save the sheet as CSV (UTF-8), then import that file."),
        )
    if data.startswith(_PACKED):
        raise _refused(_("%(file)s is packed.") % {"file": name}, _("Unpack it first."))
    if data.startswith(b"%PDF"):
        raise _not_a_table(name, "PDF")


def _detected(data: bytes, name: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _given(data, encoding)
    _refuse_binary(data, name)
    text = data.decode("utf-8", errors="surrogateescape")
    if _mostly_readable(text):
        return text, "utf-8"
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError as problem:
        raise _refused(
            _("The encoding of %(file)s cannot be told: it is neither UTF-8 nor Windows-1252.")
            % {"file": name},
            _('Set `encoding` in the mapping, for instance "cp850" or "mac_roman".'),
            field="encoding",
        ) from problem


def _given(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = data.decode(encoding, errors="surrogateescape")
    except LookupError as problem:
        raise _refused(
            _("There is no encoding “%(encoding)s”.") % {"encoding": encoding},
            _('Set `encoding` in the mapping to one like "utf-8" or "cp1252".'),
            field="encoding",
        ) from problem
    except UnicodeError as problem:
        raise _wrong_encoding(encoding) from problem
    if not _mostly_readable(text):
        raise _wrong_encoding(encoding)
    return text, encoding


def _mostly_readable(text: str) -> bool:
    """A few damaged bytes are named with their rows; if most beyond ASCII are, the encoding
    is another one."""
    damaged = sum("\udc80" <= c <= "\udcff" for c in text)
    return damaged == 0 or damaged <= sum(c > "\x7f" for c in text) - damaged


def _refuse_binary(data: bytes, name: str) -> None:
    sample = data[:_SAMPLE]
    strange = sum(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in sample)
    if strange > len(sample) // 50:
        raise _refused(
            _("%(file)s is not a text file.") % {"file": name},
            _('Export it as CSV. If it is text in UTF-16, set `encoding` to "utf-16-le".'),
            field="encoding",
        )


def _refuse_other_things(text: str, name: str) -> None:
    start = text[:200].lstrip().lower()
    if not start:
        raise _refused(
            _("%(file)s is empty.") % {"file": name}, _("Export it again, with its rows.")
        )
    if start.startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise _not_a_table(name, "HTML/XML")
    if start.startswith(("{", "[")) and _is_json(text):
        raise _not_a_table(name, "JSON")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _foreign(text: str) -> tuple[str, ...]:
    """Up to three words with letters beyond ASCII."""
    words: dict[str, None] = {}
    for found in _FOREIGN.finditer(text):
        words[found[0]] = None
        if len(words) == 3:
            break
    return tuple(words)


def _wrong_encoding(encoding: str) -> Refused:
    return _refused(
        _("The file is not text in the encoding “%(encoding)s”.") % {"encoding": encoding},
        _("Set `encoding` in the mapping to the right one, or leave it out to have it detected."),
        field="encoding",
    )


def _not_a_table(name: str, what: str) -> Refused:
    return _refused(
        _("%(file)s is %(what)s, not a CSV file.") % {"file": name, "what": what},
        _("Export it as CSV."),
    )


def _refused(message: str, remedy: str = "", *, field: str = "") -> Refused:
    return Refused("unreadable_file", message, remedy, field=field)
