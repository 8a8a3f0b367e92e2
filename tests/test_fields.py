"""The typed registry of lead fields."""

import math
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import changes, fields, identities, values
from leads.models import Attribute
from leads.refusals import Refused


def read(raw, type, **options):
    return values.canonical(raw, type=type, **options)


@pytest.mark.parametrize(
    ("raw", "type", "value"),
    [
        ("  Köln ", "text", "Köln"),
        (42, "text", "42"),
        ("", "text", None),
        ("   ", "number", None),
        (None, "date", None),
        ("12", "number", 12),
        ("12.50", "number", 12.5),
        (12.0, "number", 12),
        ("-3", "number", -3),
        ("1e3", "number", 1000),
        (date(2026, 3, 31), "date", "2026-03-31"),
        ("2026-03-31", "date", "2026-03-31"),
        (datetime(2026, 3, 31, 23, 30, tzinfo=UTC), "date", "2026-04-01"),
        ("Ja", "boolean", True),
        ("FALSE", "boolean", False),
        (True, "boolean", True),
        ("0", "boolean", False),
        (" Anna@Example.com", "email", "anna@example.com"),
        ("Germany", "country", "DE"),
        ("österreich", "country", "AT"),
        ("us", "country", "US"),
        ("UK", "country", "GB"),
    ],
)
def test_everything_that_means_the_same_is_stored_the_same(raw, type, value):
    stored = read(raw, type)
    assert stored == value
    assert __builtins__["type"](stored) is __builtins__["type"](value)


@pytest.mark.parametrize(
    ("raw", "type"),
    [
        (True, "number"),
        (math.nan, "number"),
        (math.inf, "number"),
        ("1,234", "number"),
        ("1.234,5", "number"),
        ("12 €", "number"),
        ("٣", "number"),
        (10**15, "number"),
        ("9" * 400, "number"),
        ("31.03.2026", "date"),
        ("2026-02-30", "date"),
        ("perhaps", "boolean"),
        (2, "boolean"),
        ("anna", "email"),
        ("Atlantis", "country"),
        (["a"], "text"),
        ({"a": 1}, "text"),
        (True, "text"),
        ("a\x00b", "text"),
        ("\ud800", "text"),
    ],
)
def test_what_a_type_cannot_hold_is_unreadable(raw, type):
    with pytest.raises(values.Unreadable):
        read(raw, type)


def test_a_text_does_not_turn_the_direction_of_what_stands_behind_it():
    turned = "\u202e evil\u200f RTL\u2066 Co\u2069\u202c"
    assert read(turned, "text") == "evil RTL Co"
    assert values.clean("\u200e\u200f") == ""
    assert values.clean("שלום") == "שלום"


def test_a_choice_is_stored_as_it_is_spelt_in_the_registry():
    assert read(" SMALL ", "choice", choices=("Small", "Large")) == "Small"
    with pytest.raises(values.Unreadable, match="Small, Large"):
        read("tiny", "choice", choices=("Small", "Large"))


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans()))
def test_the_canonical_form_of_a_canonical_form_is_itself(raw):
    for type in ("text", "number", "date", "boolean", "email", "country"):
        try:
            once = read(raw, type)
        except values.Unreadable:
            continue
        assert read(once, type) == once


@pytest.mark.django_db
def test_the_registry_has_built_in_and_custom_fields():
    Attribute.objects.create(key="seats", label="Seats", type="choice", choices=["few", "many"])
    known = fields.registry()
    assert (known["city"].column, known["city"].folded) == ("city", "city_folded")
    assert (known["seats"].column, known["seats"].choices) == (None, ("few", "many"))
    assert known["email_domain"].derived


@pytest.fixture
def seats(db) -> Attribute:
    return fields.save(Attribute(key="seats", label="Seats", type="number"))


def refusal_of(call, *args):
    with pytest.raises(Refused) as refusal:
        call(*args)
    return refusal.value.code


def test_a_field_in_use_can_be_renamed_but_neither_retyped_nor_removed(seats):
    fields.lock(["seats"])
    seats.label = "Number of seats"
    fields.save(seats)
    retyped = Attribute.objects.get(pk=seats.pk)
    retyped.type = "text"
    assert refusal_of(fields.save, retyped) == "field_in_use"
    assert refusal_of(fields.remove, seats) == "field_in_use"
    fields.unlock(["seats"])
    fields.save(retyped)
    fields.remove(seats)
    assert not Attribute.objects.exists()


def test_a_field_with_values_can_neither_be_retyped_nor_removed(seats, monday):
    lead = identities.external("crm", "7")
    changes.upsert([lead], {"seats": 4}, source="crm", known_at=monday)
    seats.type = "text"
    assert refusal_of(fields.save, seats) == "field_has_values"
    assert refusal_of(fields.remove, seats) == "field_has_values"


def test_a_choice_may_gain_choices_but_not_lose_those_in_use(db, monday):
    size = fields.save(Attribute(key="size", label="Size", type="choice", choices=["S", "L"]))
    lead = identities.external("crm", "7")
    changes.upsert([lead], {"size": "S"}, source="crm", known_at=monday)
    size.choices = ["S", "M", "L"]
    fields.save(size)
    size.choices = ["M", "L"]
    assert refusal_of(fields.save, size) == "field_has_values"


@pytest.mark.parametrize("key", ["city", "email_domain", "owner", "id", "attributes", "known_at"])
def test_a_custom_field_takes_no_name_that_means_something_else(db, key):
    assert refusal_of(fields.save, Attribute(key=key, label="x", type="text")) == "key_taken"
