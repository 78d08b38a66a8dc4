"""The effective receptive field of one label: which pixels the score of a class at a pixel hangs on, and how far away.

It is the gradient of that score with respect to the network's input, in absolute value and summed over the colours
(Luo et al., Understanding the Effective Receptive Field in Deep Convolutional Neural Networks, NIPS 2016), brought to
the photo as the network's posterior brings its scores there: a pixel of the photo is a weighted mean of cells of one or
more windows, and padding is no part of the photo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from demo.analysis.reach import Mass, Point
from demo.errors import BackendError
from demo.models.network import Opened
from demo.models.posterior import Box, Posterior
from demo.models.recording import recording

Cells = NDArray[np.float32]
"""(h, w): what each cell of a tile's grid weighs in a score."""
NEVER: Callable[[], bool] = lambda: False  # noqa: E731  # a default that is called


@dataclass(frozen=True)
class Spot:
    """One pixel of the photo and one class of the network's own."""

    point: Point
    index: int


@dataclass(frozen=True, eq=False)
class Traced:
    """Where the scores of some spots come from."""

    masses: tuple[Mass, ...]
    """A map for each spot over the part of the network's input that shows the photo; sums to 1."""
    padding: float
    """Share 0..1 of all mass that lies on padding and is left out of the maps, mean over the spots."""

    @property
    def mean(self) -> Mass:
        """The mean of the maps, which sums to 1."""
        return np.asarray(np.mean(self.masses, axis=0), np.float32)


def receptive_field(
    opened: Opened, posterior: Posterior, spots: Sequence[Spot], stopped: Callable[[], bool] = NEVER
) -> Traced:
    """The field of each spot, windows one after another: one pass forward and one back for each spot in it.

    `posterior` is the network's answer to that photo. Raises BackendError when a gradient is zero everywhere or takes
    more memory than there is, StoppedError once `stopped` says so.
    """
    inputs = opened.inputs
    found = [torch.zeros(inputs.shape[1:]) for _ in spots]
    weights = [cells_at(posterior, spot.point) for spot in spots]
    for number, box in enumerate(boxes(posterior, opened)):
        inside = [spot for spot in range(len(spots)) if weights[spot][number].any()]
        if not inside:
            continue
        y0, x0, y1, x1 = box
        window = inputs[:, :, y0:y1, x0:x1].detach().clone().requires_grad_(True)
        with recording(opened.network, stopped):
            scores = opened.scores(window)
            for spot in inside:
                score = weighted(scores[spots[spot].index], weights[spot][number])
                (gradient,) = torch.autograd.grad(score, window, retain_graph=spot != inside[-1])
                found[spot][:, y0:y1, x0:x1] += gradient[0].float().cpu()
        del scores
    return traced((one.abs().sum(0) for one in found), posterior, opened)


def traced(maps: Iterator[Tensor], posterior: Posterior, opened: Opened) -> Traced:
    """Maps over the whole input, cut to what shows the photo. Raises BackendError for a map of zeros."""
    masses, padding = [], []
    top, left, bottom, right = on_input(posterior.valid, posterior, opened)
    for one in maps:
        total, inside = float(one.sum()), one[top:bottom, left:right]
        if not total > 0 or not float(inside.sum()) > 0:
            raise BackendError(
                "Cannot say: that class's score does not change here with any pixel of the photo. Ask for another "
                "pixel or class."
            )
        masses.append((inside / inside.sum()).numpy())
        padding.append(1 - float(inside.sum()) / total)
    return Traced(tuple(masses), max(0.0, float(np.mean(padding))))


def weighted(scores: Tensor, cells: Cells) -> Tensor:
    """The sum of scores (h, w) times what each weighs."""
    return (scores * torch.from_numpy(cells).to(scores)).sum()


def cells_at(posterior: Posterior, point: Point) -> list[Cells]:
    """What each cell of each tile weighs in the scores at pixel (y, x) of the photo."""
    (height, width), (y, x) = posterior.photo_size, point
    rows, columns = posterior.weights(height, width, (y, y + 1), (x, x + 1))
    return _by_tile(posterior, rows.T @ columns)


def cells_in(posterior: Posterior, mask: NDArray[np.bool_]) -> list[Cells]:
    """What each cell of each tile weighs in the mean score over a mask (H, W) of the photo, which may be coarser."""
    rows, columns = posterior.weights(*mask.shape)
    share = mask.astype(np.float32) / np.float32(mask.sum())
    return _by_tile(posterior, rows.T @ share @ columns)


def boxes(posterior: Posterior, opened: Opened) -> list[Box]:
    """Each tile's box in the network's input."""
    return [on_input(tile.box, posterior, opened) for tile in posterior.tiles]


def on_input(box: Box, posterior: Posterior, opened: Opened) -> Box:
    """A box of the posterior's input in pixels of the network's: a posterior may begin at the grid of its scores."""
    down, across = (taken / known for taken, known in zip(opened.inputs.shape[-2:], posterior.padded_size, strict=True))
    y0, x0, y1, x1 = box
    return round(y0 * down), round(x0 * across), round(y1 * down), round(x1 * across)


def _by_tile(posterior: Posterior, mosaic: Cells) -> list[Cells]:
    _, height, width = posterior.tiles[0].scores.shape
    return [
        np.ascontiguousarray(mosaic[y : y + height, x : x + width])
        for y in range(0, mosaic.shape[0], height)
        for x in range(0, mosaic.shape[1], width)
    ]
