"""What one has begun to write about a lead is not lost; keys lead into forms and out of them."""

import re

import pytest
from playwright.sync_api import Page, expect

from feedback import handoffs
from tests.test_browser_inbox import expect_in_hand, offered, state

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_leg(reason="about the page in the browser, not about the database"),
]

DESK = {"viewport": {"width": 1440, "height": 900}}


def unfolded(page: Page) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('.answer details[open]')].map((d) => d.id)")


def test_words_survive_a_reload_and_another_lead_until_they_are_sent(page_of, sam):
    first, second = offered(sam, 1), offered(sam, 2)
    page = page_of(sam, **DESK)
    page.goto("/inbox/")
    page.keyboard.press("r")
    words = page.locator("#return textarea")
    words.press_sequentially("A student")
    page.keyboard.press("Escape")
    expect(page.locator("#return summary")).to_be_focused()
    assert unfolded(page) == ["return"]
    page.keyboard.press("Escape")
    assert unfolded(page) == []

    page.keyboard.press("j")
    expect_in_hand(page, second)
    expect(words).to_have_value("")
    page.reload()
    page.keyboard.press("k")
    expect_in_hand(page, first)
    expect(words).to_have_value("A student")
    page.reload()
    expect(words).to_have_value("A student")
    assert unfolded(page) == ["return"]

    page.locator("#return input[name=reason]").first.check()
    page.get_by_role("button", name="Return to marketing").click()
    expect_in_hand(page, second)
    assert state(first) == ["returned"]
    assert "A student" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_one_form_is_open_at_a_time_and_a_lead_that_cannot_be_put_off_says_why(page_of, sam):
    handoff = offered(sam, 1)
    page = page_of(sam, **DESK)
    page.goto("/inbox/")
    page.keyboard.press("l")
    assert unfolded(page) == ["later"]
    page.keyboard.press("r")
    assert unfolded(page) == ["return"]

    handoffs.assign(handoff, to=None, by=sam, at=handoff.opened_at)
    page.goto(f"/inbox/?queue=pool&handoff={handoff.pk}")
    page.keyboard.press("l")
    expect(page.locator("#not-later")).to_be_focused()
    expect(page.locator("#not-later")).to_contain_text("Take it first.")


def test_an_answer_given_on_the_leads_own_page_leads_to_the_whole_inbox(page_of, sam):
    handoff, following = offered(sam, 1), offered(sam, 2)
    page = page_of(sam, **DESK)
    page.goto(f"/handoffs/{handoff.pk}/return/?queue=answer&whose=mine")
    page.locator("#return input[name=reason]").first.check()
    page.locator("#return textarea").fill("A student.")
    page.get_by_role("button", name="Return to marketing").click()
    page.wait_for_url(re.compile("/inbox/"))
    expect(page.locator("#toasts")).to_contain_text("Returned to marketing: Kim Quist01.")
    expect(page.locator(f'#hand[data-handoff="{following.pk}"]')).to_be_visible()
    assert page.locator('link[href*="css/inbox"]').count() == 1
