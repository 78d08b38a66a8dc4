"""Colours that a person can tell apart."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.labels.ade20k import ADE20K
from demo.labels.palette import cielab, palette_for
from demo.schema import VOID


def closest(palette, classes):
    lab = cielab(palette[list(classes)])
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return distance.min()


present = st.sets(st.integers(0, len(ADE20K) - 1), min_size=2, max_size=40)


def test_cielab_equals_opencv():
    rgb = np.random.default_rng(0).integers(0, 256, (1, 500, 3), dtype=np.uint8)
    expected = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    np.testing.assert_allclose(cielab(rgb), expected, atol=0.5)  # OpenCV interpolates in a table


def test_colours_never_change_at_the_default_distance():
    assert (palette_for(ADE20K, range(len(ADE20K))) == ADE20K.distinct_palette).all()


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(present, st.randoms())
def test_up_to_40_classes_are_20_apart_in_any_order(classes, random):
    palette = palette_for(ADE20K, classes, apart=20)
    assert closest(palette, classes) >= 20
    shuffled = list(classes)
    random.shuffle(shuffled)
    assert (palette_for(ADE20K, [*shuffled, VOID, *shuffled], apart=20) == palette).all()


@settings(max_examples=60, deadline=None)
@given(present)
def test_only_colliding_classes_change_colour(classes):
    before, after = ADE20K.distinct_palette, palette_for(ADE20K, classes, apart=24)
    changed = {int(index) for index in np.flatnonzero((before != after).any(axis=1))}
    assert changed <= classes
    lab = cielab(before)
    for index in changed:
        assert min(np.linalg.norm(lab[index] - lab[other]) for other in classes - {index}) < 24


@pytest.mark.slow
def test_where_no_colour_is_far_enough_the_farthest_is_taken():
    assert closest(palette_for(ADE20K, range(60), apart=60), range(60)) > 10


def test_palette_for_refuses_what_is_no_class():
    with pytest.raises(ValueError, match=r"0\.\.149 .* but got 3\.\.150"):
        palette_for(ADE20K, [3, 150])
