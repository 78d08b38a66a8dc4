"""What a network said, kept on its own coarse grid; every map a person sees is derived from it when asked for.

Head scores are resampled twice, as MMSegmentation does: from each window's grid to that window of the network's
input (overlapping windows averaged), then from the input to the photo. Both steps are bilinear. Maps are made
strip by strip, so that nothing of classes x photo height x photo width ever exists.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from demo.measures import ALWAYS, BY_ID, Needs
from demo.schema import ClassSet, Field, Prediction, Seen, Size

try:
    from demo.models import kernel
except ImportError:  # numba has no wheel for this Python: the strips below give the same maps, more slowly
    kernel = None  # type: ignore[assignment]  # a module otherwise

Box: TypeAlias = tuple[int, int, int, int]
"""(y0, x0, y1, x1), the end excluded."""
Span: TypeAlias = tuple[int, int]
"""(first, end) along one axis, the end excluded."""
Meaning = Literal["logits", "mixture"]

STRIP_BYTES = 6 << 20
"""Working size of one strip of scores: about what a core's cache holds."""


def warm_up() -> None:
    """Compile what is compiled, or read it from the cache, before the first photo asks for it."""
    if kernel:
        kernel.warm_up()


@dataclass(frozen=True, eq=False)
class Tile:
    """The head's scores (C, h, w) for one window of the network's input."""

    scores: Tensor
    box: Box


@dataclass(frozen=True, eq=False)
class Posterior:
    """All that one network said of one photo.

    `padded_size` is the size of the network's input; `valid` the part of it that shows the photo.
    `meaning` tells what the scores are: logits for a softmax, or a mixture of probabilities (MaskFormer-like
    heads), which is only normalised.
    """

    tiles: tuple[Tile, ...]
    padded_size: Size
    valid: Box
    photo_size: Size
    seen: Seen
    class_set: ClassSet
    """Whose C classes the scores are of."""
    meaning: Meaning = "logits"
    align_corners: bool = False

    def __post_init__(self) -> None:
        if not self.tiles:
            raise ValueError("a posterior must have at least one tile, but got none")
        for tile in self.tiles:
            if tile.scores.ndim != 3:
                raise ValueError(f"scores must be (classes, h, w), but got {tuple(tile.scores.shape)}")
            if len(tile.scores) != len(self.class_set):
                raise ValueError(f"{len(self.class_set)} classes must have as many scores, but got {len(tile.scores)}")

    @property
    def classes(self) -> int:
        return len(self.class_set)

    @property
    def bytes(self) -> int:
        """In memory, with the mosaic once somebody has asked for a pixel or a map."""
        mosaic = self.__dict__.get("_mosaic")
        scores = sum(tile.scores.numel() * tile.scores.element_size() for tile in self.tiles)
        return scores + (0 if mosaic is None else int(mosaic.nbytes))

    def cpu(self) -> Posterior:
        """The same posterior in main memory, as float32, for keeping."""
        tiles = tuple(Tile(tile.scores.float().cpu(), tile.box) for tile in self.tiles)
        return replace(self, tiles=tiles)

    @torch.inference_mode()
    def reduce(self, model: str, size: Size | None = None, measures: Sequence[str] = ALWAYS) -> Prediction:
        """Label, confidence, entropy and margin of every pixel, at photo size or at `size` (height, width).

        Further `measures` are those of demo.measures; what the scores cannot say is left out.
        """
        height, width = size or self.photo_size
        names = (*ALWAYS, *(name for name in self.sayable(measures) if name not in ALWAYS))
        if self._on_kernel:
            weights = self.weights(height, width)
            label_map, fields = kernel.reduce_grid(self._mosaic, *weights, os.cpu_count() or 1, names)
        else:
            label_map, fields = self._reduce_by_strips(height, width, names)
        found = dict(zip(names, fields, strict=True))
        always = {name: found.pop(name) for name in ALWAYS}
        return Prediction(model, label_map, class_set=self.class_set, **always, more=found)

    def sayable(self, measures: Sequence[str]) -> tuple[str, ...]:
        """Those of the measures that the scores can say, in the order asked. Raises ValueError for an unknown one."""
        if unknown := [name for name in measures if name not in BY_ID]:
            raise ValueError(f"measures must be among {', '.join(BY_ID)}, but got {unknown[0]!r}")
        met: tuple[Needs, ...] = ("probabilities", "logits") if self.meaning == "logits" else ("probabilities",)
        return tuple(name for name in measures if BY_ID[name].needs in met)

    def _reduce_by_strips(
        self, height: int, width: int, names: Sequence[str]
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        label_map = np.empty((height, width), np.uint8)
        fields = np.empty((len(names), height, width), np.float32)
        for y0, scores in self._scores(height, width):
            labels, found = _summarise(scores, self.meaning)
            label_map[y0 : y0 + scores.shape[1]] = labels.cpu().numpy()
            for number, name in enumerate(names):
                fields[number, y0 : y0 + scores.shape[1]] = found[name].cpu().numpy()
        return label_map, fields

    @torch.inference_mode()
    def at(self, y: int, x: int, size: Size | None = None) -> NDArray[np.float32]:
        """(C,) probabilities at pixel (y, x) of the photo, or of the grid `size`."""
        return _probabilities(torch.from_numpy(self.scores_at(y, x, size)), self.meaning).numpy()

    def scores_at(self, y: int, x: int, size: Size | None = None) -> NDArray[np.float32]:
        """(C,) scores at pixel (y, x), as `meaning` says: logits, or a mixture of probabilities."""
        height, width = size or self.photo_size
        if not (0 <= y < height and 0 <= x < width):
            raise ValueError(f"pixel must lie inside {height} x {width}, but got y={y}, x={x}")
        rows, columns = self.weights(height, width, (y, y + 1), (x, x + 1))
        down, across = np.flatnonzero(rows[0]), np.flatnonzero(columns[0])
        return np.einsum("i,ijc,j->c", rows[0, down], self._mosaic[np.ix_(down, across)], columns[0, across])

    @torch.inference_mode()
    def measures_at(self, y: int, x: int, size: Size | None = None) -> dict[str, float]:
        """Every measure that the scores can say at pixel (y, x), in float64, by its id in demo.measures."""
        scores = torch.from_numpy(self.scores_at(y, x, size)).double()[:, None, None]
        _, found = _summarise(scores, self.meaning)
        return {name: float(value) for name, value in found.items()}

    @torch.inference_mode()
    def probability(self, index: int, size: Size | None = None) -> Field:
        """(H, W) probability of class `index` (0..C-1)."""
        height, width = size or self.photo_size
        field = np.empty((height, width), np.float32)
        for y0, probabilities in self.strips(size):
            field[y0 : y0 + probabilities.shape[1]] = probabilities[index]
        return field

    def strips(
        self, size: Size | None = None, most_classes: int | None = None
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(first row, (C, rows, W) probabilities) from top to bottom.

        Rows per strip depend on `size` and on the number of classes alone; to be cut at the same rows as others,
        `most_classes` is that of the largest class set among them.
        """
        height, width = size or self.photo_size
        if self._on_kernel:
            rows, columns = self.weights(height, width)
            for y0, y1 in self._spans(height, width, most_classes):
                yield y0, kernel.grid_probabilities(self._mosaic, rows[y0:y1], columns)
        else:
            for y0, scores in self._scores(height, width, most_classes):
                yield y0, _probabilities(scores, self.meaning).cpu().numpy()

    @property
    def _on_kernel(self) -> bool:
        """Whether the compiled kernel is there and can make the maps: of logits, in main memory."""
        return kernel is not None and self.meaning == "logits" and self.tiles[0].scores.device.type == "cpu"

    def _spans(self, height: int, width: int, classes: int | None = None) -> Iterator[Span]:
        rows = max(1, STRIP_BYTES // (4 * (classes or self.classes) * width))
        return ((y0, min(y0 + rows, height)) for y0 in range(0, height, rows))

    def _scores(self, height: int, width: int, classes: int | None = None) -> Iterator[tuple[int, Tensor]]:
        for y0, y1 in self._spans(height, width, classes):
            with torch.inference_mode():
                scores = self._strip(y0, y1, height, width)
            yield y0, scores

    def _strip(self, y0: int, y1: int, height: int, width: int) -> Tensor:
        top, left, bottom, right = self.valid
        rows = _source_rows(y0, y1, bottom - top, height, self.align_corners)
        source = self._input_rows(top + rows.first, top + rows.last + 1)[:, :, left:right]
        return _resample(source, rows, width, self.align_corners)

    def _input_rows(self, i0: int, i1: int) -> Tensor:
        """Scores (C, i1 - i0, input width) of rows i0..i1 of the network's input, windows averaged."""
        if len(self.tiles) == 1:
            return self._tile_rows(self.tiles[0], i0, i1)
        total = self.tiles[0].scores.new_zeros((self.classes, i1 - i0, self.padded_size[1]), dtype=torch.float32)
        for tile in self.tiles:
            y0, x0, y1, x1 = tile.box
            a, b = max(i0, y0), min(i1, y1)
            if a < b:
                total[:, a - i0 : b - i0, x0:x1] += self._tile_rows(tile, a, b)
        return total / self._coverage[i0:i1]

    def _tile_rows(self, tile: Tile, i0: int, i1: int) -> Tensor:
        y0, x0, y1, x1 = tile.box
        rows = _source_rows(i0 - y0, i1 - y0, tile.scores.shape[1], y1 - y0, self.align_corners)
        source = tile.scores[:, rows.first : rows.last + 1].float()
        return _resample(source, rows, x1 - x0, self.align_corners)

    @cached_property
    def _mosaic(self) -> NDArray[np.float32]:
        """The windows' grids side by side: (grid rows, grid columns, C)."""
        across = len({tile.box[1] for tile in self.tiles})
        grids = [tile.scores.float().cpu().permute(1, 2, 0).numpy() for tile in self.tiles]
        lines = [np.concatenate(grids[start : start + across], axis=1) for start in range(0, len(grids), across)]
        return np.ascontiguousarray(np.concatenate(lines, axis=0))

    def weights(
        self, height: int, width: int, rows: Span | None = None, columns: Span | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What each cell of the mosaic weighs in each row (n, grid rows) and each column (n, grid columns).

        Of all `height` rows and `width` columns, or of the spans `rows` and `columns` of them.
        """
        top, left, bottom, right = self.valid
        _, grid_height, grid_width = self.tiles[0].scores.shape
        row_spans = sorted({(tile.box[0], tile.box[2]) for tile in self.tiles})
        column_spans = sorted({(tile.box[1], tile.box[3]) for tile in self.tiles})
        down = _mosaic_weights(row_spans, grid_height, self.padded_size[0], self.align_corners)[top:bottom]
        across = _mosaic_weights(column_spans, grid_width, self.padded_size[1], self.align_corners)[left:right]
        return (
            _stretch(down, height, self.align_corners, rows or (0, height)),
            _stretch(across, width, self.align_corners, columns or (0, width)),
        )

    @cached_property
    def _coverage(self) -> Tensor:
        """(input height, input width): how many windows see each input pixel."""
        count = torch.zeros(self.padded_size, device=self.tiles[0].scores.device)
        for tile in self.tiles:
            y0, x0, y1, x1 = tile.box
            count[y0:y1, x0:x1] += 1
        return count


@dataclass(frozen=True, eq=False)
class _Rows:
    """For each output row: the two source rows it lies between and the weight of the second."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    weight: NDArray[np.float32]
    identity: bool

    @property
    def first(self) -> int:
        return int(self.low[0])

    @property
    def last(self) -> int:
        return int(self.high[-1])


def _source_rows(y0: int, y1: int, source: int, target: int, align_corners: bool) -> _Rows:
    """Where rows y0..y1 of `target` rows fall among `source` rows, in PyTorch's own float32 arithmetic."""
    out = np.arange(y0, y1, dtype=np.float32)
    if align_corners:
        scale = np.float32(source - 1) / np.float32(target - 1) if target > 1 else np.float32(0)
        position = out * scale
    else:
        scale = np.float32(source) / np.float32(target)
        position = np.maximum((out + np.float32(0.5)) * scale - np.float32(0.5), np.float32(0))
    low = np.minimum(position.astype(np.int64), source - 1)
    high = np.minimum(low + 1, source - 1)
    return _Rows(low, high, (position - low).astype(np.float32), source == target)


def _stretch(source: NDArray[np.float32], target: int, align_corners: bool, part: Span) -> NDArray[np.float32]:
    """Bilinear resampling of the first axis of (n, cells) to `target` rows, of which those in `part` are returned."""
    rows = _source_rows(*part, len(source), target, align_corners)
    weight = rows.weight[:, None]
    return source[rows.low] * (1 - weight) + source[rows.high] * weight


def _mosaic_weights(spans: list[Span], cells: int, length: int, align_corners: bool) -> NDArray[np.float32]:
    """(length, spans x cells): windows over [start, end) of one axis, each from its own cells, averaged."""
    weights = np.zeros((length, len(spans), cells), np.float32)
    for number, (start, end) in enumerate(spans):
        weights[start:end, number] = _stretch(
            np.eye(cells, dtype=np.float32), end - start, align_corners, (0, end - start)
        )
    return weights.reshape(length, -1) / weights.any(axis=2).sum(axis=1, dtype=np.float32)[:, None]


def _resample(source: Tensor, rows: _Rows, width: int, align_corners: bool) -> Tensor:
    """Bilinear resampling of source rows (C, rows.first..rows.last, w) to (C, len(rows), width): columns first."""
    if source.shape[2] != width:
        size = (source.shape[1], width)
        source = interpolate(source[None], size, mode="bilinear", align_corners=align_corners)[0]
    if rows.identity:
        return source[:, : len(rows.low)]
    low = torch.from_numpy(rows.low - rows.first).to(source.device)
    high = torch.from_numpy(rows.high - rows.first).to(source.device)
    weight = torch.from_numpy(rows.weight).to(source.device)[:, None]
    return source[:, low] * (1 - weight) + source[:, high] * weight


def _probabilities(scores: Tensor, meaning: Meaning) -> Tensor:
    return scores.softmax(0) if meaning == "logits" else scores / scores.sum(0)


def _summarise(scores: Tensor, meaning: Meaning) -> tuple[Tensor, dict[str, Tensor]]:
    """(rows, W) labels of scores (C, rows, W), and every measure that they can say by its id."""
    best, labels = scores.max(0)
    second = scores.scatter(0, labels[None], -torch.inf).amax(0)
    if meaning == "mixture":
        total = scores.sum(0)
        entropy = -torch.special.xlogy(scores / total, scores / total).sum(0)
        found = {"entropy": entropy, "confidence": best / total, "margin": (best - second) / total}
        return labels.to(torch.uint8), found
    below = scores - best
    weights = below.exp()
    total = weights.sum(0)
    log_total = total.log()
    return labels.to(torch.uint8), {
        "entropy": (log_total - (weights * below).sum(0) / total).clamp_min_(0),
        "confidence": 1 / total,
        "margin": (1 - (second - best).exp()) / total,
        "max_logit": best,
        "energy": best + log_total,
    }
