"""Addresses of the API that need handoffs."""

from django.urls import path

from feedback.api import views

urlpatterns = [
    path("handoffs/", views.HandoffList.as_view(), name="api_handoffs"),
    path("handoffs/<int:pk>/acceptance/", views.AcceptanceView.as_view(), name="api_acceptance"),
    path("handoffs/<int:pk>/return/", views.ReturnView.as_view(), name="api_return"),
    path("handoffs/<int:pk>/contacts/", views.ContactView.as_view(), name="api_contacts"),
    path(
        "handoffs/<int:pk>/qualification/",
        views.QualificationView.as_view(),
        name="api_qualification",
    ),
    path("leads/<int:pk>/claim/", views.ClaimView.as_view(), name="api_claim"),
]
