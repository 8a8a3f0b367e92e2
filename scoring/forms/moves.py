"""The form that says where leads go whose stage the text takes away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scoring import agreements
from scoring.agreements import Leaving
from scoring.documents import ItemJSON, item, text
from scoring.forms.parts import SectionForm
from scoring.journeys import IN_HAND


class MoveForm(forms.Form):
    """Where the leads of one stage go."""

    to = forms.ChoiceField(required=False)

    def __init__(self, data: Any, *, leaving: Leaving, places: dict[str, str], to: str) -> None:
        self.key, self.leaving = leaving.key, leaving
        prefix = f"move-{leaving.key}"
        super().__init__(data, prefix=prefix, initial={"to": to}, use_required_attribute=False)
        self.fields["to"].label = _("Leads in “%(stage)s” go to") % {"stage": leaving.name}
        chosen = {to: to} if to and to not in places else {}
        self.fields["to"].choices = {"": _("choose…")} | chosen | places

    @property
    def label(self) -> str:
        return self.leaving.name

    @property
    def says(self) -> list[str]:
        """Who is concerned."""
        here, coming = self.leaving.standing, self.leaving.coming
        stand = ngettext("%(n)s lead stands there.", "%(n)s leads stand there.", here)
        come = ngettext(
            "%(n)s lead in sales' hands may still come back to it, and then goes the same way.",
            "%(n)s leads in sales' hands may still come back to it, and then go the same way.",
            coming,
        )
        said = ((stand, here), (come, coming))
        return [words % {"n": n} for words, n in said if n]


class MovesSection(SectionForm):
    key = "moves"
    title = gettext_lazy("Where leads go")
    hint = gettext_lazy(
        "This draft takes stages away in which leads stand. As soon as it takes effect, they are "
        "moved; figures of conversion do not count that."
    )

    def build(self) -> None:
        self.old = self.body.get("moves") or []
        places = {
            each["key"]: text(each["name"])
            for each in self.body["stages"]
            if each["kind"] not in IN_HAND
        }
        self.moves = [
            MoveForm(
                self.data,
                leaving=each,
                places={key: name for key, name in places.items() if key != each.key},
                to=(item(self.old, each.key) or {}).get("to", ""),
            )
            for each in agreements.leaving(self.body)
        ]
        self.held = [each for each in agreements.stranded(self.body) if not each.free]

    def parts(self) -> list[Any]:
        return self.moves

    def value(self) -> list[ItemJSON]:
        """In their old order, new ones last. What no stage needs any more is left out."""
        given = {form.key: form.cleaned_data["to"] for form in self.moves}
        order = [each["key"] for each in self.old if each["key"] in given]
        order += [key for key in given if key not in order]
        return [{"key": key, "to": given[key]} for key in order if given[key]]
