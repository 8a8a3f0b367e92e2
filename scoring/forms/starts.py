"""What a new condition may start from: each kind of condition, and ready-made questions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from scoring.documents import ConditionJSON, leaves
from scoring.forms.bases import Context, Leaf
from scoring.forms.leaves import LEAVES
from scoring.sentences.values import GROUPS

DEED: ConditionJSON = {"op": "did", "types": [], "channels": [], "campaigns": [], "times": 1}


@dataclass(frozen=True)
class Start:
    """One entry of the menu. `group` is where it stands there, and in an agreement's criteria."""

    key: str
    label: str | Promise
    group: str
    when: ConditionJSON
    ready: bool = False

    def condition(self, context: Context) -> ConditionJSON:
        """The condition to begin with."""
        if self.key == "own_domain":
            return self.when | {"value": context.own_domain}
        return self.when

    def fits(self, families: Collection[str]) -> bool:
        """Are there inputs for all of it, among these?"""
        return all(_family(leaf) in families for leaf in leaves(self.when))


@dataclass(frozen=True)
class Menu:
    """The starting points under one heading."""

    title: str | Promise
    starts: tuple[Start, ...]


def _kind(family: str, group: str, label: str | Promise) -> Start:
    return Start(family, label, group, LEAVES[family].new)


def _ready(key: str, group: str, label: str | Promise, when: ConditionJSON) -> Start:
    return Start(key, label, group, when, ready=True)


STARTS = (
    _ready(
        "name_and_role",
        "profile",
        gettext_lazy("Name and role are known"),
        {"all": [{"op": "known", "field": "last_name"}, {"op": "known", "field": "title"}]},
    ),
    _kind("field", "profile", gettext_lazy("Role, or another field")),
    _kind("persona", "profile", gettext_lazy("A persona")),
    _ready(
        "came_through",
        "channel",
        gettext_lazy("Came through a channel"),
        DEED | {"channels": ["inbound", "event"], "within_days": None},
    ),
    _ready(
        "two_channels",
        "channel",
        gettext_lazy("Came through at least 2 channels"),
        DEED | {"times": 2, "count": "channels", "within_days": 90},
    ),
    _kind("order", "channel", gettext_lazy("First or latest activity")),
    _kind("deed", "actions", gettext_lazy("An activity")),
    _ready(
        "watched",
        "actions",
        gettext_lazy("Watched at least 60 % of a webinar"),
        DEED
        | {
            "types": ["webinar_attended"],
            "within_days": 90,
            "where": [{"property": "share_watched", "op": "at_least", "value": 60}],
        },
    ),
    _ready(
        "came_to_event",
        "actions",
        gettext_lazy("Registered and attended the same event"),
        {
            "op": "did_both",
            "types": ["event_registered"],
            "and_types": ["event_attended"],
            "same": "event",
            "within_days": 90,
        },
    ),
    _kind("both", "actions", gettext_lazy("Two activities at the same event")),
    _kind("idle", "actions", gettext_lazy("Silence")),
    _ready(
        "no_reaction",
        "actions",
        gettext_lazy("Did not react to our last 3 mails"),
        {"op": "unanswered_at_least", "kinds": ["mail"], "value": 3, "within_days": 90},
    ),
    _kind("touch", "actions", gettext_lazy("What stayed unanswered")),
    _kind("entry", "actions", gettext_lazy("Stages it has been in")),
    _kind("recycle", "actions", gettext_lazy("Having been given back")),
    _ready(
        "no_free_mail",
        "undesirable",
        gettext_lazy("Not with a free-mail address"),
        {"op": "not_free_mail"},
    ),
    _ready(
        "own_domain",
        "undesirable",
        gettext_lazy("Not from our own domain"),
        {"op": "is_not", "field": "email_domain", "value": "ourcompany.example"},
    ),
    _ready(
        "no_competitor",
        "undesirable",
        gettext_lazy("Not from a competitor"),
        {
            "none": [
                {"op": "one_of", "field": "email_domain", "value": ["competitor.example"]},
                {"op": "one_of", "field": "company_name", "value": ["Competitor"]},
            ]
        },
    ),
    _ready(
        "no_student",
        "undesirable",
        gettext_lazy("Not a student"),
        {
            "none": [
                {"op": "contains", "field": "title", "value": "student"},
                {"op": "is", "field": "seniority", "value": "Student"},
            ]
        },
    ),
    _ready(
        "no_purchasing",
        "undesirable",
        gettext_lazy("Not in purchasing"),
        {
            "none": [
                {"op": "is", "field": "function", "value": "Purchasing"},
                {"op": "contains", "field": "title", "value": "purchas"},
                {"op": "contains", "field": "title", "value": "einkauf"},
            ]
        },
    ),
    _kind("mail", "undesirable", gettext_lazy("The kind of e-mail address")),
    _kind("score", "score", gettext_lazy("The score")),
)
BY_KEY = {start.key: start for start in STARTS}


def menus(families: Collection[str]) -> tuple[Menu, ...]:
    """What may be added where conditions of these families may stand."""
    fitting = [start for start in STARTS if start.fits(families)]
    found = [
        Menu(title, tuple(start for start in fitting if start.group == group))
        for group, title in GROUPS.items()
    ]
    return tuple(menu for menu in found if menu.starts)


def find(key: str, families: Collection[str]) -> Start | None:
    start = BY_KEY.get(key)
    return start if start and start.fits(families) else None


def _family(leaf: ConditionJSON) -> str:
    return next(family for family, kind in LEAVES.items() if _names(kind, leaf))


def _names(kind: type[Leaf], leaf: dict[str, Any]) -> bool:
    return leaf["op"] in kind.operators
