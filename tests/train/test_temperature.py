"""A network that is twice as sure as it should be is found out and mended, without another label."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from demo.labels.ade20k import ADE20K
from demo.models.posterior import Posterior, Tile
from demo.schema import Image, Seen
from demo.train.data import Folder, mixed
from demo.train.temperature import calibrate, fold


class _Head(nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        setattr(self, name, nn.Conv2d(3, 5, 1) if name == "conv_seg" else nn.LayerNorm(5))


@pytest.fixture
def noisy_scenes(tmp_path: Path) -> Folder:
    """Photographs whose colours say with which odds each of two classes is the label."""
    from PIL import Image as PillowImage

    rng = np.random.default_rng(0)
    for kind in ("images", "annotations"):
        (tmp_path / kind / "training").mkdir(parents=True)
    for index in range(8):
        odds = rng.uniform(0.1, 0.9, (160, 160))
        label = np.where(rng.random((160, 160)) < odds, 1, 2).astype(np.uint8)
        grey = (255 * odds).round().astype(np.uint8)
        PillowImage.fromarray(np.stack([grey] * 3, -1)).save(tmp_path / "images/training" / f"{index}.png")
        PillowImage.fromarray(label).save(tmp_path / "annotations/training" / f"{index}.png")
    return Folder(tmp_path)


def _network(sureness: float):
    def scores(photo: Image) -> Posterior:
        odds = torch.from_numpy(photo[..., 0].astype(np.float32)) / 255
        said = torch.full((150, *odds.shape), -60.0)
        said[0], said[1] = sureness * odds.log(), sureness * (1 - odds).log()
        size = (odds.shape[0], odds.shape[1])
        return Posterior((Tile(said, (0, 0, *size)),), size, (0, 0, *size), size, Seen(size, 1, None, None), ADE20K)

    return scores


@pytest.mark.slow
@pytest.mark.parametrize("sureness", [1.5, 0.7])
def test_it_finds_the_temperature_that_a_network_was_spoilt_by(noisy_scenes: Folder, sureness: float) -> None:
    found = calibrate(_network(sureness), mixed([noisy_scenes], "training"))
    assert found.temperature == pytest.approx(sureness, rel=0.2)
    assert found.helps and found.ece_after < 0.5 * found.ece_before


@pytest.mark.parametrize("name", ["conv_seg", "mask_norm"])
def test_folding_divides_what_the_last_layer_says(name: str) -> None:
    head = _Head(name)
    layer = getattr(head, name)
    given = torch.randn(1, 3, 2, 2) if name == "conv_seg" else torch.randn(2, 5)
    before = layer(given).detach()
    fold(head, 1.25)
    assert torch.allclose(layer(given), before / 1.25, atol=1e-6)
