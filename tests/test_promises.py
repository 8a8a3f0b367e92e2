"""What both sides promise, and what follows a return: written in the browser, and said."""

import pytest
from django.utils import timezone
from django.utils.translation import override

from scoring import agreements, checks, sentences
from scoring.documents import item
from scoring.shapes import TEMPLATES, classic
from tests.forms import form_of
from tests.test_agreement_pages import address, opened, saved, text_of

pytestmark = pytest.mark.django_db

SECTIONS = ("clocks", "supply", "checklists", "reasons", "goals", "watches")


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def draft(maya, mark, lena, now):
    agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)
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
    assert item(fresh(draft)["clocks"], "answer") == item(classic()["clocks"], "answer")


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
    changed = [str(each) for each in sentences.changes(classic(), draft.body)]
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
    body, when = classic(), {"op": "did", "types": ["demo"]}
    terms = [{"key": key, "when": when, "minutes": 5} for key in ("a", "b")]
    item(body["clocks"], "answer")["terms"] = terms
    [problem] = checks.validate(body)
    assert problem.path == "clocks.answer.terms.b.when"
    assert "An earlier time holds for the same leads" in problem.message


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
    changed = [str(each) for each in sentences.changes(classic(), draft.body)]
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


# Reasons


def row_of(client, key: str) -> str:
    form = opened(client, "reasons")
    return next(
        n.removesuffix("-key") for n, v in form.items() if v == [key] and n.endswith("-key")
    )


def test_a_reason_says_what_follows(client, draft):
    at = row_of(client, "no_budget")
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
    changed = "; ".join(str(each) for each in sentences.changes(classic(), draft.body))
    assert "track: no track → Later budget" in changed
    assert "what the lead did before: still counts → counts no more" in changed


def test_what_was_not_said_of_a_reason_leaves_no_trace_when_taken_back(client, draft):
    at = row_of(client, "no_budget")
    saved(client, "reasons", {f"{at}-track_en": "Later", f"{at}-back_to": "pool"})
    saved(client, "reasons", {f"{at}-track_en": "", f"{at}-back_to": ""})
    assert fresh(draft)["reasons"] == classic()["reasons"]


def test_who_does_not_come_back_has_no_track_and_is_offered_to_nobody(client):
    at = row_of(client, "competitor")
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
    item(body["reasons"], "no_budget").update(resets=True, track="X", back_to="pool")
    body["supply"] = {"handoffs": 40, "least_score": 60, "accepted": 70}
    body["watches"] = {"sales": ["answer_time"]}
    body["goals"][0].update(metric="velocity", amount=30, period="month")
    with override("de"):
        said = document(body)
        changed = "\n".join(str(each) for each in sentences.changes(classic(), body))
    for words in (
        "gewarnt bei 75 %",
        "40 Übergaben im Monat",
        "zählt nicht mehr",
        "höchstens 30 Tage",
    ):
        assert words in said, words
    assert "Warnung" in changed
    for english in ("warned", "handoffs", "counts", "told", "watches", "median", "track"):
        assert english not in said + changed, english
