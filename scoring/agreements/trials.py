"""A version signed until a day: then both sides say whether to keep it, change it or go back.

It stays in force until another version takes its place, whatever they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from leads import events
from leads.models import User
from leads.refusals import Refused
from scoring.agreements import drafts, signing
from scoring.documents import Body, Text
from scoring.models import AgreementVersion, TrialAnswer

Status = AgreementVersion.Status
Answer = TrialAnswer.Answer


@dataclass(frozen=True)
class Trial:
    """`until` is the day on which both are asked; `expects` what the text says it should bring;
    `answers` the latest of each side that has answered."""

    version: AgreementVersion
    until: date
    expects: Text
    answers: dict[str, TrialAnswer]

    def is_over(self, at: datetime) -> bool:
        """Is it for both sides to decide?"""
        return timezone.localdate(at) >= self.until

    def waits_for(self, user: User, at: datetime) -> bool:
        """Should this person answer?"""
        asked = self.version.status == Status.IN_FORCE and self.is_over(at)
        return asked and bool(user.signs_for) and user.signs_for not in self.answers

    @property
    def kept(self) -> bool:
        """Both sides want to keep it: it is on trial no more."""
        given = [each.answer for each in self.answers.values()]
        return len(given) == len(signing.SIDES) and set(given) == {Answer.KEEP}

    @property
    def decided(self) -> bool:
        return len(self.answers) == len(signing.SIDES)

    @property
    def differs(self) -> bool:
        """Do both sides want something, and not the same?"""
        return len({each.answer for each in self.answers.values()}) > 1


def trial(version: AgreementVersion | None) -> Trial | None:
    """The trial that a version is, if its text says so. One query where it does."""
    effect = (version.body.get("effect") or {}) if version else {}
    until = effect.get("trial_until")
    if not until:
        return None
    given = version.trial_answers.select_related("user").order_by("at", "pk")
    answers = {each.side: each for each in given}
    return Trial(version, date.fromisoformat(until), effect.get("expects", ""), answers)


def answer_trial(
    version: AgreementVersion, *, by: User, at: datetime, answer: str
) -> AgreementVersion | None:
    """Say, for the signatory's side, what is to become of a trial that is over. Returns the draft
    that follows: of this text (change it) or of the one before (go back), unless another version
    is being written.

    Raises Refused `signs_for_nobody` (403), `no_trial`, `trial_runs` or `trial_kept` (409),
    `unknown_answer`, `nothing_before` (409) where there is no text to go back to.
    """
    signing.refuse_other_side(by, by.signs_for)
    with transaction.atomic():
        version = drafts.locked(version)
        _refuse_unasked(version, at)
        if answer not in Answer.values:
            raise _unknown(answer)
        if answer == Answer.GO_BACK and version_before(version) is None:
            raise _nothing_before(version)
        TrialAnswer.objects.create(
            version=version, side=by.signs_for, user=by, answer=answer, at=at
        )
        data = {"version": version.pk, "side": by.signs_for, "answer": answer}
        events.write("agreement.trial_answered", at=at, actor=by, data=data)
        if trial(version).kept:
            events.write("agreement.trial_kept", at=at, actor=by, data={"version": version.pk})
        text = _next_text(version, answer)
        if text is None or drafts.unsettled():
            return None
        return _opened(text, by, at)


def end_trial(*, at: datetime | None = None) -> AgreementVersion | None:
    """Tell both sides, once, that the trial of the version in force is over: on its day by the
    local calendar, by default by the database's clock. Returns the version."""
    running = AgreementVersion.objects.in_force().filter(trial_told_at=None)
    version = running.annotate(clock=Now()).first()
    found = trial(version)
    moment = at or (version.clock if version else None)
    if found is None or not found.is_over(moment):
        return None
    with transaction.atomic():
        if running.filter(pk=version.pk).update(trial_told_at=moment) != 1:
            return None
        events.write("agreement.trial_over", at=moment, data={"version": version.pk})
    return version


def version_before(version: AgreementVersion) -> AgreementVersion | None:
    """The version that this one took the place of, if it took effect and there was one."""
    if version.in_force_at is None:
        return None
    earlier = AgreementVersion.objects.filter(in_force_at__lt=version.in_force_at)
    return earlier.order_by("-in_force_at").first()


def _opened(text: Body, by: User, at: datetime) -> AgreementVersion | None:
    """None where somebody opened another draft just now: the answer stands all the same."""
    try:
        return drafts.open_draft(by=by, at=at, body=text)
    except Refused as refusal:
        if refusal.code != "draft_open":
            raise
        return None


def _next_text(version: AgreementVersion, answer: str) -> Body | None:
    if answer == Answer.CHANGE:
        return version.body
    last = version_before(version) if answer == Answer.GO_BACK else None
    return last.body if last else None


def _refuse_unasked(version: AgreementVersion, at: datetime) -> None:
    found = trial(version)
    if found is None or version.status != Status.IN_FORCE:
        raise Refused(
            "no_trial",
            _("%(version)s is not on trial.") % {"version": version},
            _("Nothing is to be decided. A new draft can be opened at any time."),
            status=409,
        )
    if not found.is_over(at):
        until = date_format(found.until, "DATE_FORMAT")
        raise Refused(
            "trial_runs",
            _("The trial runs until %(day)s.") % {"day": until},
            _("Answer then, or open a new draft now."),
            status=409,
        )
    if found.kept:
        raise Refused(
            "trial_kept",
            _("Both sides have kept %(version)s: it is on trial no more.") % {"version": version},
            _("To change it all the same, open a new draft."),
            status=409,
        )


def _nothing_before(version: AgreementVersion) -> Refused:
    return Refused(
        "nothing_before",
        _("There was no version before %(version)s to go back to.") % {"version": version},
        _("Keep it or change it."),
        status=409,
        field="answer",
    )


def _unknown(answer: str) -> Refused:
    return Refused(
        "unknown_answer",
        _("“%(answer)s” is no answer to a trial.") % {"answer": answer},
        _("Choose one of: %(answers)s.") % {"answers": ", ".join(map(str, Answer.labels))},
        field="answer",
    )
