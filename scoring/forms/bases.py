"""What all inputs for one operator of a condition have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.forms import BoundField
from django.utils.functional import cached_property

from leads.fields import FieldSpec
from leads.models import ActivityType, Campaign, User
from scoring import documents
from scoring.checks.pieces import KEY
from scoring.conditions import Vocabulary
from scoring.documents import Body, ConditionJSON
from scoring.sentences import Speaker

TYPES = ("types", "and_types", "since_types")

Choices = list[tuple[str, str]]


@dataclass
class Context:
    """What the inputs of one page offer to choose from."""

    body: Body
    given: Vocabulary | None = None
    _named: dict[str, str] = field(default_factory=dict)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return self.given or Vocabulary(self.body)

    def fields(self) -> list[FieldSpec]:
        return list(self.vocabulary.fields.values())

    def activity_types(self, more: set[str]) -> Choices:
        """Those seen so far, those the agreement names, and `more`."""
        return self._types if more <= self._known_types else self._named_types(more)

    def campaigns(self, more: set[str]) -> Choices:
        """All there are, and `more`."""
        keys = set(self._campaigns) | more
        return _sorted((key, self.vocabulary.campaign(key)) for key in keys)

    def stages(self, more: Iterable[str]) -> Choices:
        """In the order of the journey; what no stage is called any more comes last."""
        names = {each["key"]: documents.text(each["name"]) for each in self.body["stages"]}
        return list(({key: key for key in more if key not in names} | names).items())

    @cached_property
    def speaker(self) -> Speaker:
        return Speaker(self.body, self.vocabulary)

    @cached_property
    def own_domain(self) -> str:
        """The domain most colleagues have in their address."""
        mails = User.objects.exclude(email="").values_list("email", flat=True)
        domains = Counter(mail.rpartition("@")[2].casefold() for mail in mails)
        return domains.most_common(1)[0][0] if domains else "ourcompany.example"

    @cached_property
    def _types(self) -> Choices:
        return self._named_types(set())

    @cached_property
    def _known_types(self) -> set[str]:
        seen = set(ActivityType.objects.values_list("key", flat=True))
        leaves = [
            leaf
            for _path, condition in documents.conditions(self.body)
            for leaf in documents.leaves(condition)
        ]
        return seen | {key for leaf in leaves for name in TYPES for key in leaf.get(name) or []}

    @cached_property
    def _campaigns(self) -> list[str]:
        return list(Campaign.objects.values_list("key", flat=True))

    def _named_types(self, more: set[str]) -> Choices:
        keys = self._known_types | more
        return _sorted((key, self.vocabulary.type(key)) for key in keys)


class Leaf(forms.Form):
    """Inputs for one operator. `old` is what stood there; what no input shows of it is kept.

    What a condition `may_omit` is left out of it where it says nothing: a text that came without
    goes without. Inputs named in `rare` are shown behind a click.
    """

    family: ClassVar[str]
    new: ClassVar[ConditionJSON]
    operators: ClassVar[tuple[str, ...]]
    may_omit: ClassVar[dict[str, Any]] = {}
    lists: ClassVar[tuple[str, ...]] = ()
    rare: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, data: Any = None, *, prefix: str, context: Context, old: ConditionJSON | None = None
    ) -> None:
        self.context, self.old = context, old or self.new
        shown = self.shown(self.may_omit | self.old)
        super().__init__(data, prefix=prefix, initial=shown, use_required_attribute=False)
        self.offer()

    @classmethod
    def shows(cls, condition: ConditionJSON, context: Context) -> bool:
        """Can these inputs show this condition, all of it?"""
        return condition.get("op") in cls.operators

    def shown(self, condition: ConditionJSON) -> dict[str, Any]:
        return dict(condition)

    def offer(self) -> None:
        """Fill in what can be chosen."""

    def condition(self) -> ConditionJSON:
        given = {
            name: _in_old_order(value, self.old.get(name) or []) if name in self.lists else value
            for name, value in self.cleaned_data.items()
        }
        return self.old | {name: value for name, value in given.items() if self._says(name, value)}

    def usual_inputs(self) -> list[BoundField]:
        return [each for each in self if each.name not in self.rare]

    def rare_inputs(self) -> list[BoundField]:
        return [each for each in self if each.name in self.rare]

    @property
    def rare_open(self) -> bool:
        """Is something wrong where it would not be seen?"""
        return any(each.errors for each in self.rare_inputs())

    def input_for(self, name: str) -> str | None:
        """The input beside which a fault of this part of the condition is shown."""
        return name if name in self.fields else None

    def posted(self, name: str) -> set[str]:
        """Keys chosen when the page was opened: what they name may have gone since."""
        kept = {key for key in self.old.get(name) or [] if isinstance(key, str)}
        if not self.is_bound:
            return kept
        widget = self.fields[name].widget
        given = widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        return kept | {key for key in given or [] if KEY.match(key)}

    def _says(self, name: str, value: Any) -> bool:
        if name not in self.may_omit or value != self.may_omit[name]:
            return True
        return bool(self.old.get(name)) and self.old[name] != value


def _sorted(choices: Iterator[tuple[str, str]]) -> Choices:
    return sorted(choices, key=lambda choice: choice[1].casefold())


def _in_old_order(chosen: Iterable[str], old: list[str]) -> list[str]:
    chosen = list(chosen)
    stayed = [each for each in old if each in chosen]
    return stayed + [each for each in chosen if each not in stayed]
