"""Text as conditions compare it."""

import unicodedata
from collections.abc import Mapping


def fold(text: str) -> str:
    """Without case, accents and surplus blanks. Folding what is folded changes nothing."""
    if text.isascii():
        return " ".join(text.lower().split())
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return " ".join(unicodedata.normalize("NFKC", bare).split())


def fold_texts(values: Mapping[str, object]) -> dict[str, str] | None:
    """The texts among some values, folded; None without any."""
    return {key: fold(value) for key, value in values.items() if isinstance(value, str)} or None
