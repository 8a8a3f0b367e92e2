"""What an agreement version says about its handoffs: checklists, reasons, criteria."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from feedback.models import Handoff
from leads.refusals import Refused
from scoring import documents, journeys
from scoring.models import AgreementVersion

ACCEPTANCE = "acceptance"
QUALIFICATION = "qualification"


def checklist(version: AgreementVersion, name: str) -> list[dict[str, Any]]:
    """The items of the checklist `acceptance` or `qualification`; empty if there is none."""
    return version.body.get("checklists", {}).get(name) or []


def currency(version: AgreementVersion) -> str:
    """The currency in which both teams count: that of the first goal about money."""
    goals = version.body.get("goals") or []
    return next((goal["currency"] for goal in goals if goal.get("currency")), "EUR")


def require_items(items: list[dict[str, Any]], given: set[str]) -> None:
    """Every item must be among the keys `given`; else Refused, naming those that are not."""
    missing = [item for item in items if item["key"] not in given]
    if not missing:
        return
    labels = "; ".join(documents.text(item["label"]) for item in missing)
    raise Refused(
        "checklist_incomplete",
        _("Not confirmed yet: %(items)s.") % {"items": labels},
        _("Confirm every item of the checklist, or return the lead."),
        field=missing[0]["key"],
    )


def reason(version: AgreementVersion, key: str) -> dict[str, Any]:
    """The reason for a return of this key; else Refused, naming those that there are."""
    known = version.body.get("reasons", [])
    found = documents.item(known, key)
    if found:
        return found
    labels = ", ".join(documents.text(each["label"]) for each in known)
    message = _("The agreement has no reason “%(key)s”.") % {"key": key}
    raise Refused(
        "unknown_reason",
        message if key else _("A return needs a reason."),
        _("Choose one of: %(reasons)s.") % {"reasons": labels},
        field="reason",
    )


def reason_words(handoff: Handoff) -> str:
    """The reason it was returned for, as its version says it, in the reader's language."""
    if handoff.reason is None:
        return ""
    written = documents.item(handoff.version.body["reasons"], handoff.reason.key)
    return documents.text(written["label"]) if written else handoff.reason.label


def require_criterion(handoff: Handoff, key: str) -> None:
    """A disputed criterion must be one the lead was handed over by, if one is named at all."""
    stage = journeys.stage(handoff.version.body, handoff.entry.stage.key) or {}
    known = {criterion["key"] for criterion in stage.get("criteria") or []}
    if key and key not in known:
        raise Refused(
            "unknown_criterion",
            _("This handoff was not made by a criterion “%(key)s”.") % {"key": key},
            _("Choose one of the criteria shown with the lead, or none."),
            field="disputed",
        )
