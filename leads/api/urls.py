"""Addresses of the API that need leads alone."""

from django.urls import path

from leads.api import views

urlpatterns = [
    path("leads/", views.LeadsView.as_view(), name="api_leads"),
    path("activities/", views.ActivitiesView.as_view(), name="api_activities"),
]
