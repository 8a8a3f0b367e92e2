"""How leads are recognised, also by two writers at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection

from leads import activities, changes, identities
from leads.activities import NewActivity
from leads.changes import LeadRow
from leads.folding import fold
from leads.models import Activity, Company, Identity, Lead
from leads.refusals import Refused


@pytest.mark.django_db
def test_addresses_are_one_whatever_their_case(monday):
    lead, _ = changes.upsert(
        [identities.email(" Anna@Example.COM ")], {}, source="web", known_at=monday
    )
    assert identities.find([identities.email("anna@example.com")]) == lead
    assert lead.email == "anna@example.com"


@pytest.mark.django_db
def test_the_same_number_of_two_sources_is_two_people(monday):
    one, _ = changes.upsert([identities.external("crm", "7")], {}, source="crm", known_at=monday)
    two, _ = changes.upsert([identities.external("shop", "7")], {}, source="shop", known_at=monday)
    assert one != two
    assert identities.find([identities.row("crm", 7)]) is None


@pytest.mark.django_db
def test_identities_of_two_leads_are_refused_naming_both(monday):
    seven, eight = identities.external("crm", "7"), identities.external("crm", "8")
    one, _ = changes.upsert([seven], {}, source="crm", known_at=monday)
    two, _ = changes.upsert([eight], {}, source="crm", known_at=monday)
    with pytest.raises(Refused) as refusal:
        identities.find([seven, eight])
    assert refusal.value.code == "two_leads"
    assert refusal.value.message == (
        f"These are two leads: 7 (crm) belongs to lead {one.pk}; 8 (crm) belongs to lead {two.pk}."
    )


@pytest.mark.parametrize("address", ["", "  ", "anna", "anna@", "a@b@c.de", "anna\x00@example.com"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(Refused) as refusal:
        identities.email(address)
    assert refusal.value.field == "email"


@pytest.mark.parametrize(("source", "value"), [("", "7"), ("crm", " "), ("crm", "7" * 300)])
def test_what_is_no_external_id_is_refused(source, value):
    with pytest.raises(Refused):
        identities.external(source, value)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("  Müller &\tSöhne ", "muller & sohne"), ("STRASSE", "strasse"), ("Straße", "strasse"),
     ("ÅNGSTRÖM", "angstrom"), ("ﬁlm", "film"), ("", "")],
)  # fmt: skip
def test_folding_takes_away_case_accents_and_blanks(text, folded):
    assert fold(text) == folded
    assert fold(fold(text)) == folded


def at_once(work, times=8):
    """Run `work(n)` in so many threads, all starting together, each on its own connection."""
    barrier = threading.Barrier(times)

    def run(n):
        try:
            barrier.wait(timeout=30)
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_writers_who_meet_the_same_person_at_once_make_one_lead(monday):
    def write(n):
        keys = [identities.email("anna@example.com"), identities.external("crm", "7")]
        values = {"city": "Köln", "company_name": "Firma"}
        return changes.upsert(keys[:: 1 if n % 2 else -1], values, source="web", known_at=monday)

    statuses = [status for _, status in at_once(write)]
    assert sorted(statuses) == ["created"] + ["unchanged"] * 7
    lead = Lead.objects.get()
    assert lead.changes.count() == 1
    assert lead.identities.count() == 2
    assert Company.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_batches_that_overlap_at_once_make_each_lead_once(monday):
    def write(n):
        numbers = range(60) if n % 2 else reversed(range(60))
        rows = [
            LeadRow((identities.external("crm", str(i)),), {"company_name": f"F{i % 7}"}, monday)
            for i in numbers
        ]
        return changes.upsert_many(rows, source="crm", at=monday)

    outcomes = [outcome for batch in at_once(write, times=4) for outcome in batch]
    assert sum(outcome.status == "created" for outcome in outcomes) == 60
    assert Lead.objects.count() == Identity.objects.count() == 60


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_activity_reported_at_once_is_kept_once(monday):
    lead, _ = changes.upsert([identities.external("crm", "7")], {}, source="crm", known_at=monday)
    page = NewActivity(lead.pk, "pricing_page", monday, monday, source="web", external_id="a1")

    outcomes = at_once(lambda n: activities.record_many([page], at=monday)[0])
    assert sorted(o.status for o in outcomes) == ["created"] + ["unchanged"] * 7
    assert Activity.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_refuses_a_second_holder_of_an_identity(monday):
    one, _ = changes.upsert([identities.external("crm", "7")], {}, source="crm", known_at=monday)
    with pytest.raises(IntegrityError):
        Identity.objects.create(lead=one, source="crm", kind="external_id", value="7")
