"""What several networks say together: the mean of their probabilities, and how far they contradict each other.

Mutual information here is H(mean p) - mean H(p): high where the networks are sure but contradict each other, low where
they are unsure in the same way. It measures disagreement among different networks; it is not Bayesian uncertainty.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from demo.analysis.in_common import SharedWords
from demo.schema import ClassSet, Field, LabelMap, Size

BLOCK = 512
"""Pixels taken at once: all probabilities of each fit a processor's second-level cache."""
TINY = np.finfo(np.float32).tiny
SIDE = 512
"""Long side of the grid: about that of the networks' own input, so finer than what any of them says."""


class Probabilities(Protocol):
    """What one model said of a photo, at any size: a Posterior."""

    @property
    def class_set(self) -> ClassSet: ...

    @property
    def photo_size(self) -> Size: ...

    def strips(
        self, size: Size | None = None, most_classes: int | None = None
    ) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(first row, (C, rows, W) probabilities) from top to bottom."""


@dataclass(frozen=True)
class Together:
    """The mean of M models' probabilities over a grid of (H, W); entropies in nats."""

    label_map: LabelMap
    """Likeliest class of the mean."""
    confidence: Field
    """Mean probability of that class, 0..1."""
    entropy: Field
    """Entropy of the mean: H(mean p)."""
    mean_entropy: Field
    """Mean of the models' entropies: mean H(p)."""
    mutual_information: Field
    """H(mean p) - mean H(p), 0..ln M."""
    jensen_shannon: NDArray[np.float64]
    """(M, M) mean over the grid of the Jensen-Shannon divergence of two models, 0..ln 2; 0 on the diagonal."""


def grid_of(size: Size, side: int = SIDE) -> Size:
    """The grid on which models are combined.

    >>> grid_of((480, 640)), grid_of((300, 400))
    ((384, 512), (300, 400))
    """
    scale = min(1, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def combined(
    models: Sequence[Probabilities], side: int = SIDE, *, divergence_step: int = 2
) -> tuple[Together, SharedWords]:
    """Models of one photo together on its `grid_of`, in the classes for which all of them have a word."""
    size, shared = grid_of(models[0].photo_size, side), SharedWords.of([model.class_set for model in models])
    found = together(
        side_by_side(*[_in_words(model, size, shared) for model in models]), size, divergence_step=divergence_step
    )
    return found, shared


def _in_words(model: Probabilities, size: Size, shared: SharedWords) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for y0, probabilities in model.strips(size, max(map(len, shared.tables))):
        yield y0, shared.gather(model.class_set, probabilities)


def side_by_side(
    *models: Iterable[tuple[int, NDArray[np.float32]]],
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Put each model's strips, (y0, (C, rows, W)), cut at the same rows, into strips of all models.

    >>> one, other = np.zeros((2, 7, 3, 4), np.float32)
    >>> [(y0, strip.shape) for y0, strip in side_by_side([(0, one)], [(0, other)])]
    [(0, (2, 7, 3, 4))]
    """
    for strips in zip(*models, strict=True):
        if len({y0 for y0, _ in strips}) > 1:
            raise ValueError(f"strips must begin at the same row, but begin at {[y0 for y0, _ in strips]}")
        yield strips[0][0], np.stack([probabilities for _, probabilities in strips])


def together(strips: Iterable[tuple[int, NDArray[np.float32]]], size: Size, *, divergence_step: int = 4) -> Together:
    """Combine the probabilities of M models, which come strip by strip so that they never exist as a whole.

    Each strip is (y0, (M, C, rows, W) probabilities of the rows from y0 on); the strips cover `size` = (H, W) once,
    in any order. The divergences are means over every `divergence_step`-th row and column. Raises ValueError for
    strips that do not fit or do not cover the grid.
    """
    maps = {name: np.zeros(size, np.float32) for name in ("confidence", "entropy", "mean_entropy")}
    label_map = np.zeros(size, np.uint8)
    covered = np.zeros(size[0], int)
    divergences = np.zeros(())
    sampled = 0
    for y0, probabilities in strips:
        rows = slice(y0, y0 + probabilities.shape[2])
        _check(probabilities, rows, size)
        covered[rows] += 1
        flat = probabilities.reshape(*probabilities.shape[:2], -1)
        for block, values in _blocks(flat):
            label_map[rows].reshape(-1)[block], results = _combine(values)
            for name, result in zip(maps, results, strict=True):
                maps[name][rows].reshape(-1)[block] = result
        sample = probabilities[:, :, -y0 % divergence_step :: divergence_step, ::divergence_step]
        divergences = divergences + _divergences(sample.reshape(*sample.shape[:2], -1))
        sampled += sample.shape[2] * sample.shape[3]
    if not (covered == 1).all():
        raise ValueError(
            f"strips must cover each of {size[0]} rows once, but cover row {int((covered != 1).argmax())} "
            f"{int(covered[(covered != 1).argmax()])} times"
        )
    mutual = np.maximum(maps["entropy"] - maps["mean_entropy"], 0)
    return Together(label_map, **maps, mutual_information=mutual, jensen_shannon=divergences / sampled)


def entropy(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) entropy in nats of (classes, N) probabilities; 0 ln 0 = 0.

    >>> entropy(np.array([[0.5, 1.0], [0.5, 0.0]], np.float32)).round(3).tolist()
    [0.6930000185966492, 0.0]
    """
    return _entropy(np.maximum(probabilities, TINY))


def _entropy(positive: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same for probabilities that are all above 0."""
    return np.abs(np.einsum("cn,cn->n", positive, np.log(positive)))  # abs, for the sum is <= 0, or -0


def _combine(values: NDArray[np.float32]) -> tuple[NDArray[np.uint8], tuple[NDArray[np.float32], ...]]:
    """(M, C, N) probabilities -> (N,) likeliest class of their mean; its confidence, its entropy, mean entropy."""
    mean = values[0].copy()
    for other in values[1:]:
        mean += other
    mean /= len(values)
    highest = mean.max(0)
    # Same as argmax, which numpy runs some ten times slower along the first axis.
    likeliest = np.where(mean == highest, np.arange(len(mean), dtype=np.uint8)[:, np.newaxis], np.uint8(255)).min(0)
    each = np.mean([_entropy(model) for model in values], axis=0)
    return likeliest, (highest, _entropy(mean), each)


def _divergences(sample: NDArray[np.float32]) -> NDArray[np.float64]:
    """(M, M) sums over N pixels of each two models' Jensen-Shannon divergence (Lin 1991, eq. 4.1, equal weights)."""
    total = np.zeros((len(sample), len(sample)))
    for _, values in _blocks(sample):
        entropies = [_entropy(model) for model in values]
        for one, other in itertools.combinations(range(len(values)), 2):
            middle = _entropy((values[one] + values[other]) / 2)
            apart = np.maximum(middle - (entropies[one] + entropies[other]) / 2, 0).sum(dtype=np.float64)
            total[one, other] += apart
            total[other, one] += apart
    return total


def _blocks(flat: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """(M, C, N) probabilities, N in blocks, made positive so that 0 ln 0 = 0."""
    for begin in range(0, flat.shape[2], BLOCK):
        block = slice(begin, begin + BLOCK)
        yield block, np.maximum(flat[:, :, block], TINY)  # a copy, side by side in memory


def _check(probabilities: NDArray[np.float32], rows: slice, size: Size) -> None:
    shape = probabilities.shape
    if len(shape) != 4 or shape[0] == 0 or shape[3] != size[1] or rows.stop > size[0]:
        raise ValueError(
            f"a strip must be (M, C, rows, {size[1]}) within {size[0]} rows, but got {shape} from row {rows.start} on"
        )
