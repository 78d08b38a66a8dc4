"""One prediction against one ground truth: every number, the diagrams, and a map of what kind of right or wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from demo.analysis import calibration, scores, structure
from demo.analysis.counts import Truth, TruthCounts, count
from demo.analysis.mistakes import SEVERE, heights
from demo.analysis.numbers import Json, finding_unknown, numbers, plain
from demo.analysis.unknown import called_rows
from demo.errors import TruthError
from demo.labels.annotations import values_of
from demo.schema import VOID, Field, LabelMap, Prediction, Unknown

Band = Literal["all", "boundary", "interior"]
Strips = Iterable[tuple[int, Field]]

RIGHT, WRONG_UNSURE, WRONG_SURE, UNKNOWN = 0, 1, 2, 3
ERROR_NAMES = {
    RIGHT: "right",
    WRONG_UNSURE: "wrong and unsure",
    WRONG_SURE: "wrong and sure",
    UNKNOWN: "no such class",
    VOID: "not labelled",
}
"""What each value of an error map means."""
NOTHING_KNOWN = (
    "AUROC, AUPR and FPR95 set what no class names against what one does, but nothing of that is labelled; "
    "label something that the networks can name as well."
)
SURE = 0.8
"""Default confidence from which a mistake counts as sure."""


@dataclass(frozen=True)
class TruthEvaluation:
    """What the ground truth says of one prediction."""

    scores: dict[str, Json]
    """Plain values for JSON: numbers, classes, confusions, reliability, risk_coverage, unknown, error_shares."""
    error_map: NDArray[np.uint8]
    """(H, W) codes of `ERROR_NAMES`; 255 also where the band leaves a pixel out."""


def evaluate_truth(
    prediction: Prediction,
    truth: LabelMap,
    *,
    strips: Strips | None = None,
    unknown: Unknown | None = None,
    band: Band = "all",
    sure: float = SURE,
) -> TruthEvaluation:
    """Score one prediction; every number says its formula, its unit and the pixels it counted.

    `strips` are `Posterior.strips()` at the prediction's size; without them Brier and NLL are null. `unknown` is what
    no class of the set names: never scored as right or wrong, but counted for how well each uncertainty finds it and
    what it was called. `band` keeps only pixels within 0.75 % of the diagonal of an annotated outline ("boundary"),
    or only the others ("interior"). Raises TruthError when sizes differ or nothing is labelled.
    """
    label_map = _checked(prediction, truth, unknown)
    kept = _kept(label_map, band)
    shape = Truth.of(label_map, unknown).only(kept)
    counts = count(prediction, shape, strips)
    foreign = np.zeros(kept.shape, bool) if shape.unknown is None else shape.unknown.mask
    error_map = errors(prediction, shape.label_map, foreign, sure)
    found: dict[str, Json] = {
        "model": prediction.model,
        "band": band,
        "sure": sure,
        "pixels": {"photo": int(truth.size), "labelled": counts.pixels, "unknown": int(foreign.sum())},
        "numbers": [number.as_json() for number in numbers(counts)],
        "classes": class_rows(counts),
        "confusions": confusion_rows(counts),
        "reliability": reliability_rows(counts),
        "risk_coverage": {score: risk_rows(found) for score, found in counts.rankings.items()},
        "unknown": unknown_row(counts) if unknown is not None else None,
        "error_shares": error_shares(error_map),
    }
    return TruthEvaluation(found, error_map)


def errors(
    prediction: Prediction, truth: LabelMap, unknown: NDArray[np.bool_] | None = None, sure: float = SURE
) -> NDArray[np.uint8]:
    """(H, W) map of 0 right, 1 wrong and unsure, 2 wrong and sure, 3 no such class, 255 not labelled."""
    wrong = prediction.label_map != truth
    codes = np.where(wrong, np.where(prediction.confidence >= sure, WRONG_SURE, WRONG_UNSURE), RIGHT).astype(np.uint8)
    codes[truth == VOID] = VOID
    if unknown is not None:
        codes[unknown] = UNKNOWN
    return codes


def class_rows(counts: TruthCounts) -> list[Json]:
    """One row for each class annotated or predicted, most annotated pixels first; `index` as in annotation files."""
    confusion = counts.confusion
    annotated, said = confusion.sum(1), confusion.sum(0)
    iou, accuracy = scores.iou(confusion), scores.class_accuracy(confusion)
    edge = scores.iou_of_areas(counts.boundary)
    order = [int(c) for c in np.lexsort((-said, -annotated)) if annotated[c] or said[c]]
    return [
        {
            "index": c + counts.class_set.offset,
            "name": counts.class_set.names[c],
            "iou": plain(iou[c]),
            "accuracy": plain(accuracy[c]),
            "boundary_iou": plain(edge[c]),
            "annotated": int(annotated[c]),
            "predicted": int(said[c]),
        }
        for c in order
    ]


def confusion_rows(counts: TruthCounts, limit: int = 10) -> list[Json]:
    """The most frequent mistakes in words and pixels; severe ones leave the supercategory, null where there is none."""
    apart = heights(counts.class_set)
    return [
        {
            "truth": counts.class_set.names[pair.truth],
            "predicted": counts.class_set.names[pair.predicted],
            "pixels": pair.pixels,
            "share": pair.share,
            "severe": bool(apart[pair.truth, pair.predicted] == SEVERE) if counts.class_set.supercategories else None,
        }
        for pair in scores.top_confusions(counts.confusion, limit)
    ]


def reliability_rows(counts: TruthCounts) -> list[Json]:
    """The 15 bins of the reliability diagram, with counts."""
    diagram = calibration.bins(counts.reliability)
    columns = zip(diagram.lower, diagram.upper, diagram.pixels, diagram.confidence, diagram.accuracy, strict=True)
    return [
        {"from": float(low), "to": float(high), "pixels": int(n), "confidence": plain(sure), "accuracy": plain(right)}
        for low, high, n, sure, right in columns
    ]


def risk_rows(ranking: NDArray[np.int64]) -> dict[str, Json]:
    """The risk-coverage curve at each percent of coverage."""
    coverage, risk = calibration.risk_coverage(ranking)
    return {"coverage": [round(float(x), 4) for x in coverage], "risk": [float(y) for y in risk]}


def unknown_row(counts: TruthCounts) -> dict[str, Json]:
    """What no class names: its pixels, how well each uncertainty tells it from what is labelled, what it was called."""
    return {
        "pixels": counts.unknown.pixels,
        "numbers": [number.as_json() for number in finding_unknown(counts)],
        "called": called_rows(counts.unknown, counts.class_set),
        "message": NOTHING_KNOWN if counts.unknown.pixels and not counts.pixels else None,
    }


def error_shares(error_map: NDArray[np.uint8]) -> dict[str, Json]:
    """The shares of an error map's codes among the pixels that are right or wrong, by name."""
    counts = np.bincount(error_map.ravel(), minlength=256)
    judged = max(1, int(counts[[RIGHT, WRONG_UNSURE, WRONG_SURE]].sum()))
    return {ERROR_NAMES[code]: int(counts[code]) / judged for code in (RIGHT, WRONG_UNSURE, WRONG_SURE)}


def _kept(truth: LabelMap, band: Band) -> NDArray[np.bool_]:
    if band == "all":
        return np.ones(truth.shape, bool)
    near = structure.within(structure.boundary(truth), structure.default_distance(truth.shape))
    return near if band == "boundary" else ~near


def _checked(prediction: Prediction, truth: LabelMap, unknown: Unknown | None) -> LabelMap:
    """The truth with unknown pixels void, when all sizes agree and something is labelled."""
    height, width = prediction.size
    if truth.shape != prediction.size:
        raise TruthError(
            f"The mask must be as large as the photo, {width} x {height} pixels, but it is "
            f"{truth.shape[1]} x {truth.shape[0]}. Give the mask of this photo, not resized."
        )
    if unknown is not None and unknown.places.shape != truth.shape:
        raise ValueError(f"unknown must have the truth's shape {truth.shape}, but got {unknown.places.shape}")
    label_map = truth if unknown is None else np.where(unknown.mask, np.uint8(VOID), truth)
    if (label_map == VOID).all() and not (unknown is not None and unknown.mask.any()):
        raise TruthError(
            f"The mask must label at least one pixel, but all of it is void ({prediction.class_set.void}). "
            f"Check that it is an index mask of {prediction.class_set.title}: {values_of(prediction.class_set)}."
        )
    return label_map
