"""The models and sets that can be named."""

import json
import re
import resource

import pytest

from demo import catalog, cli
from tests.cli.commands import Capture, python_m_demo


def test_list_shows_every_model_of_the_sets_named(capsys: Capture) -> None:
    assert cli.main(["list", "compact", "paper"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert re.split("  +", header) == ["set", "id", "title", "trained by", "family", "mIoU", "file"]
    specs = [*catalog.models("compact"), *catalog.models("paper")]
    assert [line.split()[1] for line in lines] == [spec.id for spec in specs]
    assert "39.91" in lines[5] and "39.91" not in lines[0]
    assert "OpenMMLab" in lines[5] and "this project" in lines[0]


def test_list_json_holds_every_field(capsys: Capture) -> None:
    assert cli.main(["list", "paper", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == [spec.id for spec in catalog.models("paper")]
    assert rows[0]["reported"]["miou"] == pytest.approx(0.3991)
    assert rows[0]["weights"]["file"].endswith(".pth")


@pytest.mark.slow
def test_list_takes_less_than_a_second_of_processor_and_no_torch() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert python_m_demo("list").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1
    imports = python_m_demo("list", PYTHONPROFILEIMPORTTIME="1").stderr
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in imports.splitlines()}
    assert "demo" in imported and not imported & {"torch", "gradio", "matplotlib", "mmseg", "scipy"}
