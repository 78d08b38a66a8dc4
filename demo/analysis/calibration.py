"""Whether a network is as sure as it is right: int64 counts that add, and formulas on the counts.

Two kinds of counts, both exact sums whatever the order of pixels, photos and workers:

- reliability (3, 3000): in 3000 equal steps of confidence, pixels, right pixels, and the sum of their confidences in
  units of 2**-24. Reliability diagrams, ECE and adaptive ECE come from it.
- ranking (2, 33280): pixels without and with an event (a mistake, an unknown object) by uncertainty, in steps 256 to an
  octave (0.4 % or finer, relative): AUROC, AUPR, FPR95, risk-coverage come from it. Equal steps count as ties.

>>> import numpy as np
>>> confidence = np.array([0.95, 0.85, 0.65, 0.55], np.float32)
>>> right = np.array([True, True, False, True])
>>> round(ece(reliability(confidence, right)), 4)
0.325
>>> ranking = rank(uncertainty_of_confidence(confidence), ~right)
>>> round(auroc(ranking), 3), aupr(ranking), round(fpr_at_recall(ranking), 3), round(aurc(ranking), 3)
(0.667, 0.5, 0.333, 0.146)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

from demo.measures import Measure
from demo.schema import VOID, Field, LabelMap

Counts = NDArray[np.int64]
Curve = NDArray[np.float64]
Mask = NDArray[np.bool_]

STEPS = 3000
BINS = 15
CONFIDENCE_UNIT = 2.0**-24
PROPER_UNIT = 2.0**-20
RANKS = 0x41000000 >> 15
"""Steps of uncertainty: the upper 17 bits of a float32 below 8."""


@dataclass(frozen=True)
class Bins:
    """A reliability diagram: one entry a bin; `confidence` and `accuracy` are means, nan where a bin is empty."""

    lower: Curve
    upper: Curve
    pixels: Counts
    confidence: Curve
    accuracy: Curve


def reliability(confidence: Field, right: Mask) -> Counts:
    """Counts (3, 3000) of pixels, right pixels and confidence by confidence. Any shape, the same for both."""
    confidence = np.asarray(confidence, np.float32).ravel()
    step = np.clip(np.ceil(confidence * np.float32(STEPS)).astype(np.intp) - 1, 0, STEPS - 1)
    units = np.rint(confidence / np.float32(CONFIDENCE_UNIT))
    columns = (None, np.asarray(right).ravel(), units)
    return np.stack([np.bincount(step, weights, STEPS).astype(np.int64) for weights in columns])


def bins(counts: Counts, number: int = BINS) -> Bins:
    """The diagram with `number` equal-width bins, each (lower, upper]; `number` divides 3000."""
    if STEPS % number:
        raise ValueError(f"number of bins must divide {STEPS}, but got {number}")
    pixels, right, units = counts.reshape(3, number, -1).sum(2)
    edges = np.linspace(0, 1, number + 1)
    filled = np.where(pixels > 0, pixels, 1)
    empty = np.where(pixels > 0, 0.0, np.nan)
    return Bins(edges[:-1], edges[1:], pixels, units * CONFIDENCE_UNIT / filled + empty, right / filled + empty)


def ece(counts: Counts, number: int = BINS) -> float:
    """Expected calibration error, 0..1: mean over pixels of |confidence - accuracy| of their equal-width bin.

    Guo et al. 2017, equation 5; Naeini et al. 2015. nan without pixels.
    """
    _, right, units = counts.reshape(3, number, -1).sum(2)
    return _share(float(np.abs(right - units * CONFIDENCE_UNIT).sum()), int(counts[0].sum()))


def adaptive_ece(counts: Counts, number: int = BINS) -> float:
    """Expected calibration error over `number` bins of equally many pixels (Nguyen and O'Connor 2015).

    A bin edge inside one of the 3000 steps splits the step evenly, so the value is exact to 1/3000 at worst.
    """
    pixels = int(counts[0].sum())
    if not pixels:
        return float("nan")
    seen = np.concatenate([[0], counts[0].cumsum()])
    filled = np.concatenate([[True], counts[0] > 0])
    edges = np.linspace(0, pixels, number + 1)
    right, units = (np.interp(edges, seen[filled], np.concatenate([[0], row.cumsum()])[filled]) for row in counts[1:])
    return float(np.abs(np.diff(right) - np.diff(units) * CONFIDENCE_UNIT).sum() / pixels)


def uncertainty_of_confidence(confidence: Field) -> Field:
    """1 - confidence, which is exact where it matters: near certainty. For margins too."""
    return np.float32(1) - np.asarray(confidence, np.float32)


def uncertainty(measure: Measure, value: Field) -> Field:
    """A measure's map as a number that grows with doubt and lies between 0 and 8; the order of the pixels is kept.

    Entropy as it is, 1 - a share, and what has no end, like a logit, squeezed: 4 / (1 + z) for z above 0.
    """
    if measure.needs == "probabilities":
        return value if measure.high_is_doubt else uncertainty_of_confidence(value)
    doubt = np.asarray(value if measure.high_is_doubt else -value, np.float32)
    squeezed = 4 / (1 + np.abs(doubt))
    return np.where(doubt < 0, squeezed, 8 - squeezed)


def steps(uncertainty: Field) -> NDArray[np.intp]:
    """The step of each uncertainty, 0..33279, in the same shape: 256 to an octave (0 to under 8; more counts as 8)."""
    value = np.clip(np.asarray(uncertainty, np.float32), 0, np.nextafter(np.float32(8), np.float32(0)))
    return (np.ascontiguousarray(value + np.float32(0)).view(np.uint32) >> 15).astype(np.intp)


def rank(uncertainty: Field, event: Mask) -> Counts:
    """Counts (2, 33280) of pixels without and with the event, by the `steps` of their uncertainty."""
    step, happened = steps(uncertainty).ravel(), np.asarray(event).ravel()
    return np.bincount(step + RANKS * happened, minlength=2 * RANKS).reshape(2, RANKS).astype(np.int64)


def auroc(counts: Counts) -> float:
    """Chance that a pixel with the event is more uncertain than one without, ties half; nan when either is missing."""
    without, with_event = counts.astype(np.float64)
    below = without.cumsum() - without
    return _share(float((with_event * (below + without / 2)).sum()), float(without.sum() * with_event.sum()))


def aupr(counts: Counts) -> float:
    """Average precision of finding the event by uncertainty: the sum of precision x gained recall.

    No interpolation, as `sklearn.metrics.average_precision_score`. A blind guess scores the share of such pixels.
    """
    false_alarms, found = _descending(counts)
    gained = np.diff(found, prepend=0)
    taken = np.maximum(found + false_alarms, 1)
    return _share(float((gained * found / taken).sum()), float(found[-1]))


def fpr_at_recall(counts: Counts, recall: float = 0.95) -> float:
    """Share of the pixels without the event above the highest threshold that finds `recall` of those with it."""
    false_alarms, found = _descending(counts)
    if not found[-1] or not false_alarms[-1]:
        return float("nan")
    return float(false_alarms[np.argmax(found >= recall * found[-1])] / false_alarms[-1])


def risk_coverage(counts: Counts, points: int = 101) -> tuple[Curve, Curve]:
    """Coverage and risk when only the surest pixels are kept: share kept, share of those that are wrong.

    `points` evenly spaced coverages up to 1; the risk at coverage 0 is that of the surest step. Empty without pixels.
    """
    right, wrong = counts[0].cumsum(), counts[1].cumsum()
    kept = right + wrong
    steps = np.flatnonzero(np.diff(kept, prepend=0))
    if not steps.size:
        return np.empty(0), np.empty(0)
    coverage = np.linspace(0, 1, points)
    errors = np.interp(coverage * kept[-1], np.append(0, kept[steps]), np.append(0, wrong[steps]))
    taken = coverage * kept[-1]
    first = wrong[steps[0]] / kept[steps[0]]
    return coverage, np.divide(errors, taken, out=np.full(points, first), where=taken > 0)


def aurc(counts: Counts) -> float:
    """Area under the risk-coverage curve, 0..1: the mean over k of the error rate of the k surest pixels.

    Geifman and El-Yaniv 2017. Pixels in one step are taken in random order, whose expectation is exact in closed form.
    """
    wrong, kept = counts[1].astype(np.float64), counts.sum(0).astype(np.float64)
    filled = kept > 0
    if not filled.any():
        return float("nan")
    wrong, kept = wrong[filled], kept[filled]
    kept_before, wrong_before = kept.cumsum() - kept, wrong.cumsum() - wrong
    rate = wrong / kept
    harmonic = digamma(kept_before + kept + 1) - digamma(kept_before + 1)
    total = rate * kept + (wrong_before - rate * kept_before) * harmonic
    return float(total.sum() / kept.sum())


def proper_scores(strips: Iterable[tuple[int, Field]], truth: LabelMap) -> Counts:
    """Pixels, Brier score and negative log-likelihood summed over labelled pixels, (3,); the last two in 2**-20.

    `strips` are (first row, probabilities (C, rows, W)), as `Posterior.strips` gives them. A probability that float32
    holds as 0 counts as its smallest normal number: 87.3 nats.
    """
    total = np.zeros(3, np.int64)
    for first, probabilities in strips:
        part = truth[first : first + probabilities.shape[1]]
        known = part != VOID
        label = np.where(known, part, 0)[None].astype(np.intp)
        own = np.take_along_axis(probabilities, label, 0)[0][known].astype(np.float64)
        squares = np.einsum("chw,chw->hw", probabilities, probabilities, dtype=np.float64)[known]
        brier = squares - 2 * own + 1
        surprise = -np.log(np.maximum(own, np.finfo(np.float32).tiny))
        units = (np.rint(value / PROPER_UNIT).astype(np.int64).sum() for value in (brier, surprise))
        total += np.array([known.sum(), *units], np.int64)
    return total


def brier(counts: Counts) -> float:
    """Mean over pixels of the squared distance between probabilities and the one-hot truth, 0..2 (Brier 1950)."""
    return _share(float(counts[1] * PROPER_UNIT), int(counts[0]))


def nll(counts: Counts) -> float:
    """Mean over pixels of -ln(probability of the annotated class), in nats."""
    return _share(float(counts[2] * PROPER_UNIT), int(counts[0]))


def _descending(counts: Counts) -> tuple[Curve, Curve]:
    """Pixels without and with the event that are at least as uncertain as each step, most uncertain first."""
    without, with_event = counts[:, ::-1].cumsum(1).astype(np.float64)
    return without, with_event


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
