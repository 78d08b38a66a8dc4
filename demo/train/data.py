"""Photographs with annotations, in the layout of ADEChallengeData2016, and the crops a network trains on.

``images/training/*.jpg`` with ``annotations/training/*.png`` of the same names (ADE20K's: 0 = void), and the same again
for ``validation``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage
from torch import nn
from torch.nn import functional

from demo.errors import DatasetError, ImageError, TruthError
from demo.images import files_in, open_image
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation
from demo.names import leads_nowhere, same_name

Photo = PillowImage.Image
Split = Literal["training", "validation"]


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
    truths = {same_name(path.stem): path for path in files_in(annotations, (".png",))}
    named = [(same_name(photo.stem), photo) for photo in files_in(photos)]
    found = [Pair(photo, truths[name]) for name, photo in named if name in truths]
    if not found:
        raise DatasetError(
            f"wanted photographs in {photos} with a PNG of the same name in {annotations}, but found no pair; "
            "check that the names match"
        )
    lost = [path for pair in found for path in (pair.photo, pair.annotation) if leads_nowhere(path)]
    if lost:  # told now, and not when an hour's training comes to it
        more = f", as {len(lost) - 1} more are" if len(lost) > 1 else ""
        raise DatasetError(
            f"wanted photographs and annotations, but {lost[0]} is a link to {leads_nowhere(lost[0])}, which is not "
            f"there{more}; mount its disk, or take the links away"
        )
    return found


Teacher = Callable[[Path], torch.Tensor]
"""Of a photograph's file, maps (C, h, w) that cover it: what a student should say there."""


class Photographs:
    """Decoded pairs, kept in memory up to a limit so that a file is usually decoded once."""

    def __init__(
        self,
        pairs: list[Pair],
        limit_bytes: int = 6_000_000_000,
        times: list[int] | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        self.pairs, self.teacher = pairs, teacher
        self.round = [index for index in range(len(pairs)) for _ in range(times[index] if times else 1)]
        """The photographs of one round of training, by index: `times` says how often each is in it."""
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


@dataclass(frozen=True)
class Folder:
    """A folder laid out like ADEChallengeData2016, and how often a round of training shows each of its photographs."""

    path: Path
    times: int = 1


def folder(text: str) -> Folder:
    """A folder as a person writes it: its path, perhaps with a colon and how often a round shows its photographs."""
    path, _, times = text.rpartition(":")
    return Folder(Path(path), int(times)) if path and times.isdigit() and times != "0" else Folder(Path(text))


def mixed(folders: list[Folder], split: Split, teacher: Teacher | None = None) -> Photographs:
    """The photographs of several folders as one. Raises DatasetError like `find_pairs`."""
    found = [(pair, folder.times) for folder in folders for pair in find_pairs(folder.path, split)]
    return Photographs([pair for pair, _ in found], times=[times for _, times in found], teacher=teacher)


def teacher_channels(photographs: Photographs) -> int:
    """How many features a teacher tells beside the classes' scores; 0 without a teacher."""
    return len(photographs.teacher(photographs.pairs[0].photo)) - len(ADE20K) if photographs.teacher else 0


def _read(pair: Pair) -> tuple[PillowImage.Image, PillowImage.Image]:
    try:
        photo = PillowImage.fromarray(open_image(pair.photo))
        return photo, PillowImage.fromarray(
            decode_annotation(pair.annotation, ADE20K, size=(photo.height, photo.width))
        )
    except ImageError as error:
        raise DatasetError(f"wanted readable photographs in {pair.photo.parent}, but {error}") from error
    except TruthError as error:
        raise DatasetError(f"wanted ADE20K annotations in {pair.annotation.parent}, but {error}") from error


@dataclass(frozen=True)
class CropPlan:
    """How crops are cut: ``size`` pixels square, from photographs whose short side became ``sides`` pixels."""

    size: int = 224
    sides: tuple[int, int] = (208, 384)
    target_stride: int = 4
    teacher_stride: int = 16


@dataclass(frozen=True)
class Cut:
    """One square of a photograph: left, top, right, bottom in pixels, and whether it is mirrored."""

    box: tuple[float, float, float, float]
    mirrored: bool

    def of(self, image: PillowImage.Image, size: int, resampling: PillowImage.Resampling) -> NDArray[np.uint8]:
        """The square of an image as (size, size) or (size, size, 3).

        Scaling and cropping are one resampling of a box, so the cost does not grow with the photograph.
        """
        pixels = np.asarray(image.resize((size, size), resampling, box=self.box))
        return pixels[:, ::-1] if self.mirrored else pixels

    def sampled(self, maps: torch.Tensor, photo_size: tuple[int, int], cells: int) -> torch.Tensor:
        """The square of maps (C, h, w) that cover a photograph of (width, height), as (C, cells, cells), bilinear."""
        width, height = photo_size
        left, top, right, bottom = self.box
        middles = (torch.arange(cells) + 0.5) / cells
        x = 2 * (left + middles * (right - left)) / width - 1
        y = 2 * (top + middles * (bottom - top)) / height - 1
        x = x.flip(0) if self.mirrored else x
        grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None]
        return functional.grid_sample(maps[None].float(), grid, padding_mode="border", align_corners=False)[0]


def draw(size: tuple[int, int], plan: CropPlan, dice: random.Random) -> Cut:
    """A random square of a photograph of (width, height)."""
    width, height = size
    side = plan.sides[0] * (plan.sides[1] / plan.sides[0]) ** dice.random()
    box_side = min(plan.size / side, 1.0) * min(width, height)
    left, top = dice.random() * (width - box_side), dice.random() * (height - box_side)
    return Cut((left, top, left + box_side, top + box_side), dice.random() < 0.5)


@dataclass(frozen=True, eq=False)
class Batch:
    """Crops of N photographs and what a network should say of them."""

    pixels: torch.Tensor | None
    """(N, S, S, 3) uint8; None where the maps are there."""
    labels: torch.Tensor
    """(N, s, s) int64, 255 = no label."""
    teacher: torch.Tensor | None = None
    """(N, C, t, t) float32: the maps of a `Teacher`, if there is one."""
    maps: tuple[torch.Tensor, ...] = ()
    """What a trunk made of the pixels, each (N, C, h, w), where that is known already."""


def batches(photographs: Photographs, size: int, plan: CropPlan, dice: random.Random) -> Iterator[Batch]:
    """Batches for ever; a round shows every photograph as often as its folder asks."""
    order: list[int] = []
    while True:
        while len(order) < size:
            order += dice.sample(photographs.round, len(photographs.round))
        chosen, order = order[:size], order[size:]
        yield _batch(photographs, chosen, plan, dice)


def _batch(photographs: Photographs, chosen: list[int], plan: CropPlan, dice: random.Random) -> Batch:
    pixels, labels, maps = [], [], []
    for index in chosen:
        photo, label_map = photographs[index]
        cut = draw(photo.size, plan, dice)
        pixels.append(cut.of(photo, plan.size, PillowImage.Resampling.BILINEAR))
        labels.append(cut.of(label_map, plan.size // plan.target_stride, PillowImage.Resampling.NEAREST))
        if photographs.teacher:
            said = photographs.teacher(photographs.pairs[index].photo)
            maps.append(cut.sampled(said, photo.size, plan.size // plan.teacher_stride))
    return Batch(
        torch.from_numpy(np.stack(pixels)),
        torch.from_numpy(np.stack(labels)).long(),
        torch.stack(maps) if maps else None,
    )


Look = Callable[[torch.Tensor], tuple[torch.Tensor, ...]]
"""Of a photograph's pixels (H, W, 3) uint8, a trunk's maps (C, h, w)."""


def whole_batches(photographs: Photographs, size: int, cell: int, look: Look, dice: random.Random) -> Iterator[Batch]:
    """Batches of whole photographs of one shape, for ever: each is looked at once, half of them are shown mirrored.

    A photograph has `cell` pixels beside each cell of `grid`; its labels come four to a cell in each direction.
    """
    seen: dict[int, tuple[torch.Tensor, ...]] = {}
    for chosen in alike(photographs, size, dice):
        for index in chosen:
            if index not in seen:
                seen[index] = look(whole(photographs[index][0], cell))
        yield _whole_batch(photographs, chosen, seen, dice)


def alike(photographs: Photographs, size: int, dice: random.Random) -> Iterator[list[int]]:
    """So many photographs of one `grid` together, by index, for ever."""
    waiting: dict[tuple[int, int], list[int]] = {}
    while True:
        for index in dice.sample(photographs.round, len(photographs.round)):
            cells = grid(photographs[index][0].size)
            waiting.setdefault(cells, []).append(index)
            if len(waiting[cells]) == size:
                yield waiting.pop(cells)


def _whole_batch(
    photographs: Photographs,
    chosen: list[int],
    seen: dict[int, tuple[torch.Tensor, ...]],
    dice: random.Random,
) -> Batch:
    mirrored = [dice.random() < 0.5 for _ in chosen]
    rows, columns = grid(photographs[chosen[0]][0].size)
    fine = (4 * rows, 4 * columns)
    labels = [torch.from_numpy(cells_of(photographs[index][1], fine).copy()).long() for index in chosen]
    maps = tuple(
        _turned(list(level), mirrored).float() for level in zip(*(seen[index] for index in chosen), strict=True)
    )
    teacher = photographs.teacher
    said = [teacher(photographs.pairs[index].photo).float() for index in chosen] if teacher else []
    return Batch(None, _turned(labels, mirrored), _turned(said, mirrored) if said else None, maps)


def _turned(rows: list[torch.Tensor], mirrored: list[bool]) -> torch.Tensor:
    return torch.stack([row.flip(-1) if turn else row for row, turn in zip(rows, mirrored, strict=True)])


CELLS = 16
"""Rows of cells over a photograph's short side; the columns follow, both even."""


def grid(size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of cells over a photograph of (width, height), both even."""
    scale = CELLS / 2 / min(size)
    columns, rows = (2 * max(1, round(length * scale)) for length in size)
    return rows, columns


def whole(photo: PillowImage.Image, cell: int) -> torch.Tensor:
    """All of a photograph at so many pixels a cell of `grid`: (H, W, 3), uint8."""
    rows, columns = grid(photo.size)
    return torch.from_numpy(np.array(photo.resize((columns * cell, rows * cell), PillowImage.Resampling.BILINEAR)))


def cells_of(label_map: PillowImage.Image, size: tuple[int, int]) -> NDArray[np.uint8]:
    """The label in the middle of each cell of (rows, columns)."""
    return np.asarray(label_map.resize(size[::-1], PillowImage.Resampling.NEAREST))


def normalise(pixels: torch.Tensor, network: nn.Module) -> torch.Tensor:
    """RGB (N, 3, H, W), uint8 or float 0..255, to what an MMSegmentation segmentor takes."""
    given = cast(Any, network.data_preprocessor)
    mean, spread = (values.to(pixels.device).view(1, 3, 1, 1) for values in (given.mean, given.std))
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
