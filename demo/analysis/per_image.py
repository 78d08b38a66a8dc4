"""IoU photo by photo: the mean over photos or over classes, and over the worst of them.

A data set's IoU adds up all pixels first, so that photos with large objects weigh most and a total failure on one photo
hardly shows. Wang et al., Revisiting Evaluation Metrics for Semantic Segmentation: Optimization and Evaluation of
Fine-grained Intersection over Union, NeurIPS 2023. In a photo only the classes that are annotated there count.

>>> photos = np.array([[0.9, 0.5, np.nan], [0.1, np.nan, 0.3]])
>>> [round(float(value), 3) for value in by_photo(photos)]
[0.7, 0.2]
>>> round(miou_by_photo(photos), 3), round(miou_by_class(photos), 3)
(0.45, 0.433)
>>> round(miou_by_photo(photos, worst=0.5), 3), round(miou_by_class(photos, worst=0.5), 3)
(0.2, 0.3)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from demo.analysis import scores

PerPhoto = NDArray[np.float64]
"""(N, C) IoU of each class in each photo, 0..1; nan where the class is not annotated there."""
WORST = (0.25, 0.05, 0.01)
"""Shares of the photos, the worst ones, over which the means are told; at least one photo."""


def ious(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """(C,) IoU of each class annotated in one photo, of its (C, C) confusion; nan for the others."""
    return np.where(confusion.sum(1) > 0, scores.iou(confusion), np.nan)


def table(photos: Sequence[NDArray[np.float64]]) -> PerPhoto:
    """(N, C) of the `ious` of N photos."""
    return np.stack(photos) if photos else np.empty((0, 0))


def by_photo(photos: PerPhoto) -> NDArray[np.float64]:
    """(N,) mean IoU of each photo over its annotated classes; nan for a photo without any."""
    return np.array([scores.mean(row) for row in photos])


def miou_by_photo(photos: PerPhoto, worst: float = 1) -> float:
    """mIoU^I, 0..1: the mean over photos of `by_photo`; of the `worst` share of them, mIoU^Iq of the paper."""
    return _mean_of_worst(by_photo(photos), worst)


def miou_by_class(photos: PerPhoto, worst: float = 1) -> float:
    """mIoU^C, 0..1: each class's mean over the photos that show it, or over the `worst` share of these; then the mean.

    The classes weigh alike, and so do, within a class, the photos.
    """
    return scores.mean(np.array([_mean_of_worst(column, worst) for column in photos.T]))


def _mean_of_worst(values: NDArray[np.float64], worst: float) -> float:
    """The mean of the lowest share of what is not nan: its whole number rounded down, at least one, as the paper's."""
    present = np.sort(values[~np.isnan(values)])
    return scores.mean(present[: max(1, int(worst * len(present)))])
