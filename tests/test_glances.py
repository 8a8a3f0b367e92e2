"""The impact of a text at a glance: what it counts, whom it names, and what it says of samples."""

import re
from copy import deepcopy
from datetime import timedelta
from functools import partial
from unittest.mock import patch

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback import predictions
from leads.models import Channel
from scoring import agreements, explanations, impacts, journeys, replays, samples, stages
from scoring.documents import item
from scoring.facts import facts_at
from scoring.models import AgreementVersion, Standing
from scoring.rulebooks import Rulebook
from scoring.shapes import classic
from tests import strategies
from tests.factories import AgreementVersionFactory, PoolFactory, PoolMemberFactory
from tests.forms import form_of
from tests.strategies import MANY, NOW, furnish, some_conditions, written
from tests.test_replays import asks, buyer, draft, with_bar, works
from tests.test_scores import bars, limits, random_body, random_version, rules

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def website(db) -> Channel:
    return Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)


@pytest.fixture
def version(mark, lena, monday, website) -> AgreementVersion:
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday - 100 * DAY)


@pytest.fixture
def pool(sales, sam):
    pool = PoolFactory(team=sales)
    PoolMemberFactory(pool=pool, user=sam)
    return pool


def counts(found: impacts.Glance) -> tuple[int, ...]:
    return found.gained.n, found.lost.n, found.moved.n, found.unchanged.n


def warm(monday, *, name="mara"):
    lead = buyer(monday - 9 * DAY, name=name)
    asks(lead, monday - 2 * DAY, type="pricing_page")
    return lead


def body_with(version, points: int) -> dict:
    body = deepcopy(version.body)
    with_bar(points)(body)
    return body


# What is counted


def test_a_lower_bar_gains_who_is_below_it_and_says_what_it_lacks_today(
    version, monday, pool, mark
):
    mara = warm(monday)
    buyer(monday - 9 * DAY, name="cold")
    works(monday)
    found = impacts.glance(body_with(version, 40), at=monday, user=mark)
    assert counts(found) == (1, 0, 0, 1)
    (example,) = found.examples
    assert (example.lead, example.change, example.stage) == (mara, "gained", "MQL")
    assert example.was == example.total < 60
    assert "at least 60" in example.reasons[0]
    assert stages.standing(mara).kind == "open"


def test_a_text_that_is_not_saved_anywhere_has_an_impact(version, monday, pool, mark):
    warm(monday)
    works(monday)
    impacts.glance(body_with(version, 40), at=monday, user=mark)
    assert list(AgreementVersion.objects.all()) == [version]


def test_before_the_first_agreement_gained_is_who_would_be_handed_over_at_once(
    mark, monday, website
):
    mara = buyer(monday - 9 * DAY)
    asks(mara, monday - 2 * DAY)
    buyer(monday - 9 * DAY, name="cold")
    found = impacts.glance(classic(), at=monday, user=mark)
    assert counts(found) == (1, 0, 0, 1)
    assert found.examples[0].lead == mara


def test_a_rep_gets_all_counts_and_no_name_of_somebody_elses_lead(version, monday, pool, sam):
    warm(monday)
    ours = warm(monday, name="ours")
    ours.owner = sam
    ours.save(update_fields=["owner"])
    works(monday)
    found = impacts.glance(body_with(version, 40), at=monday, user=sam)
    assert found.gained.n == 2
    assert [each.lead for each in found.examples] == [ours]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda body: body.update(stages=body["stages"][:1]), "Between 2 and 12"),
        (lambda body: item(body["stages"], "mql").update(criteria=None), "needs criteria"),
        (lambda body: body["score"]["rules"][0]["when"].update(field="gone"), "gone"),
    ],
)
def test_a_text_that_cannot_run_says_which_fault_keeps_the_impact(
    version, mark, monday, spoil, said
):
    body = deepcopy(version.body)
    spoil(body)
    with pytest.raises(impacts.Unfit) as unfit:
        impacts.glance(body, at=monday, user=mark)
    assert said in str(unfit.value)


def test_a_promise_that_is_missing_keeps_no_impact_back(version, monday, pool, mark):
    warm(monday)
    works(monday)
    body = body_with(version, 40)
    body["clocks"], body["reasons"] = [], []
    assert impacts.glance(body, at=monday, user=mark).gained.n == 1


# Samples


@pytest.fixture
def crowd(version, monday, pool) -> list:
    """Of forty leads every fourth is warm."""
    made = [warm(monday, name=f"warm{n}") for n in range(10)]
    made += [buyer(monday - 9 * DAY, name=f"cold{n}") for n in range(30)]
    works(monday)
    return made


def test_a_sample_says_so_and_has_the_truth_within_its_range(crowd, version, monday, mark):
    whole = impacts.glance(body_with(version, 40), at=monday, user=mark)
    some = impacts.glance(body_with(version, 40), at=monday, user=mark, most=20)
    assert not whole.look.is_sample
    assert some.look.is_sample
    assert some.look.looked_at <= 20
    assert whole.gained.is_exact
    for name in ("gained", "lost", "moved", "unchanged"):
        truth, estimate = getattr(whole, name).n, getattr(some, name)
        assert estimate.low <= truth <= estimate.high
    assert some.gained.n + some.lost.n + some.moved.n + some.unchanged.n == 40


def test_a_sample_takes_the_same_leads_each_time(crowd, version, monday, mark):
    first, second = (impacts.look(body_with(version, 40), at=monday, most=20) for _ in range(2))
    assert first == second


def test_who_waits_for_sales_and_who_is_next_to_the_bar_is_always_looked_at(crowd, monday):
    strata = samples.movable(20)
    nearest = strata[1].ids
    assert len(nearest) == 6
    best = Standing.objects.order_by("-lead__score__total", "lead_id").values_list(
        "lead", flat=True
    )
    assert nearest == sorted(best[:6])
    ids = [pk for each in strata for pk in each.ids]
    assert len(ids) == len(set(ids))
    assert sum(each.size for each in strata) == 40


@pytest.mark.parametrize("most", [3, 7, 20, 39, 40, 1000])
def test_the_strata_stand_for_every_lead_once(crowd, most):
    strata = samples.movable(most)
    assert sum(each.size for each in strata) == 40
    assert all(len(each.ids) <= each.size for each in strata)


def test_leads_that_did_much_are_thinned_evenly_and_stand_for_as_many():
    whole = samples.Stratum(list(range(1, 101)), 100)
    assert samples.thinned(whole, {}, 100) == whole
    assert samples.thinned(whole, dict.fromkeys(whole.ids, 9), 500).ids == list(range(1, 101, 2))
    least = samples.thinned(whole, dict.fromkeys(whole.ids, 10**6), 10)
    assert (len(least.ids), least.size) == (1, 100)


# The impact as rows, and Python lead by lead


@pytest.fixture
def furnished(db) -> None:
    furnish()


def handed_over(lead, body: dict, facts) -> str | None:
    """The handoff stage the machine would take a new lead to, in Python."""
    rulebook, here = Rulebook(body), journeys.first_stage(body)
    while True:
        ways = [target for start, target in journeys.steps(body) if start["key"] == here]
        target = next((each for each in ways if holds(each, rulebook, facts)), None)
        if target is None:
            return None
        if target["kind"] == "handoff":
            return target["key"]
        here = target["key"]


def holds(stage: dict, rulebook: Rulebook, facts) -> bool:
    judged = explanations.judged(facts, rulebook, stage["key"])
    return all(each.holds for each in judged)


@settings(MANY, max_examples=15)
@given(
    people=strategies.people,
    before=st.tuples(rules, limits, st.lists(some_conditions | bars, min_size=1, max_size=3)),
    after=st.tuples(rules, limits, st.lists(some_conditions | bars, min_size=1, max_size=3)),
)
def test_a_glance_is_the_stored_impact_and_what_python_says_lead_by_lead(
    furnished, ada, people, before, after
):
    with (
        transaction.atomic(),
        patch("scoring.impacts.glances.fault", lambda body: None),
        patch("scoring.replays.runs._require_readable", lambda version: None),
    ):
        base = random_version(*before)
        text = AgreementVersionFactory(body=random_body(*after), status="superseded")
        known = Rulebook(base.body).vocabulary.fields
        made = [lead for lead, _facts in written(people, known)]
        stages.begin([lead.pk for lead in made], version=base, at=NOW)
        found = impacts.glance(text.body, at=NOW, user=ada)

        expected = {"gained": set(), "lost": set()}
        for lead in made:
            facts = facts_at(lead, NOW, known=known)
            was, becomes = (handed_over(lead, body, facts) for body in (base.body, text.body))
            if becomes and not was:
                expected["gained"].add(lead.pk)
            if was and not becomes:
                expected["lost"].add(lead.pk)
        for change, leads in expected.items():
            assert {each.lead for each in found.look.of(change)} == leads

        replay = impacts.request(text, by=ada, at=NOW)
        while not replays.step(at=NOW):
            pass
        stored = impacts.read(replay, ada)
        assert counts(found) == (stored.gained, stored.lost, stored.moved, stored.unchanged)
        transaction.set_rollback(True)


# The pages


def figure(response, label: str) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.search(rf"{label}\s+(\S+)", text).group(1)


def test_the_draft_says_what_it_would_change_and_its_figures_open_their_leads(
    version, monday, pool, maya, signed_in, time_machine
):
    time_machine.move_to(monday, tick=False)
    mara = warm(monday)
    works(monday)
    draft(version, with_bar(40), by=maya, at=monday)
    browser = signed_in(maya)
    page = browser.get(reverse("impact_saved"))
    assert page.status_code == 200
    assert figure(page, "gained") == "+1"
    assert f'href="{reverse("impact_saved_leads")}?set=gained"' in page.content.decode()
    listed = browser.get(reverse("impact_saved_leads"), {"set": "gained"})
    assert listed.context["total"] == len(listed.context["rows"]) == 1
    assert listed.context["rows"][0]["lead"] == mara


def test_the_leads_behind_an_estimate_are_said_to_be_those_looked_at(
    crowd, version, monday, maya, signed_in, time_machine, monkeypatch
):
    time_machine.move_to(monday, tick=False)
    draft(version, with_bar(40), by=maya, at=monday)
    monkeypatch.setattr(impacts, "look", partial(impacts.look, most=20))
    page = signed_in(maya).get(reverse("impact_saved_leads"), {"set": "gained"})
    html = page.content.decode().replace("<wbr>", "")
    said = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    looked_at, about = page.context["look"].looked_at, page.context["about"]
    assert f"Found among the {looked_at} of 40 leads that were looked at." in said
    assert f"Estimated for all: {about.n} ({about.low}–{about.high})" in said


def test_beside_the_editor_the_impact_is_of_what_stands_in_the_form(
    version, monday, pool, maya, signed_in, time_machine
):
    time_machine.move_to(monday, tick=False)
    warm(monday)
    works(monday)
    draft(version, lambda body: body.update(title="Another"), by=maya, at=monday)
    browser = signed_in(maya)
    address = reverse("agreement_section", args=["score"])
    sent = form_of(browser.get(address).content.decode(), address)
    sent["limits-cap_profile"] = sent["limits-cap_actions"] = [""]
    sent |= {key: ["900"] for key in sent if re.fullmatch(r"actions-\d+-points", key)}
    page = browser.post(reverse("impact_glance", args=["score"]), sent)
    assert page.status_code == 200
    assert page.context["subject"].is_input
    assert figure(page, "gained") == "+1"
    assert AgreementVersion.objects.get(status="draft").body["score"].get("floor") != 1000
    listed = browser.post(reverse("impact_leads", args=["score"]) + "?set=gained", sent)
    assert listed.context["total"] == 1


def test_input_that_cannot_be_read_says_so_and_shows_the_saved_draft(
    version, monday, pool, maya, signed_in, time_machine
):
    time_machine.move_to(monday, tick=False)
    warm(monday)
    works(monday)
    draft(version, with_bar(40), by=maya, at=monday)
    page = signed_in(maya).post(reverse("impact_glance", args=["score"]), {"floor": "many"})
    assert "cannot be read yet" in page.content.decode()
    assert "as last saved" in page.content.decode()
    assert figure(page, "gained") == "+1"


def test_a_rep_counts_all_leads_behind_a_figure_and_is_shown_their_own(
    version, monday, pool, mark, sam, signed_in, time_machine
):
    time_machine.move_to(monday, tick=False)
    warm(monday)
    works(monday)
    draft(version, with_bar(40), by=mark, at=monday)
    listed = signed_in(sam).get(reverse("impact_saved_leads"), {"set": "gained"})
    assert (listed.context["total"], listed.context["rows"]) == (1, [])
    assert "Lindqvist" not in listed.content.decode()


def test_an_unknown_set_is_not_found(version, monday, maya, signed_in):
    draft(version, with_bar(40), by=maya, at=monday)
    browser = signed_in(maya)
    assert browser.get(reverse("impact_saved_leads"), {"set": "everybody"}).status_code == 404
    assert browser.post(reverse("impact_glance", args=["nonsense"])).status_code == 404


def test_the_panel_asks_few_queries_however_many_leads_there_are(
    crowd, version, monday, maya, signed_in, time_machine, django_assert_max_num_queries
):
    time_machine.move_to(monday, tick=False)
    draft(version, with_bar(40), by=maya, at=monday)
    browser = signed_in(maya)
    browser.get(reverse("impact_saved"), headers={"HX-Request": "true"})
    with django_assert_max_num_queries(60):
        browser.get(reverse("impact_saved"), headers={"HX-Request": "true"})


def test_nothing_is_written_by_looking(crowd, version, monday, mark):
    before = list(Standing.objects.order_by("pk").values())
    impacts.glance(body_with(version, 40), at=monday, user=mark)
    predictions.predict(body_with(version, 40), at=monday)
    assert list(Standing.objects.order_by("pk").values()) == before
