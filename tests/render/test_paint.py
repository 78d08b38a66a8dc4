"""Colours are exact where they stand for a class, and even and ordered where they stand for a number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from demo.labels.ade20k import ADE20K
from demo.labels.palette import cielab
from demo.render.paint import colour_table, colourise, overlay, scalar
from demo.schema import VOID

label_maps = hnp.arrays(
    np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=20), elements=st.integers(0, len(ADE20K) - 1)
)


@given(label_maps, st.sampled_from([ADE20K.distinct_palette, ADE20K.official_palette]))
def test_every_pixel_has_its_classs_colour(label_map, palette):
    picture = colourise(label_map, palette)
    assert picture.dtype == np.uint8
    assert (picture == palette[label_map]).all()


def test_void_is_black():
    assert colourise(np.array([[VOID, 2]], np.uint8), ADE20K.distinct_palette)[0, 0].tolist() == [0, 0, 0]


def test_maps_that_are_views_of_others_are_painted_too():
    label_map = np.arange(100, dtype=np.uint8).reshape(10, 10)
    for view in (label_map.T, label_map[::2, ::-3]):
        assert (colourise(view, ADE20K.distinct_palette) == ADE20K.distinct_palette[view]).all()


def test_overlay_mixes_photo_and_colours():
    photo = np.random.default_rng(0).integers(0, 256, (6, 7, 3), dtype=np.uint8)
    label_map = np.random.default_rng(1).integers(0, len(ADE20K), (6, 7), dtype=np.uint8)
    label_map[0, 0] = VOID
    palette = ADE20K.distinct_palette
    colours = colourise(label_map, palette)
    labelled = label_map != VOID
    assert (overlay(photo, label_map, palette, 0) == photo).all()
    assert (overlay(photo, label_map, palette, 1)[labelled] == colours[labelled]).all()
    mixed = overlay(photo, label_map, palette, 0.25)
    expected = 0.75 * photo + 0.25 * colours
    assert np.abs(mixed - expected)[labelled].max() <= 0.5
    assert (mixed[0, 0] == photo[0, 0]).all()


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_overlay_refuses_an_opacity_beyond_its_range(opacity):
    with pytest.raises(ValueError, match=r"opacity must be 0\.\.1, but got"):
        overlay(np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1), np.uint8), ADE20K.distinct_palette, opacity)


def test_overlay_refuses_a_map_of_another_size():
    with pytest.raises(ValueError, match=r"one size, but got \(1, 2\) and \(2, 1\)"):
        overlay(np.zeros((1, 2, 3), np.uint8), np.zeros((2, 1), np.uint8), ADE20K.distinct_palette)


def test_the_scale_is_fixed_whatever_the_field_holds():
    field = np.array([[0, ADE20K.max_entropy / 2, ADE20K.max_entropy]], np.float32)
    grey = scalar(field, ADE20K.max_entropy, "article")
    assert grey.tolist() == [[[0] * 3, [128] * 3, [255] * 3]]
    assert (scalar(field[:, :2], ADE20K.max_entropy, "article") == grey[:, :2]).all()
    assert scalar(np.array([[-1, 99]], np.float32), 1, "article").tolist() == [[[0] * 3, [255] * 3]]
    table = colour_table("colour")
    assert (scalar(field, ADE20K.max_entropy)[0] == table[[0, 128, 255]]).all()


def test_painting_a_field_leaves_it_as_it_was():
    field = np.array([[0.5, 2]], np.float32)
    scalar(field, 1)
    assert field.tolist() == [[0.5, 2]]


def test_scalar_refuses_what_has_no_place_on_the_scale():
    with pytest.raises(ValueError, match="has nan"):
        scalar(np.array([[np.nan]], np.float32), 1)
    with pytest.raises(ValueError, match="maximum must be above 0, but got 0"):
        scalar(np.array([[1]], np.float32), 0)


def test_colours_rise_in_lightness_by_even_steps():
    table = colour_table("colour")
    assert table.shape == (256, 3)
    lab = cielab(table)
    assert (np.diff(lab[:, 0]) > 0).all()
    assert lab[0, 0] < 6 and lab[-1, 0] > 95
    eight = np.linalg.norm(lab[8:] - lab[:-8], axis=1)
    assert eight.max() / eight.min() < 1.4
    assert np.ptp(colour_table("article"), axis=1).max() == 0


def test_the_table_cannot_be_changed_by_accident():
    for scheme in ("colour", "article"):
        with pytest.raises(ValueError, match="read-only"):
            colour_table(scheme)[0] = 1
