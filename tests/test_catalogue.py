"""The German catalogue is complete where Baton must speak German, and compiled."""

import re

import pytest

from tests import catalogue

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


@pytest.mark.parametrize("po", catalogue.sources(), ids=lambda po: po.parts[-3])
def test_the_compiled_catalogue_is_that_of_its_source(po):
    committed = catalogue.entries(po.with_suffix(".mo").read_bytes())
    assert committed == catalogue.entries(catalogue.compiled(po)), (
        "Run: .venv/bin/python -m tests.catalogue"
    )


@pytest.mark.parametrize("po", catalogue.sources(), ids=lambda po: po.parts[-3])
def test_translations_keep_the_placeholders(po):
    for message in catalogue.read(po):
        if message.id and message.string and not message.pluralizable:
            assert _placeholders(message.id) == _placeholders(message.string)
        elif message.pluralizable:
            for string in message.string:
                assert set(_placeholders(string)) <= set(_placeholders(message.id[1]))


def test_everything_people_read_has_german():
    german = catalogue.read(catalogue.LOCALE / "de" / "LC_MESSAGES" / "django.po")
    files = catalogue.speakers()
    assert {file.suffix for file in files} >= {".py", ".html"}
    assert catalogue.missing(german, files) == {}


def test_a_template_without_german_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    page = tmp_path / "page.html"
    page.write_text(
        '{% load i18n %}<p>{% translate "Nobody ever said this" %}</p>\n'
        "  {% blocktranslate count n=n %}{{ n }} gnu{% plural %}{{ n }} gnus{% endblocktranslate %}"
    )
    said = {"Nobody ever said this": "page.html", "%(n)s gnu": "page.html"}
    assert catalogue.missing(catalogue.Catalog(locale="de"), [page]) == said


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))
