"""The map holds: one direction of import, no circles, and no foreign key that points upward."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

HEIGHT = {"leads": 0, "scoring": 1, "feedback": 2}


def lint(directory: Path) -> subprocess.CompletedProcess:
    program = Path(sys.executable).with_name("lint-imports")
    config = str(Path(settings.BASE_DIR) / "pyproject.toml")
    return subprocess.run(
        [program, "--no-logo", "--no-cache", "--config", config],
        cwd=directory,
        env={"PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
    )


def test_the_apps_keep_the_import_contracts():
    result = lint(settings.BASE_DIR)
    assert result.returncode == 0, result.stdout
    assert "4 kept, 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("importer", "imported", "contract"),
    [
        ("leads/verbs.py", "scoring.verbs", "Apps import in one direction BROKEN"),
        ("leads/verbs.py", "leads.views", "Verbs and models never import edges BROKEN"),
        ("scoring/verbs.py", "leads.nudges", "Only edges wake the worker BROKEN"),
        ("scoring/verbs.py", "scoring.more", "No two modules import each other"),
    ],
)
def test_an_import_against_the_map_is_noticed(tmp_path, importer, imported, contract):
    for app in ("config", *HEIGHT):
        (tmp_path / app).mkdir()
        for module in ("__init__", "verbs", "more", "views", "nudges"):
            (tmp_path / app / f"{module}.py").touch()
    (tmp_path / "scoring/more.py").write_text("import scoring.verbs")
    (tmp_path / importer).write_text(f"import {imported}")
    result = lint(tmp_path)
    assert result.returncode == 1
    assert contract in result.stdout


def test_no_foreign_key_points_upward():
    upward = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and points_upward(model, field)
    ]
    assert upward == []


def points_upward(model, field) -> bool:
    """Generic relations have no related model; they may lie anywhere and are not used for links."""
    if field.related_model is None:
        return False
    below = HEIGHT.get(model._meta.app_label, 3)
    return HEIGHT.get(field.related_model._meta.app_label, -1) > below


def test_the_walk_would_see_a_foreign_key_that_points_upward():
    to_handoff = next(
        field
        for model in apps.get_app_config("feedback").get_models()
        for field in model._meta.fields
        if field.related_model is apps.get_model("feedback.Handoff")
    )
    assert points_upward(apps.get_model("leads.Lead"), to_handoff)
    assert not points_upward(to_handoff.model, to_handoff)
