"""What an answer keeps when its photo is changed: labels, entropy, and against a truth IoU and calibration.

All is counted in int64 that add over photos; a study's numbers come from the sums.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from demo.analysis import calibration, scores
from demo.schema import VOID, Field, LabelMap, Prediction

Array = NDArray[np.float64]
ENTROPY_UNIT = 2.0**-20
"""Nats: sums of entropy are kept in whole such units, so that they add exactly."""
FEWEST = 5
"""Photos that an interval takes."""
NUMBERS = ("kept", "entropy", "miou", "ece")
"""What a condition is told in, in the order of the axis of `curves`."""


class Observed(TypedDict):
    """What one network made of one photo in one condition."""

    pixels: int
    kept: int
    """Pixels with the label that the network gave them on the photo as it is."""
    entropy: int
    """Sum, in ENTROPY_UNIT."""
    areas: dict[str, list[int]]
    """By class: right, predicted and annotated pixels; empty without a truth."""
    bins: list[list[int]]
    """Of the labelled pixels, in 15 bins of confidence: their number, those right, and their confidence in 2**-24."""


@dataclass(frozen=True)
class Changes:
    """Two answers of one network compared, pixel by pixel of what both show."""

    pixels: int
    changed: int
    pairs: tuple[scores.ConfusedPair, ...]
    """From which class to which, the most pixels first; `truth` is the first answer's."""
    entropy_before: float
    entropy_after: float
    """Mean over those pixels, nats."""

    @property
    def share(self) -> float:
        """Of the pixels compared, 0..1; nan without any."""
        return self.changed / self.pixels if self.pixels else float("nan")


def compare(
    first: tuple[LabelMap, Field], second: tuple[LabelMap, Field], comparable: NDArray[np.bool_], classes: int
) -> Changes:
    """Labels and entropies of one network's two answers, laid over each other (H, W)."""
    before, after = first[0][comparable], second[0][comparable]
    found = scores.confusion(after, before, classes)
    pixels = int(found.sum())
    means = [float(entropy[comparable].mean(dtype=np.float64)) if pixels else float("nan")
             for entropy in (first[1], second[1])]  # fmt: skip
    return Changes(pixels, pixels - int(np.trace(found)), tuple(scores.top_confusions(found)), *means)


def observe(first: LabelMap, prediction: Prediction, truth: LabelMap | None = None) -> Observed:
    """What is counted of an answer to a corrupted photo; `first` is the label map of the photo as it is. One size."""
    seen = Observed(
        pixels=first.size,
        kept=int((prediction.label_map == first).sum()),
        entropy=round(float(prediction.entropy.sum(dtype=np.float64)) / ENTROPY_UNIT),
        areas={},
        bins=[],
    )
    if truth is None or not (known := truth != VOID).any():
        return seen
    areas = scores.areas(scores.confusion(prediction.label_map, truth, len(prediction.class_set)))
    occurring = np.flatnonzero(areas.any(0)).tolist()
    reliability = calibration.reliability(prediction.confidence[known], (prediction.label_map == truth)[known])
    seen["areas"] = {str(index): areas[:, index].tolist() for index in occurring}
    seen["bins"] = reliability.reshape(3, calibration.BINS, -1).sum(2).tolist()
    return seen


def added(one: Observed, other: Observed) -> Observed:
    """Of two photos together."""
    areas = {index: [*counts] for index, counts in one["areas"].items()}
    for index, counts in other["areas"].items():
        before = areas.get(index, [0] * len(counts))
        areas[index] = [a + b for a, b in zip(before, counts, strict=True)]
    bins = (
        [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(one["bins"], other["bins"], strict=True)]
        if (one["bins"] and other["bins"])
        else one["bins"] or other["bins"]
    )
    return Observed(
        pixels=one["pixels"] + other["pixels"],
        kept=one["kept"] + other["kept"],
        entropy=one["entropy"] + other["entropy"],
        areas=areas,
        bins=bins,
    )


def tables(photos: Sequence[Observed]) -> tuple[Array, Array, Array]:
    """One condition over P photos: (P, 3) pixels, kept, entropy; (P, 3, C) areas; (P, 3, 15) bins."""
    classes = 1 + max((int(index) for seen in photos for index in seen["areas"]), default=0)
    sums = np.array([[seen["pixels"], seen["kept"], seen["entropy"]] for seen in photos], np.float64)
    areas = np.zeros((len(photos), 3, classes))
    bins = np.zeros((len(photos), 3, calibration.BINS))
    for number, seen in enumerate(photos):
        for index, counts in seen["areas"].items():
            areas[number, :, int(index)] = counts
        if seen["bins"]:
            bins[number] = seen["bins"]
    return sums.reshape(-1, 3), areas, bins


def numbers(weights: Array, photos: Sequence[Observed]) -> Array:
    """(D, 4) NUMBERS of one condition, for D weightings (D, P) of its P photos; nan where there is no truth."""
    sums, areas, bins = tables(photos)
    pixels, kept, entropy = (weights @ sums).T
    right, predicted, annotated = (
        (weights @ areas.reshape(len(photos), -1)).reshape(len(weights), 3, -1).transpose(1, 0, 2)
    )
    union = predicted + annotated - right
    occurring = union > 0
    iou = np.divide(right, union, out=np.zeros_like(right), where=occurring)
    number, hits, confidence = (weights @ bins.reshape(len(photos), -1)).reshape(len(weights), 3, -1).transpose(1, 0, 2)
    gaps = np.abs(hits - confidence * calibration.CONFIDENCE_UNIT).sum(1)
    return np.stack(
        [_share(kept, pixels), _share(entropy * ENTROPY_UNIT, pixels), _share(iou.sum(1), occurring.sum(1)),
         _share(gaps, number.sum(1))], axis=1,
    )  # fmt: skip


def weightings(photos: int, resamples: int, seed: int) -> Array:
    """(1 + resamples, photos): every photo once, then as often as it comes when photos are drawn with replacement.

    Of fewer than FEWEST photos nothing is drawn: no interval over them would cover what it says.
    """
    if photos < FEWEST:
        return np.ones((1, photos))
    again = np.random.default_rng(seed).multinomial(photos, np.full(photos, 1 / photos), resamples)
    return np.concatenate([np.ones((1, photos)), again])


def interval(draws: Array, photos: int) -> tuple[Array, Array, Array]:
    """From (1 + R, ...): the value, and the ends of its 95 % bootstrap interval over so many photos; nan for none.

    The expanded percentile interval (Hesterberg, What Teachers Should Know About the Bootstrap, The American
    Statistician 2015, section 5.3): the plain one is too short by sqrt((n - 1) / n) and by the normal quantile in place
    of Student's t, which ten photos feel.
    """
    ends = np.full((2, draws[0].size), np.nan)
    again = draws[1:].reshape(len(draws) - 1, draws[0].size)
    if len(again):
        known = ~np.isnan(again).all(0)
        ends[:, known] = np.nanquantile(again[:, known], _levels(photos), axis=0)
    low, high = ends.reshape(2, *draws[0].shape)
    return draws[0], low, high


def _levels(photos: int) -> list[float]:
    """
    >>> [round(100 * level, 2) for n in (10, 1000) for level in _levels(n)]
    [0.86, 99.14, 2.48, 97.52]
    """
    from scipy import stats

    below = float(stats.norm.cdf(-math.sqrt(photos / (photos - 1)) * stats.t.ppf(0.975, photos - 1)))
    return [below, 1 - below]


def _share(part: Array, whole: Array | NDArray[np.int64]) -> Array:
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)
