"""A section as it would read with what stands in its form, and what would be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from scoring import agreements, checks, maps, sentences
from scoring.checks import Problem
from scoring.documents import Body, text
from scoring.forms import SectionForm, faults
from scoring.forms.faults import Fault
from scoring.maps import Map
from scoring.rulebooks import Rulebook
from scoring.sentences import Change, Section

# Sections that the map shows.
DRAWN = ("stages", "moves")


@dataclass(frozen=True)
class Preview:
    """`sections` of the document, each with whether it says something new. `faults` are those of
    this section. Where the inputs cannot be read, `reads` is False and the text is that of the
    draft."""

    sections: list[tuple[Section, bool]]
    changes: list[Change]
    faults: list[Fault]
    reads: bool
    title: str = ""
    summary: str = ""
    map: Map | None = None


def of(form: SectionForm, base: Body | None) -> Preview:
    """The form, or as long as nothing was put into it, the draft it was made of."""
    after = body_with(form)
    body = form.body if after is None else after
    problems = faults.of(form) if after is None else _problems(form, body)
    return Preview(
        sections=_marked(reading(body, form.key), reading(base, form.key) if base else []),
        changes=changed(base, body, form.key),
        faults=problems,
        reads=after is not None,
        title=text(body["title"]) if form.key == "about" else "",
        summary=text(body["summary"]) if form.key == "about" else "",
        map=maps.of(body, anchor="#stage-") if form.key in DRAWN else None,
    )


def body_with(form: SectionForm) -> Body | None:
    """The draft with what stands in the form; None where that cannot be read."""
    if form.data is None:
        return form.body
    if not form.is_valid():
        return None
    body = agreements.with_section(form.body, form.key, form.value())
    return None if checks.unreadable(body) else body


def reading(body: Body, section: str) -> list[Section]:
    """What the document says that is edited in this section."""
    return [each for each in sentences.document(body, Rulebook(body)) if each.edited_in == section]


def _marked(sections: list[Section], before: list[Section]) -> list[tuple[Section, bool]]:
    """Each section, and whether it says something else than before; all of a few."""
    old = {each.key: _said(each) for each in before}
    return [(each, len(sections) < 3 or old.get(each.key) != _said(each)) for each in sections]


def _said(section: Section) -> list[tuple[str, ...]]:
    """What a section says, without its numbers."""
    return [
        (group.title, clause.text, clause.detail, clause.value, clause.side)
        for group in section.groups
        for clause in group.clauses
    ]


def changed(base: Body | None, body: Body, section: str) -> list[Change]:
    found = sentences.changes(base, body) if base else []
    return [each for each in found if each.section == section]


def _problems(form: SectionForm, body: Body) -> list[Fault]:
    found: list[Problem] = checks.validate(body)
    return [
        Fault(each.message, "", faults.anchor(form, each.path))
        for each in found
        if agreements.section_of(each.path) == form.key
    ]
