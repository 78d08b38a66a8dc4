"""The compiled kernel against the definition in float64, on grids small enough to compute by brute force."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from demo.labels.ade20k import ADE20K
from demo.measures import ALWAYS, BY_ID
from demo.models.posterior import Posterior, Tile
from demo.schema import Seen, Size

kernel = pytest.importorskip("demo.models.kernel")


@dataclass(frozen=True)
class Exact:
    """What the maps must be, in float64."""

    scores: NDArray[np.float64]

    @property
    def label_map(self) -> NDArray[np.intp]:
        return self.scores.argmax(2)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        odds = np.exp(self.scores - self.scores.max(2, keepdims=True))
        return odds / odds.sum(2, keepdims=True)

    @property
    def fields(self) -> NDArray[np.float64]:
        """Every measure, in the order of demo.measures."""
        p = self.probabilities
        best = np.sort(p, axis=2)[..., ::-1]
        entropy = -(p * np.log(np.where(p > 0, p, 1))).sum(2)
        second = best[..., 1] if p.shape[2] > 1 else 0
        highest = self.scores.max(2)
        energy = highest + np.log(np.exp(self.scores - highest[..., None]).sum(2))
        return np.stack([entropy, best[..., 0], best[..., 0] - second, highest, energy])

    @property
    def gap(self) -> NDArray[np.float64]:
        """Between the best two scores."""
        ordered = np.sort(self.scores, axis=2)
        return ordered[..., -1] - ordered[..., -2]


def exact(grid: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32]) -> Exact:
    return Exact(np.einsum("yi,ijc,xj->yxc", *(a.astype(np.float64) for a in (rows, grid, columns)), optimize=True))


def bilinear(target: int, source: int) -> NDArray[np.float32]:
    """(target, source) weights of half-pixel bilinear resampling, written from its definition."""
    weights = np.zeros((target, source), np.float32)
    for pixel in range(target):
        position = max((pixel + 0.5) * source / target - 0.5, 0)
        low = min(int(position), source - 1)
        weights[pixel, low] += 1 - (position - low)
        weights[pixel, min(low + 1, source - 1)] += position - low
    return weights


def check(grid: NDArray[np.float32], rows: NDArray[np.float32], columns: NDArray[np.float32], threads: int = 2) -> None:
    label_map, fields = kernel.reduce_grid(grid, rows, columns, threads, [*BY_ID])
    wanted = exact(grid, rows, columns)
    scale = max(1.0, float(np.abs(grid).max()))
    clear = wanted.gap > 1e-5 * scale
    assert np.array_equal(label_map[clear], wanted.label_map[clear])
    assert np.abs(fields - wanted.fields).max() < 2e-5 * scale
    probabilities = kernel.grid_probabilities(grid, rows, columns).transpose(1, 2, 0)
    assert np.abs(probabilities - wanted.probabilities).max() < 2e-6 * scale


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    cells=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 70)),
    classes=st.sampled_from([2, 3, 17, len(ADE20K)]),
    spread=st.sampled_from([0.1, 1.0, 5.0, 20.0]),
)
def test_maps_are_those_of_the_definition(seed: int, cells: Size, size: Size, classes: int, spread: float) -> None:
    grid = np.random.default_rng(seed).normal(size=(*cells, classes)).astype(np.float32) * np.float32(spread)
    check(grid, bilinear(size[0], cells[0]), bilinear(size[1], cells[1]))


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(3, 12), columns=st.integers(3, 12))
def test_any_non_negative_weights_that_sum_to_one_are_applied(seed: int, rows: int, columns: int) -> None:
    """Overlapping windows give rows with weights on cells far apart, and zeros between them."""
    rng = np.random.default_rng(seed)
    grid = rng.normal(size=(rows, columns, 20)).astype(np.float32) * 3
    weights = [rng.random((n, cells)) * (rng.random((n, cells)) < 0.4) for n, cells in ((33, rows), (35, columns))]
    weights = [np.where(w.any(1, keepdims=True), w, 1) for w in weights]
    check(grid, *((w / w.sum(1, keepdims=True)).astype(np.float32) for w in weights))


@pytest.mark.parametrize("tied", [(0, 1), (3, 9), (9, 3, 149), (148, 149)])
def test_of_equal_scores_the_lowest_index_wins_as_in_torch(tied: tuple[int, ...]) -> None:
    grid = np.full((3, 3, len(ADE20K)), -2, np.float32)
    grid[..., list(tied)] = 1.5
    label_map, fields = kernel.reduce_grid(grid, bilinear(20, 3), bilinear(40, 3), 1)
    assert min(tied) == int(torch.from_numpy(grid[0, 0]).argmax())
    assert np.all(label_map == min(tied))
    assert np.all(fields[2] == 0), "two equal winners leave no margin"


def test_identity_size_keeps_every_label_of_the_grid() -> None:
    grid = np.random.default_rng(1).normal(size=(19, 45, len(ADE20K))).astype(np.float32)
    label_map, _ = kernel.reduce_grid(grid, np.eye(19, dtype=np.float32), np.eye(45, dtype=np.float32), 2)
    assert np.array_equal(label_map, grid.argmax(2))


@pytest.mark.parametrize("size", [(1, 1), (1, 200), (200, 1), (16, 64), (17, 65), (15, 63)])
def test_photos_of_any_shape_are_filled_to_the_last_pixel(size: Size) -> None:
    grid = np.random.default_rng(2).normal(size=(4, 5, len(ADE20K))).astype(np.float32) * 4
    check(grid, bilinear(size[0], 4), bilinear(size[1], 5))


@pytest.mark.parametrize("score", [0.0, -3.0, 1e4, -1e4])
def test_equal_scores_have_the_entropy_of_ignorance(score: float) -> None:
    grid = np.full((2, 2, len(ADE20K)), score, np.float32)
    label_map, (entropy, confidence, margin) = kernel.reduce_grid(grid, bilinear(9, 2), bilinear(9, 2), 1)
    assert np.all(label_map == 0)
    assert np.abs(entropy - ADE20K.max_entropy).max() < 1e-5
    assert confidence == pytest.approx(np.full((9, 9), 1 / len(ADE20K)), rel=1e-5)
    assert np.all(margin == 0)


def test_extreme_scores_leave_certainty_and_no_nan() -> None:
    grid = np.full((2, 2, len(ADE20K)), -1e4, np.float32)
    grid[..., 7] = 1e4
    label_map, (entropy, confidence, margin) = kernel.reduce_grid(grid, bilinear(30, 2), bilinear(30, 2), 1)
    assert np.all(label_map == 7)
    assert np.all(confidence == 1)
    assert np.all(entropy == 0)
    assert np.all(margin == 1)


@pytest.mark.parametrize("below", [15, 19, 21, 25])
def test_what_leaving_classes_out_costs_stays_under_its_bound(below: float) -> None:
    """149 classes just above or below the threshold: the entropy may miss what they weigh, and no more."""
    grid = np.full((2, 2, len(ADE20K)), -below, np.float32)
    grid[..., 5] = 0
    _, fields = kernel.reduce_grid(grid, bilinear(8, 2), bilinear(8, 2), 1)
    assert np.abs(fields[0] - exact(grid, bilinear(8, 2), bilinear(8, 2)).fields[0]).max() < 1e-5


@pytest.mark.parametrize("threads", [1, 2, 3, 64])
def test_the_number_of_threads_changes_nothing(threads: int) -> None:
    grid = np.random.default_rng(3).normal(size=(5, 5, len(ADE20K))).astype(np.float32)
    alone = kernel.reduce_grid(grid, bilinear(70, 5), bilinear(70, 5), 1)
    together = kernel.reduce_grid(grid, bilinear(70, 5), bilinear(70, 5), threads)
    assert np.array_equal(alone[0], together[0])
    assert np.array_equal(alone[1], together[1])


def test_overlapping_windows_are_averaged_before_the_photo_is_made() -> None:
    """A posterior of two windows, against windows pasted, averaged and resampled by torch in float64."""
    rng, boxes, padded, photo = np.random.default_rng(4), ((0, 0, 32, 32), (0, 16, 32, 48)), (32, 48), (61, 83)
    scores = [torch.from_numpy(rng.normal(size=(len(ADE20K), 8, 8)).astype(np.float32) * 3) for _ in boxes]
    tiles = tuple(Tile(s, box) for s, box in zip(scores, boxes, strict=True))
    ours = Posterior(tiles, padded, (0, 0, *padded), photo, Seen(padded, 2, (32, 32), (16, 16)), ADE20K).reduce(
        "two windows", measures=[*BY_ID]
    )

    def resample(value: torch.Tensor, size: Size) -> torch.Tensor:
        return torch.nn.functional.interpolate(value[None], size, mode="bilinear")[0]

    total, count = torch.zeros(len(ADE20K), *padded, dtype=torch.float64), torch.zeros(padded, dtype=torch.float64)
    for s, (y0, x0, y1, x1) in zip(scores, boxes, strict=True):
        total[:, y0:y1, x0:x1] += resample(s.double(), (y1 - y0, x1 - x0))
        count[y0:y1, x0:x1] += 1
    wanted = Exact(resample(total / count, photo).permute(1, 2, 0).numpy())
    clear = wanted.gap > 1e-4
    assert clear.mean() > 0.99
    assert np.array_equal(ours.label_map[clear], wanted.label_map[clear])
    assert np.abs(np.stack([*ours.measures.values()]) - wanted.fields).max() < 1e-4


def test_the_kernel_has_a_row_for_every_measure() -> None:
    assert tuple(BY_ID) == kernel.ROWS


def test_only_what_is_asked_for_is_made_in_the_order_asked() -> None:
    grid = np.random.default_rng(5).normal(size=(3, 3, len(ADE20K))).astype(np.float32)
    resampling = bilinear(20, 3), bilinear(20, 3), 1
    every = dict(zip(BY_ID, kernel.reduce_grid(grid, *resampling, [*BY_ID])[1], strict=True))
    _, asked = kernel.reduce_grid(grid, *resampling, ["energy", "margin"])
    assert np.array_equal(asked, np.stack([every["energy"], every["margin"]]))


@pytest.mark.parametrize("compiled", [True, False])
def test_what_the_scores_cannot_say_is_left_out(compiled: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the kernel and without; of logits, and of a mixture of probabilities."""
    if not compiled:
        monkeypatch.setattr("demo.models.posterior.kernel", None)
    scores = torch.from_numpy(np.random.default_rng(6).gamma(1.0, size=(len(ADE20K), 4, 4)).astype(np.float32))
    box = (0, 0, 8, 8)
    logits = Posterior((Tile(scores.log(), box),), (8, 8), box, (30, 40), Seen((8, 8)), ADE20K)
    mixture = Posterior((Tile(scores, box),), (8, 8), box, (30, 40), Seen((8, 8)), ADE20K, "mixture")
    said = logits.reduce("logits", measures=["energy", "max_logit", "entropy"])
    always = (*ALWAYS, "max_logit", "energy")
    assert tuple(said.measures) == always, "those that are always there come along, in the table's order"
    assert said.more["energy"] == pytest.approx(said.more["max_logit"] - np.log(said.confidence), abs=1e-5)
    sayable = tuple(name for name, measure in BY_ID.items() if measure.needs == "probabilities")
    assert tuple(mixture.reduce("mixture", measures=[*BY_ID]).measures) == sayable
    assert tuple(logits.reduce("plain").measures) == ALWAYS
    with pytest.raises(ValueError, match=r"among entropy, .* got 'doubt'"):
        logits.reduce("x", measures=["doubt"])
