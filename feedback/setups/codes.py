"""The code with which the first person comes in: shown once in the terminal, kept as a hash."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.utils.crypto import constant_time_compare

# Without letters and digits that look alike; sixteen of them are 79 bits.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
GROUPS, GROUP = 4, 4


def issue() -> str:
    """A new code; one issued before holds no more."""
    drawn = ["".join(secrets.choice(LETTERS) for _n in range(GROUP)) for _n in range(GROUPS)]
    code = "-".join(drawn)
    place = _place()
    file = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as written:
        written.write(_digest(code))
    return code


def fits(code: str) -> bool:
    """Is this the code that was issued last?"""
    try:
        kept = _place().read_text()
    except OSError:
        return False
    return bool(kept) and constant_time_compare(_digest(code), kept)


def use_up() -> bool:
    """From now on no code holds. Of several at once, one is told that it was the one."""
    try:
        _place().unlink()
    except FileNotFoundError:
        return False
    return True


def _place() -> Path:
    return Path(settings.DATA_DIR) / "setup-code"


def _digest(code: str) -> str:
    plain = "".join(code.lower().split()).replace("-", "")
    return hashlib.sha256(plain.encode(errors="replace")).hexdigest()
