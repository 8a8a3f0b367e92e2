"""A score is explained wherever it stands, and corrected by hand by those who may."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from feedback import sheets
from feedback.charts import steps
from feedback.charts.steps import Step
from leads import activities, changes, stale
from leads.models import Lead
from leads.templatetags.baton import number
from scoring import corrections, scores
from scoring.maps.shapes import text_width
from scoring.models import Correction, Score, StageEntry
from tests.factories import (
    MONDAY,
    AgreementVersionFactory,
    HandoffFactory,
    LeadFactory,
    entry_for,
    version_in_force,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FRIDAY = "2026-03-06"
PART_QUERIES = 16
PAGE_QUERIES = 36


@pytest.fixture(autouse=True)
def ten_o_clock(time_machine) -> None:
    time_machine.move_to(MONDAY + HOUR, tick=False)


@pytest.fixture
def mara(db) -> Lead:
    """Known since Sunday, fits well, read the pricing page; scored on Monday at nine."""
    version = AgreementVersionFactory(in_force_at=MONDAY - 30 * DAY)
    lead = LeadFactory(first_name="Mara", last_name="Lind", created_at=MONDAY - DAY)
    facts = {"seniority": "Head", "function": "Operations", "company_size": 420}
    changes.record(lead, facts, source="form", known_at=MONDAY - DAY)
    activities.record(lead, type="pricing_page", occurred_at=MONDAY - HOUR, known_at=MONDAY - HOUR)
    rescored(lead, version, MONDAY)
    return lead


def rescored(lead, version=None, at=None) -> Score:
    scores.rescore([lead.pk], version=version or version_in_force(), at=at or timezone.now())
    stale.clear(list(type(lead).objects.filter(pk=lead.pk).values_list("pk", "stale__counter")))
    return Score.objects.get(lead=lead)


def score_page(client, lead, **extra):
    return client.get(reverse("lead_score", args=[lead.pk]), **extra)


def part(client, lead, target: str) -> str:
    headers = {"HX-Request": "true", "HX-Target": target}
    return score_page(client, lead, headers=headers).content.decode()


def correct(client, lead, **sent):
    terms = {"points": 12, "until": FRIDAY, "reason": "Met her at the fair."}
    return client.post(reverse("lead_correction", args=[lead.pk]), terms | sent)


def sheet_of(client, lead) -> sheets.Sheet:
    return client.get(reverse("lead", args=[lead.pk])).context["portrait"].sheet


# Explained


def test_a_lead_shows_its_grade_its_reasons_and_what_the_grade_means(mara, maya, signed_in):
    client = signed_in(maya)
    sheet = sheet_of(client, mara)
    page = client.get(reverse("lead", args=[mara.pk])).content.decode()
    assert str(sheet.grade)[0] in "ABCD"
    assert sheet.meaning in page
    assert [reason.words for reason in sheet.pros][0] == "Seniority is “Head” or “C-level”"
    assert len(sheet.pros) == 3
    assert "Seniority is “Head”" in page


def test_what_is_missing_to_the_next_stage_is_said_with_its_evidence(mara, maya, signed_in):
    client = signed_in(maya)
    [ahead] = sheet_of(client, mara).ahead
    assert (ahead.key, ahead.is_free) == ("mql", False)
    assert ahead.short == 60 - Score.objects.get(lead=mara).total
    page = client.get(reverse("lead", args=[mara.pk])).content.decode()
    assert "Missing for MQL" in page
    assert f"{ahead.short} points short" in page


def test_a_rest_is_missing_time_and_then_something_new(mara, maya, signed_in):
    version = version_in_force()
    from scoring import stages

    entry_for(mara, version, at=MONDAY)
    stages.enter(
        mara,
        "nurture",
        cause=StageEntry.Cause.RETURNED,
        at=MONDAY,
        version=version,
        rests_until=MONDAY + 20 * DAY,
        rested_since=MONDAY,
    )
    client = signed_in(maya)
    [ahead] = sheet_of(client, mara).ahead
    assert (ahead.rests_until, ahead.idle_since) == (MONDAY + 20 * DAY, MONDAY)
    page = client.get(reverse("lead", args=[mara.pk])).content.decode()
    assert "Rests until 22 Mar 2026" in page
    assert "nothing was done since 2 Mar 2026" in page
    at = MONDAY + HOUR / 2
    activities.record(mara, type="pricing_page", occurred_at=at, known_at=at)
    assert sheet_of(client, mara).ahead[0].idle_since is None


def test_nothing_is_missing_where_only_people_move_a_lead(maya, signed_in):
    lead = LeadFactory()
    entry_for(lead, version_in_force())
    assert sheet_of(signed_in(maya), lead).ahead == []


def test_the_list_of_leads_says_grade_reasons_and_points_missing(mara, maya, signed_in):
    page = signed_in(maya).get(reverse("leads"))
    [row] = page.context["page"]
    assert str(row.glance.grade) == str(sheet_of(signed_in(maya), mara).grade)
    text = page.content.decode()
    assert row.glance.pros[0] == "Seniority is “Head” or “C-level”"
    assert row.glance.pros[0] in text
    assert f"{row.glance.short} points short of MQL" in text


def test_nothing_is_short_of_who_is_in_sales_hands(mara, maya, signed_in):
    entry_for(mara, version_in_force(), at=MONDAY)
    page = signed_in(maya).get(reverse("leads"))
    assert page.context["page"][0].glance.short == 0
    assert "short of MQL" not in page.content.decode()


def test_a_handoff_is_graded_by_the_score_it_was_made_with(mara, sam, lena, signed_in):
    """Whatever the lead's score has become since."""
    from feedback import handoffs

    entry = entry_for(mara, version_in_force(), at=MONDAY)
    HandoffFactory(lead=LeadFactory())
    handoff = handoffs.open_for(entry, at=MONDAY)
    frozen = str(sheet_of(signed_in(lena), mara).grade)
    Score.objects.filter(lead=mara).update(fit=0, engagement=0, total=0)
    client = signed_in(lena)
    page = client.get(reverse("handoff", args=[handoff.pk]))
    assert str(page.context["hand"].glance.grade) == frozen
    assert page.context["hand"].glance.meaning in page.content.decode()


def test_a_row_of_the_inbox_has_the_grade_and_says_why(mara, lena, signed_in):
    from feedback import handoffs, releases

    entry = entry_for(mara, version_in_force(), at=MONDAY)
    HandoffFactory(lead=LeadFactory())
    handoffs.open_for(entry, at=MONDAY)
    releases.release(at=MONDAY)
    # Nobody is in the pool.
    page = signed_in(lena).get(reverse("inbox"), {"queue": "unassigned", "whose": "all"})
    rows = {row.handoff.lead_id: row for row in page.context["desk"].rows}
    glance = rows[mara.pk].glance
    assert glance.pros[0] in page.content.decode()


# What changed it


def test_the_page_of_a_score_tells_every_change_and_works_alone(mara, sam, maya, signed_in):
    entry_for(mara, version_in_force(), at=MONDAY)
    page = score_page(signed_in(maya), mara)
    text = page.content.decode()
    trend = page.context["trend"]
    assert trend.account.now.total == Score.objects.get(lead=mara).total
    assert "Pricing page" in text or "pricing page" in text
    assert "seniority, function, company size" in text
    assert 'role="img"' in text
    assert trend.wide.title in text


def test_the_lead_loads_its_trend_later_and_links_to_it(mara, maya, signed_in):
    client = signed_in(maya)
    page = client.get(reverse("lead", args=[mara.pk])).content.decode()
    url = reverse("lead_score", args=[mara.pk])
    assert f'hx-get="{url}" hx-trigger="load"' in page
    assert f'href="{url}"' in page
    trend = part(client, mara, "trend")
    assert trend.lstrip().startswith("<section")
    assert "<html" not in trend
    assert 'id="sheet"' not in trend


def test_a_lead_without_score_or_agreement_has_a_page_of_its_score(maya, signed_in):
    lead = LeadFactory(first_name="", last_name="")
    page = score_page(signed_in(maya), lead)
    assert page.status_code == 200
    assert "Not scored yet" in page.content.decode()
    assert "Nothing changed the score" in page.content.decode()


def test_a_lead_of_another_team_has_no_score_to_see(mara, sam, nina, signed_in):
    assert score_page(signed_in(sam), mara).status_code == 404
    assert score_page(signed_in(nina), mara).status_code == 404


def test_however_much_happened_the_pages_ask_little(
    mara, maya, signed_in, django_assert_max_num_queries
):
    for hours in range(60):
        at = MONDAY - hours * HOUR
        activities.record(mara, type=f"page_{hours % 5}", occurred_at=at, known_at=at)
        changes.record(mara, {"city": f"C{hours}"}, source="a", known_at=at, by=maya)
    client = signed_in(maya)
    with django_assert_max_num_queries(PART_QUERIES):
        part(client, mara, "trend")
    with django_assert_max_num_queries(PAGE_QUERIES):
        score_page(client, mara)


# Corrected by hand


def test_maya_corrects_a_score_and_it_becomes_a_line_of_the_ledger(mara, maya, signed_in):
    client = signed_in(maya)
    before = Score.objects.get(lead=mara).total
    response = correct(client, mara)
    assert response.url == reverse("lead", args=[mara.pk])
    written = Correction.objects.get(lead=mara)
    assert (written.points, written.by, written.at) == (12, maya, MONDAY + HOUR)
    assert rescored(mara).total == before + 12
    lines = [line for group in sheet_of(client, mara).groups for line in group.lines]
    given = next(line for line in lines if line.kind == "correction")
    assert (given.points, given.words, given.by) == (12, "Met her at the fair.", "Maya Lindner")
    assert given.last_day == date(2026, 3, 6)
    page = client.get(reverse("lead", args=[mara.pk])).content.decode()
    assert "Corrected by hand: “Met her at the fair.”" in page
    assert "Maya Lindner, until 6 Mar 2026" in page
    assert "Maya Lindner corrected the score by hand" in part(client, mara, "trend")


def test_a_correction_that_takes_points_is_a_reason_against_and_cut_from_the_bar(
    mara, maya, signed_in
):
    client = signed_in(maya)
    assert sheet_of(client, mara).bar.hatched == 0
    correct(client, mara, points=-12, reason="Works for a rival.")
    score = rescored(mara)
    sheet = sheet_of(client, mara)
    words = "Corrected by hand: “Works for a rival.” until 6 Mar 2026"
    assert [(reason.words, reason.points) for reason in sheet.cons] == [(words, -12)]
    assert (sheet.bar.by_hand, sheet.bar.total) == (-12, score.total)
    assert (sheet.bar.hatched_from, sheet.bar.hatched) == (score.total, 12)
    page = client.get(reverse("lead", args=[mara.pk])).content.decode()
    assert words in page
    assert 'class="total-mark"' in page
    assert "by hand −12" in page
    row = client.get(reverse("leads")).context["page"][0]
    assert row.glance.cons == ["Corrected by hand"]


def test_whole_numbers_are_said_in_groups_of_thousands_in_both_languages():
    assert (number(82287), number(-1500), number(999), number(None)) == (
        "82,287", "−1,500", "999", "",
    )  # fmt: skip
    with override("de"):
        assert number(82287) == "82.287"


def test_a_small_correction_is_among_the_reasons_for(mara, maya, signed_in):
    client = signed_in(maya)
    correct(client, mara, points=1)
    rescored(mara)
    sheet = sheet_of(client, mara)
    assert len(sheet.pros) == 4
    assert (sheet.pros[-1].points, sheet.bar.hatched) == (1, 1)


def test_all_errors_are_said_at_once_beside_their_fields_and_in_place(mara, maya, signed_in):
    client = signed_in(maya)
    wrong = {"points": 0, "until": "2026-03-01", "reason": ""}
    response = correct(client, mara, **wrong)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["points", "until", "reason"]
    assert "Mara Lind" in response.content.decode()
    assert 'class="refusal"' not in response.content.decode()
    url = reverse("lead_correction", args=[mara.pk])
    loaded = client.post(url, wrong, headers={"HX-Request": "true"})
    assert (loaded.status_code, loaded["HX-Retarget"]) == (422, "#correction")
    assert loaded["HX-Reselect"] == "#correction"


def test_until_it_is_counted_in_the_lead_says_so_and_asks_again(mara, maya, signed_in):
    client = signed_in(maya)
    correct(client, mara)
    page = client.get(reverse("lead", args=[mara.pk])).content.decode()
    assert "Something new is being counted in" in page
    assert 'hx-trigger="load delay:2s"' in page
    rescored(mara)
    assert 'hx-trigger="load delay:2s"' not in part(client, mara, "sheet")


def test_several_corrections_are_lines_each_and_the_ledger_still_sums(mara, maya, lena, signed_in):
    client = signed_in(maya)
    correct(client, mara)
    correct(signed_in(lena), mara, points=-5, reason="Works for a competitor.")
    score = rescored(mara)
    groups = sheet_of(client, mara).groups
    lines = [line for group in groups for line in group.lines]
    assert [line.points for line in lines if line.kind == "correction"] == [12, -5]
    assert sum(line.points for line in lines) == score.total


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"points": 0}, "A correction gives or takes 1 to 1000 points."),
        ({"points": 5000}, "A correction gives or takes 1 to 1000 points."),
        ({"points": "many"}, "Enter a whole number."),
        ({"until": "2026-03-02"}, "A correction ends after today and within a year."),
        ({"until": "2028-01-01"}, "A correction ends after today and within a year."),
        ({"until": ""}, "This field is required."),
        ({"reason": " "}, "A correction needs a reason."),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(mara, maya, signed_in, sent, said):
    response = correct(signed_in(maya), mara, **sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert ("Met her at the fair." in page) == ("reason" not in sent)
    assert not Correction.objects.exists()


def test_two_clicks_are_one_correction(mara, maya, signed_in):
    client = signed_in(maya)
    correct(client, mara)
    assert correct(client, mara).status_code == 302
    assert Correction.objects.count() == 1


def test_a_rep_is_told_why_the_score_is_not_theirs_to_correct(mara, sam, signed_in):
    HandoffFactory(lead=mara)
    client = signed_in(sam)
    assert "Correct this score" not in client.get(reverse("lead", args=[mara.pk])).content.decode()
    response = correct(client, mara)
    assert response.status_code == 403
    assert "Reps do not correct scores." in response.content.decode()
    assert client.get(reverse("lead_correction", args=[mara.pk])).status_code == 403
    assert not Correction.objects.exists()


def test_a_correction_is_ended_for_a_reason_and_both_stay(mara, maya, lena, signed_in):
    before = Score.objects.get(lead=mara).total
    correct(signed_in(maya), mara)
    written = Correction.objects.get()
    client = signed_in(lena)
    url = reverse("correction_ending", args=[written.pk])
    assert "+12 points by Maya Lindner, until 6 Mar 2026" in client.get(url).content.decode()
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "It was her sister."}).status_code == 302
    again = client.post(url, {"reason": "It was her sister."})
    assert again.status_code == 409
    assert "Lena Fuchs has ended this correction." in again.content.decode()
    assert Correction.objects.count() == 2
    assert rescored(mara).total == before
    lines = [line for group in sheet_of(client, mara).groups for line in group.lines]
    assert not [line for line in lines if line.kind == "correction"]


def test_an_erased_reason_leaves_the_line(mara, maya, signed_in):
    client = signed_in(maya)
    correct(client, mara)
    rescored(mara)
    Correction.objects.get().note.delete()
    page = client.get(reverse("lead", args=[mara.pk])).content.decode()
    assert "Met her at the fair." not in page
    assert "Maya Lindner, until 6 Mar 2026" in page
    assert score_page(client, mara).status_code == 200


# The picture


def drawn(*values: int | None, bar: int | None = 60) -> steps.Steps:
    since = MONDAY - 90 * DAY
    points = [Step(since + n * 10 * DAY, value, f"w{n}") for n, value in enumerate(values)]
    return steps.draw(points, bars=[Step(since, bar, "60: MQL")], until=MONDAY, title="t")


def test_a_line_goes_level_and_upright_and_leaves_gaps_where_there_was_no_score():
    picture = drawn(None, 20, 40)
    assert picture.line.startswith("M")
    assert picture.line.count("M") == picture.line.count("V") == 1
    assert [dot.words for dot in picture.dots] == ["w1", "w2"]
    assert drawn(None).line == ""


def test_the_scale_holds_everything_zero_included():
    for values in ((5, 3), (-40, 10), (0, 0), (900, 3), (-1000, 1000), (100_000, 7)):
        picture = drawn(*values)
        heights = [dot.y for dot in picture.dots]
        assert all(steps.TOP <= y <= picture.floor for y in heights)
        assert "0" in [tick.text for tick in picture.scale]
    assert drawn(10, 20, bar=None).named == []


def test_the_bar_of_each_version_is_drawn_and_named_where_there_is_room():
    since = MONDAY - 90 * DAY
    bars = [Step(since, 54, "54: MQL"), Step(since + 45 * DAY, 60, "60: MQL")]
    bars.append(Step(since + 60 * DAY, 60, "60: MQL"))
    picture = steps.draw([Step(since, 20)], bars=bars, until=MONDAY, title="t")
    assert (picture.bar.count("M"), picture.bar.count("V")) == (1, 2)
    assert [tick.text for tick in picture.named] == ["54: MQL", "60: MQL"]


def test_the_words_of_marks_stay_in_the_picture_and_close_ones_share_theirs():
    since = MONDAY - 90 * DAY
    days = {"1": 0, "2": 40, "3": 88, "4": 89}
    marks = [(since + day * DAY, name) for name, day in days.items()]
    picture = steps.draw(
        [Step(since, 20)], bars=[Step(since, None)], until=MONDAY, title="t", marks=marks,
        words=lambda names: f"Agreement {', '.join(names)}",
    )  # fmt: skip
    assert len(picture.marks) == 4
    texts = [tick.text for tick in picture.labels]
    assert texts == ["Agreement 1", "Agreement 2", "Agreement 3, 4"]
    for tick in picture.labels:
        half = text_width(tick.text, 11) / 2
        assert 0 <= tick.x - half < tick.x + half <= picture.width


def test_a_lead_that_came_in_later_still_shows_what_the_version_before_asked_for(maya, signed_in):
    old = {"status": "superseded", "in_force_at": MONDAY - 99 * DAY}
    AgreementVersionFactory(number=1, superseded_at=MONDAY - 30 * DAY, **old)
    AgreementVersionFactory(number=2, in_force_at=MONDAY - 30 * DAY)
    lead = LeadFactory(created_at=MONDAY - 10 * DAY)
    picture = score_page(signed_in(maya), lead).context["trend"].wide
    assert picture.bar.startswith(f"M{float(steps.LEFT)} ")


def test_corrections_page_offers_only_what_the_verb_takes(mara, maya, signed_in):
    assert corrections.may_correct(maya)
    page = signed_in(maya).get(reverse("lead_correction", args=[mara.pk])).content.decode()
    assert 'min="-1000"' in page
    assert 'type="date"' in page
