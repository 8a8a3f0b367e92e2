"""The names and fields that conditions speak of, read from the database when first asked for."""

from __future__ import annotations

from functools import cached_property

from leads import fields
from leads.fields import Registry
from leads.models import ActivityType, Campaign, Channel


class Vocabulary:
    """Lead fields, and names of activity types, channel kinds and campaigns.

    One query for each of fields, types and campaigns, and only when needed: share one among
    the conditions of a page.
    """

    @cached_property
    def fields(self) -> Registry:
        return fields.registry()

    def type(self, key: str) -> str:
        """The name of an activity type; of one nobody has seen yet, its key in plain words."""
        return self._types.get(key) or key.replace("_", " ")

    def channel(self, kind: str) -> str:
        return str(Channel.Kind(kind).label)

    def campaign(self, key: str) -> str:
        return self._campaigns.get(key) or key.replace("_", " ")

    @cached_property
    def _types(self) -> dict[str, str]:
        return dict(ActivityType.objects.values_list("key", "name"))

    @cached_property
    def _campaigns(self) -> dict[str, str]:
        return dict(Campaign.objects.values_list("key", "name"))
