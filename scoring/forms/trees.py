"""A whole condition in the editor: its nodes, as they are in the draft or as the page says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from scoring.conditions import EVERYTHING
from scoring.conditions.parsing import DEEPEST, MOST_PARTS
from scoring.documents import BRANCHES, ConditionJSON
from scoring.forms import folds, outlines, starts
from scoring.forms.bases import Context, Leaf
from scoring.forms.leaves import LEAVES, leaf_for
from scoring.forms.nodes import BlankNode, GroupNode, KindForm, LeafNode, Node, Place, Said, every
from scoring.forms.outlines import BLANK, GROUP, LEAF, Outline
from scoring.forms.rows import focus
from scoring.forms.steps import Step


class ConditionTree:
    """The inputs of one condition, as deep as the language goes.

    `when` is the condition as it stands in the draft, None for a new one; `start` is what a new
    one begins with. `step` is what a button asked for; where it cannot be done, `problem` says why.
    An `optional` one may be left empty.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        prefix: str,
        context: Context,
        about: frozenset[str] = EVERYTHING,
        families: tuple[str, ...] = tuple(LEAVES),
        when: ConditionJSON | None = None,
        start: ConditionJSON | None = None,
        step: Step | None = None,
        optional: bool = False,
    ) -> None:
        self.prefix, self.data, self.when_before = prefix, data, when
        self.optional = optional
        self.place = Place(context, about, families)
        self.problem, self.focus, self.checked = "", "", False
        self.stepped = step is not None
        self.before: dict[str, ConditionJSON] = {}
        self.made: dict[str, ConditionJSON] = {}
        self.outline = self._outline(start)
        if step:
            self._do(step)
        self.root = self._node(self.outline.root)

    def is_valid(self) -> bool:
        """Can the condition stand as it is? Else its faults are shown where they are."""
        self.checked = True
        if self.problem:
            return False
        if self.is_empty:
            return True
        if self.root.is_valid() and (fault := self.place.fault(self.when())):
            self.problem = str(fault)
        return self.root.is_valid() and not self.problem

    @property
    def is_empty(self) -> bool:
        """Does it ask for nothing, as it may?"""
        return self.optional and self.root.is_blank

    def when(self) -> ConditionJSON:
        """The condition that the inputs of a valid tree say."""
        return self.root.condition

    @cached_property
    def said(self) -> Said:
        """The sentence of the whole, or the first thing it lacks."""
        missing = next((each.said.missing for each in every(self.root) if each.said.missing), "")
        return Said(f"said-{self.prefix}", self.root.said.text, missing)

    def says(self) -> Iterator[Said]:
        """What is said of the parts."""
        if not self.root.is_group:
            return
        for node in every(self.root):
            if node is not self.root:
                yield node.said

    def has_changed(self) -> bool:
        if self.stepped or str(self.outline) != str(self.old_outline):
            return True
        return any(form.has_changed() for form in self.forms())

    def forms(self) -> Iterator[forms.Form]:
        return iter(()) if self.is_empty else self.root.forms()

    def calm(self) -> None:
        """Say what is missing, without calling what is being written wrong."""
        _said = [node.said for node in every(self.root)]
        for form in self.forms():
            form._errors = ErrorDict()

    def folded(self) -> Iterator[tuple[str, str]]:
        """Its inputs, by name, where they are not to be seen."""
        yield self.shape_name, str(self.outline)
        for node in every(self.root):
            if node.leaf is not None:
                yield f"{node.id}-family", node.leaf.family
        for form in self.forms():
            # What is empty there means the same left out.
            yield from (pair for pair in folds.pairs(form) if pair[1])

    def menus(self) -> tuple[starts.Menu, ...]:
        """What may be put on a line that is not chosen yet."""
        return starts.menus(self.place.families)

    @property
    def shape_name(self) -> str:
        return f"{self.prefix}-shape"

    # Read

    def _outline(self, start: ConditionJSON | None) -> Outline:
        """As it was posted, else as it stands in the draft, else a new one."""
        self.old_outline = Outline(f"{BLANK if self.optional else LEAF}0")
        if self.when_before is not None:
            self.old_outline = outlines.of(self.when_before, self.before, deepest=DEEPEST)
        elif start is not None:
            found = outlines.of(start, self.made, deepest=DEEPEST)
            self.focus = found.root
            return found
        posted = self.data.get(self.shape_name) if self.data is not None else None
        if posted is None:
            return outlines.read(str(self.old_outline), deepest=DEEPEST)
        try:
            return outlines.read(posted, deepest=DEEPEST)
        except ValueError as problem:
            deep = "deep" in str(problem)
            self.problem = too_deep() if deep else _("This came incomplete. Please enter it again.")
            return outlines.read(str(self.old_outline), deepest=DEEPEST)

    def _node(self, name: str, level: int = 1) -> Node:
        id = f"{self.prefix}-{name}"
        leaf = self._leaf(name, id) if name.startswith(LEAF) else None
        if name.startswith(GROUP):
            parts = [self._node(part, level + 1) for part in self.outline.parts[name]]
            node = GroupNode(name, self._kind(name, id), parts, self.place)
        elif leaf:
            node = LeafNode(name, leaf, self.place)
        else:
            node = BlankNode(name, self.prefix, self.place)
        node.level, node.focused = level, name == self.focus
        if node.focused:
            focus(node.form)
        return node

    def _kind(self, name: str, id: str) -> KindForm:
        given = self.made.get(name) or self.before.get(name) or {}
        kind = next((each for each in BRANCHES if each in given), "all")
        posted = self.data if name not in self.made and self._came(f"{id}-kind") else None
        return KindForm(posted, prefix=id, initial={"kind": kind}, use_required_attribute=False)

    def _leaf(self, name: str, id: str) -> Leaf | None:
        """The inputs of a condition; None where nobody said which."""
        if name in self.made:
            kind = leaf_for(self.made[name], self.place.context)
            return self._made(kind, None, id, self.made[name])
        old = self.before.get(name)
        shown = leaf_for(old, self.place.context) if old is not None else None
        if not self._came(f"{id}-family"):
            first = LEAVES[self.place.families[0]]
            return self._made(shown or first, self.data, id, old) if self._may(shown) else None
        family = self.data[f"{id}-family"]
        if shown and shown.family == family:
            return self._made(shown, self.data, id, old)
        return self._made(LEAVES[family], self.data, id) if self._knows(family) else None

    def _made(self, kind: type[Leaf], data: Any, id: str, old: ConditionJSON | None = None) -> Leaf:
        return kind(data, prefix=id, context=self.place.context, old=old)

    def _may(self, shown: type[Leaf] | None) -> bool:
        return shown is not None or self.when_before is None

    def _knows(self, family: str) -> bool:
        return family in self.place.families and family in LEAVES

    def _came(self, name: str) -> bool:
        return self.data is not None and name in self.data

    # Build

    def _do(self, step: Step) -> None:
        """Do what a button asks for, or leave everything and say why not."""
        before, made = str(self.outline), dict(self.made)
        doing = getattr(self, f"_do_{step.what}", None)
        if doing is None or step.node not in set(self.outline.names()):
            return
        try:
            doing(step)
        except ValueError:
            self.problem = _("That cannot be done here.")
        if self.outline.levels() > DEEPEST:
            self.problem = too_deep()
        elif len(set(self.outline.names())) > MOST_PARTS:
            self.problem = too_many()
        if self.problem:
            self.outline, self.made = outlines.read(before, deepest=DEEPEST), made

    def _do_add(self, step: Step) -> None:
        """One more line in a group."""
        self.outline.append(step.node, self._blank())

    def _do_group(self, step: Step) -> None:
        """A group in a group, with a line to begin with."""
        self.outline.append(step.node, group := self._fresh(GROUP))
        self.made[group] = {"any": []}
        self.outline.append(group, self._blank())
        self.focus = group

    def _do_and(self, step: Step) -> None:
        self._beside(step.node, "all")

    def _do_or(self, step: Step) -> None:
        self._beside(step.node, "any")

    def _beside(self, name: str, kind: str) -> None:
        """One more line beside this one, in a group of this kind."""
        above = self.outline.parent(name)
        if above is None or self._kind(above, f"{self.prefix}-{above}")["kind"].value() != kind:
            self.outline.wrap(name, group := self._fresh(GROUP))
            self.made[group] = {kind: []}
        self.outline.insert_after(name, self._blank())

    def _do_wrap(self, step: Step) -> None:
        self.outline.wrap(step.node, group := self._fresh(GROUP))
        self.made[group] = {step.start if step.start in BRANCHES else "all": []}
        self.focus = group

    def _do_unwrap(self, step: Step) -> None:
        self.focus = next(iter(self.outline.parts[step.node]), "")
        self.outline.unwrap(step.node)

    def _do_remove(self, step: Step) -> None:
        above = self.outline.parent(step.node)
        if above is None:
            self.outline.replace(step.node, self._blank())
        else:
            self.outline.remove(step.node)
            self.focus = above

    def _do_up(self, step: Step) -> None:
        self.outline.move(step.node, -1, deepest=DEEPEST)

    def _do_down(self, step: Step) -> None:
        self.outline.move(step.node, +1, deepest=DEEPEST)

    def _do_more(self, step: Step) -> None:
        """Room for one more property: the page comes with it."""
        self.focus = ""

    def _do_put(self, step: Step) -> None:
        """What was chosen, in the place of a line not chosen yet."""
        if step.start in BRANCHES:
            self.outline.replace(step.node, group := self._fresh(GROUP))
            self.made[group] = {step.start: []}
            self.outline.append(group, self._blank())
            self.focus = group
            return
        start = starts.find(step.start, self.place.families)
        if start is None:
            raise ValueError(step.start)
        made: dict[str, ConditionJSON] = {}
        when = start.condition(self.place.context)
        chosen = outlines.of(when, made, deepest=DEEPEST, number=self._number())
        self.outline.replace(step.node, chosen.root)
        self.outline.parts |= chosen.parts
        self.made |= made
        self.focus = chosen.root

    def _blank(self) -> str:
        self.focus = self._fresh(BLANK)
        return self.focus

    def _fresh(self, letter: str) -> str:
        return f"{letter}{self._number()}"

    def _number(self) -> int:
        """One that no node has, nor had in the draft."""
        names = [*self.outline.names(), *self.outline.parts, *self.before]
        return max(int(name[1:]) for name in names) + 1


def too_deep() -> str:
    message = _("That would be more than %(deep)d levels, too many to be read by people.")
    remedy = _("Make a criterion or a persona of its own out of it.")
    return f"{message % {'deep': DEEPEST}} {remedy}"


def too_many() -> str:
    message = _("That would be more than %(parts)d conditions, too many to be read by people.")
    remedy = _("Make a criterion or a persona of its own out of it.")
    return f"{message % {'parts': MOST_PARTS}} {remedy}"
