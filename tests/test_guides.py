"""The documents' walked-through examples are done, step by step, on a copy of the project."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(document: str) -> list[tuple[str, str, str]]:
    """(language, file, content) of every block of code; the file is named where the block is one, or changes one."""
    return [match.groups() for match in BLOCK.finditer((ROOT / "docs" / document).read_text(encoding="utf-8"))]  # type: ignore[misc]


def follow(document: str, project: Path) -> None:
    """Write every file that a document shows, and make every change."""
    for language, name, content in blocks(document):
        path = project / name
        if name and language == "diff":
            lines = content.splitlines()
            before = "\n".join(line[1:] for line in lines if line[0] != "+")
            after = "\n".join(line[1:] for line in lines if line[0] != "-")
            text = path.read_text(encoding="utf-8")
            assert text.count(before) == 1, f"{name} has not exactly one place like\n{before}"
            path.write_text(text.replace(before, after), encoding="utf-8")
        elif name:
            assert not path.exists(), f"{name} is there already"
            path.write_text(content, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copied(tmp_path)


def copied(folder: Path) -> Path:
    """A copy of the project to change; what is large is linked."""
    copy, left_out = folder / "project", shutil.ignore_patterns("__pycache__", "*.pyi")
    for name in ("demo", "tests", "examples"):  # Gradio serves no photo that a link leads to
        shutil.copytree(ROOT / name, copy / name, ignore=left_out)
    for name in ("checkpoints", "docs", "benchmarks", "pyproject.toml", "README.md"):
        (copy / name).symlink_to(ROOT / name)
    return copy


def run(folder: Path, *words: str, package: Path | None = None) -> str:
    """What Python prints in a folder; the project is in that folder too, or is `package`."""
    environment = os.environ | {"PYTHONPATH": str(package or folder)}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_the_example_of_a_model_is_segmented_by_its_own_classes(tmp_path: Path) -> None:
    follow("add-a-model.md", tmp_path)
    [making] = [content for language, name, content in blocks("add-a-model.md") if language == "python" and not name]
    [command] = [
        content for language, _, content in blocks("add-a-model.md") if "tiny.py" in content and language == "console"
    ]
    shutil.copy(ROOT / "examples/cat.png", tmp_path)
    run(tmp_path, "-c", making, package=ROOT)
    run(tmp_path, *command.split()[1:], package=ROOT)
    [entry] = json.loads((tmp_path / "out/cat/summary.json").read_text())["models"]
    assert {row["name"] for row in entry["classes"]} <= {"sky", "ground", "thing"}
    assert 0 < entry["mean_entropy"] <= math.log(3)


@pytest.mark.slow
def test_the_example_of_a_measure_is_a_measure_like_the_others(project: Path) -> None:
    """The tests that hold the table and the kernel to the definitions pass with it, and it is written to files."""
    follow("add-a-measure.md", project)
    said = run(project, "-m", "pytest", "-q", "tests/test_measures.py", "tests/models/test_kernel.py")
    assert "passed" in said
    run(project, "-m", "demo", "segment", "examples/cat.png", "-m", "fcn-compact", "-o", "out", "--measures", "ratio")
    assert (project / "out/cat/fcn-compact/ratio.npy").is_file()
    entry = json.loads((project / "out/cat/summary.json").read_text())["models"][0]
    assert 0 < entry["measures"]["ratio"] < 1


@pytest.mark.slow
def test_the_example_of_a_tab_keeps_to_the_contract(project: Path) -> None:
    """Its place is built, its questions are answered by sentences, its script is listed."""
    follow("add-a-tab.md", project)
    said = run(project, "-m", "pytest", "-q", "tests/page/test_tabs.py")
    assert "passed" in said
