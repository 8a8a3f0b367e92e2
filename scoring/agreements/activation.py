"""Both have signed: the text takes effect, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from leads import events, fields
from leads.models import Attribute
from leads.refusals import Refused
from scoring import checks, documents, rescoring, scores, stages
from scoring.agreements.stages_in_use import Stranded, stranded
from scoring.documents import Body, text
from scoring.models import AgreementVersion, FieldUse, Reason, Stage

Status = AgreementVersion.Status


def refuse_unfit(version: AgreementVersion) -> None:
    """Raises Refused `cannot_run` or `stage_in_use` where the text could not take effect now."""
    for problem in checks.validate(version.body):
        raise Refused(
            "cannot_run",
            problem.message,
            _("Put it right in the draft, then propose again."),
            field=problem.path,
        )
    left = stranded(version.body)
    if left:
        raise Refused(
            "stage_in_use",
            " ".join(str(each) for each in left),
            _stages_remedy(left),
            status=409,
        )


def _stages_remedy(left: list[Stranded]) -> str:
    if all(each.free for each in left):
        return _("Keep these stages, or say in the draft where their leads go.")
    return _(
        "Leads in sales' hands stay with the version they were handed over under: keep the stage, "
        "without arrows to it, until they are answered."
    )


def bring_into_force(version: AgreementVersion, *, at: datetime) -> None:
    """Supersede the old version, project the new one, and have every lead rescored by it.

    Leads stand where they stood, but for those whose stage it takes away: they go where its text
    says. The caller has locked `version`. The lock on the old version waits for moves made under
    it, so that none comes after (see `scoring.stages`); only then is it known which stages leads
    stand in.
    """
    scores.wait_for_turn()
    old = AgreementVersion.objects.in_force().select_for_update().first()
    refuse_unfit(version)
    if old:
        old.status, old.superseded_at = Status.SUPERSEDED, at
        old.save(update_fields=["status", "superseded_at"])
    version.status, version.in_force_at = Status.IN_FORCE, at
    version.save(update_fields=["status", "in_force_at"])
    with override(settings.LANGUAGE_CODE):
        _project_stages(version.body)
        _project_reasons(version.body)
        _use_fields(version, old)
    moved = stages.relocate(version, at=at)
    rescoring.start(version, at=at)
    data = {"version": version.pk, "supersedes": old.pk if old else None}
    data |= {"moved": moved} if moved else {}
    events.write("agreement.in_force", at=at, data=data)


def _project_stages(body: Body) -> None:
    keys = []
    for position, stage in enumerate(body["stages"]):
        keys.append(stage["key"])
        facts = {
            "name": text(stage["name"]),
            "kind": stage["kind"],
            "side": stage["side"],
            "position": position,
            "retired": False,
        }
        Stage.objects.update_or_create(key=stage["key"], defaults=facts)
    Stage.objects.exclude(key__in=keys).update(retired=True)


def _project_reasons(body: Body) -> None:
    keys = []
    for position, reason in enumerate(body["reasons"]):
        keys.append(reason["key"])
        facts = {
            "label": text(reason["label"]),
            "group": reason["group"],
            "position": position,
            "retired": False,
        }
        Reason.objects.update_or_create(key=reason["key"], defaults=facts)
    Reason.objects.exclude(key__in=keys).update(retired=True)


def _use_fields(version: AgreementVersion, old: AgreementVersion | None) -> None:
    """Custom fields the text names exist, and stay as they are for as long as it is in force."""
    _register_fields(version.body)
    keys = documents.fields(version.body)
    if old:
        fields.unlock(documents.fields(old.body) - keys)
        FieldUse.objects.filter(version=old).delete()
    fields.lock(keys)
    used = Attribute.objects.filter(key__in=keys)
    FieldUse.objects.bulk_create(FieldUse(version=version, attribute=each) for each in used)


def _register_fields(body: Body) -> None:
    """Fields that the text brings, and those its checklists collect, as far as they are new."""
    known = set(fields.registry())
    for attribute in (*_brought(body), *_collected(body)):
        if attribute.key not in known:
            known.add(fields.save(attribute).key)


def _brought(body: Body) -> Iterator[Attribute]:
    for each in body.get("fields") or []:
        yield Attribute(
            key=each["key"],
            label=text(each["label"]),
            type=each["type"],
            choices=each.get("choices") or [],
            purpose=text(each["purpose"]),
        )


def _collected(body: Body) -> Iterator[Attribute]:
    for item in documents.collecting(body):
        collects = item["collects"]
        yield Attribute(
            key=collects["attribute"],
            label=text(collects["label"]),
            type=collects["type"],
            choices=collects.get("choices") or [],
            purpose=text(item["label"])[:200],
        )
