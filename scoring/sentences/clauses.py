"""The agreement as a document: sections of numbered clauses, in the active language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scoring.conditions import read
from scoring.documents import GROUPS, Body, ItemJSON, text
from scoring.journeys import StageJSON, place_for_return, stage
from scoring.rulebooks import Rulebook
from scoring.sentences import values

STAGE = "stage-"  # and the stage's key: the anchor that the map links to.


@dataclass(frozen=True)
class Clause:
    """One numbered statement. `detail` goes on in soft words, `value` is the figure it sets.
    `anchor` is the stage it is about, where no section of its own is."""

    number: str
    key: str
    text: str
    detail: str = ""
    value: str = ""
    side: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Group:
    """Clauses under a small heading, with what limits them all."""

    title: str
    note: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Section:
    """A numbered part. `key` is its anchor; `edited_in` the section of the draft to change it."""

    number: int
    key: str
    title: str
    small: str
    intro: str
    groups: tuple[Group, ...]
    edited_in: str

    @property
    def anchor(self) -> str:
        return self.key if self.key.startswith(STAGE) else f"part-{self.key}"

    @property
    def is_empty(self) -> bool:
        return not any(group.clauses for group in self.groups)


def document(body: Body, rulebook: Rulebook | None = None) -> list[Section]:
    """All sections that say something, numbered from 1; clauses 1.1, 1.2, …

    With a ready `rulebook` no query is needed; without it, up to three (fields, names).
    """
    book = rulebook or Rulebook(body)
    drafts = [
        _journey(body),
        *_criteria(body, book),
        _personas(body, book),
        _points(body, book),
        _clocks(body),
        _checklists(body),
        _reasons(body),
        _goals(body),
    ]
    kept = [draft for draft in drafts if not draft.is_empty]
    return [_numbered(draft, number) for number, draft in enumerate(kept, 1)]


def criterion_numbers(body: Body, rulebook: Rulebook | None = None) -> dict[tuple[str, str], str]:
    """Clause number by (stage key, criterion key), for a return that cites "2.4"."""
    return {
        (section.key.removeprefix(STAGE), clause.key): clause.number
        for section in document(body, rulebook)
        if section.key.startswith(STAGE)
        for group in section.groups
        for clause in group.clauses
    }


def _journey(body: Body) -> Section:
    clauses = [
        Clause(
            "",
            each["key"],
            text(each["name"]),
            detail=text(each["meaning"]),
            side=each["side"],
            anchor="" if each["criteria"] else f"{STAGE}{each['key']}",
        )
        for each in body["stages"]
    ]
    return _section(
        "journey", _("The journey"), _("from first sign to deal"), "", clauses, "stages"
    )


def _criteria(body: Body, book: Rulebook) -> Iterator[Section]:
    for each in body["stages"]:
        if not book.criteria[each["key"]]:
            continue
        name = {"stage": text(each["name"])}
        hands_over = each["kind"] == "handoff"
        yield Section(
            number=0,
            key=f"{STAGE}{each['key']}",
            title=_("When a lead becomes %(stage)s") % name,
            small=_("handed over to sales") if hands_over else "",
            intro=_("A lead becomes %(stage)s when all of these hold:") % name,
            groups=tuple(_grouped_criteria(each, book)),
            edited_in="stages",
        )


def _grouped_criteria(each: StageJSON, book: Rulebook) -> Iterator[Group]:
    criteria = book.criteria[each["key"]]
    for group, title in values.GROUPS.items():
        clauses = tuple(
            Clause("", criterion.key, capfirst(criterion.words()), detail=_said(criterion))
            for criterion in criteria
            if criterion.group == group
        )
        if clauses:
            yield Group(str(title), "", clauses)


def _said(part: object) -> str:
    """What the condition says, where the teams gave it another name: the text must not hide it."""
    return capfirst(part.when.words()) if part.label else ""


def _personas(body: Body, book: Rulebook) -> Section:
    clauses = [
        Clause("", each["key"], text(each["name"]), detail=_meant(each, book))
        for each in body["personas"]
    ]
    return _section("personas", _("Whom we want"), _("kinds of buyers"), "", clauses, "personas")


def _meant(persona: ItemJSON, book: Rulebook) -> str:
    return capfirst(read(persona["when"], vocabulary=book.vocabulary).words())


def _points(body: Body, book: Rulebook) -> Section:
    score, groups = body["score"], []
    raw = {rule["key"]: rule for rule in score["rules"]}
    for group in GROUPS:
        clauses = tuple(
            Clause(
                "",
                rule.key,
                capfirst(rule.words()),
                detail=_said(rule) or values.limit(raw[rule.key]["cap"], _("at most %(n)s")),
                value=values.points(rule.points),
            )
            for rule in book.rules
            if rule.group == group
        )
        if clauses:
            groups.append(Group(str(values.GROUPS[group]), _limits(body, group), clauses))
    intro = _("Profile and channel make fit, actions make engagement.")
    floor = _("The total never falls below %(floor)s.") % {
        "floor": values.points(score["floor"]).lstrip("+")
    }
    return Section(
        number=0,
        key="points",
        title=_("How we count points"),
        small=_("fit and engagement"),
        intro=f"{intro} {floor}",
        groups=tuple(groups),
        edited_in="score",
    )


def _limits(body: Body, group: str) -> str:
    cap, floor = (body["score"].get(name, {}).get(group) for name in ("caps", "floors"))
    said = (values.limit(cap, _("cap %(n)s")), values.limit(floor, _("floor %(n)s")))
    return ", ".join(each for each in said if each)


def _clocks(body: Body) -> Section:
    clauses = [
        Clause(
            "",
            each["key"],
            str(values.CLOCKS[each["key"]]),
            detail=str(values.CLOCK_STARTS[each["key"]]),
            value=values.duration(each["minutes"]),
            side=each["side"],
        )
        for each in body["clocks"]
    ]
    intro = _("All in working time. A day is a working day of 8 hours.")
    return _section("clocks", _("How fast we answer"), _("working time"), intro, clauses, "clocks")


def _checklists(body: Body) -> Section:
    groups = []
    for name, title in values.CHECKLISTS.items():
        clauses = tuple(
            Clause("", each["key"], text(each["label"]), detail=_asks(each))
            for each in body["checklists"][name]
        )
        if clauses:
            groups.append(Group(str(title), "", clauses))
    return Section(
        number=0,
        key="checklists",
        title=_("What sales confirms"),
        small=_("item by item"),
        intro="",
        groups=tuple(groups),
        edited_in="checklists",
    )


def _asks(item: ItemJSON) -> str:
    collects = item.get("collects")
    return _("asks for: %(label)s") % {"label": text(collects["label"])} if collects else ""


def _reasons(body: Body) -> Section:
    clauses = [
        Clause(
            "",
            each["key"],
            text(each["label"]),
            detail=_then(body, each),
            value=_rest(each),
        )
        for each in body["reasons"]
    ]
    intro = _("A return always names one of these. A lead rests, then needs to do something new.")
    return _section(
        "reasons", _("Why a lead may come back"), _("to marketing"), intro, clauses, "reasons"
    )


def _then(body: Body, reason: ItemJSON) -> str:
    handoff = next((each["key"] for each in body["stages"] if each["kind"] == "handoff"), None)
    if handoff is None:
        return ""
    place = stage(body, place_for_return(body, handoff, reason["key"]))
    return _("goes to %(stage)s") % {"stage": text(place["name"])}


def _rest(reason: ItemJSON) -> str:
    if reason["then"] != "nurture":
        return _("for good")
    return values.days(reason["rest_days"]) if reason["rest_days"] else _("no rest")


def _goals(body: Body) -> Section:
    clauses = [
        Clause(
            "",
            each["key"],
            text(each["label"]),
            detail=_but(text(each["counter"])),
            value=text(each["target"]),
        )
        for each in body["goals"]
    ]
    return _section("goals", _("What both teams want"), _("and what keeps it honest"), "", clauses)


def _but(counter: str) -> str:
    return _("while: %(counter)s") % {"counter": counter} if counter else ""


def _section(
    key: str, title: str, small: str, intro: str, clauses: Iterable[Clause], edited_in: str = ""
) -> Section:
    group = Group("", "", tuple(clauses))
    return Section(0, key, title, small, intro, (group,), edited_in or key)


def _numbered(section: Section, number: int) -> Section:
    count, groups = 0, []
    for group in section.groups:
        clauses = []
        for clause in group.clauses:
            count += 1
            clauses.append(
                Clause(**vars(clause) | {"number": f"{number}.{count}"}),
            )
        groups.append(Group(group.title, group.note, tuple(clauses)))
    return Section(**vars(section) | {"number": number, "groups": tuple(groups)})
