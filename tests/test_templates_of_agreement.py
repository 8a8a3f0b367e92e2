"""The five agreements to start from, what a check finds in a text, and how texts are said."""

import json
from copy import deepcopy

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.models import Attribute
from scoring import checks, documents, sentences
from scoring.checks import meaning
from scoring.documents import item
from scoring.shapes import TEMPLATES, classic, revenue, sales_ready, three_steps
from tests import catalogue

pytestmark = pytest.mark.django_db


def problems(body):
    return {problem.path: problem.message for problem in checks.validate(body)}


def changed(change, body=None):
    """A template with one change made by `change(body)`."""
    body = body or classic()
    change(body)
    return body


def stage(body, key):
    return item(body["stages"], key)


def rule(body, key):
    return item(body["score"]["rules"], key)


# The templates


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_can_run_as_it_is(template):
    body = TEMPLATES[template]()
    assert checks.validate(body) == []
    assert json.loads(documents.canonical(body)) == body


def test_a_template_is_given_fresh_each_time():
    classic()["stages"].clear()
    assert len(classic()["stages"]) == 8


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_text_of_a_template_is_there_in_english_and_german(template):
    body = TEMPLATES[template]()
    names = {"name", "meaning", "advice", "target", "counter", "summary"}
    codes = {"MQL", "SAL", "SQL", "SRL", "Lead", "Classic", "Sales-ready"}
    optional = {"advice", "target", "counter"}
    for name, value in texts(body):
        if name in names or isinstance(value, dict):
            bilingual = isinstance(value, dict) and set(value) == {"en", "de"}
            assert bilingual or value in codes or (name in optional and not value), value


def texts(part):
    """Every (name, text) of a body."""
    if isinstance(part, list):
        for each in part:
            yield from texts(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if isinstance(value, str) or (isinstance(value, dict) and "en" in value):
                yield name, value
            else:
                yield from texts(value)


HANDED_OVER = ["handoff", "accepted", "qualified", "won", "lost"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_grades_of_a_template_can_be_reached(template):
    body = TEMPLATES[template]()
    for which, bars in body["score"]["grades"].items():
        most = meaning.highest(body, which)
        assert bars == sorted(bars, reverse=True)
        assert bars[-1] > 0
        assert most is None or bars[0] <= most


def test_the_kinds_of_the_shapes_are_those_of_the_design():
    kinds = {
        title: [each["kind"] for each in make()["stages"] if each["kind"] != "disqualified"]
        for title, make in TEMPLATES.items()
    }
    assert kinds == {
        "classic": ["open", "handoff", "accepted", "qualified", "won", "lost", "nurture"],
        "sales_ready": ["open", "nurture", "handoff", "accepted", "qualified", "won", "lost"],
        "three_steps": ["open", "handoff", "won"],
        "revenue": ["open", "handoff", "qualified", "won", *["customer"] * 3, "lost", "nurture"],
        "hand_raise": [*["open"] * 3, *HANDED_OVER, *["nurture"] * 3],
    }
    assert len(classic()["checklists"]["acceptance"]) == 3
    assert len(classic()["checklists"]["qualification"]) == 5
    assert three_steps()["checklists"]["qualification"] == []


# What a check finds


def drop_clock(body):
    del body["clocks"][0]


def no_reasons(body):
    body["reasons"] = []


def no_items(body):
    body["checklists"]["acceptance"] = []


FAULTS = [
    (lambda b: b.pop("goals"), "goals", "“goals” is missing."),
    (lambda b: b.update(extra=1), "extra", "“extra” is not part of an agreement here."),
    (lambda b: b.update(format=2), "format", "outside of what is allowed"),
    (lambda b: b.update(title=" "), "title", "This text is empty."),
    (lambda b: b.update(title="a\x00b"), "title", "characters that cannot be shown"),
    (lambda b: b.update(title={"de": "Nur deutsch"}), "title", "given in English"),
    (lambda b: b["stages"].append(b["stages"][0]), "stages.inquiry", "stands here twice"),
    (lambda b: b["score"]["rules"].append(b["score"]["rules"][3]),
     "score.rules.industry_core", "stands here twice"),
    (lambda b: stage(b, "mql").update(kind="magic"), "stages.mql.kind", "“magic” is not one of"),
    (lambda b: stage(b, "mql").update(key="M Q L"), "stages.M Q L.key", "A key is up to 60"),
    (lambda b: stage(b, "mql")["next"].append("moon"), "stages.mql.next", "no such stage"),
    (lambda b: stage(b, "won")["next"].append("inquiry"),
     "stages.won.next", "No lead goes from “Won” straight to “Inquiry”"),
    (lambda b: stage(b, "mql").update(next=["nurture", "out"]), "stages.sal", "No arrows lead"),
    (lambda b: stage(b, "mql").update(criteria=None), "stages.mql.criteria", "it needs criteria"),
    (lambda b: stage(b, "sal").update(criteria=stage(b, "mql")["criteria"]),
     "stages.sal.criteria", "People decide who enters “SAL”"),
    (lambda b: stage(b, "inquiry").update(criteria=stage(b, "mql")["criteria"]),
     "stages.inquiry.criteria", "Every lead begins in “Inquiry”"),
    (lambda b: stage(b, "sal").update(next=["sql", "nurture"]),
     "stages.sal.next", "must get to “Not for us”: draw an arrow"),
    (lambda b: stage(b, "sql").update(next=["lost"]),
     "stages.sql.next", "draw the arrows on to “Won”"),
    (lambda b: stage(b, "inquiry").update(kind="nurture"), "stages", "in which leads begin"),
    (lambda b: rule(b, "region")["when"].update(field="shoe_size"),
     "score.rules.region.when", "no lead field “shoe_size”"),
    (lambda b: rule(b, "region")["when"].update(op="resembles"),
     "score.rules.region.when", "no operator “resembles”"),
    (lambda b: rule(b, "pricing_page")["when"].update(within_days=0),
     "score.rules.pricing_page.when", "from 1 to"),
    (lambda b: rule(b, "region").update(when={"op": "score_at_least", "value": 3}),
     "score.rules.region.when", "in criteria only"),
    (lambda b: rule(b, "region").update(when=None), "score.rules.region.when", "an object"),
    (lambda b: b["personas"][0].update(when={"op": "persona", "persona": "ops_lead"}),
     "personas.ops_lead.when", "no persona"),
    (lambda b: b["personas"].pop(0), "stages.mql.criteria.persona.when", "no persona “ops_lead”"),
    (lambda b: rule(b, "region").update(points=1_000_000),
     "score.rules.region.points", "outside of what is allowed: -1000 to 1000"),
    (lambda b: rule(b, "region").update(points=1.5), "score.rules.region.points", "whole number"),
    (lambda b: rule(b, "region").update(points=0), "score.rules.region.points", "says nothing"),
    (lambda b: rule(b, "region").update(times="every"),
     "score.rules.region.times", "a rule needs something the lead did, once"),
    (lambda b: rule(b, "region").update(cap=5), "score.rules.region.cap", "more than once"),
    (lambda b: b["score"]["caps"].update(profile=-1), "score.caps.profile", "0 or more"),
    (lambda b: b["score"].update(floor=10), "score.floor", "nobody begins with points"),
    (lambda b: b["score"]["caps"].update(profile=1, channel=1, actions=50),
     "stages.mql.criteria.bar.when", "No lead can reach 60: the rules and caps allow 52."),
    (drop_clock, "clocks.answer", "nobody says how soon sales answers"),
    (lambda b: b["clocks"][0].update(side="marketing"), "clocks.answer.side", "the other side"),
    (lambda b: b["clocks"][0].update(minutes=0), "clocks.answer.minutes", "1 to 100000"),
    (no_items, "checklists.acceptance", "An acceptance needs a checklist"),
    (no_reasons, "reasons", "no reason to return one with"),
    (lambda b: b["reasons"][0].update(then="won"), "reasons.no_budget.then", "is not one of"),
    (lambda b: b["checklists"]["qualification"][2]["collects"].update(attribute="email_domain"),
     "checklists.time_frame.collects", "cannot be collected"),
    (lambda b: b.update(fields=[{"key": "channel", "label": "C", "type": "text", "purpose": ""}]),
     "fields.channel", "something Baton has already"),
    (lambda b: b.update(fields=[{"key": "plan", "label": "P", "type": "choice", "purpose": ""}]),
     "fields.plan", "A choice needs its choices."),
    (lambda b: b.update(note=7), "note", "must be a text"),
    (lambda b: b["checklists"]["qualification"][2]["collects"].update(attribute="channel"),
     "checklists.time_frame.collects", "something Baton has already"),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "path", "said"), FAULTS, ids=[path for _f, path, _s in FAULTS])
def test_a_fault_is_named_with_its_place_and_a_sentence(fault, path, said):
    found = problems(changed(fault))
    assert path in found, found
    assert said in found[path]


@pytest.mark.parametrize("to", ["moon", "out", "inquiry"])
def test_a_reason_goes_only_where_leads_are_given_back_to(to):
    def sending(body):
        body["reasons"][0]["to"] = to

    found = problems(changed(sending))
    assert "the lead cannot go there" in found["reasons.no_budget.to"]


def test_a_reason_needs_a_stage_to_go_to():
    def to_nowhere(body):
        body["reasons"][0]["then"] = "disqualified"

    found = problems(changed(to_nowhere, three_steps()))
    assert "has nowhere to go" in found["reasons.not_now.then"]


def test_stages_in_which_a_lead_would_go_round_are_found():
    def turning(body):
        stage(body, "mql")["next"] = ["nurturing"]
        stage(body, "nurturing")["next"] = ["srl", "mql"]

    assert "round in circles" in problems(changed(turning, sales_ready()))["stages.mql.next"]
    assert problems(revenue()) == {}


def test_a_field_kept_as_another_type_is_not_collected_as_text():
    Attribute.objects.create(key="deal_size", label="Deal size", type="number")
    found = problems(classic())
    assert "is kept as number, but collected as text" in found["checklists.size_known.collects"]


def test_a_condition_fifty_levels_deep_is_refused():
    deep = {"op": "known", "field": "phone"}
    for _ in range(50):
        deep = {"all": [deep]}
    found = problems(changed(lambda body: rule(body, "region").update(when=deep)))
    assert "too large to be read" in found["score.rules.region.when"]


@pytest.mark.parametrize("body", [None, [], "text", 1, {}, {"stages": 1.5}, {"a": float("nan")}])
def test_what_is_no_agreement_at_all_is_found_without_failing(body):
    assert checks.validate(body)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PATIENT = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@given(data=st.data())
@settings(max_examples=120, **PATIENT)
def test_whatever_stands_in_one_place_is_judged_and_never_breaks_the_check(data):
    body = TEMPLATES[data.draw(st.sampled_from(list(TEMPLATES)))]()
    place = body
    while True:
        name = data.draw(
            st.sampled_from(list(place) if isinstance(place, dict) else range(len(place)))
        )
        inner = place[name]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[name] = data.draw(VALUES)
    found = checks.validate(body)
    if not found:  # What passes can be read, everywhere.
        assert sentences.document(body)
        assert documents.digest(body)


# How texts are said


SAYING = ("sentences", "agreements", "checks", "forms", "views")


@pytest.mark.parametrize("package", SAYING)
def test_everything_the_agreement_says_is_there_in_german(package):
    german = catalogue.read(catalogue.LOCALE / "de" / "LC_MESSAGES" / "django.po")
    modules = sorted((catalogue.ROOT / "scoring" / package).glob("*.py"))
    said = {message for module in modules for message in catalogue.spoken(module)}
    assert said
    assert {each for each in said if not (german.get(each) and german.get(each).string)} == set()


def test_the_document_is_said_in_the_active_language():
    with override("de"):
        titles = [section.title for section in sentences.document(classic())]
        names = [clause.text for clause in sentences.document(classic())[0].groups[0].clauses]
    assert titles[:2] == ["Der Weg", "Wann ein Lead in „MQL“ kommt"]
    assert names[0] == "Anfrage"


def test_the_document_numbers_every_clause_once():
    sections = sentences.document(classic())
    assert [section.number for section in sections] == list(range(1, len(sections) + 1))
    numbers = [c.number for s in sections for g in s.groups for c in g.clauses]
    assert len(set(numbers)) == len(numbers)
    assert sentences.criterion_numbers(classic())["mql", "bar"] == "2.7"


def test_sections_that_say_nothing_are_left_out():
    titles = [section.key for section in sentences.document(three_steps())]
    assert "personas" not in titles
    assert "stage-lead" in titles


def test_a_name_never_hides_what_the_rule_says():
    body = changed(lambda body: rule(body, "region").update(label="Nice countries"))
    points = next(s for s in sentences.document(body) if s.key == "points")
    clause = next(c for g in points.groups for c in g.clauses if c.key == "region")
    assert clause.text == "Nice countries"
    assert clause.detail.startswith("Country is Germany, Austria")


def said(old, new):
    return [str(change) for change in sentences.changes(old, new)]


def test_a_change_is_said_in_words_with_old_and_new():
    body = classic()
    item(stage(body, "mql")["criteria"], "bar")["when"]["value"] = 65
    body["clocks"][0]["minutes"] = 180
    rule(body, "free_mail")["points"] = -12
    body["reasons"][0]["rest_days"] = 90
    assert said(classic(), body) == [
        "Score to become MQL: at least: 60 → 65",
        "Uses a free e-mail address: points: −8 → −12",
        "Accept or return a handoff: within: 4 h → 3 h",
        "No budget this year: rests: 60 days → 90 days",
    ]


def test_what_is_new_gone_moved_or_reworded_is_said_so():
    body = classic()
    body["goals"].reverse()
    body["score"]["rules"] = [r for r in body["score"]["rules"] if r["key"] != "phone_known"]
    new = deepcopy(rule(body, "size_100"))
    new["key"], new["points"], new["when"]["value"] = "size_500", 7, 500
    body["score"]["rules"].append(new)
    stage(body, "won")["name"]["de"] = "Geschafft"
    assert said(classic(), body) == [
        "Stage: Won: reworded in another language",
        "Rule: Company size is at least 500: new",
        "Rule: Phone is known: removed",
        "Goal: Conversations held with accepted leads: "
        "moved above ‘Revenue from leads handed over’",
    ]
    with override("de"):
        [first, *_rest] = sentences.changes(classic(), body)
    assert (first.old, first.new) == ("Gewonnen", "Geschafft")


def test_how_often_and_how_long_points_count_is_said():
    body = classic()
    pages = rule(body, "pricing_page")
    pages |= {"times": "day", "cap": None}
    webinar = rule(body, "webinar_attended")
    webinar["halving"], webinar["when"]["within_days"] = [7, 30, 90], None
    body["score"]["grades"]["fit"] = [45, 30, 15]
    shares = "Each “Attended a webinar”: in full up to 7 days, 1/2 up to 30 days, 1/4 up to 90 days"
    assert said(classic(), body) == [
        f"Rule: each “Attended a webinar” in the last 60 days → {shares[0].lower()}{shares[1:]}",
        f"{shares}: with age: in full → halved after 7 and 30 days, gone after 90",
        "“Read the pricing page”, once a day in the last 14 days: at most: 18 → no limit",
        "“Read the pricing page”, once a day in the last 14 days: counts: every time → once a day",
        "Grades of fit: A from 42, B from 28, C from 14 → A from 45, B from 30, C from 15",
    ]


def test_a_new_rule_is_said_whole():
    body = classic()
    old = rule(body, "pricing_page") | {"points": 5, "cap": None}
    weekly = old | {"key": "weekly", "times": "week", "cap": 15}
    ageing = old | {"key": "ageing", "halving": [7, 30, 90]}
    ageing["when"] = old["when"] | {"within_days": None}
    body["score"]["rules"] += [weekly, ageing]
    changes = sentences.changes(classic(), body)
    said_of = {change.label: change.new for change in changes if change.kind == "new"}
    shares = "in full up to 7 days, 1/2 up to 30 days, 1/4 up to 90 days"
    assert said_of == {
        "Rule: “Read the pricing page”, once a week in the last 14 days": (
            "points: +5; at most: 15; group: Actions"
        ),
        f"Rule: Each “Read the pricing page”: {shares}": "points: +5; group: Actions",
    }


def test_what_is_only_written_differently_is_not_called_another_language():
    body = classic()
    rule(body, "pricing_page")["halving"] = []
    [change] = sentences.changes(classic(), body)
    assert change.kind == "rewritten"


@pytest.mark.parametrize("part", [{"watches": {}}, {"moves": []}, {"effect": {}}, {"note": ""}])
def test_an_empty_part_is_written_differently_from_none(part):
    body = {name: each for name, each in classic().items() if name not in part}
    assert [str(each) for each in sentences.changes(body, body | part)] == [
        "The text: written differently"
    ]


def test_a_renamed_stage_is_one_change_wherever_arrows_lead_to_it():
    body = changed(lambda body: stage(body, "mql").update(name="Hot lead"))
    assert said(classic(), body) == ["Stage: MQL → Hot lead"]


@given(data=st.data())
@settings(max_examples=60, **PATIENT)
def test_no_change_goes_unsaid(data):
    """Texts with different hashes have at least one change, texts with the same none."""
    old = TEMPLATES[data.draw(st.sampled_from(list(TEMPLATES)))]()
    new = deepcopy(old)
    place = new
    while True:
        name = data.draw(
            st.sampled_from(list(place) if isinstance(place, dict) else range(len(place)))
        )
        inner = place[name]
        if isinstance(inner, list) and len(inner) > 1 and data.draw(st.booleans()):
            inner.reverse()
            break
        if isinstance(inner, str | int) and not isinstance(inner, bool):
            place[name] = inner + ("x" if isinstance(inner, str) else 1)
            break
        if not isinstance(inner, dict | list) or not inner:
            return
        place = inner
    if checks.unreadable(new) == [] and new["format"] == 1:
        same = documents.digest(old) == documents.digest(new)
        assert bool(sentences.changes(old, new)) != same
