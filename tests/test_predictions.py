"""What a text is predicted to change: worked out for the past weeks, frozen, held against what
came."""

import json
from copy import deepcopy
from datetime import timedelta

import pytest
from django.urls import reverse

from feedback import contacts, handoffs, predictions
from feedback.models import Handoff
from leads.models import Channel
from scoring import agreements, impacts, rescoring
from scoring.documents import item
from scoring.models import AgreementVersion
from scoring.shapes import classic
from tests.factories import PoolFactory, PoolMemberFactory
from tests.test_replays import asks, buyer, draft, with_bar, works

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def website(db) -> Channel:
    return Channel.objects.create(key="website", name="Website", kind=Channel.Kind.INBOUND)


@pytest.fixture
def version(mark, lena, monday, website) -> AgreementVersion:
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=monday - 200 * DAY)


@pytest.fixture
def pool(sales, sam):
    pool = PoolFactory(team=sales)
    PoolMemberFactory(pool=pool, user=sam, capacity=4)
    return pool


def body_with(version, points: int) -> dict:
    body = deepcopy(version.body)
    with_bar(points)(body)
    return body


@pytest.fixture
def told(version, pool, monday, sam) -> dict:
    """Four were handed over a week ago: sales talked to one, accepted another, returned the third
    and never answered the fourth. One more is warm and was never handed over."""
    made = {}
    for name in ("talked", "kept", "returned", "silent"):
        made[name] = buyer(monday - 12 * DAY, name=name)
        asks(made[name], monday - 7 * DAY)
    works(monday - 7 * DAY)
    ours = {each.lead_id: each for each in Handoff.objects.select_related("lead")}
    every = {each["key"] for each in version.body["checklists"]["acceptance"]}
    for name in ("talked", "kept"):
        handoffs.accept(ours[made[name].pk], by=sam, at=monday - 6 * DAY, confirmed=every)
    talked = Handoff.objects.get(lead=made["talked"])
    contacts.hold_conversation(talked, by=sam, at=monday - 5 * DAY)
    back = {"reason": "wrong_person", "text": "Not him."}
    handoffs.give_back(ours[made["returned"].pk], by=sam, at=monday - 6 * DAY, **back)
    made["warm"] = buyer(monday - 12 * DAY, name="warm")
    asks(made["warm"], monday - 4 * DAY, type="pricing_page")
    works(monday)
    return made


def test_a_text_that_says_the_same_would_have_handed_over_the_same(told, version, monday):
    past = predictions.past(version.body, at=monday)
    assert (past.now, past.then.n, past.answered) == (4, 4, 3)
    assert past.then.is_exact
    assert past.share("accepted") == (2, 2)
    assert past.share("conversations") == (1, 1)
    assert past.share("returned") == (0, 1)
    assert past.sets["unknown"] == [told["silent"].pk]


def test_a_higher_bar_spares_returns_and_loses_conversations(told, version, monday):
    past = predictions.past(body_with(version, 99), at=monday)
    assert past.then.n == 0
    assert past.share("accepted") == (0, 2)
    assert past.share("conversations") == (0, 1)
    assert past.share("returned") == (1, 1)
    assert past.sets["returned_spared"] == [told["returned"].pk]


def test_a_lower_bar_hands_over_who_never_was_and_nobody_knows_of_them(told, version, monday):
    past = predictions.past(body_with(version, 40), at=monday)
    assert past.then.n == 5
    assert told["warm"].pk in past.found
    assert all(told["warm"].pk not in some for some in past.sets.values())


def test_the_weeks_add_up_and_know_the_room(told, version, monday):
    past = predictions.past(body_with(version, 40), at=monday)
    assert len(past.weeks) == 13
    assert sum(week.now for week in past.weeks) == 4
    assert sum(week.then for week in past.weeks) == pytest.approx(5)
    assert sum(week.answered for week in past.weeks) == 3
    assert past.capacity == 4
    chart = past.chart
    assert chart.room is not None
    highest = max(chart.bars, key=lambda bar: bar.now)
    assert highest.now == 4
    assert not highest.over_height


def test_without_room_for_them_all_the_rest_of_a_bar_is_above_the_line(told, version, monday, pool):
    pool.members.update(capacity=3)
    chart = predictions.past(version.body, at=monday).chart
    highest = max(chart.bars, key=lambda bar: bar.now)
    assert highest.height == pytest.approx(3 * highest.over_height, abs=0.2)
    assert chart.weeks_over == 1


def test_a_claim_counts_as_no_handover(version, pool, monday):
    assert predictions.past(version.body, at=monday).chart is None


def test_a_prediction_is_numbers_codes_and_ids_only_and_the_same_each_time(told, version, monday):
    body = body_with(version, 40)
    predicted = predictions.predict(body, at=monday)
    assert predictions.predict(body, at=monday) == predicted
    assert json.loads(json.dumps(predicted)) == predicted
    assert "Lindqvist" not in json.dumps(predicted)
    assert predicted["gained"] == 1
    assert predicted["sample"] is None
    assert predicted["population"] == 5
    assert (
        predicted["gained"] + predicted["lost"] + predicted["moved"] + predicted["unchanged"] == 5
    )
    assert predicted["per_week"] == {"now": 0.3, "then": 0.4, "answered": 0.2}
    assert predicted["capacity"] == 4
    assert predicted["in_hand"] == 3
    assert predicted["past"]["accepted"] == [2, 2]
    assert predicted["past"]["returned_spared"] == [0, 1]
    assert predicted["past"]["unknown"] == 1
    (example,) = predicted["examples"]
    warm = told["warm"]
    assert (example["lead"], example["change"], example["stage"]) == (warm.pk, "gained", "mql")
    assert (example["was"], example["lacks"]) == (warm.score.total, ["bar"])


def test_a_text_that_cannot_run_is_not_predicted(version, monday):
    body = deepcopy(version.body)
    item(body["stages"], "mql")["criteria"] = []
    assert predictions.predict(body, at=monday) is None
    assert predictions.read(version, version.created_by) is None


def test_who_may_not_see_a_lead_reads_the_numbers_without_its_name(
    told, version, monday, mark, sam
):
    predicted = predictions.predict(body_with(version, 40), at=monday)
    text = AgreementVersion(base=version, body=body_with(version, 40), predicted=predicted)
    seen, hidden = (predictions.read(text, user) for user in (mark, sam))
    assert seen.gained.n == hidden.gained.n == 1
    assert seen.examples[0].lead == told["warm"]
    assert hidden.examples[0].lead is None
    assert (len(seen.examples[0].reasons), hidden.examples[0].reasons) == (1, [])


def test_a_lead_that_is_erased_while_it_is_counted_is_no_example(told, version, monday):
    body = body_with(version, 40)
    [shift] = impacts.look(body, at=monday).of("gained")
    gone = shift._replace(lead=10**9)
    assert [each.lead.pk for each in impacts.instances(body, [gone, shift], at=monday)] == [
        shift.lead
    ]


def test_a_proposal_shows_the_prediction_it_was_made_with(
    told, version, monday, mark, signed_in, time_machine
):
    time_machine.move_to(monday, tick=False)
    text = draft(version, with_bar(40), by=mark, at=monday)
    predicted = predictions.predict(text.body, at=monday)
    agreements.propose(text, by=mark, at=monday, predicted=predicted)
    asks(told["warm"], monday - DAY)
    works(monday)
    page = signed_in(mark).get(reverse("agreement_draft")).content.decode()
    assert 'id="predicted"' in page
    [example] = predictions.read(AgreementVersion.objects.get(pk=text.pk), mark).examples
    assert f"It lacked until then: {example.reasons[0]}" in page
    assert "These figures are part of what is signed." in page


def test_result_and_prediction_stand_side_by_side(told, version, monday, mark, lena, sam):
    text = draft(version, with_bar(40), by=mark, at=monday)
    predicted = predictions.predict(text.body, at=monday)
    agreements.propose(text, by=mark, at=monday, predicted=predicted)
    for each in (mark, lena):
        agreements.sign(text, by=each, at=monday, sha256=text.sha256)
    while not rescoring.step(at=monday):
        pass
    works(monday)
    result = predictions.result(
        AgreementVersion.objects.get(pk=text.pk), user=mark, at=monday + 14 * DAY
    )
    assert result.predicted.gained.n == result.gained == 1
    assert result.handed_over == 1
    assert result.weeks == 2
    assert result.a_week == 0.5
    assert not result.accepted.whole


def test_what_never_took_effect_has_no_result(version, mark, monday):
    text = draft(version, with_bar(40), by=mark, at=monday)
    assert predictions.result(text, user=mark, at=monday) is None


def test_a_result_younger_than_a_week_gives_no_figure_a_week(told, version, monday, mark):
    assert predictions.result(version, user=mark, at=version.in_force_at + DAY).a_week is None
