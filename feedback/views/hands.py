"""The handoff in hand: what is known of it, and the forms that answer it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import (
    briefings,
    calendars,
    clockfaces,
    handoffs,
    openers,
    postponements,
    readiness,
    routing,
    statements,
    step_words,
    terms,
)
from feedback.briefings import Briefing
from feedback.clockfaces import ClockFace
from feedback.forms import (
    AcceptanceForm,
    ContactForm,
    ConversationForm,
    LaterForm,
    MessageForm,
    QualificationForm,
    ReturnForm,
)
from feedback.handoffs import rights
from feedback.models import Handoff, HandoffEvent, Opportunity
from feedback.openers import Opener
from feedback.postponements import Later
from feedback.routing.traces import Trace
from feedback.statements import Kept, Who
from feedback.views import stale
from leads.models import Note, Side, User
from leads.refusals import Refused
from scoring import promises
from scoring.glances import Glance, Readers

# The part of the answer column that holds a form, where it is not called as the form.
PART_OF_FORM = {
    "contact": "work",
    "conversation": "work",
    "qualification": "work",
    "message": "thread",
}
TYPED = {"textarea", "text", "number", "date", "datetime"}


@dataclass(frozen=True)
class May:
    """What this person may do with the handoff as it stands."""

    accept: bool
    give_back: bool
    work: bool
    take: bool
    assign: bool
    release: bool
    put_off: bool
    take_up: bool
    withdraw: bool


@dataclass(frozen=True)
class Hand:
    """The handoff in hand: what is known, and the forms that answer it.

    `said` is who answered it and when; `waited` what the buyer felt; `promise` what an
    acceptance starts; `needed` the points the agreement asks for; `opener` how to begin the
    conversation; `trace` why it is whose it is; `undo` the step that may be taken back; `later`
    what the clock does when it is put off; `rests` until when it rests, and why, in words.
    """

    handoff: Handoff
    briefing: Briefing
    face: ClockFace | None
    said: str
    waited: str
    promise: str
    needed: int | None
    glance: Glance | None
    about: list[tuple[str, str]]
    may: May
    forms: dict[str, Any]
    opener: Opener
    trace: Trace
    undo: HandoffEvent | None
    later: str
    rests: str
    refusal: Refused | None = None

    @property
    def opportunity(self) -> Opportunity | None:
        qualified = self.handoff.outcome == Handoff.Outcome.QUALIFIED
        return getattr(self.handoff, "opportunity", None) if qualified else None

    @property
    def parts(self) -> frozenset[str]:
        """What the answer column holds."""
        possible = {
            "acceptance": self.may.accept,
            "work": self.may.work,
            "return": self.may.give_back,
            "later": self.may.put_off,
            "assignment": True,
            "thread": True,
        }
        return frozenset(part for part, may in possible.items() if may)

    def alone(self, part: str) -> frozenset[str]:
        """One part on a page of its own, if it is possible at all."""
        return self.parts & {PART_OF_FORM.get(part, part)}

    @property
    def unsent(self) -> list[tuple[str, str]]:
        """What was typed into a form that is not possible any more, each with its label."""
        return [
            (str(field.label), str(field.value()))
            for name, form in self.forms.items()
            if form.is_bound and not self.alone(name)
            for field in form
            if field.widget_type in TYPED and field.value()
        ]

    @property
    def seen(self) -> str:
        """What a form brings along of what it shows."""
        return stale.mark(self.handoff)

    @property
    def claim(self) -> HandoffEvent | None:
        """The step that claimed it, with its reason."""
        steps = self.briefing.history.steps
        mine = (each for each in steps if each.handoff_id == self.handoff.pk)
        return next((each for each in mine if each.kind == "claimed"), None)

    @property
    def undoes(self) -> str:
        """What would be undone, in words."""
        if self.undo is None:
            return ""
        what = step_words.UNDONE.get(self.undo.kind)
        return _("Undo: %(what)s") % {"what": what} if what else _("Undo the last step")

    @property
    def tries(self) -> str:
        """How often somebody tried to reach the lead."""
        number = self.handoff.attempts
        said = ngettext("%(n)s try to reach them", "%(n)s tries to reach them", number)
        return said % {"n": number} if number else ""

    @property
    def line(self) -> str:
        return briefings.line(self.handoff.lead)

    @property
    def channels(self) -> str:
        """The channels the lead came by first and last."""
        lead = self.handoff.lead
        known = [str(channel) for channel in (lead.first_channel, lead.latest_channel) if channel]
        return ", ".join(dict.fromkeys(known))

    @property
    def owes_contact(self) -> bool:
        return self.handoff.clock == Handoff.Clock.FIRST_CONTACT

    @property
    def owes_qualification(self) -> bool:
        return self.handoff.clock == Handoff.Clock.QUALIFY

    @property
    def disputed(self) -> str:
        """The criterion the return disputes, in words."""
        wanted, criteria = self.handoff.disputed, self.briefing.criteria
        return next((each.words for each in criteria if each.key == wanted), wanted)

    @property
    def has_checklist(self) -> bool:
        """Whether the handoff's version asks for a qualification checklist."""
        return bool(terms.checklist(self.handoff.version, terms.QUALIFICATION))

    @property
    def standing(self) -> str:
        return standing(self.handoff)


def standing(handoff: Handoff) -> str:
    """How a handoff stands, as text: it differs as soon as somebody has done something to it."""
    rests = handoff.rests_until.isoformat() if handoff.rests_until else ""
    return f"{handoff.state}~{handoff.owner_id or ''}~{handoff.clock}~{handoff.attempts}~{rests}"


def load(user: User, pk: int) -> Handoff:
    """A handoff with what its detail shows, but for who answered it: they are read with its
    history. 404 if this person may not know of it."""
    for handoff in _kept(statements.kind_of(user)).rows(statements.given(user, handoff=pk)):
        return handoff
    raise Http404


@cache
def _kept(who: Who) -> Kept:
    # Each further table costs, and a LIMIT doubles it: PostgreSQL plans this anew every time.
    found = Handoff.objects.visible_to(statements.somebody(*who)).select_related(
        *("lead__first_channel", "lead__latest_channel", "lead__owner", "entry__stage"),
        *("version", "pool__calendar", "owner", "reason", "evidence"),
    )
    return Kept(calendars.with_own_calendar(found).filter(pk=statements.HANDOFF))


def hold(
    handoff: Handoff,
    user: User,
    *,
    at: datetime,
    bound: dict[str, Any] | None = None,
    refusal: Refused | None = None,
) -> Hand:
    """The handoff in hand. `bound` replaces forms that came back with what was filled in."""
    if "own_hours" not in handoff.__dict__:
        clockfaces.prepare([handoff])
    briefing = briefings.brief(handoff, user)
    steps = briefing.history.steps
    may = _may(handoff, user, steps, at=at)
    later = postponements.of(handoff, at=at) if may.put_off else None
    return Hand(
        handoff=handoff,
        briefing=briefing,
        face=_face(handoff, user, at=at),
        said=_said(handoff, steps, at=at),
        waited=_waited(handoff, at=at),
        promise=_promise(handoff, at=at) if may.accept else "",
        needed=briefings.bar(handoff.version.body)[0],
        glance=briefings.glance(handoff, Readers()),
        about=briefings.about(handoff.lead),
        may=may,
        forms=_forms(handoff, may, later, at=at) | (bound or {}),
        opener=openers.draw(handoff, user, briefing),
        trace=routing.explain(handoff, steps=steps),
        undo=handoffs.undoable(handoff, user, steps=steps),
        later=later.words if later else "",
        rests=_rests(handoff, steps, at=at),
        refusal=refusal,
    )


def _said(handoff: Handoff, steps: list[HandoffEvent], *, at: datetime) -> str:
    """Who answered it and when. Of what was withdrawn, and of a claim that was undone, by whom;
    and why."""
    if not handoff.answer:
        return ""
    kinds = {"withdrawn", "undone"} if handoff.state == "withdrawn" else set()
    mine = (step for step in steps if step.handoff_id == handoff.pk and step.kind in kinds)
    last = next(mine, None)
    if last is None or last.by is None:
        return rights.already_answered(handoff, at=at).message
    pattern = _("%(who)s withdrew this lead %(when)s.")
    if last.kind == "undone":
        pattern = _("%(who)s undid the claim %(when)s.")
    said = pattern % {"who": last.by, "when": rights.when(last.at, at=at)}
    return f"{said} {_quoted(last.note)}" if last.note else said


def _face(handoff: Handoff, user: User, *, at: datetime) -> ClockFace | None:
    """The clock that runs. What runs on a closed handoff is owed by marketing: sales has done
    its part, and sees none."""
    if handoff.closed_at and user.side == Side.SALES:
        return None
    return clockfaces.read(handoff, at=at)


def _rests(handoff: Handoff, steps: list[HandoffEvent], *, at: datetime) -> str:
    """Until when it rests and why: put off, or asked back on a day."""
    if handoff.rests_until is None or handoff.rests_until <= at:
        return ""
    if handoff.closed_at:
        day = date_format(timezone.localtime(handoff.rests_until), "DATE_FORMAT")
        return _("It comes back on %(day)s, with your notes.") % {"day": day}
    moment = date_format(timezone.localtime(handoff.rests_until), "SHORT_DATETIME_FORMAT")
    paused = _("The clock is paused until %(moment)s.")
    said = (paused if handoff.paused_at else _("Put off until %(moment)s.")) % {"moment": moment}
    kinds = ("put_off", "paused")
    last = next((s for s in steps if s.handoff_id == handoff.pk and s.kind in kinds), None)
    if last and last.note:
        said += f" {_quoted(last.note)}"
    return said


def _quoted(note: Note) -> str:
    return _("“%(words)s”") % {"words": note.text}


def _waited(handoff: Handoff, *, at: datetime) -> str:
    """What the buyer felt, from the activity that led here to a human answer. Who was claimed
    did not wait for us."""
    if handoff.claimed:
        return ""
    reached = handoff.first_contact_at
    until = reached or handoff.closed_at or at
    span = clockfaces.wall_time((until - handoff.trigger_at).total_seconds())
    name = handoff.lead.first_name or handoff.lead.name
    if reached:
        return _("%(name)s heard from us after %(time)s") % {"name": name, "time": span}
    return _("%(name)s has waited %(time)s") % {"name": name, "time": span}


def _promise(handoff: Handoff, *, at: datetime) -> str:
    """What an acceptance starts, and until when."""
    clock = Handoff.Clock.FIRST_CONTACT
    term = promises.term(handoff.version, clock, lead=handoff.lead, at=at)
    if term is None:
        return ""
    due_at = calendars.add_working_minutes(calendars.of(handoff), at, term.minutes)
    local = date_format(timezone.localtime(due_at), "SHORT_DATETIME_FORMAT")
    return _("Accepting starts the first-contact clock, until %(moment)s.") % {"moment": local}


def _may(handoff: Handoff, user: User, steps: list[HandoffEvent], *, at: datetime) -> May:
    member, manager = rights.is_member(user, handoff), rights.is_manager(user)
    offered, accepted = handoff.state == "offered", handoff.state == "accepted"
    free = offered and not rights.is_taken(handoff, user, steps=steps)
    owner = handoff.owner_id == user.pk
    holds = handoff.owner_id is not None and (owner or manager) and (offered or accepted)
    resting = handoff.rests_until is not None and handoff.rests_until > at
    late = handoff.due_at is not None and handoff.due_at <= at
    return May(
        accept=free and member,
        give_back=(free and (member or manager)) or (accepted and (owner or manager)),
        work=accepted and (owner or manager),
        take=offered and member and handoff.owner_id is None,
        assign=(offered or accepted) and manager,
        release=offered and holds,
        put_off=holds and not resting and not late,
        take_up=holds and resting,
        withdraw=handoff.is_open and (user.side == Side.MARKETING or user.is_manager),
    )


def _forms(handoff: Handoff, may: May, later: Later | None, *, at: datetime) -> dict[str, Any]:
    """The forms of the answers that are possible now."""
    forms: dict[str, Any] = {"message": MessageForm(auto_id="message_%s")}
    if may.accept:
        ready = readiness.of(handoff, terms.ACCEPTANCE, at=at)
        forms["acceptance"] = AcceptanceForm(handoff, auto_id="acceptance_%s", ready=ready)
    if may.give_back:
        forms["return"] = ReturnForm(handoff, auto_id="return_%s")
    if later:
        forms["later"] = LaterForm(later, auto_id="later_%s")
    if may.work:
        ready = readiness.of(handoff, terms.QUALIFICATION, at=at)
        forms["contact"] = ContactForm(auto_id="contact_%s")
        forms["conversation"] = ConversationForm(auto_id="conversation_%s")
        forms["qualification"] = QualificationForm(handoff, auto_id="qualification_%s", ready=ready)
    return forms
