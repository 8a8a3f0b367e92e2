"""Imports as tests run them: through the command, with a file and a mapping written for it."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command


class Importer:
    """Runs `import_leads` in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.said = ""

    def file(self, content: str | bytes, name: str = "export.csv") -> Path:
        path = self.directory / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def __call__(self, content: str | bytes | Path, mapping: object, **options: object) -> dict:
        """What the JSON line says; what else was said is in `said`."""
        path = content if isinstance(content, Path) else self.file(content)
        text = mapping if isinstance(mapping, str) else json.dumps(mapping)
        out = io.StringIO()
        options = {"mode": "history", "json": True} | options
        where = self.file(text, "mapping.json")
        try:
            call_command("import_leads", str(path), mapping=str(where), stdout=out, **options)
        finally:
            self.said = out.getvalue()
        return json.loads(self.said.splitlines()[-1]) if options["json"] else {}

    def refused(self, content: str | bytes | Path, mapping: object, **options: object) -> str:
        """Why it could not start."""
        with pytest.raises(CommandError) as refusal:
            self(content, mapping, **options)
        assert refusal.value.returncode == 2
        return str(refusal.value)


def counts(report: dict) -> tuple[int, int, int, int]:
    """Created, updated, unchanged, rejected; their sum is the rows."""
    numbers = tuple(report[key] for key in ("created", "updated", "unchanged", "rejected"))
    assert sum(numbers) == report["rows"]
    return numbers
