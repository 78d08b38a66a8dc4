import math

import numpy as np
import pytest
from hypothesis import given

from demo.analysis.kappa import fleiss_kappa, pairwise, ratings
from demo.schema import Comparison
from tests.analysis.maps import comparison, comparisons, permuted

FLEISS_TABLE = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
"""The worked example of the textbooks: 10 subjects, 14 raters, 5 categories, kappa 0.210."""


def test_fleiss_kappa_of_the_textbook() -> None:
    subjects = [np.repeat(np.arange(5), row) for row in FLEISS_TABLE]
    c = comparison(np.array(subjects, np.uint8).T[:, np.newaxis, :], families=["cnn"] * 14)
    assert fleiss_kappa(ratings(c)) == pytest.approx(0.20993, abs=1e-5)


@given(comparisons())
def test_counts_of_every_pair_by_brute_force(c: Comparison) -> None:
    for pair in pairwise(c):
        one, other = c.ids.index(pair.first), c.ids.index(pair.second)
        wanted = np.zeros((150, 150), int)
        np.add.at(wanted, (c.label_maps[one], c.label_maps[other]), 1)
        assert (pair.counts == wanted).all()
        assert pair.agreement == (c.label_maps[one] == c.label_maps[other]).mean()


@pytest.mark.slow
@given(comparisons(models=1))
def test_a_map_agrees_with_itself_completely(c: Comparison) -> None:
    (pair,) = pairwise(comparison(np.repeat(c.label_maps, 2, axis=0)))
    assert pair.agreement == 1
    constant = (c.label_maps == c.label_maps[0, 0, 0]).all()
    assert math.isnan(pair.kappa) if constant else pair.kappa == pytest.approx(1)
    five = fleiss_kappa(ratings(comparison(np.repeat(c.label_maps, 5, axis=0))))
    assert math.isnan(five) if constant else five == pytest.approx(1)


def test_one_model_has_no_pairs_and_no_kappa() -> None:
    c = comparison([[[1, 2]]])
    assert pairwise(c) == ()
    assert math.isnan(fleiss_kappa(ratings(c)))


def test_two_constant_maps_that_differ_agree_no_better_than_chance() -> None:
    (pair,) = pairwise(comparison([[[1, 1]], [[2, 2]]]))
    assert pair.kappa == 0


@given(comparisons())
def test_permuting_models_permutes_pairs(c: Comparison) -> None:
    backwards = permuted(c, range(len(c.ids))[::-1])
    there = {(pair.first, pair.second): pair for pair in pairwise(c)}
    for pair in pairwise(backwards):
        before = there[pair.second, pair.first]
        assert (before.counts == pair.counts.T).all()
        assert before.kappa == pytest.approx(pair.kappa, nan_ok=True)
    assert fleiss_kappa(ratings(backwards)) == pytest.approx(fleiss_kappa(ratings(c)), nan_ok=True)


def test_ratings_of_two_photos_add() -> None:
    maps = np.random.default_rng(0).integers(0, 4, (3, 6, 8), dtype=np.uint8)
    whole, left, right = (ratings(comparison(maps[:, :, part])) for part in (slice(8), slice(3), slice(3, 8)))
    assert fleiss_kappa(left + right) == fleiss_kappa(whole)
    with pytest.raises(ValueError, match="the same models, but got 3 and 2"):
        _ = left + ratings(comparison(maps[:2]))


@pytest.mark.slow
@given(comparisons(models=2))
def test_cohen_kappa_equals_scikit_learn(c: Comparison) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    (pair,) = pairwise(c)
    if len(np.unique(c.label_maps)) == 1:
        return  # undefined, and scikit-learn says so with a warning
    wanted = metrics.cohen_kappa_score(c.label_maps[0].ravel(), c.label_maps[1].ravel())
    assert pair.kappa == pytest.approx(wanted, abs=1e-12)


def test_fleiss_kappa_equals_statsmodels() -> None:
    raters = pytest.importorskip("statsmodels.stats.inter_rater")
    c = comparison(np.random.default_rng(1).integers(0, 6, (5, 20, 30), dtype=np.uint8) ** 2 // 6)
    table, _ = raters.aggregate_raters(c.label_maps.reshape(5, -1).T)
    assert fleiss_kappa(ratings(c)) == pytest.approx(raters.fleiss_kappa(table), abs=1e-12)
