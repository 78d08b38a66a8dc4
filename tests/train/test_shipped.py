"""The five compact networks in the repository are what their names, records and cards say."""

import hashlib
import json
import runpy
from pathlib import Path

import pytest
import torch

from demo.models.backend import build_network
from demo.train.card import PURPOSE, card, summary

FOLDER = Path(__file__).parents[2] / "checkpoints" / "compact"
NAMES = ("fcn-compact", "pspnet-compact", "deeplabv3plus-compact", "setr-compact", "segformer-compact")


def _record(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text())


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_named_by_its_hash(name: str) -> None:
    (weights,) = FOLDER.glob(f"{name}-????????.pth")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    record = _record(name)
    assert weights.name == f"{name}-{digest[:8]}.pth" == record["file"]
    assert (record["sha256"], record["bytes"]) == (digest, weights.stat().st_size)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_holds_halves_and_the_record_of_its_run(name: str) -> None:
    loaded = torch.load(FOLDER / _record(name)["file"], weights_only=True)
    assert {value.dtype for value in loaded["state_dict"].values()} <= {torch.float16, torch.int64}
    assert not [key for key in loaded["state_dict"] if key.startswith("auxiliary_head")]
    assert loaded["meta"] == _record(name)["run"]


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_written_from_the_record(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text()
    accuracy = torch.load(FOLDER / _record(name)["file"], weights_only=True)["meta"]["validation"]["pixel_accuracy"]
    assert text == card(_record(name))
    assert f"{accuracy:.3f}" in text and PURPOSE in text


def test_the_table_is_written_from_the_records() -> None:
    assert (FOLDER / "README.md").read_text() == summary([_record(name) for name in NAMES])


def test_all_five_stay_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.glob("*.pth")) <= 40e6


@pytest.mark.parametrize("name", NAMES)
def test_the_configuration_stands_alone(name: str) -> None:
    config = runpy.run_path(str(FOLDER / f"{name}.py"))
    assert "_base_" not in config
    assert config["model"]["decode_head"]["num_classes"] == 150
    assert "auxiliary_head" not in config["model"]
    resize = config["test_pipeline"][1]
    assert (resize["type"], min(resize["scale"])) == ("Resize", _record(name)["run"]["recipe"]["side"])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_weights_fill_the_network(name: str) -> None:
    network = build_network(FOLDER / f"{name}.py")
    network.load_state_dict(torch.load(FOLDER / _record(name)["file"], weights_only=True)["state_dict"], strict=True)
