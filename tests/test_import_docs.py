"""What docs/imports.md must name."""

from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings

from feedback.management.commands.import_leads import WRITERS
from leads.imports.mappings import Mapping
from leads.models import Attribute

TEXT = (Path(settings.BASE_DIR) / "docs" / "imports.md").read_text()


@pytest.mark.parametrize("key", [one.name for one in fields(Mapping) if one.name != "ignored"])
def test_every_key_of_a_mapping_is_in_the_docs(key):
    assert f"| `{key}` |" in TEXT


@pytest.mark.parametrize("kind", WRITERS)
def test_every_target_is_in_the_docs(kind):
    targets = WRITERS[kind].kind.targets
    assert [target for target in targets if f"`{target}`" not in TEXT] == []


def test_every_type_of_a_field_is_in_the_docs():
    assert [kind for kind in Attribute.Type.values if f"`{kind}`" not in TEXT] == []
