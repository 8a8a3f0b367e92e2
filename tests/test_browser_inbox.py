"""The inbox without a mouse, with a thumb, and while colleagues work in it too."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from feedback import handoffs
from feedback.models import Handoff, HandoffEvent
from leads.models import Touch
from tests.factories import HandoffFactory, LeadFactory
from tests.test_handoffs import ALL
from tests.windows import Keys

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_leg(reason="about the page in the browser, not about the database"),
]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
# What moved without anybody having touched the page, since it was loaded.
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 500);
})"""


def in_the_pool(number: int, **facts: object) -> Handoff:
    """Offered just now, in working hours that never end; the lower the number, the sooner lost."""
    offered_at = timezone.now() - timedelta(minutes=20 - number)
    lead = LeadFactory(
        first_name="Kim",
        last_name=f"Quist{number:02}",
        name_folded=f"kim quist{number:02}",
        email=f"kim{number}@customer.example",
        phone="+49 40 555 01 42",
        title="Head of Operations",
    )
    always = {"pool__calendar__name": "Always", "pool__calendar__always": True}
    return HandoffFactory(lead=lead, opened_at=offered_at, **always | facts)


def offered(owner, number: int) -> Handoff:
    handoff = in_the_pool(number)
    return handoffs.assign(handoff, to=owner, by=owner, at=handoff.opened_at)


class Rep:
    """Somebody who works the inbox without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, words: str) -> None:
        self.page.keyboard.type(words)

    def confirm_all(self, *, then: str = "Enter") -> None:
        """From the first open box through those that follow it, then on to the next lead."""
        form = self.page.locator("#acceptance")
        still_open = form.locator("input[type=checkbox]:not(:checked)")
        self.press("a")
        expect(still_open.first).to_be_focused()
        for _box in range(form.locator("input[type=checkbox]").count()):
            if self.page.evaluate("document.activeElement.matches('input:not(:checked)')"):
                self.press("Space")
            if still_open.count():
                self.press("Tab")
        expect(still_open).to_have_count(0)
        self.press(then)

    def give_back(self, words: str) -> None:
        self.press("r")
        expect(self.page.locator("#return input[name=reason]").first).to_be_focused()
        self.press("Space", "ArrowDown", "Tab", "Tab")
        expect(self.page.locator("#return textarea")).to_be_focused()
        self.write(words)
        self.press("Control+Enter")

    def put_off(self, words: str) -> None:
        self.press("l")
        expect(self.page.locator("#later input[name=until]:checked")).to_be_focused()
        self.press("Tab", "Tab")
        while not self.page.evaluate("document.activeElement.matches('#later textarea')"):
            self.press("Tab")
        self.write(words)
        self.press("Control+Enter")


def expect_in_hand(page: Page, handoff: Handoff) -> None:
    """It is shown, and its row has the focus: the next key answers it."""
    expect(page.locator(f'#hand[data-handoff="{handoff.pk}"]')).to_be_visible()
    expect(page.locator(f"#open-{handoff.pk}")).to_be_focused()


def state(*several: Handoff) -> list[str]:
    for handoff in several:
        handoff.refresh_from_db()
    return [handoff.answer for handoff in several]


def test_ten_leads_are_cleared_without_a_mouse(page_of, sam):
    mine = [offered(sam, number) for number in range(11)]
    pooled = in_the_pool(12)
    page = page_of(sam, viewport={"width": 1440, "height": 900})
    page.goto("/inbox/")
    expect(page.locator("#rows .row")).to_have_count(11)
    rep = Rep(page)

    rep.press("?")
    expect(page.locator("#keys-sheet")).to_contain_text("return, with a reason")
    rep.press("Escape", "j")
    expect_in_hand(page, mine[1])
    rep.press("k")
    expect_in_hand(page, mine[0])

    for taken, following in zip(mine[:5], mine[1:6], strict=True):
        rep.confirm_all()
        expect_in_hand(page, following)
        assert state(taken) == ["accepted"]

    rep.give_back("A student.")
    expect_in_hand(page, mine[6])
    assert state(mine[5]) == ["returned"]
    rep.press("u")
    expect_in_hand(page, mine[5])
    assert state(mine[5]) == [""]
    rep.give_back("A student, for a thesis.")
    expect_in_hand(page, mine[6])

    rep.put_off("They are at a fair.")
    expect_in_hand(page, mine[7])
    rep.give_back("Looks for a job.")
    expect_in_hand(page, mine[8])

    rep.press("/")
    rep.write("Quist10")
    rep.press("Enter")
    page.wait_for_url("**q=Quist10**")
    expect(page.locator("#rows .row")).to_have_count(1)
    expect(page.locator("#detail h1")).to_have_text("Kim Quist10")
    rep.confirm_all()
    expect(page.locator("#nothing")).to_contain_text("Nobody in this queue matches.")

    Keys(page).press(page.locator("#queue-pool"))
    page.wait_for_url("**queue=pool**")
    expect(page.locator("#detail h1")).to_have_text("Kim Quist12")
    rep.press("t")
    expect(page.locator("#toasts")).to_contain_text("You took Kim Quist12.")
    rep.confirm_all(then="s")
    contact = page.locator("#contact")
    expect(contact.locator("summary")).to_be_focused()
    rep.press("c")
    expect(contact.locator("select[name=kind]")).to_be_focused()
    rep.press("Tab", "ArrowDown", "Tab")
    rep.write("Calls back at three.")
    rep.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Contact logged: Kim Quist12.")

    answers = [*["accepted"] * 5, "returned", "", "returned", "", "", "accepted"]
    assert state(*mine) == answers
    mine[6].refresh_from_db()
    assert mine[6].rests_until > timezone.now()
    assert state(pooled) == ["accepted"]
    assert pooled.owner == sam
    assert pooled.first_contact_at
    assert Touch.objects.get().lead == pooled.lead
    kinds = HandoffEvent.objects.filter(handoff=mine[5]).values_list("kind", flat=True)
    assert [kind for kind in kinds if kind in {"returned", "undone"}] == [
        "returned",
        "undone",
        "returned",
    ]


def test_an_answer_on_its_way_is_sent_once_however_often_enter_is_pressed(page_of, sam):
    first, second = offered(sam, 1), offered(sam, 2)
    page = page_of(sam)
    held = []
    page.route("**/acceptance/", lambda route: held.append(route))
    page.goto("/inbox/")
    rep = Rep(page)
    rep.confirm_all()
    buttons = page.locator("#answer form button:enabled")
    expect(buttons).to_have_count(0)
    rep.press("Enter", "a", "Enter", "s")
    assert len(held) == 1
    held[0].continue_()
    expect_in_hand(page, second)
    expect(page.locator("#refusal")).to_have_count(0)
    expect(buttons.first).to_be_visible()
    assert state(first, second) == ["accepted", ""]


def test_who_comes_too_late_sees_all_of_it_as_it_stands_and_goes_on_from_there(page_of, sam, tom):
    taken, other = offered(sam, 1), offered(tom, 2)
    page = page_of(tom)
    page.route("**/inbox/pulse/**", lambda route: route.abort())
    page.goto("/inbox/?whose=all")
    for box in page.locator("#acceptance input[type=checkbox]").all():
        box.check()
    page.locator("#acceptance textarea, #acceptance input[type=text]").first.fill("I call at two.")
    handoffs.accept(taken, by=sam, at=timezone.now(), confirmed=ALL)
    page.unroute("**/inbox/pulse/**")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    refusal = page.locator("#refusal")
    expect(refusal).to_contain_text("Sam Okafor accepted this lead")
    expect(refusal).to_be_focused()
    expect(page.locator("#timeline")).to_contain_text("Accepted by Sam Okafor")
    expect(page.locator("#answer")).to_contain_text("I call at two.")
    expect(page.locator(f"#row-{taken.pk}")).to_have_count(0)
    expect(page.locator("#moved-on")).to_be_empty()
    assert Axe().run(page).violations_count == 0
    page.locator("#hand-steps").get_by_label("Next").click()
    expect(page.locator("#hand")).to_have_attribute("data-handoff", str(other.pk))


def test_what_was_given_back_meanwhile_is_taken_where_one_reads_so(page_of, sam, tom):
    lane = in_the_pool(1, speed_lane=True)
    page = page_of(tom, viewport={"width": 1440, "height": 900})
    page.route("**/inbox/pulse/**", lambda route: route.fulfill(status=204))
    page.goto("/inbox/?whose=all")
    expect(page.get_by_role("button", name="Take it", exact=True)).to_have_attribute(
        "aria-keyshortcuts", "T"
    )
    handoffs.assign(lane, to=sam, by=sam, at=timezone.now())
    page.keyboard.press("t")
    expect(page.locator("#refusal")).to_contain_text("Sam Okafor has this lead already.")
    expect(page.locator("#moved-on")).to_have_role("status")
    handoffs.undo(lane, by=sam, at=timezone.now())
    page.unroute("**/inbox/pulse/**")
    expect(page.locator("#moved-on")).to_contain_text("Nobody has this lead now. You can take it.")
    expect(page.locator("#refusal")).to_be_hidden()
    expect(page.locator("#answer")).not_to_contain_text("Sam Okafor has it.", use_inner_text=True)
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("t")
    expect(page.locator("#acceptance")).to_be_visible()
    expect(page.locator("#moved-on")).to_be_empty()
    lane.refresh_from_db()
    assert lane.owner == tom


def test_a_key_that_has_nothing_to_do_says_so_in_passing(page_of, sam):
    offered(sam, 1)
    page = page_of(sam)
    page.goto("/inbox/")
    said = page.locator("#toasts #no-use-said")
    page.keyboard.press("c")
    expect(said).to_have_text("No contact to log here.")
    page.keyboard.press("t")
    expect(said).to_have_text("Nothing to take here.")
    page.keyboard.press("x")
    expect(page.locator(".pick input:checked")).to_have_count(1)
    page.keyboard.press("y")
    expect(said).to_have_text("Nothing to take here.")
    for box in page.locator("#acceptance input[type=checkbox]").all():
        box.check()
    page.keyboard.press("s")
    expect(page.locator("#contact")).to_be_visible()
    page.keyboard.press("a")
    expect(said).to_have_text("Nothing to accept here.")
    page.keyboard.press("x")
    expect(said).to_have_text("Nothing to select here.")
    assert Axe().run(page).violations_count == 0


def test_moving_is_as_quick_as_fingers_are_and_ends_with_the_lead_of_the_row(page_of, sam):
    mine = [offered(sam, number) for number in range(6)]
    page = page_of(sam)
    page.goto("/inbox/")
    held, open_line = [], []
    page.route(
        "**/inbox/?**handoff=**",
        lambda route: route.continue_() if open_line else held.append(route),
    )
    rep = Rep(page)
    rep.press("j", "j", "j", "k", "j")
    expect(page.locator(f"#open-{mine[3].pk}")).to_have_attribute("aria-current", "true")
    rep.press("a")
    expect(page.locator(f"#open-{mine[3].pk}")).to_be_focused()
    assert len(held) == 1
    open_line.append(True)
    held[0].continue_()
    expect_in_hand(page, mine[3])

    page.route("**/inbox/?**handoff=**", lambda route: route.fulfill(status=401))
    rep.press("j")
    expect(page.locator("#rows [aria-current]")).to_have_attribute("id", f"open-{mine[3].pk}")


def test_below_the_list_stand_the_keys_that_do_something_with_the_lead_in_hand(page_of, sam):
    offered(sam, 1)
    page = page_of(sam)
    page.goto("/inbox/")
    accept, contact = (page.locator(f"#keys [data-of={key}]") for key in "ac")
    expect(accept).to_be_visible()
    expect(contact).to_be_hidden()
    for box in page.locator("#acceptance input[type=checkbox]").all():
        box.check()
    page.keyboard.press("s")
    expect(contact).to_be_visible()
    expect(accept).to_be_hidden()


def tap(page: Page, name: str) -> None:
    """A button or link in the bar under the thumb."""
    there = page.locator("#bottom").get_by_role("link", name=name)
    box = there.bounding_box()
    assert box["y"] + box["height"] <= 844
    assert box["height"] >= 44
    there.tap()


def nothing_sideways(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_with_a_thumb_a_rep_accepts_returns_puts_off_and_logs_a_contact(page_of, sam):
    mine = [offered(sam, number) for number in range(11)]
    page = page_of(sam, **PHONE)
    page.goto("/inbox/")
    nothing_sideways(page)
    page.locator("[data-row]", has_text="Quist02").tap()
    expect(page.locator("#hand-bar")).to_contain_text("3 of 11")
    nothing_sideways(page)

    tap(page, "Accept")
    page.wait_for_url("**/acceptance/**")
    for box in page.locator("#acceptance input[type=checkbox]").all():
        if not box.is_checked():
            box.tap()
    nothing_sideways(page)
    page.locator("#acceptance button.primary").tap()
    expect(page.locator("#toasts")).to_contain_text("Accepted: Kim Quist02.")
    tap(page, "Log a contact")
    page.locator("#contact select[name=outcome]").select_option("reached")
    page.get_by_role("button", name="Log a contact").tap()
    expect(page.locator("#toasts")).to_contain_text("Contact logged: Kim Quist02.")
    nothing_sideways(page)

    page.get_by_role("link", name="Back to the list").tap()
    page.locator("[data-row]", has_text="Quist03").tap()
    expect(page.locator("#detail h1")).to_have_text("Kim Quist03")
    tap(page, "Return…")
    page.locator("#return label", has_text="No budget").tap()
    page.locator("#return textarea").fill("New budget in June.")
    nothing_sideways(page)
    page.get_by_role("button", name="Return to marketing").tap()
    expect(page.locator("#detail h1")).to_have_text("Kim Quist04")

    tap(page, "Later…")
    page.locator("#later textarea").fill("They are at a fair.")
    nothing_sideways(page)
    page.get_by_role("button", name="Put it off").tap()
    expect(page.locator("#detail h1")).to_have_text("Kim Quist05")
    expect(page.locator("#hand-bar")).to_contain_text("3 of 8")

    assert state(*mine[2:5]) == ["accepted", "returned", ""]
    assert mine[2].first_contact_at
    assert mine[4].rests_until > timezone.now()


def test_what_a_colleague_answers_is_said_and_words_survive(page_of, sam, tom):
    contested, other = in_the_pool(1), in_the_pool(2)
    sams, toms = page_of(sam), page_of(tom)
    for page in (sams, toms):
        page.goto(f"/inbox/?queue=pool&whose=all&handoff={contested.pk}")
    words = toms.locator("#acceptance textarea")
    words.press_sequentially("I know them from")
    Rep(sams).confirm_all(then="s")
    expect(sams.locator("#toasts")).to_contain_text("Accepted: Kim Quist01.")
    expect(toms.locator("#moved-on")).to_contain_text("Sam Okafor accepted this lead")
    expect(toms.locator(f"#row-{contested.pk}")).to_have_count(0)
    expect(toms.locator(f"#row-{other.pk}")).to_have_count(1)
    expect(words).to_be_focused()
    toms.keyboard.type(" Lisbon.")
    expect(words).to_have_value("I know them from Lisbon.")

    newcomer = in_the_pool(3)
    for page in (sams, toms):
        expect(page.locator(f"#row-{newcomer.pk}")).to_be_visible()
    expect(words).to_have_value("I know them from Lisbon.")
    assert state(contested) == ["accepted"]
    assert contested.answered_by == sam


@pytest.mark.parametrize("device", [{"viewport": {"width": 1440, "height": 900}}, PHONE])
def test_nothing_moves_while_the_inbox_is_loaded_or_asks_for_news(page_of, sam, device):
    for number in range(11):
        offered(sam, number)
    page = page_of(sam, **device)
    page.goto("/inbox/")
    with page.expect_response(re.compile("/inbox/pulse/")):
        pass
    assert page.evaluate(SHIFTS) == 0
