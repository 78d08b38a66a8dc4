"""Radii and densities of a mass, against numbers that can be counted by hand."""

import math

import numpy as np
import pytest

from demo.analysis.reach import HIGHEST, LOWEST, Reach, density, on_scale, reach

PHOTO = (40, 60)
STEP = math.hypot(*PHOTO) / 8192


def test_the_radius_is_the_distance_at_which_the_share_is_held() -> None:
    mass = np.zeros(PHOTO, np.float32)
    mass[10, 20], mass[10, 23], mass[14, 20] = 0.5, 0.4, 0.1
    assert reach([mass], [(10, 20)], PHOTO).radii == pytest.approx((0, 3), abs=STEP + 1e-9)
    mass[10, 20] = 0.4
    assert reach([mass], [(10, 20)], PHOTO).radii == pytest.approx((3, 4), abs=STEP + 1e-9)


@pytest.mark.parametrize("grid", [PHOTO, (20, 30), (7, 5)])
def test_an_even_mass_reaches_as_far_as_an_even_spread(grid: tuple[int, int]) -> None:
    found = reach([np.ones(grid, np.float32)], [(3, 50)], PHOTO)
    assert found.radii == found.even and found.whole and found.words() == "from the whole picture"
    ys = (np.arange(grid[0]) + 0.5) * 40 / grid[0] - 0.5 - 3
    xs = (np.arange(grid[1]) + 0.5) * 60 / grid[1] - 0.5 - 50
    ranked = np.sort(np.hypot(ys[:, None], xs), axis=None)
    for radius, share in zip(found.radii, (0.5, 0.9), strict=True):
        assert radius == pytest.approx(ranked[math.ceil(share * ranked.size) - 1], abs=STEP + 1e-6)


def test_several_masses_are_taken_around_their_own_points_and_count_alike() -> None:
    near, far = np.zeros((2, *PHOTO), np.float32)
    near[5, 5], far[30, 50] = 100, 1
    assert reach([near, far], [(5, 5), (30, 40)], PHOTO).radii == pytest.approx((0, 10), abs=STEP + 1e-9)
    with pytest.raises(ValueError, match="a point for each mass, but got 2 and 1"):
        reach([near, far], [(5, 5)], PHOTO)


def test_what_does_not_reach_far_is_told_in_pixels() -> None:
    found = Reach((4.0, 12.4), (20.0, 40.0), 72.0)
    assert not found.whole and found.words() == "from 12 px around" and found.shares == (4 / 72, 12.4 / 72)


def test_a_density_keeps_the_mass_whatever_the_grid() -> None:
    mass = np.random.default_rng(0).random((12, 9)).astype(np.float32)
    np.testing.assert_allclose(density(mass, (12, 9)), mass / mass.mean(), rtol=1e-5)
    for size in ((24, 18), (5, 7), (1, 1)):
        assert density(mass, size).mean() == pytest.approx(1, rel=1e-5)
    quarters = density(np.array([[1, 0], [0, 0]], np.float32), (4, 4))
    assert np.array_equal(quarters, np.pad(np.full((2, 2), 4.0), ((0, 2), (0, 2))))


def test_the_scale_is_one_for_all_and_logarithmic() -> None:
    places = on_scale(np.array([[0, LOWEST, 1, HIGHEST, 1e9]], np.float32))[0]
    assert places == pytest.approx([0, 0, 0.2, 1, 1])
