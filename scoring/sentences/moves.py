"""Where leads go whose stage a text takes away, as its last clauses."""

from __future__ import annotations

from django.utils.translation import gettext as _

from scoring.conditions import Vocabulary
from scoring.documents import Body
from scoring.sentences.pieces import Clause, Section, one_group


def section(body: Body, vocabulary: Vocabulary) -> Section:
    """A clause for each stage that goes."""
    names = vocabulary.including(body)
    clauses = [
        Clause(
            "",
            each["key"],
            _("Leads in “%(old)s” go to “%(new)s”.")
            % {"old": names.stage(each["key"]), "new": names.stage(each["to"])},
        )
        for each in body.get("moves") or []
    ]
    intro = _("Once, as this takes effect. Leads in sales' hands finish under the old version.")
    return one_group(
        "moves", _("Where leads go"), _("whose stage is taken away"), intro, clauses, "moves"
    )
