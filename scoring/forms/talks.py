"""The inputs of those who talk about a version, sign it, or object to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from scoring.models import Comment, Objection, Signature

MOST = gettext_lazy("At most {most} characters.")


class WordsField(forms.CharField):
    """As many words as the `field` of a model takes. A browser that kept to the limit would cut
    what is pasted, in silence: it is said here, and what is longer is refused with all of it."""

    def __init__(
        self, model: type, field: str, *, rows: int, help_text: str | Promise = "", **kwargs: Any
    ) -> None:
        most = model._meta.get_field(field).max_length
        limit = format_lazy(MOST, most=most)
        super().__init__(
            max_length=most,
            widget=forms.Textarea(attrs={"rows": rows}),
            help_text=format_lazy("{} {}", help_text, limit) if help_text else limit,
            **kwargs,
        )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {k: v for k, v in super().widget_attrs(widget).items() if k != "maxlength"}


class CommentForm(forms.Form):
    """What somebody says. `at` makes its ids different from those of others on the page."""

    text = WordsField(Comment, "text", rows=2, label=gettext_lazy("Answer"))

    def __init__(self, data: Any = None, *, at: str = "") -> None:
        super().__init__(data, auto_id=f"id_{at}_%s")


class ThreadForm(CommentForm):
    """A question about a section, or about one clause of it."""

    clause = forms.ChoiceField(label=gettext_lazy("About"), required=False)
    field_order = ("clause", "text")

    def __init__(
        self, data: Any = None, *, at: str = "", clauses: list[tuple[str, str]] | None = None
    ) -> None:
        super().__init__(data, at=at)
        self.fields["clause"].choices = clauses or []
        self.fields["text"].label = gettext_lazy("Your question or remark")


class SignatureForm(forms.Form):
    """What goes on record with a signature; needed where threads are open."""

    reservation = WordsField(
        Signature,
        "reservation",
        rows=2,
        label=gettext_lazy("Your reservation, in one sentence"),
        required=False,
        help_text=gettext_lazy("It stands beside your signature for ever."),
    )


class ObjectionForm(forms.Form):
    """Why a signatory does not sign."""

    reason = WordsField(
        Objection,
        "reason",
        rows=3,
        label=gettext_lazy("What would have to be different"),
        required=False,
    )
