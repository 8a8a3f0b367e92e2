"""The two agreements of the demo: a first try, and what both teams made of it after two months."""

from __future__ import annotations

from scoring import shapes
from scoring.documents import Body, item

FIRST_BAR = 54
FIRST_ANSWER = 480


def second_text() -> Body:
    """The agreement in force at the demo's present: the Classic shape as it ships."""
    return shapes.classic()


def first_text() -> Body:
    """What they began with: a lower bar, any company size, a working day to answer."""
    body = shapes.classic()
    handover = item(body["stages"], "mql")
    handover["criteria"] = [each for each in handover["criteria"] if each["key"] != "company_size"]
    item(handover["criteria"], "bar")["when"]["value"] = FIRST_BAR
    item(body["clocks"], "answer")["minutes"] = FIRST_ANSWER
    rules = body["score"]["rules"]
    body["score"]["rules"] = [each for each in rules if each["key"] != "size_small"]
    return body
