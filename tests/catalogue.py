"""The German catalogue: compiled by Babel, for machines without GNU gettext.

`python -m tests.catalogue` writes every `django.mo` anew from the `django.po` beside it.
"""

from collections.abc import Iterator
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "config" / "locale"
KEYWORDS = dict(DEFAULT_KEYWORDS) | {"gettext_lazy": None, "_lazy": None, "ngettext_lazy": (1, 2)}


def sources() -> list[Path]:
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def read(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=po.parent.parent.name, abort_invalid=True)


def compiled(po: Path) -> bytes:
    out = BytesIO()
    write_mo(out, read(po))
    return out.getvalue()


def entries(mo: bytes) -> dict:
    """What a compiled catalogue says, without the header: that holds dates and versions."""
    said = GNUTranslations(BytesIO(mo))._catalog
    return {key: text for key, text in said.items() if key != ""}


def spoken(module: Path) -> Iterator[str]:
    """The English strings of a Python module that people may read."""
    for _line, message, _comments, _context in extract_from_file(
        "python", module, keywords=KEYWORDS
    ):
        yield message[0] if isinstance(message, tuple) else message


if __name__ == "__main__":
    for po in sources():
        po.with_suffix(".mo").write_bytes(compiled(po))
