"""How severe mistakes are, and whether networks share them: hand-made cases, and scikit-learn's kappa."""

from dataclasses import replace

import numpy as np
import pytest

from demo.analysis.mistakes import MILD, SEVERE, ErrorPair, Rightness, heights, severity, supercategory_accuracy
from demo.labels.ade20k import ADE20K

PLACE = {name: ADE20K.names.index(name) for name in ("house", "building", "person", "car", "bus")}


def confusion(**pairs: int) -> np.ndarray:
    counts = np.zeros((150, 150), np.int64)
    for pair, pixels in pairs.items():
        truth, said = pair.split("_")
        counts[PLACE[truth], PLACE[said]] = pixels
    return counts


def test_a_mistake_inside_a_supercategory_is_half_as_far_as_one_across() -> None:
    apart = heights(ADE20K)
    assert apart[PLACE["house"], PLACE["building"]] == MILD == 1
    assert apart[PLACE["house"], PLACE["car"]] == SEVERE == 2
    assert (np.diagonal(apart) == 0).all() and (apart == apart.T).all()
    counts = confusion(house_house=100, house_building=30, car_bus=10, person_car=20)
    assert severity(counts, ADE20K) == pytest.approx((30 + 10 + 2 * 20) / 60)
    assert supercategory_accuracy(counts, ADE20K) == pytest.approx(140 / 160)


def test_severity_is_the_height_of_the_lowest_common_ancestor_in_the_tree() -> None:
    """The definition of Bertinetto et al., followed literally in a tree of root, supercategories and classes."""
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 4, (150, 150))
    paths = [(name, word, "root") for name, word in zip(ADE20K.names, ADE20K.supercategories, strict=True)]
    total = wrong = 0
    for truth, said in zip(*np.nonzero(counts), strict=True):
        height = next(i for i, (a, b) in enumerate(zip(paths[truth], paths[said], strict=True)) if a == b)
        total += height * counts[truth, said]
        wrong += counts[truth, said] * (truth != said)
    assert severity(counts, ADE20K) == pytest.approx(total / wrong)


def test_without_mistakes_or_without_supercategories_there_is_no_severity() -> None:
    assert np.isnan(severity(confusion(house_house=5), ADE20K))
    assert supercategory_accuracy(confusion(house_house=5), ADE20K) == 1
    flat = replace(ADE20K, supercategories=())
    assert np.isnan(severity(confusion(house_car=5), flat)) and np.isnan(supercategory_accuracy(confusion(), ADE20K))
    assert np.isnan(supercategory_accuracy(confusion(house_car=5), flat))


def rightness(seed: int, accuracy: float = 0.7) -> Rightness:
    rng = np.random.default_rng(seed)
    return Rightness(rng.random((30, 41)) < 0.9, rng.random((30, 41)) < accuracy)


@pytest.mark.slow
def test_error_consistency_is_cohens_kappa_on_being_right() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    one, other = rightness(0), rightness(1, 0.5)
    other = Rightness(other.known, np.where(rightness(2, 0.4).right, one.right, other.right))
    asked = one.known & other.known
    pair = one.with_(other)
    assert pair.pixels == asked.sum()
    assert pair.kappa == pytest.approx(metrics.cohen_kappa_score(one.right[asked], other.right[asked]))
    assert pair.observed == pytest.approx((one.right == other.right)[asked].mean())
    a, b = one.right[asked].mean(), other.right[asked].mean()
    assert pair.expected == pytest.approx(a * b + (1 - a) * (1 - b)), "Geirhos et al. 2020, equation 1"
    wrong = asked & ~(one.right & other.right)
    assert pair.shared == pytest.approx((~one.right & ~other.right)[wrong].mean())


def test_pairs_of_photos_add() -> None:
    whole = [Rightness(np.vstack([a.known, b.known]), np.vstack([a.right, b.right]))
             for a, b in ((rightness(0), rightness(1)), (rightness(2), rightness(3)))]  # fmt: skip
    assert rightness(0).with_(rightness(2)) + rightness(1).with_(rightness(3)) == whole[0].with_(whole[1])


def test_where_chance_alone_agrees_there_is_no_kappa() -> None:
    always = Rightness(np.ones((2, 2), bool), np.ones((2, 2), bool))
    pair = always.with_(always)
    assert pair.observed == 1 and np.isnan(pair.kappa) and np.isnan(pair.shared)
    assert ErrorPair().as_json() == {
        "pixels": 0, "both_right": 0, "first_right": 0, "second_right": 0, "both_wrong": 0,
        "observed": None, "expected": None, "kappa": None, "shared": None,
    }  # fmt: skip
    with pytest.raises(ValueError, match="of one photo"):
        always.with_(rightness(0))


def test_what_was_right_survives_storage() -> None:
    one = rightness(5)
    kept = Rightness.from_bytes(one.to_bytes())
    assert (kept.known == one.known).all() and (kept.right == (one.known & one.right)).all()
    assert kept.with_(rightness(6)) == one.with_(rightness(6))
