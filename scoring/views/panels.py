"""Where a version stands between being written and being in force: beside every text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.urls import reverse
from django.utils.text import Truncator

from leads.models import Event, Side, User
from scoring import agreements, sentences
from scoring.agreements import Effect, Trial, objections
from scoring.conditions import Vocabulary
from scoring.forms.talks import ObjectionForm, SignatureForm
from scoring.models import AgreementVersion, Objection, Signature, Thread
from scoring.sentences import Change

Status = AgreementVersion.Status
SIDES = (Side.MARKETING, Side.SALES)
FIRST_WORDS = 60


@dataclass(frozen=True)
class Lapse:
    """A signature that counts no more: who changed what, and when. `more` counts the changes
    beside the first."""

    name: str
    at: datetime
    change: Change | None
    more: int


@dataclass(frozen=True)
class Line:
    """Where one side signs: its signature, or what became of it."""

    side: str
    label: str
    signature: Signature | None
    objection: Objection | None = None
    lapse: Lapse | None = None

    @property
    def team(self) -> str:
        """The name of the signatory's team, where it says more than that of the side."""
        name = str(self.signature.user.team or "") if self.signature else ""
        return "" if name == self.label else name


@dataclass(frozen=True)
class OpenThread:
    """A thread that holds signatures up."""

    pk: int
    opened_by: User
    last_by: User
    first_words: str


@dataclass(frozen=True)
class Signing:
    """What is to be signed, by whom, and what holds it up. `page` is where it is read."""

    version: AgreementVersion
    page: str
    lines: list[Line]
    threads: list[OpenThread]
    effect: Effect
    trial: Trial | None
    owed: str
    form: forms.Form
    objecting: forms.Form
    may_object: bool

    @property
    def short_hash(self) -> str:
        """Enough of it to compare by eye."""
        return " ".join(self.version.sha256[n : n + 4] for n in range(0, 16, 4))


@dataclass(frozen=True)
class Refusal:
    """A signature or an objection that could not be taken as it was given."""

    signature: SignatureForm | None = None
    objection: ObjectionForm | None = None


def signing(
    version: AgreementVersion,
    user: User,
    vocabulary: Vocabulary,
    *,
    at: datetime,
    refusal: Refusal | None = None,
) -> Signing:
    """Everything the panel says of the open version."""
    owed = agreements.owes(user, version)
    refusal = refusal or Refusal()
    page = "agreement_draft" if agreements.may_edit(user) else "agreement_version"
    return Signing(
        version=version,
        page=reverse(page, args=[] if page == "agreement_draft" else [version.pk]),
        lines=lines(version, vocabulary),
        threads=_threads(version),
        effect=agreements.effect(version.body, at=at),
        trial=agreements.trial(version),
        owed=owed,
        form=refusal.signature or SignatureForm(),
        objecting=refusal.objection or ObjectionForm(),
        may_object=owed == "sign",
    )


def lines(version: AgreementVersion, vocabulary: Vocabulary | None = None) -> list[Line]:
    """Both sides with the signature that counts; of an open version also with the objection that
    stands, and with what made an earlier signature lapse."""
    signed = {each.side: each for each in agreements.counting(version)}
    objected = {each.side: each for each in objections.standing(version)}
    lapsed = _lapses(version, vocabulary) if vocabulary else {}
    return [
        Line(
            side.value,
            str(side.label),
            signed.get(side),
            objected.get(side),
            None if side in signed else lapsed.get(side),
        )
        for side in SIDES
    ]


def _lapses(version: AgreementVersion, vocabulary: Vocabulary) -> dict[str, Lapse]:
    """By side, the last edit that made its signature lapse."""
    if version.status not in (Status.DRAFT, Status.PROPOSED) or not version.proposals:
        return {}
    first = version.signatures.order_by("signed_at").values_list("signed_at", flat=True).first()
    if first is None:
        return {}
    edits = Event.objects.filter(kind="agreement.edited", at__gte=first)
    found: dict[str, Lapse] = {}
    for edit in edits.filter(data__version=version.pk).select_related("actor").order_by("pk"):
        for side in edit.data.get("lapsed") or []:
            found[side] = _lapse(edit, version, vocabulary)
    return found


def _lapse(edit: Event, version: AgreementVersion, vocabulary: Vocabulary) -> Lapse:
    """Said with the rest of the text as it is now: only the section that was edited differs."""
    before = version.body | edit.data.get("from", {})
    after = version.body | edit.data.get("to", {})
    changes = sentences.changes(before, after, vocabulary)
    first = changes[0] if changes else None
    return Lapse(str(edit.actor or ""), edit.at, first, max(0, len(changes) - 1))


def _threads(version: AgreementVersion) -> list[OpenThread]:
    threads = version.threads.filter(resolved_at=None).select_related("opened_by")
    return [_open(each) for each in threads.prefetch_related("comments__by")]


def _open(thread: Thread) -> OpenThread:
    said = list(thread.comments.all())
    words = Truncator(" ".join(said[0].text.split())).chars(FIRST_WORDS)
    return OpenThread(thread.pk, thread.opened_by, said[-1].by, words)
