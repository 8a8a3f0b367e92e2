"""What both sides promise, and what follows a return: written in the browser, and said."""

import pytest
from django.utils import timezone
from django.utils.translation import override

from leads import fields
from leads.models import Attribute
from leads.refusals import Refused
from scoring import agreements, checks, sentences
from scoring.documents import digest, item
from scoring.shapes import TEMPLATES, classic
from tests.forms import form_of
from tests.test_agreement_pages import address, opened, saved, text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_leg(reason="a form reads and writes one JSON text; the database but keeps it"),
]

SECTIONS = ("clocks", "supply", "checklists", "reasons", "goals", "watches")
# The hash of the Classic text as it was before a clock could be paused or an item be ticked.
BEFORE = "f9bd7b95d2600fee3a73ac78c8129b8f8bf388de2ef0a5ba5fe4b75ff1450dfe"


def plain() -> dict:
    """Classic, with clocks and items that say no more than they must."""
    body = classic()
    for clock in body["clocks"]:
        for name in ("terms", "chain", "pause_days"):
            clock.pop(name, None)
    for asked in body["checklists"]["acceptance"]:
        for name in ("when", "criteria"):
            asked.pop(name, None)
    return body


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def draft(maya, mark, lena, now):
    agreements.install(plain(), by_marketing=mark, by_sales=lena, at=now)
    return agreements.open_draft(by=maya, at=now)


@pytest.fixture
def client(draft, maya, signed_in):
    return signed_in(maya)


def pressed(client, section, add, form=None):
    """The form as it comes back when something is added."""
    form = form or opened(client, section)
    page = client.post(address(section), form | {"add": add})
    assert page.status_code == 200, text_of(page)
    return form_of(page.content.decode(), address(section))


def document(body) -> str:
    """All the text says, clause by clause."""
    return "\n".join(
        " | ".join(filter(None, [clause.text, clause.detail, clause.value]))
        for section in sentences.document(body)
        for group in section.groups
        for clause in group.clauses
    )


def fresh(draft) -> dict:
    draft.refresh_from_db()
    return draft.body


# Clocks


def test_a_clock_gets_a_warning_and_says_whom_a_breach_is_told(client, draft):
    saved(
        client, "clocks", {"clock-answer-warn_at": "75", "clock-answer-escalate_to": "both_leads"}
    )
    clock = item(fresh(draft)["clocks"], "answer")
    assert (clock["warn_at"], clock["escalate_to"]) == (75, "both_leads")
    said = "from the handover; warned at 75 %; a breach is told to whoever leads either team | 4 h"
    assert said in document(draft.body)
    shown = opened(client, "clocks")
    assert shown["clock-answer-warn_at"] == ["75"]
    saved(client, "clocks", {"clock-answer-warn_at": "", "clock-answer-escalate_to": "lead"})
    assert item(fresh(draft)["clocks"], "answer") == item(plain()["clocks"], "answer")


def test_a_clock_runs_sooner_for_some_leads(client, draft):
    form = pressed(client, "clocks", "terms-answer:deed")
    row = "terms-answer-0"
    types = f"{row}-c0-types"
    form |= {types: ["demo_requested"], f"{row}-minutes": "15"}
    answer = client.post(address("clocks"), form)
    assert answer.status_code == 302, text_of(answer)
    [term] = item(fresh(draft)["clocks"], "answer")["terms"]
    assert (term["minutes"], term["when"]["types"]) == (15, ["demo_requested"])
    assert "; if “Asked for a demo” in the last 30 days: 15 min" in document(draft.body)
    changed = [str(each) for each in sentences.changes(plain(), draft.body)]
    assert len(changed) == 1
    assert "15 min" in changed[0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("clock-answer-warn_at", "100", "At most 99."),
        ("clock-answer-warn_at", "soon", "Give a whole number."),
        ("clock-answer-escalate_to", "the_boss", "not one of the available choices"),
    ],
)
def test_a_wrong_clock_is_refused_beside_its_field(client, draft, name, value, words):
    form = opened(client, "clocks")
    answer = client.post(address("clocks"), form | {name: value})
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_a_warning_of_no_time_is_refused(client):
    none = {f"clock-qualify-{unit}": "" for unit in ("days", "hours", "minutes")}
    answer = client.post(
        address("clocks"), opened(client, "clocks") | none | {"clock-qualify-warn_at": "50"}
    )
    assert "of nothing there is no share" in text_of(answer)


def test_a_time_for_some_needs_one_for_all_others(client):
    form = pressed(client, "clocks", "terms-qualify:deed")
    none = {f"clock-qualify-{unit}": "" for unit in ("days", "hours", "minutes")}
    row = "terms-qualify-0"
    types = f"{row}-c0-types"
    answer = client.post(address("clocks"), form | none | {types: ["demo"], f"{row}-minutes": "15"})
    assert answer.status_code == 422
    assert "Give the time for all other leads too." in text_of(answer)


def test_a_term_without_a_time_is_refused_beside_it(client):
    form = pressed(client, "clocks", "terms-answer:deed")
    types = "terms-answer-0-c0-types"
    answer = client.post(address("clocks"), form | {types: ["demo"]})
    assert answer.status_code == 422
    assert "Give the time that holds for these leads." in text_of(answer)


def test_a_term_that_never_decides_is_named(db):
    body, when = plain(), {"op": "did", "types": ["demo"]}
    terms = [{"key": key, "when": when, "minutes": 5} for key in ("a", "b")]
    item(body["clocks"], "answer")["terms"] = terms
    [problem] = checks.validate(body)
    assert problem.path == "clocks.answer.terms.b.when"
    assert "An earlier time holds for the same leads" in problem.message


# Pauses, and what follows a breach

CHAIN = {
    "clock-answer-chain1-hours": "4",
    "clock-answer-chain1-to": "both_leads",
    "clock-answer-chain2-days": "1",
    "clock-answer-chain2-to": "operations",
}


def test_a_clock_may_be_paused_for_some_days_of_the_calendar(client, draft):
    saved(client, "clocks", {"clock-first_contact-pause_days": "10"})
    assert item(fresh(draft)["clocks"], "first_contact")["pause_days"] == 10
    assert "from the acceptance; may be paused once, for up to 10 calendar days | 1 day" in (
        document(draft.body)
    )
    [change] = sentences.changes(plain(), draft.body)
    assert str(change) == (
        "Try to reach the lead: may be paused: never → once, for up to 10 calendar days"
    )
    saved(client, "clocks", {"clock-first_contact-pause_days": ""})
    assert digest(fresh(draft)) == BEFORE


def test_a_breach_is_told_further_step_by_step(client, draft):
    saved(client, "clocks", CHAIN)
    chain = item(fresh(draft)["clocks"], "answer")["chain"]
    assert chain == [{"minutes": 240, "to": "both_leads"}, {"minutes": 480, "to": "operations"}]
    said = document(draft.body)
    assert "; a breach is told 4 h later to whoever leads either team" in said
    assert "; a breach is told 1 day later to whoever leads the team, and operations | 4 h" in said
    [change] = sentences.changes(plain(), draft.body)
    assert "a breach is told further: to nobody else → 4 h later to whoever" in str(change)
    shown = opened(client, "clocks")
    assert shown["clock-answer-chain2-days"] == ["1"]
    saved(client, "clocks", dict.fromkeys(CHAIN, ""))
    assert digest(fresh(draft)) == BEFORE


def test_a_step_of_the_chain_may_be_left_out_and_is_not_missed(client, draft):
    later = {name.replace("chain1", "chain3"): said for name, said in CHAIN.items()}
    saved(client, "clocks", later | {"clock-answer-chain3-days": "3"})
    chain = item(fresh(draft)["clocks"], "answer")["chain"]
    assert [each["minutes"] for each in chain] == [480, 1680]


def test_a_lead_is_taken_back_at_a_breach_of_the_answer_alone(client, draft):
    form = saved(client, "clocks", {"clock-answer-take_back": "on"})
    assert item(fresh(draft)["clocks"], "answer")["take_back"] is True
    assert "after a breach the lead is offered to others" in document(draft.body)
    [change] = sentences.changes(plain(), draft.body)
    assert "after a breach the lead: stays with who has it → is offered to others" in str(change)
    assert "clock-qualify-take_back" not in opened(client, "clocks")
    form = opened(client, "clocks")
    form.pop("clock-answer-take_back")
    assert client.post(address("clocks"), form).status_code == 302
    assert digest(fresh(draft)) == BEFORE


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"clock-answer-pause_days": "366"}, "At most 365."),
        ({"clock-answer-pause_days": "0"}, "At least 1."),
        ({"clock-answer-chain1-to": "lead"}, "Give the time after the deadline."),
        ({"clock-answer-chain1-hours": "4"}, "Choose who is told then."),
        ({"clock-answer-chain1-hours": "soon"}, "Give a whole number."),
        (CHAIN | {"clock-answer-chain1-days": "1"}, "This comes no later than the step before it."),
    ],
)
def test_what_follows_a_breach_is_refused_beside_its_field(client, draft, given, words):
    answer = client.post(address("clocks"), opened(client, "clocks") | given)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert digest(fresh(draft)) == BEFORE


@pytest.mark.parametrize(
    "given",
    [
        {"clock-qualify-pause_days": "30"},
        {"clock-qualify-chain1-hours": "4", "clock-qualify-chain1-to": "lead"},
    ],
)
def test_without_a_time_there_is_nothing_to_pause_or_to_breach(client, given):
    none = {f"clock-qualify-{unit}": "" for unit in ("days", "hours", "minutes")}
    answer = client.post(address("clocks"), opened(client, "clocks") | none | given)
    assert answer.status_code == 422
    assert "without one no clock runs" in text_of(answer)


@pytest.mark.parametrize(
    ("clock", "said", "path"),
    [
        ("qualify", {"take_back": True}, "clocks.qualify.take_back"),
        ("answer_return", {"pause_days": 3}, "clocks.answer_return.pause_days"),
        ("answer", {"pause_days": 400}, "clocks.answer.pause_days"),
        ("answer", {"chain": [{"minutes": 60, "to": "the_boss"}]}, "clocks.answer.chain.1.to"),
        ("answer", {"chain": [{"minutes": 60, "to": "lead"}] * 2}, "clocks.answer.chain.2.minutes"),
        (
            "answer",
            {"chain": [{"minutes": n, "to": "lead"} for n in (1, 2, 3, 4)]},
            "clocks.answer.chain",
        ),
    ],
)
def test_a_clock_that_cannot_be_kept_is_named(db, clock, said, path):
    body = plain()
    item(body["clocks"], clock).update(said)
    assert [problem.path for problem in checks.validate(body)] == [path]


def test_what_says_nothing_of_all_this_has_the_hash_it_had(db):
    assert digest(plain()) == BEFORE
    assert checks.validate(plain()) == []
    said = document(plain())
    for words in ("paused", "later", "offered to others", "ticked"):
        assert words not in said


# Supply


def test_marketing_promises_how_many_handoffs_and_how_good(client, draft):
    saved(
        client,
        "supply",
        {"supply-handoffs": "40", "supply-least_score": "60", "supply-accepted": "70"},
    )
    assert fresh(draft)["supply"] == {"handoffs": 40, "least_score": 60, "accepted": 70}
    said = (
        "40 handoffs a month | each with at least 60 points; of which sales accepts at least 70 %"
    )
    assert said in document(draft.body)
    changed = [str(each) for each in sentences.changes(plain(), draft.body)]
    assert "Handoffs a month: nothing promised → 40" in changed
    saved(client, "supply", {f"supply-{n}": "" for n in ("handoffs", "least_score", "accepted")})
    assert "supply" not in fresh(draft)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"supply-least_score": "60"}, "Say how many handoffs"),
        ({"supply-handoffs": "0"}, "At least 1."),
        ({"supply-handoffs": "5", "supply-accepted": "101"}, "At most 100."),
    ],
)
def test_a_supply_that_cannot_be_is_refused_with_what_to_do(client, given, words):
    answer = client.post(address("supply"), opened(client, "supply") | given)
    assert answer.status_code == 422
    assert words in text_of(answer)


# Checklists


def test_a_ready_item_is_taken_with_its_choices(client, draft):
    form = pressed(client, "checklists", "acceptance:time_frame")
    assert client.post(address("checklists"), form).status_code == 302
    taken = fresh(draft)["checklists"]["acceptance"][-1]
    assert taken["label"]["de"] == "Der Zeitrahmen ist bekannt"
    assert taken["collects"]["type"] == "choice"
    assert "3 months" in taken["collects"]["choices"]
    assert "asks for: Buys within (3 months, 6 months, 12 months, later)" in document(draft.body)


def test_an_item_asks_for_a_choice_and_gets_a_field_of_its_own_when_its_kind_changes(client, draft):
    form = opened(client, "checklists")
    at = next(
        n.removesuffix("-key")
        for n, v in form.items()
        if v == ["time_frame"] and n.endswith("-key")
    )
    client.post(
        address("checklists"), form | {f"{at}-type": "choice", f"{at}-choices": "soon, later, soon"}
    )
    collects = item(fresh(draft)["checklists"]["qualification"], "time_frame")["collects"]
    assert collects["choices"] == ["soon", "later"]
    assert collects["attribute"] != "time_frame"
    assert checks.validate(draft.body) == []


@pytest.mark.parametrize(
    ("kind", "choices", "words"),
    [
        ("choice", "", "Give at least one value to choose."),
        ("text", "a, b", "Only a choice has choices."),
    ],
)
def test_choices_belong_to_a_choice(client, kind, choices, words):
    form = opened(client, "checklists")
    at = next(
        n.removesuffix("-key")
        for n, v in form.items()
        if v == ["time_frame"] and n.endswith("-key")
    )
    form |= {f"{at}-type": kind, f"{at}-choices": choices}
    answer = client.post(address("checklists"), form)
    assert answer.status_code == 422
    assert words in text_of(answer)


def at_of(client, key: str, section: str = "checklists") -> str:
    """The prefix of the row of an item."""
    form = opened(client, section)
    return next(
        n.removesuffix("-key") for n, v in form.items() if v == [key] and n.endswith("-key")
    )


def test_an_item_is_ticked_by_a_condition_that_is_built_in_its_row(client, draft):
    at = at_of(client, "can_talk")
    form = opened(client, "checklists") | {"do": f"{at}:put:b0:field"}
    form = form_of(client.post(address("checklists"), form).content.decode(), address("checklists"))
    form |= {f"{at}-c1-field": "phone", f"{at}-c1-op": "known"}
    answer = client.post(address("checklists"), form)
    assert answer.status_code == 302, text_of(answer)
    asked = item(fresh(draft)["checklists"]["acceptance"], "can_talk")
    assert asked["when"] == {"op": "known", "field": "phone"}
    said = "A conversation can be started | ticked already if phone is known"
    assert said.lower() in document(draft.body).lower()
    [change] = sentences.changes(plain(), draft.body)
    assert "ticked already: never → if" in str(change)
    # And taken away again.
    form = opened(client, "checklists") | {"do": f"{at}:remove:c0"}
    form = form_of(client.post(address("checklists"), form).content.decode(), address("checklists"))
    assert client.post(address("checklists"), form).status_code == 302
    assert digest(fresh(draft)) == BEFORE


def test_the_criteria_tick_what_accepts_a_lead_and_nothing_else(client, draft):
    at = at_of(client, "meets_criteria")
    saved(client, "checklists", {f"{at}-criteria": "on"})
    assert item(fresh(draft)["checklists"]["acceptance"], "meets_criteria")["criteria"] is True
    assert "ticked already if every criterion of the handover still holds" in document(draft.body)
    assert f"{at_of(client, 'buying_cycle')}-criteria" not in opened(client, "checklists")
    form = opened(client, "checklists")
    form.pop(f"{at}-criteria")
    assert client.post(address("checklists"), form).status_code == 302
    assert digest(fresh(draft)) == BEFORE


def test_an_item_is_ticked_by_one_thing(client, draft):
    at = at_of(client, "can_talk")
    form = opened(client, "checklists") | {"do": f"{at}:put:b0:mail"}
    form = form_of(client.post(address("checklists"), form).content.decode(), address("checklists"))
    answer = client.post(address("checklists"), form | {f"{at}-criteria": "on"})
    assert answer.status_code == 422
    assert "Either the criteria tick this, or a condition of its own." in text_of(answer)


def test_a_tick_that_cannot_be_decided_is_refused_in_its_row(client, draft):
    at = at_of(client, "buying_cycle")
    form = opened(client, "checklists") | {"do": f"{at}:put:b0:field"}
    form = form_of(client.post(address("checklists"), form).content.decode(), address("checklists"))
    form |= {f"{at}-c1-field": "company_size", f"{at}-c1-op": "at_least", f"{at}-c1-value": "many"}
    assert client.post(address("checklists"), form).status_code == 422
    assert digest(fresh(draft)) == BEFORE


GONE = {"op": "known", "field": "gone"}


@pytest.mark.parametrize(
    ("checklist", "said", "path"),
    [
        ("qualification", {"criteria": True}, "checklists.qualification.0.criteria"),
        ("acceptance", {"criteria": "yes"}, "checklists.acceptance.0.criteria"),
        ("acceptance", {"when": GONE}, "checklists.acceptance.0.when"),
        (
            "qualification",
            {"when": {"op": "entered", "stages": ["x"]}},
            "checklists.qualification.0.when",
        ),
        ("acceptance", {"when": {"op": "persona", "persona": "x"}}, "checklists.acceptance.0.when"),
    ],
)
def test_a_tick_that_cannot_be_is_named(db, checklist, said, path):
    body = plain()
    asked = body["checklists"][checklist][0]
    asked.update(said)
    found = [problem.path for problem in checks.validate(body)]
    assert found == [path.replace(".0.", f".{asked['key']}.")]


def test_a_field_that_ticks_an_item_is_in_use_as_long_as_it_does(maya, mark, lena, now):
    seats = Attribute.objects.create(key="seats", label="Seats", type="number")
    body = plain()
    body["checklists"]["acceptance"][0]["when"] = {"all": [{"op": "known", "field": "seats"}]}
    agreements.install(body, by_marketing=mark, by_sales=lena, at=now)
    with pytest.raises(Refused, match="Seats"):
        fields.check_removal(Attribute.objects.get(pk=seats.pk))
    agreements.install(plain(), by_marketing=mark, by_sales=lena, at=now)
    fields.check_removal(Attribute.objects.get(pk=seats.pk))


# Reasons


def test_a_reason_says_what_follows(client, draft):
    at = at_of(client, "no_budget", "reasons")
    saved(
        client,
        "reasons",
        {
            f"{at}-track_en": "Later budget",
            f"{at}-track_de": "Späteres Budget",
            f"{at}-back_to": "same_rep",
            f"{at}-resets": "on",
        },
    )
    reason = item(fresh(draft)["reasons"], "no_budget")
    assert reason["track"] == {"en": "Later budget", "de": "Späteres Budget"}
    assert (reason["back_to"], reason["resets"]) == ("same_rep", True)
    said = document(draft.body)
    assert "on the track “Later budget”; what it did before counts no more" in said
    assert "handed over again to who returned it, if on duty" in said
    [points] = [each for each in sentences.document(draft.body) if each.key == "points"]
    assert "After a return for “No budget this year”, actions from before it count no more." in (
        points.intro
    )
    changed = "; ".join(str(each) for each in sentences.changes(plain(), draft.body))
    assert "track: no track → Later budget" in changed
    assert "what the lead did before: still counts → counts no more" in changed


def test_what_was_not_said_of_a_reason_leaves_no_trace_when_taken_back(client, draft):
    at = at_of(client, "no_budget", "reasons")
    saved(client, "reasons", {f"{at}-track_en": "Later", f"{at}-back_to": "pool"})
    saved(client, "reasons", {f"{at}-track_en": "", f"{at}-back_to": ""})
    assert fresh(draft)["reasons"] == plain()["reasons"]


def test_who_does_not_come_back_has_no_track_and_is_offered_to_nobody(client):
    at = at_of(client, "competitor", "reasons")
    given = {f"{at}-track_en": "Later", f"{at}-back_to": "pool"}
    answer = client.post(address("reasons"), opened(client, "reasons") | given)
    assert answer.status_code == 422
    assert "Leave the track empty." in text_of(answer)
    assert "nobody is offered it" in text_of(answer)


# Goals, and what each side watches


def test_a_goal_is_measured_with_what_keeps_it_honest(client, draft):
    form = pressed(client, "goals", "goals:row")
    at = f"goals-{len(classic()['goals'])}"
    form |= {
        f"{at}-label_en": "Revenue from leads",
        f"{at}-metric": "revenue",
        f"{at}-amount": "400000",
        f"{at}-currency": "eur",
        f"{at}-period": "quarter",
        f"{at}-counter_metric": "returned_at_door",
        f"{at}-counter_amount": "25",
    }
    answer = client.post(address("goals"), form)
    assert answer.status_code == 302, text_of(answer)
    goal = fresh(draft)["goals"][-1]
    assert (goal["metric"], goal["amount"], goal["currency"]) == ("revenue", 400000, "EUR")
    said = document(draft.body)
    assert "400,000 EUR a quarter" in said
    assert "while: Returned at the door of those answered: at most 25 %" in said
    assert checks.validate(draft.body) == []


MEASURED = {"metric": "conversations", "amount": "30", "period": "month"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"metric": ""} | {"amount": "", "period": ""}, "Say the target in words"),
        ({"amount": ""}, "Say how much it is to be."),
        ({"period": ""}, "Say whether in a month, a quarter or a year."),
        ({"currency": "EUR"}, "Only money has a currency."),
        ({"metric": "revenue"}, "Give the currency in three letters"),
        ({"counter_metric": "won"}, "Say how many per cent."),
        ({"counter_amount": "20"}, "Choose what these per cent are of"),
        ({"counter_metric": "won", "counter_amount": "101"}, "At most 100."),
        ({"amount": "0"}, "At least 1."),
    ],
)
def test_a_goal_that_cannot_be_measured_is_refused_with_what_to_do(client, given, words):
    form = pressed(client, "goals", "goals:row")
    at = f"goals-{len(classic()['goals'])}"
    filled = {f"{at}-{name}": value for name, value in (MEASURED | given).items()}
    answer = client.post(address("goals"), form | {f"{at}-label_en": "A goal"} | filled)
    assert answer.status_code == 422
    assert words in text_of(answer)


def test_each_side_watches_its_own_numbers_and_may_leave_out_the_count(client, draft):
    given = {"watches-marketing": ["acceptance", "cost_per_handoff"], "watches-sales": ["won"]}
    saved(client, "watches", given)
    assert fresh(draft)["watches"] == {
        "marketing": ["acceptance", "cost_per_handoff"],
        "sales": ["won"],
    }
    assert "Accepted of those answered; Cost of a handoff" in document(draft.body)
    assert checks.validate(draft.body) == []
    form = opened(client, "watches")
    form.pop("watches-marketing"), form.pop("watches-sales")
    client.post(address("watches"), form)
    assert "watches" not in fresh(draft)


# All of them


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("section", SECTIONS)
def test_a_form_left_untouched_changes_nothing(template, section, maya, now, signed_in):
    draft = agreements.open_draft(by=maya, at=now, body=TEMPLATES[template]())
    client = signed_in(maya)
    answer = client.post(address(section), opened(client, section))
    assert answer.status_code == 302, text_of(answer)
    assert fresh(draft) == TEMPLATES[template]()


def test_everything_is_said_in_german_too(db):
    body = classic()
    item(body["clocks"], "answer").update(
        warn_at=75,
        escalate_to="operations",
        terms=[{"key": "t", "when": {"op": "did", "types": ["demo"]}, "minutes": 15}],
    )
    item(body["clocks"], "answer").update(
        take_back=True, pause_days=1, chain=[{"minutes": 240, "to": "operations"}]
    )
    item(body["reasons"], "no_budget").update(resets=True, track="X", back_to="pool")
    body["supply"] = {"handoffs": 40, "least_score": 60, "accepted": 70}
    body["watches"] = {"sales": ["answer_time"]}
    body["goals"][0].update(metric="velocity", amount=30, period="month")
    with override("de"):
        said = document(body)
        changed = "\n".join(str(each) for each in sentences.changes(plain(), body))
    for words in (
        "einmal, für höchstens 1 Kalendertag",
        "einen Fristbruch erfährt 4 Std. später die Leitung des Teams und Operations",
        "nach einem Fristbruch wird der Lead anderen angeboten",
        "schon abgehakt, wenn jedes Kriterium der Übergabe noch gilt",
        "schon abgehakt, falls zutrifft:",
        "gewarnt bei 75 %",
        "40 Übergaben im Monat",
        "zählt nicht mehr",
        "höchstens 30 Tage",
    ):
        assert words in said, words
    assert "Warnung" in changed
    assert "darf angehalten werden: nie → einmal" in changed
    for english in ("warned", "handoffs", "counts", "told", "watches", "median", "track", "paused"):
        assert english not in said + changed, english
