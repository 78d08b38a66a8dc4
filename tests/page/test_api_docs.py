"""docs/api.md: its programs run as they stand, its table lists what there is; what is wrong is told in sentences."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.conftest import serve

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
WAYS = {"python": [sys.executable, "-c"], "bash": ["bash", "-ec"], "js": ["node", "--input-type=module", "--eval"]}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page over five toy networks."""
    yield from serve(["-m", "tests.browser.toy_app"], tmp_path_factory.mktemp("toy"))


def told(page: str, language: str) -> str:
    """What the guide's program in a language prints."""
    (program,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.S)
    assert program.count("http://127.0.0.1:7860") == 1
    needed = {"bash": "curl", "js": "node"}.get(language)
    if needed and not shutil.which(needed):
        pytest.skip(f"{needed} is not installed here")
    program = program.replace("http://127.0.0.1:7860", page.rstrip("/"))
    done = subprocess.run([*WAYS[language], program], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_program_runs(page: str) -> None:
    lines = told(page, "python").splitlines()
    assert lines[0].startswith("All five agree on ") and lines[1].startswith("Region")
    assert lines[2].startswith("Region 1, ") and "'SegFormer': '" in lines[-2]
    assert Path(lines[-1]).read_bytes().startswith(b"\x89PNG")


def test_the_curl_program_runs(page: str) -> None:
    (answer,) = json.loads(told(page, "bash").rpartition("event: complete\ndata: ")[2])
    assert answer["sentence"].startswith("All five agree on ") and len(answer["kappa"]) == 10


def test_the_javascript_program_runs(page: str) -> None:
    lines = told(page, "js").splitlines()
    assert [line.split()[0] for line in lines] == ["FCN", "PSPNet", "DeepLabV3+", "SETR", "SegFormer"]


def test_the_table_lists_every_endpoint_and_each_answer_is_described(page: str) -> None:
    endpoints = httpx.get(f"{page}gradio_api/info").json()["named_endpoints"]
    rows = dict(re.findall(r"^\| `(/\w+)` \| ([^|]*) \|", GUIDE, re.M))
    assert set(rows) == set(endpoints)
    for name, endpoint in endpoints.items():
        taken = [parameter["label"] for parameter in endpoint["parameters"]]
        assert ", ".join(taken) == rows[name]
    (answered,) = endpoints["/regions"]["returns"]
    assert answered["label"] == "regions"
    assert {"sentence", "caution", "regions", "left_out"} == set(answered["type"]["properties"])


FILE = {"meta": {"_type": "gradio.FileData"}}
CALLS = " “Use via API” at the page's foot shows calls."


@pytest.mark.parametrize(
    ("endpoint", "data", "sentence"),
    [
        (
            "segment",
            [],
            r"/segment wants photo \(a file that was uploaded here, as .*\), models \(text\), but got 0 values;",
        ),
        ("segment", [None], "but got 1 value;"),
        ("segment", ["cat.png", "compact"], "/segment wants photo to be a file .*, but got 'cat.png';"),
        ("segment", [5, "compact"], "but got 5;"),
        ("segment", [{"path": "/etc/passwd", **FILE}, "compact"], "but got {'path': '/etc/passwd'"),
        ("segment", [None, "compact"], "A photo is wanted, but none came."),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(page: str, endpoint: str, data: list[Any], sentence: str) -> None:
    event = httpx.post(f"{page}gradio_api/call/{endpoint}", json={"data": data}).json()["event_id"]
    answer = httpx.get(f"{page}gradio_api/call/{endpoint}/{event}", timeout=60).text
    error = json.loads(answer.rpartition("event: error\ndata: ")[2])["error"]
    assert re.search(sentence, error) and (error.endswith(CALLS) or "none came" in error)
