"""How right a label map is: int64 counts that add over pixels, photos and workers, and formulas on the counts.

A confusion is (C, C): rows the annotated class, columns the predicted one; void pixels are not counted. Add the
confusions of all photos first and divide once: that is the dataset's score, not the mean of per-photo scores.

>>> import numpy as np
>>> truth = np.array([[0, 0, 1], [0, 255, 1]], np.uint8)
>>> predicted = np.array([[0, 0, 1], [1, 1, 2]], np.uint8)
>>> counts = confusion(predicted, truth, 4)
>>> int(counts.sum()), pixel_accuracy(counts)
(5, 0.6)
>>> [round(float(value), 3) for value in iou(counts)]
[0.667, 0.333, 0.0, nan]
>>> round(mean_iou(counts), 3), round(mean_iou(counts, over="annotated"), 3)
(0.333, 0.5)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from demo.schema import VOID, LabelMap

Counts = NDArray[np.int64]
PerClass = NDArray[np.float64]
SizeGroup = Literal["small", "medium", "large"]

SIZE_GROUPS: tuple[SizeGroup, ...] = ("small", "medium", "large")
SIZE_EDGES = (32**2, 96**2)
"""Pixels: a region below the first is small, from the second on large. COCO's areas."""
BOUNDARY_SHARE = 0.02
"""Width of the boundary band as a share of the photo's diagonal (Cheng et al. 2021)."""


@dataclass(frozen=True)
class ConfusedPair:
    """One kind of mistake: `pixels` of class `truth` (0..149) were called `predicted`."""

    truth: int
    predicted: int
    pixels: int
    share: float
    """Of all pixels annotated as `truth`, 0..1."""


def confusion(predicted: LabelMap, truth: LabelMap, classes: int) -> Counts:
    """Counts of (annotated, predicted) pairs, (C, C), over the pixels that have a label.

    Any shape, the same for both. Predicted labels under void may be anything.
    """
    if predicted.shape != truth.shape:
        raise ValueError(f"predicted and truth must have one shape, but got {predicted.shape} and {truth.shape}")
    known = truth != VOID
    annotated, said = truth[known].astype(np.intp), predicted[known]
    if annotated.size and max(int(annotated.max()), int(said.max())) >= classes:
        raise ValueError(
            f"labels must be 0..{classes - 1} (or {VOID} in the truth), but got "
            f"{max(int(annotated.max()), int(said.max()))}"
        )
    return np.bincount(annotated * classes + said, minlength=classes**2).reshape(classes, classes).astype(np.int64)


def areas(counts: Counts) -> Counts:
    """Intersection, predicted and annotated pixels of every class, (3, C), of a confusion."""
    return np.stack([np.diagonal(counts), counts.sum(0), counts.sum(1)])


def iou_of_areas(class_areas: Counts) -> PerClass:
    """Intersection over union of every class, 0..1, from (3, C) areas; nan where neither annotated nor predicted."""
    right, predicted, truth = class_areas
    return _divide(right, predicted + truth - right)


def iou(counts: Counts) -> PerClass:
    """Intersection over union of every class, 0..1; nan for a class neither annotated nor predicted."""
    return iou_of_areas(areas(counts))


def class_accuracy(counts: Counts) -> PerClass:
    """Share of every class's annotated pixels that were found (recall), 0..1; nan where none is annotated."""
    right, _, truth = areas(counts)
    return _divide(right, truth)


def pixel_accuracy(counts: Counts) -> float:
    """Share of the labelled pixels that are right, 0..1; nan without any."""
    return float(_divide(np.trace(counts), counts.sum()))


def mean_accuracy(counts: Counts) -> float:
    """Mean of `class_accuracy` over the annotated classes."""
    return mean(class_accuracy(counts))


def mean_iou(counts: Counts, *, over: Literal["occurring", "annotated"] = "occurring") -> float:
    """Mean of `iou` over classes, 0..1.

    "occurring" takes every class that is annotated or predicted anywhere, as `mmseg.evaluation.IoUMetric` does: a class
    that is only ever predicted counts as 0. "annotated" leaves such classes out. On the whole ADE20K validation set,
    where all classes are annotated, the two are one.
    """
    values = iou(counts)
    return mean(values if over == "occurring" else values[counts.sum(1) > 0])


def frequency_weighted_iou(counts: Counts) -> float:
    """Mean of `iou` weighted by each class's share of the annotated pixels (Long et al. 2015)."""
    truth = counts.sum(1)
    present = truth > 0
    return float(_divide((truth[present] * iou(counts)[present]).sum(), truth.sum()))


def top_confusions(counts: Counts, limit: int = 10) -> list[ConfusedPair]:
    """The most frequent mistakes, most pixels first; equal counts in class order."""
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    truth = counts.sum(1)
    pairs = [divmod(int(index), len(counts)) for index in order]
    return [ConfusedPair(t, p, int(wrong[t, p]), float(wrong[t, p] / truth[t])) for t, p in pairs if wrong[t, p]]


def counted_from_zero(counts: Counts) -> str:
    """What is to be said of annotations whose 0 is the first class, and not void, one class off all along; or nothing.

    `counts` is of networks that name classes of a set whose annotations keep 0 for what is not labelled.
    """
    pixels, as_they_are, shifted = counts.sum(), np.trace(counts), np.trace(counts, offset=1)
    if shifted <= max(2 * as_they_are, 0.2 * pixels):
        return ""
    return (
        f"The annotations seem to count classes from 0: {shifted / pixels:.0%} of the pixels agree with the "
        f"networks after adding 1, {as_they_are / pixels:.0%} as they are. Add 1 to every class (0 is not "
        "labelled), and give them again."
    )


def boundary_width(height: int, width: int, share: float = BOUNDARY_SHARE) -> int:
    """Pixels: `share` of the diagonal, rounded, at least 1."""
    return max(1, round(share * float(np.hypot(height, width))))


def inner_boundary(label_map: LabelMap, width: int) -> NDArray[np.bool_]:
    """Pixels within `width` of the outline of their own class's mask, or of the photo's edge (Cheng et al. 2021).

    Distance is the larger of the two axes', as `width` erosions by a 3 x 3 square measure it. One pass serves all
    classes: a pixel is on its class's inner boundary when the square around it holds another class or leaves the photo.
    """
    window = 2 * width + 1
    inner = ndimage.maximum_filter(label_map, window, mode="nearest") != ndimage.minimum_filter(
        label_map, window, mode="nearest"
    )
    inner[:width], inner[-width:], inner[:, :width], inner[:, -width:] = True, True, True, True
    return inner


def boundary_areas(
    predicted: LabelMap,
    truth: LabelMap,
    classes: int,
    truth_inner: NDArray[np.bool_] | None = None,
    *,
    share_void: bool = False,
) -> Counts:
    """Areas (3, C) of the inner boundaries, for `iou_of_areas`: boundary IoU of every class.

    Cheng et al., Boundary IoU, CVPR 2021, applied to each class's two masks with d = 2 % of the diagonal, as in the
    authors' code: void counts as another class where it touches one in the truth, and pixels under void are not
    counted. So a map that is right wherever there is a label misses the strips along void. With `share_void` the
    prediction is given the truth's void before its boundaries are taken, and such a map scores 1. `truth_inner` spares
    repeating `inner_boundary(truth, boundary_width(*truth.shape))` for several models.
    """
    width = boundary_width(*truth.shape)
    inner_said = inner_boundary(np.where(truth == VOID, truth, predicted) if share_void else predicted, width)
    inner_true = inner_boundary(truth, width) if truth_inner is None else truth_inner
    known = truth != VOID
    both = known & inner_said & inner_true & (predicted == truth)
    chosen = (truth[both], predicted[known & inner_said], truth[known & inner_true])
    return np.stack([np.bincount(labels, minlength=classes)[:classes] for labels in chosen]).astype(np.int64)


def size_groups(truth: LabelMap) -> NDArray[np.uint8]:
    """For every pixel the size of the annotated region it lies in: 0 small, 1 medium, 2 large, 255 void.

    A region is a 4-connected piece of one class. ADE20K's index maps hold no instances, so touching objects of one
    class are one region.
    """
    groups = np.full(truth.shape, VOID, np.uint8)
    for label, box in enumerate(ndimage.find_objects(np.where(truth == VOID, 0, truth.astype(np.int32) + 1))):
        if box is None:
            continue
        mask = truth[box] == label
        pieces, _ = ndimage.label(mask)
        sizes = np.searchsorted(SIZE_EDGES, np.bincount(pieces.ravel()), side="right").astype(np.uint8)
        groups[box][mask] = sizes[pieces[mask]]
    return groups


def size_confusions(
    predicted: LabelMap, truth: LabelMap, classes: int, groups: NDArray[np.uint8] | None = None
) -> Counts:
    """A confusion for each of `SIZE_GROUPS`, (3, C, C); their sum is `confusion`.

    After the Segmenter paper (Strudel et al. 2021), which reports mean IoU on small, medium and large objects but has
    published no code for it; this is our reading. Each annotated region belongs to one group by its area
    (`SIZE_EDGES`), and a group's scores count only the pixels of its regions: a pixel wrongly called "car" is charged
    to car in the group of the region that it was taken from.
    """
    groups = size_groups(truth) if groups is None else groups
    chosen = [groups == group for group in range(len(SIZE_GROUPS))]
    return np.stack([confusion(predicted[mask], truth[mask], classes) for mask in chosen])


def mean(values: PerClass) -> float:
    """Mean of the values that are not nan; nan when all are."""
    present = values[~np.isnan(values)]
    return float(present.mean()) if present.size else float("nan")


def _divide(top: NDArray[np.float64] | Counts | np.int64, bottom: Counts | np.int64) -> PerClass:
    top, bottom = np.asarray(top, np.float64), np.asarray(bottom, np.float64)
    return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom > 0)
