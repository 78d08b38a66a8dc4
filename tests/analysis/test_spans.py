from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from scipy import ndimage

from demo.analysis.spans import components, find_spans
from demo.schema import Comparison
from tests.analysis.maps import comparisons


@given(comparisons())
def test_runs_hold_every_pixel_of_every_map(c: Comparison) -> None:
    spans = find_spans(c.label_maps)
    for label_map, labels in zip(c.label_maps, spans.labels, strict=True):
        assert (spans.paint(labels) == label_map).all()


@given(comparisons())
def test_sums_over_runs_are_the_sum_of_the_field(c: Comparison) -> None:
    spans = find_spans(c.label_maps)
    sums = spans.sums(c.confidences[0])
    for start, length, total in zip(spans.starts, spans.lengths, sums, strict=True):
        assert total == c.confidences[0].reshape(-1)[start : start + length].sum()


@given(comparisons(models=1))
def test_components_are_those_of_every_label_alone(c: Comparison) -> None:
    spans = find_spans(c.label_maps)
    found = spans.paint(components(spans))
    wanted = 0
    for label in np.unique(c.label_maps):
        pieces, count = ndimage.label(c.label_maps[0] == label)
        for piece in range(1, count + 1):
            assert len(np.unique(found[pieces == piece])) == 1
        wanted += count
    assert found.max() + 1 == len(np.unique(found)) == wanted


def test_components_are_numbered_in_reading_order() -> None:
    spans = find_spans(np.array([[[1, 2], [3, 2], [4, 4]]], np.uint8))
    assert spans.paint(components(spans)).tolist() == [[0, 1], [2, 1], [3, 3]]


def test_runs_that_came_to_say_the_same_are_one_component() -> None:
    spans = find_spans(np.array([[[1, 2, 3], [3, 3, 3]]], np.uint8))
    merged = replace(spans, labels=np.array([0, 5, 5, 9], np.uint8)[spans.labels])
    assert merged.paint(components(merged)).tolist() == [[0, 0, 1], [1, 1, 1]]


@pytest.mark.parametrize("shape", [(0, 2, 2), (1, 0, 2), (2, 2)])
def test_maps_without_pixels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least one map and one pixel"):
        find_spans(np.zeros(shape, np.uint8))
