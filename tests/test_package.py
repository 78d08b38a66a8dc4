"""Installed as a package and run elsewhere, the program has all that it has in a checkout."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo import catalog
from demo.page.examples import examples
from tests.browser.conftest import answers, free_port, wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "tests", "benchmarks", "__pycache__", "*.egg-info", "build")


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`segmentation-zoo` in a clean environment that borrows every other package from this one."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(ROOT, folder / "source", ignore=LEFT_OUT)  # building leaves files behind
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    own = subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
    Path(own, "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", str(folder / "source")], check=True)
    shutil.rmtree(folder / "source")
    return python.with_name("segmentation-zoo")


def test_networks_and_pins_are_found(command: Path, tmp_path: Path) -> None:
    checked = subprocess.run([command, "check", "--json"], cwd=tmp_path, capture_output=True, text=True)
    report = json.loads(checked.stdout)
    assert {row["name"]: row["missing"] for row in report["sets"] if row["name"].startswith("compact")} == {
        name: [] for name in catalog.SETS if name.startswith("compact")
    }
    assert "torch" in [package["name"] for package in report["packages"]]


def test_a_photo_is_segmented(command: Path, tmp_path: Path) -> None:
    photo = ROOT / "examples" / "cat.png"
    asked = [command, "segment", photo, "-m", "fcn-compact", "-o", "out"]
    subprocess.run(asked, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "out/cat/fcn-compact/labels.png").is_file()


@pytest.fixture
def address(command: Path, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([command, "serve", "--port", str(port)], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(60)


def test_the_page_its_modules_and_the_examples_are_served(address: str) -> None:
    wait_until(lambda: answers(address), lambda: "the page does not answer", 180)
    text = httpx.get(address, timeout=60).text
    assert all(example.title in text for example in examples())
    pack = re.search(r"[\w/.-]+/modules\.json", text)
    assert pack and "export function mount" in httpx.get(address + pack[0].lstrip("/"), timeout=60).text
