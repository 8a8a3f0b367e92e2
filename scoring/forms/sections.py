"""One simple form for each section of the draft.

`value()` of a valid form is what `agreements.edit` takes for the section: what no input showed
is as it was, and saving without a change gives the same text.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from scoring.documents import ItemJSON
from scoring.forms.conditional import PersonaRow
from scoring.forms.effects import EffectSection
from scoring.forms.kinds import (
    AboutForm,
    FieldRow,
)
from scoring.forms.moves import MovesSection
from scoring.forms.parts import SectionForm, adding, one_more
from scoring.forms.points import ScoreSection
from scoring.forms.promises import (
    ChecklistsSection,
    ClocksSection,
    GoalsSection,
    ReasonsSection,
    SupplySection,
    WatchesSection,
)
from scoring.forms.rows import english, fresh_key
from scoring.forms.stages import StagesSection
from scoring.forms.texts import kept


class AboutSection(SectionForm):
    key = "about"
    title = gettext_lazy("Title and summary")

    def build(self) -> None:
        self.form = AboutForm(self.data, initial=self.body)

    def parts(self) -> list[Any]:
        return [self.form]

    def value(self) -> dict[str, Any]:
        given = self.form.cleaned_data
        return {name: kept(given[name], self.body.get(name)) for name in self.form.fields}


class PersonasSection(SectionForm):
    key = "personas"
    title = gettext_lazy("Personas")
    hint = gettext_lazy("Kinds of buyers both teams want.")

    def build(self) -> None:
        self.personas = self.rows(PersonaRow, "personas", self.body["personas"])
        self.buttons = adding("personas", PersonaRow)

    def parts(self) -> list[Any]:
        return [self.personas]

    def value(self) -> list[ItemJSON]:
        return self.personas.value()


class FieldsSection(SectionForm):
    key = "fields"
    title = gettext_lazy("Lead fields")
    hint = gettext_lazy(
        "Fields that this agreement needs. They are added to the lead fields when it takes effect."
    )

    def build(self) -> None:
        self.fields = self.rows(FieldRow, "fields", self.body.get("fields") or [])
        self.buttons = one_more("fields", gettext_lazy("Add a field"))

    def parts(self) -> list[Any]:
        return [self.fields]

    def value(self) -> list[ItemJSON]:
        """New ones with keys that no lead field has."""
        old = {each["key"] for each in self.fields.items}
        taken, found = old | set(self.context.vocabulary.fields), []
        for each in self.fields.value():
            if each["key"] not in old:
                each["key"] = fresh_key(english(each["label"]), taken)
                taken.add(each["key"])
            found.append(each)
        return found


SECTIONS: dict[str, type[SectionForm]] = {
    each.key: each
    for each in (
        AboutSection,
        StagesSection,
        MovesSection,
        PersonasSection,
        ScoreSection,
        ClocksSection,
        SupplySection,
        ChecklistsSection,
        ReasonsSection,
        GoalsSection,
        WatchesSection,
        FieldsSection,
        EffectSection,
    )
}
