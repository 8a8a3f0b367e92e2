"""The agreement as a document: sections of numbered clauses, in the active language."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from scoring.conditions import read
from scoring.documents import Body, ItemJSON, text
from scoring.journeys import StageJSON, place_for_return, stage
from scoring.rulebooks import Rulebook
from scoring.sentences import effects, values
from scoring.sentences.pieces import STAGE, Clause, Group, Section, one_group
from scoring.sentences.points import points


def document(body: Body, rulebook: Rulebook | None = None) -> list[Section]:
    """All sections that say something, numbered from 1; clauses 1.1, 1.2, …

    With a ready `rulebook` no query is needed; without it, up to three (fields, names).
    """
    book = rulebook or Rulebook(body)
    drafts = [
        _journey(body),
        *_criteria(body, book),
        _personas(body, book),
        points(body, book),
        _clocks(body),
        _checklists(body),
        _reasons(body),
        _goals(body),
        _fields(body),
        effects.section(body),
        _notes(body),
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
    return one_group(
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
    return one_group("personas", _("Whom we want"), _("kinds of buyers"), "", clauses, "personas")


def _meant(persona: ItemJSON, book: Rulebook) -> str:
    return capfirst(read(persona["when"], vocabulary=book.vocabulary).words())


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
    return one_group("clocks", _("How fast we answer"), _("working time"), intro, clauses, "clocks")


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
    reasons = body["reasons"]
    resting = any(each["rest_days"] for each in reasons)
    intro = _("A return always names one of these. A lead rests, then needs to do something new.")
    if not resting:
        intro = _("A return always names one of these. Then a lead needs to do something new.")
    return Section(
        number=0,
        key="reasons",
        title=_("Why a lead may come back"),
        small=_("to marketing"),
        intro=intro,
        groups=tuple(_grouped_reasons(body, resting)),
        edited_in="reasons",
    )


def _grouped_reasons(body: Body, resting: bool) -> Iterator[Group]:
    """By the stage they lead to, where they name it; else one after another."""
    named = any("to" in each for each in body["reasons"])
    places: dict[str, list[Clause]] = {}
    for each in body["reasons"]:
        goes = _then(body, each)
        clause = Clause(
            "",
            each["key"],
            text(each["label"]),
            detail="" if named else goes,
            value=_rest(each) if resting else "",
        )
        places.setdefault(goes if named else "", []).append(clause)
    for title, clauses in places.items():
        yield Group(capfirst(title), "", tuple(clauses))


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
    return one_group("goals", _("What both teams want"), _("and what keeps it honest"), "", clauses)


def _fields(body: Body) -> Section:
    clauses = [
        Clause(
            "",
            each["key"],
            text(each["label"]),
            detail=text(each["purpose"]),
            value=", ".join(each.get("choices") or []) or str(values.FIELD_TYPES[each["type"]]),
        )
        for each in body.get("fields") or []
    ]
    return one_group(
        "fields", _("What we need to know besides"), _("lead fields"), "", clauses, "fields"
    )


def _notes(body: Body) -> Section:
    """A clause for each line."""
    lines = [line.strip() for line in text(body.get("note", "")).splitlines() if line.strip()]
    clauses = [Clause("", str(number), line) for number, line in enumerate(lines, 1)]
    return one_group("note", _("Notes"), _("on this text"), "", clauses, "about")


def _but(counter: str) -> str:
    return _("while: %(counter)s") % {"counter": counter} if counter else ""


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
