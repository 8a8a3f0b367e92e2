"""What is said about the open version: threads at its sections and clauses, until resolved.

The single writer of `Thread` and `Comment`. A thread hangs on keys: it survives edits of the text.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads import events
from leads.models import User
from leads.refusals import Refused
from scoring.agreements import drafts, words
from scoring.agreements.sections import SECTIONS
from scoring.models import AgreementVersion, Comment, Thread

Status = AgreementVersion.Status
LONGEST = Comment._meta.get_field("text").max_length


def may_comment(user: User, version: AgreementVersion | None = None) -> bool:
    """Who belongs to a team, operations too; of a `version`, while its text is talked about."""
    talked_about = version is None or version.status in (Status.DRAFT, Status.PROPOSED)
    return user.is_active and bool(user.side) and talked_about


def open_thread(
    version: AgreementVersion, *, section: str, clause: str = "", text: str, by: User, at: datetime
) -> Thread:
    """Ask or remark something about a section (of `agreements.SECTIONS`), or about the clause of
    it with this key. Raises Refused `may_not_comment` (403), `settled` (409), `unknown_section`,
    `no_words` or `too_long` with the field `text`."""
    with transaction.atomic():
        version = _talked_about(version, by)
        if section not in SECTIONS:
            raise _unknown(section)
        words_said = _said(text)
        thread = Thread.objects.create(
            version=version, section=section, clause=clause[:130], opened_by=by, opened_at=at
        )
        _write(thread, words_said, by, at)
    return thread


def answer(thread: Thread, *, text: str, by: User, at: datetime) -> Comment:
    """Say more in a thread. An answer to a resolved one opens it again: somebody is not content.
    Raises what `open_thread` raises."""
    with transaction.atomic():
        _talked_about(thread.version, by)
        thread = _locked(thread)
        comment = _write(thread, _said(text), by, at)
        if thread.resolved_at:
            _reopen(thread, by, at)
    return comment


def resolve(thread: Thread, *, by: User, at: datetime) -> Thread:
    """It is settled; saying so twice changes nothing. Raises `may_not_comment`, `settled`."""
    with transaction.atomic():
        _talked_about(thread.version, by)
        thread = _locked(thread)
        if thread.resolved_at is None:
            thread.resolved_by, thread.resolved_at = by, at
            thread.save(update_fields=["resolved_by", "resolved_at"])
            _tell("agreement.thread_resolved", thread, by, at)
    return thread


def reopen(thread: Thread, *, by: User, at: datetime) -> Thread:
    """It is not settled after all. Raises `may_not_comment`, `settled`."""
    with transaction.atomic():
        _talked_about(thread.version, by)
        thread = _locked(thread)
        if thread.resolved_at:
            _reopen(thread, by, at)
    return thread


def unresolved(version: AgreementVersion) -> int:
    """How many threads are open: so many hold a signature up."""
    return version.threads.filter(resolved_at=None).count()


def _reopen(thread: Thread, by: User, at: datetime) -> None:
    thread.resolved_by = thread.resolved_at = None
    thread.save(update_fields=["resolved_by", "resolved_at"])
    _tell("agreement.thread_reopened", thread, by, at)


def _write(thread: Thread, text: str, by: User, at: datetime) -> Comment:
    comment = Comment.objects.create(thread=thread, by=by, at=at, text=text)
    _tell("agreement.commented", thread, by, at)
    return comment


def _talked_about(version: AgreementVersion, by: User) -> AgreementVersion:
    """The version, locked: no signature comes between the look at its threads and this one."""
    if not may_comment(by):
        raise Refused(
            "may_not_comment",
            _("Those who work for marketing, sales or operations talk about the agreement."),
            _("Ask somebody of a team to put your question."),
            status=403,
        )
    version = drafts.locked(version)
    if not may_comment(by, version):
        raise Refused("settled", words.settled(version), words.settled_remedy(version), status=409)
    return version


def _locked(thread: Thread) -> Thread:
    return Thread.objects.select_for_update(of=("self",)).get(pk=thread.pk)


def _said(text: str) -> str:
    said = text.strip()
    if not said:
        raise Refused("no_words", _("Nothing is written here."), _("Say it."), field="text")
    if len(said) > LONGEST:
        message = _("This is longer than %(most)s characters.") % {"most": LONGEST}
        raise Refused("too_long", message, _("Say it shorter."), field="text")
    return said


def _unknown(section: str) -> Refused:
    return Refused(
        "unknown_section",
        _("The agreement has no section “%(section)s”.") % {"section": section},
        _("Choose one of: %(sections)s.") % {"sections": ", ".join(SECTIONS)},
    )


def _tell(kind: str, thread: Thread, by: User, at: datetime) -> None:
    data = {"version": thread.version_id, "thread": thread.pk, "section": thread.section}
    events.write(kind, at=at, actor=by, data=data)
