"""What is installed, what is missing, what to do about it."""

import importlib
import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from demo import catalog, cli
from demo.cli import check
from demo.models.checkpoints.homes import Home
from tests.cli.commands import ROOT, Capture


def test_check_says_what_is_there_in_plain_words(capsys: Capture) -> None:
    cli.main(["check"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Segmentation Zoo {cli.demo.__version__}, Python 3.")
    assert lines[1].startswith("Packages: torch ")
    assert [line.split(":")[0] for line in lines[2 : 3 + len(catalog.SETS)]] == [
        *(f"Set {name}" for name in catalog.SETS),
        "Device",
    ]


def test_check_json_has_the_same(capsys: Capture) -> None:
    code = cli.main(["check", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert code == (1 if report["problems"] else 0)
    assert {found["name"]: found["models"] for found in report["sets"]}["paper"] == 5
    assert report["machine"]["cores"] >= 1
    assert "torch" in [package["name"] for package in report["packages"]]


def test_check_names_what_is_wrong_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("numpy==0.1\nno-such-package==1.0\nopencv-contrib-python-headless==5.0.0.93\n")
    packages = tuple(check.pinned_packages(requirements))
    monkeypatch.setattr(check, "pinned_packages", lambda: packages)
    real = importlib.import_module

    def without_libgl(name: str) -> object:
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file")
        return real(name)

    monkeypatch.setattr(check.importlib, "import_module", without_libgl)
    monkeypatch.setattr(check, "locate", lambda weights, folders: None)
    assert cli.main(["check"]) == 1
    wrong = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Wrong: ")]
    assert wrong[0].startswith("Wrong: numpy 0.1 is pinned, ") and "Remedy: pip install" in wrong[0]
    assert wrong[1].startswith("Wrong: no-such-package 1.0 is not installed.")
    assert wrong[2].startswith("Wrong: cv2 does not start: libGL.so.1")
    assert wrong[3].startswith("Wrong: The compact set should come with the project, but lacks fcn-compact,")


def test_check_asks_nobody_unless_it_is_told_to(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    asked: list[str] = []

    def ask(homes: tuple[Home, ...]) -> tuple[Home, ...]:
        asked.extend(home.host for home in homes)
        return tuple(replace(home, answers=False, said="it refused the connection") for home in homes)

    monkeypatch.setattr(check, "ask", ask)
    cli.main(["check"])
    assert asked == [] and "Home" not in capsys.readouterr().out
    cli.main(["check", "--online"])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Home ")]
    assert asked == ["mmassets.onedl.ai", "download.openmmlab.com", "github.com", "huggingface.co"]
    assert lines[0] == "Home mmassets.onedl.ai (paper, zoo): it refused the connection."
    assert lines[2] == "Home github.com (ssseg): it refused the connection."


def test_check_knows_how_each_pinned_package_is_imported() -> None:
    for package in check.pinned_packages():
        assert find_spec(check.MODULES.get(package.name, package.name)), package.name


@pytest.mark.slow
def test_check_tells_of_packages_that_the_command_line_itself_uses() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['httpx', 'yaml', 'filelock', 'PIL', 'scipy']))\n"
        "from demo import cli\nfrom demo.cli import check\n"
        "pinned, check._machine = list(check.pinned_packages()), lambda: None\n"
        "check.pinned_packages = lambda: [one for one in pinned if one.name in ('httpx', 'pyyaml')]\n"
        "sys.exit(cli.main(['check']))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (1, "")
    assert "Wrong: httpx does not start" in run.stdout and "Wrong: yaml does not start" in run.stdout
    assert "Set compact: 5 of 5" in run.stdout and "Set zoo" not in run.stdout
