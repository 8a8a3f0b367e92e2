"""“Is this a lead?”: who is put to the vote, how it is voted, and what is made of it."""

from collections import Counter
from copy import deepcopy

import pytest

from leads import append_only, changes, stale
from leads.models import Channel, Event, Lead, StaleLead
from leads.refusals import Refused
from scoring import agreements, calibrations, stages, statements
from scoring.calibrations.verdicts import Verdict, agreement, majority
from scoring.documents import item
from scoring.models import CalibrationLead, Vote
from scoring.shapes import classic, revenue
from tests.factories import CompanyFactory
from tests.rooms import DAY, above, below, known, opened, some_leads, subjects, voted

pytestmark = pytest.mark.django_db

YES, NO = (lambda subject: True), (lambda subject: False)


@pytest.fixture
def at(monday):
    return monday


@pytest.fixture
def channels(db):
    kinds = {"website": "inbound", "fair": "event", "search": "engagement"}
    return [Channel.objects.create(key=k, name=k.title(), kind=v) for k, v in kinds.items()]


@pytest.fixture
def version(mark, lena, at, channels):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=at - 90 * DAY)


@pytest.fixture
def room(version, maya, at):
    some_leads(at)
    return opened(version, maya, at)


def refused(code, status, verb, *args, **options):
    with pytest.raises(Refused) as refusal:
        verb(*args, **options)
    assert (refusal.value.code, refusal.value.status) == (code, status)
    return refusal.value


def criteria(body):
    return item(body["stages"], "mql")["criteria"]


# Choosing


def test_half_of_the_leads_meet_the_criteria_and_half_lack_one(version, at):
    some_leads(at, 24)
    choice = calibrations.choose(version, "mql", at=at, most=20)
    assert Counter(each.handed_over for each in choice.leads) == {True: 10, False: 10}
    assert choice.near == len(choice.leads) == 20


def test_what_is_kept_of_a_lead_is_what_the_text_says_of_it(version, maya, at):
    fits, small = above(1, at), below(2, at)
    room = opened(version, maya, at)
    said = {each.lead: each.handed_over for each in subjects(room)}
    assert said == {fits: True, small: False}
    assert room.leads.get(lead=fits).total >= 60


def test_the_same_data_and_moment_give_the_same_leads_in_the_same_order(version, at):
    some_leads(at, 24)
    one, other = (calibrations.choose(version, "mql", at=at, most=20) for _n in range(2))
    assert one == other


def test_the_order_of_the_vote_does_not_tell_who_meets_the_criteria(version, at):
    some_leads(at, 24)
    order = [each.handed_over for each in calibrations.choose(version, "mql", at=at, most=20).leads]
    assert order not in (sorted(order), sorted(order, reverse=True))


def test_no_two_leads_are_of_one_company(version, at):
    company = CompanyFactory(name="Graaf")
    for n in range(4):
        lead = above(n, at)
        Lead.objects.filter(pk=lead.pk).update(company=company)
    above(9, at)
    choice = calibrations.choose(version, "mql", at=at, most=20)
    assert len(choice.leads) == 2


def test_first_channels_take_turns(version, at):
    for n in range(12):
        above(n, at, channel="website")
    for n in range(12, 15):
        above(n, at, channel="fair")
    for n in range(15, 18):
        above(n, at, channel="search")
    choice = calibrations.choose(version, "mql", at=at, most=10)
    counts = Counter(each.channel for each in choice.leads)
    assert sorted(counts.values()) == [3, 3, 4]


def test_with_few_leads_all_of_them_are_put_to_the_vote(version, maya, at):
    some_leads(at, 6)
    room, choice = calibrations.open_round(version, by=maya, at=at)
    assert (room.leads.count(), choice.wanted) == (6, 20)


def test_where_nobody_is_near_the_bar_the_nearest_are_chosen_and_it_is_said(version, at):
    for n in range(8):
        known(n, at, company_size=3, title="Student", seniority="", function="", industry="")
    choice = calibrations.choose(version, "mql", at=at, most=20)
    assert (len(choice.leads), choice.near) == (8, 0)


def test_leads_far_from_the_bar_wait_behind_those_near_it(version, at):
    near = {lead.pk for lead in some_leads(at, 10)}
    for n in range(20, 30):
        known(n, at, company_size=3, title="Student", seniority="", function="", industry="")
    choice = calibrations.choose(version, "mql", at=at, most=10)
    assert {each.lead for each in choice.leads} == near


def test_a_stage_that_asks_for_no_score_has_leads_to_vote_on_too(mark, lena, maya, at, channels):
    body = classic()
    place = item(body["stages"], "mql")
    place["criteria"] = [each for each in place["criteria"] if each["key"] == "company_size"]
    version = agreements.install(body, by_marketing=mark, by_sales=lena, at=at - 90 * DAY)
    some_leads(at, 8)
    room = opened(version, maya, at)
    assert Counter(each.handed_over for each in subjects(room)) == {True: 4, False: 4}


def test_the_text_that_is_being_written_chooses_by_its_own_rules(version, maya, at):
    some_leads(at, 8)
    body = deepcopy(version.body)
    item(criteria(body), "company_size")["when"]["value"] = 30
    draft = agreements.open_draft(by=maya, at=at, body=body)
    room = opened(draft, maya, at)
    assert all(each.handed_over for each in subjects(room))


def test_a_lead_that_cannot_be_scored_and_one_that_is_erased_are_not_put_to_the_vote(version, at):
    kept, broken, erased = (above(n, at) for n in range(3))
    stale.mark([broken.pk], at=at)
    StaleLead.objects.filter(lead=broken).update(attempts=stale.MOST_ATTEMPTS)
    append_only.erasing()
    erased.changes.all().delete()
    choice = calibrations.choose(version, "mql", at=at, most=20)
    assert [each.lead for each in choice.leads] == [kept.pk]


def test_those_whom_sales_has_taken_come_only_where_there_are_few_others(version, at, monkeypatch):
    monkeypatch.setattr("scoring.calibrations.choosing.CLOSE", 4)
    leads = some_leads(at, 6)
    taken = leads[0]
    stages.begin([each.pk for each in leads], version=version, at=at - DAY)
    stages.enter(taken, "sal", cause="claimed", at=at, version=version)
    choice = calibrations.choose(version, "mql", at=at, most=20)
    assert taken.pk not in {each.lead for each in choice.leads}


def test_of_many_leads_those_nearest_in_score_are_looked_at(version, at, monkeypatch):
    monkeypatch.setattr("scoring.calibrations.choosing.CLOSE", 6)
    some_leads(at, 16)
    choice = calibrations.choose(version, "mql", at=at, most=20)
    assert Counter(each.handed_over for each in choice.leads) == {True: 3, False: 3}


# Opening


def test_opening_keeps_the_text_and_tells_both_sides(room, version, at):
    assert (room.body, room.stage, room.as_of) == (version.body, "mql", at)
    event = Event.objects.get(kind="calibration.opened")
    assert event.data == {"calibration": room.pk, "code": room.code, "number": 12}


@pytest.mark.parametrize("who", ["maya", "sam", "olu"])
def test_both_sides_and_operations_open_a_round(request, version, at, who):
    some_leads(at, 4)
    assert opened(version, request.getfixturevalue(who), at).closed_at is None


@pytest.mark.parametrize("who", ["ada", "nina"])
def test_nobody_else_opens_one(request, version, at, who):
    user = request.getfixturevalue(who)
    refused("may_not_open", 403, calibrations.open_round, version, by=user, at=at)


def test_one_round_is_open_at_a_time(room, version, sam, at):
    said = refused("round_open", 409, calibrations.open_round, version, by=sam, at=at)
    assert "Maya Lindner" in said.message


def test_a_round_has_ten_to_thirty_leads(version, maya, at):
    some_leads(at, 4)
    for most in (9, 31):
        refused("how_many", 422, calibrations.open_round, version, by=maya, at=at, most=most)


def test_without_leads_or_without_a_handoff_there_is_nothing_to_vote_on(version, maya, at):
    refused("no_leads", 422, calibrations.open_round, version, by=maya, at=at)
    body = deepcopy(version.body)
    item(body["stages"], "mql")["kind"] = "open"
    version.body = body
    refused("no_handoff", 422, calibrations.open_round, version, by=maya, at=at)


def test_of_several_handoffs_the_wanted_one_is_voted_on(mark, lena, maya, at, channels):
    version = agreements.install(revenue(), by_marketing=mark, by_sales=lena, at=at - 90 * DAY)
    some_leads(at, 4)
    refused("unknown_stage", 422, calibrations.open_round, version, by=maya, at=at, stage="mql")
    assert opened(version, maya, at, stage="conversation").stage == "conversation"


# Voting


def test_an_answer_may_be_changed_and_counts_once(room, sam, at):
    for is_lead in (True, True, False):
        calibrations.vote(room, 1, is_lead=is_lead, by=sam, at=at)
    assert [(v.is_lead, v.side) for v in Vote.objects.all()] == [(False, "sales")]
    assert calibrations.answers_of(room, sam) == {1: False}


@pytest.mark.parametrize("who", ["olu", "ada", "nina"])
def test_only_the_two_sides_vote(request, room, at, who):
    user = request.getfixturevalue(who)
    refused("may_not_vote", 403, calibrations.vote, room, 1, is_lead=True, by=user, at=at)
    assert not Vote.objects.exists()


def test_the_turnout_says_how_many_have_finished(room, maya, mark, sam, at):
    voted(room, at, {maya: YES})
    calibrations.vote(room, 1, is_lead=True, by=mark, at=at)
    calibrations.vote(room, 1, is_lead=True, by=sam, at=at)
    said = [(each.side, each.begun, each.finished) for each in calibrations.turnout(room)]
    assert said == [("marketing", 2, 1), ("sales", 1, 0)]


def test_a_lead_that_was_erased_meanwhile_is_gone_from_the_round(room, sam, at):
    subject = room.leads.get(position=1)
    append_only.erasing()
    subject.lead.changes.all().delete()
    subject.lead.delete()
    refused("not_in_round", 404, calibrations.vote, room, 1, is_lead=True, by=sam, at=at)
    assert room.leads.count() == 11


def test_votes_go_with_the_lead_that_is_erased(room, maya, sam, at):
    voted(room, at, {maya: YES, sam: NO})
    subject = room.leads.get(position=1)
    append_only.erasing()
    subject.lead.changes.all().delete()
    subject.lead.delete()
    assert Vote.objects.count() == 22
    calibrations.close(room, by=maya, at=at)
    room.refresh_from_db()
    assert calibrations.find(room).agreement.answered == 11


# Closing


def test_a_round_closes_once_both_sides_have_voted(room, maya, sam, at):
    refused("one_sided", 409, calibrations.close, room, by=maya, at=at)
    calibrations.vote(room, 1, is_lead=True, by=maya, at=at)
    said = refused("one_sided", 409, calibrations.close, room, by=maya, at=at)
    assert said.message == "Sales has not voted yet."
    calibrations.vote(room, 1, is_lead=True, by=sam, at=at)
    calibrations.close(room, by=maya, at=at)
    assert Event.objects.filter(kind="calibration.closed").count() == 1
    refused("round_closed", 409, calibrations.close, room, by=maya, at=at)


def test_a_vote_after_the_end_is_refused_and_changes_nothing(room, maya, sam, at):
    voted(room, at, {maya: YES, sam: YES})
    calibrations.close(room, by=maya, at=at)
    refused("round_closed", 409, calibrations.vote, room, 1, is_lead=False, by=sam, at=at)
    assert not Vote.objects.filter(is_lead=False).exists()


@pytest.mark.parametrize("who", ["maya", "mark", "lena"])
def test_who_opened_it_and_who_signs_closes_it(request, room, maya, sam, at, who):
    voted(room, at, {maya: YES, sam: YES})
    user = request.getfixturevalue(who)
    assert calibrations.close(room, by=user, at=at).closed_by == user


@pytest.mark.parametrize("who", ["sam", "olu", "ada", "nina"])
def test_nobody_else_closes_it(request, room, maya, sam, at, who):
    voted(room, at, {maya: YES, sam: YES})
    user = request.getfixturevalue(who)
    refused("may_not_close", 403, calibrations.close, room, by=user, at=at)


# Verdicts


def verdict(marketing, sales, *, handed_over=True):
    return Verdict(CalibrationLead(handed_over=handed_over), marketing, sales)


def test_a_side_says_what_most_of_it_say_and_is_divided_on_a_tie():
    assert [majority(each) for each in ((2, 1), (1, 2), (1, 1), (0, 0))] == [
        True,
        False,
        None,
        None,
    ]


def test_a_lead_is_disputed_where_the_sides_differ_or_one_is_divided():
    said = [((1, 0), (1, 0)), ((1, 0), (0, 1)), ((1, 1), (1, 0)), ((1, 0), (0, 0))]
    assert [verdict(*each).is_disputed for each in said] == [False, True, True, False]


@pytest.mark.parametrize(
    ("marketing", "sales", "leans"),
    [
        ((3, 0), (0, 1), False),  # Each side weighs the same: a tie, and sales says no.
        ((0, 3), (1, 0), True),  # A tie, and sales says yes.
        ((3, 0), (1, 2), True),  # 1 + 1/3 is more than a half of two.
        ((1, 2), (1, 0), True),
        ((2, 1), (0, 3), False),
        ((1, 1), (1, 1), False),  # In doubt nobody is handed over.
        ((1, 0), (0, 0), None),
    ],
)
def test_all_votes_together_lean_one_way(marketing, sales, leans):
    assert verdict(marketing, sales).leans is leans


def test_kappa_is_that_of_cohen():
    """20 and 15 of 50 alike, 5 and 10 not: 0.7 observed, 0.5 by chance."""
    found = [
        *[verdict((1, 0), (1, 0))] * 20,
        *[verdict((1, 0), (0, 1))] * 5,
        *[verdict((0, 1), (1, 0))] * 10,
        *[verdict((0, 1), (0, 1))] * 15,
    ]
    said = agreement(found)
    assert (said.agreed, said.answered) == (35, 50)
    assert said.kappa == pytest.approx(0.4)
    assert said.compared == "A little better than guessing, which would give about 25 of 50."


def test_with_few_leads_or_one_voice_there_is_no_kappa():
    assert agreement([verdict((1, 0), (0, 1))] * 9).kappa is None
    assert agreement([verdict((1, 0), (1, 0))] * 20).kappa is None
    assert agreement([]).compared == ""


def test_each_side_is_compared_with_the_text():
    found = [verdict((1, 0), (0, 1)), verdict((1, 0), (1, 1)), verdict((0, 1), (0, 1))]
    assert agreement(found).against_text == {"marketing": (2, 3), "sales": (0, 2)}


# Findings


def small(subject):
    return (subject.lead.company_size or 0) < 100


@pytest.fixture
def disputed(version, maya, sam, at):
    """Sales does not want companies below 100 people, marketing wants all it hands over."""
    for n in range(6):
        above(n, at, company_size=60 + n)
    for n in range(6, 12):
        above(n, at, company_size=150 + n)
    for n in range(12, 16):
        below(n, at)
    room = opened(version, maya, at)
    mine = lambda subject: subject.handed_over  # noqa: E731
    theirs = lambda subject: subject.handed_over and not small(subject)  # noqa: E731
    voted(room, at, {maya: mine, sam: theirs})
    return calibrations.close(room, by=maya, at=at)


def test_what_the_disputed_have_in_common_is_found_and_counted(disputed):
    found = calibrations.find(disputed)
    assert (found.disputed, found.only_marketing, found.only_sales) == (6, 6, 0)
    said = {each.words: each.counted for each in found.commons}
    assert said["Company size is below 100"] == "6 of 6 disputed, 4 of 10 others"


def test_the_change_that_settles_most_comes_first(disputed):
    found = calibrations.find(disputed)
    best = found.settlements[0]
    assert (best.before, best.after) == (
        "Company size is at least 50",
        "Company size is at least 100",
    )
    assert (best.settled, best.disputed, best.right) == (6, 6, 6)
    assert (best.loses, best.wanted, best.gains, best.unwanted) == (0, 6, 0, 4)
    assert found.leaning == 0


def test_what_is_wanted_by_sales_alone_opens_a_criterion(version, maya, sam, at):
    for n in range(8):
        above(n, at)
    for n in range(8, 14):
        below(n, at, company_size=40)
    room = opened(version, maya, at)
    voted(room, at, {maya: lambda s: s.handed_over, sam: YES})
    calibrations.close(room, by=maya, at=at)
    room.refresh_from_db()
    best = calibrations.find(room).settlements[0]
    assert best.before == "Company size is at least 50"
    assert best.after in ("Company size is at least 20", "Company size is at least 10")
    assert (best.settled, best.right, best.loses) == (6, 6, 0)


def test_a_change_that_breaks_as_much_as_it_settles_is_not_suggested(version, maya, sam, at):
    """The same size, the same deeds: nothing tells the disputed one from the others."""
    for n in range(10):
        above(n, at)
    room = opened(version, maya, at)
    voted(room, at, {maya: YES, sam: lambda s: s.position != 3})
    calibrations.close(room, by=maya, at=at)
    room.refresh_from_db()
    found = calibrations.find(room)
    assert (found.disputed, found.commons, found.settlements) == (1, [], [])


def test_where_every_lead_is_disputed_nothing_tells_them_from_others(room, maya, sam, at):
    """Whatever holds for all of them would seem to be what they have in common."""
    voted(room, at, {maya: YES, sam: NO})
    calibrations.close(room, by=maya, at=at)
    found = calibrations.find(room)
    assert (found.disputed, found.agreement.agreed, found.commons) == (12, 0, [])


def test_where_nothing_is_disputed_nothing_is_suggested(room, maya, sam, at):
    voted(room, at, {maya: YES, sam: YES})
    calibrations.close(room, by=maya, at=at)
    found = calibrations.find(room)
    assert (found.disputed, found.commons, found.settlements) == (0, [], [])
    assert found.agreement.agreed == 12


def test_what_is_learnt_after_the_round_changes_nothing_in_it(disputed, at):
    before = calibrations.find(disputed).settlements
    for lead in Lead.objects.all():
        changes.record(lead, {"company_size": 9}, source="test", known_at=at + DAY)
    assert calibrations.find(disputed).settlements == before


# Into the draft


def best_key(room):
    return calibrations.find(room).settlements[0].proposal.key


def test_a_suggestion_opens_a_draft_and_changes_the_criterion(disputed, version, sam, at):
    taken = calibrations.take(disputed, best_key(disputed), by=sam, at=at)
    draft = agreements.unsettled()
    assert (taken.stage, taken.criterion) == ("mql", "company_size")
    assert item(criteria(draft.body), "company_size")["when"]["value"] == 100
    others = [each for each in criteria(draft.body) if each["key"] != "company_size"]
    assert others == [each for each in criteria(version.body) if each["key"] != "company_size"]


def test_a_suggestion_goes_into_the_draft_there_is(disputed, version, maya, lena, at):
    body = deepcopy(version.body)
    body["note"] = "Written by hand."
    draft = agreements.open_draft(by=maya, at=at, body=body)
    calibrations.take(disputed, best_key(disputed), by=lena, at=at)
    draft.refresh_from_db()
    assert draft.body["note"] == "Written by hand."
    assert item(criteria(draft.body), "company_size")["when"]["value"] == 100


def test_the_changed_text_does_to_all_what_the_suggestion_promised_of_each(disputed, maya, at):
    best = calibrations.find(disputed).settlements[0]
    draft = calibrations.take(disputed, best.proposal.key, by=maya, at=at).edit.version
    leads = [subject.lead for subject in subjects(disputed)]
    met = statements.would_meet(sorted(lead.pk for lead in leads), draft, "mql", at=at)
    assert {each.lead for each in met} == {each.pk for each in leads if each.company_size >= 100}
    assert len(met) == best.wanted - best.loses


def test_what_no_longer_fits_is_refused_and_so_is_what_is_there_already(
    disputed, version, maya, at
):
    key = best_key(disputed)
    calibrations.take(disputed, key, by=maya, at=at)
    refused("taken_already", 409, calibrations.take, disputed, key, by=maya, at=at)
    draft = agreements.unsettled()
    stages_ = deepcopy(draft.body["stages"])
    item(item(stages_, "mql")["criteria"], "company_size")["when"]["value"] = 75
    agreements.edit(
        draft, section="stages", value=stages_, by=maya, at=at, expected_sha256=draft.sha256
    )
    refused("no_longer_fits", 409, calibrations.take, disputed, key, by=maya, at=at)


def test_without_a_draft_it_is_said_that_what_is_in_force_says_so(disputed, mark, lena, at):
    key = best_key(disputed)
    draft = calibrations.take(disputed, key, by=mark, at=at).edit.version
    draft = agreements.propose(draft, by=mark, at=at)
    for signatory in (mark, lena):
        agreements.sign(draft, by=signatory, at=at, sha256=draft.sha256)
    with pytest.raises(Refused, match="version in force says so already.*No draft is open"):
        calibrations.take(disputed, key, by=mark, at=at)


def test_an_unknown_suggestion_and_one_of_an_open_round_are_refused(room, disputed_key, maya, at):
    refused("not_closed", 409, calibrations.take, room, disputed_key, by=maya, at=at)


@pytest.fixture
def disputed_key():
    return "0" * 12


def test_a_suggestion_that_the_round_does_not_make_is_refused(
    disputed, disputed_key, maya, olu, at
):
    refused("gone", 409, calibrations.take, disputed, disputed_key, by=maya, at=at)
    refused("may_not_edit", 403, calibrations.take, disputed, disputed_key, by=olu, at=at)
    assert agreements.unsettled() is None


def test_a_refused_suggestion_leaves_no_draft_behind(disputed, maya, at, monkeypatch):
    def refuse(*args, **options):
        raise Refused("no", "No.")

    key = best_key(disputed)
    monkeypatch.setattr(agreements, "edit", refuse)
    refused("no", 422, calibrations.take, disputed, key, by=maya, at=at)
    assert agreements.unsettled() is None
