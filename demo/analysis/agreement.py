"""Where several models agree, where they do not, and along which line they part.

Every function takes a Comparison; `merge_mild` and `settle_boundaries` turn one into another, so that any of them
can be asked to overlook mild disputes or shifted boundaries. Numbers are counts that add over photos, and formulas
on the counts (kappa.py has Cohen's and Fleiss').
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from demo.analysis.spans import Spans, components, find_spans
from demo.analysis.structure import boundary, default_distance, within
from demo.schema import VOID, Comparison, Family, LabelMap

SPLIT = ("all_agree", "between_families", "inside_cnn", "inside_transformer", "mixed")
"""What can be said of a pixel, in the order of the codes 0..4 that `split` returns.

all_agree           every model names one class
between_families    the CNNs agree, the transformers agree, on different classes
inside_cnn          the CNNs disagree among themselves, the transformers do not
inside_transformer  the transformers disagree among themselves, the CNNs do not
mixed               both families disagree among themselves
"""


def votes(c: Comparison) -> NDArray[np.uint8]:
    """(H, W) how many different classes are named at each pixel, 1..M; 0 where one `cannot_say`, and nobody differs."""
    spans = find_spans(c.label_maps)
    return spans.paint(number_of_votes(spans))


def vote_counts(c: Comparison) -> NDArray[np.int64]:
    """(M,) pixels where 1, 2, ... M different classes are named."""
    spans = find_spans(c.label_maps)
    counts = np.bincount(number_of_votes(spans), spans.lengths, minlength=len(c.ids) + 1)
    return counts[1:].astype(np.int64)


def number_of_votes(spans: Spans) -> NDArray[np.uint8]:
    """(R,) how many different classes are named along each span; 0 where one cannot say, and nobody differs."""
    ordered = np.sort(spans.labels, axis=0)  # void, the highest, comes last
    named = 1 + (ordered[1:] != ordered[:-1]).sum(0) - (ordered[-1] == VOID)
    return np.where(_silent(spans.labels), 0, named).astype(np.uint8)


def _silent(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(R,) whether a model cannot say what is there, and the others do not differ: neither agreed nor disputed."""
    return (labels == VOID).any(0) & ~_differ(labels)


def cannot_say(c: Comparison) -> float:
    """Share of the photo, 0..1, where a model has no word for what another names and nobody differs in a common word.

    It is neither agreed nor disputed.
    """
    spans = find_spans(c.label_maps)
    return float(spans.lengths[_silent(spans.labels)].sum() / spans.lengths.sum())


def split(c: Comparison) -> NDArray[np.uint8]:
    """(H, W) along which line the models part, as an index into SPLIT; 255 where one `cannot_say`.

    A dispute among models of one family alone is inside that family; one model always agrees with itself.
    """
    spans = find_spans(c.label_maps)
    return spans.paint(dividing_line(spans.labels, c.families))


def split_counts(c: Comparison) -> NDArray[np.int64]:
    """(5,) pixels in each part of SPLIT."""
    spans = find_spans(c.label_maps)
    line = dividing_line(spans.labels, c.families)
    return np.bincount(line, spans.lengths, minlength=len(SPLIT))[: len(SPLIT)].astype(np.int64)


def dividing_line(labels: NDArray[np.uint8], families: Sequence[Family]) -> NDArray[np.uint8]:
    """(R,) index into SPLIT of what the models say, (M, R), or void: the one definition of who stands against whom."""
    cnn, transformer = (_differ(labels[[own == family for own in families]]) for family in ("cnn", "transformer"))
    parts = [_silent(labels), ~_differ(labels), ~cnn & ~transformer, cnn & ~transformer, ~cnn & transformer]
    return np.select(parts, [np.uint8(code) for code in (VOID, 0, 1, 2, 3)], np.uint8(4))


def shares(counts: Sequence[int] | NDArray[np.int64], pixels: int | None = None) -> dict[str, float]:
    """Each part of SPLIT with its share of the area, from `split_counts`, or sums of them.

    The area has as many `pixels`; by default those that are counted.

    >>> shares([3, 1, 0, 0, 0])["between_families"]
    0.25
    """
    area = float(sum(counts)) if pixels is None else pixels
    return {name: float(count) / area for name, count in zip(SPLIT, counts, strict=True)}


def majority(c: Comparison) -> LabelMap:
    """(H, W) the class that most models name; void where none can say.

    Among classes named equally often wins the one whose models are surest together (highest sum of confidences),
    then the one of the lowest index, so the order of the models never matters.
    """
    spans = find_spans(c.label_maps)
    number = np.stack([(spans.labels == label).sum(0) for label in spans.labels])
    number[spans.labels == VOID] = 0
    leads = (number == number.max(0)) & (spans.labels != VOID)
    lowest = np.where(leads, spans.labels, 255).min(0)
    tied = ((np.where(leads, spans.labels, 0).max(0) != lowest) & (lowest != VOID)).nonzero()[0]
    winners = spans.paint(lowest).copy()
    if len(tied):
        pixels = np.flatnonzero(spans.paint(np.isin(np.arange(len(lowest)), tied)))
        candidates = np.repeat(leads[:, tied], spans.lengths[tied], axis=1)
        winners.reshape(-1)[pixels] = _surest(c, pixels, candidates)
    return winners


def _surest(c: Comparison, pixels: NDArray[np.int64], candidates: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """(N,) at each pixel the candidate class with the highest summed confidence, then the lowest index."""
    labels = c.label_maps.reshape(len(c.ids), -1)[:, pixels]
    # Sums of a few float32 are exact in float64, so they do not depend on the order of the models.
    confidences = c.confidences.reshape(len(c.ids), -1)[:, pixels].astype(np.float64)
    support = np.stack([np.where(labels == label, confidences, 0).sum(0) for label in labels])
    support[~candidates] = -1
    return np.where(support == support.max(0), labels, 255).min(0)


def merge_mild(c: Comparison) -> Comparison:
    """The comparison with every class replaced by its supercategory's position, so that mild disputes are none.

    Confidences stay those of the classes, a lower bound for their supercategories.
    """
    return replace(c, label_maps=supercategories_of(c)[c.label_maps])


def supercategories_of(c: Comparison) -> NDArray[np.uint8]:
    """(256,) the supercategory of each class, in whose place void stays void."""
    table = np.full(256, VOID, np.uint8)
    table[: len(c.class_set)] = c.class_set.supercategory_index
    return table


def settle_boundaries(c: Comparison, distance: float | None = None) -> Comparison:
    """The comparison with every boundary-only dispute settled by the majority, so that it counts as agreed."""
    return replace(c, label_maps=np.where(boundary_only(c, distance), majority(c), c.label_maps))


def boundary_only(c: Comparison, distance: float | None = None) -> NDArray[np.bool_]:
    """(H, W) disputes that are only a shifted boundary.

    A dispute is a connected region where every model keeps to one class; it is only a shifted boundary when every
    pixel of it lies within `distance` pixels (default 0.75 % of the diagonal) of a boundary of one of the maps.
    """
    spans = find_spans(c.label_maps)
    return spans.paint(disputed(spans) & (share_inside(spans, components(spans), c.label_maps, distance) == 0))


def disputed(spans: Spans) -> NDArray[np.bool_]:
    """(R,) whether different classes are named along each span."""
    return _differ(spans.labels)


def _differ(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(R,) whether there are two different classes in a column of (M, R), void being none."""
    lowest = labels.min(0, initial=VOID)
    differ: NDArray[np.bool_] = np.where(labels == VOID, 0, labels).max(0, initial=0) > lowest
    return differ


def share_inside(
    spans: Spans, component: NDArray[np.int32], label_maps: NDArray[np.uint8], distance: float | None
) -> NDArray[np.float64]:
    """(R,) of the component that each span lies in, the share further than `distance` from every map's boundaries."""
    near = within(boundary(*label_maps), default_distance(spans.size) if distance is None else distance)
    return (np.bincount(component, spans.sums(~near)) / np.bincount(component, spans.lengths))[component]


@dataclass(frozen=True)
class ConflictPair:
    """Two classes (lower index first) that sure models name at the same pixels, and the share of those pixels."""

    classes: tuple[int, int]
    area: float


@dataclass(frozen=True)
class Conflict:
    """Where at least two models are sure of different classes: one of them is confidently wrong."""

    mask: NDArray[np.bool_]
    pairs: tuple[ConflictPair, ...]
    """Largest area first; where three classes compete, the pixel counts for each of the three pairs."""

    @property
    def area(self) -> float:
        """Share of the photo, 0..1."""
        return float(np.count_nonzero(self.mask) / self.mask.size)


def confident_conflict(c: Comparison, threshold: float = 0.8) -> Conflict:
    """Find the pixels where models whose confidence is at least `threshold` name different classes."""
    shape = c.label_maps.shape[1:]
    first, last = np.full(shape, 255, np.uint8), np.zeros(shape, np.uint8)
    for label_map, confidence in zip(c.label_maps, c.confidences, strict=True):
        sure = (confidence >= threshold) & (label_map != VOID)
        np.minimum(first, label_map, out=first, where=sure)
        np.maximum(last, label_map, out=last, where=sure)
    mask = first < last
    sure_labels = np.where(c.confidences[:, mask] >= threshold, c.label_maps[:, mask], 255)
    return Conflict(mask, _ranked_pairs(sure_labels, mask.size, len(c.class_set)))


def _ranked_pairs(labels: NDArray[np.uint8], pixels: int, classes: int) -> tuple[ConflictPair, ...]:
    """The pairs of different classes in each column of (M, N), 255 meaning none, most frequent first."""
    ordered = np.sort(labels, axis=0)
    ordered[1:][ordered[1:] == ordered[:-1]] = 255  # a class named twice counts once
    counts = np.zeros(classes**2, np.int64)
    for low in range(len(ordered)):
        for high in range(low + 1, len(ordered)):
            both = (ordered[low] != 255) & (ordered[high] != 255)
            keys = ordered[low][both].astype(np.int64) * classes + ordered[high][both]
            counts += np.bincount(keys, minlength=classes**2)
    ranked = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
    return tuple(ConflictPair(divmod(int(key), classes), float(counts[key] / pixels)) for key in ranked)
