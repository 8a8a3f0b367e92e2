"""The names and fields that conditions speak of, read from the database when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.utils.functional import lazy

from leads import activity_names, fields
from leads.fields import FieldSpec, Registry
from leads.models import ActivityType, Campaign, Channel
from scoring import documents
from scoring.models import Stage


class Vocabulary:
    """Lead fields, and names of activity types, channel kinds, campaigns and stages.

    One query for each of fields, types, campaigns and stages, and only when needed: share one
    among the conditions of a page. `bodies` are agreements with fields that are not registered
    yet, and with stages that are not in force; the first one that has it names a stage.
    """

    def __init__(self, *bodies: Mapping[str, Any], names: Names | None = None) -> None:
        self.bodies = bodies
        self.names = names or Names()

    def including(self, body: Mapping[str, Any]) -> Vocabulary:
        """This vocabulary, with the fields and stages of another body; both share what is read."""
        if any(each is body for each in self.bodies):
            return self
        return Vocabulary(*self.bodies, body, names=self.names)

    @property
    def registered(self) -> Registry:
        """The lead fields that there are already."""
        return self.names.fields

    @cached_property
    def fields(self) -> Registry:
        """Those, and the fields that the bodies bring; a registered one is as it is registered."""
        brought = [each for body in self.bodies for each in body.get("fields", [])]
        if not brought:
            return self.registered
        return {each["key"]: _spec(each) for each in brought} | dict(self.registered)

    def type(self, key: str) -> str:
        """The name of an activity type; of one nobody has seen yet, its key in plain words."""
        return activity_names.said(key, self.names.types.get(key, ""))

    def channel(self, kind: str) -> str:
        return str(Channel.Kind(kind).label)

    def campaign(self, key: str) -> str:
        return self.names.campaigns.get(key) or key.replace("_", " ")

    def stage(self, key: str) -> str:
        found = (documents.item(body["stages"], key) for body in self.bodies)
        named = next((stage for stage in found if stage), None)
        if named:
            return documents.text(named["name"])
        return self.names.stages.get(key) or key.replace("_", " ")


class Names:
    """What is read from the database, once."""

    @cached_property
    def fields(self) -> Registry:
        return fields.registry()

    @cached_property
    def types(self) -> dict[str, str]:
        return dict(ActivityType.objects.values_list("key", "name"))

    @cached_property
    def campaigns(self) -> dict[str, str]:
        return dict(Campaign.objects.values_list("key", "name"))

    @cached_property
    def stages(self) -> dict[str, str]:
        return dict(Stage.objects.values_list("key", "name"))


_in_active_language = lazy(documents.text, str)


def _spec(brought: Mapping[str, Any]) -> FieldSpec:
    """The field as it will be once it is registered."""
    choices = tuple(brought.get("choices") or ())
    label = _in_active_language(brought["label"])
    return FieldSpec(brought["key"], label, brought["type"], choices=choices)
