"""Marketing takes a handoff back."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from feedback import handoffs
from feedback.views import hands
from leads.clock import database_now
from leads.nudges import nudge
from leads.refusals import Refused


class WithdrawalForm(forms.Form):
    """Why the lead is taken back."""

    reason = forms.CharField(
        max_length=1000,
        label=gettext_lazy("Why do you take this lead back?"),
        help_text=gettext_lazy("Sales reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def withdrawal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why; POST withdraws. Only for marketing and managers, and while it is open."""
    handoff, refusal, at = hands.load(request.user, pk), None, database_now()
    form = WithdrawalForm(request.POST if request.method == "POST" else None)
    try:
        handoffs.require_withdrawable(handoff, by=request.user, at=at)
        if form.is_valid():
            why = form.cleaned_data["reason"]
            handoffs.withdraw(handoff, by=request.user, at=at, cause="recalled", reason=why)
            nudge("feedback.tasks.deliver_events")
            nudge("feedback.tasks.release_waiting")
            nudge("scoring.tasks.rescore_stale")
            messages.success(request, _("Withdrawn: %(lead)s.") % {"lead": handoff.lead})
            return redirect("handoff", pk)
    except Refused as refused:
        if refused.status == 403:
            raise
        refusal = refused
    context = {"handoff": handoff, "refusal": refusal, "form": form}
    status = refusal.status if refusal else 422 if form.is_bound else 200
    return render(request, "feedback/withdrawal.html", context, status=status)
