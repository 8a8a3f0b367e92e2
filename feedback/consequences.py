"""What changed because of somebody's returns: whether marketing answered, what the agreement says
differently since, and who came back. Facts only: of each it is said what it is counted from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.text import capfirst

from feedback import returns, terms
from feedback.models import Handoff, HandoffEvent
from feedback.models.handoffs import HandoffQuerySet
from leads.models import Side, User
from scoring import documents, explanations, facts, journeys, sentences
from scoring.documents import Body, item
from scoring.models import AgreementVersion
from scoring.rulebooks import Rulebook

MOST = 50
CRITERION, REASON = "criterion", "reason"


@dataclass(frozen=True)
class Said:
    """A criterion that was disputed, or a reason that was given, in so many returns; what the
    agreement says of it since the version `number`, in sentences."""

    kind: str
    words: str
    returns: int
    number: int
    changes: list[str]


@dataclass(frozen=True)
class Kept:
    """So many of the returned leads would not be handed over by the version in force, for want of
    this criterion."""

    words: str
    returns: int
    number: int


@dataclass(frozen=True)
class Consequences:
    """Of one person, since a moment. `returned` are the handoffs they returned and that stand
    returned, the latest first: of these marketing `answered` some and `owes` an answer to others.
    `back` are those of whom they got the lead again."""

    since: datetime
    returned: list[Handoff] = field(default_factory=list)
    back: list[Handoff] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    @property
    def answered(self) -> list[Handoff]:
        return [handoff for handoff in self.returned if handoff.answered]

    @property
    def owed(self) -> list[Handoff]:
        owed = Handoff.Clock.ANSWER_RETURN
        return [h for h in self.returned if not h.answered and h.clock == owed]


def this_month(user: User, *, at: datetime) -> Consequences:
    """Since the first of the month, in the reader's time zone. Two queries, one more where there
    are returns, and some where the agreement has changed since."""
    first = timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    returned = list(_returned_by(user, since=first)[:MOST])
    back = list(_back_with(user, since=first)[:MOST])
    for handoff in returned:
        handoff.reason_words = terms.reason_words(handoff)
    later = _versions_since(returned)
    return Consequences(first, returned, back, _said(returned, later), _kept(returned, later[-1:]))


def _returned_by(user: User, *, since: datetime) -> HandoffQuerySet:
    steps = HandoffEvent.objects.filter(kind="returned", by=user, at__gte=since)
    replies = HandoffEvent.objects.filter(
        handoff=OuterRef("pk"), kind="message", by__team__side=Side.MARKETING
    )
    undone = HandoffEvent.objects.filter(
        handoff=OuterRef("handoff"), kind="undone", pk__gt=OuterRef("pk"), data__kind="returned"
    )
    steps = steps.exclude(Exists(undone))
    found = Handoff.objects.visible_to(user).filter(
        returns.AT_THE_DOOR | returns.AFTER_CONTACT, pk__in=steps.values("handoff")
    )
    found = found.select_related("lead", "reason", "entry__stage").prefetch_related("version")
    return found.annotate(answered=Exists(replies)).order_by("-closed_at", "-pk")


def _back_with(user: User, *, since: datetime) -> HandoffQuerySet:
    """Handoffs of leads that this person returned before, offered to them again."""
    before = HandoffEvent.objects.filter(
        Q(handoff__answer=Handoff.Answer.RETURNED) | Q(handoff__outcome=Handoff.Outcome.RETURNED),
        kind="returned",
        by=user,
        handoff__lead=OuterRef("lead"),
        at__lte=OuterRef("opened_at"),
    )
    found = Handoff.objects.visible_to(user).filter(owner=user, opened_at__gte=since)
    return found.filter(Exists(before)).select_related("lead").order_by("-opened_at", "-pk")


def _versions_since(returned: Sequence[Handoff]) -> list[AgreementVersion]:
    """From the first version under which something was returned to the one in force, oldest
    first; empty where it is still that one."""
    if not returned:
        return []
    first = min(handoff.version.number for handoff in returned)
    found = AgreementVersion.objects.filter(in_force_at__isnull=False, number__gte=first)
    versions = list(found.order_by("in_force_at", "number"))
    return versions if len(versions) > 1 else []


def _said(returned: Iterable[Handoff], versions: Sequence[AgreementVersion]) -> list[Said]:
    """What the agreement says differently of what was disputed and of the reasons given."""
    if not versions:
        return []
    about: Counter[tuple[str, str, str, int]] = Counter()
    for handoff in returned:
        number = handoff.version.number
        if handoff.disputed:
            about[(CRITERION, handoff.entry.stage.key, handoff.disputed, number)] += 1
        if handoff.reason:
            about[(REASON, "", handoff.reason.key, number)] += 1
    found = [_changed(*subject, times, versions) for subject, times in about.items()]
    return [each for each in found if each]


def _changed(
    kind: str, stage: str, key: str, number: int, times: int, versions: Sequence[AgreementVersion]
) -> Said | None:
    """What was returned under the version `number`, and how the one in force says it."""
    old = next((each for each in versions if each.number == number), None)
    if old is None or old is versions[-1]:
        return None
    was, now = _part(old.body, kind, stage, key), _part(versions[-1].body, kind, stage, key)
    if was is None or was == now:
        return None
    later = [each for each in versions if each.number > number]
    since = next(v for v in later if _part(v.body, kind, stage, key) != was)
    changes = sentences.changes(old.body, _with(old.body, versions[-1].body, kind, stage, key))
    words = _words(old.body, was, stage)
    return Said(kind, words, times, since.number, [str(change) for change in changes])


def _part(body: Body, kind: str, stage: str, key: str) -> dict[str, Any] | None:
    return item(_list(body, kind, stage), key)


def _list(body: Body, kind: str, stage: str) -> list[dict[str, Any]]:
    if kind == REASON:
        return body["reasons"]
    return (journeys.stage(body, stage) or {}).get("criteria") or []


def _with(old: Body, new: Body, kind: str, stage: str, key: str) -> Body:
    """The old text with this one part as the new one has it."""
    mixed, now = deepcopy(old), _part(new, kind, stage, key)
    parts = _list(mixed, kind, stage)
    at = next(index for index, each in enumerate(parts) if each["key"] == key)
    parts[at : at + 1] = [now] if now else []
    return mixed


def _words(body: Body, part: dict[str, Any], stage: str) -> str:
    if not stage:
        return documents.text(part["label"])
    asked = Rulebook(body).criteria[stage]
    return capfirst(next(each.words() for each in asked if each.key == part["key"]))


def _kept(returned: Sequence[Handoff], in_force: Sequence[AgreementVersion]) -> list[Kept]:
    """How many of those returned under other versions the one in force would keep, and for which
    criterion: by what was known of the lead when it was handed over."""
    if not in_force:
        return []
    version = in_force[-1]
    old = [h for h in returned if h.version_id != version.pk and not h.claimed]
    if not old:
        return []
    rulebook = Rulebook(version.body)
    known = facts.histories(
        {h.lead_id for h in old},
        max(h.entry.at for h in old),
        known=rulebook.vocabulary.fields,
    )
    counted: Counter[str] = Counter()
    for handoff in old:
        counted.update(_missing(handoff, known, rulebook))
    return [Kept(words, times, version.number) for words, times in counted.most_common()]


def _missing(
    handoff: Handoff, known: dict[int, facts.History], rulebook: Rulebook
) -> Iterable[str]:
    stage = handoff.entry.stage.key
    history = known.get(handoff.lead_id)
    if history is None or not rulebook.criteria.get(stage):
        return []
    then = history.at(handoff.entry.at.astimezone(UTC))
    judged = explanations.judged(then, rulebook, stage)
    return [documents.text(each.words) for each in judged if not each.holds]
