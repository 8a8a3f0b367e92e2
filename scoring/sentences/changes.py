"""What one text says differently from another: a sentence a change, never JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scoring.conditions import Vocabulary
from scoring.documents import GROUPS, LANGUAGES, Body, ItemJSON, canonical, item, text
from scoring.sentences import effects, orders, values
from scoring.sentences.facets import Facets, Speaker, silent


@dataclass(frozen=True)
class Change:
    """One difference. `kind` is changed, new, gone, moved (before the one that `new` names, else to
    the end), reordered (another order that no single move tells), reworded (only in another
    language), or rewritten (other JSON of which the same is said). `old` is empty where something
    is new, `new` where it is gone."""

    section: str
    label: str
    kind: str = "changed"
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        if self.kind == "changed":
            return f"{self.label}: {self.old} → {self.new}"
        return f"{self.label}: {self.said}"

    @property
    def is_long(self) -> bool:
        """Too long for old and new to stand beside the label?"""
        values = len(self.old) + len(self.new)
        return values > 32 or (values > 14 and values + len(self.label) > 40)

    @property
    def said(self) -> str:
        """The word for what happened to it."""
        if self.kind == "moved" and not self.new:
            return _("moved to the end")
        return {
            "changed": _("changed"),
            "new": _("new"),
            "gone": _("removed"),
            "moved": _("moved above ‘%(name)s’") % {"name": self.new},
            "reordered": _("in another order"),
            "reworded": _("reworded in another language"),
            "rewritten": _("written differently"),
        }[self.kind]


def changes(old: Body, new: Body, vocabulary: Vocabulary | None = None) -> list[Change]:
    """Every difference, in the order of the document; empty exactly if the texts are the same."""
    vocabulary = vocabulary or Vocabulary()
    after = Speaker(new, vocabulary.including(old))
    pair = _Pair(old, new, Speaker(old, vocabulary, names=new), after)
    found = [
        *pair.one("about", _about, lambda say: say.about),
        *pair.list("stages", _("Stage"), lambda body: body["stages"], lambda say: say.stage),
        *_criteria(pair),
        *pair.list("personas", _("Persona"), lambda body: body["personas"], lambda s: s.persona),
        *pair.list(
            "score",
            _("Rule"),
            lambda body: body["score"]["rules"],
            lambda say: say.rule,
            lambda rule: rule["group"],
        ),
        *pair.one("score", _limits, lambda say: say.limits),
        *pair.list("clocks", _("Clock"), lambda body: body["clocks"], lambda say: say.clock),
        *_terms(pair),
        *pair.one("supply", lambda body: body.get("supply") or {}, lambda say: say.supply),
        *_checklists(pair),
        *pair.list("reasons", _("Reason"), lambda body: body["reasons"], lambda say: say.reason),
        *pair.list("goals", _("Goal"), lambda body: body["goals"], lambda say: say.goal),
        *pair.one("watches", lambda body: body.get("watches") or {}, lambda say: say.watches),
        *pair.list("fields", _("Field"), lambda body: body.get("fields") or [], lambda s: s.field),
        *pair.list("moves", "", lambda body: body.get("moves") or [], lambda s: s.move),
        *pair.one("effect", lambda body: body.get("effect") or {}, lambda _say: effects.facets),
    ]
    if not found and canonical(old) != canonical(new):
        # One has an empty part that the other leaves out.
        found.append(Change("about", _("The text"), "rewritten"))
    return found


def _together(_part: ItemJSON) -> str:
    """All stand in one order."""
    return ""


@dataclass(frozen=True)
class _Pair:
    """Two texts and who says what in each."""

    old: Body
    new: Body
    before: Speaker
    after: Speaker

    def one(
        self,
        section: str,
        part: Callable[[Body], ItemJSON],
        said: Callable[[Speaker], Callable[[ItemJSON], Facets]],
    ) -> Iterator[Change]:
        """Differences of a part that both have."""
        old, new = part(self.old), part(self.new)
        yield from _between(section, "", old, new, said(self.before)(old), said(self.after)(new))

    def list(
        self,
        section: str,
        noun: str,
        part: Callable[[Body], list[ItemJSON]],
        said: Callable[[Speaker], Callable[[ItemJSON], Facets]],
        apart: Callable[[ItemJSON], str] = _together,
    ) -> Iterator[Change]:
        """Differences of a list: changed and new ones in their new order, then those gone."""
        olds, news = part(self.old), part(self.new)
        for each in news:
            facets, known = said(self.after)(each), item(olds, each["key"])
            if known is None:
                yield Change(section, _called(noun, facets), "new", new=_summary(facets))
            else:
                old = said(self.before)(known)
                yield from _between(section, noun, _own(known), _own(each), old, facets)
        for each in olds:
            if item(news, each["key"]) is None:
                facets = said(self.before)(each)
                yield Change(section, _called(noun, facets), "gone", old=_summary(facets))
        yield from self.moved(section, noun, olds, news, said, apart)

    def moved(
        self,
        section: str,
        noun: str,
        olds: list[ItemJSON],
        news: list[ItemJSON],
        said: Callable[[Speaker], Callable[[ItemJSON], Facets]],
        apart: Callable[[ItemJSON], str] = _together,
    ) -> Iterator[Change]:
        """What stands elsewhere among those of both lists that `apart` gives the same name."""
        found, say = False, said(self.after)
        for place in dict.fromkeys(map(apart, news)):
            before, after = (
                [each for each in list if apart(each) == place] for list in (olds, news)
            )
            for key, below in orders.moves(_order(before, after), _order(after, before)):
                found = True
                label, above = (say(item(news, each)) if each else {} for each in (key, below))
                yield Change(section, _called(noun, label), "moved", new=_plain(above))
        if not found and _order(olds, news) != _order(news, olds):
            yield Change(section, noun, "reordered")


def _between(
    section: str, noun: str, old: ItemJSON, new: ItemJSON, before: Facets, after: Facets
) -> Iterator[Change]:
    """What differs of one thing, also where no words do."""
    found, before = False, _counted_alike(old, new, _named_alike(old, new, before, after), after)
    silence = silent()
    for name in before | after:
        was, is_now = before.get(name, ""), after.get(name, "")
        if was != is_now:
            found = True
            label = f"{_plain(after)}: {name}" if name and after.get("") else name or noun
            others = _("as for all others") if section == "clocks" else _("nothing")
            nothing = silence.get(name, others)
            yield Change(section, label, "changed", was or nothing, is_now or nothing)
    if old != new and not found:
        kind = "reworded" if _read(old) == _read(new) else "rewritten"
        yield Change(section, _called(noun, after), kind)


def _named_alike(old: ItemJSON, new: ItemJSON, before: Facets, after: Facets) -> Facets:
    """`before`, with its condition where that of `after` is said: a name that is given or taken
    away says nothing of the condition under it."""
    name = _("condition")
    if "when" not in new or (name in before) == (name in after):
        return before
    if name in before:
        return {each: said for each, said in before.items() if each != name}
    return before | {name: after[name] if old["when"] == new["when"] else before[""]}


def _counted_alike(old: ItemJSON, new: ItemJSON, before: Facets, after: Facets) -> Facets:
    """`before`, with the words of a rule's condition as they are now where the condition stayed:
    how often it counts, which they tell too, has a line of its own."""
    labels = [bool(text(each["label"])) for each in (old, new) if "times" in each]
    if len(set(labels)) != 1 or old["when"] != new["when"]:
        return before
    name = _("condition") if labels[0] else ""
    return before | {name: after[name]}


def _read(part: Any) -> Any:
    """The JSON as it is read in this language."""
    if isinstance(part, list):
        return [_read(each) for each in part]
    if isinstance(part, dict):
        inner = {name: _read(each) for name, each in part.items()}
        return text(part) if part and part.keys() <= set(LANGUAGES) else inner
    return part


def _terms(pair: _Pair) -> Iterator[Change]:
    """The first term that is true of a lead decides."""
    for new in pair.new["clocks"]:
        old = item(pair.old["clocks"], new["key"])
        lists = [(each or {}).get("terms") or [] for each in (old, new)]
        yield from pair.moved("clocks", _plain(pair.after.clock(new)), *lists, lambda s: s.term)


def _criteria(pair: _Pair) -> Iterator[Change]:
    """Of stages that both have; those of a new stage are read in the document."""
    for new in pair.new["stages"]:
        old = item(pair.old["stages"], new["key"])
        if old is not None:
            name, key = text(new["name"]), new["key"]
            yield from pair.list(
                "stages",
                _("Criterion of %(stage)s") % {"stage": name},
                lambda body, key=key: item(body["stages"], key)["criteria"] or [],
                lambda say, name=name: partial(say.criterion, stage=name),
            )


def _checklists(pair: _Pair) -> Iterator[Change]:
    for name, title in values.CHECKLISTS.items():
        yield from pair.list(
            "checklists",
            str(title),
            lambda body, name=name: body["checklists"][name],
            lambda say: say.check,
        )


def _about(body: Body) -> ItemJSON:
    return {"title": body["title"], "summary": body["summary"], "note": body.get("note", "")}


def _limits(body: Body) -> ItemJSON:
    score = body["score"]
    floors = {group: score.get("floors", {}).get(group) for group in GROUPS}
    caps = {group: score["caps"].get(group) for group in GROUPS}
    grades = score.get("grades") or {}
    return {"caps": caps, "floors": floors, "floor": score["floor"], "grades": grades}


def _own(part: ItemJSON) -> ItemJSON:
    """Without what is compared on its own: the criteria, and the order of a clock's terms."""
    own = {name: value for name, value in part.items() if name != "criteria"}
    if own.get("terms"):
        own["terms"] = sorted(own["terms"], key=lambda term: term["key"])
    return own


def _order(items: list[ItemJSON], others: list[ItemJSON]) -> list[str]:
    """Keys of those that are in both lists, in the order of the first."""
    return [each["key"] for each in items if item(others, each["key"])]


def _plain(facets: Facets) -> str:
    return capfirst(facets.get("", "")).rstrip(".")


def _called(noun: str, facets: Facets) -> str:
    name = _plain(facets)
    return f"{noun}: {name}" if noun and name else noun or name


def _summary(facets: Facets) -> str:
    """All that is said of it beside its name; how a rule counts is said by its condition."""
    told = (_("counts"), _("with age"))
    said = [(name, each) for name, each in facets.items() if name and each and name not in told]
    return "; ".join(f"{name}: {each.rstrip('.')}" for name, each in said)
