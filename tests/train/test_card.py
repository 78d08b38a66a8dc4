"""What is published is named by its hash and says its numbers."""

import hashlib
import json
from pathlib import Path

import pytest
import torch

from demo.errors import DatasetError
from demo.train.card import PURPOSE, Demonstration, Finding, card, describe, history, publish, summary
from demo.train.data import Folder
from demo.train.recipe import Recipe, train_networks
from demo.train.scoring import Scores

pytestmark = pytest.mark.usefixtures("toy_network")


@pytest.fixture
def weights(scenes: Path, tmp_path: Path, quick: Recipe) -> Path:
    (written,) = train_networks(
        [Path("toy-compact.py")],
        [Folder(scenes)],
        tmp_path / "out",
        epochs=1,
        recipe=quick,
        report=lambda line: None,
    )
    return written


def _publish(weights: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    shown = Demonstration("two sheep", Scores(2, 0.875, 0.25, 3))
    return publish(weights, folder, "Toy", [shown], Finding("sky", "everything else"), "two cores")


def test_publish_names_the_file_by_its_hash(weights: Path, tmp_path: Path) -> None:
    shipped = _publish(weights, tmp_path / "shipped")
    digest = hashlib.sha256(shipped.read_bytes()).hexdigest()
    assert shipped.name == f"toy-compact-{digest[:8]}.pth"
    assert json.loads((tmp_path / "shipped" / "toy-compact.json").read_text())["sha256"] == digest


def test_publish_replaces_the_version_before(weights: Path, tmp_path: Path) -> None:
    before = tmp_path / "shipped" / "toy-compact-01234567.pth"
    before.parent.mkdir()
    before.touch()
    shipped = _publish(weights, tmp_path / "shipped")
    assert [file.name for file in before.parent.glob("*.pth")] == [shipped.name]


def test_the_card_quotes_what_was_measured(weights: Path, tmp_path: Path) -> None:
    _publish(weights, tmp_path / "shipped")
    text = (tmp_path / "shipped" / "toy-compact.md").read_text()
    validation = torch.load(weights, weights_only=True)["meta"]["validation"]["scenes"]
    assert f"| scenes (2 photos) | {validation['pixel_accuracy']:.3f} | {validation['mean_iou']:.3f} |" in text
    assert "| two sheep (2 photos) | 0.875 | 0.250 | 3 |" in text
    found = torch.load(weights, weights_only=True)["meta"]["calibration"]
    assert f"expected calibration error {found['ece_before']:.3f} on" in text
    assert PURPOSE in text and "two cores" in text and "everything else" in text


def test_the_card_counts_the_minutes_of_all_runs(weights: Path, tmp_path: Path) -> None:
    _publish(weights, tmp_path / "shipped")
    record = json.loads((tmp_path / "shipped" / "toy-compact.json").read_text())
    record["run"] |= {"seconds": 3000, "started_from": {**record["run"], "seconds": 2400, "started_from": None}}
    assert "Trained for 90 minutes on a small machine" in card(record)
    assert "| 90 min |" in summary([record])


def test_the_summary_has_a_row_a_network(weights: Path, tmp_path: Path) -> None:
    _publish(weights, tmp_path / "shipped")
    record = json.loads((tmp_path / "shipped" / "toy-compact.json").read_text())
    text = summary([record, {**record, "title": "Other"}])
    assert "| [Toy](toy-compact.md) |" in text and "| [Other](toy-compact.md) |" in text


def test_a_run_without_a_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pth").touch()
    with pytest.raises(DatasetError, match="wanted the record of the run"):
        _publish(tmp_path / "a.pth", tmp_path / "shipped")


def test_the_runs_before_are_told_in_order() -> None:
    first = {"config": "trunk.py", "seconds": 600, "photos": 30000, "steps": 1875, "started_from": None}
    last = {"config": "fcn.py", "seconds": 300, "photos": 9000, "steps": 562, "started_from": first}
    assert history(last) == [first, last]
    assert describe(history(last)) == (
        "10 minutes, 30,000 crops in 1,875 steps as trunk, then 5 minutes, 9,000 crops in 562 steps"
    )
