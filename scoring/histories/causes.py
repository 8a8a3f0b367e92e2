"""Why a score changed at a moment, in words: what the lead did, what somebody wrote, what ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.models import Lead, LeadChange, Quarantine, Touch, User
from scoring.conditions import Vocabulary
from scoring.facts import History
from scoring.histories import boundaries
from scoring.histories.boundaries import Passed
from scoring.ledgers import Line
from scoring.measures import declared
from scoring.models import AgreementVersion, Correction, StageEntry
from scoring.rulebooks import Rulebook

# So many activities, fields and days that have passed are named, the rest is counted.
MOST_NAMED = 3
LEAD, TIME, AGREEMENT = "lead", "time", "agreement"


@dataclass(frozen=True)
class Cause:
    """What happened. `side` is who acted (lead, marketing, sales or operations), time itself or
    the agreement; `quote` are somebody's own words."""

    text: str
    side: str
    quote: str = ""


class Causes:
    """What happened to a lead, to be asked for moment by moment."""

    def __init__(
        self,
        lead: Lead,
        history: History,
        books: Sequence[tuple[AgreementVersion, Rulebook]],
        vocabulary: Vocabulary,
    ) -> None:
        """Up to three queries."""
        self.history = history
        self.vocabulary = vocabulary
        self.boundaries = {v.pk: boundaries.of(book, history) for v, book in books}
        measures = [measure for _version, book in books for measure in book.rule_measures()]
        self.looks_at_touches = any(each.of in declared.OF_TOUCHES for each in measures)
        self.resets = any(book.resets for _version, book in books)
        self.looks_at_entries = any(each.looks_at_entries for each in measures)
        self.corrections = _corrections(lead) if history.corrections else []
        self.undone = {each.undoes_id for each in self.corrections}
        hidden = any(deed.hidden for deed in history.deeds)
        self.quarantines = _quarantines(lead) if hidden else {}
        self.people = _people(history.changes)

    def times(self) -> set[datetime]:
        """When time alone may have changed something."""
        return {moment for found in self.boundaries.values() for moment in found}

    def at(self, moment: datetime, lines: Sequence[Line], version: AgreementVersion) -> list[Cause]:
        """Why the points of these lines changed at a moment, under the version of then."""
        found = [
            *self._activities(moment),
            *self._quarantined(moment),
            *self._changes(moment),
            *self._corrected(moment),
            *self._touched(moment),
            *self._entered(moment),
            *self._passed(moment, {line.key for line in lines}, version),
        ]
        if version.in_force_at == moment:
            text = _("Agreement %(number)s came into force") % {"number": version.number}
            found.append(Cause(text, AGREEMENT))
        return found or [Cause(_("The lead came in"), LEAD)]

    def _activities(self, moment: datetime) -> Iterator[Cause]:
        news = [d for d in self.history.deeds if max(d.occurred_at, d.known_at) == moment]
        kinds = Counter((deed.type, _day_before(deed.occurred_at, moment)) for deed in news)
        ordered = sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
        for (type, day), count in ordered[:MOST_NAMED]:
            yield Cause(self._did(type, day, count), LEAD)
        yield from _rest(len(kinds), LEAD)

    def _did(self, type: str, day: str, count: int) -> str:
        pattern = ngettext("%(what)s", "%(what)s (%(count)d times)", count)
        said = pattern % {"what": self.vocabulary.type(type), "count": count}
        return (
            _("%(what)s on %(day)s, known only now") % {"what": said, "day": day} if day else said
        )

    def _quarantined(self, moment: datetime) -> Iterator[Cause]:
        for deed in self.history.deeds:
            for start, end in deed.hidden:
                if moment not in (start, end):
                    continue
                entry = self.quarantines.get(moment)
                by = entry.by if entry else None
                pattern = (
                    _("Set aside as a machine’s doing: “%(what)s”")
                    if moment == start
                    else _("Counted again, it was no machine: “%(what)s”")
                )
                text = pattern % {"what": self.vocabulary.type(deed.type)}
                yield Cause(_said_by(text, by), by.side if by else LEAD)

    def _changes(self, moment: datetime) -> Iterator[Cause]:
        for change in self.history.changes:
            if change.known_at == moment:
                by = self.people.get(change.by_id)
                named = {"who": by or change.source, "fields": self._fields(change.values)}
                first = change is self.history.changes[0]
                pattern = _("First known from %(who)s: %(fields)s")
                if not first:
                    pattern = _("%(who)s changed: %(fields)s")
                yield Cause(pattern % named, by.side if by else LEAD)

    def _fields(self, keys: Iterable[str]) -> str:
        known, keys = self.vocabulary.fields, set(keys)
        labels = [str(field.label) for key, field in known.items() if key in keys]
        labels += sorted(keys - known.keys())
        more = len(labels) - MOST_NAMED
        if more > 0:
            pattern = ngettext("%(n)d more", "%(n)d more", more)
            labels = [*labels[:MOST_NAMED], pattern % {"n": more}]
        return ", ".join(labels)

    def _corrected(self, moment: datetime) -> Iterator[Cause]:
        for each in self.corrections:
            if each.at == moment:
                pattern = (
                    _("%(who)s ended a correction")
                    if each.undoes_id
                    else _("%(who)s corrected the score by hand")
                )
                words = each.note.text if each.note else ""
                yield Cause(pattern % {"who": each.by}, each.by.side, words)
            elif each.until == moment and not each.undoes_id and each.pk not in self.undone:
                text = _("A correction by %(who)s ran out") % {"who": each.by}
                yield Cause(text, TIME, each.note.text if each.note else "")

    def _touched(self, moment: datetime) -> Iterator[Cause]:
        if not self.looks_at_touches:
            return
        labels = dict(Touch.Kind.choices)
        for touch in self.history.touches:
            if max(touch.occurred_at, touch.known_at) == moment:
                text = _("We approached the lead: %(how)s") % {"how": labels[touch.kind]}
                yield Cause(text, "marketing")

    def _entered(self, moment: datetime) -> Iterator[Cause]:
        labels = dict(StageEntry.Cause.choices)
        for entry in self.history.entries if self.looks_at_entries else ():
            if entry.at == moment and entry.resets and self.resets:
                said = _("Sales returned the lead: what it did before counts no more")
                yield Cause(said, "sales")
            elif entry.at == moment:
                text = _("The lead changed its stage: %(cause)s") % {"cause": labels[entry.cause]}
                yield Cause(text, "sales")

    def _passed(
        self, moment: datetime, keys: set[str], version: AgreementVersion
    ) -> Iterator[Cause]:
        """Only what was counted by a rule whose points changed."""
        found = self.boundaries[version.pk].get(moment, ())
        texts = dict.fromkeys(self._time(each) for each in found if each.rule in keys)
        for text in list(texts)[:MOST_NAMED]:
            yield Cause(text, TIME)
        yield from _rest(len(texts), TIME)

    def _time(self, passed: Passed) -> str:
        what = self.vocabulary.type(passed.type) if passed.type else ""
        if passed.measure.of == declared.IDLE:
            return _days(
                passed.days,
                ngettext("A day without activity", "%(days)d days without activity", passed.days),
            )
        if not what:
            return _days(passed.days, ngettext("A day passed", "%(days)d days passed", passed.days))
        if passed.measure.of == declared.HALVED and passed.days != passed.measure.reach:
            pattern = ngettext(
                "A day passed: “%(what)s” counts for less",
                "%(days)d days passed: “%(what)s” counts for less",
                passed.days,
            )
        else:
            pattern = ngettext(
                "A day passed: “%(what)s” no longer counts",
                "%(days)d days passed: “%(what)s” no longer counts",
                passed.days,
            )
        return pattern % {"days": passed.days, "what": what}


def _days(days: int, pattern: str) -> str:
    return pattern % {"days": days}


def _rest(count: int, side: str) -> Iterator[Cause]:
    more = count - MOST_NAMED
    if more > 0:
        yield Cause(ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}, side)


def _said_by(text: str, by: User | None) -> str:
    return _("%(text)s (%(who)s)") % {"text": text, "who": by} if by else text


def _day_before(occurred_at: datetime, known_at: datetime) -> str:
    """The day of what became known only later."""
    day = timezone.localtime(occurred_at).date()
    return "" if day == timezone.localtime(known_at).date() else date_format(day, "DATE_FORMAT")


def _corrections(lead: Lead) -> list[Correction]:
    return list(Correction.objects.filter(lead=lead).select_related("by__team", "note"))


def _quarantines(lead: Lead) -> dict[datetime, Quarantine]:
    found = Quarantine.objects.filter(activity__lead=lead).select_related("by__team")
    return {each.at: each for each in found}


def _people(changes: Iterable[LeadChange]) -> dict[int, User]:
    ids = {change.by_id for change in changes if change.by_id}
    return User.objects.select_related("team").in_bulk(ids) if ids else {}
