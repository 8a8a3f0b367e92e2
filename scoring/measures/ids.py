"""Primary keys behind the keys that measures name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, Value

from leads.models import ActivityType, Campaign, Channel
from scoring.measures.declared import Measure
from scoring.models import Stage

Pairs = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Ids:
    """The join compares numbers in its index. A key that nobody has used yet has none."""

    types: Pairs
    channels: Pairs
    campaigns: Pairs
    stages: Pairs = ()

    @classmethod
    def of(cls, measures: Iterable[Measure]) -> Ids:
        """One query for all types, channels, campaigns and stages that the measures name."""
        measures = list(measures)
        types = {key for m in measures for key in (*m.types, *m.and_types, *m.since_types)}
        return cls(
            *_ids(
                (ActivityType, "key", types),
                (Channel, "kind", {kind for m in measures for kind in m.channels}),
                (Campaign, "key", {key for m in measures for key in m.campaigns}),
                (Stage, "key", {key for m in measures for key in m.stages}),
            )
        )

    def only(self, measure: Measure) -> Q:
        """Activities of the measure's types, channels, campaigns and properties."""
        q = self.of_types(measure.types)
        if measure.channels:
            q &= _one_of("channel_id", measure.channels, self.channels)
        if measure.campaigns:
            q &= _one_of("campaign_id", measure.campaigns, self.campaigns)
        for condition in measure.where:
            q &= condition.as_q(None)
        return q

    def of_types(self, keys: Iterable[str]) -> Q:
        """Activities of these types; of any, where none is named."""
        keys = tuple(keys)
        return _one_of("type_id", keys, self.types) if keys else Q()

    def of_stages(self, keys: Iterable[str]) -> Q:
        """Stage entries into these stages; into any, where none is named."""
        keys = tuple(keys)
        return _one_of("stage_id", keys, self.stages) if keys else Q()

    def type_ids(self, keys: Iterable[str]) -> list[int]:
        keys = set(keys)
        return [pk for key, pk in self.types if key in keys]


def _ids(*asked: tuple[Any, str, set[str]]) -> list[Pairs]:
    """Per kind of thing its keys and numbers; kinds of which nothing is named are left out."""
    named = [
        model.objects.order_by()
        .filter(**{f"{name}__in": keys})
        .values_list(Value(kind), F(name), "pk")
        for kind, (model, name, keys) in enumerate(asked)
        if keys
    ]
    rows = sorted(named[0].union(*named[1:], all=True)) if named else []
    return [tuple((key, pk) for of, key, pk in rows if of == kind) for kind in range(len(asked))]


def _one_of(name: str, keys: tuple[str, ...], known: Pairs) -> Q:
    """Without an id there is no such row: no activity has the id 0."""
    ids = [pk for key, pk in known if key in keys]
    return Q(**{name: ids[0]}) if len(ids) == 1 else Q(**{f"{name}__in": ids or [0]})
