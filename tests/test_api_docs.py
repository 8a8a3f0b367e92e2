"""The API's documentation in the browser, under the strict content security policy."""

import pytest


@pytest.fixture
def as_ada(ada, signed_in, live_server, browser):
    """A page of a real browser in which Ada has signed in, and what its console complains of."""
    session = signed_in(ada).cookies["sessionid"].value
    context = browser.new_context(base_url=live_server.url)
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda m: m.type == "error" and page.complaints.append(m.text))
    yield page
    context.close()


@pytest.mark.browser
@pytest.mark.one_leg(reason="looks at what a browser does")
@pytest.mark.django_db(transaction=True)
def test_the_documentation_shows_every_operation_and_breaks_no_policy(as_ada):
    as_ada.goto("/api/docs/")
    as_ada.wait_for_selector(".opblock-summary")
    shown = {element.inner_text() for element in as_ada.query_selector_all(".opblock-summary-path")}
    assert len(shown) == 8
    assert as_ada.complaints == []
