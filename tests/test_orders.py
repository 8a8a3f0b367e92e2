"""Rows of a section change places, by buttons, and the text says what was moved above what."""

import re
from copy import deepcopy
from datetime import timedelta

import pytest
from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import override

from scoring import agreements, sentences
from scoring.documents import item
from scoring.forms import SECTIONS, folds
from scoring.sentences.orders import moves
from scoring.shapes import classic
from tests.test_builder import Browser

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_leg(reason="a form reads and writes one JSON text; the database but keeps it"),
]

TERMS = [
    {"key": key, "when": {"op": "known", "field": key}, "minutes": minutes}
    for key, minutes in (("phone", 60), ("title", 120))
]
# What each list is called in its form, and where the body has it.
LISTS = {
    "criteria-mql": ("stages", lambda body: item(body["stages"], "mql")["criteria"]),
    "stages": ("stages", lambda body: body["stages"]),
    "rules-actions": ("score", lambda body: of_group(body, "actions")),
    "terms-answer": ("clocks", lambda body: item(body["clocks"], "answer")["terms"]),
    "qualification": ("checklists", lambda body: body["checklists"]["qualification"]),
    "reasons": ("reasons", lambda body: body["reasons"]),
    "goals": ("goals", lambda body: body["goals"]),
    "personas": ("personas", lambda body: body["personas"]),
}


@pytest.fixture
def now():
    return timezone.now() - timedelta(days=1)


def of_group(body, group):
    return [rule for rule in body["score"]["rules"] if rule["group"] == group]


def text():
    body = classic()
    item(body["clocks"], "answer")["terms"] = deepcopy(TERMS)
    return body


def posted(form):
    """What a browser would send of a form that nobody touched."""
    data = QueryDict(mutable=True)
    for rows in form.lists:
        data[rows.count_name], data[rows.order_name] = str(len(rows.forms)), rows.order
    rows = [row for rows in form.lists for row in rows]
    alone = [part for part in form.parts() if isinstance(part, forms.Form)]
    for each in [*rows, *alone]:
        tree = getattr(each, "tree", None) or getattr(each, "ticking", None)
        for name, value in [*(tree.folded() if tree else ()), *folds.pairs(each)]:
            data.appendlist(name, value)
    return data


def after(body, section, *steps):
    """The body when the buttons were pressed one after the other, and it was saved."""
    data = posted(SECTIONS[section](body))
    for step in steps:
        data = SECTIONS[section](body, data, step).data
    form = SECTIONS[section](body, data)
    assert form.is_valid()
    return agreements.with_section(body, section, form.value())


def keys(items):
    return [each["key"] for each in items]


@pytest.mark.parametrize("rows", LISTS)
def test_a_row_is_moved_up_and_down_and_stops_at_the_ends(rows):
    section, part = LISTS[rows]
    body = text()
    before = keys(part(body))
    lower = f"{rows}-0:lower:"
    assert keys(part(after(body, section, lower)))[:2] == before[1::-1]
    assert after(body, section, lower, f"{rows}-0:higher:") == body
    assert after(body, section, f"{rows}-0:higher:") == body
    last = f"{rows}-{len(before) - 1}"
    assert after(body, section, f"{last}:lower:") == body
    to_the_top = [f"{last}:higher:"] * len(before)
    assert keys(part(after(body, section, *to_the_top))) == [before[-1], *before[:-1]]


def test_what_lies_between_the_rules_of_a_group_stays_where_it_is():
    body = text()
    moved = after(body, "score", "rules-actions-0:lower:")
    assert keys(of_group(moved, "profile")) == keys(of_group(body, "profile"))
    groups = [[rule["group"] for rule in each["score"]["rules"]] for each in (body, moved)]
    assert groups[0] == groups[1]


@pytest.mark.parametrize("order", ["2,0", "7,7,1", "x,-1,,0", "9" * 5000])
def test_an_order_nobody_could_have_sent_loses_no_row(order):
    body = text()
    data = posted(SECTIONS["reasons"](body))
    data["reasons-order"] = order
    form = SECTIONS["reasons"](body, data)
    assert form.is_valid()
    assert sorted(keys(form.value())) == sorted(keys(body["reasons"]))


def test_a_count_that_is_no_number_is_no_failure():
    body = text()
    data = posted(SECTIONS["goals"](body))
    data["goals-count"] = "9" * 5000
    assert SECTIONS["goals"](body, data).is_valid()


def test_buttons_on_the_page_move_a_criterion(maya, now, signed_in):
    draft = agreements.open_draft(by=maya, at=now, body=text())
    browser = Browser(signed_in(maya), "stages")
    browser.press("criteria-mql-1:higher:")
    browser.press("criteria-mql-0:open:")
    browser.press("criteria-mql-0:lower:")
    assert browser.save().status_code == 302
    draft.refresh_from_db()
    before = keys(item(text()["stages"], "mql")["criteria"])
    found = keys(item(draft.body["stages"], "mql")["criteria"])
    assert found == [before[1], before[2], before[0], *before[3:]]


def test_a_new_rule_with_the_name_of_one_removed_has_a_key_of_its_own():
    body = text()
    rule = of_group(body, "profile")[0]
    data = posted(SECTIONS["score"](body))
    count = int(data["rules-profile-count"])
    data["rules-profile-0-removed"] = "on"
    for name, value in list(data.items()):
        if name.startswith("rules-profile-0-") and not name.endswith(("-key", "-removed")):
            data[name.replace("-0-", f"-{count}-", 1)] = value
    data["rules-profile-count"] = str(count + 1)
    form = SECTIONS["score"](body, data)
    assert form.is_valid()
    [new] = [each for each in form.value()["rules"] if each["when"] == rule["when"]]
    assert new["key"] != rule["key"]
    assert new["group"] == "profile"


# Said


def said(old, new):
    return [str(change) for change in sentences.changes(old, new)]


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("abcd", "abcd", []),
        ("abcd", "bacd", [("b", "a")]),
        ("abcd", "dabc", [("d", "a")]),
        ("abcd", "bcda", [("a", "")]),
        ("abcd", "cdab", [("c", "a"), ("d", "a")]),
        ("abcd", "dcba", [("d", "a"), ("c", "a"), ("b", "a")]),
    ],
)
def test_the_fewest_moves_explain_an_order(before, now, said):
    assert list(moves(before, now)) == said


def test_what_was_moved_is_said_in_both_languages():
    body = text()
    new = after(after(body, "goals", "goals-1:higher:"), "clocks", "terms-answer-0:lower:")
    new = after(new, "score", "rules-actions-1:higher:")
    assert said(body, new) == [
        "Rule: “Asked for a demo” in the last 30 days: "
        "moved above ‘“Asked for a quote” in the last 30 days’",
        "Accept or return a handoff: If role is known: moved above ‘If phone is known’",
        "Goal: Conversations held with accepted leads: "
        "moved above ‘Revenue from leads handed over’",
    ]
    with override("de"):
        assert said(body, new)[-1].endswith("vor ‚Umsatz aus übergebenen Leads‘ verschoben")


def test_a_changed_term_is_said_once_and_its_order_apart():
    body = text()
    new = deepcopy(body)
    item(new["clocks"], "answer")["terms"].reverse()
    item(new["clocks"], "answer")["terms"][0]["minutes"] = 180
    assert len(said(body, new)) == 2


def test_a_name_given_to_a_rule_says_nothing_of_its_condition():
    body = text()
    new = deepcopy(body)
    rule = new["score"]["rules"][0]
    rule["label"] = "Leads something."
    [change] = sentences.changes(body, new)
    assert str(change).startswith("Rule: ")
    assert change.new == "Leads something."
    rule["when"] = {"op": "known", "field": "phone"}
    named, condition = said(body, new)
    assert condition.startswith("Leads something: condition: ")
    assert condition.endswith(" → phone is known")


def test_what_is_new_says_all_of_itself_by_name():
    body = text()
    new = deepcopy(body)
    reason = {"key": "wrong", "label": "Wrong firm.", "group": "fit", "rest_days": 0}
    new["reasons"].append(reason | {"then": "disqualified", "advice": "Hang up."})
    new["checklists"]["acceptance"].append({"key": "plain", "label": "Plain"})
    item(new["clocks"], "answer")["terms"].append(
        {"key": "mail", "when": {"op": "free_mail"}, "minutes": 30}
    )
    clock, check, reason = sentences.changes(body, new)
    assert str(clock).endswith(": as for all others → 30 min")
    assert (check.label, check.new) == ("To accept a lead: Plain", "")
    assert reason.label == "Reason: Wrong firm"
    assert reason.new == "then: Not for us; advice: Hang up; group: Fit"


# Folded


def test_what_nobody_touches_is_folded_to_its_name_and_what_it_says(maya, now, signed_in):
    agreements.open_draft(by=maya, at=now, body=text())
    browser = Browser(signed_in(maya), "reasons")
    folded, opened = (
        re.compile(rf'id="row-reasons-0"{attr}>\s*<summary><b>No budget this year</b>')
        for attr in ("", " open")
    )
    assert folded.search(browser.html)
    assert '<span class="soft">Nurture, 60 days</span>' in browser.html
    browser.press("reasons-0:lower:")
    assert opened.search(browser.html)
    browser.press("reasons:row")
    assert re.search(r'id="row-reasons-\d+" open>\s*<summary><b>New</b>', browser.html)


def test_a_rule_says_in_how_many_days_it_counts_once():
    rule = of_group(text(), "actions")[0] | {"times": "days", "days": 90}
    body = text()
    body["score"]["rules"] = [rule]
    [row] = SECTIONS["score"](body).rules["actions"]
    assert row.worth[1] == "once in 90 days"
