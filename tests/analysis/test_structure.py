import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from demo.analysis.structure import boundary, boundary_length, default_distance, fragment_areas, measure, within
from demo.schema import Comparison
from tests.analysis.maps import comparisons, prediction


@given(
    hnp.arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    st.floats(0, 12, allow_subnormal=False) | st.sampled_from([2**0.5, 5**0.5, 300.0]),
)
def test_within_equals_a_distance_transform(mask: np.ndarray, distance: float) -> None:
    exact = ndimage.distance_transform_edt(~mask) if mask.any() else np.full(mask.shape, np.inf)
    # Squared distances are whole numbers: compare those, as a rounded root may fall on the wrong side.
    assert (within(mask, distance) == (np.rint(np.minimum(exact, 1e6) ** 2) <= distance**2)).all()


def test_a_negative_distance_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0, but got -1"):
        within(np.ones((2, 2), bool), -1)


@given(comparisons())
def test_boundary_by_brute_force(c: Comparison) -> None:
    _, height, width = c.label_maps.shape
    sides = set()
    touched = np.zeros((height, width), bool)
    for number, label_map in enumerate(c.label_maps):
        for y, x in np.ndindex(height, width):
            for v, u in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if 0 <= v < height and 0 <= u < width and label_map[y, x] != label_map[v, u]:
                    touched[y, x] = True
                    if number == 0:
                        sides.add(frozenset([(y, x), (v, u)]))
    assert (boundary(*c.label_maps) == touched).all()
    assert boundary_length(c.label_maps[0]) == len(sides)


@given(comparisons(models=1))
def test_fragments_are_the_pieces_of_every_label(c: Comparison) -> None:
    label_map = c.label_maps[0]
    wanted = []
    for label in np.unique(label_map):
        pieces, count = ndimage.label(label_map == label)
        wanted += np.bincount(pieces.ravel(), minlength=count + 1)[1:].tolist()
    assert sorted(fragment_areas(label_map).tolist()) == sorted(wanted)


def test_share_of_the_entropy_at_a_boundary() -> None:
    entropy = np.full((10, 20), 0.1)
    entropy[:, 8:12] = 0.9  # two pixels on either side of the boundary between columns 9 and 10
    found = measure(prediction(np.repeat([[3] * 10 + [4] * 10], 10, axis=0), entropy), distance=1)
    assert found.boundary_area_share == 0.2
    assert found.boundary_entropy_share == pytest.approx(36 / (36 + 16))
    assert found.mean_entropy_at_boundaries == pytest.approx(0.9)
    assert found.mean_entropy_inside == pytest.approx(0.1)
    assert found.mean_entropy == pytest.approx(0.26)
    assert (found.fragments, found.median_fragment_area, found.boundary_length) == (2, 100, 10)
    assert found.fragments_per_megapixel == pytest.approx(2 / (256 * 512) * 1e6)


@pytest.mark.parametrize("enlarged", [1, 2, *(pytest.param(times, marks=pytest.mark.slow) for times in (5, 7))])
def test_fragments_per_megapixel_do_not_depend_on_the_resolution_of_the_photo(enlarged: int) -> None:
    coarse = np.random.default_rng(2).integers(0, 3, (24, 32), np.uint8).repeat(20, 0).repeat(20, 1)
    one = measure(prediction(coarse, np.ones(coarse.shape)))
    large = coarse.repeat(enlarged, 0).repeat(enlarged, 1)
    other = measure(prediction(large, np.ones(large.shape)))
    assert other.fragments == one.fragments == len(fragment_areas(coarse))
    assert other.fragments_per_megapixel == one.fragments_per_megapixel
    assert one.fragments_per_megapixel == pytest.approx(one.fragments / (384 * 512) * 1e6)


def test_a_constant_map_has_no_boundary() -> None:
    found = measure(prediction([[5]], [[0.0]]))
    assert (found.fragments, found.boundary_length, found.boundary_area_share) == (1, 0, 0)
    assert math.isnan(found.boundary_entropy_share)
    assert math.isnan(found.mean_entropy_at_boundaries)
    assert found.mean_entropy_inside == 0


def test_where_all_is_boundary_nothing_is_inside() -> None:
    found = measure(prediction([[1, 2]], [[0.5, 0.7]]), distance=0)
    assert found.boundary_entropy_share == 1
    assert math.isnan(found.mean_entropy_inside)


def test_structures_of_two_photos_add() -> None:
    one = measure(prediction([[1, 2], [1, 2]], [[0.5, 0.25], [0, 1]]), 0)
    other = measure(prediction([[1, 1, 1]], [[0.5, 0.5, 0.25]]), 0)
    both = one + other
    assert both.mean_entropy == 3 / 7
    assert both.boundary_entropy_share == 1.75 / 3
    assert both.median_fragment_area == 2
    assert both.fragments == 3


def test_default_distance_is_three_quarters_of_a_percent_of_the_diagonal() -> None:
    assert default_distance((300, 400)) == 3.75
