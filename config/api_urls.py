"""Addresses of the API, its schema and its documentation."""

from csp.constants import SELF
from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from leads.api.views import Nowhere

docs = SpectacularSwaggerSplitView.as_view(url_name="api_schema", template_name="api_docs.html")

urlpatterns = [
    path("v1/", include("leads.api.urls")),
    path("v1/", include("feedback.api.urls")),
    path("v1/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    # Swagger UI draws its arrows from data: addresses.
    path("docs/", csp_update({"img-src": [SELF, "data:"]})(login_required(docs)), name="api_docs"),
    re_path(r"", Nowhere.as_view(), name="api_nowhere"),
]
