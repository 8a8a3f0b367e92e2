"""The first lead crosses the line: the whole journey in a real browser, with real processes.

Maya changes the agreement, Mark and Lena sign it, the worker rescores, Sam answers, Maya reads
why a lead came back, Olu sees it all in the funnel.
"""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from feedback.models import Calendar, Handoff, Opportunity, Pool, PoolMember
from leads import activities, changes
from leads.identities import email
from leads.models import ActivityType, Channel, Lead
from scoring import agreements, shapes
from scoring.models import AgreementVersion
from tests.processes import Installation, wait_until
from tests.windows import PATIENCE

pytestmark = pytest.mark.browser


@pytest.fixture
def agreement(mark, lena, sam) -> AgreementVersion:
    """Classic is in force; one pool works around the clock, with Sam on duty."""
    pool = Pool.objects.create(
        name="DACH",
        team=sam.team,
        calendar=Calendar.objects.create(name="Day and night", time_zone="Europe/Berlin"),
    )
    PoolMember.objects.create(pool=pool, user=sam)
    ActivityType.objects.create(key="quote_requested", name="Asked for a quote")
    Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)
    at = timezone.now() - timedelta(days=2)
    return agreements.install(shapes.classic(), by_marketing=mark, by_sales=lena, at=at)


def lead_below_the_bar(first_name: str, words: str) -> Lead:
    """58 points under Classic, of which 25 for the quote."""
    at = timezone.now() - timedelta(hours=3)
    known = {
        "first_name": first_name,
        "last_name": "Lindqvist",
        "title": "Head of Operations",
        "seniority": "Head",
        "function": "Operations",
        "company_name": f"{first_name} Logistik",
        "company_size": 60,
    }
    address = email(f"{first_name.lower()}@customer.example")
    lead, _how = changes.upsert([address], known, source="form", known_at=at)
    activities.record(
        lead,
        type="quote_requested",
        occurred_at=at,
        known_at=at,
        channel="website",
        properties={"words": words},
    )
    return lead


def rescored(lead: Lead) -> bool:
    return Lead.objects.filter(pk=lead.pk, score__isnull=False, stale=None).exists()


def offered(installation: Installation, *leads: Lead) -> None:
    wait_until(
        lambda: (
            Handoff.objects.filter(lead__in=leads).exclude(offered_at=None).count() == len(leads)
        ),
        "the leads are offered to sales",
        seconds=PATIENCE,
        says=installation.said,
    )


@pytest.mark.django_db(transaction=True)
def test_a_lead_crosses_the_line_from_a_signed_change_to_won_and_to_returned(
    installation, page_of, agreement, maya, mark, lena, sam, tom, olu
):
    mara = lead_below_the_bar("Mara", "60 vehicles, three depots. Can someone call me?")
    jonas = lead_below_the_bar("Jonas", "What does it cost?")
    installation.start_worker()
    installation.start_beat()
    wait_until(lambda: rescored(mara) and rescored(jonas), "both are scored", seconds=PATIENCE)
    assert not Handoff.objects.exists()

    maya_raises_the_points_for_a_quote(page_of(maya))
    sign(page_of(mark), "Sign for marketing", never="Sign for sales")
    assert AgreementVersion.objects.in_force().get() == agreement
    sign(page_of(lena), "Sign for sales", never="Sign for marketing")
    assert AgreementVersion.objects.in_force().get().number == agreement.number + 1
    offered(installation, mara, jonas)

    late = page_of(tom)
    late.goto(f"/handoffs/{Handoff.objects.get(lead=mara).pk}/")
    sams = page_of(sam)
    sam_accepts(sams, mara)
    tom_is_told_who_has_it(late)
    sam_talks_and_qualifies(sams)
    sam_wins(sams)
    assert Opportunity.objects.get().amount == 48_000

    sam_returns(sams, jonas)
    maya_reads_why_and_answers(page_of(maya), jonas)
    olu_finds_the_leads_behind_the_numbers(page_of(olu), mara)


def maya_raises_the_points_for_a_quote(page: Page) -> None:
    page.goto("/agreement/")
    expect(page.locator("#document")).to_contain_text("Asked for a quote")
    page.get_by_role("button", name="Open a draft").click()
    page.locator('a[href="/agreement/draft/score/"]').first.click()
    page.get_by_role("button", name="“Asked for a quote” in the last 30 days").click()
    rule = page.locator(".rule.open").filter(has_text="Asked for a quote")
    rule.locator('input[name$="-points"]').fill("40")
    page.get_by_role("button", name="Save in the draft").click()
    expect(page.locator("#draft")).to_contain_text("40")
    page.get_by_role("button", name="Propose to both teams").click()
    expect(page.locator("#draft")).to_contain_text("It waits for both signatures.")
    expect(page.get_by_role("button", name=re.compile("^Sign for"))).to_have_count(0)


def sign(page: Page, button: str, *, never: str) -> None:
    page.goto("/agreement/draft/")
    expect(page.get_by_role("button", name=never)).to_have_count(0)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("button", name=button)).to_have_count(0)


def take_in_hand(page: Page, lead: Lead) -> None:
    """Click the lead's row and wait until it is shown."""
    with page.expect_response(lambda response: "handoff=" in response.url):
        page.locator("[data-row]", has_text=lead.first_name).click()
    expect(page.locator("#hand")).not_to_have_class(re.compile("htmx-"))


def sam_accepts(page: Page, lead: Lead) -> None:
    page.goto("/inbox/")
    take_in_hand(page, lead)
    detail = page.locator("#detail")
    expect(detail).to_contain_text("60 vehicles, three depots.")
    expect(detail).to_contain_text("Company size is at least 50")
    expect(detail.locator(".reasons")).to_contain_text("+40")
    expect(page.locator("#dial")).to_contain_text("left")
    page.keyboard.press("a")
    could_buy = page.locator("#acceptance input[value=could_buy]")
    expect(could_buy).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#refusal")).to_contain_text("Not confirmed yet")
    could_buy.check()
    page.locator("#acceptance textarea").fill("I call today at two.")
    page.locator("#acceptance textarea").press("Escape")
    page.keyboard.press("s")
    expect(page.locator("#standing")).to_contain_text("Sam Okafor accepted this lead at")
    expect(page.locator("#toasts")).to_contain_text("Accepted: Mara Lindqvist.")
    expect(page.locator("#thread")).to_contain_text("I call today at two.")


def tom_is_told_who_has_it(page: Page) -> None:
    for box in page.locator("#acceptance input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Accept", exact=False).first.click()
    expect(page.locator("#refusal")).to_contain_text("Sam Okafor accepted this lead at")
    expect(page.locator("#acceptance")).to_have_count(0)


def sam_talks_and_qualifies(page: Page) -> None:
    page.locator("#contact select[name=outcome]").select_option("not_reached")
    page.get_by_role("button", name="Log a contact").click()
    expect(page.locator("#timeline")).to_contain_text("Not reached")
    page.keyboard.press("h")
    page.locator("#conversation textarea").fill("Decides with the CFO in May.")
    page.locator("#conversation button").click()
    expect(page.locator("#wish")).to_contain_text("Decides with the CFO in May.")
    for box in page.locator("#qualification input[type=checkbox]").all():
        box.check()
    for field in page.locator("#qualification input[type=text]").all():
        field.fill("before the summer")
    page.get_by_role("button", name="Open the opportunity").click()
    expect(page.locator("#standing")).to_contain_text("Sam Okafor qualified this lead")


def sam_wins(page: Page) -> None:
    page.get_by_role("link", name="Open the opportunity").click()
    expect(page.locator("#facts")).to_contain_text("unknown")
    page.locator("#closing input[name=amount]").fill("48000")
    page.get_by_role("button", name="Won").click()
    expect(page.locator("#facts")).to_contain_text("48,000")
    expect(page.locator("#closing")).to_have_count(0)


def sam_returns(page: Page, lead: Lead) -> None:
    page.goto("/inbox/")
    take_in_hand(page, lead)
    expect(page.locator("#detail h1")).to_have_text("Jonas Lindqvist")
    page.keyboard.press("r")
    page.get_by_label("No budget this year").check()
    page.locator("#return select[name=disputed]").select_option(index=1)
    page.get_by_role("button", name="Return to marketing").click()
    expect(page.locator("#refusal")).to_contain_text("A return needs a sentence")
    page.locator("#return textarea").fill("New budget in June.")
    page.get_by_role("button", name="Return to marketing").click()
    expect(page.locator("#nothing")).to_contain_text("All answered.")


def maya_reads_why_and_answers(page: Page, lead: Lead) -> None:
    page.goto("/returns/")
    take_in_hand(page, lead)
    back = page.locator("#said-back")
    expect(back).to_contain_text("No budget this year")
    expect(back).to_contain_text("New budget in June.")
    expect(back).to_contain_text("Disputed criterion")
    page.locator("#thread textarea").fill("We write again in June.")
    page.locator("#thread").get_by_role("button", name="Send").click()
    expect(page.locator("#thread")).to_contain_text("We write again in June.")
    page.goto(f"/leads/{lead.pk}/")
    expect(page.locator("#person")).to_contain_text("rests until")
    expect(page.locator("#say")).to_contain_text("New budget in June.")


def olu_finds_the_leads_behind_the_numbers(page: Page, lead: Lead) -> None:
    page.goto("/funnel/")
    number = page.locator('a[href*="/funnel/leads/"][href*="set=won"]').first
    expect(number).to_contain_text("1")
    number.click()
    expect(page.locator("main")).to_contain_text(lead.first_name)


@pytest.mark.django_db(transaction=True)
def test_on_a_phone_the_first_tap_opens_the_checklist_and_the_second_accepts(
    page_of, agreement, sam, installation
):
    from feedback import deliveries
    from scoring import rescoring

    mara = lead_below_the_bar("Mara", "60 vehicles.")
    phone = {"title": "Managing Director", "phone": "+49 40 555 01 42", "industry": "Logistics"}
    changes.record(mara, phone, source="form", known_at=timezone.now())
    rescoring.stale(at=timezone.now())
    deliveries.deliver(at=timezone.now())
    page = page_of(sam, viewport={"width": 390, "height": 844}, has_touch=True)
    page.goto("/inbox/")
    expect(page.locator("#detail")).to_be_hidden()
    page.locator("[data-row]", has_text="Mara").tap()
    expect(page.locator("#detail")).to_be_visible()
    page.locator("#bottom").get_by_role("link", name="Accept").tap()
    boxes = page.locator("#acceptance input[type=checkbox]")
    expect(boxes.first).to_be_visible()
    expect(page.locator("#reasons")).to_be_hidden()
    for box in boxes.all():
        box.check()
    page.locator("#acceptance button.primary").tap()
    expect(page.locator("#standing")).to_contain_text("Sam Okafor accepted this lead")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
