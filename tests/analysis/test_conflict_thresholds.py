"""The threshold map says of every threshold what a recount would say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.analysis.agreement import confident_conflict
from demo.analysis.conflict_thresholds import THRESHOLDS, conflict_areas, conflict_thresholds
from demo.labels.ade20k import ADE20K
from demo.schema import Comparison

FAMILIES = ("cnn", "cnn", "transformer")


def comparison(seed: int, classes: int = 3) -> Comparison:
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, (3, 6, 7)).astype(np.uint8)
    exact = random.integers(0, THRESHOLDS + 1, (3, 6, 7)) / THRESHOLDS  # confidences that lie on thresholds
    return Comparison(("a", "b", "c"), ("A", "B", "C"), FAMILIES, labels, exact.astype(np.float32), ADE20K)


@given(st.integers(0, 10_000), st.integers(1, THRESHOLDS))
def test_a_threshold_on_the_map_is_a_recount(seed: int, threshold: int) -> None:
    c = comparison(seed)
    found, thresholds = confident_conflict(c, threshold / THRESHOLDS), conflict_thresholds(c)
    assert np.array_equal(thresholds >= threshold, found.mask)
    assert conflict_areas(thresholds)[threshold] == pytest.approx(found.area, abs=1e-12)


def test_nothing_is_in_conflict_where_all_agree() -> None:
    c = comparison(1, classes=1)
    assert not conflict_thresholds(c).any()
    assert conflict_areas(conflict_thresholds(c)) == [1.0] + [0.0] * THRESHOLDS
