"""Five agreements to start from, and an empty page. Each is a document, not code: see the JSON
files beside this one.

The function of each gives a fresh copy of the body, free to be changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from scoring.documents import Body

_HERE = Path(__file__).parent


def classic() -> Body:
    """Inquiry, MQL, SAL, SQL, won or lost. Sales accepts, then qualifies."""
    return _read("classic")


def sales_ready() -> Body:
    """MQL, nurturing, SRL, SQL, SAL: nurtured before any handoff, offered by rating."""
    return _read("sales_ready")


def three_steps() -> Body:
    """Prospect, lead, buyer. No qualification checklist."""
    return _read("three_steps")


def revenue() -> Body:
    """First contact, conversation, opportunity, customer and after. Goals in money only."""
    return _read("revenue")


def hand_raise() -> Body:
    """Raw, inquiry, MQL at 100 points, accepted, qualified; recycled, disqualified or ineligible.

    A large software company's published model, figure for figure; its `note` says where the
    nearest rule that does not depend on the path stands for one that does. It brings the two
    lead fields it needs.
    """
    return _read("hand_raise")


def empty() -> Body:
    """Two stages and nothing else: enough to be drawn and written on, too little to run."""
    return _read("empty")


TEMPLATES: dict[str, Callable[[], Body]] = {
    "classic": classic,
    "sales_ready": sales_ready,
    "three_steps": three_steps,
    "revenue": revenue,
    "hand_raise": hand_raise,
}


def _read(name: str) -> Body:
    return json.loads((_HERE / f"{name}.json").read_text("utf-8"))
