"""A network small enough to learn a made-up scene in a second, with the parts that the recipe knows."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import nn

from demo.labels.ade20k import ADE20K
from demo.models.posterior import Posterior, Tile
from demo.schema import Image, LabelMap, Seen


class ToyTrunk(nn.Module):
    """Two maps, the second of half the size."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3, stride=4, padding=1), nn.BatchNorm2d(8), nn.ReLU())
        self.second = nn.Conv2d(8, 8, 2, stride=2)

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = self.first(pixels)
        return maps, self.second(maps)


class ToyHead(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv_seg = nn.Conv2d(8, 150, 1)

    def forward(self, maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
        return self.conv_seg(maps[0])


class ToySegmentor(nn.Module):
    """The parts that the recipe knows of an MMSegmentation segmentor."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.decode_head = ToyTrunk(), ToyHead()
        self.data_preprocessor = SimpleNamespace(mean=torch.full((3,), 127.0), std=torch.full((3,), 64.0))

    def init_weights(self) -> None:
        nn.init.zeros_(self.decode_head.conv_seg.bias)


def toy_scorer(network: ToySegmentor, config: Path, device: str) -> Callable[[Image], Posterior]:
    @torch.inference_mode()
    def scores(photo: Image) -> Posterior:
        pixels = (torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].float() - 127) / 64
        said = network.decode_head(network.backbone(pixels))[0]
        height, width = photo.shape[:2]
        whole = (0, 0, height, width)
        return Posterior(
            (Tile(said, whole),), (height, width), whole, (height, width), Seen((height, width), 1, None, None), ADE20K
        )

    return scores


def toy_answerer(network: ToySegmentor, config: Path, device: str) -> Callable[[Image], LabelMap]:
    scores = toy_scorer(network, config, device)
    return lambda photo: scores(photo).reduce("toy").label_map
