"""What conditions mean: examples for Python, SQL and words side by side, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.translation import override

from leads import activities, changes, fields, identities
from leads.models import Attribute, Channel, Lead
from leads.refusals import Refused
from scoring import conditions
from scoring.conditions import ACTIVITIES, PROFILE, Vocabulary, repeating
from scoring.facts import facts_at

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=100)


@pytest.fixture
def mara(db) -> Lead:
    """Head of Operations of a logistics company with 420 people."""
    attribute = Attribute(key="seats", label="Seats", type="number")
    fields.save(attribute)
    fields.save(Attribute(key="contract_end", label="End of contract", type="date"))
    fields.save(Attribute(key="partner", label="Partner", type="boolean"))
    lead, _status = changes.upsert(
        [identities.email("Mara@Nordhafen.example")],
        {
            "first_name": "Mara",
            "title": "Head of Öperations 100%",
            "company_size": 420,
            "industry": "Logistics",
            "country": "DE",
            "seats": "60.5",
            "contract_end": "2026-03-31",
            "partner": "yes",
        },
        source="form",
        known_at=BEFORE,
    )
    Channel.objects.create(key="web", name="Website", kind="inbound")
    for days in (1, 3, 7):
        visits = {"type": "pricing_page", "channel": "web"}
        moment = NOW - timedelta(days=days)
        activities.record(lead, occurred_at=moment, known_at=moment, **visits)
    return lead


def decided(data: dict, lead: Lead, at: datetime = NOW) -> bool:
    """Python's answer; SQL's, and the complement's, are the same."""
    condition = conditions.parse(data)
    answer = condition.holds(facts_at(lead, at, known=fields.registry()))
    for each, expected in ((condition, answer), (condition.complement(), not answer)):
        assert conditions.satisfying(Lead.objects.all(), each, at=at).exists() is expected
    return answer


@pytest.mark.parametrize(
    ("op", "field", "value", "expected"),
    [
        ("is", "title", "HEAD OF OPERATIONS  100%", True),
        ("is", "title", "Head", False),
        ("contains", "title", "óPER", True),
        ("contains", "title", "100%", True),
        ("contains", "title", "head%operations", False),
        ("contains", "title", "head_of", False),
        ("contains_not", "title", "student", True),
        ("contains", "email", "@nordhafen", True),
        ("is", "email_domain", "nordhafen.example", True),
        ("one_of", "industry", ["Retail", "LOGISTICS"], True),
        ("not_one_of", "industry", ["Retail", "Food"], True),
        ("is", "country", "Germany", True),
        ("is_not", "country", "AT", True),
        ("at_least", "company_size", 420, True),
        ("at_least", "company_size", 421, False),
        ("below", "company_size", 421, True),
        ("is", "seats", "60.5", True),
        ("at_least", "seats", "60.500001", False),
        ("one_of", "seats", ["1", "60.5"], True),
        ("on_or_after", "contract_end", "2026-03-31", True),
        ("before", "contract_end", "2026-03-31", False),
        ("is", "partner", True, True),
        ("is_not", "partner", True, False),
    ],
)
def test_a_known_value_is_compared_as_it_reads(mara, op, field, value, expected):
    assert decided({"op": op, "field": field, "value": value}, mara) is expected


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("is", "Hamburg", False),
        ("is_not", "Hamburg", True),
        ("one_of", ["Hamburg"], False),
        ("not_one_of", ["Hamburg"], True),
        ("contains", "Ham", False),
        ("contains_not", "Ham", True),
    ],
)
def test_positive_operators_are_false_on_a_missing_text_and_negatives_true(
    mara, op, value, expected
):
    assert decided({"op": op, "field": "city", "value": value}, mara) is expected


def test_an_unknown_size_is_neither_below_nor_at_least_anything(mara):
    changes.record(mara, {"company_size": None, "seats": None}, source="sales", known_at=NOW)
    for field in ("company_size", "seats"):
        for op in ("below", "at_least", "is"):
            assert not decided({"op": op, "field": field, "value": 50}, mara)
        assert decided({"op": "is_not", "field": field, "value": 50}, mara)
        assert decided({"op": "unknown", "field": field}, mara)


def test_what_was_learnt_later_did_not_matter_before(mara):
    known = {"op": "known", "field": "city"}
    changes.record(mara, {"city": "Hamburg"}, source="sales", known_at=NOW)
    a_moment_before = facts_at(mara, NOW - timedelta(seconds=1), known=fields.registry())
    assert decided(known, mara)
    assert not conditions.parse(known).holds(a_moment_before)


@pytest.mark.parametrize(
    ("days", "times", "expected"),
    [(7, 2, True), (7, 3, False), (8, 3, True), (None, 3, True), (None, 4, False), (1, 1, False)],
)
def test_a_window_reaches_back_to_but_not_into_its_first_moment(mara, days, times, expected):
    visits = {"types": ["pricing_page"], "times": times, "within_days": days}
    assert decided({"op": "did", **visits}, mara) is expected
    assert decided({"op": "did_not", **visits}, mara) is not expected
    # Beside a wider window, up to which activities are looked at.
    wider = {"op": "did", "times": 999, "within_days": 3660}
    assert decided({"any": [{"op": "did", **visits}, wider]}, mara) is expected


def test_channels_are_asked_for_by_kind_and_campaigns_by_key(mara):
    activities.record(mara, type="fair", occurred_at=NOW, known_at=NOW, campaign="Spring fair")
    assert decided({"op": "did", "channels": ["inbound"]}, mara)
    assert not decided({"op": "did", "channels": ["event"]}, mara)
    assert decided({"op": "did", "campaigns": ["spring_fair"]}, mara)
    assert not decided({"op": "did", "campaigns": ["spring_fair"], "types": ["webinar"]}, mara)


def test_an_activity_counts_from_the_moment_it_became_known(mara):
    moment = NOW - timedelta(days=2)
    activities.record(mara, type="webinar", occurred_at=moment, known_at=NOW)
    attended = {"op": "did", "types": ["webinar"]}
    assert decided(attended, mara)
    assert not decided(attended, mara, at=NOW - timedelta(microseconds=1))


def test_a_free_address_is_known_by_its_domain(mara):
    assert decided({"op": "not_free_mail"}, mara)
    changes.record(mara, {"email": "mara@GMail.com"}, source="sales", known_at=NOW)
    assert decided({"op": "free_mail"}, mara)


def test_none_of_is_all_of_the_complements(mara):
    parts = [
        {"op": "is", "field": "city", "value": "Hamburg"},
        {"op": "did", "types": ["webinar"]},
    ]
    assert decided({"none": parts}, mara)
    assert not decided({"none": [*parts, {"op": "known", "field": "title"}]}, mara)


@pytest.mark.parametrize(
    ("data", "english", "german"),
    [
        (
            {"op": "contains", "field": "title", "value": "Head of"},
            "role contains “Head of”",
            "Rolle enthält „Head of“",
        ),
        (
            {"op": "at_least", "field": "company_size", "value": 1200},
            "company size is at least 1,200",
            "Firmengröße ist mindestens 1.200",
        ),
        (
            {"op": "one_of", "field": "country", "value": ["DE", "Austria"]},
            "country is Germany or Austria",
            "Land ist Deutschland oder Österreich",
        ),
        (
            {"op": "before", "field": "contract_end", "value": "2026-03-31"},
            "End of contract is before 31 Mar 2026",
            "End of contract ist vor dem 31. Mär 2026",
        ),
        (
            {"op": "is", "field": "partner", "value": True},
            "Partner is yes",
            "Partner ist ja",
        ),
        (
            {"op": "did", "types": ["pricing_page"], "times": 3, "within_days": 7},
            "“Read the pricing page” at least 3 times in the last 7 days",
            "„Preisseite gelesen“ mindestens 3-mal in den letzten 7 Tagen",
        ),
        (
            {"op": "did_not", "channels": ["inbound"], "within_days": 1},
            "no activity (Inbound) in the last day",
            "ohne Aktivität (Eingehend) in den letzten 24 Stunden",
        ),
        (
            {"op": "not_one_of", "field": "industry", "value": ["Retail", "Food", "IT"]},
            "industry is neither “Retail”, “Food” nor “IT”",
            "Branche ist weder „Retail“, „Food“ noch „IT“",
        ),
        (
            {
                "all": [
                    {"op": "one_of", "field": "industry", "value": ["Retail", "Food"]},
                    {"op": "not_one_of", "field": "country", "value": ["DE"]},
                ]
            },
            "(industry is “Retail” or “Food”) and country is not Germany",
            "(Branche ist „Retail“ oder „Food“) und Land ist nicht Deutschland",
        ),
        (
            {"op": "score_at_least", "value": 60},
            "score is at least 60",
            "Punktzahl ist mindestens 60",
        ),
        (
            {
                "all": [
                    {"op": "known", "field": "phone"},
                    {"any": [{"op": "free_mail"}, {"op": "unknown", "field": "email"}]},
                ]
            },
            "phone is known and (uses a free e-mail address or e-mail is not known)",
            "Telefon ist bekannt und (nutzt eine kostenlose E-Mail-Adresse oder E-Mail ist nicht"
            " bekannt)",
        ),
    ],
)
def test_conditions_speak_english_and_german(mara, data, english, german):
    condition = conditions.parse(data)
    with override("en"):
        assert condition.words() == english
    with override("de"):
        assert condition.words() == german


def test_a_persona_is_said_by_its_name_and_never_refers_to_another(mara):
    persona = {
        "key": "ops",
        "name": {"en": "Operations lead", "de": "Betriebsleitung"},
        "when": {"op": "contains", "field": "title", "value": "operations"},
    }
    asked = {"op": "persona", "persona": "ops"}
    condition = conditions.parse(asked, personas=[persona])
    with override("de"):
        assert condition.words() == "entspricht der Persona „Betriebsleitung“"
    assert condition.holds(facts_at(mara, NOW, known=fields.registry()))
    with pytest.raises(Refused, match="no persona"):
        conditions.parse(asked)
    with pytest.raises(Refused, match="no persona"):
        conditions.parse(asked, personas=[persona | {"when": asked}])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "condition_unreadable"),
        ({"all": []}, "condition_unreadable"),
        ({"op": "resembles", "field": "title", "value": "x"}, "unknown_operator"),
        ({"op": ["is"], "field": "title", "value": "x"}, "unknown_operator"),
        ({"op": "is", "field": "shoe_size", "value": "x"}, "unknown_field"),
        ({"op": "at_least", "field": "title", "value": 5}, "operator_does_not_fit"),
        ({"op": "is", "field": "phone", "value": "1"}, "operator_does_not_fit"),
        ({"op": "is", "field": "title", "value": ""}, "value_missing"),
        ({"op": "contains", "field": "title", "value": "\u0301"}, "value_missing"),
        ({"op": "is", "field": "title", "value": "a\x00"}, "unreadable_value"),
        ({"op": "at_least", "field": "company_size", "value": "many"}, "unreadable_value"),
        ({"op": "at_least", "field": "company_size", "value": 1.5}, "condition_unreadable"),
        ({"op": "is", "field": "country", "value": "Atlantis"}, "unreadable_value"),
        ({"op": "one_of", "field": "title", "value": "x"}, "condition_unreadable"),
        ({"op": "known", "field": "title", "value": "x"}, "condition_unreadable"),
        ({"op": "did", "types": "webinar"}, "condition_unreadable"),
        ({"op": "did", "times": 0}, "condition_unreadable"),
        ({"op": "did", "times": True}, "condition_unreadable"),
        ({"op": "did", "within_days": 100_000}, "condition_unreadable"),
        ({"op": "did", "channels": ["pigeon"]}, "unknown_channel"),
        ({"op": "score_at_least", "value": "60"}, "condition_unreadable"),
        ({"op": "score_at_least", "which": "beauty", "value": 60}, "condition_unreadable"),
    ],
)
def test_what_the_language_cannot_say_is_refused_with_a_remedy(db, data, code):
    with pytest.raises(Refused) as refused:
        conditions.parse(data)
    assert refused.value.code == code


def test_depth_and_size_have_limits(db):
    leaf = {"op": "known", "field": "title"}
    assert conditions.parse({"all": [{"any": [{"all": [{"none": [leaf]}]}]}]})
    with pytest.raises(Refused, match="too large"):
        conditions.parse({"all": [{"any": [{"all": [{"none": [{"all": [leaf]}]}]}]}]})
    with pytest.raises(Refused, match="too large"):
        conditions.parse({"all": [leaf] * 100})


def test_a_condition_keeps_to_its_place(db):
    did, bar = {"op": "did"}, {"op": "score_at_least", "value": 1}
    assert conditions.parse(did, about={PROFILE, ACTIVITIES})
    with pytest.raises(Refused, match="did cannot stand here"):
        conditions.parse({"all": [did]}, about={PROFILE})
    with pytest.raises(Refused, match="criteria only"):
        conditions.parse(bar, about={PROFILE, ACTIVITIES})


def test_an_old_text_whose_field_has_gone_never_holds_and_says_why(mara):
    gone = {"op": "is", "field": "shoe_size", "value": "x"}
    condition = conditions.read({"any": [gone]}, vocabulary=Vocabulary())
    for each in (condition, condition.complement()):
        assert not each.holds(facts_at(mara, NOW, known=fields.registry()))
        assert not conditions.satisfying(Lead.objects.all(), each, at=NOW).exists()
        assert "shoe_size" in each.words()


def test_one_join_counts_for_all_conditions_and_equal_ones_share(mara, django_assert_num_queries):
    visited = {"op": "did", "types": ["pricing_page"], "within_days": 7}
    data = {"all": [visited, visited | {"times": 2}, {"op": "did", "within_days": 30}]}
    condition = conditions.parse(data)
    with django_assert_num_queries(2) as queries:
        assert list(conditions.satisfying(Lead.objects.all(), condition, at=NOW)) == [mara]
    statement = queries[-1]["sql"]
    assert statement.count("JOIN") == 1
    assert statement.count("COUNT(") == 2


def asked(**more: object) -> dict:
    return {"op": "did", "types": ["webinar"]} | more


@pytest.mark.parametrize(
    ("data", "english", "german"),
    [
        (
            asked(
                where=[
                    {"property": "minutes", "op": "at_least", "value": 30},
                    {"property": "follow_up", "op": "is", "value": True},
                ]
            ),
            "“webinar” where minutes is at least 30 and asked for follow-up is yes at least once",
            "„webinar“, bei dem gilt: Minuten ist mindestens 30 und bat um Rückmeldung ist ja"
            " mindestens einmal",
        ),
        (
            asked(count="days", times=3, within_days=7),
            "“webinar” on at least 3 different days in the last 7 days",
            "„webinar“ an mindestens 3 verschiedenen Tagen in den letzten 7 Tagen",
        ),
        (
            asked(count="minutes", times=60, op="did_not"),
            "“webinar” for less than 60 minutes in all",
            "„webinar“ zusammen weniger als 60 Minuten lang",
        ),
        (
            asked(since_recycle=True, since_types=["unsubscribed"]),
            "“webinar” at least once, since the lead last came back from sales and since its last"
            " “Unsubscribed”",
            "„webinar“ mindestens einmal, seit der Lead zuletzt vom Vertrieb zurückkam und seit der"
            " letzten Aktivität „Abgemeldet“",
        ),
        (
            {"op": "first_was", "channels": ["event"], "within_days": 30},
            "the first activity in the last 30 days was activity (Event)",
            "die erste Aktivität in den letzten 30 Tagen war Aktivität (Veranstaltung)",
        ),
        (
            {"op": "did_both", "types": ["booth"], "and_types": ["talk"]},
            "both “booth” and “talk” with the same “event”",
            "sowohl „booth“ als auch „talk“ mit demselben Wert bei „Ereignis“",
        ),
        (
            {"op": "idle", "days": 30},
            "no activity for 30 days",
            "Aktivität seit 30 Tagen nicht mehr",
        ),
        (
            {"op": "unanswered_at_least", "kinds": ["call"], "value": 3, "within_days": 14},
            "Call without reaction at least 3 times in the last 14 days",
            "Anruf mindestens 3-mal ohne Reaktion in den letzten 14 Tagen",
        ),
        (
            {"op": "not_entered", "stages": ["mql"], "times": 2},
            "entered “mql” fewer than 2 times",
            "kam weniger als 2-mal in „mql“",
        ),
        ({"op": "recycled"}, "came back from sales at least once", "kam mindestens einmal vom"
         " Vertrieb zurück"),
        (
            {"op": "starts_with", "field": "title", "value": "Head"},
            "role begins with “Head”",
            "Rolle beginnt mit „Head“",
        ),
    ],
)  # fmt: skip
def test_what_leads_did_is_said_in_every_way(db, data, english, german):
    condition = conditions.parse(data)
    with override("en"):
        assert condition.words() == english
    with override("de"):
        assert condition.words() == german


@pytest.mark.parametrize(
    ("how", "english"),
    [
        (("every", None, ()), "each “webinar” and phone is known"),
        (("week", None, ()), "“webinar”, once a week and phone is known"),
        (("days", 90, ()), "“webinar”, once in 90 days and phone is known"),
        (
            ("every", None, (7, 30, 90)),
            "each “webinar”: in full up to 7 days, 1/2 up to 30 days, 1/4 up to 90 days"
            " and phone is known",
        ),
    ],
)
def test_a_rule_says_how_often_it_counts(db, how, english):
    when = conditions.parse({"all": [asked(), {"op": "known", "field": "phone"}]})
    assert repeating.words(when, *how) == english


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (asked(where=[{"property": 'a"b', "op": "known"}]), "names a property"),
        (asked(where=[{"property": "minutes", "op": "at_least", "value": True}]), "not a number"),
        (asked(where=[{"property": "minutes", "op": "contains", "value": 3}]), "does not fit"),
        (asked(where=[{"property": "x", "op": "one_of", "value": ["a", 1]}]), "one kind of values"),
        (asked(where=[{"property": "x", "op": "known", "value": 1}]), "no meaning"),
        (asked(where=[{"property": "x", "op": "known"}] * 6), "at most 5"),
        (asked(count="miles"), "Choose one of"),
        (asked(since_recycle=1), "true or false"),
        ({"op": "first_was"}, "which activity"),
        ({"op": "did_both", "types": ["a"], "and_types": ["b", "a"]}, "different types"),
        ({"op": "did_both", "types": ["a"]}, "at least one"),
        ({"op": "idle", "days": 0}, "whole number"),
        ({"op": "unanswered_at_least", "kinds": ["pigeon"], "value": 1}, "no kind of touch"),
        ({"op": "entered", "stages": []}, "at least one"),
    ],
)
def test_what_cannot_be_counted_is_refused_in_a_sentence(db, data, said):
    with pytest.raises(Refused, match=said):
        conditions.parse(data)


def test_what_leads_wrote_is_compared_without_case_and_accents(mara):
    words = {"words": "  Können wir TELEFONIEREN?", "minutes": 42.5, "follow_up": True}
    activities.record(
        mara, type="form", occurred_at=NOW, known_at=NOW, properties=words | {"event": 7}
    )

    def where(**filter: object) -> dict:
        return {"op": "did", "types": ["form"], "where": [filter]}

    assert decided(where(property="words", op="contains", value="konnen wir"), mara)
    assert decided(where(property="words", op="starts_with", value="KÖNNEN"), mara)
    assert decided(where(property="minutes", op="above", value=42), mara)
    assert not decided(where(property="minutes", op="at_most", value=42), mara)
    assert decided(where(property="follow_up", op="is", value=True), mara)
    # Of another type, or not there at all: missing.
    for key in ("event", "place"):
        assert not decided(where(property=key, op="is", value="7"), mara)
        assert decided(where(property=key, op="is_not", value="7"), mara)
    assert decided(where(property="event", op="known"), mara)
    assert decided(where(property="place", op="unknown"), mara)


def test_evidence_of_what_was_done_names_it_and_its_moment(mara):
    told = facts_at(mara, NOW, known=fields.registry())
    (quiet,) = conditions.parse({"op": "idle", "days": 30}).evidence(told)
    assert (quiet.text, quiet.at) == ("Read the pricing page", NOW - timedelta(days=1))
    assert conditions.parse({"op": "recycled"}).evidence(told) == []
    assert conditions.parse({"op": "unanswered_below", "value": 1}).evidence(told) == []
    (first,) = conditions.parse({"op": "first_was", "types": ["pricing_page"]}).evidence(told)
    assert first.at == NOW - timedelta(days=7)
