"""The teacher learns the labels from what the eyes see, and tells them where nobody labelled."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from demo.labels.ade20k import ADE20K
from demo.train import teacher
from demo.train.data import Folder, mixed
from demo.train.teacher import FEATURES, Targets, grid, write_targets
from tests.train.conftest import GRASS, SKY


class Colours:
    """Eyes that see each cell's mean colour, in as many features as directions are kept."""

    looked = 0

    def __init__(self, trunks: dict[str, Path]) -> None:
        self.mixing = torch.randn(FEATURES + 2, 3, generator=torch.Generator().manual_seed(0))

    def __call__(self, photo: Image.Image) -> torch.Tensor:
        Colours.looked += 1
        rows, columns = grid(photo.size)
        cells = torch.from_numpy(np.array(photo.resize((columns, rows), Image.Resampling.BOX))).permute(2, 0, 1)
        return torch.einsum("fc,chw->fhw", self.mixing, cells / 255.0).half()


@pytest.fixture
def quick_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher, "Watcher", Colours)
    monkeypatch.setattr(teacher, "HEADS", ((16, 0.5),))
    monkeypatch.setattr(teacher, "BATCH", 64)
    monkeypatch.setattr(teacher, "STEPS", 200)
    Colours.looked = 0


def _write(scenes: Path, out: Path) -> Targets:
    return write_targets(mixed([Folder(scenes)], "training"), {}, out, lambda line: None)


@pytest.mark.slow
@pytest.mark.usefixtures("quick_teacher")
def test_what_it_tells_is_right_also_where_nothing_is_labelled(scenes: Path, tmp_path: Path) -> None:
    targets = _write(scenes, tmp_path / "targets")
    photo = scenes / "images" / "training" / "photo_2.jpg"
    told = targets(photo)
    assert told.shape == (len(ADE20K) + FEATURES, *grid((64, 48)))
    winners = told[: len(ADE20K)].argmax(0)
    assert (winners[:4] == SKY - 1).all() and (winners[-4:] == GRASS - 1).all()
    assert torch.allclose(told[: len(ADE20K)].float().exp().sum(0), torch.ones(grid((64, 48))), atol=0.02)


@pytest.mark.usefixtures("quick_teacher")
def test_it_looks_once(scenes: Path, tmp_path: Path) -> None:
    for _ in range(2):
        _write(scenes, tmp_path / "targets")
    assert Colours.looked == 8


def test_the_grid_has_the_photographs_shape() -> None:
    assert grid((640, 480)) == (16, 22)
    assert grid((480, 640)) == (22, 16)
