"""Every part of the language in the editor: written, shown, kept, and refused beside its input."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.models import Campaign
from scoring import agreements, checks
from scoring.documents import item
from scoring.forms import SECTIONS, filters
from scoring.shapes import classic, hand_raise
from tests.forms import form_of
from tests.test_agreement_pages import address, opened, row_with, saved, text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_leg(reason="a form reads and writes one JSON text; the database but keeps it"),
]

DEED = {"channels": [], "campaigns": [], "times": 1, "within_days": 30}


@pytest.fixture
def now():
    return timezone.now() - timedelta(days=1)


@pytest.fixture
def draft(maya, mark, lena, now):
    agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)
    return agreements.open_draft(by=maya, at=now)


def added(client, family, given, *, section="score", name="rules-actions"):
    """Press "add", fill in the new row, and save."""
    first = opened(client, section)
    page = client.post(address(section), first | {"add": f"{name}:{family}"})
    form = form_of(page.content.decode(), address(section))
    new = f"{name}-{int(form[f'{name}-count'][0]) - 1}"
    return client.post(
        address(section), form | {f"{new}-{key}": value for key, value in given.items()}
    )


def last_rule(draft):
    draft.refresh_from_db()
    return draft.body["score"]["rules"][-1]


# Written by simple inputs


WRITTEN = [
    (
        "deed",
        {
            "c0-types": ["webinar_attended"],
            "c0-count": "minutes",
            "c0-times": "45",
            "c0-since_recycle": "on",
            "c0-since_types": ["newsletter_click"],
            "c0-where0_property": "share_watched",
            "c0-where0_op": "at_least",
            "c0-where0_value": "50",
        },
        {"op": "did", "types": ["webinar_attended"]}
        | DEED
        | {
            "times": 45,
            "count": "minutes",
            "since_recycle": True,
            "since_types": ["newsletter_click"],
            "where": [{"property": "share_watched", "op": "at_least", "value": 50}],
        },
    ),
    (
        "order",
        {"c0-op": "latest_was_not", "c0-channels": ["event"], "c0-within_days": "90"},
        {
            "op": "latest_was_not",
            "types": [],
            "channels": ["event"],
            "campaigns": [],
            "within_days": 90,
        },
    ),
    (
        "both",
        {"c0-types": ["webinar_attended"], "c0-and_types": ["demo_requested"], "c0-same": "fair"},
        {
            "op": "did_both",
            "types": ["webinar_attended"],
            "and_types": ["demo_requested"],
            "same": "fair",
            "within_days": None,
        },
    ),
    (
        "idle",
        {"c0-days": "45", "c0-channels": ["inbound"]},
        {"op": "idle", "days": 45, "types": [], "channels": ["inbound"]},
    ),
    (
        "touch",
        {"c0-op": "unanswered_below", "c0-value": "4", "c0-kinds": ["call"]},
        {"op": "unanswered_below", "kinds": ["call"], "value": 4, "within_days": 90},
    ),
    (
        "entry",
        {"c0-op": "not_entered", "c0-stages": ["mql", "sal"], "c0-within_days": "30"},
        {"op": "not_entered", "stages": ["mql", "sal"], "times": 1, "within_days": 30},
    ),
    (
        "recycle",
        {"c0-times": "2"},
        {"op": "recycled", "times": 2, "within_days": None},
    ),
]


@pytest.mark.parametrize(("family", "inputs", "when"), WRITTEN, ids=[w[0] for w in WRITTEN])
def test_each_kind_of_condition_is_written_by_its_inputs(
    family, inputs, when, draft, maya, signed_in
):
    assert added(signed_in(maya), family, inputs | {"points": "5"}).status_code == 302
    assert last_rule(draft)["when"] == when


@pytest.mark.parametrize(("family", "inputs", "when"), WRITTEN, ids=[w[0] for w in WRITTEN])
def test_the_same_can_be_asked_for_in_criteria(family, inputs, when, draft, maya, signed_in):
    inputs = inputs | {"group": "actions"}
    page = added(signed_in(maya), family, inputs, section="stages", name="criteria-mql")
    assert page.status_code == 302
    draft.refresh_from_db()
    assert item(draft.body["stages"], "mql")["criteria"][-1]["when"] == when


def test_new_comparisons_of_fields_are_offered(draft, maya, signed_in):
    given = {"c0-field": "company_size", "c0-op": "above", "c0-value": "200", "points": "3"}
    assert added(signed_in(maya), "field", given).status_code == 302
    assert last_rule(draft)["when"] == {"op": "above", "field": "company_size", "value": 200}
    given = {"c0-field": "title", "c0-op": "starts_with", "c0-value": "Head", "points": "3"}
    assert added(signed_in(maya), "field", given).status_code == 302
    assert last_rule(draft)["when"] == {"op": "starts_with", "field": "title", "value": "Head"}


def test_campaigns_are_chosen_from_those_there_are(draft, maya, signed_in):
    Campaign.objects.create(key="fair", name="Transport fair")
    given = {"c0-campaigns": ["fair"], "points": "3"}
    assert added(signed_in(maya), "deed", given).status_code == 302
    assert last_rule(draft)["when"]["campaigns"] == ["fair"]


def test_a_rule_counts_once_in_some_days_or_loses_half_with_age(draft, maya, signed_in):
    client = signed_in(maya)
    row = row_with(opened(client, "score"), "key", "pricing_page")
    page = saved(client, "score", {f"{row}-times": "days", f"{row}-days": "90"})
    assert "counts<span><s>every time</s> <b>→ once in 90 days</b>" in text_of(page)
    draft.refresh_from_db()
    pricing = item(draft.body["score"]["rules"], "pricing_page")
    assert (pricing["times"], pricing["days"]) == ("days", 90)
    changes = {f"{row}-times": "every", f"{row}-days": "", f"{row}-c0-within_days": ""}
    page = saved(client, "score", changes | {f"{row}-halving": "7, 30, 90"})
    assert "halved after 7 and 30 days, gone after 90" in text_of(page)
    draft.refresh_from_db()
    pricing = item(draft.body["score"]["rules"], "pricing_page")
    assert pricing["halving"] == [7, 30, 90]
    assert "days" not in pricing


def test_the_last_age_is_the_window_of_a_new_rule_unless_another_is_given(draft, maya, signed_in):
    client = signed_in(maya)
    given = {"points": "5", "times": "every", "halving": "7, 30, 90", "c0-types": ["pricing_page"]}
    refused = added(client, "deed", given | {"c0-within_days": "60"})
    assert refused.status_code == 422
    assert "the last of these is the window" in text_of(refused)
    client.post(reverse("agreement_cancel", args=["score"]))
    assert added(client, "deed", given).status_code == 302
    rule = last_rule(draft)
    assert (rule["halving"], rule["when"]["within_days"]) == ([7, 30, 90], None)


def test_grades_and_floors_are_written_and_left_out_again(draft, maya, signed_in):
    client = signed_in(maya)
    saved(client, "score", {"limits-fit_A": "44", "limits-floor_actions": "-10"})
    draft.refresh_from_db()
    assert draft.body["score"]["grades"]["fit"] == [44, 28, 14]
    assert draft.body["score"]["floors"]["actions"] == -10
    marks = [f"fit_{mark}" for mark in "ABC"] + [f"engagement_{mark}" for mark in "123"]
    saved(client, "score", {f"limits-{name}": "" for name in marks})
    draft.refresh_from_db()
    assert "grades" not in draft.body["score"]


def test_a_note_is_written_line_by_line(draft, maya, signed_in):
    client = signed_in(maya)
    page = text_of(saved(client, "about", {"note_en": "First this.\r\nThen that."}))
    assert page.count("First this.") >= 1
    draft.refresh_from_db()
    # As browsers divide lines, the text is not divided: what nobody touched stays the same.
    assert draft.body["note"] == "First this.\nThen that."
    saved(client, "about", {"note_en": ""})
    draft.refresh_from_db()
    assert draft.body.get("note", "") == ""


def test_a_field_is_brought_and_asked_for(draft, maya, signed_in):
    client = signed_in(maya)
    given = {
        "label_en": "Plan",
        "type": "choice",
        "choices": "Free, Paid, Free",
        "purpose_en": "Why",
    }
    assert added(client, "row", given, section="fields", name="fields").status_code == 302
    draft.refresh_from_db()
    assert draft.body["fields"] == [
        {
            "key": "plan",
            "label": "Plan",
            "type": "choice",
            "choices": ["Free", "Paid"],
            "purpose": "Why",
        }
    ]
    asked = {"c0-field": "plan", "c0-op": "is", "c0-value": "Paid", "points": "9"}
    assert added(client, "field", asked).status_code == 302
    assert last_rule(draft)["when"] == {"op": "is", "field": "plan", "value": "Paid"}


def test_a_reason_names_the_stage_it_leads_to(maya, now, signed_in):
    draft = agreements.open_draft(by=maya, at=now, body=hand_raise())
    client = signed_in(maya)
    form = opened(client, "reasons")
    row = row_with(form, "key", "student")
    assert form[f"{row}-then"] == ["nurture:ineligible"]
    saved(client, "reasons", {f"{row}-then": "nurture:disqualified"})
    draft.refresh_from_db()
    assert item(draft.body["reasons"], "student")["to"] == "disqualified"
    saved(client, "reasons", {f"{row}-then": "nurture"})
    draft.refresh_from_db()
    assert "to" not in item(draft.body["reasons"], "student")


# Shown and kept


def everything():
    """A text that says everything the language can say, in rules and in criteria."""
    body, did = classic(), {"op": "did", "types": ["webinar_attended"], **DEED}
    where = [
        {"property": "share_watched", "op": "at_most", "value": 80},
        {"property": "event", "op": "not_one_of", "value": ["Fair", "7"]},
        {"property": "follow_up", "op": "is", "value": True},
        {"property": "room", "op": "is", "value": "yes"},
        {"property": "words", "op": "known"},
    ]
    whens = [
        *[when for _family, _inputs, when in WRITTEN],
        did | {"where": where},
        did | {"count": "days", "times": 3},
        did | {"count": "channels", "campaigns": ["spring"]},
        {"all": [did, {"op": "recycled"}, {"op": "entered", "stages": ["mql"]}]},
        {"any": [{"op": "idle", "days": 30}, {"op": "unanswered_at_least", "value": 3}]},
        {"none": [{"op": "first_was", "types": ["demo_requested"]}, {"op": "free_mail"}]},
        {"op": "did_both", "types": ["a"], "and_types": ["b"]},
        {"op": "at_most", "field": "company_size", "value": 9},
        {"op": "starts_with_not", "field": "email", "value": "info"},
    ]
    for n, when in enumerate(whens):
        rule = {"key": f"r{n}", "group": "actions", "label": "", "points": 1, "when": when}
        body["score"]["rules"].append(rule | {"times": "once", "cap": None})
        criterion = {"key": f"c{n}", "group": "actions", "label": "", "when": when}
        if n < 10:
            item(body["stages"], "mql")["criteria"].append(criterion)
    how = [{"times": "day"}, {"times": "days", "days": 90}, {"times": "every", "halving": [7, 30]}]
    for n, more in enumerate(how):
        when = did | {"within_days": None}
        rule = {"key": f"h{n}", "group": "channel", "label": "", "points": 2, "when": when}
        body["score"]["rules"].append(rule | {"cap": 10} | more)
    return body


def test_saving_everything_untouched_changes_nothing(maya, now, signed_in):
    body = everything()
    assert checks.validate(body) == []
    draft = agreements.open_draft(by=maya, at=now, body=deepcopy(body))
    client = signed_in(maya)
    for section in agreements.SECTIONS:
        page = text_of(saved(client, section))
        assert "Nothing was changed." in page, section
    draft.refresh_from_db()
    assert draft.body == body
    assert "more levels than simple inputs" not in text_of(client.get(address("score")))


def test_it_is_kept_in_german_too(maya, now, signed_in):
    maya.language = "de"
    maya.save()
    body = everything()
    draft = agreements.open_draft(by=maya, at=now, body=deepcopy(body))
    saved(signed_in(maya), "score")
    draft.refresh_from_db()
    assert draft.body == body


VALUES = st.integers(-(10**11), 10**11) | st.booleans() | st.text(max_size=12)
PLAIN = VALUES.filter(lambda value: not isinstance(value, str) or value == value.strip() != "")


@pytest.mark.parametrize("language", ["en", "de"])
@given(op=st.sampled_from(list(filters.OPERATORS)), value=PLAIN | st.lists(PLAIN, max_size=3))
@settings(max_examples=200, deadline=None)
def test_a_filter_that_is_shown_comes_back_as_it_was(language, op, value):
    each = {"property": "p", "op": op} | ({} if op in filters.BARE else {"value": value})
    with override(language):
        if filters.shows([each]) and op not in filters.BARE:
            back = filters.wanted(op, filters.written(value, op))
            assert (back, type(back)) == (value, type(value))


def test_clearing_a_property_takes_its_filter_away(draft, maya, signed_in):
    client = signed_in(maya)
    given = {
        "c0-where0_property": "event",
        "c0-where0_value": "Fair, hall 7",
        "points": "3",
    }
    assert added(client, "deed", given).status_code == 302
    rule = last_rule(draft)
    assert rule["when"]["where"] == [{"property": "event", "op": "is", "value": "Fair, hall 7"}]
    row = row_with(opened(client, "score"), "key", rule["key"])
    saved(client, "score", {f"{row}-c0-where0_property": "", f"{row}-c0-where0_value": ""})
    assert last_rule(draft)["when"]["where"] == []


# Refused


REFUSED = [
    ("deed", {"c0-where0_value": "7"}, "Which property is this the value of?"),
    ("deed", {"c0-where0_property": "plan"}, "Give a value to compare with."),
    ("deed", {"c0-where0_property": "plan", "c0-where0_op": "above", "c0-where0_value": "x"},
     "Give a whole number."),
    ("deed", {"times": "days"}, "Once in how many days?"),
    ("deed", {"days": "7"}, "Choose “once in some days”, or leave this empty."),
    ("deed", {"halving": "7, 30"}, "Choose “every time”, or leave this empty."),
    ("deed", {"times": "every", "halving": "30, 7"}, "must be greater than the one before it"),
    ("deed", {"times": "every", "halving": "soon"}, "Give days as whole numbers"),
    (
        "deed",
        {"times": "every", "halving": "7, 90", "c0-within_days": "60"},
        "the last of these is the window",
    ),
    ("deed", {"times": "every", "halving": "1,2,3,4,5,6,7,8,9"}, "Give at most 8 of them."),
    ("deed", {"times": "day", "c0-times": "2"}, "Only what a lead did, once,"),
    ("order", {}, "Say which activity it is"),
    ("both", {"c0-types": ["demo_requested"]}, "at least one"),
    ("entry", {}, "This field is required."),
    ("idle", {"c0-days": "400"}, "At most 366."),
]  # fmt: skip


@pytest.mark.parametrize(("family", "inputs", "said"), REFUSED)
def test_what_means_nothing_is_refused_in_a_sentence(family, inputs, said, draft, maya, signed_in):
    page = added(signed_in(maya), family, inputs | {"points": "5"})
    assert page.status_code == 422
    assert said in text_of(page)
    draft.refresh_from_db()
    assert draft.body == classic()


@pytest.mark.parametrize(
    ("section", "inputs", "said"),
    [
        ("score", {"limits-fit_A": ""}, "Give all six numbers, or none of them."),
        ("score", {"limits-fit_A": "3"}, "A better grade begins at more points"),
        ("score", {"limits-fit_A": "900"}, "No lead can reach 900"),
        ("about", {"note_de": "Nur deutsch"}, "Give the English text too."),
    ],
)
def test_bad_limits_and_notes_are_refused(section, inputs, said, draft, maya, signed_in):
    client = signed_in(maya)
    page = client.post(address(section), opened(client, section) | inputs)
    assert page.status_code == 422
    assert said in text_of(page)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"label_en": "Plan", "type": "choice"}, "Give at least one value to choose."),
        ({"label_en": "Plan", "choices": "A, B"}, "Only a choice has choices."),
        ({"label_en": "Channel"}, "something Baton has already"),
    ],
)
def test_a_field_is_refused_where_it_could_not_be_added(inputs, said, draft, maya, signed_in):
    page = added(signed_in(maya), "row", inputs, section="fields", name="fields")
    assert page.status_code == 422
    assert said in text_of(page)


@pytest.mark.parametrize(
    ("section", "inputs", "said"),
    [
        ("supply", {"supply-handoffs": "4", "supply-accepted": "101"}, "At most 100."),
        ("clocks", {"clock-answer-minutes": "-5"}, "At least 0."),
        ("clocks", {"clock-answer-warn_at": "101"}, "At most 99."),
        ("about", {"title_en": "x" * 10_000}, "This has 10000."),
        ("effect", {"starts": "2020-02-29T09:00"}, "lies in the past"),
        ("effect", {"trial_until": "2020-02-29"}, "lies in the past"),
        ("effect", {"trial_until": "2027-02-29"}, "Enter a valid date."),
    ],
)
def test_a_value_out_of_bounds_is_refused_beside_it_in_our_words(
    section, inputs, said, draft, maya, signed_in
):
    client = signed_in(maya)
    page = client.post(address(section), opened(client, section) | inputs)
    assert page.status_code == 422
    assert said in text_of(page).split('id="section-form"')[1]
    for name, value in inputs.items():
        assert form_of(page.content.decode(), address(section))[name] == [value]


def test_a_time_that_passed_meanwhile_stays_as_it_is(draft, maya, signed_in):
    past = draft.body | {"effect": {"starts": "2020-02-29T09:00"}}
    form = SECTIONS["effect"](past, {"starts": "2020-02-29T09:00"})
    assert form.is_valid()
    assert form.value() == past["effect"]


def test_a_start_that_is_posted_as_it_stood_is_no_change(draft):
    stands = draft.body | {"effect": {"starts": "2099-02-28T09:00"}}
    again, later = (
        SECTIONS["effect"](stands, {"starts": said})
        for said in ("2099-02-28T09:00", "2099-02-28T10:00")
    )
    assert not again.form.has_changed()
    assert later.form.has_changed()
