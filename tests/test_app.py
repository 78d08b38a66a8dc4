"""`python app.py` as a Hugging Face Space starts it: every interface, a fixed port, nothing written beside the code."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow
PORT = 7860


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is pushed to a Space, weights left out."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    if not listed:
        pytest.skip("not a git checkout")
    for name in listed.split("\0"):
        if name and (ROOT / name).is_file() and not name.startswith(("tests/", "checkpoints/")):
            (tmp_path / "space" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / "space" / name)
    return tmp_path / "space"


@pytest.fixture
def address(checkout: Path, tmp_path: Path) -> Iterator[str]:
    """Where the page answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    space = {
        "SPACE_ID": "someone/segmentation-zoo",
        "GRADIO_SERVER_NAME": "0.0.0.0",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(tmp_path / "gradio"),
        "NUMBA_CACHE_DIR": str(tmp_path / "numba"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with (tmp_path / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=checkout, env={**os.environ, **space}, stdout=log, stderr=log
        )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


def test_the_page_answers_and_nothing_is_written_into_the_checkout(address: str, checkout: Path) -> None:
    before = {*checkout.rglob("*")}
    config = answer(f"{address}/config").json()
    assert config["title"] == "Segmentation Zoo"
    names = [dependency["api_name"] for dependency in config["dependencies"]]
    assert {"segment", "overlay", "label_map", "probe"} <= set(names)
    assert answer(address).text.lower().startswith("<!doctype html>")
    assert {*checkout.rglob("*")} == before
    docker = (checkout / "Dockerfile").read_text()
    health, start = (json.loads(found) for found in re.findall(r"CMD (\[.*\])$", docker, re.M))
    assert start == ["python", "app.py"]
    assert f"GRADIO_SERVER_PORT={PORT}" in docker
    asked = health[2].replace(f"http://127.0.0.1:{PORT}", address)
    assert asked != health[2] and subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
    assert subprocess.run([sys.executable, "-c", health[2].replace(str(PORT), "9")], capture_output=True).returncode


def answer(url: str, seconds: float = 90) -> httpx.Response:
    """The first answer with status 200."""
    end = time.monotonic() + seconds
    while True:
        try:
            response = httpx.get(url, timeout=30)
            if response.status_code == 200:
                return response
        except httpx.TransportError:
            pass
        assert time.monotonic() < end, f"{url} does not answer"
        time.sleep(0.3)


def test_an_image_takes_no_environment_and_no_history_along() -> None:
    left_out = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".git", ".venv*", "node_modules", "out"} <= {*left_out}


def test_the_log_has_no_words_of_a_library_about_what_nobody_needs() -> None:
    """Also where another thread ends a `catch_warnings` of its own while the networks' libraries load."""
    code = "import demo, mmcv.cnn.bricks.transformer"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stderr == ""
