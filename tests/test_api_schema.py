"""The API's schema says what the API does."""

import re
from pathlib import Path

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis import checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks

from config.wsgi import application
from tests.factories import HandoffFactory
from tests.test_api import Caller

SCHEMA = "/api/v1/schema/"
KEPT = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.unsupported_method,
]


@pytest.fixture
def kept_connection():
    """The test's transaction outlives the requests within it, as with Django's own client."""
    for moment in (request_started, request_finished):
        moment.disconnect(close_old_connections)
    yield
    for moment in (request_started, request_finished):
        moment.connect(close_old_connections)


@pytest.fixture
def described(ada, sales, kept_connection):
    """The schema, called as Ada."""
    HandoffFactory()
    headers = Caller(ada).headers
    schema = schemathesis.openapi.from_wsgi(f"{SCHEMA}?format=json", application, headers=headers)
    schema.config.update(headers=headers)
    return schema


OPERATIONS = [
    ("/api/v1/leads/", "post"),
    ("/api/v1/activities/", "post"),
    ("/api/v1/handoffs/", "get"),
    ("/api/v1/handoffs/{id}/acceptance/", "post"),
    ("/api/v1/handoffs/{id}/return/", "post"),
    ("/api/v1/handoffs/{id}/contacts/", "post"),
    ("/api/v1/handoffs/{id}/qualification/", "post"),
    ("/api/v1/leads/{id}/claim/", "post"),
]


def test_the_schema_names_every_operation(described):
    named = [(o.ok().path, o.ok().method) for o in described.get_all_operations()]
    assert sorted(named) == sorted(OPERATIONS)


def test_the_guide_names_what_there_is():
    guide = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text("utf-8")
    named = {re.sub(r"/\d+/", "/{id}/", path) for path in re.findall(r"/api/v1/[\w/]+/", guide)}
    assert {path for path, _method in OPERATIONS} | {SCHEMA} == named


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_whatever_is_sent_is_answered_as_described_and_crashes_nothing(
    described, path, method, mode
):
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    @hypothesis_settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def answer(case):
        case.call_and_validate(checks=KEPT)

    answer()
