"""The structure of one answer: how many fragments, how long its boundaries, how much of its entropy lies there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from demo.analysis.spans import Spans, components, find_spans
from demo.schema import LabelMap, Prediction, Size

BOUNDARY_DISTANCE = 0.0075
"""Default distance from a boundary, as a share of the photo's diagonal."""
FRAGMENT_GRID = 512
"""Long side of the grid on which fragments are counted per megapixel: about what the article's networks look at."""


@dataclass(frozen=True)
class Structure:
    """Counts over one prediction, or over several when added; the properties are formulas on them."""

    pixels: int
    boundary_pixels: int
    """Pixels within the distance of a boundary."""
    boundary_entropy: float
    """Sum over the pixels within the distance of a boundary, nats."""
    inside_entropy: float
    """Sum over all other pixels, nats."""
    boundary_length: int
    """Sides of pixels between two labels."""
    fragment_areas: NDArray[np.int64]
    """Pixels in each 4-connected piece of one label, in reading order."""
    grid_pixels: int
    """Pixels of the grid of FRAGMENT_GRID."""
    grid_fragments: int
    """Pieces on that grid."""

    def __add__(self, other: Structure) -> Structure:
        return Structure(
            self.pixels + other.pixels,
            self.boundary_pixels + other.boundary_pixels,
            self.boundary_entropy + other.boundary_entropy,
            self.inside_entropy + other.inside_entropy,
            self.boundary_length + other.boundary_length,
            np.concatenate([self.fragment_areas, other.fragment_areas]),
            self.grid_pixels + other.grid_pixels,
            self.grid_fragments + other.grid_fragments,
        )

    @property
    def boundary_area_share(self) -> float:
        """Share of the area within the distance of a boundary: what an even entropy would put there."""
        return self.boundary_pixels / self.pixels

    @property
    def boundary_entropy_share(self) -> float:
        """Share of the total entropy within the distance of a boundary; nan when there is no entropy at all."""
        total = self.boundary_entropy + self.inside_entropy
        return self.boundary_entropy / total if total > 0 else math.nan

    @property
    def mean_entropy(self) -> float:
        """Nats."""
        return (self.boundary_entropy + self.inside_entropy) / self.pixels

    @property
    def mean_entropy_at_boundaries(self) -> float:
        """Nats; nan when there is no boundary."""
        return self.boundary_entropy / self.boundary_pixels if self.boundary_pixels else math.nan

    @property
    def mean_entropy_inside(self) -> float:
        """Nats, over the pixels further than the distance from every boundary; nan when there are none."""
        inside = self.pixels - self.boundary_pixels
        return self.inside_entropy / inside if inside else math.nan

    @property
    def fragments(self) -> int:
        return len(self.fragment_areas)

    @property
    def fragments_per_megapixel(self) -> float:
        """On the grid of FRAGMENT_GRID, so that it does not depend on the photo's resolution."""
        return self.grid_fragments / self.grid_pixels * 1e6

    @property
    def median_fragment_area(self) -> float:
        """Pixels."""
        return float(np.median(self.fragment_areas))


@dataclass(frozen=True, eq=False)
class Pieces:
    """The 4-connected pieces of one label in a label map, in reading order."""

    spans: Spans
    of_span: NDArray[np.int32]
    """(R,) the piece that each span lies in."""

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """Pixels in each piece."""
        return np.bincount(self.of_span, self.spans.lengths).astype(np.int64)


def measure(prediction: Prediction, distance: float | None = None, grid: Pieces | None = None) -> Structure:
    """Count fragments, boundaries and the entropy near them.

    `distance` is in pixels, by default 0.75 % of the diagonal; `grid` are the pieces of `on_fragment_grid`, where they
    are known.
    """
    label_map, entropy = prediction.label_map, prediction.entropy
    near = within(boundary(label_map), default_distance(prediction.size) if distance is None else distance)
    sampled = on_fragment_grid(label_map)
    grid = grid or pieces(sampled)
    areas = grid.areas if sampled is label_map else fragment_areas(label_map)
    return Structure(
        pixels=label_map.size,
        boundary_pixels=int(np.count_nonzero(near)),
        boundary_entropy=float(entropy[near].sum(dtype=np.float64)),
        inside_entropy=float(entropy[~near].sum(dtype=np.float64)),
        boundary_length=boundary_length(label_map),
        fragment_areas=areas,
        grid_pixels=math.prod(fragment_grid(prediction.size)),
        grid_fragments=len(grid.areas),
    )


def fragment_grid(size: Size) -> Size:
    """The grid on which the fragments of a photo of `size` are counted per megapixel.

    >>> fragment_grid((3000, 4000)), fragment_grid((213, 320))
    ((384, 512), (341, 512))
    """
    scale = FRAGMENT_GRID / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def on_fragment_grid(label_map: LabelMap) -> LabelMap:
    """The labels at the middles of that grid's pixels; of a smaller photo the map itself, which has the same pieces."""
    height, width = label_map.shape
    grid = fragment_grid((height, width))
    if grid[0] >= height and grid[1] >= width:
        return label_map
    rows, columns = (
        ((np.arange(n) + 0.5) * full / n).astype(int) for n, full in zip(grid, (height, width), strict=True)
    )
    return label_map[np.ix_(rows, columns)]


def default_distance(size: Size) -> float:
    """0.75 % of the diagonal, in pixels.

    >>> default_distance((480, 640))
    6.0
    """
    return BOUNDARY_DISTANCE * math.hypot(*size)


def boundary(*label_maps: LabelMap) -> NDArray[np.bool_]:
    """(H, W) pixels that share a side with a pixel of another label, in any of the maps.

    >>> boundary(np.array([[1, 1, 2, 2]], np.uint8)).tolist()
    [[False, True, True, False]]
    """
    touched = np.zeros(label_maps[0].shape, bool)
    for label_map in label_maps:
        beside = label_map[:, 1:] != label_map[:, :-1]
        touched[:, 1:] |= beside
        touched[:, :-1] |= beside
        below = label_map[1:] != label_map[:-1]
        touched[1:] |= below
        touched[:-1] |= below
    return touched


def boundary_length(label_map: LabelMap) -> int:
    """Sides of pixels between two labels; the frame of the photo is not a boundary.

    >>> boundary_length(np.array([[1, 2], [1, 1]], np.uint8))
    2
    """
    beside = np.count_nonzero(label_map[:, 1:] != label_map[:, :-1])
    return int(beside + np.count_nonzero(label_map[1:] != label_map[:-1]))


def pieces(label_map: LabelMap) -> Pieces:
    """The pieces of a label map (H, W)."""
    spans = find_spans(label_map[np.newaxis])
    return Pieces(spans, components(spans))


def fragment_areas(label_map: LabelMap) -> NDArray[np.int64]:
    """Pixels in each 4-connected piece of one label, in reading order.

    >>> fragment_areas(np.array([[1, 2, 1], [1, 1, 1]], np.uint8)).tolist()
    [5, 1]
    """
    return pieces(label_map).areas


def within(mask: NDArray[np.bool_], distance: float) -> NDArray[np.bool_]:
    """(H, W) pixels whose centre lies at most `distance` pixels, as the crow flies, from a pixel of the mask.

    Equal to a distance transform compared with `distance`, and several times faster for a short one: distances
    along the columns, then one comparison for each column that the distance reaches.

    >>> within(np.array([[1, 0, 0, 0]], bool), 2).tolist()
    [[True, True, True, False]]
    """
    reach = math.floor(distance)
    if reach < 0:
        raise ValueError(f"distance must be at least 0, but got {distance}")
    gap = _gap_in_column(mask, reach)
    near = np.zeros(mask.shape, bool)
    for across in range(min(reach, mask.shape[1] - 1) + 1):
        hit = gap <= math.isqrt(math.floor(distance**2 - across**2))
        near[:, across:] |= hit[:, : hit.shape[1] - across]
        near[:, : hit.shape[1] - across] |= hit[:, across:]
    return near


def _gap_in_column(mask: NDArray[np.bool_], reach: int) -> NDArray[np.unsignedinteger]:
    """Pixels to the nearest pixel of the mask in the same column; more than `reach` where it is further."""
    small = np.uint8 if reach < 254 else np.uint32
    gap = np.where(mask, small(0), small(reach + 1))
    for row in range(1, len(gap)):
        np.minimum(gap[row], gap[row - 1] + small(1), out=gap[row])
    for row in range(len(gap) - 2, -1, -1):
        np.minimum(gap[row], gap[row + 1] + small(1), out=gap[row])
    return gap
