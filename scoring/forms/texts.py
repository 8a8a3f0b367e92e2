"""Fields for texts of the agreement: one in English, and in German if wished."""

from __future__ import annotations

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scoring.documents import LANGUAGES, Text

TOO_LONG = gettext_lazy("At most %(limit_value)d characters. This has %(show_value)d.")
NAMES = {"en": gettext_lazy("English"), "de": gettext_lazy("German")}


class BilingualWidget(forms.MultiWidget):
    """An input for each language, each named for those who cannot see its label."""

    template_name = "scoring/widgets/bilingual.html"

    def __init__(self, *, rows: int = 1) -> None:
        make = forms.TextInput if rows == 1 else forms.Textarea
        attrs = {} if rows == 1 else {"rows": rows}
        super().__init__({lang: make({"lang": lang, **attrs}) for lang in LANGUAGES})

    def decompress(self, value: Text | None) -> list[str]:
        if isinstance(value, dict):
            return [value.get(language, "") for language in LANGUAGES]
        return [value or "", ""]

    def id_for_label(self, id_: str) -> str:
        """The label above names the first input."""
        return f"{id_}_0" if id_ else id_

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for language, widget in zip(LANGUAGES, context["widget"]["subwidgets"], strict=True):
            widget["language"] = NAMES[language]
        return context

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> str:
        """By the project's templates, where the renderer of forms knows Django's alone."""
        return render_to_string(template_name, context)


class BilingualField(forms.MultiValueField):
    """A text of the body. Without a German one, the text is the same in every language."""

    def __init__(self, *, most: int, rows: int = 1, required: bool = True, **options: Any) -> None:
        too_long = {"max_length": TOO_LONG}
        parts = [
            forms.CharField(max_length=most, required=False, error_messages=too_long)
            for _language in LANGUAGES
        ]
        super().__init__(
            parts,
            widget=BilingualWidget(rows=rows),
            require_all_fields=False,
            required=required,
            **options,
        )

    def clean(self, value: Any) -> Text:
        given = super().clean(value) or ("", "")
        # Browsers send lines divided otherwise than the text has them.
        english, german = [part.replace("\r\n", "\n").strip() for part in given]
        if german and not english:
            raise forms.ValidationError(_("Give the English text too."))
        if self.required and not english:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return {"en": english, "de": german} if german and german != english else english

    def compress(self, data_list: list[str]) -> tuple[str, str]:
        return (data_list[0] or "", data_list[1] or "") if data_list else ("", "")


def kept(new: Text, old: Text | None) -> Text:
    """The old text where the new one says the same: saving without a change changes nothing."""
    widget = BilingualWidget()
    same = old is not None and widget.decompress(_plain(new)) == widget.decompress(_plain(old))
    return old if same else new


def _plain(value: Text) -> Text:
    if isinstance(value, dict) and len(set(value.values())) == 1:
        return next(iter(value.values()))
    return value
