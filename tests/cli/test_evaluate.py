"""Scores on photos with ground truth."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo import cli
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from tests.cli.commands import Capture, save
from tests.toy import toy_ids


def test_evaluate_prints_a_row_a_model_and_leaves_the_bad_file_out(
    toy: None, dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    models = toy_ids()[:2]
    assert cli.main(["evaluate", str(dataset), "-m", *models, "-o", str(tmp_path / "out")]) == 1
    out, err = capsys.readouterr()
    header, *rows, report = out.splitlines()
    assert header.startswith("model") and "mIoU" in header
    assert [row.split()[0] for row in rows] == list(models)
    assert Path(report).is_file()
    assert err.splitlines()[-1].startswith("error: 2.png is left out")


def test_evaluate_json_is_scores_json(toy: None, dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    cli.main(["evaluate", str(dataset), "-m", toy_ids()[0], "-o", str(tmp_path / "out"), "--json", "--flip"])
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out" / "scores.json").read_text())
    assert printed["settings"]["flip"] is True


@pytest.mark.parametrize("command", [pytest.param("evaluate", marks=pytest.mark.slow), "claims"])
def test_studies_read_photos_up_to_the_size_asked_for(
    command: str, toy: None, dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    save(dataset / "images" / "0.png", seed=0)
    PillowImage.new("RGB", (60, 50)).save(dataset / "images" / "1.png")
    (dataset / "annotations" / "1.png").write_bytes(encode_annotation(np.full((50, 60), 1, np.uint8), ADE20K))
    asked = [command, str(dataset), "-m", toy_ids()[0], "-o", str(tmp_path / "out"), "--max-megapixels"]
    assert cli.main([*asked, "0.0025"]) == 1
    assert "1.png is left out: 1.png is 60 x 50, 0.0 megapixels" in capsys.readouterr().err
    cli.main([*asked, "1"])
    assert "megapixels" not in capsys.readouterr().err
