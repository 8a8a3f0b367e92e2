"""Parts of sentences about what both sides promise: the same in the document and in its changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.conditions.groups import joined
from scoring.documents import ConditionJSON, ItemJSON, text
from scoring.sentences import values

Words = Callable[[ConditionJSON], str]


def terms(clock: ItemJSON, words: Words) -> Iterator[tuple[str, str]]:
    """Whom another time holds for, and which."""
    for each in clock.get("terms") or []:
        yield term(each, words), values.duration(each["minutes"])


def term(part: ItemJSON, words: Words) -> str:
    """Whom another time holds for."""
    return _("if %(who)s") % {"who": words(part["when"])}


def warning(clock: ItemJSON) -> str:
    percent = clock.get("warn_at")
    return _("warned at %(n)s %%") % {"n": percent} if percent else ""


def escalation(clock: ItemJSON) -> str:
    """Whom a breach is told where it is not, as always, the lead of the team."""
    to = clock.get("escalate_to") or "lead"
    return "" if to == "lead" else str(values.ESCALATIONS[to])


def pause(clock: ItemJSON) -> str:
    """May it be paused, and for how long? Days of the calendar, not of work."""
    n = clock.get("pause_days")
    said = ngettext(
        "once, for up to %(n)d calendar day", "once, for up to %(n)d calendar days", n or 0
    )
    return said % {"n": n} if n else ""


def taken_back(clock: ItemJSON) -> str:
    return _("is offered to others") if clock.get("take_back") else ""


def chain(clock: ItemJSON) -> list[str]:
    """Whom a breach is told that is still not answered so much later."""
    said = _("%(span)s later to %(to)s")
    return [
        said % {"span": values.duration(each["minutes"]), "to": values.ESCALATIONS[each["to"]]}
        for each in clock.get("chain") or []
    ]


def ticked(item: ItemJSON, words: Words) -> str:
    """What ticks a checklist item before anybody looks at it."""
    if "when" in item:
        return term(item, words)
    return _("if every criterion of the handover still holds") if item.get("criteria") else ""


def asked(item: ItemJSON) -> str:
    """What a checklist item asks for, and as what: "Time frame (3 months, 6 months, later)"."""
    collects = item.get("collects")
    if not collects:
        return ""
    label, choices = text(collects["label"]), collects.get("choices") or []
    if collects["type"] == "text":
        return label
    kind = ", ".join(choices) or str(values.FIELD_TYPES[collects["type"]])
    return _("%(label)s (%(kind)s)") % {"label": label, "kind": kind}


def track(reason: ItemJSON) -> str:
    return text(reason.get("track"))


def back_to(reason: ItemJSON) -> str:
    to = reason.get("back_to")
    return str(values.BACK_TO[to]) if to else ""


def following(reason: ItemJSON) -> Iterator[str]:
    """What follows a return besides the stage and the rest."""
    if track(reason):
        yield _("on the track “%(track)s”") % {"track": track(reason)}
    if reason.get("resets"):
        yield _("what it did before counts no more")
    if back_to(reason):
        yield _("handed over again %(to)s") % {"to": back_to(reason)}


def after_return(reason: ItemJSON) -> str:
    """What follows a return, as a sentence of its own; empty where nothing is said."""
    said = [*_rest(reason), *following(reason)] if reason else []
    return f"{capfirst('; '.join(said))}." if said else ""


def _rest(reason: ItemJSON) -> Iterator[str]:
    if reason["then"] != "nurture":
        yield _("does not come back")
    elif reason["rest_days"]:
        yield _("rests %(days)s") % {"days": values.days(reason["rest_days"])}


def resetting(labels: list[str]) -> str:
    """The sentence of the points about the reasons with which a return resets."""
    named = joined(
        [_("“%(value)s”") % {"value": label} for label in labels], _("%(some)s or %(last)s")
    )
    said = _("After a return for %(reasons)s, actions from before it count no more.")
    return said % {"reasons": named}


def target(goal: ItemJSON) -> str:
    """The figure a goal sets: measured, else in its own words."""
    if not goal.get("metric") or not goal.get("amount"):
        return text(goal["target"])
    amount = values.amount(goal["amount"], goal.get("currency", ""))
    if goal["metric"] == "velocity":
        return _("at most %(days)s, median") % {"days": values.days(goal["amount"])}
    patterns = {
        "month": _("%(amount)s a month"),
        "quarter": _("%(amount)s a quarter"),
        "year": _("%(amount)s a year"),
    }
    return patterns[goal.get("period") or "month"] % {"amount": amount}


def counter(goal: ItemJSON) -> str:
    """What keeps a goal honest: measured, then in words."""
    said, which = [text(goal["counter"])], goal.get("counter_metric")
    if which:
        bound = _("%(what)s: at most %(n)s %%") if which in values.AT_MOST else ""
        bound = bound or _("%(what)s: at least %(n)s %%")
        named = {"what": values.COUNTER_METRICS[which], "n": goal.get("counter_amount")}
        said.insert(0, bound % named)
    return "; ".join(filter(None, said))


def quality(supply: ItemJSON) -> Iterator[str]:
    """What marketing's handoffs are to be like."""
    if supply.get("least_score") is not None:
        yield _("each with at least %(n)s points") % {"n": supply["least_score"]}
    if supply.get("accepted"):
        yield _("of which sales accepts at least %(n)s %%") % {"n": supply["accepted"]}


def watched(metrics: list[str]) -> str:
    return "; ".join(str(values.WATCHES[each]) for each in metrics)
