"""The API's documentation in the browser, under the strict content security policy."""

import pytest
from playwright.sync_api import sync_playwright

from tests import legs


@pytest.fixture
def as_ada(ada, signed_in, live_server, monkeypatch):
    """A page of a real browser in which Ada has signed in, and what its console complains of."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    session = signed_in(ada).cookies["sessionid"].value
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=legs.chromium(), args=["--no-sandbox"])
        context = browser.new_context(base_url=live_server.url)
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda m: m.type == "error" and page.complaints.append(m.text))
        yield page
        browser.close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_documentation_shows_every_operation_and_breaks_no_policy(as_ada):
    as_ada.goto("/api/docs/")
    as_ada.wait_for_selector(".opblock-summary")
    shown = {element.inner_text() for element in as_ada.query_selector_all(".opblock-summary-path")}
    assert len(shown) == 8
    assert as_ada.complaints == []
