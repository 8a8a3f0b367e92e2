"""The two agreements of the demo: a first try, and what both teams made of it after two months."""

from __future__ import annotations

from copy import deepcopy

from scoring import shapes
from scoring.documents import Body, ItemJSON, item

FIRST_BAR = 54
FIRST_ANSWER = 480
# What nobody had thought of when they began.
LEARNT_OF_CLOCKS = ("terms", "chain", "pause_days")
LEARNT_OF_ITEMS = ("when", "criteria")
FOLLOWING = {
    "no_budget": {"track": {"en": "Later budget", "de": "Späteres Budget"}},
    "wrong_person": {"track": {"en": "Find the buyer", "de": "Entscheider finden"}},
    "no_project": {
        "track": {"en": "Staying in touch", "de": "In Verbindung bleiben"},
        "back_to": "same_rep",
    },
    "not_reached": {"track": {"en": "Staying in touch", "de": "In Verbindung bleiben"}},
    "bad_data": {"resets": True},
}
MEASURED = {
    "revenue": {
        "metric": "revenue",
        "amount": 400_000,
        "currency": "EUR",
        "period": "quarter",
        "counter_metric": "returned_at_door",
        "counter_amount": 25,
        "target": "",
        "counter": "",
    },
    "conversations": {
        "metric": "conversations",
        "amount": 30,
        "period": "month",
        "counter_metric": "qualification",
        "counter_amount": 33,
        "target": "",
        "counter": "",
    },
}
WATCHES = {
    "marketing": ["acceptance", "returned_at_door", "pipeline"],
    "sales": ["answer_time", "answered_in_time", "won"],
}


def second_text() -> Body:
    """The agreement in force at the demo's present: the Classic shape, with what two months
    taught them: who asks for a person waits half an hour, a clock may be paused, and what a
    machine can check is ticked."""
    body = shapes.classic()
    answer, _contact, _qualify, returned = body["clocks"]
    answer["warn_at"] = returned["warn_at"] = 75
    answer["escalate_to"] = "both_leads"
    for key, said in FOLLOWING.items():
        item(body["reasons"], key).update(deepcopy(said))
    body["supply"] = {"handoffs": 60, "least_score": 60, "accepted": 65}
    for key, said in MEASURED.items():
        item(body["goals"], key).update(said)
    body["watches"] = deepcopy(WATCHES)
    return body


def first_text() -> Body:
    """What they began with: a lower bar, any company size, a working day to answer."""
    body = shapes.classic()
    handover = item(body["stages"], "mql")
    handover["criteria"] = [each for each in handover["criteria"] if each["key"] != "company_size"]
    item(handover["criteria"], "bar")["when"]["value"] = FIRST_BAR
    item(body["clocks"], "answer")["minutes"] = FIRST_ANSWER
    for clock in body["clocks"]:
        _forget(clock, LEARNT_OF_CLOCKS)
    for asked in body["checklists"]["acceptance"]:
        _forget(asked, LEARNT_OF_ITEMS)
    rules = body["score"]["rules"]
    body["score"]["rules"] = [each for each in rules if each["key"] != "size_small"]
    return body


def _forget(part: ItemJSON, names: tuple[str, ...]) -> None:
    for name in names:
        part.pop(name, None)
