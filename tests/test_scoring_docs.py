"""docs/scoring.md names everything the language can say."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from scoring.conditions import parsing, repeating, tables
from scoring.conditions.counts import COUNTS

DOCS = (Path(settings.BASE_DIR) / "docs" / "scoring.md").read_text("utf-8")
OPERATORS = (
    *tables.COMPARISONS,
    *tables.CHOICES,
    *tables.PRESENCE,
    *tables.FREE_MAIL,
    *parsing.PERSONAS,
    *parsing.MEASURED,
    *parsing.SCORES,
)


@pytest.mark.parametrize("word", [*OPERATORS, *COUNTS, *repeating.TIMES, "halving", "since_types"])
def test_every_word_of_the_language_is_described(word):
    assert re.search(rf"`{word}[`,:]", DOCS)
