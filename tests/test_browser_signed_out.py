"""A page that is being written outlives the session it was opened in."""

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from scoring import agreements
from scoring.shapes import classic

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_leg(reason="about the page in the browser, not about the database"),
]


def test_signed_out_the_page_stays_and_goes_on_after_signing_in_elsewhere(page_of, mark, signed_in):
    draft = agreements.open_draft(by=mark, at=timezone.now(), body=classic())
    page = page_of(mark)
    page.goto("/agreement/draft/clocks/")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    Session.objects.all().delete()
    hours = page.locator("#section-form input[type=number], #section-form input[inputmode]").first
    hours.fill("77")
    hours.blur()
    expect(page.locator("#signed-out").get_by_role("link", name="Sign in")).to_be_visible()
    url = page.url.split("/agreement")[0]
    anew = {"sessionid": signed_in(mark).cookies["sessionid"].value, "csrftoken": "a" * 32}
    page.context.add_cookies([{"name": k, "value": v, "url": url} for k, v in anew.items()])
    expect(hours).to_have_value("77")
    hours.fill("78")
    hours.blur()
    expect(page.locator("#signed-out")).to_have_count(0)
    page.get_by_role("button", name="Save in the draft").last.click()
    page.wait_for_url("**/agreement/draft/")
    before = draft.sha256
    draft.refresh_from_db()
    assert draft.sha256 != before
