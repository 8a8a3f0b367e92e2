"""The single writer of scores: what the agreement in force makes of what is known of leads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from leads.models import Lead
from leads.refusals import Refused
from scoring import formulas, ledgers, machine, statements
from scoring.facts import Facts, facts_at
from scoring.ledgers import ScoreResult
from scoring.models import AgreementVersion
from scoring.rulebooks import Rulebook

CHUNK = 2000
# Number of the advisory lock behind which scoring and bringing a version into force take turns.
IN_FORCE = 0x464F5243
# So few leads that the server would not think of compiling.
FEW = 500


class NotInForce(Refused):
    """Another version came into force, or this one never did."""

    def __init__(self, version: AgreementVersion) -> None:
        super().__init__(
            "not_in_force",
            _("%(version)s is not in force.") % {"version": version},
            _("Only the version in force scores leads."),
            status=409,
        )


def rescore(
    lead_ids: Iterable[int] | range,
    *,
    version: AgreementVersion,
    at: datetime,
    refresh: bool = False,
) -> int:
    """Score leads by what is known at `at`, write the scores that differ, and move the leads
    whose next stage's criteria hold now. Returns how many scores were written.

    A `range` of ids is one chunk; other ids are taken in chunks of 2,000, each written whole or
    not at all. `refresh` also writes what does not differ: where something may have become known
    for a moment before the stored `as_of`, the stored score must be dated anew.

    Raises NotInForce for any other version than the one in force.
    """
    at = at.astimezone(UTC)
    if isinstance(lead_ids, range):
        return _chunk(lead_ids, version, at, refresh)
    ids = sorted(set(lead_ids))
    chunks = (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
    return sum(_chunk(chunk, version, at, refresh) for chunk in chunks)


def wait_for_turn() -> None:
    """Those who score have finished, and nobody begins until our transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IN_FORCE])


def score_at(
    lead: Lead, version: AgreementVersion, at: datetime, rulebook: Rulebook | None = None
) -> ScoreResult:
    """The score by what was known of the lead at `at`, in Python.

    With a stored score's version and `as_of` it equals the stored score, unless the lead is
    queued for rescoring.
    """
    rulebook = rulebook or Rulebook(version.body)
    at = at.astimezone(UTC)
    return score_of(facts_at(lead, at, known=rulebook.vocabulary.fields), rulebook)


def score_of(facts: Facts, rulebook: Rulebook) -> ScoreResult:
    """The score that a rulebook makes of facts."""
    raw = {rule.key: rule.raw(facts) for rule in rulebook.rules}
    return ledgers.sums(ledgers.cells(rulebook), raw, facts.corrections)


@transaction.atomic
def _chunk(ids: list[int] | range, version: AgreementVersion, at: datetime, refresh: bool) -> int:
    _hold_in_force(version)
    if len(ids) > FEW:
        _let_plans_be_large()
    formula = formulas.of(version)
    written = statements.write(ids, version, at=at, refresh=refresh, formula=formula)
    machine.settle(ids, version, at=at, formula=formula)
    return written


def _let_plans_be_large() -> None:
    """Compiling a statement of fifty rules takes PostgreSQL longer than running it for some
    thousands of leads."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")


def _hold_in_force(version: AgreementVersion) -> None:
    """Refuse unless the version is in force; keep it so until the transaction ends.

    FOR SHARE: any number of workers hold it at once, and the signature that supersedes it waits
    for them. A row lock lets new sharers pass who waits; the advisory lock lets none pass. On
    SQLite the one writer is us.
    """
    sql = "SELECT 1 FROM scoring_agreementversion v"
    params: list[object] = [version.pk, AgreementVersion.Status.IN_FORCE]
    if connection.vendor == "postgresql":
        sql += " CROSS JOIN (SELECT pg_advisory_xact_lock_shared(%s)) turn"
        params.insert(0, IN_FORCE)
    sql += " WHERE v.id = %s AND v.status = %s"
    if connection.vendor == "postgresql":
        sql += " FOR SHARE OF v"
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        if cursor.fetchone():
            return
    raise NotInForce(version)
