"""All addresses of Baton."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("leads.urls")),
    path("", include("scoring.urls")),
    path("", include("feedback.urls")),
]
