"""Both teams make an agreement in two windows, from its first criterion to leads that move.

Mark leads marketing and has a mouse, Lena leads sales and has a keyboard only. They build the
criteria of the Sales-ready model, vote on real leads, see what the text would change, talk about
it, object, put it right, sign it, and the worker hands over whom it describes.
"""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from feedback.models import Calendar, Handoff, Pool, PoolMember
from leads import activities, changes
from leads.identities import email
from leads.models import ActivityType, Channel, Lead, StaleLead
from scoring import agreements, rescoring
from scoring.documents import canonical, item
from scoring.models import AgreementVersion, Calibration, Vote
from scoring.shapes import sales_ready
from tests.processes import wait_until
from tests.windows import PATIENCE, Keys

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

STAGES = "/agreement/draft/stages/"
LEADS = {
    "Ada": {"seniority": "Head", "company_size": 60},  # 76 points
    "Ben": {"seniority": "Head", "company_size": 60},
    "Cem": {"seniority": "Manager", "company_size": 20},  # 61 points
}


def with_bar(points: int) -> dict:
    body = sales_ready()
    bar = item(item(body["stages"], "srl")["criteria"], "rating_total")
    bar["when"]["value"] = points
    return body


def without_criteria() -> dict:
    body = deepcopy(sales_ready())
    for stage in body["stages"]:
        stage["criteria"] = None
    return body


@pytest.fixture
def in_force(mark, lena, sam) -> AgreementVersion:
    """Sales-ready with a bar that nobody reaches, and three leads nurtured below it."""
    calendar = Calendar.objects.create(name="Day and night", time_zone="Europe/Berlin")
    pool = Pool.objects.create(name="DACH", team=sam.team, calendar=calendar)
    PoolMember.objects.create(pool=pool, user=sam)
    ActivityType.objects.create(key="demo_requested", name="Asked for a demo")
    Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)
    at = timezone.now() - timedelta(days=2)
    version = agreements.install(with_bar(100), by_marketing=mark, by_sales=lena, at=at)
    for name, facts in LEADS.items():
        asks_for_a_demo(name, **facts)
    while rescoring.stale(at=timezone.now()) or StaleLead.objects.exists():
        pass
    while not rescoring.step(at=timezone.now()):
        pass
    return version


def asks_for_a_demo(name: str, **facts: object) -> Lead:
    known = {
        "first_name": name,
        "last_name": "Lindqvist",
        "title": "Operations",
        "function": "Operations",
        "industry": "Logistics",
        "country": "DE",
        "company_name": f"{name} Logistik",
    } | facts
    at = timezone.now() - timedelta(days=1)
    key = email(f"{name.lower()}@{name.lower()}.example")
    lead, _how = changes.upsert([key], known, source="form", known_at=at)
    activities.record(lead, type="demo_requested", occurred_at=at, known_at=at, channel="website")
    return lead


def test_two_teams_build_the_criteria_one_by_mouse_and_one_by_keyboard(
    page_of, in_force, mark, lena
):
    """The journey of Sales-ready, and at first not a criterion on its way."""
    draft = agreements.open_draft(by=mark, at=timezone.now(), body=without_criteria())
    mark_builds_with_the_mouse(page_of(mark))
    lena_builds_without_one(page_of(lena))
    draft.refresh_from_db()
    assert criteria_of(draft.body) == criteria_of(sales_ready())


def test_two_teams_vote_object_sign_and_see_leads_move(installation, page_of, in_force, mark, lena):
    draft = agreements.open_draft(by=mark, at=timezone.now(), body=sales_ready())
    marks, lenas = page_of(mark), page_of(lena)
    both_vote(marks, lenas)
    mark_sees_the_impact_and_proposes(marks)
    sign(marks, "Sign for marketing")
    lena_comments_and_objects(lenas)
    mark_lowers_the_bar_and_resolves(marks)
    sign(lenas, "Sign for sales")
    assert AgreementVersion.objects.in_force().get() != draft
    sign(marks, "Sign for marketing")
    assert AgreementVersion.objects.in_force().get() == draft
    installation.start_worker()
    installation.start_beat()
    offered = Handoff.objects.filter(version=draft).exclude(offered_at=None)
    wait_until(lambda: offered.count() == len(LEADS), "all are offered to sales", seconds=PATIENCE)


def criteria_of(body: dict) -> dict[str, list[str]]:
    """What each stage asks for, in any order."""
    return {
        stage["key"]: sorted(canonical(each["when"]) for each in stage["criteria"] or [])
        for stage in body["stages"]
    }


# Building


def row(page: Page, stage: str, number: int) -> Locator:
    return page.locator(f"#row-criteria-{stage}-{number}")


def mark_builds_with_the_mouse(page: Page) -> None:
    page.goto(STAGES)
    page.locator("#stage-nurturing").click()
    field(add(page, "nurturing", 0, "Role, or another field"), "email", "known")
    add(page, "nurturing", 1, "An activity").get_by_label("Within days").fill("")
    page.locator("#stage-srl").click()
    field(add(page, "srl", 0, "Role, or another field"), "title", "contains_not", "student")
    rivals = "rivalplan.example, otherfleet.example"
    field(add(page, "srl", 1, "Role, or another field"), "email_domain", "not_one_of", rivals)
    expect(page.locator("#preview")).to_contain_text("otherfleet.example")
    save(page)


def add(page: Page, stage: str, number: int, what: str) -> Locator:
    page.locator(f"#more-criteria-{stage} > summary").click()
    page.locator(f"#menu-criteria-{stage}").get_by_role("button", name=what, exact=True).click()
    added = row(page, stage, number)
    expect(added.locator(".inside")).to_be_visible()
    return added


def field(added: Locator, name: str, op: str, value: str = "") -> None:
    added.get_by_label("Field").select_option(name)
    added.get_by_label("Comparison").select_option(op)
    if value:
        added.get_by_label("Value").fill(value)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save in the draft").last.click()
    expect(page.locator("#draft")).to_be_visible()


def lena_builds_without_one(page: Page) -> None:
    page.goto(STAGES)
    keys = Keys(page)
    keys.press(page.locator("#stage-srl"))
    bars = [("fit", "fit", "25"), ("engagement", "engagement", "20"), ("score", "total", "65")]
    for number, (words, which, points) in enumerate(bars, 2):
        added = add_by_key(keys, "srl", number, "The score")
        keys.choose(added.get_by_label("Points"), words, which)
        keys.fill(added.get_by_label("Value"), points)
    add_by_key(keys, "srl", 5, "An activity")
    expect(page.locator("#preview")).to_contain_text("Engagement to become SRL")
    page.keyboard.press("Escape")
    keys.press(page.get_by_role("button", name="Save in the draft").last)
    expect(page.locator("#draft")).to_be_visible()


def add_by_key(keys: Keys, stage: str, number: int, what: str) -> Locator:
    page = keys.page
    keys.press(page.locator(f"#more-criteria-{stage} > summary"))
    menu = page.locator(f"#menu-criteria-{stage}")
    keys.press(menu.get_by_role("button", name=what, exact=True))
    added = row(page, stage, number)
    expect(added.locator(".inside")).to_be_visible()
    return added


# Is this a lead?


def both_vote(marks: Page, lenas: Page) -> None:
    marks.goto("/agreement/calibration/")
    marks.get_by_role("button", name="Open the vote").click()
    room = f"/agreement/calibration/{Calibration.objects.get().code}/"
    marks.goto(room)
    lenas.goto(room)
    leads = Calibration.objects.get().leads.count()
    assert leads == len(LEADS)
    for number in range(1, leads + 1):
        expect(marks.locator("#ballot")).to_contain_text(f"{number} of {leads}")
        marks.get_by_role("button", name="Yes").click()
        expect(lenas.locator("#ballot")).to_contain_text(f"{number} of {leads}")
        lenas.keyboard.press("y" if number > 1 else "n")
    for page in (marks, lenas):
        expect(page.locator("#ballot")).to_contain_text("You have answered every lead.")
    assert Vote.objects.count() == 2 * leads
    marks.get_by_role("button", name="Close the vote and show the result").click()
    expect(marks.locator("main")).to_contain_text("Marketing and sales agree on 2 of 3 leads.")


# Signing


def mark_sees_the_impact_and_proposes(page: Page) -> None:
    page.goto("/agreement/draft/")
    expect(page.locator("#impact")).to_contain_text("gained")
    page.get_by_role("button", name="Propose to both teams").click()
    expect(page.locator("#draft")).to_contain_text("Proposed by Mark Reuter")


def lena_comments_and_objects(page: Page) -> None:
    page.goto("/agreement/draft/")
    talk = page.locator("#talk-stage-srl")
    talk.get_by_text("Comment").first.click()
    talk.get_by_role("textbox").fill("Who has 61 points wants to talk as well.")
    talk.get_by_role("button", name="Open a thread").click()
    expect(talk).to_contain_text("Who has 61 points")
    page.goto("/agreement/draft/")
    page.get_by_text("Object…").click()
    page.locator("#objecting").get_by_role("textbox").fill("The bar is too high for us.")
    page.get_by_role("button", name="Put the objection on record").click()
    expect(page.locator("#signing")).to_contain_text("The bar is too high for us.")


def mark_lowers_the_bar_and_resolves(page: Page) -> None:
    page.goto(STAGES)
    page.locator("#stage-srl").click()
    bar = page.locator("[id^=row-criteria-srl]").filter(has_text="Score is at least 65")
    bar.locator(".headline").click()
    page.get_by_label("Value").last.fill("60")
    save(page)
    expect(page.locator("#signing")).to_contain_text("Marketing’s signature lapsed:")
    page.get_by_role("button", name="Propose to both teams").click()
    expect(page.locator("#draft")).to_contain_text("One open thread")
    talk = page.locator("#talk-stage-srl")
    talk.get_by_text("Answer, or resolve").click()
    talk.get_by_role("button", name="Resolve").click()
    expect(talk).to_contain_text("One resolved thread")


def sign(page: Page, button: str) -> None:
    page.goto("/agreement/draft/")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("button", name=button)).to_have_count(0)


def test_what_is_saved_while_a_stage_is_being_moved_has_it_moved(page_of, in_force, mark):
    draft = agreements.open_draft(by=mark, at=timezone.now())
    first, second = (stage["key"] for stage in draft.body["stages"][:2])
    page = page_of(mark)
    page.goto(STAGES)

    def slowly(route):
        page.wait_for_timeout(800)
        route.continue_()

    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.route("**" + STAGES, slowly)
    page.get_by_role("button", name="Move up").locator("visible=true").nth(1).click(
        no_wait_after=True
    )
    page.get_by_role("button", name="Save in the draft").last.click()
    page.wait_for_url("**/agreement/draft/")
    draft.refresh_from_db()
    assert [stage["key"] for stage in draft.body["stages"][:2]] == [second, first]
