"""The pages of the agreement, of routing and duty, and every state of the inbox are read by axe,
light on a wide screen and dark on a phone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from feedback import absences, contacts, handoffs, rules
from feedback.models import Calendar, Pool, PoolMember
from feedback.queues import QUEUES
from leads import activities, changes
from leads.identities import email
from leads.models import ActivityType, Channel, Lead
from scoring import agreements, calibrations, rescoring
from scoring.agreements import comments
from scoring.models import AgreementVersion
from scoring.shapes import sales_ready
from tests.factories import HandoffFactory
from tests.test_browser_inbox import in_the_pool, offered
from tests.test_handoffs import ALL
from tests.windows import settle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.one_leg(reason="reads what a browser draws"),
    pytest.mark.django_db(transaction=True),
]

LOOKS = {
    "light, wide": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    "dark, phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}
PAGES = [
    "/agreement/",
    "/agreement/draft/",
    *(f"/agreement/draft/{section}/" for section in agreements.SECTIONS),
    "/agreement/versions/",
    "/agreement/templates/",
    "/agreement/templates/hand_raise/?compare=in_force",
    "/agreement/import/",
    "/agreement/calibration/",
    "/lab/try/",
    "/goals/",
    "/people/invitation/",
]


@pytest.fixture
def house(mark, lena, sam) -> AgreementVersion:
    """A trial is in force, a draft of it is talked about, and leads stand near the bar."""
    calendar = Calendar.objects.create(name="Day and night", time_zone="Europe/Berlin")
    pool = Pool.objects.create(name="DACH", team=sam.team, calendar=calendar)
    PoolMember.objects.create(pool=pool, user=sam)
    ActivityType.objects.create(key="demo_requested", name="Asked for a demo")
    Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)
    now = timezone.now()
    until = timezone.localdate(now) + timedelta(days=3)
    body = sales_ready() | {"effect": {"trial_until": until.isoformat()}}
    version = agreements.open_draft(by=mark, at=now, body=body, as_written=True)
    version = agreements.propose(version, by=mark, at=now)
    for signatory in (mark, lena):
        version = agreements.sign(version, by=signatory, at=now, sha256=version.sha256)
    for name in ("Ada", "Ben", "Cem"):
        address = email(f"{name.lower()}@customer.example")
        facts = {"first_name": name, "title": "Head of Operations", "company_name": f"{name} AG"}
        lead, _how = changes.upsert([address], facts, source="form", known_at=now)
        activities.record(
            lead, type="demo_requested", occurred_at=now, known_at=now, channel="website"
        )
    while not rescoring.step():
        pass
    draft = agreements.open_draft(by=mark, at=now)
    comments.open_thread(draft, section="clocks", by=lena, at=now, text="Why so slow?")
    return version


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_pages_of_the_agreement(page_of, house, mark, lena, look):
    page = page_of(mark, **LOOKS[look])
    found = [*_violations(page, [*PAGES, f"/agreement/versions/{house.pk}/trial/"])]
    calibration, _choice = calibrations.open_round(
        agreements.unsettled(), by=mark, at=timezone.now()
    )
    room = f"/agreement/calibration/{calibration.code}/"
    found += _violations(page, [room, f"{room}wall/"])
    assert found == []


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_the_pages_of_routing_and_duty(page_of, house, lena, sam, look):
    pool, member, now = Pool.objects.get(), PoolMember.objects.get(), timezone.now()
    when = {"all": [{"op": "is", "field": "country", "value": "FR"}, {"op": "not_free_mail"}]}
    rule = rules.add(name="France", pool=pool, when=when, strategy="round_robin", by=lena, at=now)
    rules.add(name="All", pool=pool, when=None, strategy="first_to_take", by=lena, at=now)
    rules.switch(rule, active=False, by=lena, at=now)
    today = timezone.localdate(now)
    last = today + timedelta(days=2)
    away = absences.enter(sam, first_day=today, last_day=last, by=sam, at=now)
    found = [
        *_violations(
            page_of(lena, **LOOKS[look]),
            [
                "/routing/",
                "/routing/history/",
                "/routing/rules/new/",
                f"/routing/rules/{rule.pk}/",
                f"/routing/rules/{rule.pk}/deletion/",
                "/routing/try/?q=ada",
                f"/routing/try/?lead={Lead.objects.first().pk}",
                "/duty/",
                "/duty/pools/new/",
                f"/duty/members/{member.pk}/",
                f"/duty/members/{member.pk}/deletion/",
                f"/duty/calendars/{pool.calendar_id}/",
                f"/duty/calendars/new/?member={member.pk}",
            ],
        ),
        *_violations(page_of(sam, **LOOKS[look]), ["/duty/", f"/duty/absences/{away.pk}/"]),
    ]
    assert found == []


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_in_any_state_of_the_inbox(page_of, sam, tom, lena, look):
    phone = "phone" in look
    page = page_of(sam, **LOOKS[look])
    found = [*_violations(page, ["/inbox/"])]  # No agreement is in force.
    mine = [offered(sam, number) for number in range(7)]
    in_the_pool(8)
    HandoffFactory(waiting=True)
    now = timezone.now()
    accepted = handoffs.accept(mine[5], by=sam, at=now, confirmed=ALL)
    contacted = handoffs.accept(mine[6], by=sam, at=now, confirmed=ALL)
    contacts.log(contacted, by=sam, at=now, kind="call", outcome="reached")
    soon = now + timedelta(minutes=30)
    handoffs.put_off(mine[4], by=sam, at=now, until=soon, reason="A fair.", pause=False)
    hand = f"/handoffs/{mine[0].pk}/"
    picked = f"handoff={mine[0].pk}&handoff={accepted.pk}"
    found += _violations(
        page,
        [
            *(f"/inbox/?queue={queue}&whose=all" for queue in QUEUES),
            "/inbox/?queue=answer&q=nobody",
            "/inbox/?queue=answer&narrow=1",
            f"/inbox/?handoff={mine[0].pk}",
            f"/inbox/?queue=resting&handoff={mine[4].pk}",
            f"/inbox/returns/?{picked}",
            *(f"{hand}{answer}" for answer in ("", "acceptance/", "return/", "later/", "routing/")),
            f"/handoffs/{accepted.pk}/",
            f"/handoffs/{contacted.pk}/",
            "/inbox/consequences/",
            "/claims/",
        ],
    )

    def seen(state):
        found.extend(f"{state}: {line}" for line in _broken(page))

    page.goto("/inbox/")
    page.locator(".pick input").first.check()
    seen("picked")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    seen("keys")
    page.goto(f"{hand}return/")
    page.get_by_role("button", name="Return to marketing").click()
    expect(page.locator("#refusal, [aria-invalid=true]").first).to_be_visible()
    seen("refused")
    page.locator("#return label", has_text="No budget").click()
    page.locator("#return textarea").fill("New budget in June.")
    page.get_by_role("button", name="Return to marketing").click()
    expect(page.locator("#toasts")).to_contain_text("Returned to marketing")
    seen("undo")
    page.goto(f"/inbox/returns/?handoff={mine[1].pk}&handoff={mine[2].pk}")
    page.locator("input[name=reason]").first.check()
    page.locator("textarea[name=text]").fill("Students.")
    page.get_by_role("button", name="Return to marketing").click()
    expect(page.get_by_text("Returned to marketing.")).to_have_count(2)
    seen("returned together")
    page.goto(f"/inbox/?whose=all&handoff={mine[3].pk}")
    handoffs.assign(mine[3], to=tom, by=lena, at=timezone.now())
    expect(page.locator("#moved-on")).to_contain_text("Tom Albrecht has this lead now.")
    seen("moved on")
    if not phone:
        page.locator("#bell a").first.click()
        expect(page.get_by_role("region", name="Latest notifications")).to_be_visible()
        seen("bell")
    assert found == []


def _violations(page, addresses):
    """A line for each address, rule and place."""
    for address in addresses:
        answer = page.goto(address)
        assert answer.ok, address
        settle(page)
        for line in _broken(page):
            yield f"{address} {line}"


def _broken(page):
    for violation in Axe().run(page).response["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']}: {node['html'][:160]}"
