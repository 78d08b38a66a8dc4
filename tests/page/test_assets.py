"""The browser's scripts parse: one slip in a viewer file, or a name used by two, kills the whole page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from demo.page.assets import HERE, script, viewer_script

NODE = shutil.which("node")
SCRIPTS = ["viewer", *sorted(path.stem for path in (HERE / "scripts").glob("*.js"))]


def check(body: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Parse `body` as Gradio runs it: inside one function."""
    file = tmp_path / "script.cjs"
    file.write_text(f"async function run() {{\n{body}\n}}\n", encoding="utf-8")
    assert NODE
    return subprocess.run([NODE, "--check", str(file)], capture_output=True, text=True, check=False)


@pytest.mark.skipif(NODE is None, reason="node is not installed here")
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_parses(name: str, tmp_path: Path) -> None:
    done = check(viewer_script() if name == "viewer" else script(name), tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(NODE is None, reason="node is not installed here")
def test_a_name_used_twice_would_be_found(tmp_path: Path) -> None:
    done = check(viewer_script() + "\nconst twice = 1;\nconst twice = 2;", tmp_path)
    assert "already been declared" in done.stderr
