"""`./run`: one file, Python's own library, and plain words where something is missing."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

RUN = Path(settings.BASE_DIR) / "run"


@pytest.fixture
def run(tmp_path, monkeypatch) -> dict:
    """The names of a copy of `run` in an empty folder; `handed_over` collects what it starts."""
    (tmp_path / "run").write_bytes(RUN.read_bytes())
    (tmp_path / "requirements.lock").write_text("nothing==1\n")
    names = runpy.run_path(str(tmp_path / "run"), run_name="run")
    names["handed_over"] = []
    monkeypatch.setitem(names["main"].__globals__, "hand_over", names["handed_over"].append)
    return names["main"].__globals__ | {"handed_over": names["handed_over"]}


def test_run_is_executable_and_needs_nothing_but_python():
    assert RUN.stat().st_mode & 0o111
    tree = ast.parse(RUN.read_text(), feature_version=(3, 5))
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert {name.split(".")[0] for name in imported} <= sys.stdlib_module_names
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom | ast.JoinedStr)]


def test_an_old_python_is_told_what_is_needed():
    start = "runpy.run_path(sys.argv[1], run_name='__main__')"
    pretend = f"import sys, runpy; sys.version_info = (3, 9, 1); {start}"
    command = [sys.executable, "-c", pretend, str(RUN)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.strip() == "Baton needs Python 3.11 or newer; this is 3.9."


def test_a_missing_venv_module_names_the_package(run, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        run["main"]([])
    assert not Path(run["VENV"]).exists()


def test_an_unknown_command_is_refused_and_help_is_given(run, capsys):
    with pytest.raises(SystemExit, match=r"There is no './run fly'(.|\n)*./run manage COMMAND"):
        run["main"](["fly"])
    run["main"](["--help"])
    assert "./run test" in capsys.readouterr().out
    assert run["handed_over"] == []


def test_packages_are_installed_again_only_when_the_lock_has_changed(run, monkeypatch):
    installs = []
    monkeypatch.setattr(subprocess, "call", lambda command: installs.append(command) or 0)
    python = Path(run["PYTHON"])
    python.parent.mkdir(parents=True)
    python.touch()
    for _ in range(2):
        run["main"](["manage", "check"])
    assert run["handed_over"] == [["manage.py", "check"]] * 2
    assert len([command for command in installs if "--require-hashes" in command]) == 1

    (Path(run["ROOT"]) / "requirements.lock").write_text("nothing==2\n")
    run["main"]([])
    assert run["handed_over"][-1] == ["manage.py", "up"]
    assert len([command for command in installs if "--require-hashes" in command]) == 2


def test_a_failed_installation_is_not_taken_for_a_finished_one(run, monkeypatch):
    monkeypatch.setattr(subprocess, "call", lambda command: int("install" in command))
    python = Path(run["PYTHON"])
    python.parent.mkdir(parents=True)
    python.touch()
    for _ in range(2):
        with pytest.raises(SystemExit, match="could not be installed"):
            run["main"]([])
    assert run["handed_over"] == []


def test_both_locks_name_the_same_versions_with_hashes():
    runtime, tests = (
        locked(Path(settings.BASE_DIR) / name)
        for name in ("requirements.lock", "tests/requirements.lock")
    )
    assert runtime
    assert runtime.items() <= tests.items()


def locked(path: Path) -> dict[str, str]:
    """Each package's version. Every one must come with a hash of what is installed."""
    lines = path.read_text().splitlines()
    pins = [n for n, line in enumerate(lines) if line[:1].isalnum()]
    assert all("--hash=sha256:" in lines[n + 1] for n in pins)
    return dict(lines[n].split(" ")[0].split("==") for n in pins)
