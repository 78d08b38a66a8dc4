"""The compact networks in the repository are what their names, records and cards say."""

import hashlib
import json
import runpy
from pathlib import Path

import pytest
import torch

from demo import catalog
from demo.models.backends.mmseg import build_network
from demo.train.card import PURPOSE, accuracies, card, summary
from demo.train.compact import STAGES

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"
SETS = ("compact", "compact-more")
NAMES = [f"{name}/{spec.id}" for name in SETS for spec in catalog.models(name)]


def _record(name: str) -> dict:
    return json.loads((CHECKPOINTS / f"{name}.json").read_text())


def _weights(name: str) -> Path:
    return CHECKPOINTS / Path(name).parent / _record(name)["file"]


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_named_by_its_hash(name: str) -> None:
    (weights,) = CHECKPOINTS.glob(f"{name}-????????.pth")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    record = _record(name)
    assert weights.name == f"{Path(name).name}-{digest[:8]}.pth" == record["file"]
    assert (record["sha256"], record["bytes"]) == (digest, weights.stat().st_size)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_holds_halves_and_the_record_of_its_run(name: str) -> None:
    loaded = torch.load(_weights(name), weights_only=True)
    narrow = {torch.float8_e4m3fn, torch.float8_e5m2} if _record(name)["run"]["recipe"].get("narrow") else set()
    assert {value.dtype for value in loaded["state_dict"].values()} <= {torch.float16, torch.int64} | narrow
    assert not [key for key in loaded["state_dict"] if key.startswith("auxiliary_head")]
    assert loaded["meta"] == _record(name)["run"]


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_written_from_the_record(name: str) -> None:
    text = (CHECKPOINTS / f"{name}.md").read_text()
    scores = torch.load(_weights(name), weights_only=True)["meta"]["validation"]
    assert text == card(_record(name))
    assert all(f"| {one['pixel_accuracy']:.3f} |" in text for one in scores.values()) and PURPOSE in text
    assert all(_record(name)["finding"].values())


@pytest.mark.parametrize("folder", SETS)
def test_the_table_is_written_from_the_records(folder: str) -> None:
    records = [_record(name) for name in NAMES if Path(name).parent.name == folder]
    assert (CHECKPOINTS / folder / "README.md").read_text() == summary(records)


@pytest.mark.parametrize("name", NAMES)
def test_what_chose_nothing_is_printed_too(name: str) -> None:
    assert [on for on, _ in accuracies(_record(name))] == [
        "scenes",
        "COCO, half that chose",
        "COCO, other half",
        "ADE20K validation",
        "sheep of MSRC",
    ]


@pytest.mark.parametrize(("folder", "megabytes"), [("compact", 70), ("compact-more", 40)])
def test_a_set_stays_small(folder: str, megabytes: int) -> None:
    assert sum(file.stat().st_size for file in (CHECKPOINTS / folder).glob("*.pth")) <= megabytes * 1e6


def test_every_shipped_network_has_its_place_in_the_training() -> None:
    assert sorted(name for stage in STAGES for name in stage.networks) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_configuration_stands_alone(name: str) -> None:
    config = runpy.run_path(str(CHECKPOINTS / f"{name}.py"))
    assert "_base_" not in config
    assert config["model"]["decode_head"]["num_classes"] == 150
    assert "auxiliary_head" not in config["model"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_weights_fill_the_network(name: str) -> None:
    network = build_network(CHECKPOINTS / f"{name}.py")
    network.load_state_dict(torch.load(_weights(name), weights_only=True)["state_dict"], strict=True)
