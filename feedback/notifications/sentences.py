"""What a notification says, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import JSONField, QuerySet, Subquery
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback import briefings, rooms
from feedback.models import Handoff, Notification, Pool
from feedback.notifications import lateness
from leads.models import Event, User
from scoring import documents
from scoring.models import AgreementVersion, Reason


@dataclass(frozen=True)
class Sentence:
    """One sentence and the path of the page it is about."""

    text: str
    url: str


@dataclass(frozen=True)
class Telling(Sentence):
    """A notification in words. `why` is what speaks most for a lead that waits for an answer, `due`
    by when one is owed, empty where none is, `late` once that has passed. It `stands` as long as
    it still is so, and the person may see what it is about; it is `settled` where it says instead
    who has the lead now."""

    row: int
    kind: str
    at: datetime
    read: bool
    why: str
    due: str
    late: bool
    stands: bool
    settled: bool


def sentence(notification: Notification) -> Sentence:
    """What happened, in the active language, as it is said when it is told. Load `event__lead`,
    `event__actor` and `event__note` with it."""
    [said] = sentences([notification])
    return said


def sentences(notifications: Iterable[Notification]) -> list[Sentence]:
    """What each of them says, all to one person. Few queries, however many."""
    rows = list(notifications)
    if not rows:
        return []
    told = tellings(rows, rows[0].user, at=max(row.created_at for row in rows))
    return [Sentence(each.text, each.url) for each in told]


def tellings(notifications: Iterable[Notification], user: User, *, at: datetime) -> list[Telling]:
    """What each of them says to `user` who reads it at `at`, in the active language. Few queries,
    however many. Load `event__lead`, `event__actor` and `event__note` with them."""
    rows = list(notifications)
    return _told(rows, user, at=at) if rows else []


def _told(rows: list[Notification], user: User, *, at: datetime) -> list[Telling]:
    words = _words([row.event for row in rows], user, at=at)
    return [
        Telling(
            text=words.text(row.event),
            url=words.url(row.event),
            row=row.pk,
            kind=row.event.kind,
            at=row.created_at,
            read=row.read_at is not None,
            why=words.why(row.event),
            due=words.due(row.event),
            late=words.late(row.event),
            stands=words.stands(row.event),
            settled=bool(words.taker(row.event)),
        )
        for row in rows
    ]


def _words(events: list[Event], user: User, *, at: datetime) -> _Words:
    """Only what some event names is asked for."""
    asking = any(event.kind in UNTIL_ANSWERED for event in events)
    return _Words(
        user,
        at,
        versions={each.pk: each for each in _named(_versions(), events, "version")},
        reasons=_reasons(events),
        pools=_read(Pool.objects.values_list("pk", "name"), events, "pool"),
        people={each.pk: str(each) for each in _named(User.objects.all(), events, "user")},
        handoffs={each.pk: each for each in _named(_visible(user, asking), events, "handoff")},
    )


def _reasons(events: list[Event]) -> dict[str, str]:
    """By key, as the agreement in force says them in the reader's language; those that it has no
    more as they were said last."""
    in_force = AgreementVersion.objects.in_force().values("body__reasons")[:1]
    named = Reason.objects.annotate(written=Subquery(in_force, output_field=JSONField()))
    rows = _named(named.values_list("key", "label", "written"), events, "reason", "key")
    said = ((key, label, documents.item(written or [], key)) for key, label, written in rows)
    return {key: documents.text(found["label"]) if found else label for key, label, found in said}


def _versions() -> QuerySet[AgreementVersion]:
    return AgreementVersion.objects.only("number", "status")


def _visible(user: User, asking: bool) -> QuerySet[Handoff]:
    """With what speaks for the lead, where some are `asking` for an answer."""
    needed = ("clock", "due_at", "answer", "closed_at", "unassigned_since")
    whose = ("owner__first_name", "owner__last_name", "owner__email")
    seen = Handoff.objects.visible_to(user).select_related("owner")
    if asking:
        return seen.select_related("evidence").only(*needed, *whose, "evidence__ledger")
    return seen.only(*needed, *whose)


def _named(rows: QuerySet, events: list[Event], what: str, key: str = "pk") -> Iterable:
    named = {event.data[what] for event in events if event.data.get(what)}
    return rows.filter(**{f"{key}__in": named}) if named else ()


def _read(rows: QuerySet, events: list[Event], what: str) -> dict:
    return dict(_named(rows, events, what))


@dataclass(frozen=True)
class _Words:
    """What the sentences need to know: the numbers of versions, the labels of reasons, the names of
    pools and people, and those handoffs that the reader may see."""

    user: User
    at: datetime
    versions: dict[int, AgreementVersion]
    reasons: dict[str, str]
    pools: dict[int, str]
    people: dict[int, str]
    handoffs: dict[int, Handoff]

    def text(self, event: Event) -> str:
        taker, handoff = self.taker(event), self.handoffs.get(event.data.get("handoff"))
        values = {
            "lead": self._lead(event, alone=taker is not None),
            "who": event.actor or "Baton",
            "due": self._due(event),
            "clock": dict(Handoff.Clock.choices).get(event.data.get("clock"), ""),
            "reason": self.reasons.get(event.data.get("reason"), ""),
            "number": getattr(self.versions.get(event.data.get("version")), "number", ""),
            "when": _moment(event.data.get("takes_effect_at", "")),
            "leads": _of_yours(event.data.get("number", 0)),
            "n": event.data.get("number", 0),
            "pool": self.pools.get(event.data.get("pool"), ""),
            "whom": self.people.get(event.data.get("user"), ""),
            "owner": handoff.owner if handoff else None,
        }
        pattern = _has_it() if taker else self._of_clock(event) or _pattern(event)()
        return f"{pattern % values} {self._quoted(event)}".strip()

    def url(self, event: Event) -> str:
        return reverse("notifications") if self._hidden(event) else _url(event, self.user)

    def due(self, event: Event) -> str:
        """By when the answer that the event is about is owed, while it is."""
        handoff = self.handoffs.get(event.data.get("handoff"))
        if event.kind not in UNTIL_ANSWERED or handoff is None or not handoff.due_at:
            return ""
        return lateness.by_when(handoff.due_at, at=self.at)

    def late(self, event: Event) -> bool:
        """Whether that has passed."""
        return bool(self.due(event)) and self.handoffs[event.data["handoff"]].due_at < self.at

    def why(self, event: Event) -> str:
        """What speaks most for a lead that waits for an answer."""
        handoff = self.handoffs.get(event.data.get("handoff"))
        if event.kind not in UNTIL_ANSWERED or handoff is None or self.taker(event):
            return ""
        evidence = getattr(handoff, "evidence", None)
        pros, _cons = briefings.strongest(evidence.ledger if evidence else [])
        return pros[0].words if pros else ""

    def taker(self, event: Event) -> User | None:
        """Who else has the lead that waited for somebody."""
        handoff = self.handoffs.get(event.data.get("handoff"))
        waited = event.kind in UNTIL_ANSWERED and handoff is not None
        return handoff.owner if waited and handoff.owner_id not in (None, self.user.pk) else None

    def stands(self, event: Event) -> bool:
        """Whether what the event says still is so, and the reader may see it."""
        if event.kind in UNTIL_SIGNED:
            version = self.versions.get(event.data["version"])
            return version is not None and version.status == AgreementVersion.Status.PROPOSED
        if "handoff" not in event.data:
            return True
        handoff = self.handoffs.get(event.data["handoff"])
        if handoff is None:
            return False
        if event.kind == "clock.warning":
            return handoff.clock == event.data["clock"]
        if event.kind == "handoff.unassigned":
            return handoff.unassigned_since is not None
        mine = handoff.owner_id in (None, self.user.pk)
        open_still = mine and not (handoff.answer or handoff.closed_at)
        return open_still or event.kind not in UNTIL_ANSWERED

    def _lead(self, event: Event, *, alone: bool) -> str:
        """With the company where somebody is to do something about the lead."""
        if self._hidden(event) or not event.lead:
            return _("a lead")
        company = "" if alone or event.kind not in OWED else event.lead.company_name
        return f"{event.lead} ({company})" if company else str(event.lead)

    def _due(self, event: Event) -> str:
        due = lateness.due_at(event, self.handoffs.get(event.data.get("handoff")))
        return lateness.by_when(due, at=self.at) if due else ""

    def _of_clock(self, event: Event) -> str:
        """Who owes what, where the event is about a clock of a lead that the reader sees."""
        handoff = self.handoffs.get(event.data.get("handoff"))
        if event.kind not in OF_CLOCKS or handoff is None:
            return ""
        return lateness.pattern(event, handoff, self.user, at=self.at)

    def _quoted(self, event: Event) -> str:
        """Somebody's own words, where they are the point."""
        if event.kind not in QUOTED or self._hidden(event) or not event.note:
            return ""
        return _("“%(words)s”") % {"words": event.note.text}

    def _hidden(self, event: Event) -> bool:
        """The reader may not, or no longer, see the lead: of another team, erased, withdrawn."""
        return "handoff" in event.data and event.data["handoff"] not in self.handoffs


_PATTERNS: dict[str, Callable[[], str]] = {
    "handoff.offered": lambda: _("%(lead)s waits for an answer."),
    "handoff.assigned": lambda: _("%(lead)s is now yours to answer."),
    "handoff.returned": lambda: _("%(who)s returned %(lead)s: %(reason)s."),
    "handoff.replied": lambda: _("%(who)s wrote about %(lead)s."),
    "handoff.alert": lambda: _("%(lead)s asks for somebody now. Who takes it first has it."),
    "handoff.unassigned": lambda: _("Nobody can take %(lead)s now."),
    "handoff.taken_back": lambda: _("%(lead)s was offered to others: the time to answer was over."),
    "handoff.claimed": lambda: _("%(who)s took %(lead)s below the bar."),
    "handoff.undone": lambda: _("%(who)s undid the last step on %(lead)s."),
    "handoff.withdrawn": lambda: _("%(who)s withdrew %(lead)s."),
    "clock.escalated": lambda: _("%(lead)s still waits, long after the deadline: %(clock)s."),
    "clock.breached_many": lambda: _("%(n)s deadlines passed in %(pool)s: %(clock)s."),
    "clock.escalated_many": lambda: _(
        "%(n)s leads still wait in %(pool)s, long after the deadlines: %(clock)s."
    ),
    "delivery.failed": lambda: _("Something that happened could not be passed on."),
    "mail.unsure": lambda: _("A mail to %(whom)s may not have arrived."),
    "mail.failed": lambda: _("A mail to %(whom)s could not be sent."),
    "clock.breached": lambda: _("A deadline passed for %(lead)s: %(clock)s."),
    "clock.warning_many": lambda: _("The time is nearly up for %(n)s leads: %(clock)s."),
    "clock.warning": lambda: _("The time is nearly up for %(lead)s: %(clock)s by %(due)s."),
    "agreement.proposed": lambda: _("Agreement %(number)s waits for signatures."),
    "agreement.commented": lambda: _("%(who)s wrote about agreement %(number)s."),
    "agreement.objected": lambda: _("%(who)s objects to agreement %(number)s."),
    "agreement.reminder": lambda: _(
        "Agreement %(number)s still waits for your signature, or for your objection."
    ),
    "agreement.agreed": lambda: _(
        "Both sides have signed agreement %(number)s. It takes effect on %(when)s."
    ),
    "agreement.postponed": lambda: _(
        "Agreement %(number)s takes effect later than planned, on %(when)s."
    ),
    "agreement.advanced": lambda: _(
        "Agreement %(number)s takes effect earlier than planned, on %(when)s."
    ),
    "agreement.stuck": lambda: _(
        "Agreement %(number)s could not take effect: something is in the way."
    ),
    "agreement.trial_over": lambda: _(
        "The trial of agreement %(number)s is over: keep it, change it, or go back?"
    ),
    "agreement.trial_reminder": lambda: _(
        "The trial of agreement %(number)s still waits for your answer: keep it, change it, or go "
        "back?"
    ),
    "agreement.trial_answered": lambda: _(
        "%(who)s says what is to become of agreement %(number)s after its trial."
    ),
    "agreement.in_force": lambda: _("Agreement %(number)s is in force."),
    "near_miss.question": lambda: _("%(who)s asks for what is missing about %(leads)s."),
    "calibration.opened": lambda: _("%(who)s asks both teams: is this a lead? Vote, alone."),
}


QUOTED = {"handoff.withdrawn"}
UNDONE = "handoff.undone"
_UNDONE: dict[str, Callable[[], str]] = {
    "returned": lambda: _("%(who)s has %(lead)s back: the return is undone."),
    "assigned": lambda: _("%(who)s undid who answers %(lead)s."),
}

# What is worth a mail only until both have signed, or one withdrew.
UNTIL_SIGNED = {"agreement.proposed", "agreement.reminder"}

# What is worth a mail only until the lead is answered, or somebody else's.
UNTIL_ANSWERED = frozenset(
    {"handoff.offered", "handoff.assigned", "handoff.alert", "handoff.unassigned"}
)

OF_CLOCKS = lateness.BREACHES | {"clock.warning"}
# Somebody is to do something.
OWED = UNTIL_ANSWERED | OF_CLOCKS

# Where those wait whose clock it is.
_QUEUES = {
    Handoff.Clock.ANSWER: "answer",
    Handoff.Clock.FIRST_CONTACT: "contact",
    Handoff.Clock.QUALIFY: "qualify",
}


def _pattern(event: Event) -> Callable[[], str]:
    found = None
    if event.kind == UNDONE:
        found = _UNDONE.get(event.data.get("kind", ""))
    if event.kind == "delivery.failed" and event.data.get("waits"):
        found = _no_pool
    if event.kind == "handoff.assigned" and event.data["to"] is None:
        found = _given_back
    if event.kind == "handoff.alert" and "owner" in event.data:
        found = _asks_its_owner
    return found or _PATTERNS[event.kind]


def _given_back() -> str:
    return _("%(who)s gave %(lead)s back to the pool. Who takes it has it.")


def _asks_its_owner() -> str:
    return _("%(lead)s, yours to answer, asks for somebody now.")


def _has_it() -> str:
    return _("%(owner)s has %(lead)s now.")


def _no_pool() -> str:
    return _("Leads wait: there is no pool of reps.")


def _of_yours(number: int) -> str:
    said = ngettext("one of your leads", "%(n)s of your leads", number)
    return said % {"n": number}


def _moment(value: str) -> str:
    if not value:
        return ""
    return date_format(localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")


def _url(event: Event, user: User) -> str:
    if event.kind == "delivery.failed":
        return _failed(event, user)
    if event.kind.startswith("mail."):
        return reverse("notifications") + "#mails"
    if event.kind.endswith("_many"):
        return _of_many(event) if rooms.has_inbox(user) else reverse("returns")
    if "calibration" in event.data:
        return reverse("agreement_calibration", args=[event.data["code"]])
    if event.kind.startswith("agreement.trial_"):
        return reverse("agreement_trial", args=[event.data["version"]])
    if "thread" in event.data:
        page = reverse("agreement_version", args=[event.data["version"]])
        return f"{page}#thread-{event.data['thread']}"
    if "version" in event.data:
        return reverse("agreement_version", args=[event.data["version"]])
    if "group" in event.data:
        query = urlencode({"group": event.data["group"], "whose": "mine"})
        return f"{reverse('near_miss_leads')}?{query}"
    return reverse("handoff", args=[event.data["handoff"]])


def _of_many(event: Event) -> str:
    """The inbox; of deadlines that passed the queue in which those are that still stand so."""
    queue = _QUEUES.get(event.data["clock"])
    if event.kind == "clock.warning_many" or queue is None:
        return reverse("inbox")
    over = urlencode({"queue": queue, "whose": "all", "clock": "over"})
    return f"{reverse('inbox')}?{over}"


def _failed(event: Event, user: User) -> str:
    if event.data.get("waits") and rooms.has_duty(user):
        return reverse("duty")
    if user.is_staff:
        return reverse("admin:leads_event_change", args=[event.data["event"]])
    return reverse("notifications")
