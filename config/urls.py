"""All addresses of Baton."""

from django.contrib import admin
from django.urls import include, path

from config import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz/", views.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("api/", include("config.api_urls")),
    path("", include("leads.urls")),
    path("", include("scoring.urls")),
    path("", include("feedback.urls")),
]
