"""Routing rules in sentences: for whom, to which pool, and who gets the lead there."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from feedback.models import RoutingRule
from scoring import agreements, shapes
from scoring.conditions import Vocabulary
from scoring.documents import Body, ConditionJSON
from scoring.sentences import Speaker

Strategy = RoutingRule.Strategy


@dataclass(frozen=True)
class Words:
    """Says conditions as the agreement in force names things; one for a page."""

    body: Body
    speaker: Speaker

    @classmethod
    def now(cls) -> Words:
        body = spoken()
        return cls(body, Speaker(body, Vocabulary(body)))

    def whom(self, when: ConditionJSON | None) -> str:
        """For which leads a rule decides."""
        return capfirst(self.speaker.words(when)) if when else _("Every lead")


def spoken() -> Body:
    """The text in force, whose words conditions use; before the first one, a text of nothing."""
    version = agreements.in_force()
    return version.body if version else shapes.empty()


def handing(rule: RoutingRule) -> str:
    """Who gets the lead in the pool, as a sentence."""
    if rule.strategy == Strategy.FIRST_TO_TAKE:
        return _("At once to everybody on duty; the first to take it has it.")
    others = {
        Strategy.ROUND_ROBIN: _("reps on duty take turns, by weight."),
        Strategy.LEAST_LOADED: _("of the reps on duty, the one with least to do."),
    }[Strategy(rule.strategy)]
    owners = _owners(rule)
    return f"{owners} {others}" if owners else capfirst(others)


def for_all_others() -> str:
    """What holds for leads that meet no rule."""
    return handing(RoutingRule())


def _owners(rule: RoutingRule) -> str:
    if not (rule.keeps_lead_owner or rule.keeps_company_owner):
        return ""
    if rule.owner_any_hour:
        if rule.keeps_lead_owner and rule.keeps_company_owner:
            return _("The owner of the lead or of its company, at any hour; else,")
        if rule.keeps_lead_owner:
            return _("The owner of the lead, at any hour; else,")
        return _("The owner of its company, at any hour; else,")
    if rule.keeps_lead_owner and rule.keeps_company_owner:
        return _("The owner of the lead or of its company; else,")
    if rule.keeps_lead_owner:
        return _("The owner of the lead; else,")
    return _("The owner of its company; else,")
