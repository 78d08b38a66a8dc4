"""scripts/run, test and check, in a copy of the repository whose programs only write down what they are asked to do."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STUB = '#!/bin/bash\n[ "$*" = "-m pip --version" ] || echo "$*" >> asked.txt\n'
ON_CORES = "-n auto --maxprocesses 4 --dist worksteal"
NPM = '#!/bin/bash\nmkdir -p node_modules; echo "npm $*" >> asked.txt\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Scripts and what they install from, with an empty .venv; python, chromium, node and npm are stubs."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for path in (*ROOT.glob("requirements*.txt"), *ROOT.glob("package*.json")):
        shutil.copy(path, tmp_path)
    for program in (".venv/bin/python", "bin/chromium", "bin/node", "bin/npm"):
        (tmp_path / program).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / program).write_text(NPM if program == "bin/npm" else STUB)
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
    *_, several, browser = call("test", "-k", "legend")
    assert several == f"-m pytest -m not weights and not browser {ON_CORES} -k legend"
    assert browser == "-m pytest -m browser and not weights -k legend"


@pytest.mark.parametrize(("said", "status"), [((0, 0), 0), ((1, 0), 1), ((0, 1), 1), ((5, 0), 0), ((5, 5), 5)])
def test_test_fails_with_either_part_and_where_nothing_ran(checkout: Path, said: tuple[int, int], status: int) -> None:
    several, browser = said
    said_by = f'[[ "$*" != *pytest* ]] || exit "$([[ "$*" = *-n\ auto* ]] && echo {several} || echo {browser})"\n'
    (checkout / ".venv/bin/python").write_text(STUB + said_by)
    path = f"{checkout / 'bin'}:{os.environ['PATH']}"
    assert subprocess.run([checkout / "scripts/test"], env={"PATH": path}).returncode == status


def test_check_asks_for_format_lint_types_and_quick_tests(call: Callable[..., list[str]]) -> None:
    *asked, scripts, tests = call("check")[3:]
    assert [line.split()[1] for line in asked] == ["ruff", "ruff", "mypy", "ci"]
    assert scripts == "npm run --silent check" and tests == f"-m pytest -q {ON_CORES}"


@pytest.mark.parametrize("script", ["check", "test"])
def test_what_checks_the_pages_scripts_is_installed_once(call: Callable[..., list[str]], script: str) -> None:
    installing = "npm ci --silent --no-audit --no-fund"
    assert installing in call(script)
    assert installing not in call(script)


def test_without_the_npm_registry_check_and_test_go_on(
    call: Callable[..., list[str]], checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (checkout / "bin/npm").write_text("#!/bin/bash\nexit 1\n")
    for script in ("check", "test"):
        assert "pytest" in call(script)[-1]
        assert "npm could not install what package-lock.json pins: the page's scripts are not checked." in (
            capfd.readouterr().err
        )


def test_without_node_a_sentence_says_what_is_left_out(checkout: Path) -> None:
    for program in ("node", "npm"):
        (checkout / "bin" / program).unlink()
    for name in ("bash", "dirname", "cat", "sha256sum", "rm"):
        (checkout / "bin" / name).symlink_to(shutil.which(name) or name)
    run = subprocess.run(
        [checkout / "bin/bash", checkout / "scripts/check"],
        env={"PATH": str(checkout / "bin")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "There is no Node here: the page's scripts are not checked." in run.stderr
    assert "npm" not in (checkout / "asked.txt").read_text()


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
