"""The handoff in hand: what is known of it, and the forms that answer it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback import briefings, calendars, clockfaces, terms
from feedback.briefings import Briefing
from feedback.clockfaces import ClockFace
from feedback.forms import (
    AcceptanceForm,
    ContactForm,
    ConversationForm,
    MessageForm,
    QualificationForm,
    ReturnForm,
)
from feedback.handoffs import rights
from feedback.models import Handoff, Opportunity
from leads.models import Side, User
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
TYPED = {"textarea", "text", "number", "date"}


@dataclass(frozen=True)
class May:
    """What this person may do with the handoff as it stands."""

    accept: bool
    give_back: bool
    work: bool
    take: bool
    assign: bool


@dataclass(frozen=True)
class Hand:
    """The handoff in hand: what is known, and the forms that answer it.

    `said` is who answered it and when; `waited` what the buyer felt; `promise` what an
    acceptance starts; `needed` the points the agreement asks for.
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
    refusal: Refused | None = None

    @property
    def opportunity(self) -> Opportunity | None:
        return getattr(self.handoff, "opportunity", None)

    @property
    def parts(self) -> frozenset[str]:
        """What the answer column holds."""
        possible = {
            "acceptance": self.may.accept,
            "work": self.may.work,
            "return": self.may.give_back,
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


def load(user: User, pk: int) -> Handoff:
    """A handoff with all that its detail shows. 404 if this person may not know of it."""
    found = Handoff.objects.visible_to(user).select_related(
        "lead__owner",
        "lead__first_channel",
        "lead__latest_channel",
        "lead__standing__stage",
        "version",
        "pool__calendar",
        "owner",
        "answered_by",
        "reason",
        "evidence",
        "opportunity",
    )
    return get_object_or_404(found, pk=pk)


def hold(
    handoff: Handoff,
    user: User,
    *,
    at: datetime,
    bound: dict[str, Any] | None = None,
    refusal: Refused | None = None,
) -> Hand:
    """The handoff in hand. `bound` replaces forms that came back with what was filled in."""
    may = _may(handoff, user)
    return Hand(
        handoff=handoff,
        briefing=briefings.brief(handoff, user),
        face=_face(handoff, user, at=at),
        said=rights.already_answered(handoff, at=at).message if handoff.answer else "",
        waited=_waited(handoff, at=at),
        promise=_promise(handoff, at=at) if may.accept else "",
        needed=briefings.bar(handoff.version.body)[0],
        glance=briefings.glance(handoff, Readers()),
        about=briefings.about(handoff.lead),
        may=may,
        forms=_forms(handoff, may) | (bound or {}),
        refusal=refusal,
    )


def _face(handoff: Handoff, user: User, *, at: datetime) -> ClockFace | None:
    """The clock that runs. What runs on a closed handoff is owed by marketing: sales has done
    its part, and sees none."""
    if handoff.closed_at and user.side == Side.SALES:
        return None
    return clockfaces.read(handoff, handoff.pool.calendar, at=at)


def _waited(handoff: Handoff, *, at: datetime) -> str:
    """What the buyer felt, from the activity that led here to a human answer."""
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
    due_at = calendars.add_working_minutes(handoff.pool.calendar, at, term.minutes)
    local = date_format(timezone.localtime(due_at), "SHORT_DATETIME_FORMAT")
    return _("Accepting starts the first-contact clock, until %(moment)s.") % {"moment": local}


def _may(handoff: Handoff, user: User) -> May:
    member, manager = rights.is_member(user, handoff), rights.is_manager(user)
    offered, accepted = handoff.state == "offered", handoff.state == "accepted"
    owner = handoff.owner_id == user.pk
    return May(
        accept=offered and member,
        give_back=(offered and (member or manager)) or (accepted and (owner or manager)),
        work=accepted and (owner or manager),
        take=offered and member and handoff.owner_id is None,
        assign=(offered or accepted) and manager,
    )


def _forms(handoff: Handoff, may: May) -> dict[str, Any]:
    """The forms of the answers that are possible now."""
    forms: dict[str, Any] = {"message": MessageForm(auto_id="message_%s")}
    if may.accept:
        forms["acceptance"] = AcceptanceForm(handoff, auto_id="acceptance_%s")
    if may.give_back:
        forms["return"] = ReturnForm(handoff, auto_id="return_%s")
    if may.work:
        forms["contact"] = ContactForm(auto_id="contact_%s")
        forms["conversation"] = ConversationForm(auto_id="conversation_%s")
        forms["qualification"] = QualificationForm(handoff, auto_id="qualification_%s")
    return forms
