"""Routing rules written by keyboard in a browser: built, counted, moved."""

import pytest
from django.utils import timezone

from feedback.models import RoutingRule
from leads import changes
from leads.identities import email
from tests.factories import AgreementVersionFactory, PoolFactory

PREVIEW = "**/routing/rules/preview/"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_leg(reason="looks at what a browser does"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def dach(sales):
    AgreementVersionFactory()
    return PoolFactory(name="DACH", team=sales)


def test_a_rule_is_built_step_by_step_and_says_meanwhile_whom_it_means(page_of, lena, dach):
    for number, country in enumerate(("FR", "FR", "DE")):
        facts = {"first_name": "Kim", "country": country}
        address = email(f"kim{number}@graaf.example")
        changes.upsert([address], facts, source="form", known_at=timezone.now())
    page = page_of(lena)
    page.goto("/routing/rules/new/")
    page.get_by_label("Name", exact=True).fill("France")
    page.get_by_role("button", name="Role, or another field").click()
    page.get_by_label("Field").select_option("country")
    offered = page.get_by_label("Comparison").locator("option:not([hidden])").all_inner_texts()
    assert "is" in offered
    assert "contains" not in offered
    assert page.get_by_label("Comparison").input_value() in ("is", "one_of")
    page.get_by_label("Comparison").select_option("is")
    page.get_by_label("Value", exact=True).fill("FR")
    page.locator("#matched b", has_text="2").wait_for()
    assert "Country is France" in page.locator("#matched").inner_text()
    page.get_by_role("button", name="and …").click()
    page.get_by_role("button", name="Name and role are known").click()
    page.locator("#matched b", has_text="0").wait_for()
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url("**/routing/#rule-*")
    made = RoutingRule.objects.get()
    assert made.when["all"][0] == {"op": "is", "field": "country", "value": "FR"}
    assert len(made.when["all"]) == 2


def test_what_was_said_of_a_line_that_has_gone_is_left_out(page_of, lena, dach):
    """The page would complain of it, which windows of tests refuse."""
    page, held = page_of(lena), []
    page.goto("/routing/rules/new/")
    page.get_by_role("button", name="Role, or another field").click()
    page.get_by_label("Field").select_option("country")
    page.get_by_label("Comparison").select_option("is")
    page.get_by_label("Value", exact=True).fill("FR")
    page.locator("#matched", has_text="Country is France").wait_for()
    page.route(PREVIEW, lambda route: held.append(route))  # noqa: PLW0108
    with page.expect_request(PREVIEW):
        page.get_by_role("button", name="and …").click()
    with page.expect_response("**/routing/rules/new/"):
        page.get_by_role("button", name="Name and role are known").click()
    with page.expect_response(PREVIEW):
        page.unroute(PREVIEW)
    assert held
    page.locator("#matched", has_text="known").wait_for()


def test_a_rule_is_moved_by_keyboard_and_keeps_the_focus(page_of, lena, dach):
    first, second = (
        RoutingRule.objects.create(name=name, pool=dach, position=place)
        for place, name in enumerate("AB", 1)
    )
    page = page_of(lena)
    page.goto("/routing/")
    page.locator(f"#up-{second.pk}").focus()
    page.keyboard.press("Enter")
    page.locator("#rules-said", has_text="“B” stands in place 1.").wait_for(state="attached")
    assert page.evaluate("document.activeElement.id") == f"up-{second.pk}"
    assert list(RoutingRule.objects.all()) == [second, first]


def test_choosing_every_lead_and_the_speed_lane_puts_away_what_is_not_asked(page_of, lena, dach):
    page = page_of(lena)
    page.goto("/routing/rules/new/")
    assert page.locator("#row-when").is_visible()
    page.get_by_label("Every lead that comes this far").check()
    assert not page.locator("#row-when").is_visible()
    page.get_by_label("Speed lane: first to take it has it").check()
    assert not page.get_by_label("Then the owner of its company").is_visible()
