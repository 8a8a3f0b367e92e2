"""Where nobody is writing a version: texts to start from."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from scoring import agreements
from scoring.conditions import Vocabulary
from scoring.documents import Body, text
from scoring.shapes import TEMPLATES
from scoring.views.texts import document, journey_map


def starting(request: HttpRequest) -> HttpResponse:
    """What a version can start from: the text in force, a template, an empty page, a document.
    Before anything is in force, also the draft that is being written."""
    context = {
        "in_force": agreements.in_force(),
        "templates": [_on_the_shelf(key, make()) for key, make in TEMPLATES.items()],
        "unsettled": agreements.unsettled(),
        "may_edit": agreements.may_edit(request.user),
    }
    return render(request, "scoring/start.html", context)


def preview(request: HttpRequest, key: str) -> HttpResponse:
    """A template, read as the agreement it would be."""
    body = TEMPLATES[key]()
    context = described(key, body) | {
        "sections": document(body, Vocabulary(body)),
        "unsettled": agreements.unsettled(),
        "in_force": agreements.in_force(),
        "may_edit": agreements.may_edit(request.user),
    }
    return render(request, "scoring/template.html", context)


def described(key: str, body: Body) -> dict[str, Any]:
    """A template in short: what it is called, what it is about, its map and how much it says."""
    return {
        "key": key,
        "title": text(body["title"]),
        "summary": text(body["summary"]),
        "stages": [(text(each["name"]), each["side"]) for each in body["stages"]],
        "rules": len(body["score"]["rules"]),
        "reasons": len(body["reasons"]),
        "map": journey_map(body),
    }


def _on_the_shelf(key: str, body: Body) -> dict[str, Any]:
    """The map of a template that lies among others leads to its page."""
    page = reverse("agreement_template", args=[key])
    return described(key, body) | {"map": journey_map(body, page)}
