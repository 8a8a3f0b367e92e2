"""Tells the demo: lets months pass in order, each step by the verb a person would have used.

A heap holds what is still to happen as (moment, number, deed). A tick takes in what prospects did
since the tick before, rescores, hands over and lets people answer; answers put their own
consequences on the heap. What would happen after now stays undone: that is today's work.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import transaction
from django.db.models import F

from config.demo import cast, scanners, words
from config.demo.versions import first_text, second_text
from config.demo.world import DAYS, Deed, Prospect, prospects
from feedback import (
    calendars,
    clocks,
    contacts,
    deliveries,
    escalations,
    handoffs,
    opportunities,
    qualifications,
    releases,
)
from feedback.models import Handoff, Notification, Opportunity, Pool, PoolMember
from feedback.routing import turns
from leads import activities, changes, identities
from leads.models import Touch, User
from scoring import agreements, rescoring

SEED = 20
PROSPECTS = 2000
SECOND_VERSION = timedelta(days=48)
SLOW_LATELY = timedelta(days=4)
BUSY = timedelta(days=3)
NEXT_SEASON = timedelta(days=75)
UNREAD = timedelta(days=6)
UNREPLIED = timedelta(days=6)
A_WEEK = timedelta(days=7)
BEFORE_CLOSING = timedelta(minutes=20)
TICK_HOURS = (10, 15)
# Monday to Sunday. Few enough to load in half a minute, often enough for the clocks to matter.
TICKS = (2, 1, 2, 1, 1, 0, 0)
DECAYS_ON = (0, 3)

Action = Callable[[datetime], None]


def tell(*, at: datetime, count: int = PROSPECTS) -> None:
    """Loads the demo so that its present is `at`, with `count` prospects. All of it or, when
    interrupted, nothing."""
    with transaction.atomic():
        people = cast.assemble(at=at - timedelta(days=DAYS))
        Story(people, until=at, count=count).run()


class Story:
    """One telling. The same seed gives the same story, relative to `until`."""

    def __init__(self, people: dict[str, User], *, until: datetime, count: int) -> None:
        self.random, self.replies, self.answers = Random(SEED), Random(SEED), Random(SEED)
        self.people = people
        self.until = until
        self.since = until - timedelta(days=DAYS)
        self.numbers = itertools.count()
        self.heap: list[tuple[datetime, int, Action]] = []
        self.prospects = prospects(self.random, count=count, until=until)
        self.deeds = _by_moment(self.prospects)
        self.told = 0
        self.prospect_of: dict[int, Prospect] = {}
        self.lead_of: dict[int, int] = {}
        self.planned: set[int] = set()

    def run(self) -> None:
        self.sign(first_text(), self.since)
        self.plan(self.until - SECOND_VERSION, lambda at: self.sign(second_text(), at))
        for moment in self.ticks():
            self.plan(moment, self.tick)
        latest = self.latest_working_moment()
        self.plan(latest, self.tick)
        while self.heap:
            moment, _, action = heapq.heappop(self.heap)
            action(moment)
        scanners.click(list(self.lead_of.values()), until=self.until)
        if latest == self.until:
            self.tick(self.until)
        self.settle()

    def settle(self) -> None:
        """Nobody gets mails about the past, what is older than a few days has been read, and Sam
        is the next to get a lead."""
        told = Notification.objects.all()
        told.update(mail_due=False)
        told.filter(created_at__lt=self.until - UNREAD).update(read_at=F("created_at"))
        cast.away(self.people, at=self.until)
        sam = PoolMember.objects.select_related("pool").get(user=self.people["sam"])
        PoolMember.objects.filter(pk=sam.pk).update(turn=sam.pool.turn - turns.share(sam))
        PoolMember.objects.update(credits=0)

    def latest_working_moment(self) -> datetime:
        """Now; outside of working hours shortly before they ended: who looks at the demo at night
        finds what sales found when it left."""
        office = Pool.objects.select_related("calendar").get().calendar
        *_, last = calendars.working_intervals(office, self.until - A_WEEK, self.until)
        return self.until if last.end == self.until else last.end - BEFORE_CLOSING

    def plan(self, moment: datetime, action: Action) -> None:
        """Puts something on the heap, unless it lies after now."""
        if moment < self.until:
            heapq.heappush(self.heap, (moment, next(self.numbers), action))

    def ticks(self) -> Iterator[datetime]:
        day = self.since.replace(minute=0, second=0, microsecond=0)
        while day < self.until:
            hours = TICK_HOURS[: TICKS[day.weekday()]]
            yield from (day.replace(hour=hour) for hour in hours)
            day += timedelta(days=1)

    # The agreement

    def sign(self, body: dict, at: datetime) -> None:
        """Maya drafts and proposes, Lena signs the same day, Mark the next morning."""
        maya, mark, lena = (self.people[name] for name in ("maya", "mark", "lena"))
        version = agreements.open_draft(by=maya, at=at - timedelta(hours=30), body=body)
        version = agreements.propose(version, by=maya, at=at - timedelta(hours=28))
        agreements.sign(version, by=lena, at=at - timedelta(hours=20), sha256=version.sha256)
        agreements.sign(version, by=mark, at=at, sha256=version.sha256)
        while not rescoring.step(at=at):
            pass

    # Prospects

    def tick(self, at: datetime) -> None:
        """Takes in what was done since the last tick, and lets it have its effect."""
        self.take_in(self.deeds_until(at), at)
        rescoring.stale(at=at, limit=500)
        if at.weekday() in DECAYS_ON and at.hour == TICK_HOURS[0]:
            rescoring.due(at=at, limit=500)
        clocks.wake(at=at)
        clocks.sweep(at=at)
        escalations.escalate(at=at)
        deliveries.deliver(at=at, limit=500)
        releases.release(at=at)
        for handoff in Handoff.objects.awaiting_answer().exclude(pk__in=self.planned):
            self.planned.add(handoff.pk)
            self.plan_answer(handoff)

    def deeds_until(self, at: datetime) -> list[tuple[Prospect, Deed]]:
        start = self.told
        while self.told < len(self.deeds) and self.deeds[self.told][1].at <= at:
            self.told += 1
        return self.deeds[start : self.told]

    def take_in(self, deeds: list[tuple[Prospect, Deed]], at: datetime) -> None:
        self.meet([each for each in deeds if each[0].number not in self.lead_of], at)
        new = [
            activities.NewActivity(
                self.lead_of[prospect.number],
                deed.type,
                occurred_at=deed.at,
                known_at=deed.at,
                channel=deed.channel,
                campaign=deed.campaign,
                properties=deed.properties,
            )
            for prospect, deed in deeds
        ]
        activities.record_many(new, at=at)

    def meet(self, deeds: list[tuple[Prospect, Deed]], at: datetime) -> None:
        """The prospects among these become leads, known since their first deed."""
        firsts = {prospect.number: (prospect, deed) for prospect, deed in reversed(deeds)}
        rows = [
            changes.LeadRow(
                (identities.email(prospect.profile["email"]),), prospect.profile, deed.at
            )
            for prospect, deed in firsts.values()
        ]
        outcomes = changes.upsert_many(rows, source="website", at=at)
        for number, outcome in zip(firsts, outcomes, strict=True):
            self.lead_of[number] = outcome.lead.pk
            self.prospect_of[outcome.lead.pk] = firsts[number][0]

    # Sales answers

    def plan_answer(self, handoff: Handoff) -> None:
        """Somebody answers after a while, whoever is asked for soon; of the last days' handoffs
        many are still waiting."""
        recent = handoff.offered_at > self.until - SLOW_LATELY
        if recent and not handoff.speed_lane and self.random.random() < 0.75:
            return
        minutes = int(min(self.random.lognormvariate(4.5, 0.85), 900))
        minutes = minutes // 8 if handoff.speed_lane else minutes
        moment = calendars.add_working_minutes(
            handoff.pool.calendar, handoff.offered_at, max(minutes, 4)
        )
        self.plan(moment, lambda at: self.answer(handoff.pk, at))

    def answer(self, pk: int, at: datetime) -> None:
        handoff = self.reload(pk)
        prospect = self.prospect_of[handoff.lead_id]
        rep = handoff.owner or self.people[self.random.choice(("sam", "tom", "ines"))]
        odds = {"fit": 0.25, "authority": 0.35, "bad_data": 0.2}.get(prospect.obstacle, 0.85)
        if self.random.random() < odds + 0.35 * prospect.need:
            self.accept(handoff, rep, prospect, at)
        else:
            self.give_back(handoff, rep, prospect, at)

    def accept(self, handoff: Handoff, rep: User, prospect: Prospect, at: datetime) -> None:
        items = handoff.version.body["checklists"]["acceptance"]
        handoffs.accept(
            handoff,
            by=rep,
            at=at,
            confirmed={item["key"] for item in items},
            next_step=self.random.choice(words.NEXT_STEPS),
        )
        calendar = handoff.pool.calendar
        tries = self.random.choice((1, 1, 1, 2))
        if at > self.until - BUSY and self.answers.random() < 0.6:
            return
        for n in range(tries):
            wait = int(self.random.lognormvariate(5.0, 0.7)) + 300 * n
            moment = calendars.add_working_minutes(calendar, at, wait)
            self.plan(moment, lambda at: self.try_to_reach(handoff.pk, rep, at))
        moment = calendars.add_working_minutes(calendar, at, 1200 + self.random.randrange(2400))
        self.plan(moment, lambda at: self.talk(handoff.pk, rep, prospect, at))

    def give_back(self, handoff: Handoff, rep: User, prospect: Prospect, at: datetime) -> None:
        reason = self.reason_for(handoff, prospect)
        handoffs.give_back(
            handoff,
            by=rep,
            at=at,
            reason=reason["key"],
            text=self.random.choice(words.RETURNS[prospect.obstacle]),
            disputed=self.disputed(handoff, prospect),
            back_on=(at + NEXT_SEASON).date() if prospect.obstacle == "timing" else None,
        )
        quick = self.replies.random() < 0.85
        wait = self.replies.lognormvariate(5.2, 0.6) if quick else self.replies.randrange(900, 3000)
        moment = calendars.add_working_minutes(handoff.pool.calendar, at, int(wait))
        if at < self.until - UNREPLIED:
            self.plan(moment, lambda at: self.reply(handoff.pk, at))

    def reason_for(self, handoff: Handoff, prospect: Prospect) -> dict:
        reasons = handoff.version.body["reasons"]
        fitting = [reason for reason in reasons if reason["group"] == prospect.obstacle]
        return self.random.choice(fitting or reasons)

    def disputed(self, handoff: Handoff, prospect: Prospect) -> str:
        if prospect.obstacle not in ("fit", "authority"):
            return ""
        criteria = handoff.evidence.criteria
        keys = [each["key"] for each in criteria if each["group"] == "profile"]
        return keys[0] if keys and self.random.random() < 0.8 else ""

    def reply(self, pk: int, at: datetime) -> None:
        author = self.people[self.replies.choice(("maya", "maya", "mark"))]
        handoffs.reply(self.reload(pk), by=author, at=at, text=self.replies.choice(words.REPLIES))

    # After acceptance

    def try_to_reach(self, pk: int, rep: User, at: datetime) -> None:
        handoff = self.reload(pk)
        if not handoff.is_open or handoff.conversation_at:
            return
        kind = self.random.choice((Touch.Kind.CALL, Touch.Kind.CALL, Touch.Kind.MAIL))
        outcome = Touch.Outcome.SENT if kind == Touch.Kind.MAIL else Touch.Outcome.NOT_REACHED
        text = self.random.choice(words.CONTACTS)
        contacts.log(handoff, by=rep, at=at, kind=kind, outcome=outcome, text=text)

    def talk(self, pk: int, rep: User, prospect: Prospect, at: datetime) -> None:
        handoff = self.reload(pk)
        reached = prospect.obstacle != "no_response" or self.random.random() < 0.3
        if reached:
            text = self.random.choice(words.CONVERSATIONS)
            contacts.hold_conversation(handoff, by=rep, at=at, text=text)
        calendar = handoff.pool.calendar
        moment = calendars.add_working_minutes(calendar, at, 600 + self.random.randrange(4200))
        self.plan(moment, lambda at: self.decide(pk, rep, prospect, reached, at))

    def decide(self, pk: int, rep: User, prospect: Prospect, reached: bool, at: datetime) -> None:
        handoff = self.reload(pk)
        if reached and self.random.random() < 0.3 + 0.9 * prospect.need:
            self.qualify(handoff, rep, prospect, at)
        else:
            self.give_back(handoff, rep, prospect, at)

    def qualify(self, handoff: Handoff, rep: User, prospect: Prospect, at: datetime) -> None:
        opportunity = qualifications.qualify(
            handoff, by=rep, at=at, answers=self.checklist(handoff, at)
        )
        days = self.random.randrange(8, 45)
        won = self.random.random() < 0.25 + 0.6 * prospect.need
        self.plan(at + timedelta(days=days), lambda at: self.close(opportunity.pk, rep, won, at))

    def checklist(self, handoff: Handoff, at: datetime) -> dict[str, str]:
        """What the rep learnt, item by item."""
        answers = {
            "number": str(self.random.randrange(10, 140)),
            "date": str((at + timedelta(days=self.random.randrange(3, 20))).date()),
            "boolean": "true",
        }
        items = handoff.version.body["checklists"]["qualification"]
        return {
            item["key"]: self.collected(item, answers | {"text": self.learnt(item["key"])})
            for item in items
        }

    def learnt(self, key: str) -> str:
        return self.answers.choice(words.LEARNT.get(key, words.CONVERSATIONS))

    def collected(self, item: dict, answers: dict[str, str]) -> str:
        collects = item.get("collects")
        if not collects:
            return "yes"
        if collects["type"] == "choice":
            return self.random.choice(collects["choices"])
        return answers[collects["type"]]

    def close(self, pk: int, rep: User, won: bool, at: datetime) -> None:
        opportunity = Opportunity.objects.get(pk=pk)
        if won:
            known = self.random.random() < 0.85
            amount = Decimal(self.random.randrange(8, 160) * 500) if known else None
            opportunities.win(opportunity, by=rep, at=at, amount=amount)
        else:
            opportunities.lose(opportunity, by=rep, at=at, because=self.random.choice(words.LOSSES))

    def reload(self, pk: int) -> Handoff:
        related = ("pool__calendar", "version", "owner")
        return Handoff.objects.select_related(*related).get(pk=pk)


def _by_moment(everyone: list[Prospect]) -> list[tuple[Prospect, Deed]]:
    deeds = [(prospect, deed) for prospect in everyone for deed in prospect.deeds]
    return sorted(deeds, key=lambda each: each[1].at)
