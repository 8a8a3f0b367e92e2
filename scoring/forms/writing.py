"""Values as people type them: several are divided by commas, quotation marks keep one as it is."""

from __future__ import annotations

import re

# What closes the quotation that each of these opens.
QUOTES = {'"': '"', "“": "”", "„": "“”"}
NUMBER = re.compile(r"-?[0-9]{1,12}\Z")


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def unquoted(typed: str) -> str | None:
    """What stands in quotation marks; None where there are none around it."""
    typed = typed.strip()
    if len(typed) > 1 and typed[-1] in QUOTES.get(typed[0], ""):
        return typed[1:-1].replace('""', '"')
    return None


def plain(value: str) -> bool:
    """Would it come back as it is without quotation marks?"""
    return value == value.strip() != "" and "," not in value and value[0] not in QUOTES


def divided(typed: str) -> list[str]:
    """The values of a list, each as it was typed. A comma in quotation marks divides nothing."""
    found, part, closing = [], "", ""
    for letter in typed:
        if closing:
            closing = "" if letter in closing else closing
        elif not part.strip():
            closing = QUOTES.get(letter, "")
        elif letter == '"' and part[-1] == '"' == part.strip()[0]:
            closing = '"'
        if letter == "," and not closing:
            found.append(part.strip())
            part = ""
        else:
            part += letter
    return [each for each in [*found, part.strip()] if each]
