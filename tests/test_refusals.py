"""A refusal says what happened and what to do, on a page, to htmx and through the API."""

import pytest
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from rest_framework import exceptions, serializers
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from config.refusals import RefusalMiddleware
from leads.refusals import Refused

TAKEN = Refused("answered", "Tom has accepted this handoff.", "Choose another.", status=409)


@pytest.fixture
def refuse(rf: RequestFactory, maya):
    def answer(error: Exception, *, htmx: bool) -> HttpResponse | None:
        request = rf.post("/")
        request.user, request.htmx = maya, htmx
        return RefusalMiddleware(lambda _: HttpResponse()).process_exception(request, error)

    return answer


@pytest.mark.parametrize("htmx", [False, True])
def test_a_page_says_what_happened_and_what_to_do(refuse, htmx):
    response = refuse(TAKEN, htmx=htmx)
    body = response.content.decode()
    assert response.status_code == 409
    assert "Tom has accepted this handoff." in body
    assert "Choose another." in body
    assert ("<html" in body) is not htmx


def test_any_other_error_is_not_a_refusal(refuse):
    assert refuse(ValueError("no"), htmx=False) is None


def api(error: Exception):
    class Door(APIView):
        authentication_classes = permission_classes = ()

        def post(self, request):
            raise error

    return Door.as_view()(APIRequestFactory().post("/"))


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (TAKEN, 409, "answered"),
        (Refused("unknown_reason", "No such reason.", field="reason"), 422, "unknown_reason"),
        (Http404(), 404, "not_found"),
        (exceptions.NotAuthenticated(), 403, "not_authenticated"),
        (exceptions.ParseError(), 400, "parse_error"),
        (serializers.ValidationError({"email": ["Not an address."]}), 422, "invalid"),
    ],
)
def test_the_api_answers_every_refusal_in_one_shape(error, status, code):
    response = api(error)
    assert response.status_code == status
    assert response.data["code"] == code
    assert response.data["message"]
    assert {"remedy", "field"} <= set(response.data)


def test_the_api_names_the_field_at_fault():
    assert api(Refused("x", "No.", field="reason")).data["field"] == "reason"
    invalid = api(serializers.ValidationError({"email": ["Not an address."]})).data
    assert invalid["field"] == "email"
    assert invalid["errors"] == [{"field": "email", "message": "Not an address."}]
