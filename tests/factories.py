"""Rows for tests, as the verbs would have left them. Everything else is made by the verbs."""

from datetime import UTC, datetime, time

import factory
from factory.django import DjangoModelFactory

from feedback import clocks, steps
from feedback.models import Calendar, Handoff, Pool, PoolMember, WorkingHours
from leads import access, fields
from leads.folding import fold
from leads.models import Attribute, Channel, Company, Lead, LeadChange, Side, Team, User
from scoring import documents, shapes, stages
from scoring.models import AgreementVersion, Reason, Stage, StageEntry
from tests import emptying

# A Monday without a holiday near it, nine o'clock in Berlin.
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class TeamFactory(DjangoModelFactory):
    class Meta:
        model = Team
        django_get_or_create = ["name"]

    name = "Sales"
    side = Side.SALES


class UserFactory(DjangoModelFactory):
    """A rep of the sales team."""

    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"rep{n}@baton.example")
    first_name = "Rep"
    last_name = factory.Sequence(lambda n: f"Number{n}")
    team = factory.SubFactory(TeamFactory)


class CompanyFactory(DjangoModelFactory):
    class Meta:
        model = Company
        django_get_or_create = ["name_folded"]

    name = factory.Sequence(lambda n: f"Company {n}")
    name_folded = factory.LazyAttribute(lambda company: fold(company.name))


class ChannelFactory(DjangoModelFactory):
    class Meta:
        model = Channel
        django_get_or_create = ["key"]

    key = "website"
    name = "Website"
    kind = Channel.Kind.INBOUND


class LeadFactory(DjangoModelFactory):
    """A lead with the log of what is known about it."""

    class Meta:
        model = Lead
        skip_postgeneration_save = True

    first_name = "Kim"
    last_name = factory.Sequence(lambda n: f"Lead{n}")
    company = factory.SubFactory(CompanyFactory)
    company_name = factory.LazyAttribute(lambda lead: lead.company.name if lead.company else "")
    created_at = MONDAY

    @factory.post_generation
    def log(self, create, extracted, **kwargs):
        known = {key: getattr(self, key) for key in fields.built_in()}
        values = {key: value for key, value in known.items() if value}
        LeadChange.objects.create(lead=self, values=values, source="test", known_at=MONDAY)


class CalendarFactory(DjangoModelFactory):
    """Monday to Friday, 9 to 17 in Berlin, without public holidays. `always=True`: day and night,
    so that it does not matter when a test runs. Its hours are made with it, and never again."""

    class Meta:
        model = Calendar

    name = "Office hours"
    time_zone = "Europe/Berlin"
    always = False

    @classmethod
    def _create(cls, model_class, *args, always, name, **facts):
        calendar, new = model_class.objects.get_or_create(name=name, defaults=facts)
        if new and not always:
            WorkingHours.objects.bulk_create(
                WorkingHours(calendar=calendar, weekday=day, starts=time(9), ends=time(17))
                for day in range(5)
            )
        return calendar


class PoolFactory(DjangoModelFactory):
    class Meta:
        model = Pool
        django_get_or_create = ["name"]

    name = "Field sales"
    team = factory.SubFactory(TeamFactory)
    calendar = factory.SubFactory(CalendarFactory)


class PoolMemberFactory(DjangoModelFactory):
    class Meta:
        model = PoolMember

    pool = factory.SubFactory(PoolFactory)
    user = factory.SubFactory(UserFactory)


class AgreementVersionFactory(DjangoModelFactory):
    """A version in force (Classic), with its stages, its reasons and the fields it collects.
    Nobody has signed it: a database that keeps its guards does not take it."""

    class Meta:
        model = AgreementVersion
        skip_postgeneration_save = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with emptying.unguarded():
            return super()._create(model_class, *args, **kwargs)

    number = factory.Sequence(lambda n: n + 1)
    status = AgreementVersion.Status.IN_FORCE
    body = factory.LazyFunction(shapes.classic)
    sha256 = factory.LazyAttribute(lambda version: documents.digest(version.body))
    created_at = MONDAY
    edited_at = MONDAY
    in_force_at = MONDAY

    @factory.post_generation
    def projections(self, create, extracted, **kwargs):
        for position, stage in enumerate(self.body["stages"]):
            facts = {"kind": stage["kind"], "side": stage["side"], "position": position}
            name = documents.text(stage["name"])
            Stage.objects.update_or_create(key=stage["key"], defaults=facts | {"name": name})
        for position, reason in enumerate(self.body["reasons"]):
            facts = {"group": reason["group"], "position": position}
            label = documents.text(reason["label"])
            Reason.objects.update_or_create(key=reason["key"], defaults=facts | {"label": label})
        for item in documents.collecting(self.body):
            asked = item["collects"]
            facts = {"type": asked["type"], "label": documents.text(asked["label"])}
            Attribute.objects.update_or_create(key=asked["attribute"], defaults=facts)


def version_in_force() -> AgreementVersion:
    """The version in force; Classic, if there is none yet."""
    return AgreementVersion.objects.filter(status="in_force").first() or AgreementVersionFactory()


def entry_for(lead: Lead, version: AgreementVersion, *, at: datetime = MONDAY) -> StageEntry:
    """The lead met the criteria of the stage that hands over."""
    stages.begin([lead.pk], version=version, at=at)
    key = next(stage["key"] for stage in version.body["stages"] if stage["kind"] == "handoff")
    return stages.enter(lead, key, cause=StageEntry.Cause.CRITERIA, at=at, version=version)


class HandoffFactory(DjangoModelFactory):
    """Offered to the pool, unanswered, the answer clock running. `waiting=True`: not yet."""

    class Meta:
        model = Handoff
        skip_postgeneration_save = True

    class Params:
        waiting = False

    lead = factory.SubFactory(LeadFactory)
    version = factory.LazyFunction(version_in_force)
    pool = factory.SubFactory(PoolFactory)
    opened_at = MONDAY
    entry = factory.LazyAttribute(lambda h: entry_for(h.lead, h.version, at=h.opened_at))
    score = 72
    trigger_at = factory.SelfAttribute("opened_at")
    offered_at = factory.LazyAttribute(lambda h: None if h.waiting else h.opened_at)

    @factory.post_generation
    def history(self, create, extracted, **kwargs):
        said = {"pool": self.pool_id, "score": self.score}
        steps.record(self, "opened", at=self.opened_at, data=said)
        if self.offered_at:
            access.show(self.lead, team=self.pool.team, at=self.offered_at)
            steps.record(self, "offered", at=self.offered_at)
            clocks.start(self, Handoff.Clock.ANSWER, at=self.offered_at)
