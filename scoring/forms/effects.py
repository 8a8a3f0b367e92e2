"""The form of the section that says when a text takes effect, and until when it is a trial."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from scoring.agreements import freezes, past
from scoring.checks import Problem, effects
from scoring.checks.structure import SENTENCE
from scoring.forms.parts import SectionForm
from scoring.forms.texts import BilingualField, kept

MINUTES, DAYS = "%Y-%m-%dT%H:%M", "%Y-%m-%d"


class WallClockField(forms.DateTimeField):
    """Day and time of the installation, of no zone."""

    def has_changed(self, initial: datetime | None, data: str | None) -> bool:
        return _written(initial) != _minutes(data)


class EffectForm(forms.Form):
    """All may be left empty: then it takes effect at once, until it is changed."""

    starts = WallClockField(
        label=gettext_lazy("Takes effect"),
        required=False,
        input_formats=[MINUTES],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MINUTES),
        help_text=gettext_lazy("Left empty: as soon as both have signed. Not in the past."),
    )
    trial_until = forms.DateField(
        label=gettext_lazy("A trial until"),
        required=False,
        input_formats=[DAYS],
        widget=forms.DateInput(attrs={"type": "date"}, format=DAYS),
        help_text=gettext_lazy(
            "On that day Baton shows what was predicted and what came of it, and asks both sides "
            "whether to keep it, change it or go back."
        ),
    )
    expects = BilingualField(
        label=gettext_lazy("What we expect of it"),
        most=SENTENCE,
        rows=2,
        required=False,
        help_text=gettext_lazy("One sentence that can turn out right or wrong."),
    )

    def clean_starts(self) -> str:
        """The wall clock as it was written: whichever zone reads it, the text says the same."""
        return _minutes(self.data.get(self.add_prefix("starts")))

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        until = given.get("trial_until")
        said = {"starts": given.get("starts"), "trial_until": until.isoformat() if until else ""}
        for problem in self._problems({"effect": said}) if not self.errors else ():
            self.add_error(problem.path.removeprefix("effect."), problem.message)
        return given

    def _problems(self, body: dict[str, Any]) -> list[Problem]:
        """What does not fit together, else what lies in the past of what is written now. What
        stood there already, stays."""
        if found := list(effects.problems(body)):
            return found
        stood = self.initial | {"starts": _written(self.initial.get("starts"))}
        written = {name for name, said in body["effect"].items() if said != (stood.get(name) or "")}
        over = past(body, at=timezone.now())
        return [each for each in over if each.path.removeprefix("effect.") in written]


class EffectSection(SectionForm):
    key = "effect"
    title = gettext_lazy("When it takes effect")
    hint = gettext_lazy("In the local time of this installation.")

    def build(self) -> None:
        self.form = EffectForm(self.data, initial=_shown(self.old))
        self.freezes = freezes.known()

    @property
    def old(self) -> dict[str, Any]:
        return self.body.get("effect") or {}

    def parts(self) -> list[Any]:
        return [self.form]

    def value(self) -> dict[str, Any]:
        given = self.form.cleaned_data
        until = given["trial_until"]
        said = {
            "starts": given["starts"],
            "trial_until": until.isoformat() if until else "",
            "expects": kept(given["expects"], self.old.get("expects")),
        }
        return {name: each for name, each in said.items() if each}


def _shown(effect: dict[str, Any]) -> dict[str, Any]:
    starts = effect.get("starts")
    return effect | ({"starts": datetime.fromisoformat(starts)} if starts else {})


def _minutes(given: str | None) -> str:
    """Up to the minute, as a text writes it."""
    return (given or "").strip()[:16]


def _written(starts: datetime | None) -> str:
    return starts.strftime(MINUTES) if starts else ""
