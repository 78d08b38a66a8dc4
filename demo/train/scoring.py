"""How right a network is on annotated photographs while it trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from demo.analysis.scores import Counts, confusion, mean_iou, pixel_accuracy
from demo.labels.ade20k import ADE20K
from demo.schema import Image, LabelMap
from demo.train.data import Photographs


@dataclass(frozen=True)
class Scores:
    """Over all labelled pixels of a set of photographs; shares 0..1."""

    photos: int
    pixel_accuracy: float
    mean_iou: float
    """Over the classes present in the annotations."""
    classes_present: int


def summarise(counts: Counts, photos: int) -> Scores:
    """Scores from counts (truth, predicted); nan where nothing is labelled."""
    present = int((counts.sum(1) > 0).sum())
    return Scores(photos, pixel_accuracy(counts), mean_iou(counts, over="annotated"), present)


def score(answer: Callable[[Image], LabelMap], photographs: Photographs) -> Scores:
    """Pixel accuracy and mean IoU of whatever gives a photograph its label map."""
    counts = np.zeros((len(ADE20K), len(ADE20K)), np.int64)
    for index in range(len(photographs)):
        photo, truth = photographs[index]
        counts += confusion(answer(np.asarray(photo)), np.asarray(truth), len(ADE20K))
    return summarise(counts, len(photographs))
