"""What an answer keeps: the counts are those of the maps, and the numbers those of the scores' own formulas."""

import numpy as np
import pytest
from scipy import stats

from demo.analysis import calibration, scores
from demo.analysis.stability import compare, interval, numbers, observe, weightings
from demo.labels.ade20k import ADE20K
from demo.schema import VOID, Prediction

RNG = np.random.default_rng(3)


def answer(seed: int, shape: tuple[int, int] = (24, 30)) -> Prediction:
    rng = np.random.default_rng(seed)
    fields = [rng.random(shape, np.float32) for _ in range(3)]
    return Prediction("m", rng.integers(0, 6, shape).astype(np.uint8), *fields, ADE20K)


def truth(seed: int) -> np.ndarray:
    labels = np.random.default_rng(seed).integers(0, 6, (24, 30)).astype(np.uint8)
    labels[:4] = VOID
    return labels


def test_two_answers_are_compared_where_both_show_something() -> None:
    first, second = np.array([[1, 1, 2], [2, 3, 3]], np.uint8), np.array([[1, 4, 4], [2, 3, VOID]], np.uint8)
    entropy = np.arange(6, dtype=np.float32).reshape(2, 3)
    found = compare((first, entropy), (second, entropy * 2), second != VOID, len(ADE20K))
    assert (found.pixels, found.changed, found.share) == (5, 2, 0.4)
    assert [(p.truth, p.predicted, p.pixels) for p in found.pairs] == [(1, 4, 1), (2, 4, 1)]
    assert (found.entropy_before, found.entropy_after) == (2, 4)


def test_the_numbers_of_one_photo_are_the_scores_own() -> None:
    one, labels = answer(1), truth(2)
    first = answer(5).label_map
    kept, entropy, miou, ece = numbers(np.ones((1, 1)), [observe(first, one, labels)])[0]
    assert kept == (one.label_map == first).mean()
    assert entropy == pytest.approx(one.entropy.mean(), abs=1e-6)
    confusion = scores.confusion(one.label_map, labels, len(ADE20K))
    assert miou == pytest.approx(scores.mean_iou(confusion), abs=1e-12)
    known = labels != VOID
    counts = calibration.reliability(one.confidence[known], (one.label_map == labels)[known])
    assert ece == pytest.approx(calibration.ece(counts), abs=1e-9)


def test_counts_are_added_before_they_are_divided() -> None:
    answers, truths = [answer(seed) for seed in range(3)], [truth(10 + seed) for seed in range(3)]
    seen = [observe(answer(20).label_map, one, labels) for one, labels in zip(answers, truths, strict=True)]
    miou = numbers(np.ones((1, 3)), seen)[0, 2]
    total = sum(scores.confusion(a.label_map, t, len(ADE20K)) for a, t in zip(answers, truths, strict=True))
    assert miou == pytest.approx(scores.mean_iou(total), abs=1e-12)
    twice = numbers(np.array([[2.0, 0, 1]]), seen)[0]
    assert twice == pytest.approx(numbers(np.ones((1, 3)), [seen[0], seen[0], seen[2]])[0])


def test_without_a_truth_there_is_no_miou() -> None:
    found = numbers(np.ones((1, 1)), [observe(answer(1).label_map, answer(1))])[0]
    assert found[0] == 1 and np.isnan(found[2:]).all()


def test_the_interval_of_a_share_of_many_photos_is_that_of_scipys_bootstrap() -> None:
    values = RNG.random(400)
    draws = weightings(400, 4000, seed=1) @ values / 400
    value, low, high = interval(draws, 400)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=2).confidence_interval
    assert value == pytest.approx(values.mean())
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=0.004)


def test_of_ten_photos_it_is_as_long_as_students() -> None:
    values = RNG.normal(size=10)
    _, low, high = interval(weightings(10, 20_000, seed=1) @ values / 10, 10)
    students = stats.t.interval(0.95, 9, values.mean(), stats.sem(values))
    assert high - low == pytest.approx(students[1] - students[0], rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["shares", "halves", "exponential"])
def test_intervals_over_ten_photos_cover_more_often_than_plain_percentiles(kind: str) -> None:
    rng, hits, runs = np.random.default_rng(7), np.zeros(2), 500
    true = {"shares": 4 / 5.5, "halves": 0.5, "exponential": 1.0}[kind]
    for seed in range(runs):
        sample = {
            "shares": lambda: rng.beta(4, 1.5, 10),
            "halves": lambda: rng.beta(0.5, 0.5, 10),
            "exponential": lambda: rng.exponential(1, 10),
        }[kind]()
        draws = weightings(10, 600, seed) @ sample / 10
        plain, (_, low, high) = np.quantile(draws[1:], [0.025, 0.975]), interval(draws, 10)
        hits += plain[0] <= true <= plain[1], low <= true <= high
    percentile, ours = hits / runs
    print(f"coverage of 95 % intervals of stress, {kind}, 10 photos: percentile {percentile:.3f}, ours {ours:.3f}")
    assert ours > percentile and ours >= {"shares": 0.9, "halves": 0.93, "exponential": 0.86}[kind]


@pytest.mark.parametrize("photos", [0, 1, 4])
def test_a_few_photos_have_no_interval(photos: int) -> None:
    weights = weightings(photos, 100, 0)
    value, low, high = interval(weights @ np.full((photos, 1), 0.5), photos)
    assert value == [0.5 * photos] and np.isnan([low, high]).all()
