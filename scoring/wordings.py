"""Words that stand in every language at once, to be shown now or frozen for later."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import override

from scoring import documents


class Wording(dict[str, str]):
    """Texts by language code, as JSON keeps them. As a string, the one in the active language."""

    @classmethod
    def of(cls, say: Callable[[], str]) -> Wording:
        """What `say` says in each of the languages."""
        wording = cls()
        for code, _name in settings.LANGUAGES:
            with override(code):
                wording[code] = say()
        return wording

    def __str__(self) -> str:
        return documents.text(self)

    def __bool__(self) -> bool:
        return any(self.values())
