"""Rounds: opened on leads near the bar, voted on by both sides, closed."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads import events
from leads.models import Lead, Side, User
from leads.refusals import Refused
from scoring import agreements, journeys
from scoring.calibrations.choosing import Choice, choose
from scoring.documents import Body
from scoring.journeys import StageJSON
from scoring.models import AgreementVersion, Calibration, CalibrationLead, Vote

FEWEST, USUAL, MOST = 10, 20, 30
SIDES = (Side.MARKETING, Side.SALES)
# Without what is misread from a wall: 0 and o, 1 and l and i.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 6


def may_open(user: User) -> bool:
    """Who writes the agreement, and who runs the operation."""
    return agreements.may_edit(user) or (user.is_active and user.side == Side.OPERATIONS)


def may_vote(user: User) -> bool:
    """The two sides. Operations watch."""
    return user.is_active and user.side in SIDES


def may_close(user: User, calibration: Calibration) -> bool:
    """Who opened it, or who signs for a side."""
    theirs = user.pk == calibration.opened_by_id and may_open(user)
    return user.is_active and (theirs or bool(user.signs_for))


def visible_to(user: User) -> QuerySet[Calibration]:
    """All rounds, to everybody who works for a side and to administrators; to others none."""
    found = Calibration.objects.select_related("version", "opened_by", "closed_by")
    return found if user.is_active and (user.side or user.is_superuser) else found.none()


def unclosed() -> Calibration | None:
    """The round that is open, if one is."""
    return Calibration.objects.filter(closed_at=None).select_related("opened_by").first()


def text_to_vote_on() -> AgreementVersion | None:
    """The text that is being written, else the one in force."""
    return agreements.unsettled() or agreements.in_force()


def handoff_stages(body: Body) -> list[StageJSON]:
    """The stages of a text at which leads are handed over."""
    return [each for each in body["stages"] if each["kind"] == "handoff"]


def open_round(
    version: AgreementVersion,
    *,
    by: User,
    at: datetime,
    stage: str = "",
    hides_names: bool = True,
    most: int = USUAL,
) -> tuple[Calibration, Choice]:
    """A new round on up to `most` leads near the bar of a stage; without `stage` the first that
    hands over. It keeps the text as it is now. Both sides are told. Who may see every lead of it
    may have their names shown to the room.

    Raises Refused `may_not_open` (403), `round_open` (409), `no_handoff`, `unknown_stage`,
    `how_many`, `no_leads`, `names_not_yours` (403).
    """
    refuse_open(by)
    place = _stage(version.body, stage)
    _refuse_size(most)
    _refuse_second()
    choice = choose(version, place["key"], at=at, most=most)
    if not choice.leads:
        raise Refused(
            "no_leads",
            _("There is no lead yet that one could vote on."),
            _("Import leads first, or wait until some have come in."),
        )
    if not hides_names:
        _refuse_naming(choice, by)
    try:
        with transaction.atomic():
            calibration = _create(version, place["key"], choice, hides_names, by, at)
    except IntegrityError:
        # Two at once: the constraint lets one through, and the other is told of it.
        _refuse_second()
        raise
    return calibration, choice


def vote(calibration: Calibration, position: int, *, is_lead: bool, by: User, at: datetime) -> Vote:
    """This person's answer on the lead at a position; a later one takes its place. Saying the
    same twice, from two windows or by a double click, is saying it once.

    Raises Refused `may_not_vote` (403), `round_closed` (409), `not_in_round` (404).
    """
    if not may_vote(by):
        raise Refused(
            "may_not_vote",
            _("Marketing and sales vote; operations watch."),
            _("Follow how far the votes are on the wall."),
            status=403,
        )
    with transaction.atomic():
        _refuse_closed(_locked(calibration))
        subject = calibration.leads.filter(position=position).first()
        if subject is None:
            raise Refused(
                "not_in_round",
                _("This lead is no longer part of the round."),
                _("Go on with the next one."),
                status=404,
            )
        row = Vote(subject=subject, user=by, side=by.side, is_lead=is_lead, at=at)
        Vote.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["subject", "user"],
            update_fields=["is_lead", "side", "at"],
        )
    return row


def close(calibration: Calibration, *, by: User, at: datetime) -> Calibration:
    """End the vote: from now on everybody sees the result, and nobody changes it.

    Raises Refused `may_not_close` (403), `round_closed` (409), `one_sided` (409) while a side has
    not voted at all.
    """
    if not may_close(by, calibration):
        raise Refused(
            "may_not_close",
            _("%(name)s opened this round.") % {"name": calibration.opened_by},
            _("They can close it, or who signs for marketing or sales."),
            status=403,
        )
    with transaction.atomic():
        calibration = _locked(calibration)
        _refuse_closed(calibration)
        _refuse_one_sided(calibration)
        calibration.closed_by, calibration.closed_at = by, at
        calibration.save(update_fields=["closed_by", "closed_at"])
        events.write("calibration.closed", at=at, actor=by, data={"calibration": calibration.pk})
    return calibration


def refuse_open(by: User) -> None:
    """Raises Refused `may_not_open` (403) for who may not open a round."""
    if not may_open(by):
        raise Refused(
            "may_not_open",
            _("Marketing, sales and operations open a round of votes."),
            _("Ask somebody of either team."),
            status=403,
        )


def _refuse_naming(choice: Choice, by: User) -> None:
    """Nobody learns by a round whose leads these are, nor lets others learn it."""
    ids = [each.lead for each in choice.leads]
    if Lead.objects.visible_to(by).filter(pk__in=ids).count() < len(ids):
        raise Refused(
            "names_not_yours",
            _("Among these are leads that you may not see yourself."),
            _("Hide the names, or let somebody open the round who sees all leads."),
            status=403,
            field="hides_names",
        )


def _stage(body: Body, key: str) -> StageJSON:
    places = handoff_stages(body)
    if not places:
        raise Refused(
            "no_handoff",
            _("This text hands no lead over, so there is no bar to vote about."),
            _("Give the agreement a stage at which leads are handed over."),
        )
    found = places[0] if not key else journeys.stage(body, key)
    if found is None or found["kind"] != "handoff":
        raise Refused(
            "unknown_stage",
            _("Leads are not handed over at this stage."),
            _("Choose one of the stages offered."),
            field="stage",
        )
    return found


def _create(
    version: AgreementVersion,
    stage: str,
    choice: Choice,
    hides_names: bool,
    by: User,
    at: datetime,
) -> Calibration:
    calibration = Calibration.objects.create(
        code="".join(secrets.choice(LETTERS) for _n in range(CODE_LENGTH)),
        version=version,
        body=version.body,
        stage=stage,
        hides_names=hides_names,
        as_of=at,
        opened_by=by,
        opened_at=at,
    )
    CalibrationLead.objects.bulk_create(
        CalibrationLead(
            calibration=calibration,
            lead_id=each.lead,
            position=position,
            handed_over=each.handed_over,
            total=each.total,
        )
        for position, each in enumerate(choice.leads, 1)
    )
    data = {"calibration": calibration.pk, "code": calibration.code, "number": len(choice.leads)}
    events.write("calibration.opened", at=at, actor=by, data=data)
    return calibration


def _locked(calibration: Calibration) -> Calibration:
    """The round as it is now, kept so until the transaction ends: a vote is in before it closes,
    or is refused."""
    return Calibration.objects.select_for_update().get(pk=calibration.pk)


def _refuse_size(most: int) -> None:
    if not FEWEST <= most <= MOST:
        raise Refused(
            "how_many",
            _("A round has between %(fewest)d and %(most)d leads.")
            % {"fewest": FEWEST, "most": MOST},
            _("Twenty are a good number."),
            field="most",
        )


def _refuse_second() -> None:
    if other := unclosed():
        raise Refused(
            "round_open",
            _("%(name)s opened a round at %(time)s, and it is not closed yet.")
            % {
                "name": other.opened_by,
                "time": date_format(localtime(other.opened_at), "SHORT_DATETIME_FORMAT"),
            },
            _("Vote in that one, or close it first."),
            status=409,
        )


def _refuse_closed(calibration: Calibration) -> None:
    if calibration.closed_at:
        raise Refused(
            "round_closed",
            _("%(name)s closed this round at %(time)s.")
            % {
                "name": calibration.closed_by,
                "time": date_format(localtime(calibration.closed_at), "SHORT_DATETIME_FORMAT"),
            },
            _("Read its result."),
            status=409,
        )


def _refuse_one_sided(calibration: Calibration) -> None:
    voted = set(
        Vote.objects.filter(subject__calibration=calibration).values_list("side", flat=True)
    )
    missing = [side for side in SIDES if side.value not in voted]
    if missing:
        names = ", ".join(str(side.label) for side in missing)
        raise Refused(
            "one_sided",
            ngettext("%(sides)s has not voted yet.", "%(sides)s have not voted yet.", len(missing))
            % {"sides": names},
            _("Wait for at least one vote of each side."),
            status=409,
        )
