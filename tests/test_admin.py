"""The administration: what Ada sets up, and what she only reads."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from feedback.admin import PoolAdmin
from feedback.models import (
    Absence,
    Calendar,
    Opportunity,
    OpportunityContact,
    Pool,
    PoolMember,
    RoutingRule,
    WorkingHours,
)
from leads import activities, changes, events, fields, identities, tokens, touches
from leads.models import (
    ApiToken,
    Attribute,
    Campaign,
    Channel,
    Event,
    Import,
    Lead,
    StaleLead,
    UnmappedOwner,
    User,
)
from scoring import rescoring
from scoring.models import (
    Calibration,
    CalibrationLead,
    Comment,
    Freeze,
    Objection,
    Signature,
    Thread,
    TrialAnswer,
)
from tests.factories import HandoffFactory, LeadFactory, PoolMemberFactory
from tests.forms import form_of

OURS = {"leads", "scoring", "feedback"}
INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)(?![^>]*application/json)|\sstyle=|\son\w+=", re.I
)


@pytest.fixture
def ada_in(ada, signed_in):
    return signed_in(ada)


@pytest.fixture
def furnished(maya, monday):
    """A row of everything that the administration shows."""
    lead, _status = changes.upsert(
        [identities.email("ines@graaf.example")],
        {"first_name": "Ines", "company_name": "Graaf"},
        source="api",
        known_at=monday,
    )
    Campaign.objects.create(key="spring", name="Spring", channel=Channel.objects.create(key="web"))
    what = {"type": "visit", "channel": "web", "campaign": "spring"}
    activities.record(lead, occurred_at=monday, known_at=monday, **what)
    machine = {"properties": {"user_agent": "wget"}}
    activities.record(lead, occurred_at=monday, known_at=monday, **machine, **what)
    touches.record(lead, kind="mail", outcome="sent", occurred_at=monday)
    events.write("lead.noted", at=monday, lead=lead, actor=maya)
    Attribute.objects.create(key="budget", label="Budget", type="number")
    UnmappedOwner.objects.create(source="crm", name="I. Known")
    Import.objects.create(
        source="crm", kind="leads", mode="live", file_name="a.csv", mapping={}, started_at=monday
    )
    tokens.issue(maya, label="Website", at=monday)
    handoff = HandoffFactory(lead=lead)
    member = PoolMemberFactory(pool=handoff.pool)
    days = {"first_day": monday.date(), "last_day": monday.date()}
    Absence.objects.create(user=member.user, entered_by=maya, entered_at=monday, **days)
    RoutingRule.objects.create(name="Everybody", pool=handoff.pool)
    signed = {"version": handoff.version, "side": "marketing", "proposal": 1}
    Signature.objects.create(**signed, user=maya, sha256="0" * 64, signed_at=monday)
    rescoring.start(handoff.version, at=monday)
    thread = Thread.objects.create(
        version=handoff.version, section="clocks", opened_by=maya, opened_at=monday
    )
    Comment.objects.create(thread=thread, by=maya, at=monday, text="Why so slow?")
    by_maya = {"version": handoff.version, "side": "marketing", "user": maya, "at": monday}
    Objection.objects.create(**by_maya, proposal=1, sha256="0" * 64, reason="Too slow.")
    TrialAnswer.objects.create(**by_maya, answer="keep")
    vote = {"version": handoff.version, "body": {}, "stage": "mql", "code": "room42"}
    put = Calibration.objects.create(**vote, as_of=monday, opened_by=maya, opened_at=monday)
    CalibrationLead.objects.create(
        calibration=put, lead=lead, position=1, handed_over=True, total=70
    )
    Freeze.objects.create(name="Year's end", starts_on=monday.date(), ends_on=monday.date())
    opportunity = Opportunity.objects.create(
        name="Graaf", company=lead.company, handoff=handoff, opened_at=monday
    )
    OpportunityContact.objects.create(opportunity=opportunity, lead=lead)
    return lead


def pages_of(model):
    """The pages of a model by name: its list, an empty form, a row and its history."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    assert row is not None, f"No row of {model.__name__}: furnish one, so that its page is opened."
    return {
        "list": reverse(f"{name}_changelist"),
        "search": reverse(f"{name}_changelist") + "?q=Grääf",
        "add": reverse(f"{name}_add"),
        "change": reverse(f"{name}_change", args=[row.pk]),
        "history": reverse(f"{name}_history", args=[row.pk]),
    }


def test_every_page_opens_for_ada_and_keeps_to_the_content_security_policy(ada_in, furnished):
    registered = [m for m in admin.site._registry if m._meta.app_label in OURS]
    assert len(registered) > 15
    pages = {"index": reverse("admin:index"), "password": reverse("admin:password_change")}
    for model in registered:
        pages |= {f"{model.__name__} {name}": path for name, path in pages_of(model).items()}
    for model in admin.site._registry.keys() - set(registered):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        pages[model.__name__] = reverse(name)
    for name, path in pages.items():
        response = ada_in.get(path)
        expected = {200, 403} if name.endswith(" add") else {200}
        assert response.status_code in expected, (name, response.status_code)
        assert not INLINE.findall(response.content.decode()), name


def test_a_list_costs_the_same_for_one_row_and_for_ten(
    ada_in, furnished, django_assert_num_queries
):
    path = reverse("admin:feedback_handoff_changelist")
    ada_in.get(path)
    with CaptureQueriesContext(connection) as one:
        ada_in.get(path)
    HandoffFactory.create_batch(9)
    with django_assert_num_queries(len(one)):
        assert "10 handoffs" in ada_in.get(path).content.decode()


def test_a_pool_costs_the_same_with_one_member_and_with_six(ada_in, django_assert_num_queries):
    pool = PoolMemberFactory().pool
    path = reverse("admin:feedback_pool_change", args=[pool.pk])
    with CaptureQueriesContext(connection) as one:
        ada_in.get(path)
    PoolMemberFactory.create_batch(5, pool=pool)
    with django_assert_num_queries(len(one)):
        ada_in.get(path)


@pytest.mark.parametrize("kind", ["leads_lead", "feedback_handoff", "scoring_stageentry"])
def test_a_lead_is_found_by_its_name_whatever_its_accents(ada_in, kind):
    HandoffFactory(
        lead=LeadFactory(first_name="Ömer", last_name="Öztürk", name_folded="omer ozturk")
    )
    path = reverse(f"admin:{kind}_changelist")
    for name in ("Öztürk", "ozturk"):
        assert "Öztürk" in ada_in.get(path, {"q": name}).content.decode().split("result_list")[1]
    assert "result_list" not in ada_in.get(path, {"q": "Özdemir"}).content.decode()


def test_the_list_of_handoffs_says_their_state_in_words(ada_in):
    HandoffFactory()
    assert (
        "Not answered yet"
        in ada_in.get(reverse("admin:feedback_handoff_changelist")).content.decode()
    )


@pytest.mark.parametrize("model", ["lead", "leadchange", "activity", "event", "import", "company"])
def test_facts_are_read_and_never_written(ada_in, furnished, model):
    assert ada_in.get(reverse(f"admin:leads_{model}_add")).status_code == 403
    found = apps.get_model("leads", model)._default_manager.first()
    for page in ("change", "delete"):
        path = reverse(f"admin:leads_{model}_{page}", args=[found.pk])
        assert ada_in.post(path, {"post": "yes"}).status_code == 403
    assert Lead.objects.count() == 1


class TestPeople:
    def test_a_new_person_gets_a_folded_address_and_can_sign_in(self, ada_in, sales, client):
        path = reverse("admin:leads_user_add")
        body = {
            "email": "Kim@Baton.example",
            "first_name": "Kim",
            "team": sales.pk,
            "usable_password": "true",
            "password1": "a long enough secret",
            "password2": "a long enough secret",
        }
        assert ada_in.post(path, body).status_code == 302
        kim = User.objects.get(email="kim@baton.example")
        assert kim.side == "sales"
        signing_in = {"username": "KIM@baton.example", "password": "a long enough secret"}
        assert client.post(reverse("sign_in"), signing_in).status_code == 302

    def test_the_same_address_in_other_letters_is_refused(self, ada_in, sam, sales):
        body = {"email": "SAM@baton.example", "usable_password": "false"}
        response = ada_in.post(reverse("admin:leads_user_add"), body)
        assert "already exists" in response.content.decode()
        assert User.objects.filter(email__iexact=sam.email).count() == 1

    def test_people_are_made_inactive_not_removed(self, ada_in, sam):
        delete = reverse("admin:leads_user_delete", args=[sam.pk])
        assert ada_in.post(delete, {"post": "yes"}).status_code == 403
        body = {"email": sam.email, "first_name": "Sam", "team": sam.team_id}
        response = ada_in.post(reverse("admin:leads_user_change", args=[sam.pk]), body)
        assert response.status_code == 302, response.context["errors"]
        sam.refresh_from_db()
        assert not sam.is_active
        assert sam.history.latest().history_user.email == "ada@baton.example"


class TestTokens:
    def test_a_new_token_is_shown_once(self, ada_in, maya, monday):
        body = {"user": maya.pk, "label": "Website"}
        page = ada_in.post(reverse("admin:leads_apitoken_add"), body, follow=True)

        plain = re.search(r"baton_[\w-]{43}", page.content.decode())[0]
        assert tokens.authenticate(plain, at=monday) == maya
        token = ApiToken.objects.get()
        assert Event.objects.get(kind="token.issued").actor.email == "ada@baton.example"
        again = ada_in.get(reverse("admin:leads_apitoken_change", args=[token.pk]))
        assert plain not in again.content.decode()
        assert token.digest not in again.content.decode()

    def test_a_token_is_revoked_from_the_list(self, ada_in, maya, monday):
        token, plain = tokens.issue(maya, label="", at=monday)
        path = reverse("admin:leads_apitoken_changelist")
        action = {"action": "revoke", "_selected_action": [token.pk]}
        assert "is revoked" in ada_in.post(path, action, follow=True).content.decode()
        assert tokens.authenticate(plain, at=monday) is None
        assert "already" in ada_in.post(path, action, follow=True).content.decode()

    def test_somebody_inactive_gets_none(self, ada_in, maya):
        maya.is_active = False
        maya.save()
        response = ada_in.post(reverse("admin:leads_apitoken_add"), {"user": maya.pk})
        assert response.status_code == 200
        assert "no longer sign in" in response.content.decode()
        assert not ApiToken.objects.exists()


class TestLeadFields:
    def save(self, ada_in, attribute=None, **body):
        if attribute is None:
            return ada_in.post(reverse("admin:leads_attribute_add"), body)
        return ada_in.post(reverse("admin:leads_attribute_change", args=[attribute.pk]), body)

    def test_a_field_is_added_with_its_choices(self, ada_in):
        body = {"label": "Budget", "key": "budget", "type": "choice", "choices": "small\n\nlarge "}
        assert self.save(ada_in, **body).status_code == 302
        assert Attribute.objects.get().choices == ["small", "large"]

    @pytest.mark.parametrize("key", ["email", "owner", "first_name", "channel", "name_folded"])
    def test_a_key_with_another_meaning_is_refused(self, ada_in, key):
        response = self.save(ada_in, label="X", key=key, type="text")
        assert "Choose another key" in response.content.decode()
        assert not Attribute.objects.exists()

    def test_a_field_that_an_agreement_names_keeps_its_type_and_stays(self, ada_in):
        budget = Attribute.objects.create(key="budget", label="Budget", type="number", in_use=True)
        page = ada_in.get(reverse("admin:leads_attribute_change", args=[budget.pk]))
        assert "The agreement in force names the field" in page.content.decode()

        body = {"label": "Money", "key": "other", "type": "text"}
        assert self.save(ada_in, budget, **body).status_code == 302
        budget.refresh_from_db()
        assert (budget.label, budget.key, budget.type) == ("Money", "budget", "number")

        delete = reverse("admin:leads_attribute_delete", args=[budget.pk])
        page = ada_in.post(delete, {"post": "yes"})
        assert "The agreement in force names the field" in page.content.decode()
        action = {"action": "delete_selected", "_selected_action": [budget.pk], "post": "yes"}
        ada_in.post(reverse("admin:leads_attribute_changelist"), action)
        assert Attribute.objects.filter(pk=budget.pk).exists()

    def test_a_field_with_values_stays_and_one_without_goes(self, ada_in, furnished, monday):
        budget = Attribute.objects.get(key="budget")
        changes.record(furnished, {"budget": 5}, source="api", known_at=monday)
        spare = fields.save(Attribute(key="spare", label="Spare", type="text"))
        for attribute in (budget, spare):
            delete = reverse("admin:leads_attribute_delete", args=[attribute.pk])
            ada_in.post(delete, {"post": "yes"})
        assert Attribute.objects.filter(pk=budget.pk).exists()
        assert not Attribute.objects.filter(pk=spare.pk).exists()


class TestChannels:
    def test_a_kind_given_to_a_channel_rescores_its_leads(self, ada_in, furnished, monday):
        StaleLead.objects.all().delete()
        channel = Channel.objects.get(key="web")
        path = reverse("admin:leads_channel_change", args=[channel.pk])
        body = {"name": "Web", "kind": "unclassified", "key": "other"}
        assert ada_in.post(path, body).status_code == 302
        assert not StaleLead.objects.exists()

        assert ada_in.post(path, body | {"kind": "inbound"}).status_code == 302
        channel.refresh_from_db()
        assert (channel.key, channel.kind) == ("web", "inbound")
        assert StaleLead.objects.filter(lead=furnished).exists()


def test_a_rep_of_a_source_becomes_the_owner_of_the_leads_that_came_in_under_the_name(
    ada_in, sam, furnished
):
    name = UnmappedOwner.objects.get()
    Lead.objects.update(unmapped_owner=name)
    path = reverse("admin:leads_unmappedowner_change", args=[name.pk])
    page = ada_in.post(path, {"user": sam.pk}, follow=True)
    assert "Sam Okafor owns 1 lead of this name" in page.content.decode()
    assert Lead.objects.get().owner == sam


class TestCalendars:
    def body(self, *hours, **also):
        rows = {
            f"hours-{n}-{key}": value
            for n, row in enumerate(hours)
            for key, value in zip(("weekday", "starts", "ends"), row, strict=True)
        }
        management = {
            f"{prefix}-{name}": count
            for prefix, count in (("hours", len(hours)), ("days_off", 0))
            for name, count in (("TOTAL_FORMS", count), ("INITIAL_FORMS", 0))
        }
        calendar = {"name": "Sales hours", "time_zone": "Europe/Berlin"}
        return calendar | management | rows | also

    def test_hours_are_set(self, ada_in):
        body = self.body((0, "09:00", "12:00"), (0, "13:00", "17:00"), country="de", region="by")
        response = ada_in.post(reverse("admin:feedback_calendar_add"), body)
        assert response.status_code == 302, response.context["errors"]
        assert Calendar.objects.get().country == "DE"
        assert WorkingHours.objects.count() == 2

    def test_hours_last_until_midnight(self, ada_in):
        body = self.body((0, "18:00", "00:00"))
        ada_in.post(reverse("admin:feedback_calendar_add"), body)
        assert str(WorkingHours.objects.get()) == "Monday 18:00–24:00"

    @pytest.mark.parametrize(
        ("hours", "also", "told"),
        [
            ([(0, "09:00", "12:00"), (0, "11:00", "17:00")], {}, "The hours of Monday overlap"),
            ([(0, "20:00", "00:00"), (0, "23:00", "23:30")], {}, "The hours of Monday overlap"),
            ([(0, "12:00", "09:00")], {}, "These hours end before they begin."),
            ([], {"time_zone": "Europe/Atlantis"}, "Europe/Atlantis is not one of"),
            ([], {"country": "QQ"}, "holidays of this country are not known"),
            ([], {"country": "DE", "region": "QQ"}, "Regions with holidays of their own there: BB"),
            ([], {"region": "BY"}, "Name the country"),
        ],
    )
    def test_what_cannot_be_is_refused(self, ada_in, hours, also, told):
        path = reverse("admin:feedback_calendar_add")
        response = ada_in.post(path, self.body(*hours, **also))
        assert told in response.content.decode()
        assert not Calendar.objects.exists()

    def test_other_hours_bring_the_deadlines_that_run_along(self, ada_in):
        running = HandoffFactory(opened_at=timezone.now())
        before, calendar = running.due_at, running.pool.calendar
        body = self.body(*[(day, "18:00", "20:00") for day in range(5)])
        rows = calendar.hours.values_list("pk", flat=True)
        body |= {f"hours-{n}-id": pk for n, pk in enumerate(rows)}
        body["hours-INITIAL_FORMS"] = len(rows)
        path = reverse("admin:feedback_calendar_change", args=[calendar.pk])
        page = ada_in.post(path, body, follow=True)
        running.refresh_from_db()
        assert running.due_at != before
        assert running.steps.filter(kind="deadline_moved").count() == 1
        assert "1 running deadline moved along." in page.content.decode()


def test_only_sales_people_can_be_put_into_a_pool(ada_in, sam, maya, furnished):
    page = ada_in.get(reverse("admin:feedback_pool_change", args=[Pool.objects.get().pk]))
    assert "Sam Okafor" in page.content.decode()
    assert "Maya Lindner" not in page.content.decode()


def test_saving_a_pool_and_its_members_leaves_the_turns_of_meanwhile(
    ada_in, sam, furnished, monkeypatch
):
    pool = Pool.objects.get()
    PoolMemberFactory(pool=pool, user=sam)
    path = reverse("admin:feedback_pool_change", args=[pool.pk])
    body = form_of(ada_in.get(path).content.decode(), "") | {"name": "North"}
    body |= {"members-0-weight": "3", "members-1-DELETE": "on"}
    read = PoolAdmin.save_form

    def given_out_meanwhile(*args, **said) -> Pool:
        """All rows have been read by now."""
        PoolMember.objects.update(turn=7, credits=2, last_assigned_at=timezone.now())
        Pool.objects.update(turn=9)
        return read(*args, **said)

    monkeypatch.setattr(PoolAdmin, "save_form", given_out_meanwhile)
    assert ada_in.post(path, body).status_code == 302
    pool.refresh_from_db()
    assert (pool.name, pool.turn) == ("North", 9)
    member = pool.members.get()
    assert (member.weight, member.turn, member.credits) == (3, 7, 2)
    assert member.last_assigned_at
    assert member.history.count() == 2


def test_a_member_is_added_in_the_administration(ada_in, sam, furnished):
    pool = Pool.objects.get()
    path = reverse("admin:feedback_pool_change", args=[pool.pk])
    body = form_of(ada_in.get(path).content.decode(), "")
    body |= {"members-TOTAL_FORMS": "2", "members-1-user": sam.pk, "members-1-pool": pool.pk}
    body |= {"members-1-on_duty": "on", "members-1-capacity": "5", "members-1-weight": "2"}
    ada_in.post(path, body)
    assert pool.members.get(user=sam).weight == 2


@pytest.mark.parametrize("path", ["/admin/", "/admin/leads/user/", "/admin/login/", "/admin/no/"])
def test_only_administrators_find_the_administration(path, client, signed_in, maya, olu, nina):
    for user in (maya, olu, nina):
        assert signed_in(user).get(path).status_code == 404
    door = client.get(path)
    if door.url.startswith("/admin/login/"):
        door = client.get(door.url)
    assert door.url.startswith(reverse("sign_in"))


def test_ada_leaves_the_administration_by_the_common_door(ada_in, client):
    assert ada_in.post(reverse("admin:logout")).url == reverse("sign_in")
    assert ada_in.get(reverse("admin:index")).status_code == 302
