"""What is wrong in a section's form, and beside which input each fault is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.forms.forms import NON_FIELD_ERRORS

from scoring.checks import Problem
from scoring.forms.parts import SectionForm
from scoring.forms.rows import Row, Rows


@dataclass(frozen=True)
class Fault:
    """A sentence, what it is about, and the id of the element beside which it stands."""

    message: str
    about: str
    anchor: str


def of(form: SectionForm) -> list[Fault]:
    """The faults of a form that was checked, in the order of its inputs."""
    found = []
    for part in _every_form(form):
        for name, messages in part.errors.items():
            about = "" if name == NON_FIELD_ERRORS else str(part[name].label or "")
            anchor = _anchor(part, name)
            found += [Fault(str(each), _joined(part, about), anchor) for each in messages]
    return found


def show(form: SectionForm, problem: Problem) -> None:
    """Put a problem of the text, whose path says where it is, beside its input."""
    part, name = _place(form, problem.path)
    if part is None:
        return
    part.add_error(name, problem.message)


def anchor(form: SectionForm, path: str) -> str:
    """The id of the element where what stands at this path of the body is put right."""
    part, name = _place(form, path)
    return _anchor(part, name or NON_FIELD_ERRORS) if part else "section-form"


def _place(form: SectionForm, path: str) -> tuple[forms.Form | None, str | None]:
    """The form and the input that a path of the body means: the deepest row whose key it names,
    and the first input named after it."""
    steps = path.split(".")
    if hasattr(form, "place"):
        return form.place(steps)
    for at in range(len(steps) - 1, -1, -1):
        for part in _rows(form):
            if _key(part) == steps[at]:
                return part, _input(part, steps[at + 1 :])
    return _first(form, steps)


def _first(form: SectionForm, steps: list[str]) -> tuple[forms.Form | None, str | None]:
    for part in form.parts():
        if isinstance(part, forms.Form) and (name := _input(part, steps)):
            return part, name
    lone = [part for part in form.parts() if isinstance(part, forms.Form)]
    return (lone[0], None) if lone else (None, None)


def _input(part: forms.Form, steps: list[str]) -> str | None:
    known = getattr(part, "inputs", {})
    for step in steps:
        name = known.get(step, step)
        if name in part.fields:
            return name
    return None


def _rows(form: SectionForm) -> Iterator[forms.Form]:
    """Whatever has a key in the body."""
    for part in form.parts():
        yield from part if isinstance(part, Rows) else [part]


def _key(part: forms.Form) -> str:
    if isinstance(part, Row):
        known = part.item["key"] if part.item else ""
        return getattr(part, "written_key", "") or known
    key = getattr(part, "key", "")
    return key if isinstance(key, str) else ""


def _every_form(form: SectionForm) -> Iterator[forms.Form]:
    for part in form.parts():
        if not isinstance(part, Rows):
            yield part
            continue
        for row in part:
            if row.is_bound and not row.is_left_empty() and not row.is_removed():
                yield from _within(row)


def _within(row: Row) -> Iterator[forms.Form]:
    if hasattr(row, "every_form"):
        yield from row.every_form()
        return
    yield row
    yield from getattr(row, "leaves", None) or ()


def _anchor(part: forms.Form, name: str) -> str:
    if name == NON_FIELD_ERRORS or name is None:
        return f"row-{part.prefix}" if isinstance(part, Row) else str(part.prefix or "section-form")
    return part[name].id_for_label or f"row_{part[name].auto_id}"


def _joined(part: forms.Form, about: str) -> str:
    heading = str(getattr(part, "heading", "") or getattr(part, "label", "") or "")
    return ": ".join(each for each in (heading, about) if each)
