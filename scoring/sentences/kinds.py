"""What happens in a stage, in words. Users see the names of stages; of their kinds they see these
sentences where they choose one, and nowhere else."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

HAPPENS = {
    "open": gettext_lazy("Leads begin or ripen here"),
    "nurture": gettext_lazy("Leads are nurtured here"),
    "handoff": gettext_lazy("Leads are handed over to sales"),
    "accepted": gettext_lazy("Sales has accepted, and calls"),
    "qualified": gettext_lazy("Sales has qualified"),
    "won": gettext_lazy("The deal is won"),
    "lost": gettext_lazy("The deal is lost"),
    "disqualified": gettext_lazy("The lead will not buy"),
    "customer": gettext_lazy("Customers after the first deal"),
}
MEANS = {
    "open": gettext_lazy(
        "With marketing. Every lead begins in the first of these stages, and moves on by itself "
        "when it meets the criteria of a stage ahead."
    ),
    "nurture": gettext_lazy(
        "With marketing, not ready yet. Returned leads rest here; they move on when they meet the "
        "criteria of a stage ahead."
    ),
    "handoff": gettext_lazy(
        "Whoever meets the criteria is offered to sales, with the evidence, and a clock runs until "
        "sales accepts or returns the lead."
    ),
    "accepted": gettext_lazy(
        "With sales, which tries to reach the lead, and then qualifies or returns it."
    ),
    "qualified": gettext_lazy("With sales, which works on an opportunity until it is won or lost."),
    "won": gettext_lazy("The lead has become a customer. The deal moves it here."),
    "lost": gettext_lazy("The deal has failed. From here a lead may go back to be nurtured."),
    "disqualified": gettext_lazy(
        "No buyer, for good. Leads come here by a reason for a return that says so."
    ),
    "customer": gettext_lazy("Renewal, upsell, referral: what comes after the first deal."),
}
