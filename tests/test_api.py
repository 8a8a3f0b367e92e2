"""Other systems tell Baton about leads and what they do."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from leads import tokens
from leads.models import (
    Activity,
    ActivityType,
    ApiToken,
    Attribute,
    Channel,
    Event,
    Identity,
    Lead,
    LeadChange,
    StaleLead,
)

LEADS = "/api/v1/leads/"
ACTIVITIES = "/api/v1/activities/"


class Caller:
    """Another system with the token of `user`."""

    def __init__(self, user=None):
        plain = tokens.issue(user, label="", at=timezone.now())[1] if user else ""
        self.headers = {"authorization": f"Bearer {plain}"} if plain else {}
        self.client = Client(headers=self.headers)

    def post(self, path, body):
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(path, data, content_type="application/json")

    def get(self, path, **query):
        return self.client.get(path, query)


@pytest.fixture
def crm(maya):
    """A system that writes with Maya's token."""
    return Caller(maya)


def refusal(response, status):
    """The body of a refusal in its one shape."""
    body = response.json()
    assert response.status_code == status, body
    assert {"code", "message", "remedy", "field"} <= body.keys()
    return body


class TestTokens:
    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic bWF5YTpwdw==", "x"])
    def test_nobody_comes_in_without_a_token(self, db, header):
        response = Client(headers={"authorization": header}).post(
            LEADS, {}, content_type="application/json"
        )
        assert refusal(response, 401)["remedy"].startswith("Send the header")
        assert response["WWW-Authenticate"] == 'Bearer realm="Baton"'

    def test_a_session_is_no_token(self, maya, signed_in):
        response = signed_in(maya).post(LEADS, {"email": "a@b.example"}, "application/json")
        refusal(response, 401)
        assert not Lead.objects.exists()

    def test_a_revoked_token_and_an_inactive_owner_stay_out(self, maya, crm):
        assert crm.post(LEADS, {"email": "a@b.example"}).status_code == 201
        maya.is_active = False
        maya.save()
        refusal(crm.post(LEADS, {"email": "b@b.example"}), 401)
        maya.is_active = True
        maya.save()
        ApiToken.objects.update(revoked_at=timezone.now())
        refusal(crm.post(LEADS, {"email": "b@b.example"}), 401)
        assert Lead.objects.count() == 1

    def test_only_who_sees_all_leads_writes_them(self, maya, mark, lena, olu, ada, sam, nina):
        happened = {"type": "visit", "occurred_at": "2026-03-01T09:00:00Z"}
        for user in (maya, mark, lena, olu, ada):
            person = {"email": f"by.{user.email}"}
            assert Caller(user).post(LEADS, person).status_code == 201
            assert Caller(user).post(ACTIVITIES, person | happened).status_code == 201
        before = Lead.objects.count()
        for user in (sam, nina):
            person = {"email": f"by.{user.email}"}
            assert refusal(Caller(user).post(LEADS, person), 403)["code"] == "may_not_write"
            assert refusal(Caller(user).post(ACTIVITIES, person | happened), 403)["remedy"]
        assert Lead.objects.count() == before


class TestLeads:
    def test_a_new_person_becomes_a_lead(self, crm, maya):
        body = {"email": "Ines@Graaf.example", "first_name": "Ines", "company_name": "Graaf"}
        response = crm.post(LEADS, body)

        assert response.status_code == 201
        lead = Lead.objects.get(pk=response.json()["id"])
        assert response.json() == {
            "id": lead.pk,
            "result": "created",
            "changed": ["company_name", "email", "first_name"],
        }
        assert (lead.email, lead.first_name) == ("ines@graaf.example", "Ines")
        assert LeadChange.objects.get(lead=lead).by == maya
        assert StaleLead.objects.filter(lead=lead).exists()

    def test_the_same_again_changes_nothing(self, crm):
        body = {"email": "ines@graaf.example", "first_name": "Ines"}
        first = crm.post(LEADS, body).json()
        again = crm.post(LEADS, body)

        assert again.status_code == 200
        assert again.json() == {"id": first["id"], "result": "unchanged", "changed": []}
        assert LeadChange.objects.count() == 1

    def test_a_known_person_is_recognised_by_any_identity_and_brought_up_to_date(self, crm):
        body = {"email": "ines@graaf.example", "external_id": "17", "source": "crm"}
        first = crm.post(LEADS, body | {"title": "Buyer"}).json()
        body = {"external_id": "17", "source": "crm", "title": "Head of buying"}
        response = crm.post(LEADS, body)

        assert response.status_code == 200
        assert response.json() == {"id": first["id"], "result": "updated", "changed": ["title"]}
        assert Lead.objects.get().title == "Head of buying"
        assert Identity.objects.count() == 2

    def test_null_and_an_empty_text_clear_what_is_not_sent_stays(self, crm):
        person = {"email": "ines@graaf.example"}
        crm.post(LEADS, person | {"title": "Buyer", "city": "Ghent", "company_size": 40})
        response = crm.post(LEADS, person | {"title": "", "company_size": None})

        assert response.json()["changed"] == ["company_size", "title"]
        lead = Lead.objects.get()
        assert (lead.title, lead.city, lead.company_size) == ("", "Ghent", None)

    def test_registered_attributes_are_taken_and_others_refused(self, crm):
        Attribute.objects.create(key="budget", label="Budget", type="number")
        person = {"email": "ines@graaf.example"}
        assert crm.post(LEADS, person | {"attributes": {"budget": "1200.50"}}).status_code == 201
        assert Lead.objects.get().attributes == {"budget": 1200.5}

        body = refusal(crm.post(LEADS, person | {"attributes": {"budget": "much"}}), 422)
        assert body["field"] == "budget"
        body = refusal(crm.post(LEADS, person | {"attributes": {"colour": "red"}}), 422)
        assert (body["code"], body["field"]) == ("unknown_field", "colour")
        assert Lead.objects.get().attributes == {"budget": 1200.5}

    def test_a_value_known_later_wins_whatever_came_in_first(self, crm):
        person = {"email": "ines@graaf.example"}
        crm.post(LEADS, person | {"city": "Ghent", "known_at": "2026-02-01T00:00:00Z"})
        crm.post(LEADS, person | {"city": "Antwerp", "known_at": "2026-01-01T00:00:00Z"})
        assert Lead.objects.get().city == "Ghent"

    def test_two_identities_of_two_leads_are_refused_and_nothing_is_half_done(self, crm):
        crm.post(LEADS, {"email": "ines@graaf.example"})
        crm.post(LEADS, {"external_id": "17", "source": "crm"})
        changes = LeadChange.objects.count()
        body = {"email": "ines@graaf.example", "external_id": "17", "source": "crm", "city": "Bonn"}

        assert refusal(crm.post(LEADS, body), 409)["code"] == "two_leads"
        assert LeadChange.objects.count() == changes
        assert not Lead.objects.filter(city="Bonn").exists()

    def test_a_channel_is_kept_as_an_inquiry_told_again_it_counts_once(self, crm):
        body = {"email": "ines@graaf.example", "channel": "Partner", "campaign": "Spring"}
        body |= {"known_at": "2026-02-01T09:00:00Z"}
        assert crm.post(LEADS, body).json()["changed"] == ["channel", "email"]
        assert crm.post(LEADS, body).json()["result"] == "unchanged"

        activity = Activity.objects.get()
        assert (activity.type.key, activity.channel.name) == ("inquiry", "Partner")
        assert activity.occurred_at.isoformat() == "2026-02-01T09:00:00+00:00"
        assert Lead.objects.get().first_channel == activity.channel
        assert crm.post(LEADS, body | {"channel": "Fair"}).json()["changed"] == ["channel"]

    def test_an_owner_is_somebody_in_sales(self, crm, sam, maya):
        person = {"email": "ines@graaf.example"}
        for stranger in (maya.email, "nobody@baton.example"):
            body = refusal(crm.post(LEADS, person | {"owner": stranger}), 422)
            assert (body["code"], body["field"]) == ("unknown_owner", "owner")
        assert not Lead.objects.exists()

        assert crm.post(LEADS, person | {"owner": "Sam@baton.example"}).status_code == 201
        assert Lead.objects.get().owner == sam
        assert Event.objects.get(kind="lead.assigned").actor == maya
        assert crm.post(LEADS, person | {"owner": sam.email}).json()["result"] == "unchanged"


class TestRefusedBodies:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "email"),
            ({"first_name": "Ines"}, "email"),
            ({"email": "ines"}, "email"),
            ({"email": None}, "email"),
            ({"external_id": "17"}, "source"),
            ({"visitor": "17"}, "source"),
            ({"external_id": "17", "source": ""}, "source"),
            ({"email": "a@b.example", "first_nam": "Ines"}, "first_nam"),
            ({"email": "a@b.example", "first_name": "x" * 121}, "first_name"),
            ({"email": "a@b.example", "first_name": "a\x00b"}, "first_name"),
            ({"email": "a@b.example", "first_name": "\ud800"}, "first_name"),
            ({"email": "a@b.example", "first_name": ["Ines"]}, "first_name"),
            ({"email": "a@b.example", "company_size": -1}, "company_size"),
            ({"email": "a@b.example", "company_size": 2**40}, "company_size"),
            ({"email": "a@b.example", "country": "Atlantis"}, "country"),
            ({"email": "a@b.example", "known_at": "2026-03-01T09:00:00"}, "known_at"),
            ({"email": "a@b.example", "known_at": "2026-03-01"}, "known_at"),
            ({"email": "a@b.example", "known_at": "2999-03-01T09:00:00Z"}, "known_at"),
            ({"email": "a@b.example", "known_at": "0001-01-01T00:00:00+14:00"}, "known_at"),
            ({"email": "a@b.example", "attributes": []}, "attributes"),
            ({"email": "a@b.example", "attributes": {"a": {"b": 1}}}, "attributes.a"),
            ({"email": "a@b.example", "attributes": {"a": [1]}}, "attributes.a"),
            ({"email": "a@b.example", "attributes": {"a b": 1}}, "attributes.a b"),
            ({"email": "a@b.example", "attributes": {"a": "x" * 2001}}, "attributes.a"),
            ({"email": "a@b.example", "attributes": {"a": 10**30}}, "attributes.a"),
            ({"email": "a@b.example", "attributes": {"a": "\x00"}}, "attributes.a"),
            ({"email": "a@b.example", "attributes": {f"a{n}": n for n in range(51)}}, "attributes"),
        ],
    )
    def test_a_lead_is_refused_with_the_field_at_fault(self, crm, body, field):
        told = refusal(crm.post(LEADS, body), 422)
        assert told["field"] == field
        assert told["message"]
        assert not Lead.objects.exists()

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"\xff\xfe",
            b'{"email": NaN}',
            b'{"company_size": ' + b"9" * 5000 + b"}",
            b"[" * 100_000,
            b'{"a":' * 50_000,
        ],
    )
    def test_what_is_not_json_is_refused_as_such(self, crm, body):
        for path in (LEADS, ACTIVITIES):
            assert refusal(crm.post(path, body), 400)["code"] == "not_json"

    @pytest.mark.parametrize("body", [[], "text", 5, None, [{"email": "a@b.example"}]])
    def test_a_lead_is_one_object(self, crm, body):
        refusal(crm.post(LEADS, body), 422)

    def test_a_body_of_more_than_a_mebibyte_is_refused(self, crm):
        body = json.dumps({"email": "a@b.example", "first_name": "x" * 1024 * 1024}).encode()
        assert refusal(crm.post(LEADS, body), 413)["code"] == "too_large"

    def test_a_form_is_no_json(self, crm):
        refusal(crm.client.post(LEADS, {"email": "a@b.example"}), 415)

    def test_several_faults_are_named_at_once(self, crm):
        body = refusal(crm.post(LEADS, {"email": "x", "colour": "red", "company_size": "?"}), 422)
        assert {error["field"] for error in body["errors"]} == {"email", "colour", "company_size"}

    def test_other_methods_and_addresses_are_answered_in_the_same_shape(self, crm):
        assert refusal(crm.get(LEADS), 405)["code"] == "method_not_allowed"
        for path in ("/api/v1/lead/", "/api/v1/leads", "/api/", "/api/v2/leads/"):
            assert "end with a slash" in refusal(crm.post(path, {}), 404)["remedy"]

    def test_refusals_speak_the_language_that_is_asked_for(self, crm):
        crm.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
        response = crm.post(LEADS, {"email": "x"})
        assert response["Content-Language"] == "de"
        assert response.json()["remedy"] == "Bitte berichtigen und noch einmal senden."


def happened(**also):
    return {
        "email": "ines@graaf.example",
        "type": "pricing_page",
        "occurred_at": "2026-03-01T09:30:00+01:00",
    } | also


class TestActivities:
    def test_an_activity_of_an_unknown_person_makes_a_lead(self, crm):
        response = crm.post(
            ACTIVITIES,
            happened(id="a1", channel="Webinar", campaign="Spring", properties={"minutes": 12}),
        )

        assert response.status_code == 201
        activity = Activity.objects.get()
        assert response.json() == {
            "result": "created",
            "activity": activity.pk,
            "lead": activity.lead_id,
            "lead_result": "created",
        }
        assert activity.lead.email == "ines@graaf.example"
        assert activity.occurred_at.isoformat() == "2026-03-01T08:30:00+00:00"
        assert (activity.type.key, activity.channel.kind) == ("pricing_page", "unclassified")
        assert activity.properties == {"minutes": 12}
        assert StaleLead.objects.filter(lead=activity.lead).exists()

    def test_its_own_id_makes_a_repeat_harmless(self, crm):
        first = crm.post(ACTIVITIES, happened(id="a1", source="web")).json()
        again = crm.post(ACTIVITIES, happened(id="a1", source="web"))

        assert again.status_code == 200
        assert again.json() == first | {"result": "unchanged", "lead_result": "unchanged"}
        assert crm.post(ACTIVITIES, happened(id="a1", source="shop")).status_code == 201
        assert Activity.objects.count() == 2

    def test_without_an_id_each_one_counts(self, crm):
        for _time in range(2):
            assert crm.post(ACTIVITIES, happened()).status_code == 201
        assert Activity.objects.count() == 2

    def test_an_id_of_another_leads_activity_is_refused_and_makes_no_lead(self, crm):
        crm.post(ACTIVITIES, happened(id="a1"))
        body = refusal(crm.post(ACTIVITIES, happened(id="a1", email="jan@graaf.example")), 409)
        assert body["code"] == "activity_of_another_lead"
        assert Lead.objects.count() == 1

    def test_an_activity_does_not_change_what_is_known_of_a_person(self, crm):
        crm.post(LEADS, {"email": "ines@graaf.example", "external_id": "17", "source": "crm"})
        crm.post(ACTIVITIES, happened(email="other@graaf.example", external_id="17", source="crm"))
        assert Lead.objects.get().email == "ines@graaf.example"
        assert crm.post(ACTIVITIES, happened(email="other@graaf.example")).status_code == 201
        assert Lead.objects.count() == 1

    def test_a_list_goes_in_at_once(self, crm, django_assert_max_num_queries):
        items = [happened(email=f"p{n % 50}@graaf.example", id=f"a{n}") for n in range(500)]
        with django_assert_max_num_queries(40):
            response = crm.post(ACTIVITIES, items)

        assert response.status_code == 200
        body = response.json()
        assert (body["created"], body["unchanged"], body["refused"]) == (500, 0, 0)
        assert [item["index"] for item in body["results"]] == list(range(500))
        assert (Activity.objects.count(), Lead.objects.count()) == (500, 50)
        assert crm.post(ACTIVITIES, items).json()["unchanged"] == 500

    def test_of_a_list_the_good_ones_go_in_and_the_bad_ones_are_named(self, crm):
        crm.post(ACTIVITIES, happened(id="taken"))
        items = [
            happened(id="a0"),
            happened(id="a1", occurred_at="2026-03-01T09:30:00"),
            "nonsense",
            happened(id="taken", email="jan@graaf.example"),
            happened(id="a4", email="new@graaf.example"),
        ]
        response = crm.post(ACTIVITIES, items)

        assert response.status_code == 207
        body = response.json()
        assert (body["created"], body["unchanged"], body["refused"]) == (2, 0, 3)
        results = [item["result"] for item in body["results"]]
        assert results == ["created", "refused", "refused", "refused", "created"]
        assert body["results"][1]["field"] == "occurred_at"
        assert body["results"][3]["code"] == "activity_of_another_lead"
        assert set(Activity.objects.values_list("external_id", flat=True)) == {"taken", "a0", "a4"}
        assert not Lead.objects.filter(email="jan@graaf.example").exists()

    def test_a_list_of_which_nothing_goes_in_is_refused(self, crm):
        response = crm.post(ACTIVITIES, [happened(type=""), {}])
        assert response.status_code == 422
        assert response.json()["refused"] == 2
        assert not Lead.objects.exists()

    def test_one_list_names_the_same_activity_once(self, crm):
        body = crm.post(ACTIVITIES, [happened(id="a1"), happened(id="a1")]).json()
        assert (body["created"], body["unchanged"]) == (1, 1)
        assert Activity.objects.count() == 1

    def test_an_empty_list_is_nothing_and_501_are_too_many(self, crm):
        assert crm.post(ACTIVITIES, []).json()["results"] == []
        body = refusal(crm.post(ACTIVITIES, [happened() for _ in range(501)]), 422)
        assert body["code"] == "too_many"
        assert not Activity.objects.exists()

    @pytest.mark.parametrize(
        ("also", "field"),
        [
            ({"type": " "}, "type"),
            ({"type": None}, "type"),
            ({"type": "x" * 61}, "type"),
            ({"occurred_at": None}, "occurred_at"),
            ({"occurred_at": "2026-03-01T09:30:00"}, "occurred_at"),
            ({"occurred_at": "yesterday"}, "occurred_at"),
            ({"occurred_at": "1989-12-31T23:59:59Z"}, "occurred_at"),
            ({"occurred_at": 1772353800}, "occurred_at"),
            ({"id": "x" * 121}, "id"),
            ({"channel": "x" * 61}, "channel"),
            ({"campaign": "x" * 81}, "campaign"),
            ({"properties": {"deep": {"er": 1}}}, "properties.deep"),
            ({"properties": "words"}, "properties"),
            ({"score": 100}, "score"),
        ],
    )
    def test_an_activity_is_refused_with_the_field_at_fault(self, crm, also, field):
        assert refusal(crm.post(ACTIVITIES, happened(**also)), 422)["field"] == field
        assert not Activity.objects.exists()
        assert not ActivityType.objects.exists()

    def test_what_lies_ahead_is_refused_and_a_clock_a_little_ahead_is_forgiven(self, crm):
        soon = timezone.now() + timedelta(minutes=2)
        later = timezone.now() + timedelta(minutes=10)
        body = refusal(crm.post(ACTIVITIES, happened(occurred_at=later.isoformat())), 422)
        assert body["field"] == "occurred_at"

        assert crm.post(ACTIVITIES, happened(occurred_at=soon.isoformat())).status_code == 201
        activity = Activity.objects.get()
        assert activity.occurred_at <= activity.known_at < soon

    def test_channels_and_types_are_found_by_key_or_name(self, crm):
        channel = Channel.objects.create(key="webinar", name="Our webinar", kind="event")
        kind = ActivityType.objects.create(key="pricing_page", name="Looked at the prices")
        for type_, channel_ in (
            ("pricing_page", "webinar"),
            ("Looked at the prices", "Our webinar"),
        ):
            assert crm.post(ACTIVITIES, happened(type=type_, channel=channel_)).status_code == 201
        assert set(Activity.objects.values_list("type", "channel")) == {(kind.pk, channel.pk)}
