"""The inputs of those who talk about a version, sign it, or object to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from scoring.models import Comment, Objection, Signature


def _most(model: type, field: str) -> int:
    return model._meta.get_field(field).max_length


class CommentForm(forms.Form):
    """What somebody says. `at` makes its ids different from those of others on the page."""

    text = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=_most(Comment, "text"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

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

    reservation = forms.CharField(
        label=gettext_lazy("Your reservation, in one sentence"),
        max_length=_most(Signature, "reservation"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("It stands beside your signature for ever."),
    )


class ObjectionForm(forms.Form):
    """Why a signatory does not sign."""

    reason = forms.CharField(
        label=gettext_lazy("What would have to be different"),
        max_length=_most(Objection, "reason"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
