"""Random agreements that can run, and random changes of them.

`bodies` draws a whole text: stages with nested criteria, rules of the whole language with caps,
floors, grades, repetition and halving, personas, clocks with terms, pauses and chains, checklists
with what ticks them, reasons, goals.
Conditions ask for what `strategies.furnish` makes and `strategies.people` do.
"""

import json
from copy import deepcopy

from hypothesis import strategies as st

from scoring.checks import structure
from scoring.checks.meaning import highest
from scoring.documents import GROUPS, Body
from tests import strategies
from tests.strategies import PERSONAS, some_conditions

# Nothing in them is an English word: what is English in a German text is not from here. Marks of
# formats, of markup and of quotation are.
NAMES = ["Anfrage", "Gespräch <b>", "50 % (s)", "%(name)s", "{0}", "Ü&ß", "„Zürich“", "Ñandú"]
names = st.one_of(
    st.sampled_from(NAMES),
    st.builds(lambda en, de: {"en": en, "de": de}, st.sampled_from(NAMES), st.sampled_from(NAMES)),
)
maybe_named = st.just("") | names
minutes = st.integers(1, 5000)
MACHINE = ("open", "nurture", "handoff")
SALES = {"mql": "handoff", "direct": "handoff", "sal": "accepted", "sql": "qualified"}


def some(values: list, *, least: int = 0) -> st.SearchStrategy:
    """A few of them, in any order."""
    drawn = st.lists(st.sampled_from(values), min_size=least, max_size=len(values), unique=True)
    return drawn if values else st.just([])


# Stages and arrows


@st.composite
def journeys(draw) -> list[dict]:
    """Stages of all kinds, some of them left out, with arrows on which leads can travel."""
    warm, nurture, direct = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    sal, sql, lost = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    disqualified, customer = draw(st.booleans()), draw(st.booleans())
    handoffs = ["mql", *["direct"] * direct]
    ahead = ["sal"] * sal + ["sql"] * sql + ["won"]
    aside = ["nurture"] * nurture + ["lost"] * lost + ["disqualified"] * disqualified
    arrows = {
        "inquiry": [*["warm"] * warm, *["nurture"] * nurture, *handoffs],
        "warm": draw(some([*handoffs, *["nurture"] * nurture], least=1)),
        "nurture": draw(some(handoffs)),
        "mql": [ahead[0], *aside],
        "direct": [*ahead, *aside],
        "sal": [*ahead[1:], *aside],
        "sql": ["won", *draw(some(aside))],
        "won": ["customer"] * customer,
        "lost": draw(some(["inquiry", *["nurture"] * nurture])),
        "disqualified": [],
        "customer": [],
    }
    kinds = {"inquiry": "open", "warm": "open", "nurture": "nurture"} | SALES
    there = {"inquiry", *arrows["inquiry"], *ahead, *aside, *["customer"] * customer}
    return [
        draw(stages(key, kinds.get(key, key), targets))
        for key, targets in arrows.items()
        if key in there
    ]


@st.composite
def stages(draw, key: str, kind: str, targets: list[str]) -> dict:
    asked = st.lists(some_conditions | bars, min_size=1, max_size=3)
    may = kind in MACHINE and key != "inquiry"
    criteria = draw(asked if kind == "handoff" else st.none() | asked) if may else None
    return {
        "key": key,
        "name": draw(names),
        "meaning": draw(names),
        "kind": kind,
        "side": draw(st.sampled_from(["marketing", "sales"])),
        "next": draw(st.permutations(targets)),
        "criteria": criteria and [draw(criterion(n, when)) for n, when in enumerate(criteria)],
    }


bars = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["score_at_least", "score_below"]),
        "which": st.sampled_from(["total", "fit", "engagement"]),
        "value": st.integers(-10, 20),
    }
)


def criterion(number: int, when: dict) -> st.SearchStrategy:
    groups = st.sampled_from(structure.CRITERION_GROUPS)
    said = {"key": st.just(f"c{number}"), "group": groups, "label": maybe_named}
    return st.fixed_dictionaries(said | {"when": st.just(when)})


# Points


once = strategies.did.map(lambda did: did | {"op": "did", "times": 1, "count": "times"})
idle = strategies.idle.map(lambda leaf: leaf | {"op": "idle"})
beside = some_conditions.filter(lambda part: part.get("op") not in ("did", "idle"))
gated = st.tuples(once, beside).map(lambda parts: {"all": list(parts)})
ages = st.lists(st.integers(1, 14), min_size=1, max_size=4, unique=True).map(sorted)
caps = st.none() | st.integers(1, 30)
periods = st.sampled_from(["every", "day", "week", "month"]).map(lambda times: {"times": times})
some_days = st.integers(1, 9).map(lambda days: {"times": "days", "days": days})


@st.composite
def fading(draw) -> dict:
    steps, when = draw(ages), draw(once)
    window = draw(st.sampled_from([None, steps[-1]]))
    return {"times": "every", "halving": steps, "when": when | {"within_days": window}}


repeated = st.one_of(
    st.builds(lambda when: {"times": "once", "cap": None, "when": when}, some_conditions),
    st.builds(lambda when, often: often | {"when": when}, once | gated, periods | some_days),
    st.builds(lambda when: {"times": "every", "when": when}, idle),
    fading(),
)
points = st.integers(-20, 20).filter(bool)
floors = st.integers(-30, 0)


@st.composite
def scores(draw) -> dict:
    rules = draw(st.lists(st.tuples(st.sampled_from(GROUPS), points, caps, repeated), max_size=6))
    made = [
        {"key": f"r{n}", "label": draw(maybe_named), "group": group, "points": each, "cap": cap}
        | how
        for n, (group, each, cap, how) in enumerate(rules)
    ]
    given = {
        "rules": made,
        "caps": draw(st.dictionaries(st.sampled_from(GROUPS), st.none() | st.integers(0, 30))),
        "floor": draw(floors),
    }
    if draw(st.booleans()):
        given["floors"] = draw(st.dictionaries(st.sampled_from(GROUPS), st.none() | floors))
    return given


# Promises


@st.composite
def clocks(draw) -> list[dict]:
    keys = ["answer", "first_contact", *draw(some(["qualify", "answer_return"]))]
    return [draw(clock(key)) for key in keys]


chains = st.lists(minutes, max_size=structure.MOST_CHAIN, unique=True).flatmap(
    lambda spans: st.tuples(
        *(
            st.fixed_dictionaries(
                {"minutes": st.just(span), "to": st.sampled_from(structure.ESCALATIONS)}
            )
            for span in sorted(spans)
        )
    ).map(list)
)


@st.composite
def clock(draw, key: str) -> dict:
    made = {"key": key, "side": structure.CLOCK_SIDES[key], "minutes": draw(minutes)}
    asked = st.lists(some_conditions | bars, max_size=2, unique_by=json.dumps)
    terms = [
        {"key": f"t{n}", "when": when, "minutes": draw(minutes)}
        for n, when in enumerate(draw(asked))
    ]
    more = {"warn_at": st.none() | st.integers(1, 99)}
    more |= {"escalate_to": st.none() | st.sampled_from(structure.ESCALATIONS)}
    more |= {"chain": chains}
    if made["side"] == "sales":
        more |= {"pause_days": st.none() | st.integers(1, 365)}
    if key == "answer":
        more |= {"take_back": st.booleans()}
    return (
        made | ({"terms": terms} if terms else {}) | draw(st.fixed_dictionaries({}, optional=more))
    )


COLLECTED = [
    {"attribute": "note", "type": "text"},
    {"attribute": "seats", "type": "number"},
    {"attribute": "partner", "type": "boolean"},
    {"attribute": "level", "type": "choice", "choices": ["Gold"]},
    {"attribute": "frame", "type": "choice", "choices": ["Q1", "Q2"]},
    {"attribute": "begin", "type": "date"},
]
collected = st.builds(
    lambda what, label: what | {"label": label}, st.sampled_from(COLLECTED), names
)
by_condition = st.fixed_dictionaries({}, optional={"when": some_conditions | bars})
by_criteria = st.fixed_dictionaries({"criteria": st.booleans()})
# What ticks an item of each checklist.
TICKED = {"acceptance": by_condition | by_criteria, "qualification": by_condition}


def checks(name: str) -> st.SearchStrategy:
    """The items of a checklist."""
    one = st.fixed_dictionaries({"label": names}, optional={"collects": collected})
    item = st.builds(lambda asked, ticked: asked | ticked, one, TICKED[name])
    return st.lists(item, max_size=3).map(
        lambda items: [{"key": f"i{n}"} | each for n, each in enumerate(items)]
    )


@st.composite
def reasons(draw, body_stages: list[dict]) -> list[dict]:
    places = {each["kind"]: each["key"] for each in body_stages}
    return [draw(reason(n, places)) for n in range(draw(st.integers(1, 3)))]


@st.composite
def reason(draw, number: int, places: dict[str, str]) -> dict:
    then = draw(st.sampled_from(["nurture", *{"lost", "disqualified"} & places.keys()]))
    made = {
        "key": f"w{number}",
        "label": draw(names),
        "group": draw(st.sampled_from(structure.REASON_GROUPS)),
        "rest_days": draw(st.integers(0, 90)),
        "then": then,
        "advice": draw(maybe_named),
    }
    more = {"resets": st.booleans()}
    if then in places:
        more["to"] = st.just(places[then])
    if then == "nurture":
        more |= {
            "track": st.sampled_from(["", *NAMES]),
            "back_to": st.sampled_from(["pool", "same_rep"]),
        }
    return made | draw(st.fixed_dictionaries({}, optional=more))


@st.composite
def goals(draw) -> list[dict]:
    made = []
    for n in range(draw(st.integers(0, 2))):
        goal = {
            "key": f"g{n}",
            "label": draw(names),
            "target": draw(names),
            "counter": draw(maybe_named),
        }
        if draw(st.booleans()):
            metric = draw(st.sampled_from(structure.METRICS))
            goal |= {"metric": metric, "amount": draw(st.integers(1, 10**9))}
            goal |= {"period": draw(st.sampled_from(structure.PERIODS))}
            goal |= {"currency": "EUR"} if metric in ("revenue", "pipeline") else {}
        if draw(st.booleans()):
            goal |= {"counter_metric": draw(st.sampled_from(structure.COUNTER_METRICS))}
            goal |= {"counter_amount": draw(st.integers(1, 100))}
        made.append(goal)
    return made


optional = st.fixed_dictionaries(
    {},
    optional={
        "note": maybe_named,
        "fields": st.just([{"key": "zone", "label": "Ñ", "type": "text", "purpose": ""}]),
        "supply": st.fixed_dictionaries(
            {"handoffs": st.integers(1, 500)},
            optional={"accepted": st.none() | st.integers(1, 100), "least_score": st.just(0)},
        ),
        "watches": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(["marketing", "sales"], some(list(structure.WATCHED)))
        ),
        "moves": st.just([{"key": "gone", "to": "inquiry"}]),
        "effect": st.fixed_dictionaries(
            {}, optional={"trial_until": st.just("2099-03-31"), "expects": maybe_named}
        ).filter(lambda said: said != {}),  # That says as much as no such part: nothing.
    },
)


@st.composite
def bodies(draw) -> Body:
    """An agreement that can run."""
    journey = draw(journeys())
    body = {
        "format": 1,
        "title": draw(names),
        "summary": draw(maybe_named),
        "stages": journey,
        "personas": deepcopy(PERSONAS),
        "score": draw(scores()),
        "clocks": draw(clocks()),
        "checklists": {
            "acceptance": [{"key": "a", "label": "Ü"}, *draw(checks("acceptance"))],
            "qualification": draw(checks("qualification")),
        },
        "reasons": draw(reasons(journey)),
        "goals": draw(goals()),
    } | draw(optional)
    return _reachable(_stages_named(body, {each["key"] for each in journey}))


def _stages_named(part: object, known: set[str]) -> object:
    """With conditions that ask only for stages of the text."""
    if isinstance(part, dict):
        inner = {name: _stages_named(each, known) for name, each in part.items()}
        if inner.get("op") in ("entered", "not_entered"):
            kept = [each for each in inner["stages"] if each in known]
            inner["stages"] = kept or ["won"]
        return inner
    return [_stages_named(each, known) for each in part] if isinstance(part, list) else part


def _reachable(body: Body) -> Body:
    """With bars that some lead can reach."""
    for stage in body["stages"]:
        for each in stage["criteria"] or []:
            when = each["when"]
            most = highest(body, when["which"]) if when.get("op") == "score_at_least" else None
            if most is not None:
                when["value"] = min(when["value"], most)
    return body


# Changes


JUNK = [None, True, -1, 0, 10**6, "", "x", "%(x)s", [], [[]], {}, {"en": "x"}, {"all": []}, 0.5]
DEEP: dict = {"op": "known", "field": "title"}
for _level in range(50):
    DEEP = {"none": [DEEP]}
junk = st.sampled_from([*JUNK, DEEP]).map(deepcopy)


@st.composite
def edited(draw, body: Body) -> Body:
    """With something else in one place: a text longer, a number one more, a list in another
    order, something left out or put twice."""
    text = deepcopy(body)
    place, name = draw(places(text))
    inner = place[name]
    if isinstance(inner, bool) or inner is None:
        place[name] = not inner
    elif isinstance(inner, str | int):
        place[name] = inner + ("x" if isinstance(inner, str) else 1)
    elif isinstance(inner, list) and len(inner) > 1 and draw(st.booleans()):
        inner.reverse()
    else:
        del place[name]
    return text


@st.composite
def broken(draw, body: Body) -> object:
    """With anything at all in some places."""
    text = deepcopy(body)
    for _time in range(draw(st.integers(1, 3))):
        place, name = draw(places(text))
        place[name] = draw(junk)
    return text


@st.composite
def places(draw, text: Body) -> tuple:
    """A place anywhere in a text: what it stands in, and its name or number there."""
    place = text
    while True:
        inside = sorted(place) if isinstance(place, dict) else range(len(place))
        name = draw(st.sampled_from(inside))
        inner = place[name]
        if not isinstance(inner, dict | list) or not inner or not draw(st.integers(0, 3)):
            return place, name
        place = inner
