"""Agreement beyond chance: Cohen's kappa for two models, Fleiss' kappa for all of them.

Kappa is 1 for complete agreement and 0 for as much as models would reach that name classes at random, each as often
as it does. It is undefined, nan, where chance alone agrees completely: everybody names one class everywhere. Where one
class fills nearly all of the photo, it is near 0 or below although the models agree nearly everywhere (the prevalence
paradox: Feinstein and Cicchetti, Journal of Clinical Epidemiology 1990), so it stands beside the agreement.

>>> round(cohen_kappa(np.array([[98, 1], [1, 0]])), 3)
-0.01
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.analysis.spans import find_spans
from demo.schema import VOID, Comparison


@dataclass(frozen=True)
class Pair:
    """Two models of a comparison, and how often each class of one meets each class of the other."""

    first: str
    second: str
    counts: NDArray[np.int64]
    """(C, C) pixels: row, class named by the first model; column, by the second."""

    @property
    def agreement(self) -> float:
        """Share of the pixels with the same class, 0..1."""
        return pixel_agreement(self.counts)

    @property
    def kappa(self) -> float:
        """Cohen's kappa; nan when undefined."""
        return cohen_kappa(self.counts)


def pairwise(c: Comparison) -> tuple[Pair, ...]:
    """Every pair of models, in the comparison's order: (0, 1), (0, 2), ... (1, 2), ...

    Only pixels count where both can say.
    """
    spans = find_spans(c.label_maps)
    labels, classes = spans.labels.astype(np.int64), len(c.class_set)
    pairs = []
    for one, other in itertools.combinations(range(len(c.ids)), 2):
        both = (labels[one] != VOID) & (labels[other] != VOID)
        met = (labels[one] * classes + labels[other])[both]
        counts = np.bincount(met, spans.lengths[both], minlength=classes**2)
        pairs.append(Pair(c.ids[one], c.ids[other], counts.astype(np.int64).reshape(classes, classes)))
    return tuple(pairs)


def pixel_agreement(counts: NDArray[np.int64]) -> float:
    """Share of the pixels on the diagonal of a confusion matrix; nan without any.

    >>> pixel_agreement(np.array([[20, 5], [10, 15]]))
    0.7
    """
    total = int(counts.sum())
    return float(np.trace(counts) / total) if total else math.nan


def cohen_kappa(counts: NDArray[np.int64]) -> float:
    """Cohen's kappa of a confusion matrix (Cohen 1960, eq. 1).

    >>> round(cohen_kappa(np.array([[20, 5], [10, 15]])), 3)
    0.4
    """
    total = float(counts.sum())
    if not total:
        return math.nan
    expected = float(counts.sum(0).astype(float) @ counts.sum(1).astype(float)) / total**2
    return _beyond_chance(pixel_agreement(counts), expected)


@dataclass(frozen=True)
class Ratings:
    """What Fleiss' kappa needs to know of M models over N pixels; adds over photos."""

    models: int
    pixels: int
    agreeing_pairs: int
    """Pairs of models with the same class at the same pixel, summed over the pixels."""
    classes: NDArray[np.int64]
    """(C,) how often each class was named, by all models together."""

    def __add__(self, other: Ratings) -> Ratings:
        if self.models != other.models:
            raise ValueError(f"ratings add over the same models, but got {self.models} and {other.models}")
        return Ratings(
            self.models,
            self.pixels + other.pixels,
            self.agreeing_pairs + other.agreeing_pairs,
            self.classes + other.classes,
        )


def ratings(c: Comparison) -> Ratings:
    """Count what all models of a comparison named, where all can say."""
    spans = find_spans(c.label_maps)
    able = (spans.labels != VOID).all(0)
    said, lengths = spans.labels[:, able], spans.lengths[able]
    agreeing = sum(int(lengths[one == other].sum()) for one, other in itertools.combinations(said, 2))
    classes = sum(np.bincount(labels, lengths, minlength=len(c.class_set)) for labels in said)
    return Ratings(len(c.ids), int(lengths.sum()), agreeing, np.asarray(classes).astype(np.int64))


def fleiss_kappa(counts: Ratings) -> float:
    """Fleiss' kappa (Fleiss 1971, eq. 7); nan for one model, and when undefined."""
    pairs = counts.models * (counts.models - 1) // 2 * counts.pixels
    if pairs == 0:
        return math.nan
    shares = counts.classes / counts.classes.sum()
    return _beyond_chance(counts.agreeing_pairs / pairs, float(shares @ shares))


def _beyond_chance(observed: float, expected: float) -> float:
    return (observed - expected) / (1 - expected) if expected < 1 else math.nan
