"""docs/inbox.md names whatever routing, clocks and undo can say."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override

from feedback.handoffs import undos
from feedback.models import Handoff, RoutingRule
from feedback.routing import traces

TEXT = (Path(settings.BASE_DIR) / "docs" / "inbox.md").read_text()
# How the documentation calls what one may undo.
UNDONE = {
    "accepted": "accepting",
    "returned": "returning",
    "contacted": "logging a contact",
    "put_off": "putting off",
    "paused": "putting off",
    "assigned": "taking from the pool",
    "claimed": "claiming",
}


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def test_every_strategy_is_described():
    assert [str(label) for label in RoutingRule.Strategy.labels if f"| {label} |" not in TEXT] == []


def test_every_reason_to_be_skipped_is_named():
    assert [str(why) for why in traces.WHY_NOT.values() if f"**{why}**" not in TEXT] == []


def test_every_clock_is_described():
    assert [str(label) for label in Handoff.Clock.labels if f"| {label} |" not in TEXT] == []


def test_everything_that_can_be_undone_is_named():
    assert set(UNDONE) == undos.UNDOABLE
    undo = next(line for line in TEXT.splitlines() if line.startswith("**Undo**"))
    assert [words for words in UNDONE.values() if words not in undo] == []
