"""Checklist items that are ready to be taken: what most teams ask for."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from scoring.documents import ItemJSON, text

LABELS = {
    "time_frame": gettext_lazy("Time frame"),
    "size": gettext_lazy("Size"),
    "role": gettext_lazy("Role"),
    "permission": gettext_lazy("Permission"),
    "next_step": gettext_lazy("Next step"),
}

_ITEMS: dict[str, ItemJSON] = {
    "time_frame": {
        "label": {"en": "Its time frame is known", "de": "Der Zeitrahmen ist bekannt"},
        "collects": {
            "label": {"en": "Buys within", "de": "Kauft innerhalb von"},
            "type": "choice",
            "choices": {
                "en": ["3 months", "6 months", "12 months", "later"],
                "de": ["3 Monaten", "6 Monaten", "12 Monaten", "später"],
            },
        },
    },
    "size": {
        "label": {"en": "Its size is known", "de": "Der Umfang ist bekannt"},
        "collects": {"label": {"en": "Seats needed", "de": "Benötigte Plätze"}, "type": "number"},
    },
    "role": {
        "label": {
            "en": "The person has influence on the purchase",
            "de": "Die Person hat Einfluss auf den Kauf",
        },
        "collects": {
            "label": {"en": "Part in the decision", "de": "Rolle bei der Entscheidung"},
            "type": "choice",
            "choices": {
                "en": ["decides", "pays", "recommends", "uses", "blocks"],
                "de": ["entscheidet", "zahlt", "empfiehlt", "nutzt", "bremst"],
            },
        },
    },
    "permission": {
        "label": {"en": "We may follow up", "de": "Wir dürfen nachfassen"},
        "collects": {
            "label": {"en": "May be contacted", "de": "Darf kontaktiert werden"},
            "type": "boolean",
        },
    },
    "next_step": {
        "label": {
            "en": "The next step has a date",
            "de": "Der nächste Schritt hat ein Datum",
        },
        "collects": {
            "label": {"en": "Date of the next step", "de": "Datum des nächsten Schritts"},
            "type": "date",
        },
    },
}


def item(key: str) -> ItemJSON | None:
    """A ready item, not yet bound to a lead field; choices in the writer's language."""
    found = _ITEMS.get(key)
    if found is None:
        return None
    collects = dict(found["collects"])
    if "choices" in collects:
        collects["choices"] = text(collects["choices"])
    return found | {"collects": collects}
