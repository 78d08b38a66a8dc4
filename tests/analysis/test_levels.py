"""The threshold map says of every threshold what a recount would say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.analysis.agreement import confident_conflict
from demo.analysis.levels import LEVELS, conflict_areas, conflict_levels
from demo.labels.ade20k import ADE20K
from demo.schema import Comparison

FAMILIES = ("cnn", "cnn", "transformer")


def comparison(seed: int, classes: int = 3) -> Comparison:
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, (3, 6, 7)).astype(np.uint8)
    exact = random.integers(0, LEVELS + 1, (3, 6, 7)) / LEVELS  # confidences that lie on thresholds
    return Comparison(("a", "b", "c"), ("A", "B", "C"), FAMILIES, labels, exact.astype(np.float32), ADE20K)


@given(st.integers(0, 10_000), st.integers(1, LEVELS))
def test_a_threshold_on_the_map_is_a_recount(seed: int, level: int) -> None:
    c = comparison(seed)
    found, levels = confident_conflict(c, level / LEVELS), conflict_levels(c)
    assert np.array_equal(levels >= level, found.mask)
    assert conflict_areas(levels)[level] == pytest.approx(found.area, abs=1e-12)


def test_nothing_is_in_conflict_where_all_agree() -> None:
    c = comparison(1, classes=1)
    assert not conflict_levels(c).any()
    assert conflict_areas(conflict_levels(c)) == [1.0] + [0.0] * LEVELS
