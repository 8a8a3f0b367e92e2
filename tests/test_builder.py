"""Conditions composed in the browser: nested, moved, said while they are built, and refused."""

import json
import re
from copy import deepcopy
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.models import Attribute
from scoring import agreements
from scoring.documents import BRANCHES, item
from scoring.forms import SECTIONS
from scoring.forms.bases import Context
from scoring.forms.outlines import Outline
from scoring.forms.outlines import read as outline_of
from scoring.forms.trees import ConditionTree
from scoring.shapes import classic, hand_raise, sales_ready
from tests.forms import form_of
from tests.strategies import PERSONAS, furnish, some_conditions
from tests.test_agreement_pages import address, text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_leg(reason="a form reads and writes one JSON text; the database but keeps it"),
]

PHONE = {"op": "known", "field": "phone"}
GERMAN = {"op": "is", "field": "country", "value": "DE"}
FREE = {"op": "free_mail"}
NESTED = {"any": [{"all": [PHONE, FREE]}, {"none": [GERMAN]}]}


@pytest.fixture
def now():
    return timezone.now() - timedelta(days=1)


@pytest.fixture
def in_force(mark, lena, now):
    return agreements.install(classic(), by_marketing=mark, by_sales=lena, at=now)


def drafted(maya, now, when, **rule):
    """A draft whose first rule has this condition."""
    body = classic()
    body["score"]["rules"][0] |= {"when": when, "label": ""} | rule
    return agreements.open_draft(by=maya, at=now, body=body)


class Browser:
    """Somebody at the form of one section: presses its buttons, fills its inputs, saves."""

    def __init__(self, client, section):
        self.client, self.section = client, section
        self.read(client.get(address(section)))

    def read(self, page):
        assert page.status_code in (200, 422), page.status_code
        self.page = page
        self.html = page.content.decode()
        self.form = form_of(self.html, address(self.section))

    def press(self, value):
        """A button that is on the page."""
        found = re.search(rf'name="(add|do)" value="{re.escape(value)}"', self.html)
        assert found, f"There is no button {value}."
        self.read(self.client.post(address(self.section), self.form | {found[1]: value}))

    def fill(self, name, value):
        """An input that is on the page."""
        there = f'name="{name}"' in self.html
        assert there, f"There is no input {name}."
        self.form[name] = value

    def offers(self, name, value):
        """Can this be ticked, or chosen?"""
        if f'name="{name}" value="{value}"' in self.html:
            return True
        start = self.html.find(f'<select name="{name}"')
        return (
            start > 0 and f'value="{value}"' in self.html[start : self.html.find("</select", start)]
        )

    def save(self):
        return self.client.post(address(self.section), self.form)

    def last(self, rows):
        return f"{rows}-{int(self.form[f'{rows}-count'][0]) - 1}"

    def shape(self, row):
        return self.form[f"{row}-shape"][0]

    def new(self, row, before):
        """The names that a button added to a condition."""
        return [name for name in names(self.shape(row)) if name not in names(before)]


def names(shape):
    return re.findall(r"[gcb]\d+", shape)


# The steps


STEPS = [
    ("add:g1", "g0(g1(c0,c1,b3),g2(c2))"),
    ("group:g0", "g0(g1(c0,c1),g2(c2),g3(b4))"),
    ("or:c0", "g0(g1(g3(c0,b4),c1),g2(c2))"),
    ("and:c2", "g0(g1(c0,c1),g2(g3(c2,b4)))"),
    ("wrap:c1:none", "g0(g1(c0,g3(c1)),g2(c2))"),
    ("unwrap:g1", "g0(c0,c1,g2(c2))"),
    ("remove:g1", "g0(g2(c2))"),
    ("remove:c0", "g0(g1(c1),g2(c2))"),
    ("down:c0", "g0(g1(c1,c0),g2(c2))"),
    ("down:c1", "g0(g1(c0),c1,g2(c2))"),
    ("up:c2", "g0(g1(c0,c1),c2,g2())"),
    ("up:g2", "g0(g1(c0,c1,g2(c2)))"),
]


@pytest.mark.parametrize(("step", "shape"), STEPS, ids=[step for step, _shape in STEPS])
def test_a_button_changes_the_outline_and_saves_nothing(
    step, shape, in_force, maya, now, signed_in
):
    draft = drafted(maya, now, NESTED)
    browser = Browser(signed_in(maya), "score")
    browser.press("rules-profile-0:open:")
    assert browser.shape("rules-profile-0") == "g0(g1(c0,c1),g2(c2))"
    browser.press(f"rules-profile-0:{step}")
    assert browser.shape("rules-profile-0") == shape
    draft.refresh_from_db()
    assert draft.body["score"]["rules"][0]["when"] == NESTED


def test_a_condition_becomes_a_group_by_or_and_the_choice_is_in_focus(
    in_force, maya, now, signed_in
):
    draft = drafted(maya, now, PHONE)
    browser = Browser(signed_in(maya), "score")
    browser.press("rules-profile-0:open:")
    browser.press("rules-profile-0:or:c0")
    assert browser.shape("rules-profile-0") == "g1(c0,b2)"
    assert re.search(r'value="rules-profile-0:put:b2:\w+"[^>]* autofocus', browser.html)
    assert "Choose a condition, or remove this line." in browser.html
    browser.press("rules-profile-0:put:b2:mail")
    assert re.search(r'name="rules-profile-0-c3-op"[^>]* autofocus', browser.html)
    assert "Phone is known or uses a free e-mail address" in browser.html
    assert browser.save().status_code == 302
    draft.refresh_from_db()
    assert draft.body["score"]["rules"][0]["when"] == {"any": [PHONE, FREE]}


def test_the_kind_of_a_group_is_chosen(in_force, maya, now, signed_in):
    draft = drafted(maya, now, NESTED)
    browser = Browser(signed_in(maya), "score")
    browser.press("rules-profile-0:open:")
    browser.fill("rules-profile-0-g1-kind", "none")
    browser.save()
    draft.refresh_from_db()
    assert draft.body["score"]["rules"][0]["when"]["any"][0] == {"none": [PHONE, FREE]}


def test_ready_made_questions_are_complete_and_land_in_their_group(in_force, maya, now, signed_in):
    draft = agreements.open_draft(by=maya, at=now)
    browser = Browser(signed_in(maya), "stages")
    for start in ("no_free_mail", "own_domain", "no_student", "no_purchasing", "watched",
                  "came_to_event", "two_channels", "no_reaction"):  # fmt: skip
        browser.press(f"criteria-mql:{start}")
    assert browser.save().status_code == 302
    draft.refresh_from_db()
    added = item(draft.body["stages"], "mql")["criteria"][-8:]
    assert [each["group"] for each in added] == ["undesirable"] * 4 + ["actions"] * 2 + [
        "channel",
        "actions",
    ]
    assert added[1]["when"] == {"op": "is_not", "field": "email_domain", "value": "baton.example"}
    assert added[6]["when"]["count"] == "channels"


def test_a_new_profile_criterion_asks_for_the_role(in_force, maya, now, signed_in):
    agreements.open_draft(by=maya, at=now)
    browser = Browser(signed_in(maya), "stages")
    browser.press("criteria-mql:field")
    new = browser.last("criteria-mql")
    assert browser.form[f"{new}-c0-field"] == ["title"]
    browser.press("criteria-mql:name_and_role")
    assert "Last name is known and role is known" in browser.html


def test_a_row_is_folded_marked_for_removal_and_kept_again(in_force, maya, now, signed_in):
    draft = drafted(maya, now, NESTED)
    browser = Browser(signed_in(maya), "score")
    browser.press("rules-profile-0:open:")
    browser.fill("rules-profile-0-points", "")
    browser.press("rules-profile-0:close:")
    assert "This field is required." in text_of(browser.page)
    browser.fill("rules-profile-0-points", "3")
    browser.press("rules-profile-0:close:")
    assert 'name="rules-profile-0-open"' not in browser.html
    browser.press("rules-profile-0:drop:")
    browser.press("rules-profile-0:restore:")
    browser.press("rules-profile-1:drop:")
    browser.save()
    draft.refresh_from_db()
    rules = draft.body["score"]["rules"]
    assert (rules[0]["when"], rules[0]["points"]) == (NESTED, 3)
    assert rules[1]["key"] == classic()["score"]["rules"][2]["key"]


# Refused beside what is wrong


def deep(levels):
    return "".join(f"g{n}(" for n in range(levels)) + "c0" + ")" * levels


@pytest.mark.parametrize("shape", [deep(50), deep(5), "g0(" * 400, "g0(c0", "c0,c1", "g0(c0,c0)"])
def test_a_tree_posted_too_deep_or_broken_is_refused_with_what_to_do(
    shape, in_force, maya, now, signed_in
):
    draft = drafted(maya, now, NESTED)
    browser = Browser(signed_in(maya), "score")
    browser.form["rules-profile-0-shape"] = shape
    page = browser.save()
    assert page.status_code == 422
    said = "Make a criterion or a persona of its own" if "g3" in shape or "g0(g0" in shape else (
        "Please enter it again"
    )  # fmt: skip
    assert said in text_of(page)
    draft.refresh_from_db()
    assert draft.body["score"]["rules"][0]["when"] == NESTED


def test_a_text_fifty_levels_deep_is_shown_named_and_can_be_removed(in_force, maya, now, signed_in):
    when = PHONE
    for _level in range(50):
        when = {"all": [when]}
    draft = drafted(maya, now, when)
    browser = Browser(signed_in(maya), "score")
    assert "too large to be read by people" in text_of(browser.page)
    browser.press("rules-profile-0:open:")
    browser.press("rules-profile-0:remove:g0")
    browser.press(f"rules-profile-0:put:{browser.shape('rules-profile-0')}:mail")
    assert browser.save().status_code == 302
    draft.refresh_from_db()
    assert draft.body["score"]["rules"][0]["when"] == FREE


def test_the_deepest_the_language_allows_is_edited_and_no_deeper(in_force, maya, now, signed_in):
    when = {"all": [{"any": [{"all": [{"none": [PHONE, FREE]}]}]}]}
    drafted(maya, now, when)
    browser = Browser(signed_in(maya), "score")
    browser.press("rules-profile-0:open:")
    assert "rules-profile-0:or:c0" not in browser.html
    pressed = browser.form | {"do": "rules-profile-0:or:c0"}
    browser.read(browser.client.post(address("score"), pressed))
    assert "That would be more than 5 levels" in text_of(browser.page)
    assert browser.shape("rules-profile-0") == "g0(g1(g2(g3(c0,c1))))"


def test_an_empty_group_and_a_line_not_chosen_are_refused(in_force, maya, now, signed_in):
    drafted(maya, now, {"all": [PHONE]})
    browser = Browser(signed_in(maya), "score")
    browser.press("rules-profile-0:open:")
    browser.press("rules-profile-0:remove:c0")
    page = browser.save()
    assert page.status_code == 422
    assert "This group is empty. Add a condition to it, or remove the group." in text_of(page)
    browser.press("rules-profile-0:add:g0")
    page = browser.save()
    assert page.status_code == 422
    assert "Choose a condition, or remove this line." in text_of(page)


def test_a_field_that_has_gone_is_shown_refused_and_replaced(in_force, maya, now, signed_in):
    fleet = Attribute.objects.create(key="fleet", label="Fleet", type="number")
    draft = drafted(maya, now, {"all": [{"op": "at_least", "field": "fleet", "value": 20}, PHONE]})
    fleet.delete()
    browser = Browser(signed_in(maya), "score")
    assert "There is no lead field “fleet”" in text_of(browser.page)
    browser.press("rules-profile-0:open:")
    assert browser.form["rules-profile-0-c0-field"] == ["fleet"]
    browser.fill("rules-profile-0-points", "7")
    page = browser.save()
    assert page.status_code == 422
    assert "There is no lead field “fleet” any more. Choose another one." in text_of(page)
    browser.fill("rules-profile-0-c0-field", "company_size")
    assert browser.save().status_code == 302
    draft.refresh_from_db()
    kept = {"op": "at_least", "field": "company_size", "value": 20}
    assert draft.body["score"]["rules"][0]["when"] == {"all": [kept, PHONE]}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("points", "1000000", "At most 1000."),
        ("c0-within_days", "0", "At least 1."),
        ("c0-types_more", "Demo Requested!", "“Demo Requested!” is no key"),
        ("c0-types", "Bad key", "is not one of the available choices"),
    ],
)
def test_bad_input_in_a_condition_is_refused_beside_it(
    name, value, said, in_force, maya, now, signed_in
):
    agreements.open_draft(by=maya, at=now)
    browser = Browser(signed_in(maya), "score")
    browser.press("rules-actions-0:open:")
    browser.fill(f"rules-actions-0-{name}", value)
    page = browser.save()
    assert page.status_code == 422
    assert said in text_of(page)
    assert 'name="rules-actions-0-open"' in text_of(page)


def test_an_activity_nobody_did_yet_is_named_by_its_key(in_force, maya, now, signed_in):
    draft = agreements.open_draft(by=maya, at=now)
    browser = Browser(signed_in(maya), "score")
    browser.press("rules-actions:deed")
    new = browser.last("rules-actions")
    browser.fill(f"{new}-points", "4")
    browser.fill(f"{new}-c0-types_more", "beta_joined, demo_requested")
    assert browser.save().status_code == 302
    draft.refresh_from_db()
    when = draft.body["score"]["rules"][-1]["when"]
    assert when["types"] == ["beta_joined", "demo_requested"]


# Every rule of a template, by hand


def filled(browser, row, name, when):
    """Fill the inputs of one condition as somebody would."""
    at = f"{row}-{name}"
    given = dict(when)
    for n, where in enumerate(given.pop("where", [])):
        if f'name="{at}-where{n}_property"' not in browser.html:
            browser.press(f"{row}:more:{name}")
        for part in ("property", "op"):
            browser.fill(f"{at}-where{n}_{part}", where[part])
        browser.fill(f"{at}-where{n}_value", typed(where["value"]))
    for key, value in given.items():
        if key in ("types", "since_types", "and_types"):
            known = [each for each in value if browser.offers(f"{at}-{key}", each)]
            browser.form[f"{at}-{key}"] = known
            rest = [each for each in value if each not in known]
            browser.fill(f"{at}-{key}_more", ", ".join(rest)) if rest else None
        elif isinstance(value, list) and key != "value":
            browser.form[f"{at}-{key}"] = value
        elif key == "since_recycle":
            browser.fill(f"{at}-{key}", "on") if value else None
        elif value is not None or f'name="{at}-{key}"' in browser.html:
            browser.fill(f"{at}-{key}", typed(value))


def typed(value):
    if isinstance(value, list):
        return ", ".join(typed(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


FAMILIES = {
    "did": "deed", "did_not": "deed", "persona": "persona", "not_persona": "persona",
    "score_at_least": "score", "score_below": "score", "free_mail": "mail",
    "not_free_mail": "mail", "did_both": "both", "idle": "idle", "not_idle": "idle",
    "entered": "entry", "not_entered": "entry", "recycled": "recycle",
    "unanswered_at_least": "touch",
}  # fmt: skip


def put(browser, row, blank, when):
    """Build a condition on a line not chosen yet."""
    branch = next((each for each in BRANCHES if each in when), None)
    before = browser.shape(row)
    if branch is None:
        browser.press(f"{row}:put:{blank}:{FAMILIES.get(when['op'], 'field')}")
        filled(browser, row, browser.new(row, before)[0], when)
        return
    browser.press(f"{row}:put:{blank}:{branch}")
    group, line = browser.new(row, before)
    for number, part in enumerate(when[branch]):
        if number:
            before = browser.shape(row)
            browser.press(f"{row}:add:{group}")
            line = browser.new(row, before)[0]
        put(browser, row, line, part)


def build(browser, rows, when, **inputs):
    """Add a row to a list, with this condition and these inputs, and fold it."""
    simple = not any(branch in when for branch in BRANCHES)
    browser.press(f"{rows}:{FAMILIES.get(when['op'], 'field') if simple else 'mail'}")
    row = browser.last(rows)
    if simple:
        filled(browser, row, "c0", when)
    else:
        browser.press(f"{row}:remove:c0")
        put(browser, row, names(browser.shape(row))[0], when)
    for name, value in inputs.items():
        if value not in (None, ""):
            browser.fill(f"{row}-{name}", value)
    browser.press(f"{row}:close:")
    assert f'name="{row}-open"' not in browser.html, text_of(browser.page)


def in_both(name, text):
    both = text if isinstance(text, dict) else {"en": text}
    return {f"{name}_{language}": words for language, words in both.items()}


def emptied(body):
    """A text with stages, but nothing said of who enters them or what gives points."""
    body = deepcopy(body)
    for stage in body["stages"]:
        stage["criteria"] = None
    body["score"]["rules"], body["personas"] = [], []
    return body


def one_of_each_kind(rules):
    """Of the rules that are made by the same inputs, the first: each costs some pages."""
    kinds = {}
    for rule in rules:
        inputs = sorted(key for key, value in rule.items() if value not in (None, ""))
        kinds.setdefault(json.dumps([rule["group"], inputs, inputs_of(rule["when"])]), rule)
    return list(kinds.values())


def inputs_of(when):
    """What a condition is made of, without what is written there."""
    for branch in BRANCHES:
        if branch in when:
            return [branch, *map(inputs_of, when[branch])]
    filters = [each["op"] for each in when.get("where", [])]
    return [when["op"], when.get("field"), filters, sorted(key for key in when if when[key])]


OPTIONAL = {
    "types": [], "channels": [], "campaigns": [], "times": 1, "within_days": None, "where": [],
    "count": "times", "since_recycle": False, "since_types": [], "same": "event",
    "which": "total", "kinds": [],
}  # fmt: skip


def meant(when):
    """A condition without what may be left out of it, lists of keys in one order."""
    for branch in BRANCHES:
        if branch in when:
            return {branch: [meant(part) for part in when[branch]]}
    said = {key: each for key, each in when.items() if OPTIONAL.get(key, ...) != each}
    keys = ("types", "channels", "and_types", "since_types", "stages")
    return {key: sorted(each) if key in keys else each for key, each in said.items()}


def of_rule(rule):
    keys = ("group", "label", "points", "times", "cap", "days", "halving")
    return {key: rule.get(key) for key in keys} | {"when": meant(rule["when"])}


def of_criterion(criterion):
    return {"group": criterion["group"], "label": criterion["label"]} | {
        "when": meant(criterion["when"])
    }


@pytest.mark.parametrize("make", [sales_ready, hand_raise], ids=["sales_ready", "hand_raise"])
def test_every_criterion_and_kind_of_rule_of_a_template_is_built_by_hand(
    make, maya, now, signed_in
):
    wanted, client = make(), signed_in(maya)
    wanted["score"]["rules"] = one_of_each_kind(wanted["score"]["rules"])
    draft = agreements.open_draft(by=maya, at=now, body=emptied(wanted))

    browser = Browser(client, "personas")
    for each in wanted["personas"]:
        build(browser, "personas", each["when"], **in_both("name", each["name"]))
    assert browser.save().status_code == 302

    browser = Browser(client, "stages")
    for stage in wanted["stages"]:
        for each in stage["criteria"] or []:
            given = {"group": each["group"]} | in_both("label", each["label"])
            build(browser, f"criteria-{stage['key']}", each["when"], **given)
    assert browser.save().status_code == 302, text_of(browser.save())

    browser = Browser(client, "score")
    for rule in wanted["score"]["rules"]:
        given = {name: rule.get(name) for name in ("points", "times", "cap", "days")}
        given["times"] = None if given["times"] == "once" else given["times"]
        given["halving"] = ", ".join(map(str, rule.get("halving") or []))
        given |= in_both("label", rule["label"])
        build(browser, f"rules-{rule['group']}", rule["when"], **given)
    assert browser.save().status_code == 302, text_of(browser.save())

    draft.refresh_from_db()
    stages = zip(draft.body["stages"], wanted["stages"], strict=True)
    for built, stage in stages:
        found = [of_criterion(each) for each in built["criteria"] or []]
        assert found == [of_criterion(each) for each in stage["criteria"] or []]
    by_group = sorted(wanted["score"]["rules"], key=lambda rule: GROUPS.index(rule["group"]))
    assert [of_rule(rule) for rule in draft.body["score"]["rules"]] == [
        of_rule(rule) for rule in by_group
    ]


GROUPS = ["profile", "channel", "actions"]


# Whatever the language can say


def sent(html):
    """What a browser would send of this form."""
    query = QueryDict(mutable=True)
    for name, values in form_of(f'<form action="x" method="post">{html}</form>', "x").items():
        query.setlist(name, values)
    return query


MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def furnished(db):
    furnish()


@MANY
@given(when=some_conditions)
def test_any_condition_is_shown_posted_and_comes_back_as_it_was(when, furnished):
    body = classic() | {"personas": PERSONAS}
    form = SECTIONS["score"](body)
    tree = ConditionTree(prefix="x", context=Context(body), when=when)
    data = sent(render_to_string("scoring/sections/_tree.html", {"tree": tree, "form": form}))
    back = ConditionTree(data, prefix="x", context=Context(body), when=when)
    assert back.is_valid(), (back.problem, [each.errors for each in back.forms()])
    assert back.when() == when


@MANY
@given(when=some_conditions)
def test_any_condition_is_folded_and_comes_back_as_it_was(when, furnished):
    body = classic() | {"personas": PERSONAS}
    body["stages"][1]["criteria"][0]["when"] = when
    form = SECTIONS["stages"](body)
    back = SECTIONS["stages"](body, sent(render_to_string(form.template, {"form": form})))
    assert back.is_valid()
    assert back.value() == form.body["stages"] or back.value()["stages"] == body["stages"]


SHAPES = st.sampled_from(["g0(g1(c0,c1),g2(c2))", "g0(c0,g1(c1,g2(c2,b3)),c4)", "c0", "g0(b1)"])
MOVES = st.lists(st.tuples(st.sampled_from(["up", "down"]), st.integers(0, 6)), max_size=12)


@given(shape=SHAPES, moves=MOVES)
def test_moving_loses_no_node_and_grows_no_deeper(shape, moves):
    outline = outline_of(shape, deepest=5)
    there = set(outline.names())
    for way, number in moves:
        named = sorted(there)
        outline.move(named[number % len(named)], -1 if way == "up" else 1, deepest=5)
        assert set(outline.names()) == there
        assert outline.levels() <= 5
        assert str(outline_of(str(outline), deepest=6)) == str(outline)


def test_an_outline_is_a_tree_of_names():
    outline = Outline("c0")
    outline.wrap("c0", "g1")
    outline.append("g1", "b2")
    assert str(outline) == "g1(c0,b2)"
    outline.replace("b2", "g3")
    outline.append("g3", "c4")
    assert (str(outline), outline.levels(), outline.parent("c4")) == ("g1(c0,g3(c4))", 3, "g3")
    outline.remove("g3")
    assert (str(outline), outline.fresh("c")) == ("g1(c0)", "c2")
