"""The change log and the lead row projected from it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from leads import changes, identities
from leads.changes import LeadRow
from leads.models import Attribute, Company, Identity, Lead, LeadChange, StaleLead
from leads.refusals import Refused

pytestmark = pytest.mark.django_db

ANNA = identities.email("anna@example.com")


@pytest.fixture
def anna(monday) -> Lead:
    lead, _ = changes.upsert(
        [ANNA], {"first_name": "Anna", "city": "Köln"}, source="web", known_at=monday
    )
    return lead


def counter(lead: Lead) -> int:
    return StaleLead.objects.get(lead=lead).counter


def test_a_new_lead_has_its_row_its_log_and_is_marked_for_scoring(anna, monday):
    anna.refresh_from_db()
    assert (anna.first_name, anna.city, anna.city_folded) == ("Anna", "Köln", "koln")
    assert (anna.email, anna.email_domain) == ("anna@example.com", "example.com")
    assert anna.created_at == monday
    change = anna.changes.get()
    assert change.values == {"first_name": "Anna", "city": "Köln", "email": "anna@example.com"}
    assert (change.source, change.known_at) == ("web", monday)
    assert counter(anna) == 1


def test_one_write_is_one_line_in_the_log(anna, monday, maya):
    later = monday + timedelta(hours=1)
    assert changes.record(
        anna, {"title": "CTO", "city": "Bonn"}, source="sales", known_at=later, by=maya
    )
    assert anna.title == "CTO"
    assert anna.changes.count() == 2
    assert anna.changes.latest("pk").by == maya
    assert counter(anna) == 2


def test_what_is_known_already_is_no_write(anna, monday):
    assert not changes.record(
        anna, {"city": " Köln "}, source="web", known_at=monday + timedelta(days=1)
    )
    assert anna.changes.count() == 1
    assert counter(anna) == 1


def test_older_knowledge_that_arrives_late_does_not_overwrite_newer(anna, monday):
    assert changes.record(
        anna, {"city": "Bonn", "title": "CTO"}, source="old", known_at=monday - timedelta(days=1)
    )
    anna.refresh_from_db()
    assert (anna.city, anna.title) == ("Köln", "CTO")
    assert changes.profile_at(anna, monday - timedelta(hours=1))["city"] == "Bonn"
    assert "first_name" not in changes.profile_at(anna, monday - timedelta(hours=1))


def test_a_dated_confirmation_stands_against_an_older_value_that_arrives_late(anna, monday):
    march, february = monday + timedelta(days=60), monday + timedelta(days=30)
    assert not changes.record(anna, {"city": "Köln"}, source="crm", known_at=march, dated=True)
    changes.record(anna, {"city": "Bonn"}, source="crm", known_at=february, dated=True)
    anna.refresh_from_db()
    assert anna.city == "Köln"
    assert changes.profile_at(anna, february)["city"] == "Bonn"


def test_the_later_of_two_writes_known_at_the_same_moment_counts(anna, monday):
    changes.record(anna, {"city": "Bonn"}, source="web", known_at=monday)
    assert changes.profile_at(anna, monday)["city"] == "Bonn"
    assert anna.city == "Bonn"


def test_nothing_clears_a_field(anna, monday):
    changes.record(anna, {"city": None}, source="sales", known_at=monday + timedelta(days=1))
    anna.refresh_from_db()
    assert (anna.city, anna.city_folded) == ("", "")
    assert "city" not in changes.profile(anna)


def test_custom_fields_are_stored_typed_and_text_also_folded(anna, monday):
    for key, kind in [("seats", "number"), ("renews_on", "date"), ("usage", "text")]:
        Attribute.objects.create(key=key, label=key, type=kind)
    changes.record(
        anna,
        {"seats": "40", "renews_on": date(2026, 5, 1), "usage": "Große Läden"},
        source="sales",
        known_at=monday,
    )
    anna.refresh_from_db()
    assert anna.attributes == {"seats": 40, "renews_on": "2026-05-01", "usage": "Große Läden"}
    assert anna.attributes_folded == {"usage": "grosse laden"}
    assert changes.profile(anna) == changes.profile_at(anna, monday)
    assert changes.profile(anna).folded == changes.profile_at(anna, monday).folded


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"shoe_size": 40}, "unknown_field", "shoe_size"),
        ({"email_domain": "x.de"}, "derived_field", "email_domain"),
        ({"company_size": "many"}, "unreadable_value", "company_size"),
        ({"email": "nobody"}, "unreadable_value", "email"),
        ({"city": "x" * 200}, "unreadable_value", "city"),
    ],
)
def test_a_value_that_no_field_can_hold_is_refused_and_nothing_is_written(
    anna, monday, values, code, field
):
    with pytest.raises(Refused) as refusal:
        changes.record(anna, values | {"title": "CTO"}, source="web", known_at=monday)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    anna.refresh_from_db()
    assert anna.title == ""
    assert anna.changes.count() == 1


def test_companies_are_found_by_their_folded_name(anna, monday):
    changes.record(anna, {"company_name": "Müller  & Söhne"}, source="web", known_at=monday)
    ben, _ = changes.upsert(
        [identities.email("ben@example.com")],
        {"company_name": "MULLER & SOHNE"},
        source="web",
        known_at=monday,
    )
    company = Company.objects.get()
    assert (company.name, anna.company_id, ben.company_id) == (
        "Müller  & Söhne",
        company.pk,
        company.pk,
    )


def test_a_new_address_makes_the_lead_known_by_it(anna, monday):
    changes.record(anna, {"email": "Anna.Meier@Example.com"}, source="sales", known_at=monday)
    assert anna.email == "anna.meier@example.com"
    assert identities.find([identities.email("anna.meier@example.com")]) == anna
    assert identities.find([ANNA]) == anna


def test_somebody_elses_address_is_refused_naming_both(anna, monday):
    ben, _ = changes.upsert([identities.external("crm", "7")], {}, source="crm", known_at=monday)
    with pytest.raises(Refused) as refusal:
        changes.record(ben, {"email": "anna@example.com"}, source="crm", known_at=monday)
    assert refusal.value.code == "two_leads"
    assert f"lead {anna.pk}" in str(refusal.value)
    assert f"lead {ben.pk}" in str(refusal.value)
    assert Identity.objects.filter(lead=ben).count() == 1


def test_upsert_finds_by_any_identity_and_adds_the_others(anna, monday):
    seven = identities.external("crm", "7")
    lead, status = changes.upsert([seven, ANNA], {}, source="crm", known_at=monday)
    assert (lead, status) == (anna, "updated")
    assert identities.find([seven]) == anna
    assert changes.upsert([seven], {}, source="crm", known_at=monday) == (anna, "unchanged")


def test_a_lead_without_any_identity_is_refused(db, monday):
    with pytest.raises(Refused) as refusal:
        changes.upsert([], {"first_name": "Anna"}, source="web", known_at=monday)
    assert refusal.value.code == "no_identity"
    assert not Lead.objects.exists()


def test_a_refused_row_leaves_the_others_in(anna, monday):
    ben = identities.external("crm", "7")
    changes.upsert([ben], {}, source="crm", known_at=monday)
    rows = [
        LeadRow((identities.email("carl@example.com"),), {"city": "Ulm"}, monday),
        LeadRow((ANNA, ben), {"city": "Ulm"}, monday),
        LeadRow((ANNA,), {"company_size": "-4"}, monday),
        LeadRow((ANNA,), {"city": "Ulm"}, monday),
        LeadRow((identities.email("carl@example.com"),), {"city": "Ulm"}, monday),
        LeadRow((identities.email("carl@example.com"),), {"city": "Bonn"}, monday),
    ]
    outcomes = changes.upsert_many(rows, source="crm", at=monday)
    assert [o.status for o in outcomes] == [
        "created", "refused", "refused", "updated", "unchanged", "updated"
    ]  # fmt: skip
    assert [o.refusal.code for o in outcomes[1:3]] == ["two_leads", "unreadable_value"]
    assert sorted(Lead.objects.values_list("city", flat=True)) == ["", "Bonn", "Ulm"]


def test_two_new_identities_that_turn_out_to_be_two_people_are_refused(db, monday):
    one, two = identities.external("crm", "1"), identities.external("crm", "2")
    rows = [LeadRow(keys, {}, monday) for keys in [(one,), (two,), (one, two)]]
    outcomes = changes.upsert_many(rows, source="crm", at=monday)
    assert [o.status for o in outcomes] == ["created", "created", "refused"]
    for outcome in outcomes[:2]:
        assert f"lead {outcome.lead.pk}" in outcomes[2].refusal.message


def test_the_log_cannot_be_rewritten(anna):
    with pytest.raises(IntegrityError), transaction.atomic():
        LeadChange.objects.filter(lead=anna).update(values={"city": "Bonn"})
    LeadChange.objects.filter(lead=anna).update(source="web")
    assert anna.changes.get().values["city"] == "Köln"


@pytest.mark.postgres
def test_a_line_of_the_log_is_deleted_only_where_a_person_is_erased(anna):
    from leads import append_only

    with pytest.raises(IntegrityError), transaction.atomic():
        anna.delete()
    with transaction.atomic():
        append_only.erasing()
        Lead.objects.get(pk=anna.pk).delete()
    assert not LeadChange.objects.exists()


def some_rows(count, at):
    return [
        LeadRow(
            (identities.external("crm", str(n)),),
            {"first_name": f"Lead {n}", "company_name": f"Firma {n % 50}", "company_size": n},
            at,
        )
        for n in range(count)
    ]


def test_five_hundred_rows_cost_few_queries(db, monday, django_assert_max_num_queries):
    # SQLite takes 999 values a statement from Django, so that wide rows go in several.
    most = 14 if connection.vendor == "postgresql" else 60
    with django_assert_max_num_queries(most):
        changes.upsert_many(some_rows(500, monday), source="crm", at=monday)
    with django_assert_max_num_queries(8):
        outcomes = changes.upsert_many(some_rows(500, monday), source="crm", at=monday)
    assert {o.status for o in outcomes} == {"unchanged"}
    moved = [
        LeadRow(row.identities, {**row.values, "city": "Ulm"}, monday + timedelta(days=1))
        for row in some_rows(500, monday)
    ]
    with django_assert_max_num_queries(most):
        outcomes = changes.upsert_many(moved, source="crm", at=monday)
    assert {o.status for o in outcomes} == {"updated"}
    assert Lead.objects.filter(city_folded="ulm").count() == 500
    assert Lead.objects.filter(company__isnull=True).count() == 0
