"""Counts against numbers worked out by hand."""

import numpy as np
import pytest

from demo.analysis.scores import confusion
from demo.labels.ade20k import ADE20K
from demo.train.scoring import summarise


def test_scores_by_hand() -> None:
    truth = np.array([[0, 0, 0, 1], [1, 1, 255, 255]], dtype=np.uint8)
    predicted = np.array([[0, 0, 2, 1], [1, 0, 7, 7]], dtype=np.uint8)
    scores = summarise(confusion(predicted, truth, len(ADE20K)), photos=1)
    assert scores.pixel_accuracy == pytest.approx(4 / 6)
    assert scores.mean_iou == pytest.approx((2 / 4 + 2 / 3) / 2)
    assert scores.classes_present == 2


def test_nothing_labelled_is_nan() -> None:
    scores = summarise(np.zeros((len(ADE20K), len(ADE20K)), dtype=np.int64), photos=1)
    assert np.isnan(scores.pixel_accuracy) and np.isnan(scores.mean_iou) and scores.classes_present == 0
