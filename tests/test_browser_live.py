"""A list that brings itself up to date takes nothing away from who works in it."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from feedback import handoffs
from feedback.queues import PAGE_SIZE
from tests.factories import CalendarFactory, HandoffFactory, LeadFactory, PoolFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_leg(reason="about the page in the browser, not about the database"),
]


def offered(owner, name, score, *, at=None):
    """Offered just now, or at `at`, in working hours that never end."""
    now = at or timezone.now()
    pool = PoolFactory(calendar=CalendarFactory(name="Always", always=True))
    facts = {"opened_at": now, "trigger_at": now, "lead": LeadFactory(last_name=name)}
    handoff = HandoffFactory(score=score, pool=pool, **facts)
    return handoffs.assign(handoff, to=owner, by=owner, at=now + timedelta(milliseconds=1))


def test_the_inbox_asks_for_news_every_five_seconds_at_least(page_of, sam):
    page = page_of(sam)
    page.clock.install()
    page.goto("/inbox/")
    page.evaluate("""() => {
      window.asked = 0;
      document.addEventListener("pulse", () => { window.asked += 1; });
    }""")
    # Of the page's own time, however long that takes.
    page.clock.run_for(60_000)
    assert page.evaluate("window.asked") >= 12


def test_news_come_by_themselves_and_what_one_does_stays(page_of, sam, tom, lena):
    several = [offered(sam, f"Lead{n:02}", 90 - n) for n in range(24)]
    page = page_of(lena, viewport={"width": 1440, "height": 700})
    page.goto("/inbox/?whose=all")
    ticks = page.locator(".pick input")
    ticks.nth(3).check()
    words = page.locator("#answer textarea").first
    words.fill("Call at two.")
    page.evaluate("document.getElementById('listed').scrollTop = 300")
    tenth = page.locator("#rows .row").nth(10)
    place = tenth.bounding_box()["y"]
    reason = several[0].version.body["reasons"][0]["key"]
    for gone in several[:2]:
        handoffs.give_back(gone, by=sam, at=timezone.now(), reason=reason, text="A student.")
    newcomer = offered(tom, "Newcomer", 99)
    expect(page.locator(f"#row-{several[1].pk}")).to_have_count(0)
    expect(page.locator(f"#row-{newcomer.pk}")).to_have_count(1)
    expect(page.locator("#moved-on")).to_contain_text("Sam Okafor returned this lead")
    expect(words).to_have_value("Call at two.")
    expect(words).to_be_focused()
    expect(page.locator(".pick input:checked")).to_have_count(1)
    assert page.locator(f"#row-{several[10].pk}").bounding_box()["y"] == pytest.approx(place, abs=1)
    assert Axe().run(page).violations_count == 0


def test_what_follows_comes_as_one_scrolls_and_stays_after_an_answer(page_of, sam):
    now = timezone.now()
    for n in range(2 * PAGE_SIZE + 2):
        offered(sam, f"Lead{n:02}", 90 - n, at=now)
    page = page_of(sam, viewport={"width": 1440, "height": 600})
    page.goto("/inbox/")
    rows, more = page.locator("#rows .row"), page.locator("#more-rows")
    expect(rows).to_have_count(PAGE_SIZE)
    more.scroll_into_view_if_needed()
    expect(rows).to_have_count(2 * PAGE_SIZE)
    offered(sam, "Newcomer", 99, at=now)
    expect(page.locator("#rows")).to_contain_text("Newcomer")
    expect(rows).to_have_count(2 * PAGE_SIZE)
    more.scroll_into_view_if_needed()
    expect(rows).to_have_count(2 * PAGE_SIZE + 3)
    expect(more).to_have_count(0)
    page.locator("#thread textarea").fill("Who is this?")
    page.locator("#thread button").click()
    expect(page.locator("#thread")).to_contain_text("Who is this?")
    expect(rows).to_have_count(2 * PAGE_SIZE + 3)
    expect(page.locator("#rows .group")).to_have_count(1)


def test_the_back_button_leads_to_the_row_that_one_came_from(page_of, sam):
    now = timezone.now()
    several = [offered(sam, f"Lead{n:02}", 90 - n, at=now) for n in range(2 * PAGE_SIZE)]
    page = page_of(sam, viewport={"width": 1440, "height": 600})
    page.goto("/inbox/")
    rows, current = page.locator("#rows .row"), page.locator("#rows [aria-current]")
    expect(page).to_have_title("Kim Lead00 – Inbox · Baton")
    page.locator("#more-rows").scroll_into_view_if_needed()
    expect(rows).to_have_count(2 * PAGE_SIZE)
    page.locator(f"#open-{several[40].pk}").click()
    expect(page).to_have_title("Kim Lead40 – Inbox · Baton")
    page.keyboard.press("o")
    page.wait_for_url("**/leads/**")
    page.go_back()
    expect(current).to_have_id(f"open-{several[40].pk}")
    expect(current).to_be_in_viewport()
    page.keyboard.press("j")
    expect(page).to_have_title("Kim Lead41 – Inbox · Baton")
    page.go_back()
    expect(current).to_have_id(f"open-{several[40].pk}")
    page.go_back()
    expect(current).to_have_id(f"open-{several[0].pk}")
    expect(page.locator(f"#row-{several[40].pk}")).to_be_in_viewport()


def test_on_the_phone_one_comes_back_to_the_row_in_the_list(page_of, sam):
    now = timezone.now()
    several = [offered(sam, f"Lead{n:02}", 90 - n, at=now) for n in range(2 * PAGE_SIZE)]
    page = page_of(sam, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.goto("/inbox/")
    page.locator("#more-rows").scroll_into_view_if_needed()
    row = page.locator(f"#row-{several[40].pk}")
    for back in (page.get_by_label("Back to the list").click, page.go_back):
        row.locator("[data-row]").click()
        expect(page.locator("#detail h1")).to_contain_text("Lead40")
        back()
        expect(row).to_be_in_viewport()


def test_where_a_lead_does_not_come_the_one_in_hand_stays_marked(page_of, sam):
    first, second = offered(sam, "First", 90), offered(sam, "Second", 80)
    page = page_of(sam)
    page.goto("/inbox/")
    page.route(f"**handoff={second.pk}*", lambda route: route.fulfill(status=401))
    for _ in range(2):
        page.locator(f"#open-{second.pk}").click()
        expect(page.locator(".toast.error")).to_have_count(1)
        expect(page.locator("#rows [aria-current]")).to_have_id(f"open-{first.pk}")
    page.unroute(f"**handoff={second.pk}*")
    page.locator(f"#open-{second.pk}").click()
    expect(page.locator("#rows [aria-current]")).to_have_id(f"open-{second.pk}")
    expect(page.locator("#detail")).to_contain_text("Second")


def test_rows_are_picked_by_keyboard_and_returned_together(page_of, sam):
    for n in range(3):
        offered(sam, f"Lead{n}", 90 - n)
    page = page_of(sam, viewport={"width": 1440, "height": 700})
    page.goto("/inbox/")
    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(page.locator("#rows .row").nth(1).locator("[data-row]")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("#picked-count")).to_have_text("2 selected")
    page.get_by_role("button", name="Return selected…").click()
    page.locator("input[name=reason]").first.check()
    page.locator("textarea[name=text]").fill("Students.")
    page.get_by_role("button", name="Return to marketing").click()
    expect(page.get_by_text("Returned to marketing.")).to_have_count(2)
