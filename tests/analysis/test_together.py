import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.analysis.together import entropy, side_by_side, together

SIZE = (6, 5)


def posteriors(models: int, seed: int, sharpness: float) -> np.ndarray:
    """(M, 150, 6, 5) probabilities in float32."""
    scores = np.random.default_rng(seed).normal(size=(models, 150, *SIZE)) * sharpness
    odds = np.exp(scores - scores.max(1, keepdims=True))
    return (odds / odds.sum(1, keepdims=True)).astype(np.float32)


def plainly(p: np.ndarray) -> np.ndarray:
    """Entropy along axis 0 in float64."""
    p = p.astype(np.float64)
    return -(p * np.log(np.where(p > 0, p, 1))).sum(0)


def strips(p: np.ndarray, rows: int):
    return ((y, p[:, :, y : y + rows]) for y in range(0, p.shape[2], rows))


@given(st.integers(1, 5), st.integers(0, 50), st.sampled_from([0.0, 1.0, 5.0, 100.0]), st.integers(1, 6))
def test_everything_equals_the_definitions(models: int, seed: int, sharpness: float, rows: int) -> None:
    p = posteriors(models, seed, sharpness)
    found = together(strips(p, rows), SIZE, divergence_step=1)
    mean = p.astype(np.float64).mean(0)
    each = np.array([plainly(one) for one in p])
    assert np.take_along_axis(mean, found.label_map[np.newaxis].astype(int), 0)[0] == pytest.approx(mean.max(0))
    assert found.confidence == pytest.approx(mean.max(0), abs=1e-6)
    assert found.entropy == pytest.approx(plainly(mean), abs=1e-4)
    assert found.mean_entropy == pytest.approx(each.mean(0), abs=1e-4)
    assert found.mutual_information == pytest.approx(plainly(mean) - each.mean(0), abs=1e-4)
    assert (found.mutual_information >= 0).all()
    for one in range(models):
        for other in range(models):
            apart = plainly((p[one].astype(float) + p[other]) / 2) - (each[one] + each[other]) / 2
            assert found.jensen_shannon[one, other] == pytest.approx(apart.mean(), abs=1e-4)


def test_equal_posteriors_hold_no_contradiction() -> None:
    p = np.repeat(posteriors(1, 0, 2.0), 5, axis=0)
    found = together(strips(p, 6), SIZE)
    assert found.mutual_information == pytest.approx(np.zeros(SIZE), abs=1e-5)
    assert found.jensen_shannon == pytest.approx(np.zeros((5, 5)), abs=1e-5)
    assert (found.label_map == p[0].argmax(0)).all()


def test_two_sure_models_that_contradict_each_other() -> None:
    p = np.zeros((2, 150, 1, 1), np.float32)
    p[0, 3] = p[1, 7] = 1
    found = together([(0, p)], (1, 1))
    assert found.label_map[0, 0] == 3
    assert found.mean_entropy[0, 0] == pytest.approx(0, abs=1e-30)
    assert found.mutual_information[0, 0] == pytest.approx(math.log(2))
    assert found.jensen_shannon.tolist() == [[0, pytest.approx(math.log(2))], [pytest.approx(math.log(2)), 0]]


@pytest.mark.parametrize("step", [2, 4, 50])
def test_divergences_are_those_of_every_nth_row_and_column(step: int) -> None:
    p = posteriors(3, 1, 2.0)
    every = together([(0, p[:, :, ::step, ::step])], p[0, 0, ::step, ::step].shape, divergence_step=1)
    for rows in (1, 4, 6):
        assert together(strips(p, rows), SIZE, divergence_step=step).jensen_shannon == pytest.approx(
            every.jensen_shannon, abs=1e-7
        )


def test_models_side_by_side_are_cut_into_the_same_strips() -> None:
    p = posteriors(2, 4, 1.0)
    alone = [[(y, p[m][:, y : y + 2]) for y in range(0, 6, 2)] for m in range(2)]
    assert (together(side_by_side(*alone), SIZE).entropy == together(strips(p, 2), SIZE).entropy).all()
    with pytest.raises(ValueError, match=r"same row, but begin at \[0, 2\]"):
        list(side_by_side(alone[0][:1], alone[1][1:2]))


def test_strips_may_come_in_any_order() -> None:
    p = posteriors(2, 3, 1.0)
    there, back = together(strips(p, 2), SIZE), together(list(strips(p, 2))[::-1], SIZE)
    assert (there.entropy == back.entropy).all()
    assert (there.label_map == back.label_map).all()


@pytest.mark.parametrize(
    ("given_strips", "message"),
    [
        ([(0, np.ones((2, 150, 5, 5), np.float32))], "cover row 5 0 times"),
        ([(0, np.ones((2, 150, 6, 5), np.float32)), (2, np.ones((2, 150, 1, 5), np.float32))], "cover row 2 2 times"),
        ([(3, np.ones((2, 150, 6, 5), np.float32))], "within 6 rows, but got"),
        ([(0, np.ones((150, 6, 5), np.float32))], r"must be \(M, C, rows, 5\)"),
    ],
)
def test_strips_that_do_not_fit_are_refused(given_strips: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        together(given_strips, SIZE)


def test_entropy_of_an_impossible_class_is_nothing() -> None:
    assert entropy(np.array([[1], [0]], np.float32)) == pytest.approx(0, abs=1e-30)
