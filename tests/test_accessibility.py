"""Every page of the agreement is read by axe, light on a wide screen and dark on a phone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from feedback.models import Calendar, Pool, PoolMember
from leads import activities, changes
from leads.identities import email
from leads.models import ActivityType, Channel
from scoring import agreements, calibrations, rescoring
from scoring.agreements import comments
from scoring.models import AgreementVersion
from scoring.shapes import sales_ready

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
    until = timezone.localdate(now) + timedelta(days=1)
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


def _violations(page, addresses):
    """A line for each address, rule and place."""
    for address in addresses:
        answer = page.goto(address)
        assert answer.ok, address
        page.wait_for_load_state("networkidle")
        for violation in Axe().run(page).response["violations"]:
            for node in violation["nodes"]:
                yield f"{address} {violation['id']}: {node['html'][:160]}"
