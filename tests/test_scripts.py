"""scripts/run, test and check, in a copy of the repository whose Python only writes down what it is asked to do."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STUB = '#!/bin/bash\n[ "$*" = "-m pip --version" ] || echo "$*" >> asked.txt\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Scripts and requirement files with an empty .venv whose python is a stub; a chromium is on the PATH."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for path in ROOT.glob("requirements*.txt"):
        shutil.copy(path, tmp_path)
    for program in (".venv/bin/python", "bin/chromium"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text(STUB)
        (tmp_path / program).chmod(0o755)
    return tmp_path


@pytest.fixture
def call(checkout: Path) -> Callable[..., list[str]]:
    """Run a script of the copy from another folder; returns what Python was asked since the last call."""

    def run(script: str, *options: str) -> list[str]:
        path = f"{checkout / 'bin'}:{os.environ['PATH']}"
        subprocess.run([checkout / "scripts" / script, *options], cwd="/", check=True, env={"PATH": path})
        asked = (checkout / "asked.txt").read_text().splitlines()
        (checkout / "asked.txt").unlink()
        return asked

    return run


def test_run_installs_once_and_passes_its_options_on(call: Callable[..., list[str]]) -> None:
    installing, starting = call("run", "--port", "8000")
    assert installing.startswith("-m pip install") and installing.endswith("-r requirements.txt")
    assert starting == "-m demo serve --port 8000"
    assert call("run") == ["-m demo serve"]


def test_changed_requirements_are_installed(call: Callable[..., list[str]], checkout: Path) -> None:
    call("run")
    with (checkout / "requirements.txt").open("a") as file:
        file.write("# one more line\n")
    assert len(call("run")) == 2


def test_a_failed_installation_is_tried_again(call: Callable[..., list[str]], checkout: Path) -> None:
    python = checkout / ".venv/bin/python"
    python.write_text(STUB + '[[ "$*" != *install* ]]\n')
    with pytest.raises(subprocess.CalledProcessError):
        call("run")
    (checkout / "asked.txt").unlink()
    python.write_text(STUB)
    assert len(call("run")) == 2


def test_test_runs_every_test_and_passes_its_options_on(call: Callable[..., list[str]]) -> None:
    *_, testing = call("test", "-k", "legend")
    assert testing == "-m pytest -m not weights -k legend"


def test_check_asks_for_format_lint_types_and_quick_tests(call: Callable[..., list[str]]) -> None:
    asked = call("check")[-4:]
    assert [line.split()[1] for line in asked] == ["ruff", "ruff", "mypy", "pytest"]


def test_without_python_a_sentence_says_what_to_install(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    tools = checkout / "tools"
    tools.mkdir()
    for name in ("dirname", "cat", "sha256sum"):
        (tools / name).symlink_to(shutil.which(name) or name)
    bash = shutil.which("bash") or "bash"
    run = subprocess.run([bash, checkout / "scripts/run"], env={"PATH": str(tools)}, capture_output=True, text=True)
    assert run.returncode == 1
    assert (
        run.stderr
        == "Python 3.11, 3.12 or 3.13 is needed, but none was found. On Debian: apt-get install python3 python3-venv\n"
    )


@pytest.mark.parametrize("script", ["scripts/run", "scripts/test", "scripts/check", ".ci/run"])
def test_scripts_are_executable_and_stop_at_the_first_error(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["bash", "-n", ROOT / script], check=True)
    assert script == ".ci/run" or 'environment.sh"' in (ROOT / script).read_text()
    assert "set -euo pipefail" in (ROOT / "scripts/environment.sh").read_text()


def test_the_continuous_integration_runs_the_documented_command() -> None:
    assert (ROOT / ".ci/run").read_text().rstrip().endswith("exec scripts/test")
