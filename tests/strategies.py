"""Random leads, activities and conditions, for tests that hold on any of them."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from leads import projections
from leads.models import (
    Activity,
    ActivityType,
    Attribute,
    Campaign,
    Channel,
    Lead,
    LeadChange,
)
from leads.projections import Profile
from scoring.conditions import parsing
from scoring.facts import Deed, Facts

# In the hour in which German clocks go forward.
NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
LEARNT = NOW - timedelta(days=40)
TYPES = ["pricing_page", "webinar", "quote"]
WINDOWS = [2, 7]
KINDS = ["inbound", "event", "engagement"]
CAMPAIGNS = ["spring", "fair"]
MANY = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Letters that fold, wildcards of LIKE, what JSON and SQL escape.
letters = st.sampled_from(list("aAäÄßsSéİi1 %_\\'\"$.*{}"))
words = st.one_of(
    st.text(letters, max_size=4),
    st.text(max_size=4).filter(lambda s: "\x00" not in s and s.isprintable()),
)
numbers = st.one_of(
    st.sampled_from([0, 1, 50, 49.999999, 0.1, 0.3, 0.1 + 0.2, -5, 10**15 - 1, 2**53 + 1]),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.floats(-1e14, 1e14, allow_nan=False).filter(lambda f: f == 0 or abs(f) > 1e-200),
)
days = st.dates(datetime(2025, 1, 1).date(), datetime(2025, 1, 6).date()).map(str)
choices = st.sampled_from(["Gold", "Silver"])
countries = st.sampled_from(["DE", "AT"])
mails = st.sampled_from(["a@gmail.com", "b@acme.example", "c@web.de"])
anything = st.one_of(words, numbers, days, st.booleans(), st.just([1]), st.just({"a": "b"}))

CUSTOM = {
    "note": ("text", words),
    "seats": ("number", numbers),
    "since": ("date", days),
    "partner": ("boolean", st.booleans()),
    "level": ("choice", choices),
    "second_mail": ("email", mails),
    "origin": ("country", countries),
}
BUILT_IN = {
    "title": words,
    "industry": words,
    "country": countries,
    "email": mails,
    "phone": words,
    "company_size": st.integers(0, 2**31 - 1) | st.sampled_from([49, 50, 51]),
}


def furnish() -> None:
    """Custom fields of every type, and what activities are named by."""
    for key, (kind, _values) in CUSTOM.items():
        options = ["Gold", "Silver"] if kind == "choice" else []
        Attribute.objects.create(key=key, label=key.title(), type=kind, choices=options)
    for key in TYPES:
        ActivityType.objects.create(key=key, name=key.title())
    for kind in KINDS:
        Channel.objects.create(key=kind, name=kind.title(), kind=kind)
        Channel.objects.create(key=f"{kind}_2", name=f"{kind.title()} 2", kind=kind)
    for key in CAMPAIGNS:
        Campaign.objects.create(key=key, name=key.title())


def present(value) -> bool:
    return value not in ("", None)


@st.composite
def profiles(draw) -> dict:
    """What is known of a lead: some fields missing, some custom ones of a type they are not of."""
    stated = draw(st.fixed_dictionaries({}, optional=BUILT_IN))
    own = {key: values for key, (_kind, values) in CUSTOM.items()}
    stated |= draw(st.fixed_dictionaries({}, optional=own))
    stated |= draw(st.dictionaries(st.sampled_from(list(CUSTOM)), anything, max_size=1))
    return {key: value for key, value in stated.items() if present(value)}


moments = st.one_of(
    st.sampled_from(WINDOWS).map(lambda n: NOW - timedelta(days=n)),
    st.builds(
        lambda days, us: NOW - timedelta(days=days, microseconds=us),
        st.sampled_from([0, *WINDOWS]),
        st.sampled_from([-1, 0, 1]),
    ),
    st.datetimes(datetime(2026, 3, 15), datetime(2026, 4, 2), timezones=st.just(UTC)),
)
deeds = st.builds(
    lambda type, channel, campaign, at, delay: Deed(type, channel, campaign, at, at + delay),
    st.sampled_from(TYPES),
    st.sampled_from(["", *KINDS]),
    st.sampled_from(["", *CAMPAIGNS]),
    moments,
    st.sampled_from([timedelta(0), timedelta(hours=3), timedelta(days=9)]),
)
people = st.lists(st.tuples(profiles(), st.lists(deeds, max_size=6)), min_size=1, max_size=5)


def comparing(field: str, *ops: str, value) -> st.SearchStrategy:
    return st.fixed_dictionaries(
        {"op": st.sampled_from(ops), "field": st.just(field), "value": value}
    )


texts = words.filter(lambda text: any(c.isalnum() and c.isascii() for c in text))
some = st.lists(texts, min_size=1, max_size=3)
wanted_numbers = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from([50, "0.1", "0.3", "49.999999", "-5"])
)

did = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["did", "did_not"]),
        "types": st.lists(st.sampled_from([*TYPES, "never_seen"]), max_size=2),
        "channels": st.lists(st.sampled_from(KINDS), max_size=2),
        "campaigns": st.lists(st.sampled_from(CAMPAIGNS), max_size=1),
        "times": st.integers(1, 3),
        "within_days": st.sampled_from([*WINDOWS, None]),
    }
)
leaves = st.one_of(
    *(
        comparing(key, "is", "is_not", "contains", "contains_not", value=texts)
        for key in ("title", "industry", "note", "email_domain")
    ),
    comparing("title", "one_of", "not_one_of", value=some),
    comparing("email", "contains", "contains_not", value=st.sampled_from(["@", "Gmail", "ac%"])),
    comparing("email", "is", "is_not", value=mails),
    comparing("company_size", "is", "is_not", "at_least", "below", value=st.integers(0, 200)),
    comparing("seats", "is", "is_not", "at_least", "below", value=wanted_numbers),
    comparing("seats", "one_of", "not_one_of", value=st.lists(wanted_numbers, min_size=1)),
    comparing("since", "is", "is_not", "on_or_after", "before", value=days),
    comparing("partner", "is", "is_not", value=st.booleans()),
    comparing("level", "is", "is_not", value=choices),
    comparing("level", "one_of", "not_one_of", value=st.lists(choices, min_size=1)),
    comparing("second_mail", "is", "is_not", value=mails),
    comparing("second_mail", "contains", "contains_not", value=st.sampled_from(["acme", "_"])),
    comparing("origin", "is", "is_not", value=countries),
    comparing("country", "is", "is_not", value=countries),
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["known", "unknown"]),
            "field": st.sampled_from([*BUILT_IN, *CUSTOM, "email_domain", "first_name"]),
        }
    ),
    st.fixed_dictionaries({"op": st.sampled_from(["free_mail", "not_free_mail"])}),
    st.fixed_dictionaries(
        {"op": st.sampled_from(["persona", "not_persona"]), "persona": st.just("buyer")}
    ),
    *[did] * 10,
)
PERSONAS = [
    {
        "key": "buyer",
        "name": {"en": "Buyer", "de": "Käufer"},
        "when": {
            "any": [
                {"op": "contains", "field": "title", "value": "a"},
                {"op": "at_least", "field": "seats", "value": 50},
            ]
        },
    }
]
some_conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        *(
            st.fixed_dictionaries({group: st.lists(inner, min_size=1, max_size=3)})
            for group in ("all", "any", "none")
        )
    ),
    max_leaves=5,
).filter(lambda data: depth(data) <= parsing.DEEPEST)


def depth(data: dict) -> int:
    parts = next((data[group] for group in ("all", "any", "none") if group in data), [])
    return 1 + max((depth(part) for part in parts), default=0)


def written(some_people: list, known: dict) -> list[tuple[Lead, Facts]]:
    """Leads as their rows and activities stand in the database, and as Python knows them."""
    types = {each.key: each for each in ActivityType.objects.all()}
    channels = {each.key: each for each in Channel.objects.all()}
    campaigns = {each.key: each for each in Campaign.objects.all()}
    made = []
    for stated, done in some_people:
        profile = Profile(stated, known)
        lead = Lead(created_at=NOW, **projections.columns(profile, known, {}))
        lead.save()
        LeadChange.objects.create(lead=lead, values=stated, source="test", known_at=LEARNT)
        Activity.objects.bulk_create(
            Activity(
                lead=lead,
                type=types[deed.type],
                channel=channels.get(deed.channel),
                campaign=campaigns.get(deed.campaign),
                occurred_at=deed.occurred_at,
                known_at=deed.known_at,
                local_date=deed.occurred_at.date(),
            )
            for deed in done
        )
        made.append((lead, Facts(NOW, profile, tuple(done))))
    return made
