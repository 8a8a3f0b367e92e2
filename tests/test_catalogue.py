"""The German catalogue is complete where Baton must speak German, and compiled."""

import re

import pytest

from tests import catalogue

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")
CONDITIONS = sorted((catalogue.ROOT / "scoring" / "conditions").glob("*.py"))


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


def test_conditions_have_german_for_everything_they_say():
    german = catalogue.read(catalogue.LOCALE / "de" / "LC_MESSAGES" / "django.po")
    said = {message for module in CONDITIONS for message in catalogue.spoken(module)}
    assert said
    assert {each for each in said if not (german.get(each) and german.get(each).string)} == set()


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))
