"""How to open the conversation: a first sentence to take or to leave, made of recorded facts, and
what else is good to know before. Nothing is invented."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.briefings import Briefing
from feedback.models import Handoff
from feedback.timelines import History
from leads.models import Activity, Touch, User

QUOTED = 140
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
# How one speaks of what they did, where the kind is one that the templates know.
DEEDS = {
    "pricing_page": gettext_lazy("On %(day)s you read our pricing page."),
    "newsletter_click": gettext_lazy("On %(day)s you looked at something in our newsletter."),
    "whitepaper_downloaded": gettext_lazy("On %(day)s you downloaded a paper of ours."),
    "webinar_attended": gettext_lazy("On %(day)s you were in our webinar."),
    "event_registered": gettext_lazy("On %(day)s you registered for our event."),
    "event_attended": gettext_lazy("On %(day)s you were at our event."),
    "trade_fair_visit": gettext_lazy("On %(day)s you visited our stand."),
    "social_reaction": gettext_lazy("On %(day)s you reacted to a post of ours."),
    "trial_started": gettext_lazy("On %(day)s you started a trial."),
    "quote_requested": gettext_lazy("On %(day)s you asked us for a quote."),
    "demo_requested": gettext_lazy("On %(day)s you asked us for a demo."),
    "contact_requested": gettext_lazy("On %(day)s you asked us to contact you."),
    "follow_up_requested": gettext_lazy("On %(day)s you asked us to follow up."),
    "meeting_requested": gettext_lazy("On %(day)s you asked us for a meeting."),
}


@dataclass(frozen=True)
class Fact:
    """Something recorded, when, and what it is."""

    label: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class Opener:
    """The sentence stands on its own; empty where nothing is recorded to begin with. `facts` are
    those that the wish does not show already."""

    sentence: str
    facts: list[Fact]


def draw(handoff: Handoff, reader: User, briefing: Briefing) -> Opener:
    """For `reader`, who is about to speak with the lead. No query."""
    history = briefing.history
    facts = [*_last_deed(history, briefing), *_last_conversation(history, briefing)]
    advice = next((back.advice for back in briefing.returns if back.advice), "")
    if advice:
        facts.append(Fact(_("The agreement says"), advice))
    return Opener(_sentence(handoff, reader, history), facts)


def _sentence(handoff: Handoff, reader: User, history: History) -> str:
    spoken, hook = _spoken(history), _hook(history)
    if not (spoken or hook):
        return ""
    lead, me = handoff.lead, reader.get_full_name() or reader
    named = lead.first_name or lead.last_name
    hello = _("Hello %(lead)s, this is %(me)s.") if named else _("Hello, this is %(me)s.")
    parts = [hello % {"lead": lead.name, "me": me}]
    if spoken:
        parts.append(_met(spoken, reader))
    parts += [hook, _("Is this a good moment?")]
    return " ".join(filter(None, parts))


def _hook(history: History) -> str:
    """Their own words, else what they did last."""
    wrote = next((a for a in history.activities if a.properties.get("words")), None)
    if wrote:
        words = _quoted(str(wrote.properties["words"]))
        said = {"day": _day(wrote.occurred_at), "words": words}
        return _("On %(day)s you wrote to us: “%(words)s”") % said
    if not history.activities:
        return ""
    did = history.activities[0]
    said = {"day": _day(did.occurred_at), "deed": _deed(did)}
    if did.type.key in DEEDS:
        return DEEDS[did.type.key] % said
    return _("I am calling about what reached us on %(day)s: %(deed)s.") % said


def _quoted(words: str) -> str:
    """Whole sentences, as many as one says in a breath; of a longer one its first words."""
    said = ""
    for sentence in SENTENCE_END.split(" ".join(words.split())):
        if len(said) + len(sentence) >= QUOTED:
            break
        said = f"{said} {sentence}".strip()
    return said or Truncator(words).words(18, truncate=" …")


def _met(touch: Touch, reader: User) -> str:
    if touch.by_id == reader.pk:
        return _("We spoke on %(day)s.") % {"day": _day(touch.occurred_at)}
    if touch.by is None:
        return ""
    said = {"who": touch.by, "day": _day(touch.occurred_at)}
    return _("You spoke with %(who)s on %(day)s.") % said


def _last_deed(history: History, briefing: Briefing) -> list[Fact]:
    if not history.activities or (briefing.wish and briefing.wish.how == "did"):
        return []
    did = history.activities[0]
    if briefing.wish and briefing.wish.at == did.occurred_at:
        return []
    return [Fact(_("Did last"), _deed(did), did.occurred_at)]


def _last_conversation(history: History, briefing: Briefing) -> list[Fact]:
    spoken = _spoken(history)
    if spoken is None or (briefing.wish and briefing.wish.how == "said"):
        return []
    who = ", ".join(filter(None, [spoken.get_kind_display(), str(spoken.by or "")]))
    words = spoken.note.text if spoken.note else ""
    text = _("%(who)s: “%(words)s”") % {"who": who, "words": words} if words else who
    return [Fact(_("Last conversation"), text, spoken.occurred_at)]


def _spoken(history: History) -> Touch | None:
    held = (t for t in history.touches if t.outcome == Touch.Outcome.CONVERSATION)
    return next(held, None)


def _deed(activity: Activity) -> str:
    """What they did, and with which of our things."""
    return ": ".join(filter(None, [activity.type.said, activity.properties.get("content")]))


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "MONTH_DAY_FORMAT")
