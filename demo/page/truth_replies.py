"""What the tab "Truth" is told of one model: its scores, its error map, and later what needs all probabilities."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.analysis import calibration, scores
from demo.analysis.evaluate_truth import RIGHT, UNKNOWN, WRONG_SURE, WRONG_UNSURE, Band, evaluate_truth
from demo.analysis.mistakes import Rightness
from demo.analysis.numbers import DEFINITIONS, Number
from demo.analysis.unknown import flags
from demo.errors import TruthError
from demo.page.truths import Given
from demo.render.encode import png
from demo.schema import VOID, Field, LabelMap, Prediction, Size

if TYPE_CHECKING:
    from demo.models.zoo import Answer

Row: TypeAlias = dict[str, object]

PERCENTS = 100
"""Steps of confidence in which a mistake's sureness is told: from 0.00 to 1.00."""
FOREIGN = 254
"""In maps for the browser: something that no class names."""
PROBABILISTIC = ("brier", "nll")


def describe(given: Given, display: Size, answers: Iterable[Answer]) -> Row:
    """The truth in numbers, and its map on the display's grid: class index, 254 unknown, 255 not labelled.

    `answers` to the photo tell whether it seems to count its classes from 0.
    """
    label_map, unknown = given.label_map, given.unknown
    counts = np.bincount(label_map.reshape(-1), minlength=256)
    shown = label_map if unknown is None else np.where(unknown.mask, np.uint8(FOREIGN), label_map)
    foreign = 0 if unknown is None else int(unknown.mask.sum())
    return {
        "kind": given.kind,
        "class_set": given.class_set.key,
        "width": label_map.shape[1],
        "height": label_map.shape[0],
        "labelled": int(counts[:VOID].sum()),
        "unknown": foreign if unknown is not None else None,
        "classes": [{"index": int(i), "pixels": int(counts[i])} for i in np.argsort(-counts[:VOID], kind="stable")
                    if counts[i]],
        "map": _url(_sampled(shown, display)),
        "doubt": _doubt(given, _sampled(label_map, display), answers),
    }  # fmt: skip


def _doubt(given: Given, truth: LabelMap, answers: Iterable[Answer]) -> str:
    if not (given.numbered and given.class_set.offset):
        return ""
    classes = len(given.class_set)
    counts = np.zeros((classes, classes), np.int64)
    for answer in answers:
        if answer.prediction.class_set == given.class_set:
            counts += scores.confusion(_sampled(answer.prediction.label_map, truth.shape), truth, classes)
    return scores.counted_from_zero(counts)


def scored(answer: Answer, given: Given, band: Band, display: Size) -> tuple[Row, NDArray[np.uint8]]:
    """Everything but Brier and NLL, with the error map for the browser; and `evaluate_truth`'s own error map.

    The browser's map holds 0 where right, 1 + the percent of confidence where wrong, 254 unknown, 255 not counted:
    it can draw any threshold of sureness by itself. `wrong` counts the mistakes by percent of confidence.
    """
    _fits(answer, given)
    prediction = prediction_at(answer, given.label_map.shape)
    evaluation = evaluate_truth(prediction, given.label_map, unknown=given.unknown, band=band)
    codes = wrong_by_confidence(evaluation.error_map, prediction.confidence)
    counts = np.bincount(codes.reshape(-1), minlength=256)
    return {
        "class_set": given.class_set.key,
        "scores": evaluation.scores,
        "right": int(counts[0]),
        "wrong": counts[1 : PERCENTS + 2].tolist(),
        "map": _url(_sampled(codes, display)),
    }, evaluation.error_map


def proper(answer: Answer, given: Given, error_map: NDArray[np.uint8]) -> list[Row]:
    """Brier and NLL over the pixels that `error_map` counts, strip by strip: slow, as it asks all probabilities."""
    counted = np.isin(error_map, (RIGHT, WRONG_UNSURE, WRONG_SURE))
    truth = np.where(counted, given.label_map, np.uint8(VOID))
    counts = calibration.proper_scores(answer.posterior.strips((truth.shape[0], truth.shape[1])), truth)
    values = (calibration.brier(counts), calibration.nll(counts))
    rows = zip(PROBABILISTIC, values, strict=True)
    return [dict(Number(name, DEFINITIONS[name], value, int(counts[0])).as_json()) for name, value in rows]


def flagged(answer: Answer, given: Given, error_map: NDArray[np.uint8], display: Size) -> Row:
    """By each measure of doubt, the map of what it flags where it finds 95 % of what no class names."""
    prediction = prediction_at(answer, given.label_map.shape)
    known, unknown = np.isin(error_map, (RIGHT, WRONG_UNSURE, WRONG_SURE)), error_map == UNKNOWN
    maps = {name: flags(prediction, name, known, unknown) for name in prediction.measures}
    return {"maps": {name: _url(_sampled(codes, display)) for name, codes in maps.items()}}


def consistency(error_maps: Mapping[str, NDArray[np.uint8]]) -> Row:
    """Of each two networks whether they make the same mistakes, by their error maps of one photo."""
    right = {model: Rightness.of(codes, RIGHT, (WRONG_UNSURE, WRONG_SURE)) for model, codes in error_maps.items()}
    return {"pairs": {f"{a}|{b}": right[a].with_(right[b]).as_json() for a, b in combinations(right, 2)}}


def prediction_at(answer: Answer, size: tuple[int, ...]) -> Prediction:
    """The answer on a grid: the one the page keeps, or made anew from the network's scores."""
    height, width = size
    if answer.prediction.size == (height, width):
        return answer.prediction
    return answer.posterior.reduce(answer.spec.id, (height, width), measures=[*answer.prediction.more])


def wrong_by_confidence(error_map: NDArray[np.uint8], confidence: Field) -> NDArray[np.uint8]:
    """(H, W): 0 right, 1 + the highest percent that `confidence` reaches where wrong, 254 unknown, 255 not counted."""
    steps = (np.arange(PERCENTS + 1) / PERCENTS).astype(np.float32)
    reached = np.searchsorted(steps, confidence, side="right").clip(1).astype(np.uint8)
    codes = np.full(error_map.shape, VOID, np.uint8)
    codes[error_map == RIGHT] = 0
    codes[error_map == UNKNOWN] = FOREIGN
    wrong = (error_map == WRONG_UNSURE) | (error_map == WRONG_SURE)
    codes[wrong] = reached[wrong]
    return codes


def _fits(answer: Answer, given: Given) -> None:
    own = answer.posterior.class_set
    if own != given.class_set:
        raise TruthError(
            f"{answer.spec.title} answers in the classes of {own.title}, but this truth is in those of "
            f"{given.class_set.title}; it cannot be judged by it."
        )


def _sampled(codes: LabelMap, size: Size) -> LabelMap:
    """The values at the middles of a coarser grid."""
    if codes.shape == size:
        return codes
    rows, columns = (((np.arange(n) + 0.5) * full / n).astype(int) for n, full in zip(size, codes.shape, strict=True))
    return codes[rows][:, columns]


def _url(codes: LabelMap) -> str:
    return f"data:image/png;base64,{b64encode(png(codes)).decode()}"
