"""The bell, in a real browser: by keyboard, while the page stays as it is, and for axe."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from feedback.models import Letter, Notification
from tests.factories import HandoffFactory, PoolFactory, PoolMemberFactory
from tests.test_notifications import tell

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_leg(reason="looks at what a browser does"),
    pytest.mark.django_db(transaction=True),
]

LOOKS = {
    "light, wide": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    "dark, phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


@pytest.fixture
def pool(sam):
    pool = PoolFactory(team=sam.team)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def offer(pool, minutes: int = 0) -> None:
    at = timezone.now() - timedelta(minutes=minutes)
    tell("handoff.offered", HandoffFactory(pool=pool), at=at)


def test_the_bell_counts_along_and_unfolds_by_keyboard(page_of, pool, sam):
    offer(pool, minutes=10)
    page = page_of(sam)
    page.goto("/account/")
    page.get_by_label("Old password").fill("half a word")
    bell = page.locator("#bell")
    expect(bell.locator(".n")).to_have_text("1")

    offer(pool)  # Told elsewhere; whoever notices says so to the page.
    page.evaluate("document.body.dispatchEvent(new CustomEvent('baton:news', {bubbles: true}))")
    expect(bell.locator(".n")).to_have_text("2")
    expect(page.get_by_label("Old password")).to_have_value("half a word")

    bell.get_by_role("link").focus()
    page.keyboard.press("Enter")
    latest = page.get_by_role("region", name="Latest notifications")
    expect(latest).to_be_focused()
    expect(latest.get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(latest).to_be_hidden()
    expect(bell.get_by_role("link")).to_be_focused()

    page.keyboard.press("Enter")
    latest.get_by_role("button", name="Mark all as read").press("Enter")
    expect(bell.locator(".n")).to_have_count(0)
    assert not Notification.objects.filter(read_at=None).exists()
    latest.get_by_role("link").first.press("Enter")
    page.wait_for_url("**/handoffs/*/")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_pages_of_notifications(page_of, pool, sam, olu, look):
    for minutes in (10, 5, 0):
        offer(pool, minutes)
    Notification.objects.filter(pk=Notification.objects.first().pk).update(read_at=timezone.now())
    Letter.objects.create(
        user=sam,
        created_at=timezone.now(),
        ended_at=timezone.now(),
        state="unsure",
        problem="lost",
    )
    for user, address in (
        (sam, "/notifications/"),
        (sam, "/notifications/?unread=1"),
        (sam, "/notifications/preferences/"),
        (olu, "/notifications/"),
    ):
        page = page_of(user, **LOOKS[look])
        page.goto(address)
        assert violations(page) == [], address
        if user == sam and "wide" in look:
            page.locator("#bell a").click()
            expect(page.get_by_role("region", name="Latest notifications")).to_be_visible()
            assert violations(page) == []
        page.context.close()


def violations(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
