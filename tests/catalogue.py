"""The German catalogue: compiled by Babel, for machines without GNU gettext.

`python -m tests.catalogue` writes every `django.mo` anew from the `django.po` beside it.
"""

from collections.abc import Iterator, Mapping
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "config" / "locale"
SPEAKING = ("config", "feedback", "leads", "scoring", "templates")
KEYWORDS = dict(DEFAULT_KEYWORDS) | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}


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


def speakers() -> list[Path]:
    """The Python modules and templates that speak to people."""
    found = (path for name in SPEAKING for path in (ROOT / name).rglob("*"))
    return sorted(path for path in found if path.suffix in {".py", ".html", ".txt"})


def spoken(file: Path) -> Iterator[str]:
    """The English strings of a module or a template that people may read; of a string with a
    plural, the singular."""
    for _line, message, _comments, _context in extract("python", _code(file), keywords=KEYWORDS):
        yield message[0] if isinstance(message, tuple) else message


def missing(catalog: Catalog, files: list[Path]) -> Mapping[str, str]:
    """What the files say and the catalogue does not, with the place where they say it."""
    return {
        said: str(file.relative_to(ROOT))
        for file in files
        for said in spoken(file)
        if not _is_complete(catalog.get(said))
    }


def _code(file: Path) -> BytesIO:
    text = file.read_text()
    # In parentheses, the indentation that is left of a template means nothing to Python.
    return BytesIO((text if file.suffix == ".py" else f"({templatize(text)})").encode())


def _is_complete(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    return all(message.string) if message.pluralizable else bool(message.string)


if __name__ == "__main__":
    for po in sources():
        po.with_suffix(".mo").write_bytes(compiled(po))
