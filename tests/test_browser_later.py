"""Putting a lead off, with scripts at work."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from feedback import handoffs
from tests.test_browser_inbox import offered
from tests.test_handoffs import ALL

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_leg(reason="about the page in the browser, not about the database"),
]


def test_the_pause_is_proposed_for_moments_after_the_deadline_alone(page_of, sam):
    handoff = offered(sam, 1)
    handoff = handoffs.accept(handoff, by=sam, at=handoff.offered_at, confirmed=ALL)
    page = page_of(sam)
    page.goto(f"/handoffs/{handoff.pk}/later/")
    later = page.locator("#later")
    pause, moment = later.locator("[name=pause]"), later.locator("[name=moment]")
    expect(pause).not_to_be_checked()
    later.get_by_label("Another time").check()
    # At noon: at night there are moments that a change of the clocks leaves out.
    far = timezone.localtime(handoff.due_at + timedelta(days=2)).replace(hour=12)
    moment.fill(far.strftime("%Y-%m-%dT%H:%M"))
    expect(moment).to_be_focused()
    moment.blur()
    expect(pause).to_be_checked()
    # What the rep decides stays, whatever is written besides.
    pause.uncheck()
    later.locator("textarea").fill("They are at a fair.")
    later.get_by_role("button", name="Put it off").click()
    expect(page.get_by_text("Let the clock pause, or choose an earlier moment.")).to_be_visible()
    pause.check()
    later.get_by_role("button", name="Put it off").click()
    expect(page.locator("#toasts")).to_contain_text("Put off: Kim Quist01.")
    handoff.refresh_from_db()
    assert handoff.paused_at
