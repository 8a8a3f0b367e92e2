"""Money of an opportunity: more than nothing, or unknown."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from leads.refusals import Refused

LARGEST = Decimal(10) ** 12


def require(amount: Decimal | None) -> None:
    """None is unknown. Everything else is more than 0 and below a million millions."""
    if amount is None:
        return
    if not amount.is_finite() or amount <= 0:
        raise Refused(
            "amount_not_positive",
            _("An amount is more than 0."),
            _("Leave it empty when it is not known."),
            field="amount",
        )
    if amount >= LARGEST:
        raise Refused(
            "amount_too_large",
            _("The amount is too large."),
            _("Check the number of zeros."),
            field="amount",
        )


def require_currency(currency: str) -> None:
    """Three capital letters, or empty for the usual one."""
    letters = currency.isascii() and currency.isalpha() and currency.isupper()
    if currency and not (letters and len(currency) == 3):
        raise Refused(
            "unknown_currency",
            _("“%(value)s” is no currency.") % {"value": currency},
            _("Give three letters, such as EUR."),
            field="currency",
        )
