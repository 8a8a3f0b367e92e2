"""Addresses of the agreement."""

from django.urls import path

from scoring.views import drafting, reading, rescoring, signing

urlpatterns = [
    path("agreement/", reading.agreement, name="agreement"),
    path("agreement/versions/", reading.versions, name="agreement_versions"),
    path("agreement/versions/<int:pk>/", reading.version, name="agreement_version"),
    path("agreement/versions/<int:pk>.json", reading.version_json, name="agreement_json"),
    path("agreement/versions/<int:pk>/proposal/", signing.proposal, name="agreement_proposal"),
    path("agreement/versions/<int:pk>/signature/", signing.signature, name="agreement_signature"),
    path(
        "agreement/versions/<int:pk>/withdrawal/", signing.withdrawal, name="agreement_withdrawal"
    ),
    path("agreement/rescoring/", rescoring.rescoring, name="agreement_rescoring"),
    path("agreement/rescoring/pause/", rescoring.pause, name="agreement_rescoring_pause"),
    path(
        "agreement/rescoring/resumption/",
        rescoring.resumption,
        name="agreement_rescoring_resumption",
    ),
    path("agreement/rescoring/retries/", rescoring.retries, name="agreement_rescoring_retries"),
    path("agreement/draft/", drafting.draft, name="agreement_draft"),
    path("agreement/draft/<slug:section>/", drafting.section, name="agreement_section"),
]
