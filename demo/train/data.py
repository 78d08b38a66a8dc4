"""Photographs with annotations, in the layout of ADEChallengeData2016, and the crops a network trains on.

``images/training/*.jpg`` with ``annotations/training/*.png`` of the same names (0 = void, 1..150), and the same again
for ``validation``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage

from demo.errors import DatasetError, ImageError, TruthError
from demo.images import files_in, open_image
from demo.labels import decode_annotation

Split = Literal["training", "validation"]

MEAN = (123.675, 116.28, 103.53)
SPREAD = (58.395, 57.12, 57.375)
"""ImageNet's mean and standard deviation, RGB, 0..255: what the networks' own preprocessing uses."""


@dataclass(frozen=True)
class Pair:
    """One photograph and its annotation, as files."""

    photo: Path
    annotation: Path


def find_pairs(root: Path, split: Split) -> list[Pair]:
    """The photographs of one split that have an annotation, in order of name.

    Raises DatasetError when a folder is missing, or when no photograph has an annotation.
    """
    photos, annotations = root / "images" / split, root / "annotations" / split
    for folder in (photos, annotations):
        if not folder.is_dir():
            raise DatasetError(
                f"wanted a folder {folder}, but there is none; training needs images/ and annotations/, "
                "each with training/ and validation/, as in ADEChallengeData2016"
            )
    truths = {path.stem: path for path in files_in(annotations, (".png",))}
    found = [Pair(photo, truths[photo.stem]) for photo in files_in(photos) if photo.stem in truths]
    if not found:
        raise DatasetError(
            f"wanted photographs in {photos} with a PNG of the same name in {annotations}, but found no pair; "
            "check that the names match"
        )
    return found


class Photographs:
    """Decoded pairs, kept in memory up to a limit so that a file is usually decoded once."""

    def __init__(self, pairs: list[Pair], limit_bytes: int = 6_000_000_000) -> None:
        self.pairs = pairs
        self._kept: dict[int, tuple[PillowImage.Image, PillowImage.Image]] = {}
        self._room = limit_bytes

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[PillowImage.Image, PillowImage.Image]:
        """Photograph (RGB) and label map (L: 0..149, 255 = no label), of one size. Raises DatasetError."""
        if index in self._kept:
            return self._kept[index]
        photo, label_map = _read(self.pairs[index])
        size = 5 * photo.width * photo.height
        if size <= self._room:
            self._room -= size
            self._kept[index] = (photo, label_map)
        return photo, label_map


def _read(pair: Pair) -> tuple[PillowImage.Image, PillowImage.Image]:
    try:
        photo = PillowImage.fromarray(open_image(pair.photo))
        return photo, PillowImage.fromarray(decode_annotation(pair.annotation, size=(photo.height, photo.width)))
    except ImageError as error:
        raise DatasetError(f"wanted readable photographs in {pair.photo.parent}, but {error}") from error
    except TruthError as error:
        raise DatasetError(f"wanted ADE20K annotations in {pair.annotation.parent}, but {error}") from error


@dataclass(frozen=True)
class CropPlan:
    """How crops are cut: ``size`` pixels square, from photographs whose short side became ``sides`` pixels."""

    size: int = 160
    sides: tuple[int, int] = (160, 352)
    target_stride: int = 4


def cut(
    photo: PillowImage.Image, label_map: PillowImage.Image, plan: CropPlan, dice: random.Random
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A random crop (size, size, 3) and its targets (size / stride, size / stride), 255 = no label.

    Scaling and cropping are one resampling of a box of the photograph, so the cost does not grow with its size.
    """
    width, height = photo.size
    side = plan.sides[0] * (plan.sides[1] / plan.sides[0]) ** dice.random()
    box_side = min(plan.size / side, 1.0) * min(width, height)
    left, top = dice.random() * (width - box_side), dice.random() * (height - box_side)
    box = (left, top, left + box_side, top + box_side)
    pixels = photo.resize((plan.size, plan.size), PillowImage.Resampling.BILINEAR, box=box)
    cells = plan.size // plan.target_stride
    labels = label_map.resize((cells, cells), PillowImage.Resampling.NEAREST, box=box)
    crop, target = np.asarray(pixels), np.asarray(labels)
    return (crop[:, ::-1], target[:, ::-1]) if dice.random() < 0.5 else (crop, target)


def batches(
    photographs: Photographs, size: int, plan: CropPlan, dice: random.Random
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Crops (N, S, S, 3) uint8 and targets (N, s, s) int64 for ever, every photograph once a round."""
    order: list[int] = []
    while True:
        while len(order) < size:
            order += dice.sample(range(len(photographs)), len(photographs))
        chosen, order = order[:size], order[size:]
        pairs = [cut(*photographs[index], plan, dice) for index in chosen]
        crops = torch.from_numpy(np.stack([crop for crop, _ in pairs]))
        yield crops, torch.from_numpy(np.stack([target for _, target in pairs])).long()


def normalise(pixels: torch.Tensor) -> torch.Tensor:
    """RGB (N, 3, H, W), uint8 or float 0..255, to what the networks take."""
    mean, spread = (torch.tensor(v, device=pixels.device).view(1, 3, 1, 1) for v in (MEAN, SPREAD))
    return (pixels.float() - mean) / spread


def jitter(pixels: torch.Tensor, dice: random.Random, strength: float = 0.25) -> torch.Tensor:
    """Every crop (N, S, S, 3) a little brighter, flatter, greyer or the opposite; float32, about 0..255.

    All three are linear in the colours, so they are one small matrix a crop and one pass over the pixels.
    """

    def factors() -> torch.Tensor:
        drawn = [1 + strength * (2 * dice.random() - 1) for _ in range(len(pixels))]
        return torch.tensor(drawn, device=pixels.device).view(-1, 1, 1)

    colours = pixels.reshape(len(pixels), -1, 3).float()
    brightness, contrast, saturation = factors(), factors(), factors()
    mixing = brightness * (saturation * torch.eye(3, device=pixels.device) + (1 - saturation) / 3)
    average = colours.mean(1, keepdim=True)
    kept = average @ mixing * (1 - contrast)
    return torch.baddbmm(kept, colours, contrast * mixing).view(pixels.shape)
