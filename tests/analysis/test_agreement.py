from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from demo.analysis.agreement import (
    SPLIT,
    boundary_only,
    confident_conflict,
    majority,
    merge_mild,
    settle_boundaries,
    shares,
    split,
    split_counts,
    vote_counts,
    votes,
)
from demo.labels.class_set import made
from demo.schema import Comparison
from tests.analysis.maps import comparison, comparisons, permuted, pixel

PAIRS = made("Pairs", [str(k) for k in range(8)], supercategories=[f"kind {k // 2}" for k in range(8)])
"""0 and 1 are of one kind, 2 and 3 of another."""


@given(comparisons())
def test_votes_count_the_different_classes(c: Comparison) -> None:
    wanted = [[len(set(c.label_maps[:, y, x])) for x in range(c.label_maps.shape[2])] for y in range(len(votes(c)))]
    assert votes(c).tolist() == wanted
    assert vote_counts(c).tolist() == [sum(row.count(n) for row in wanted) for n in range(1, len(c.ids) + 1)]


@pytest.mark.parametrize(
    ("labels", "part"),
    [
        ((1, 1, 1, 1, 1), "all_agree"),
        ((1, 1, 1, 2, 2), "between_families"),
        ((1, 1, 2, 2, 2), "inside_cnn"),
        ((1, 1, 2, 3, 3), "inside_cnn"),
        ((1, 1, 1, 1, 2), "inside_transformer"),
        ((1, 1, 1, 2, 3), "inside_transformer"),
        ((1, 1, 2, 1, 2), "mixed"),
        ((1, 2, 3, 4, 5), "mixed"),
    ],
)
def test_split_of_the_five(labels: tuple[int, ...], part: str) -> None:
    assert SPLIT[split(pixel(*labels))[0, 0]] == part


@pytest.mark.parametrize(
    ("labels", "families", "part"),
    [
        ((1,), ["cnn"], "all_agree"),
        ((1,), ["transformer"], "all_agree"),
        ((1, 2), ["cnn", "transformer"], "between_families"),
        ((1, 2), ["cnn", "cnn"], "inside_cnn"),
        ((1, 1, 2), ["transformer"] * 3, "inside_transformer"),
    ],
)
def test_split_of_any_choice_of_models(labels: tuple[int, ...], families: list, part: str) -> None:
    assert SPLIT[split(pixel(*labels, families=families))[0, 0]] == part


@given(comparisons())
def test_parts_of_the_split_sum_to_one_and_all_agree_is_one_vote(c: Comparison) -> None:
    counts = split_counts(c)
    assert (np.bincount(split(c).ravel(), minlength=5) == counts).all()
    assert sum(shares(counts).values()) == pytest.approx(1)
    assert counts[0] == vote_counts(c)[0]


def _majority_at(labels: list[int], confidences: list[float]) -> int:
    number = Counter(labels)
    support = {label: sum(s for one, s in zip(labels, confidences, strict=True) if one == label) for label in labels}
    return min(labels, key=lambda label: (-number[label], -support[label], label))


@given(comparisons())
def test_majority_goes_by_number_then_confidence_then_index(c: Comparison) -> None:
    found = majority(c)
    for y, x in np.ndindex(found.shape):
        assert found[y, x] == _majority_at(c.label_maps[:, y, x].tolist(), c.confidences[:, y, x].tolist())


def test_majority_breaks_a_tie_by_confidence() -> None:
    assert majority(pixel(3, 3, 7, 7, 1, confidences=[0.3, 0.3, 0.5, 0.2, 1.0]))[0, 0] == 7
    assert majority(pixel(3, 3, 7, 7, 1, confidences=[0.4, 0.4, 0.4, 0.4, 1.0]))[0, 0] == 3


@given(comparisons(), st.randoms(use_true_random=False))
def test_the_order_of_the_models_does_not_matter(c: Comparison, random: object) -> None:
    order = list(range(len(c.ids)))
    random.shuffle(order)
    other = permuted(c, order)
    assert (votes(c) == votes(other)).all()
    assert (split(c) == split(other)).all()
    assert (majority(c) == majority(other)).all()
    assert (boundary_only(c, 1) == boundary_only(other, 1)).all()
    assert confident_conflict(c).pairs == confident_conflict(other).pairs


@given(comparisons(models=1))
def test_five_equal_maps_give_no_dispute(one: Comparison) -> None:
    c = comparison(np.repeat(one.label_maps, 5, axis=0), np.repeat(one.confidences, 5, axis=0))
    assert (votes(c) == 1).all()
    assert (split(c) == 0).all()
    assert (majority(c) == one.label_maps[0]).all()
    assert not boundary_only(c).any()
    assert confident_conflict(c, 0.0).area == 0


@given(comparisons(), st.sampled_from([0.25, 0.5, 0.8]))
def test_confident_conflict_by_brute_force(c: Comparison, threshold: float) -> None:
    found = confident_conflict(c, threshold)
    counted: Counter[tuple[int, int]] = Counter()
    for y, x in np.ndindex(found.mask.shape):
        sure = sorted({int(c.label_maps[m, y, x]) for m in range(len(c.ids)) if c.confidences[m, y, x] >= threshold})
        assert found.mask[y, x] == (len(sure) > 1)
        counted.update(combinations(sure, 2))
    wanted = {classes: number / found.mask.size for classes, number in counted.items()}
    assert {pair.classes: pair.area for pair in found.pairs} == wanted
    areas = [pair.area for pair in found.pairs]
    assert areas == sorted(areas, reverse=True)


def test_a_sure_model_against_an_unsure_one_is_no_conflict() -> None:
    assert confident_conflict(pixel(1, 2, confidences=[0.9, 0.79])).area == 0
    assert confident_conflict(pixel(1, 2, confidences=[0.9, 0.8])).pairs[0].classes == (1, 2)


def test_merging_mild_disputes_leaves_the_severe_ones() -> None:
    merged = merge_mild(replace(comparison([[[0, 0]], [[1, 2]]]), class_set=PAIRS))
    assert votes(merged).tolist() == [[1, 2]]


def _boundary_only(c: Comparison, distance: float) -> np.ndarray:
    """The definition, pixel by pixel."""
    _, height, width = c.label_maps.shape
    edges = [
        (y, x)
        for y, x in np.ndindex(height, width)
        for v, u in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1))
        if 0 <= v < height and 0 <= u < width and (c.label_maps[:, y, x] != c.label_maps[:, v, u]).any()
    ]
    near = np.zeros((height, width), bool)
    for y, x in np.ndindex(height, width):
        near[y, x] = any((y - v) ** 2 + (x - u) ** 2 <= distance**2 for v, u in edges)
    hidden = np.zeros((height, width), bool)
    for pattern in {tuple(c.label_maps[:, y, x]) for y, x in np.ndindex(height, width)}:
        pieces, count = ndimage.label((c.label_maps == np.array(pattern)[:, None, None]).all(0))
        for piece in range(1, count + 1):
            if len(set(pattern)) > 1 and near[pieces == piece].all():
                hidden |= pieces == piece
    return hidden


@given(comparisons(), st.sampled_from([0, 1, 1.5, 2]))
def test_boundary_only_disputes_by_brute_force(c: Comparison, distance: float) -> None:
    assert (boundary_only(c, distance) == _boundary_only(c, distance)).all()


def test_a_shifted_boundary_is_settled_and_a_disputed_object_is_not() -> None:
    maps = np.zeros((3, 20, 40), np.uint8)
    maps[:, :, 20:] = 1
    maps[0, :, 18:20] = 1  # one model draws the boundary two pixels to the left
    maps[2, 4:16, 24:36] = 2  # and another sees an object
    c = comparison(maps)
    assert votes(c)[:, 18:20].min() == 2
    settled = settle_boundaries(c, distance=1.0)
    assert votes(settled)[:, 18:20].max() == 1
    assert (votes(settled) == 2).sum() == 144
    assert (settle_boundaries(c, distance=0.0).label_maps == c.label_maps)[:, 5:15, 25:35].all()


def test_by_default_a_dispute_as_thick_as_one_and_a_half_percent_of_the_diagonal_is_a_boundary() -> None:
    maps = np.zeros((2, 300, 400), np.uint8)  # diagonal 500, so 3.75 px from either side: 8 px of thickness
    maps[0, 50:58, :] = 1
    maps[0, 200:209, :] = 1
    hidden = boundary_only(comparison(maps))
    assert hidden[50:58].all()
    assert hidden.sum() == 8 * 400
