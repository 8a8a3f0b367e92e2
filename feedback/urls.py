"""What comes back: inbox, handoffs, leads, returns, opportunities, notifications."""

from django.urls import path

from feedback.views import (
    funnel,
    handoffs,
    inbox,
    lab,
    leads,
    nearmisses,
    notifications,
    opportunities,
    quarantine,
    returns,
    scores,
)

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("handoffs/<int:pk>/", handoffs.handoff, name="handoff"),
    path("handoffs/<int:pk>/acceptance/", handoffs.acceptance, name="handoff_acceptance"),
    path("handoffs/<int:pk>/return/", handoffs.give_back, name="handoff_return"),
    path("handoffs/<int:pk>/contacts/", handoffs.log_contact, name="handoff_contacts"),
    path(
        "handoffs/<int:pk>/conversation/", handoffs.hold_conversation, name="handoff_conversation"
    ),
    path("handoffs/<int:pk>/qualification/", handoffs.qualify, name="handoff_qualification"),
    path("handoffs/<int:pk>/messages/", handoffs.write_message, name="handoff_messages"),
    path("handoffs/<int:pk>/assignment/", handoffs.assign, name="handoff_assignment"),
    path("opportunities/<int:pk>/", opportunities.opportunity, name="opportunity"),
    path("opportunities/<int:pk>/win/", opportunities.win, name="opportunity_win"),
    path("opportunities/<int:pk>/loss/", opportunities.lose, name="opportunity_loss"),
    path("returns/", returns.returns, name="returns"),
    path("leads/", leads.leads, name="leads"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("leads/<int:pk>/score/", scores.score, name="lead_score"),
    path("leads/<int:pk>/correction/", scores.correction, name="lead_correction"),
    path("corrections/<int:pk>/ending/", scores.ending, name="correction_ending"),
    path("leads/<int:pk>/quarantine/", quarantine.lead_quarantine, name="lead_quarantine"),
    path("leads/<int:pk>/release/", quarantine.lead_release, name="lead_release"),
    path("quarantine/", quarantine.quarantine, name="quarantine"),
    path("near-misses/", nearmisses.near_misses, name="near_misses"),
    path("near-misses/leads/", nearmisses.near_miss_leads, name="near_miss_leads"),
    path("near-misses/addresses/", nearmisses.addresses, name="near_miss_addresses"),
    path("near-misses/enrichment/", nearmisses.enrichment, name="near_miss_enrichment"),
    path("near-misses/question/", nearmisses.question, name="near_miss_question"),
    path("near-misses/nurturing/", nearmisses.nurturing, name="near_miss_nurturing"),
    path("funnel/", funnel.funnel, name="funnel"),
    path("funnel/leads/", funnel.funnel_leads, name="funnel_leads"),
    path("lab/replay/", lab.lab, name="lab"),
    path("lab/replay/<int:pk>/", lab.replay, name="lab_replay"),
    path("lab/replay/<int:pk>/stop/", lab.replay_stop, name="lab_replay_stop"),
    path("lab/replay/<int:pk>/leads/", lab.replay_leads, name="lab_replay_leads"),
    path("lab/impact/", lab.impact, name="lab_impact"),
    path("lab/impact/leads/", lab.impact_leads, name="lab_impact_leads"),
    path("notifications/", notifications.notifications, name="notifications"),
]
