"""Text in files that spreadsheets open: what looks like a formula there, and what was meant."""

from __future__ import annotations

SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(text: str) -> str:
    """With an apostrophe in front where a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(SIGNS) else text


def meant(text: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from computing."""
    return text[1:] if text.startswith("'") and text[1:].startswith(SIGNS) else text
