"""What a lead put to the vote shows to the room: the person's part in it, never their score.

Where names are hidden, nothing that somebody wrote in free words is shown that names the person or
the company. Of nobody are an e-mail address or a number to call shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads import fields
from leads.folding import fold
from leads.models import Channel, Touch
from scoring.conditions import Vocabulary
from scoring.facts import Deed, Facts, histories
from scoring.models import Calibration, CalibrationLead

# Lines that a phone has room for.
MOST_DEEDS = 8
SHORTEST_NAME = 3


@dataclass(frozen=True)
class Done:
    """One kind of thing that was done: what, how often, details in small print, when last, and
    how long before the round that was."""

    what: str
    times: int
    aside: str
    at: datetime
    ago: str
    quote: str = ""

    @property
    def often(self) -> str:
        said = ngettext("%(n)s time", "%(n)s times", self.times)
        return said % {"n": self.times} if self.times > 1 else ""


@dataclass(frozen=True)
class Sheet:
    """A lead as the room sees it, as of the round.

    `name` and `company` are empty where names are hidden. `known` are labels with values,
    `unknown` labels without. `deeds` is what they did, latest first, `more` how many further
    kinds of that; `touches` is what we did.
    """

    position: int
    name: str
    company: str
    title: str
    known: list[tuple[str, str]]
    unknown: list[str]
    channels: list[str]
    deeds: list[Done]
    more: int
    touches: list[Done]
    at: datetime

    @property
    def heading(self) -> str:
        """Whom it is about, in a few words."""
        return self.name or self.title or _("Role unknown")


def draw(subject: CalibrationLead) -> Sheet:
    """The sheet of a lead put to the vote, with its calibration loaded. Nine queries."""
    calibration = subject.calibration
    [facts] = facts_of(calibration, [subject.lead_id]).values()
    vocabulary = Vocabulary(calibration.body)
    hidden = _names(facts) if calibration.hides_names else ()
    deeds = _deeds(facts, vocabulary, hidden, quoting=not calibration.hides_names)
    profile, described = facts.profile, _described(facts, hidden)
    return Sheet(
        position=subject.position,
        name="" if calibration.hides_names else _name(profile),
        company="" if calibration.hides_names else str(profile.get("company_name") or ""),
        title=_shown(profile.get("title"), hidden),
        known=[(label, value) for label, value in described if value],
        unknown=[label for label, value in described if not value],
        channels=_channels(facts),
        deeds=deeds[:MOST_DEEDS],
        more=max(0, len(deeds) - MOST_DEEDS),
        touches=_touches(facts),
        at=calibration.as_of,
    )


def line(facts: Facts) -> str:
    """A lead without its name, in one line: role, size, industry, country."""
    hidden, profile = _names(facts), facts.profile
    title = _shown(profile.get("title"), hidden) or _shown(profile.get("seniority"), hidden)
    size = profile.get("company_size")
    people = ngettext("%(n)s person", "%(n)s people", size) if size else ""
    parts = [
        title or _("Role unknown"),
        _shown(profile.get("industry"), hidden),
        people % {"n": _number(size)} if people else "",
        str(profile.get("country") or ""),
    ]
    return ", ".join(part for part in parts if part)


def facts_of(calibration: Calibration, lead_ids: Iterable[int]) -> dict[int, Facts]:
    """What was known of leads when the round was opened, by id, without their scores. Seven
    queries."""
    at = calibration.as_of.astimezone(UTC)
    found = histories(lead_ids, at, known=fields.registry())
    return {pk: history.at(at) for pk, history in found.items()}


def _name(profile: dict[str, Any]) -> str:
    return f"{profile.get('first_name') or ''} {profile.get('last_name') or ''}".strip()


def _names(facts: Facts) -> tuple[str, ...]:
    """Folded words that would give the person or the company away."""
    profile = facts.profile
    keys = ("first_name", "last_name", "company_name", "city", "email", "website")
    texts = [fold(str(profile.get(key) or "")) for key in keys]
    address = str(profile.get("email") or "")
    texts += [fold(part) for part in address.partition("@")[2].split(".")[:-1]]
    words = {word for text in texts for word in (text, *text.split())}
    return tuple(sorted(word for word in words if len(word) >= SHORTEST_NAME))


def _shown(value: object, hidden: Iterable[str]) -> str:
    """A value somebody wrote; nothing, where it names what is hidden."""
    text = str(value or "")
    folded = fold(text)
    return "" if any(word in folded for word in hidden) else text


def _described(facts: Facts, hidden: Iterable[str]) -> list[tuple[str, str]]:
    """Label and value of what describes the person and the company, empty where it is unknown."""
    profile, labels = facts.profile, fields.built_in()
    values = {
        "seniority": _shown(profile.get("seniority"), hidden),
        "function": _shown(profile.get("function"), hidden),
        "company_size": _number(profile.get("company_size")),
        "industry": _shown(profile.get("industry"), hidden),
        "country": str(profile.get("country") or ""),
    }
    return [(capfirst(str(labels[key].label)), value) for key, value in values.items()]


def _number(value: object) -> str:
    return number_format(value, force_grouping=True) if isinstance(value, int) else ""


def _channels(facts: Facts) -> list[str]:
    """Names of the channels they came through, the first one first."""
    keys = dict.fromkeys(deed.channel_key for deed in reversed(facts.seen) if deed.channel_key)
    names = dict(Channel.objects.filter(key__in=keys).values_list("key", "name"))
    return [names[key] for key in keys if key in names]


def _deeds(
    facts: Facts, vocabulary: Vocabulary, hidden: Collection[str], *, quoting: bool
) -> list[Done]:
    """One line a type, latest first."""
    return [
        _did(deeds, facts, vocabulary, hidden, quoting=quoting)
        for deeds in sorted(
            facts.seen_by_type.values(), key=lambda deeds: deeds[0].occurred_at, reverse=True
        )
    ]


def _did(
    deeds: list[Deed],
    facts: Facts,
    vocabulary: Vocabulary,
    hidden: Collection[str],
    *,
    quoting: bool,
) -> Done:
    """Deeds of one type, latest first."""
    words = next((str(d.properties["words"]) for d in deeds if d.properties.get("words")), "")
    named = (_shown(vocabulary.campaign(d.campaign), hidden) for d in deeds if d.campaign)
    campaigns = dict.fromkeys(name for name in named if name)
    minutes = sum(_figure(d.properties.get("minutes")) for d in deeds)
    watched = max(_figure(d.properties.get("share_watched")) for d in deeds)
    asides = [
        ", ".join(list(campaigns)[:2]),
        _("%(n)s min") % {"n": number_format(minutes)} if minutes else "",
        _("%(n)s %% watched") % {"n": number_format(watched)} if watched else "",
        _("asked for follow-up") if any(d.properties.get("follow_up") for d in deeds) else "",
        _("with a message, hidden here") if words and not quoting else "",
    ]
    return Done(
        capfirst(vocabulary.type(deeds[0].type)),
        len(deeds),
        ", ".join(part for part in asides if part),
        deeds[0].occurred_at,
        _ago(deeds[0].occurred_at, facts.at),
        quote=words if quoting else "",
    )


def _figure(value: object) -> int:
    whole = isinstance(value, int | float) and not isinstance(value, bool)
    return round(value) if whole and 0 <= value < 10**6 else 0


def _touches(facts: Facts) -> list[Done]:
    """What we did, one line a kind, latest first."""
    made = [each for each in facts.touches if each.occurred_at <= facts.at]
    counts = Counter(each.kind for each in made)
    latest = {each.kind: each.occurred_at for each in reversed(made)}
    lines = [
        Done(str(Touch.Kind(kind).label), number, "", latest[kind], _ago(latest[kind], facts.at))
        for kind, number in counts.items()
    ]
    return sorted(lines, key=lambda each: each.at, reverse=True)


def _ago(moment: datetime, at: datetime) -> str:
    """How many days before, by the calendar of the office."""
    days = (localtime(at).date() - localtime(moment).date()).days
    if days <= 0:
        return _("today")
    return ngettext("yesterday", "%(n)s days ago", days) % {"n": number_format(days)}
