"""Table 1 and the figures with toy networks."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.errors import DatasetError, MissingCheckpointError
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.schema import Image, ModelSpec, Seen
from demo.study.reproduce import reproduce
from tests.study.photos import make_dataset
from tests.study.test_evaluate import failing_once, refusing
from tests.toy import toy_ids, toy_network, toy_zoo


@pytest.mark.slow
def test_published_and_measured_stand_side_by_side(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path / "set", 2)
    photo = dataset / "images/validation/photo0.png"
    result = reproduce(toy_ids(), toy_zoo(), tmp_path / "out", dataset=dataset, photos=[photo], iterations=8, seconds=5)
    rows = list(csv.DictReader((tmp_path / "out/table1.csv").open()))
    content = json.loads((tmp_path / "out/table1.json").read_text())
    assert [row["id"] for row in rows] == list(toy_ids()) == [row["id"] for row in content["rows"]]
    for row in result.rows:
        assert row.fps and row.fps > 0 and row.parameters == 450 and row.parameter_mb == pytest.approx(1.8e-3)
        assert row.measured_miou is not None and row.published_miou is None
    evaluated = json.loads((tmp_path / "out/evaluation/scores.json").read_text())
    measured = [model["numbers"][0]["value"] for model in evaluated["models"]]
    assert [row.measured_miou for row in result.rows] == measured
    text = (tmp_path / "out/table1.md").read_text()
    assert "the two columns are not comparable" in text and "| FCN | cnn |" in text


@pytest.mark.slow
def test_figures_are_written_as_png_and_pdf_and_shown_in_the_page(tmp_path: Path) -> None:
    photos = make_dataset(tmp_path / "set", 2) / "images/validation"
    result = reproduce(("fcn-compact", "setr-compact"), toy_zoo(), tmp_path / "out", photos=[photos], iterations=8)
    assert [path.name for path in result.figures] == ["photo0.png", "photo1.png"]
    assert (tmp_path / "out/figures/photo0.pdf").read_bytes().startswith(b"%PDF")
    page = (tmp_path / "out/table1.html").read_text()
    assert page.count("data:image/png;base64,") == 2 and not re.search(r"https?:", page)
    assert "Mean IoU was not measured: no dataset was given." in page


@pytest.mark.slow
def test_grey_figures_are_grey_and_windows_are_explained(tmp_path: Path) -> None:
    photo = make_dataset(tmp_path / "set", 1) / "images/validation/photo0.png"

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def in_windows(image: Image) -> Posterior:
            answer = network.scores(image)
            return replace(answer, seen=Seen((512, 683), 2, (512, 512), (341, 341)))

        return replace(network, scores=in_windows) if spec.id == "setr-compact" else network

    zoo = Zoo(device="cpu", load=load)
    result = reproduce(("fcn-compact", "setr-compact"), zoo, tmp_path / "out", photos=[photo], iterations=8, grey=True)
    (answer,) = toy_zoo().segment(photo, "fcn-compact")
    with PillowImage.open(tmp_path / "out/figures/photo0-fcn-compact-entropy.png") as picture:
        drawn = np.asarray(picture.convert("RGB")).astype(float)
    assert (drawn[..., 0] == drawn[..., 2]).all(), "grey"
    assert np.allclose(drawn[..., 0], answer.entropy / np.log(150) * 255, atol=1), "white where it is high"
    assert result.windowed == {"SETR": "2 windows of 512, stride 341, in 683 x 512"}
    text = (tmp_path / "out/table1.md").read_text()
    assert "SETR answers a photo in windows (2 windows of 512, stride 341, in 683 x 512)." in text and "seams" in text
    assert "| fps measured at 512 x 512 | GFLOP at 512 x 512 |" in text and "| Input timed, px |" in text


@pytest.mark.slow
def test_a_model_that_cannot_load_keeps_its_row_and_a_sentence(tmp_path: Path) -> None:
    zoo = refusing(MissingCheckpointError("Its file is nowhere."))
    result = reproduce(("fcn-compact", "setr-compact"), zoo, tmp_path / "out", iterations=8)
    assert result.rows[0].fps is None and result.rows[1].fps
    assert result.problems == ("FCN (fcn-compact) is left out: Its file is nowhere.",)


@pytest.mark.slow
def test_a_network_that_fails_while_it_is_timed_keeps_its_row_and_a_sentence(tmp_path: Path) -> None:
    zoo = failing_once(RuntimeError("kernel size"))
    result = reproduce(("fcn-compact", "setr-compact"), zoo, tmp_path / "out", iterations=8, seconds=5)
    assert [row.fps is None for row in result.rows] == [True, False]
    (problem,) = result.problems
    assert problem.startswith("FCN (fcn-compact) is left out: FCN cannot answer this photo of 512 x 512 pixels")


@pytest.mark.parametrize("given", [{"photos": [Path("nowhere.jpg")]}, {"dataset": Path("nowhere")}])
def test_a_path_that_is_not_there_is_told_before_anything_is_timed(tmp_path: Path, given: dict) -> None:
    told: list[str] = []
    with pytest.raises(DatasetError, match="nowhere"):
        reproduce("fcn-compact", toy_zoo(), tmp_path / "out", **given, say=told.append)
    assert told == []


def test_the_papers_numbers_are_beside(tmp_path: Path) -> None:
    zoo = refusing(MissingCheckpointError("Not here."), "fcn-r101")
    row = reproduce("fcn-r101", zoo, tmp_path / "out").rows[0]
    assert (row.published_miou, row.published_fps) == (pytest.approx(0.3991), 14.78)
