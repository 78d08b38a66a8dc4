"""Every command and every block of code in the documents is run: here, or by the test that is named here.

What cannot be run says why; a block that is in no table fails.
"""

from __future__ import annotations

import ast
import functools
import re
import runpy
import shlex
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from demo import cli
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from demo.models import zoo as zoo_module
from demo.models.zoo import Zoo
from demo.schema import Weights
from tests.cli.commands import save
from tests.study.test_unknown import make_panoptic
from tests.test_docs import DOCUMENTS, ROOT
from tests.toy import toy_network

BLOCK = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ELSEWHERE = {
    "scripts/run": "tests/test_scripts.py::test_run_installs_once_and_passes_its_options_on",
    "scripts/test": "tests/test_scripts.py::test_test_runs_every_test_and_passes_its_options_on",
    "scripts/check": "tests/test_scripts.py::test_check_asks_for_format_lint_types_and_quick_tests",
    "python -m demo segment cat.png -m tiny.py:tiny.pth -o out": (
        "tests/test_guides.py::test_the_example_of_a_model_is_segmented_by_its_own_classes"
    ),
}
"""A command as it stands, and the test that runs it."""
BLOCKS = {
    ("README.md", "python"): (
        "tests/test_docs.py::test_the_python_of_the_readme_runs",
        "tests/test_docs.py::test_the_http_example_of_the_readme_runs",
    ),
    ("add-a-measure.md", "diff"): ("tests/test_guides.py::test_the_example_of_a_measure_is_a_measure_like_the_others",),
    ("add-a-model.md", "python"): (
        "tests/test_guides.py::test_the_example_of_a_model_is_segmented_by_its_own_classes",
    ),
    ("add-a-tab.md", "python"): ("tests/test_guides.py::test_the_example_of_a_tab_keeps_to_the_contract",),
    ("add-a-tab.md", "diff"): ("tests/test_guides.py::test_the_example_of_a_tab_keeps_to_the_contract",),
    ("add-a-tab.md", "js"): ("tests/browser/test_guides.py",),
    ("api.md", "python"): (
        "tests/page/test_api_docs.py::test_the_python_program_runs",
        "tests/page/test_agents.py::test_the_program_of_the_guide_runs",
    ),
    ("api.md", "bash"): ("tests/page/test_api_docs.py::test_the_curl_program_runs",),
    ("api.md", "js"): ("tests/page/test_api_docs.py::test_the_javascript_program_runs",),
    ("hosting.md", "nginx"): ("tests/browser/test_nginx.py",),
    ("study.md", "sql"): (
        "tests/study/test_export.py::test_the_sql_of_the_document_answers_its_questions",
        "tests/study/test_export.py::test_the_duckdb_of_the_document_answers_its_question",
    ),
    ("study.md", "sqlite"): ("tests/test_docs.py::test_the_generated_parts_are_up_to_date",),
    ("study.md", "csv"): ("tests/test_snippets.py::test_what_studies_photos_studies_them",),
}
"""Blocks that are no commands: by document and language, the tests that run them."""
NOT_RUN = {
    "docker build": "no container can be built where the tests run; its last commands are tested",
    "hf upload": "it wants an account of the Hub's",
    "python -m benchmarks.reliability.openapi": "it wants Schemathesis, which is in no requirements file",
    "pip install": "it would change the environment in which the tests run",
    "python -m demo study photos.txt": "it wants a Ray cluster",
    "scripts/bench": "it measures for an hour, and nothing else may run beside it",
}
"""Beginnings of commands that no test runs, and why."""
HERE = "python -m "
LARGE = {
    "python -m benchmarks.reliability.hostile": "--every 400 --ways open",
    "python -m benchmarks.reliability.load": "--visitors 2 --seconds 5 --milliseconds 0",
    "python -m benchmarks.reliability.soak": "--runs 12",
}
"""Commands that take long as they stand, and what makes them short."""


def blocks() -> Iterator[tuple[str, str, str, str]]:
    """(document, language, file, content) of every block of code."""
    for document in DOCUMENTS:
        for language, name, content in BLOCK.findall(document.read_text(encoding="utf-8")):
            yield document.name, language, name, content


def commands() -> list[str]:
    """Every command line of the documents, without its remark, once."""
    lines = (
        line.partition("  #")[0].strip()
        for _, language, _, content in blocks()
        if language in ("console", "text")
        for line in content.splitlines()
    )
    return list(dict.fromkeys(filter(None, lines)))


RUN_HERE = [
    command
    for command in commands()
    if command.startswith(HERE) and command not in ELSEWHERE and not command.startswith(tuple(NOT_RUN))
]


def test_every_command_is_run_or_says_why_not() -> None:
    left = [
        command
        for command in commands()
        if command not in RUN_HERE and command not in ELSEWHERE and not command.startswith(tuple(NOT_RUN))
    ]
    assert left == []
    assert {command for command in ELSEWHERE if command not in commands()} == set()
    assert [start for start in NOT_RUN if not any(command.startswith(start) for command in commands())] == []
    assert len(RUN_HERE) >= 14


def test_every_other_block_is_run_by_a_test() -> None:
    found = {(document, language) for document, language, _, _ in blocks() if language not in ("console", "text")}
    assert found == set(BLOCKS)


def test_the_tests_that_are_named_exist() -> None:
    for named in {*ELSEWHERE.values(), *(test for tests in BLOCKS.values() for test in tests)}:
        path, _, function = named.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert not function or function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, named


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the commands speak of, and networks without weights; nothing is fetched from afar."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    data = tmp_path / "ADEChallengeData2016"
    for number in range(2):
        save(data / "images" / "validation" / f"{number}.png", seed=number)
        (data / "annotations" / "validation").mkdir(parents=True, exist_ok=True)
        truth = encode_annotation(np.full((40, 50), number, np.uint8), ADE20K)
        (data / "annotations" / "validation" / f"{number}.png").write_bytes(truth)
    make_panoptic(tmp_path / "coco")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(zoo_module, "Zoo", functools.partial(Zoo, load=toy_network))
    return tmp_path


def run(command: str) -> int:
    """Run `python -m module options` in this process; its exit code."""
    _, _, module, *options = shlex.split(command)
    if module == "demo":
        return cli.main(options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [module, *options])
        patch.syspath_prepend(str(ROOT))
        patch.setenv("TMPDIR", tempfile.gettempdir())
        patch.setattr(tempfile, "tempdir", tempfile.gettempdir())  # benchmarks put theirs elsewhere, and that goes
        try:
            runpy.run_module(module, run_name="__main__")
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def such(*starts: str) -> list[str]:
    return [command for command in RUN_HERE if command.startswith(tuple(f"{HERE}{start}" for start in starts))]


ON_PHOTOS = ("demo segment", "demo evaluate", "demo list", "demo stress")
STUDIES = ("demo study", "demo report")


def test_each_command_that_is_run_here_is_run_by_one_of_these_tests() -> None:
    kinds = (*ON_PHOTOS, *STUDIES, "demo why", "demo fetch", "demo check", "demo serve", "benchmarks.")
    assert sorted(command for kind in kinds for command in such(kind)) == sorted(RUN_HERE)


@pytest.mark.slow
@pytest.mark.parametrize("command", such(*ON_PHOTOS))
def test_what_works_on_photos_works(command: str, folder: Path) -> None:
    checkpoints = folder / "checkpoints"
    checkpoints.mkdir()
    words = shlex.split(command)
    if "stress" in words:  # some twenty versions of each photo
        (folder / "examples").unlink()
        save(folder / "examples" / "small.png", seed=1)
    assert run(command.replace("/media/disk/checkpoints", str(checkpoints))) == 0
    if "stress" in words:
        assert (folder / "out" / "stress.json").is_file()
    elif "-o" in words:
        made = folder / words[words.index("-o") + 1]
        photos = [Path(word).stem for word in words if word.startswith("examples/")]
        assert all((made / photo / "summary.json").is_file() for photo in photos)
        assert photos or (made / "scores.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("command", such(*STUDIES))
def test_what_studies_photos_studies_them(command: str, folder: Path) -> None:
    if "--engine ray" in command:
        pytest.importorskip("ray", reason="requirements-ray.txt is not installed")
    for number in (1, 2):
        save(folder / "photos" / "street" / f"000{number}.jpg", seed=number)
        (folder / "annotations" / "street").mkdir(parents=True, exist_ok=True)
        truth = encode_annotation(np.full((40, 50), number, np.uint8), ADE20K)
        (folder / "annotations" / "street" / f"000{number}.png").write_bytes(truth)
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        for photo in (folder / "photos").rglob("*.jpg"):
            archive.write(photo, photo.relative_to(folder))
    (groups,) = (content for _, language, _, content in blocks() if language == "csv")
    (folder / "groups.csv").write_text(groups)
    _, _, _, kind, first, *_ = shlex.split(command)
    if first == "out":
        assert run("python -m demo study photos -m compact -o out") == 0
    assert run(command) == 0
    if kind == "report":
        assert ("night" in (folder / "out/study.html").read_text()) == ("--groups" in command)
    else:
        assert (folder / "out/study.json").is_file() and (first != "out" or (folder / "out/csv/answers.csv").is_file())


@pytest.mark.slow
@pytest.mark.parametrize("command", such("demo why"))
def test_what_asks_why_is_answered(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "--kind attribution" in command:
        monkeypatch.setattr(zoo_module, "Zoo", Zoo)  # toy networks have no maps between photo and scores
    assert run(command) == 0
    assert [*(folder / "out").rglob("*.json")]


@pytest.mark.parametrize("command", such("demo fetch"))
def test_what_fetches_asks_for_each_file(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, tuple[str, ...]]] = []

    def fetch(weights: Weights, into: Path, sources: Any, *_: Any) -> Path:
        asked.append((weights.file, tuple(sources)))
        return into / weights.file

    monkeypatch.setattr("demo.cli.fetch.fetch", fetch)
    monkeypatch.setattr("demo.cli.fetch.locate", lambda *_: None)
    assert run(command) == 0
    words = shlex.split(command)
    sources = (words[words.index("--source") + 1],) if "--source" in words else ()
    assert asked and all(place == sources for _, place in asked)


@pytest.mark.slow
@pytest.mark.parametrize("command", such("demo check"))
def test_what_asks_the_homes_tells_of_each(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(httpx.Client, "send", lambda *_, **__: (_ for _ in ()).throw(httpx.ConnectError("closed")))
    assert run(command) in (0, 1)
    assert "mmassets.onedl.ai" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("command", such("demo serve"))
def test_what_serves_answers(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from demo.page.blocks import PageBlocks
    from tests.browser.conftest import free_port

    if "--mcp" in command:
        pytest.importorskip("mcp", reason="mcp is not installed: requirements-mcp.txt has it")
    port, answered = free_port(), []

    def look(page: PageBlocks) -> None:
        reply = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
        answered.append(reply.json()["status"])
        page.close()

    monkeypatch.setattr(PageBlocks, "block_thread", look)
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the tests' own stay
    assert run(f"{command.replace(' --port 8000', '')} --port {port}") == 0
    assert answered in (["ok"], ["loading"])


@pytest.mark.slow
@pytest.mark.parametrize("command", such("benchmarks."))
def test_what_measures_measures(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = shlex.split(command)[2]
    monkeypatch.setattr("benchmarks.reliability.results.RESULTS", tmp_path)
    monkeypatch.chdir(ROOT)
    assert run(f"{HERE}{module} {LARGE[f'{HERE}{module}']}") in ((0, 1) if module.endswith("soak") else (0,))
    told = capsys.readouterr().out  # twelve runs do not tell whether what is kept has a bound
    assert '"runs": 12' in told if module.endswith("soak") else told
    assert [*tmp_path.iterdir()] == [], "what is no whole run is not kept among the results"
