"""Random leads, activities and conditions, for tests that hold on any of them."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from leads import projections
from leads.activities import local_date
from leads.folding import fold_texts
from leads.models import (
    NEVER_KNOWN,
    Activity,
    ActivityType,
    Attribute,
    Campaign,
    Channel,
    Lead,
    LeadChange,
    Quarantine,
    Touch,
)
from leads.projections import Profile
from scoring.conditions import counts, parsing
from scoring.facts import Approach, Deed, Entry, Facts, Properties
from scoring.models import AgreementVersion, Stage, StageEntry
from tests.factories import AgreementVersionFactory

# In the hour in which German clocks go forward.
NOW = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
LEARNT = NOW - timedelta(days=40)
TYPES = ["pricing_page", "webinar", "quote"]
WINDOWS = [2, 7]
KINDS = ["inbound", "event", "engagement"]
CAMPAIGNS = ["spring", "fair"]
# Stages that the machine never enters by itself, with their kinds.
STAGES = {"nurture": "nurture", "lost": "lost", "sal": "accepted"}
# What costs much is tried on few examples: they are drawn anew in every run and on every leg, so
# that some runs together see as many.
MANY = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Letters that fold, wildcards of LIKE, what JSON and SQL escape.
letters = st.sampled_from(list("aAäÄßsSéİi1 %_\\'\"$.*{}"))
printable = st.characters(exclude_categories=["C", "Z"])
words = st.one_of(st.text(letters, max_size=4), st.text(printable, max_size=4))
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
    AgreementVersionFactory(status="superseded", in_force_at=None)


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


# At the edges of windows, around midnight of days, weeks and months in Berlin, and anywhere.
EDGES = [NOW - timedelta(days=days) for days in (0, 1, 2, 3, 4, 7, 14)]
MIDNIGHTS = [
    datetime(2026, 3, 28, 23, tzinfo=UTC),
    datetime(2026, 3, 22, 23, tzinfo=UTC),
    datetime(2026, 2, 28, 23, tzinfo=UTC),
]
moments = st.one_of(
    st.sampled_from(EDGES[2:]),
    st.builds(
        lambda edge, us: edge - timedelta(microseconds=us),
        st.sampled_from([*EDGES, *MIDNIGHTS]),
        st.sampled_from([-1, 0, 1]),
    ),
    st.datetimes(datetime(2026, 2, 20), datetime(2026, 4, 2), timezones=st.just(UTC)),
)
past_moments = moments.map(lambda moment: min(moment, NOW))
delays = st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=3), timedelta(days=9)])
whole_minutes = st.one_of(st.integers(-5, 70), st.sampled_from([0.5, 59.999, 10**6, 999_999.9]))
properties = st.fixed_dictionaries(
    {},
    optional={
        "event": st.sampled_from(["Expo", "expo", 'Fair "26"']) | anything,
        "minutes": whole_minutes | anything,
        "words": words,
        "follow_up": st.booleans() | anything,
    },
).map(lambda found: {key: value for key, value in found.items() if isinstance(value, PLAIN)})
PLAIN = (str, int, float, bool)


@st.composite
def times_aside(draw, known_at: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The times in which an activity was set aside, all begun by NOW."""
    if known_at > NOW or draw(st.integers(0, 4)):
        return ()
    edges = sorted(draw(st.lists(st.datetimes(*_between(known_at)), min_size=1, max_size=4)))
    edges = [edge.replace(tzinfo=UTC) for edge in edges]
    ends = [*edges, NEVER_KNOWN][: len(edges) + len(edges) % 2]
    return tuple(zip(ends[::2], ends[1::2], strict=True))


def _between(known_at: datetime) -> tuple[datetime, datetime]:
    return known_at.replace(tzinfo=None), NOW.replace(tzinfo=None)


@st.composite
def deeds(draw) -> Deed:
    """Something a lead did. Each kind of channel has two channels."""
    at, kind = draw(moments), draw(st.sampled_from(["", *KINDS]))
    known_at = at + draw(delays)
    return Deed(
        draw(st.sampled_from(TYPES)),
        kind,
        draw(st.sampled_from(["", *CAMPAIGNS])),
        at,
        known_at,
        kind and draw(st.sampled_from([kind, f"{kind}_2"])),
        local_date(at),
        Properties(draw(properties)),
        draw(times_aside(known_at)),
    )


approaches = st.builds(
    lambda kind, at, delay: Approach(kind, at, at + delay),
    st.sampled_from(Touch.Kind.values),
    moments,
    delays,
)
entries = st.builds(
    lambda stage, cause, at, resets: Entry(stage, STAGES[stage], cause, at, resets),
    st.sampled_from(list(STAGES)),
    st.sampled_from(["returned", "opportunity", "accepted", "agreement"]),
    past_moments,
    st.booleans(),
)
# What is known of them, what they did, what we did to them, where they went, since when.
people = st.lists(
    st.tuples(
        profiles(),
        st.lists(deeds(), max_size=6),
        st.lists(approaches, max_size=3),
        st.lists(entries, max_size=3),
        past_moments,
    ),
    min_size=1,
    max_size=5,
)


def comparing(field: str, *ops: str, value) -> st.SearchStrategy:
    return st.fixed_dictionaries(
        {"op": st.sampled_from(ops), "field": st.just(field), "value": value}
    )


# With something in them that folding leaves.
texts = st.builds("{}{}{}".format, words, st.sampled_from(list("aSi1")), words)
some = st.lists(texts, min_size=1, max_size=3)
wanted_numbers = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from([50, "0.1", "0.3", "49.999999", "-5"])
)

types = st.lists(st.sampled_from([*TYPES, "never_seen"]), max_size=2)
channels = st.lists(st.sampled_from(KINDS), max_size=2)
windows = st.sampled_from([*WINDOWS, None])


def asking(op: str, value: st.SearchStrategy | None = None) -> st.SearchStrategy:
    """A property filter with this operator."""
    keys = st.sampled_from(["event", "minutes", "words", "follow_up"])
    given = {"op": st.just(op), "property": keys}
    return st.fixed_dictionaries(given if value is None else given | {"value": value})


whole_numbers = st.integers(-3, 70)
filters = st.one_of(
    *(asking(op, texts) for op in counts.OPERATORS["text"] if not op.endswith("one_of")),
    *(asking(op, some) for op in ("one_of", "not_one_of")),
    *(asking(op, whole_numbers) for op in counts.OPERATORS["number"] if not op.endswith("one_of")),
    *(asking(op, st.lists(whole_numbers, min_size=1)) for op in ("one_of", "not_one_of")),
    *(asking(op, st.booleans()) for op in ("is", "is_not")),
    *(asking(op) for op in ("known", "unknown")),
    asking("is", st.sampled_from(["EXPO", 'fair "26"'])),
)
such = {
    "types": types,
    "channels": channels,
    "campaigns": st.lists(st.sampled_from(CAMPAIGNS), max_size=1),
    "within_days": windows,
}
did = st.fixed_dictionaries(
    {"op": st.sampled_from(["did", "did_not"]), "times": st.integers(1, 3)} | such,
    optional={
        "where": st.lists(filters, max_size=2),
        "count": st.sampled_from(counts.COUNTS),
        "since_recycle": st.booleans(),
        "since_types": types,
    },
)
plain_did = st.fixed_dictionaries(
    {"op": st.sampled_from(["did", "did_not"]), "times": st.integers(1, 3)} | such
)
edge = st.fixed_dictionaries(
    {"op": st.sampled_from(["first_was", "first_was_not", "latest_was", "latest_was_not"])} | such,
    optional={"where": st.lists(filters, max_size=1)},
).filter(lambda data: any(data.get(name) for name in ("types", "channels", "campaigns", "where")))
did_both = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["did_both", "did_not_both"]),
        "types": st.just([TYPES[0]]),
        "and_types": st.lists(st.sampled_from([*TYPES[1:], "never_seen"]), min_size=1),
        "within_days": windows,
    },
    optional={"same": st.sampled_from(["event", "words"])},
)
idle = st.fixed_dictionaries(
    {"op": st.sampled_from(["idle", "not_idle"]), "days": st.sampled_from([1, 2, 7])},
    optional={"types": types, "channels": channels},
)
unanswered = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["unanswered_at_least", "unanswered_below"]),
        "kinds": st.lists(st.sampled_from(Touch.Kind.values), max_size=2),
        "value": st.integers(1, 3),
        "within_days": windows,
    }
)
entered = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["entered", "not_entered"]),
        "stages": st.lists(st.sampled_from([*STAGES, "never_seen"]), min_size=1, max_size=2),
        "within_days": windows,
    },
    optional={"times": st.integers(1, 2)},
)
recycled = st.fixed_dictionaries(
    {"op": st.sampled_from(["recycled", "not_recycled"]), "within_days": windows},
    optional={"times": st.integers(1, 2)},
)
# All that is measured of activities, touches and stage entries.
measured = st.one_of(*[did] * 5, edge, edge, did_both, idle, unanswered, entered, recycled)
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
    comparing("title", "starts_with", "starts_with_not", value=texts),
    comparing("second_mail", "starts_with", value=st.sampled_from(["b@", "C"])),
    comparing("seats", "above", "at_most", value=wanted_numbers),
    comparing("company_size", "above", "at_most", value=st.integers(0, 200)),
    *[plain_did] * 5,
    *[measured] * 7,
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
    """Leads as their rows stand in the database, and as Python knows them."""
    names = _Names()
    return [_written(*person, known=known, names=names) for person in some_people]


class _Names:
    """Rows that others name."""

    def __init__(self) -> None:
        self.types = {each.key: each for each in ActivityType.objects.all()}
        self.channels = {each.key: each for each in Channel.objects.all()}
        self.campaigns = {each.key: each for each in Campaign.objects.all()}
        self.stages = {each.key: each for each in Stage.objects.all()}
        self.version = AgreementVersion.objects.first()

    def activity(self, lead: Lead, deed: Deed) -> Activity:
        aside = deed.hidden[-1] if deed.hidden else None
        return Activity(
            lead=lead,
            type=self.types[deed.type],
            channel=self.channels.get(deed.channel_key),
            campaign=self.campaigns.get(deed.campaign),
            occurred_at=deed.occurred_at,
            known_at=aside[1] if aside else deed.known_at,
            local_date=deed.local_date,
            properties=dict(deed.properties),
            properties_folded=fold_texts(deed.properties),
        )


def _written(
    stated: dict,
    done: list[Deed],
    touched: list[Approach],
    entered: list[Entry],
    created_at: datetime,
    *,
    known: dict,
    names: _Names,
) -> tuple[Lead, Facts]:
    profile = Profile(stated, known)
    lead = Lead(created_at=created_at, **projections.columns(profile, known, {}))
    lead.save()
    LeadChange.objects.create(lead=lead, values=stated, source="test", known_at=LEARNT)
    rows = Activity.objects.bulk_create(names.activity(lead, deed) for deed in done)
    for row, deed in zip(rows, done, strict=True):
        _judged(row, deed)
    Touch.objects.bulk_create(
        Touch(
            lead=lead,
            kind=each.kind,
            outcome="sent",
            occurred_at=each.occurred_at,
            known_at=each.known_at,
        )
        for each in touched
    )
    StageEntry.objects.bulk_create(
        StageEntry(
            lead=lead,
            stage=names.stages[each.stage],
            kind=each.kind,
            cause=each.cause,
            version=names.version,
            at=each.at,
            resets=each.resets,
        )
        for each in entered
    )
    facts = Facts(
        NOW,
        profile,
        tuple(done),
        created_at=created_at,
        touches=tuple(touched),
        entries=tuple(entered),
    )
    return lead, facts


def _judged(row: Activity, deed: Deed) -> None:
    """The entries with which an activity was set aside and let go."""
    known_at = deed.known_at
    for start, end in deed.hidden:
        Quarantine.objects.create(activity=row, cause="hand", known_at=known_at, at=start)
        if end < NEVER_KNOWN:
            Quarantine.objects.create(activity=row, cause="released", at=end)
        known_at = end
