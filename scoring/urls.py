"""Addresses of the agreement."""

from django.urls import path

from scoring.views import (
    calibrations,
    comments,
    desks,
    drafting,
    imports,
    reading,
    rescoring,
    signing,
    templates,
    writing,
)

urlpatterns = [
    path("agreement/", reading.agreement, name="agreement"),
    path("agreement/import/", imports.take_in, name="agreement_import"),
    path("agreement/templates/", templates.shelf, name="agreement_templates"),
    path("agreement/templates/<slug:key>/", templates.template, name="agreement_template"),
    path(
        "agreement/templates/<slug:key>/<slug:section>/",
        templates.adoption,
        name="agreement_adoption",
    ),
    path("agreement/schema.json", imports.schema, name="agreement_schema"),
    path("agreement/versions/<int:pk>/", reading.version, name="agreement_version"),
    path("agreement/versions/<int:pk>/paper.css", reading.paper, name="agreement_paper"),
    path("agreement/versions/<int:pk>.json", reading.version_json, name="agreement_json"),
    path("agreement/versions/<int:pk>/signature/", signing.signature, name="agreement_signature"),
    path(
        "agreement/versions/<int:pk>/withdrawal/", signing.withdrawal, name="agreement_withdrawal"
    ),
    path("agreement/versions/<int:pk>/objection/", signing.objection, name="agreement_objection"),
    path("agreement/versions/<int:pk>/threads/", comments.threads, name="agreement_threads"),
    path("agreement/threads/<int:pk>/answers/", comments.answers, name="agreement_answers"),
    path(
        "agreement/threads/<int:pk>/resolution/", comments.resolution, name="agreement_resolution"
    ),
    path("agreement/threads/<int:pk>/reopening/", comments.reopening, name="agreement_reopening"),
    path("agreement/rescoring/", rescoring.rescoring, name="agreement_rescoring"),
    path("agreement/rescoring/pause/", rescoring.pause, name="agreement_rescoring_pause"),
    path(
        "agreement/rescoring/resumption/",
        rescoring.resumption,
        name="agreement_rescoring_resumption",
    ),
    path("agreement/rescoring/retries/", rescoring.retries, name="agreement_rescoring_retries"),
    path("agreement/draft/", drafting.draft, name="agreement_draft"),
    path("agreement/draft/desk/", desks.desk, name="agreement_desk"),
    path("agreement/draft/<slug:section>/", writing.section, name="agreement_section"),
    path("agreement/draft/<slug:section>/preview/", writing.preview, name="agreement_preview"),
    path("agreement/draft/<slug:section>/life/", desks.life, name="agreement_life"),
    path("agreement/draft/<slug:section>/takeover/", desks.takeover, name="agreement_takeover"),
    path("agreement/draft/<slug:section>/cancel/", desks.cancel, name="agreement_cancel"),
    path("agreement/calibration/", calibrations.rounds, name="agreement_calibrations"),
    path("agreement/calibration/<slug:code>/", calibrations.room, name="agreement_calibration"),
    path(
        "agreement/calibration/<slug:code>/wall/",
        calibrations.wall,
        name="agreement_calibration_wall",
    ),
    path(
        "agreement/calibration/<slug:code>/votes/<int:position>/",
        calibrations.vote,
        name="agreement_calibration_vote",
    ),
    path(
        "agreement/calibration/<slug:code>/closing/",
        calibrations.closing,
        name="agreement_calibration_closing",
    ),
    path(
        "agreement/calibration/<slug:code>/draft/",
        calibrations.suggestion,
        name="agreement_calibration_draft",
    ),
]
