"""Calibration against scikit-learn, torchmetrics, torch-uncertainty and plain loops."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from demo.analysis import calibration as cal
from demo.labels.ade20k import ADE20K
from demo.schema import VOID


def pixels(seed: int, number: int = 4000) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Confidences crowded near 1, as networks give them, with mistakes likelier where confidence is low."""
    rng = np.random.default_rng(seed)
    confidence = (1 - rng.beta(0.3, 2, number) * 0.99).astype(np.float32)
    return confidence, rng.random(number) < confidence**1.5


def torch_uncertainty(file: str) -> ModuleType:
    """One of its metric files on its own: the package itself wants torchvision, which has no CPU wheel."""
    pytest.importorskip("torch")
    pytest.importorskip("torchmetrics")
    found = importlib.util.find_spec("torch_uncertainty")
    if found is None or not found.submodule_search_locations:
        pytest.skip("torch-uncertainty is not installed")
    path = Path(found.submodule_search_locations[0]) / "metrics" / "classification" / file
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_ece_equals_torchmetrics() -> None:
    torch = pytest.importorskip("torch")
    classification = pytest.importorskip("torchmetrics.classification")
    confidence, right = pixels(0)
    metric = classification.BinaryCalibrationError(n_bins=15, norm="l1")
    expected = metric(torch.from_numpy(confidence), torch.from_numpy(right).int()).item()
    assert cal.ece(cal.reliability(confidence, right)) == pytest.approx(expected, abs=1e-6)


def test_the_diagram_adds_up_to_the_ece() -> None:
    confidence, right = pixels(1)
    counts = cal.reliability(confidence, right)
    diagram = cal.bins(counts)
    filled = diagram.pixels > 0
    assert diagram.pixels.sum() == confidence.size
    gaps = np.abs(diagram.accuracy - diagram.confidence)[filled] * diagram.pixels[filled]
    assert gaps.sum() / confidence.size == pytest.approx(cal.ece(counts))
    assert np.isnan(diagram.accuracy[~filled]).all()
    for low, high, mean in zip(diagram.lower[filled], diagram.upper[filled], diagram.confidence[filled], strict=True):
        assert low <= mean <= high + 1e-7


def test_bins_must_divide_the_steps() -> None:
    with pytest.raises(ValueError, match="must divide 3000, but got 7"):
        cal.bins(cal.reliability(*pixels(0)), 7)


def test_adaptive_ece_equals_sorting_into_equal_parts() -> None:
    confidence, right = pixels(2, 15_000)
    order = np.argsort(confidence)
    parts = np.array_split(order, 15)
    expected = sum(len(p) * abs(confidence[p].mean(dtype=float) - right[p].mean()) for p in parts) / len(order)
    assert cal.adaptive_ece(cal.reliability(confidence, right)) == pytest.approx(expected, abs=1 / 3000)


@pytest.mark.slow
@pytest.mark.parametrize("levels", [None, 20])
def test_finding_mistakes_equals_sklearn_also_with_ties(levels: int | None) -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    confidence, right = pixels(3)
    if levels:
        confidence = (np.round(confidence * levels) / levels).astype(np.float32)
    uncertainty = cal.uncertainty_of_confidence(confidence)
    ranking = cal.rank(uncertainty, ~right)
    assert cal.auroc(ranking) == pytest.approx(sklearn.roc_auc_score(~right, uncertainty), abs=2e-4)
    assert cal.aupr(ranking) == pytest.approx(sklearn.average_precision_score(~right, uncertainty), abs=2e-3)
    if levels:
        assert cal.auroc(ranking) == pytest.approx(sklearn.roc_auc_score(~right, uncertainty), abs=1e-12)
        assert cal.aupr(ranking) == pytest.approx(sklearn.average_precision_score(~right, uncertainty), abs=1e-12)


@pytest.mark.slow
def test_fpr95_and_aurc_equal_torch_uncertainty() -> None:
    fpr, risk = torch_uncertainty("fpr.py"), torch_uncertainty("risk_coverage.py")
    import torch

    confidence, right = pixels(4, 20_000)
    uncertainty = cal.uncertainty_of_confidence(confidence)
    ranking = cal.rank(uncertainty, ~right)
    metric = fpr.FPR95(pos_label=1)
    metric.update(torch.from_numpy(uncertainty), torch.from_numpy(~right).int())
    assert cal.fpr_at_recall(ranking) == pytest.approx(metric.compute().item(), abs=3e-3)
    area = risk.AURC()
    sure = torch.from_numpy(confidence.astype(np.float64))
    # Two classes; the likelier one is right or not.
    two = torch.stack([torch.maximum(sure, torch.tensor(0.500001)), 1 - torch.maximum(sure, torch.tensor(0.500001))], 1)
    chosen = confidence > 0.500001
    area.update(two[chosen], torch.from_numpy((~right).astype(int))[chosen])
    ours = cal.aurc(cal.rank(uncertainty[chosen], ~right[chosen]))
    assert ours == pytest.approx(area.compute().item(), abs=3e-4)


def test_aurc_is_the_mean_of_the_error_rates_of_the_surest() -> None:
    wrong = np.array([0, 1, 0, 0, 1, 1], bool)
    uncertainty = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], np.float32)
    rates = wrong.cumsum() / np.arange(1, 7)
    assert cal.aurc(cal.rank(uncertainty, wrong)) == pytest.approx(rates.mean())
    tied = cal.rank(np.full(6, 0.3, np.float32), wrong)
    assert cal.aurc(tied) == pytest.approx(0.5), "pixels that cannot be told apart carry the overall error rate"


def test_the_risk_coverage_curve_starts_at_the_surest_and_ends_at_the_error_rate() -> None:
    confidence, right = pixels(5)
    coverage, risk = cal.risk_coverage(cal.rank(cal.uncertainty_of_confidence(confidence), ~right))
    assert coverage[[0, -1]].tolist() == [0, 1]
    assert risk[-1] == pytest.approx((~right).mean())
    order = np.argsort(-confidence, kind="stable")
    half = len(order) // 2
    assert risk[50] == pytest.approx((~right)[order[:half]].mean(), abs=2e-3)


def test_rank_keeps_the_order_of_every_float_and_survives_the_ends() -> None:
    values = np.array([0.0, -0.0, 1e-30, 1e-7, 0.1, 0.101, 1.0, 5.0106, 7.99, 100.0], np.float32)
    steps = [int(cal.rank(np.array([v]), np.array([True]))[1].argmax()) for v in values]
    assert steps == sorted(steps) and steps[0] == steps[1] == 0
    assert steps[4] < steps[5] and steps[-1] == cal.RANKS - 1


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(6)))
def test_every_count_is_the_same_in_any_order_of_photos(order: list[int]) -> None:
    def added(count: Callable[[int], NDArray[np.int64]], photos: list[int]) -> NDArray[np.int64]:
        return np.sum([count(photo) for photo in photos], axis=0)

    def reliability(seed: int) -> NDArray[np.int64]:
        return cal.reliability(*pixels(seed, 100))

    assert (added(reliability, order) == added(reliability, list(range(6)))).all()
    whole = [np.concatenate(part) for part in zip(*(pixels(seed, 100) for seed in order), strict=True)]
    assert (added(reliability, order) == cal.reliability(*whole)).all()


def strips(probabilities: NDArray[np.float32], rows: int) -> list[tuple[int, NDArray[np.float32]]]:
    return [(y, probabilities[:, y : y + rows]) for y in range(0, probabilities.shape[1], rows)]


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_brier_and_nll_equal_the_direct_formulas_in_strips_of_any_height(rows: int) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(len(ADE20K), 9, 7)).astype(np.float32) * 3
    probabilities = np.exp(scores) / np.exp(scores).sum(0)
    truth = rng.integers(0, len(ADE20K), (9, 7)).astype(np.uint8)
    truth[2:4] = VOID
    counts = cal.proper_scores(strips(probabilities, rows), truth)
    known = truth != VOID
    own = probabilities.transpose(1, 2, 0)[known].astype(np.float64)
    hot = np.eye(len(ADE20K))[truth[known]]
    assert counts[0] == known.sum()
    assert cal.brier(counts) == pytest.approx(((own - hot) ** 2).sum(1).mean(), abs=2e-6)
    assert cal.nll(counts) == pytest.approx(-np.log((own * hot).sum(1)).mean(), abs=2e-6)


def test_a_probability_of_zero_costs_a_large_but_finite_surprise() -> None:
    probabilities = np.zeros((len(ADE20K), 1, 1), np.float32)
    probabilities[3] = 1
    counts = cal.proper_scores([(0, probabilities)], np.zeros((1, 1), np.uint8))
    assert cal.nll(counts) == pytest.approx(87.3, abs=0.1)
    assert cal.brier(counts) == pytest.approx(2)


def test_without_pixels_every_number_is_nan() -> None:
    none = np.empty(0, np.float32), np.empty(0, bool)
    reliability, ranking = cal.reliability(*none), cal.rank(*none)
    for value in (
        cal.ece(reliability),
        cal.adaptive_ece(reliability),
        cal.auroc(ranking),
        cal.aupr(ranking),
        cal.fpr_at_recall(ranking),
        cal.aurc(ranking),
        cal.brier(np.zeros(3, np.int64)),
    ):
        assert np.isnan(value)
    assert cal.risk_coverage(ranking)[0].size == 0
    assert np.isnan(cal.auroc(cal.rank(np.ones(4, np.float32), np.zeros(4, bool)))), "no mistake: nothing to find"
