"""What is said about a version, section by section of the document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from leads.models import User
from scoring.agreements import comments
from scoring.forms.talks import CommentForm, ThreadForm
from scoring.models import AgreementVersion, Comment, Thread
from scoring.sentences import Section
from scoring.sentences.clauses import STAGE

LONGEST_LABEL = 70


@dataclass(frozen=True)
class Talk:
    """A thread. `number` is that of the clause it is about, empty where it is about the whole
    section; `gone` says that the clause is not in the text any more."""

    thread: Thread
    comments: list[Comment]
    number: str
    gone: bool
    form: CommentForm | None

    @property
    def is_open(self) -> bool:
        return self.thread.resolved_at is None

    @property
    def first(self) -> Comment:
        return self.comments[0]


@dataclass(frozen=True)
class Place:
    """A section of the document, what is said there, and the form to say more."""

    key: str
    version: AgreementVersion
    talks: list[Talk]
    form: ThreadForm | None

    @property
    def open(self) -> int:
        return sum(each.is_open for each in self.talks)

    @property
    def resolved(self) -> int:
        return len(self.talks) - self.open

    @property
    def has_errors(self) -> bool:
        return bool(self.form and self.form.errors)


@dataclass(frozen=True)
class Said:
    """What was posted and could not be taken: at a section (`place`) or in a `thread`."""

    form: CommentForm
    place: str = ""
    thread: int = 0


def places(
    version: AgreementVersion, sections: Iterable[Section], user: User, *, said: Said | None = None
) -> dict[str, Place]:
    """By the key of each section: its threads, the form to open one. Two queries."""
    sections = list(sections)
    may = comments.may_comment(user, version)
    if not may and not version.threads.exists():
        return {}
    found: dict[str, list[Talk]] = {}
    for thread in _threads(version):
        section, number, gone = _where(thread, sections)
        form = _answer_form(thread, said) if may else None
        talk = Talk(thread, list(thread.comments.all()), number, gone, form)
        found.setdefault(section.key if section else "", []).append(talk)
    return {
        section.key: Place(
            section.key,
            version,
            found.get(section.key, []) + (found.get("", []) if section is sections[-1] else []),
            _form(section, said) if may else None,
        )
        for section in sections
    }


def clauses(section: Section) -> list[tuple[str, str]]:
    """What a thread can be about: the keys it is kept by, and what a reader chooses from."""
    whole = section.key if section.key.startswith(STAGE) else ""
    return [(whole, _("The whole section")), *_clauses(section)]


def _clauses(section: Section) -> Iterator[tuple[str, str]]:
    stage = section.key.removeprefix(STAGE) if section.key.startswith(STAGE) else ""
    for group in section.groups:
        for clause in group.clauses:
            key = f"{stage}.{clause.key}" if stage else clause.key
            label = Truncator(f"{clause.number} {clause.text}").chars(LONGEST_LABEL)
            yield key, label


def _threads(version: AgreementVersion) -> list[Thread]:
    threads = version.threads.select_related("opened_by", "resolved_by")
    return list(threads.prefetch_related("comments__by__team"))


def _where(thread: Thread, sections: list[Section]) -> tuple[Section | None, str, bool]:
    """The section of the document a thread is shown at, the number of its clause, and whether
    that is gone. Then it is shown at the first section it may have stood in."""
    candidates = [each for each in sections if each.edited_in == thread.section]
    for section in candidates:
        labels = dict(clauses(section))
        if thread.clause in labels:
            number = labels[thread.clause].split(" ", 1)[0] if _is_clause(thread, section) else ""
            return section, number, False
    return (candidates[0] if candidates else None), "", bool(thread.clause)


def _is_clause(thread: Thread, section: Section) -> bool:
    return thread.clause not in ("", section.key)


def _form(section: Section, said: Said | None) -> ThreadForm:
    if said and said.place == section.key and isinstance(said.form, ThreadForm):
        return said.form
    return ThreadForm(at=section.key, clauses=clauses(section))


def _answer_form(thread: Thread, said: Said | None) -> CommentForm:
    if said and said.thread == thread.pk:
        return said.form
    return CommentForm(at=f"thread-{thread.pk}")
