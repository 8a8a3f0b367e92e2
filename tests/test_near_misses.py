"""Leads one step below a bar: found, counted, listed, and worked on in one click."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import deliveries, nearmisses
from feedback.models import Notification
from leads import activities, changes, fields, identities
from leads.activities import NewActivity
from leads.models import Event, Lead
from leads.refusals import Refused
from scoring import explanations, ledgers, scores, shapes, stages
from scoring import nearmisses as near
from scoring.models import Score, Stage, StageEntry, Standing
from tests.factories import MONDAY, AgreementVersionFactory
from tests.imports import Importer, counts
from tests.strategies import MANY, NOW, PERSONAS, furnish, people, some_conditions, written

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ROLE = {"op": "contains", "field": "title", "value": "head"}
SIZE = {"op": "at_least", "field": "company_size", "value": 50}
VISIT = {"op": "did", "types": ["visit"], "within_days": 30}
BAR = {"op": "score_at_least", "which": "total", "value": 20}
GOOD = {"title": "Head of Operations", "company_size": 240}


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(MONDAY + HOUR, tick=False)


def agreement(*whens, nurture=False):
    """In force: into MQL goes who meets these; a visit gives 7 points, every time."""
    body = shapes.classic()
    wanted = [
        {"key": f"c{n}", "group": "profile", "label": "", "when": when}
        for n, when in enumerate(whens)
    ]
    for stage in body["stages"]:
        if stage["key"] == "mql":
            stage["criteria"] = wanted
        if stage["key"] == "inquiry" and nurture:
            stage["next"] = ["mql", "nurture"]
        if stage["key"] == "nurture" and nurture:
            stage["criteria"] = [
                {
                    "key": f"n{n}",
                    "group": "profile",
                    "label": "",
                    "when": SIZE | {"value": 9000 + n},
                }
                for n in range(2)
            ]
    rule = {"key": "visits", "group": "actions", "label": "", "points": 7, "when": VISIT}
    body["score"] = {"rules": [rule | {"times": "every", "cap": None}], "caps": {}, "floor": None}
    return AgreementVersionFactory(body=body)


def person(number, *, visits=3, owner=None, at=MONDAY, **facts) -> Lead:
    known = [identities.email(f"p{number}@a.example"), identities.external("crm", str(number))]
    lead = changes.upsert(known, GOOD | facts, source="crm", known_at=at - 5 * DAY)[0]
    visit = [NewActivity(lead.pk, "visit", at - n * HOUR, at - n * HOUR) for n in range(visits)]
    activities.record_many(visit, at=at)
    Lead.objects.filter(pk=lead.pk).update(owner=owner)
    return lead


def settled(version, *leads, at=MONDAY):
    """They are scored and stand where the machine lets them."""
    scores.rescore([lead.pk for lead in leads], version=version, at=at)


def found(version, at=MONDAY) -> dict[str, int]:
    """Keys with counts; each list is as long as it is counted."""
    said = {}
    for group in near.groups(version, Lead.objects.all(), at=at):
        _lack, leads = near.find(version, group.lack.key, Lead.objects.all(), at=at)
        assert len(leads) == leads.count() == group.count
        said[group.lack.key.removeprefix("inquiry:mql:")] = group.count
    return said


# Who is near


def test_leads_are_grouped_by_the_one_thing_they_lack():
    version = agreement(ROLE, SIZE, BAR)
    settled(
        version,
        person(1, title=""),
        person(2, title="Intern"),
        person(3, company_size=None),
        person(4, visits=2),  # 14 points
        person(5, visits=2),
        person(6, title="", visits=2),  # Two things.
        person(7, title="", company_size=None),
        person(8, visits=1),  # 13 points short is no step.
    )
    done = person(9)
    settled(version, done)
    assert stages.standing(done).stage.key == "mql"
    assert found(version) == {"c0:unknown": 1, "c0:fails": 1, "c1:unknown": 1, "c2:10": 2}


@pytest.mark.parametrize(("points", "key"), [(1, "c0:5"), (5, "c0:5"), (6, "c0:10"), (10, "c0:10")])
def test_how_far_below_the_bar_is_told_in_two_steps(points, key):
    version = agreement(BAR | {"value": 21 + points})
    settled(version, person(1))
    assert found(version) == {key: 1}


@pytest.mark.parametrize("value", [20, 21, 32, 400])
def test_who_is_over_the_bar_or_far_below_it_is_not_near(value):
    version = agreement(BAR | {"value": value})
    settled(version, person(1))
    assert found(version) == {}


def test_the_end_of_a_rest_and_something_new_after_it_are_things_to_lack(mark):
    version = agreement(ROLE)
    resting, silent, both, busy = (person(n) for n in range(4))
    settled(version, resting, silent, both, busy)
    for lead, until in ((resting, DAY), (silent, -DAY), (both, DAY), (busy, -DAY)):
        stages.enter(
            lead,
            "nurture",
            cause="returned",
            at=MONDAY,
            version=version,
            by=mark,
            rests_until=MONDAY + until,
            rested_since=MONDAY,
        )
    for lead in (resting, busy):
        later = {"occurred_at": MONDAY + HOUR, "known_at": MONDAY + HOUR}
        activities.record(lead, type="visit", **later)
    at = MONDAY + 2 * HOUR
    assert found(version, at) == {"nurture:mql:rest:fails": 1, "nurture:mql:activity:fails": 1}
    for what, lead in (("rest", resting), ("activity", silent)):
        key = f"nurture:mql:{what}:fails"
        assert near.find(version, key, Lead.objects.all(), at=at)[1].get() == lead


def test_what_came_in_as_history_lacks_something_new_on_the_way_to_sales():
    version = agreement(ROLE)
    asleep = person(1)
    Lead.objects.update(dormant_since=MONDAY)
    settled(version, asleep)
    assert found(version) == {"activity:fails": 1}


def test_what_a_machine_did_brings_nobody_near(maya):
    from leads import quarantines

    version = agreement(ROLE, VISIT)
    lead = person(1, title="")
    settled(version, lead)
    assert found(version) == {"c0:unknown": 1}
    quarantines.set_aside(lead.activities.all(), by=maya, at=MONDAY)
    assert found(version) == {}


@settings(MANY, max_examples=20)
@given(data=st.data(), those=people, whens=st.lists(some_conditions, min_size=1, max_size=3))
def test_sql_finds_whom_python_finds(data, those, whens):
    whens = [*whens, BAR]
    with transaction.atomic():
        furnish()
        version = _agreed(whens)
        leads = [lead for lead, _facts in written(those, fields.registry())]
        for lead in leads:
            _placed(lead, version, data)
        meant = {}
        for lead in Lead.objects.select_related("standing__stage"):
            [ahead] = explanations.ahead(lead, version, NOW)
            lacks = [each.key for each in ahead.missing]
            lacks += ["rest"] * bool(ahead.rests_until) + ["activity"] * bool(ahead.idle_since)
            if len(lacks) == 1 and ahead.short <= 10:
                meant[lead.pk] = lacks[0]
        seen = {}
        for group in near.groups(version, Lead.objects.all(), at=NOW):
            lack, some = near.find(version, group.lack.key, Lead.objects.all(), at=NOW)
            ids = list(some.values_list("pk", flat=True))
            assert len(ids) == group.count
            seen |= dict.fromkeys(ids, lack.what)
        transaction.set_rollback(True)
    assert seen == meant


def _agreed(whens):
    version = agreement(*whens)
    version.body = version.body | {"personas": PERSONAS}
    return version


def _placed(lead, version, data):
    total = data.draw(st.integers(5, 25))
    cells = [0] * len(ledgers.layout(version.body))
    Score.objects.create(
        lead=lead, version=version, fit=0, engagement=total, total=total, ledger=cells, as_of=NOW
    )
    moments = st.sampled_from([None, None, NOW - 3 * DAY, NOW, NOW + DAY])
    stage = Stage.objects.get(key="inquiry")
    entry = StageEntry.objects.create(
        lead=lead, stage=stage, kind="open", cause="arrived", version=version, at=NOW
    )
    Standing.objects.create(
        lead=lead,
        stage=stage,
        kind="open",
        entry=entry,
        since=NOW,
        rests_until=data.draw(moments),
        rested_since=data.draw(moments),
    )
    Lead.objects.filter(pk=lead.pk).update(dormant_since=data.draw(moments))


# The pages


def page(client, name="near_misses", **query) -> str:
    return client.get(reverse(name), query).content.decode()


def test_the_page_says_how_many_lack_what_and_each_sentence_leads_to_them(maya, signed_in):
    version = agreement(ROLE, BAR)
    settled(version, person(1, title=""), person(2, title=""), person(3, visits=2))
    client = signed_in(maya)
    said = page(client)
    for sentence in (
        "2 leads lack only the role",
        "1 lead is 6 to 10 points short of 20 (score)",
    ):
        assert sentence in said
    answer = client.get(reverse("near_misses"))
    for arrow in answer.context["arrows"]:
        for line in arrow.lines:
            listed = client.get(line.url)
            assert listed.context["page"].paginator.count == line.count
            assert line.text in listed.content.decode()


def test_the_list_says_what_each_lead_lacks_and_what_speaks_for_it(maya, signed_in):
    version = agreement(ROLE, BAR)
    settled(version, person(1, visits=2, last_name="Short"))
    said = page(signed_in(maya), "near_miss_leads", group="inquiry:mql:c1:10")
    assert "Short" in said
    assert "6 points" in said
    assert "+14" in said


def test_the_list_shows_grades_as_the_leads_do(maya, signed_in):
    version = agreement(ROLE)
    lead = person(1, title="")
    settled(version, lead)
    client = signed_in(maya)
    row = client.get(reverse("near_miss_leads"), {"group": "inquiry:mql:c0:unknown"}).context[
        "rows"
    ][0]
    listed = client.get(reverse("leads")).context["page"][0]
    assert row["lead"] == listed == lead
    assert row["lead"].glance.grade == listed.glance.grade
    chip = re.compile(r'<abbr class="grade".*?</abbr>\s*(?:<a [^>]*>)?21')
    for name in ("near_miss_leads", "leads"):
        assert chip.search(page(client, name, group="inquiry:mql:c0:unknown"))


@pytest.mark.parametrize(
    ("language", "ago", "hint"),
    [
        ("en", ["just now", "1 minute ago", "2 hours ago", "1 day ago"], "“title” is the role"),
        ("de", ["gerade eben", "vor 1 Minute", "vor 2 Stunden", "vor 1 Tag"], "„title“ ist die"),
    ],
)
def test_what_was_done_is_told_in_words_and_how_a_file_comes_back(
    maya, signed_in, time_machine, language, ago, hint
):
    version = agreement(ROLE)
    settled(version, person(1, title=""))
    maya.language = language
    maya.save()
    client = signed_in(maya)
    client.post(reverse("near_miss_enrichment"), {"group": "inquiry:mql:c0:unknown"})
    for later, words in zip((0, 119, 2 * 3600, 47 * 3600), ago, strict=True):
        time_machine.move_to(MONDAY + HOUR + timedelta(seconds=later), tick=False)
        said = page(client)
        assert f">{words}</time>" in said
        assert hint in said


def test_one_lead_of_one_owner_is_told_in_the_singular(maya, sam, signed_in):
    version = agreement(ROLE)
    settled(version, person(1, title="", owner=sam))
    assert "1 owner is asked about 1 lead." in ask(signed_in(maya)).content.decode()
    deliveries.deliver(at=MONDAY + HOUR)
    read = signed_in(sam).get(reverse("notifications")).content.decode()
    assert "asks for what is missing about one of your leads." in read


def test_a_page_costs_the_same_for_one_lead_and_for_many(
    maya, signed_in, django_assert_max_num_queries
):
    version = agreement(ROLE, VISIT, BAR)
    settled(version, *(person(n, title="") for n in range(30)))
    client = signed_in(maya)
    client.get(reverse("near_misses"))
    with django_assert_max_num_queries(22):
        client.get(reverse("near_misses"))
    with django_assert_max_num_queries(20):
        client.get(reverse("near_miss_leads"), {"group": "inquiry:mql:c0:unknown"})


def test_kinds_of_nothing(maya, signed_in):
    client = signed_in(maya)
    assert "No agreement is in force." in page(client)
    version = agreement(ROLE)
    assert "No leads yet." in page(client)
    settled(version, person(1))
    assert "Nobody is one step below a bar." in page(client)


def test_an_agreement_that_asks_for_nothing_has_no_bar_to_be_near_to(maya, signed_in):
    body = shapes.classic()
    for stage in body["stages"]:
        stage["criteria"] = None
    AgreementVersionFactory(body=body)
    person(1)
    assert "No stage of the agreement asks for anything." in page(signed_in(maya))


def test_a_group_that_nobody_asks_for_any_more_is_said_to_be_gone(maya, sam, signed_in):
    agreement(ROLE)
    for user, there in ((maya, "near_misses"), (sam, "leads")):
        answer = signed_in(user).get(reverse("near_miss_leads"), {"group": "a:b:c:5"})
        assert answer.url == reverse(there)


def test_a_rep_sees_own_leads_of_a_group_and_no_actions(sam, signed_in):
    version = agreement(ROLE)
    settled(version, person(1, title="", owner=sam), person(2, title=""))
    answer = signed_in(sam).get(
        reverse("near_miss_leads"), {"group": "inquiry:mql:c0:unknown", "whose": "mine"}
    )
    assert answer.context["page"].paginator.count == 1
    assert answer.context["offer"] is None
    assert signed_in(sam).get(reverse("near_misses")).status_code == 404


# Enriching


def rows_of(response) -> list[dict]:
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_enriching_gives_a_file_that_comes_back_with_what_was_missing(maya, signed_in, tmp_path):
    version = agreement(ROLE, SIZE)
    lead = person(1, title="", first_name="=HYPERLINK(1)", last_name="-Dash")
    odd = changes.upsert(
        [identities.external("crm", "+7")], GOOD | {"title": ""}, source="crm", known_at=MONDAY
    )[0]
    settled(version, lead, odd)
    client = signed_in(maya)
    response = client.post(reverse("near_miss_enrichment"), {"group": "inquiry:mql:c0:unknown"})
    assert response["Content-Disposition"] == 'attachment; filename="enrich.csv"'
    rows = {row["external_id"]: row for row in rows_of(response)}
    assert rows["1"]["email"] == "p1@a.example"
    assert rows["1"]["first_name"] == "'=HYPERLINK(1)"
    assert rows["1"]["last_name"] == "'-Dash"
    assert rows["1"]["title"] == rows["'+7"]["title"] == ""
    filled = io.StringIO()
    writer = csv.DictWriter(filled, fieldnames=rows["1"])
    writer.writeheader()
    writer.writerows(row | {"title": "Head of Planning"} for row in rows.values())
    columns = {name: name for name in ("external_id", "title", "first_name", "last_name")}
    mapping = {"columns": columns, "source": "crm"}
    report = Importer(tmp_path)(filled.getvalue(), mapping, mode="live")
    assert counts(report) == (0, 2, 0, 0)
    lead.refresh_from_db()
    assert (lead.title, lead.first_name) == ("Head of Planning", "=HYPERLINK(1)")
    assert Lead.objects.count() == 2
    settled(version, lead, odd, at=MONDAY + HOUR)
    assert found(version, MONDAY + HOUR) == {}
    assert stages.standing(lead).stage.key == stages.standing(odd).stage.key == "mql"


def test_a_registered_field_is_to_be_filled_in_under_its_key(maya, signed_in):
    from leads.models import Attribute

    Attribute.objects.create(key="fleet", label="Fleet", type="number")
    version = agreement({"op": "at_least", "field": "fleet", "value": 20})
    settled(version, person(1))
    answer = signed_in(maya).post(
        reverse("near_miss_enrichment"), {"group": "inquiry:mql:c0:unknown"}
    )
    assert rows_of(answer)[0]["fleet"] == ""


# Asking


def ask(client, **more):
    return client.post(
        reverse("near_miss_question"), {"group": "inquiry:mql:c0:unknown"} | more, follow=True
    )


def test_asking_tells_each_owner_once_and_says_whom_nobody_owns(maya, sam, lena, signed_in):
    version = agreement(ROLE)
    settled(
        version,
        person(1, title="", owner=sam),
        person(2, title="", owner=sam),
        person(3, title="", owner=lena),
        person(4, title=""),
    )
    said = ask(signed_in(maya)).content.decode()
    assert "2 owners are asked about 3 leads." in said
    assert "1 lead has no owner" in said
    deliveries.deliver(at=MONDAY + HOUR)
    told = Notification.objects.filter(event__kind="near_miss.question")
    assert {(each.user, each.event.data["number"]) for each in told} == {(sam, 2), (lena, 1)}
    read = signed_in(sam).get(reverse("notifications")).content.decode()
    assert "Maya Lindner asks for what is missing about 2 of your leads." in read
    [file] = rows_of(
        signed_in(maya).get(
            reverse("near_miss_addresses"),
            {"group": "inquiry:mql:c0:unknown", "whose": "nobody"},
        )
    )
    assert file["email"] == "p4@a.example"


def test_asking_twice_asks_once_and_newcomers_are_asked_about(maya, mark, sam, signed_in):
    version = agreement(ROLE)
    settled(version, person(1, title="", owner=sam))
    ask(signed_in(maya))
    assert "They were asked about already." in ask(signed_in(mark)).content.decode()
    settled(version, person(2, title="", owner=sam))
    ask(signed_in(mark))
    questions = Event.objects.filter(kind="near_miss.question").order_by("pk")
    assert [event.data["number"] for event in questions] == [1, 1]
    assert Event.objects.filter(kind="near_miss.asked", lead__isnull=False).count() == 2


def test_the_page_says_who_asked_and_how_many_came_over_the_bar_since(
    maya, sam, signed_in, time_machine
):
    version = agreement(ROLE)
    first, second = (person(n, title="", owner=sam) for n in (1, 2))
    settled(version, first, second)
    client = signed_in(maya)
    ask(client)
    later = MONDAY + 3 * DAY + HOUR
    time_machine.move_to(later, tick=False)
    changes.upsert(
        [identities.email("p1@a.example")], {"title": "Head"}, source="sales", known_at=later
    )
    settled(version, first, second, at=later)
    said = " ".join(page(client).replace("\xa0", " ").split())
    assert "1 lead lacks only the role" in said
    assert "3 days ago</time> by Maya Lindner: 2 leads, 1 since over the bar" in said


# Nurturing


def test_nurturing_moves_leads_along_an_arrow_once(maya, signed_in):
    version = agreement(ROLE, nurture=True)
    lead, other = person(1, title=""), person(2, title="Intern")
    settled(version, lead, other)
    client, body = signed_in(maya), {"group": "inquiry:mql:c0:unknown"}
    assert "Move to Nurture" in page(client)
    said = client.post(reverse("near_miss_nurturing"), body, follow=True).content.decode()
    assert "1 lead went to nurture." in said
    client.post(reverse("near_miss_nurturing"), body)
    entry = StageEntry.objects.get(cause="nurtured")
    assert (entry.lead, entry.by, entry.stage.key) == (lead, maya, "nurture")
    assert stages.standing(other).stage.key == "inquiry"
    assert found(version, MONDAY + HOUR) == {"c0:fails": 1, "nurture:mql:c0:unknown": 1}


def test_without_such_an_arrow_nurturing_is_a_file_of_whom_to_write_to(maya, mark, signed_in):
    version = agreement(ROLE, BAR)
    settled(version, person(1, visits=2, last_name="@Short"), person(2, visits=2))
    client, body = signed_in(maya), {"group": "inquiry:mql:c1:10"}
    assert "Move to Nurture" not in page(client)
    for _again in range(2):
        rows = rows_of(client.post(reverse("near_miss_nurturing"), body))
        assert [row["missing"] for row in rows] == ["6 points"] * 2
        assert {row["last_name"] for row in rows} == {"'@Short", ""}
    assert Event.objects.filter(kind="near_miss.addressed", lead__isnull=False).count() == 2
    said = " ".join(page(signed_in(mark)).replace("\xa0", " ").split())
    assert "nurture" not in said.lower()
    assert "Addresses downloaded" in said
    assert "just now</time> by Maya Lindner: 2 leads, 0 since over the bar" in said


def test_addresses_are_offered_once_wherever_the_leads_stand(maya, mark, signed_in):
    version = agreement(ROLE, nurture=True)
    asleep, other = person(1, title=""), person(2, title="")
    settled(version, asleep, other)
    stages.enter(asleep, "nurture", cause="nurtured", at=MONDAY, version=version, by=mark)
    client = signed_in(maya)

    def offered(start) -> tuple[bool, int]:
        said = page(client, "near_miss_leads", group=f"{start}:mql:c0:unknown")
        return "Move to Nurture" in said, len(re.findall(r">Addresses( \(CSV\))?<", said))

    assert offered("inquiry") == (True, 1)
    assert offered("nurture") == (False, 1)


def test_who_wants_to_move_leads_where_no_arrow_leads_is_told_so(maya):
    version = agreement(ROLE)
    settled(version, person(1, title=""))
    lack, leads = near.find(version, "inquiry:mql:c0:unknown", Lead.objects.all(), at=MONDAY)
    with pytest.raises(Refused) as refusal:
        nearmisses.nurture(lack, leads, by=maya, at=MONDAY)
    assert refusal.value.code == "no_nurture"
    assert not StageEntry.objects.filter(cause="nurtured").exists()


def test_sales_does_nothing_about_near_misses(sam, nina):
    version = agreement(ROLE)
    settled(version, person(1, title=""))
    lack, leads = near.find(version, "inquiry:mql:c0:unknown", Lead.objects.all(), at=MONDAY)
    for user in (sam, nina):
        for verb in (nearmisses.enrich, nearmisses.ask, nearmisses.nurture, nearmisses.address):
            with pytest.raises(Refused) as refusal:
                verb(lack, leads, by=user, at=MONDAY)
            assert refusal.value.status == 403
