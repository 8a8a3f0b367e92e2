"""Windows of a real browser on the real web server, one for each person, and hands without a
mouse."""

import asyncio
import re
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Error, Locator, Page, expect, sync_playwright

from leads.models import User
from tests import legs

PATIENCE = 60
# What Chromium itself writes about an answer that refuses: the page shows the refusal. And what
# htmx writes about a question that is given up because its page is left.
EXPECTED = re.compile(
    r"the server responded with a status of 4(01|09|22)|Error Code 401 from"
    r"|htmx:afterRequest, |htmx:sendAbort, "
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[tuple[Browser, asyncio.AbstractEventLoop]]:
    """One for all tests, and the loop that Playwright drives it by."""
    expect.set_options(timeout=PATIENCE * 1000 / 2)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=legs.chromium(), args=["--no-sandbox"])
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def browser(
    chromium: tuple[Browser, asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Browser]:
    """In the hands of one test, which opens contexts of its own. Only meanwhile its loop counts as
    running: where one does, Django has other connections, and asks for leave to use them."""
    browser, loop = chromium
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    asyncio._set_running_loop(loop)
    yield browser
    asyncio._set_running_loop(None)


@pytest.fixture
def page_of(
    browser, installation, signed_in: Callable[[User], Client]
) -> Iterator[Callable[[User], Page]]:
    """A window in which somebody has signed in. No page may break the content policy or log an
    error."""
    address = installation.start_web()
    complaints: list[str] = []

    def page_of(user: User, **device: object) -> Page:
        session = signed_in(user).cookies["sessionid"].value
        context = browser.new_context(base_url=address, **device)
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000 / 2)
        page.on("console", lambda line: line.type == "error" and complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield page_of
    for context in browser.contexts:
        context.close()
    unexpected = [line for line in complaints if not EXPECTED.search(line)]
    assert unexpected == [], unexpected


def go(page: Page, address: str) -> None:
    """Go there, also where the page was just about to lead somewhere by itself: of two ways at once
    the browser gives one up."""
    try:
        page.goto(address)
    except Error as error:
        if "ERR_ABORTED" not in str(error):
            raise
        page.wait_for_load_state()
        page.goto(address)


def settle(page: Page) -> None:
    """Wait until nothing is on its way that the page has asked for by itself."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-added")).to_have_count(0)


class Mouse:
    """Somebody at a page who has a mouse, and keys to write with."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, there: Locator) -> None:
        there.click()

    def tick(self, there: Locator) -> None:
        there.click()

    def fill(self, there: Locator, words: str) -> None:
        """Write in place of what is there."""
        there.click()
        _write(there, words)

    def choose(self, there: Locator, words: str) -> None:
        """The list that opens belongs to the browser, not to the page: it is not clicked in."""
        there.select_option(label=words)


class Keys:
    """Somebody at a page who has a keyboard only."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, there: Locator) -> None:
        """Press Tab until the focus is there, backwards where it lies behind."""
        expect(there).to_be_visible()
        for _look in range(400):
            presses = there.evaluate(WAY)
            if not presses:
                return
            for _press in range(abs(presses)):
                self.page.keyboard.press("Tab" if presses > 0 else "Shift+Tab")
        pytest.fail(f"Nobody gets to {there} by Tab.")

    def press(self, there: Locator) -> None:
        self.reach(there)
        self.page.keyboard.press("Enter")

    def tick(self, there: Locator) -> None:
        self.reach(there)
        self.page.keyboard.press("Space")

    def fill(self, there: Locator, words: str) -> None:
        """Write in place of what is there."""
        self.reach(there)
        _write(there, words)

    def choose(self, there: Locator, words: str) -> None:
        """The choice that begins with these words."""
        self.reach(there)
        self.page.keyboard.type(words)
        expect(there.locator("option:checked")).to_have_text(words)


Hands = Mouse | Keys
# How many times Tab at least, from the element in hand to the one that is looked for; negative
# where it lies behind. Of radio buttons that belong together one is a stop: none is counted.
WAY = """each => {
  const here = document.activeElement;
  if (each === here) return 0;
  const back = here.compareDocumentPosition(each) === Node.DOCUMENT_POSITION_PRECEDING;
  const [first, last] = back ? [each, here] : [here, each];
  const stops = "a[href], button, input:not([type=radio]), select, textarea, summary";
  const between = [...document.querySelectorAll(stops)].filter((stop) =>
    stop.tabIndex === 0 && !stop.disabled && stop.checkVisibility({visibilityProperty: true})
    && stop !== first && stop !== last
    && first.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING
    && stop.compareDocumentPosition(last) & Node.DOCUMENT_POSITION_FOLLOWING);
  return (back ? -1 : 1) * (between.length + 1);
}"""


def _write(there: Locator, words: str) -> None:
    there.page.keyboard.press("Control+A")
    there.page.keyboard.type(words) if words else there.page.keyboard.press("Delete")
    expect(there).to_have_value(words)
