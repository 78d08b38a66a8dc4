"""Scores against MMSegmentation's own metric, torchmetrics, scikit-learn, and Boundary IoU done mask by mask."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from demo.analysis import scores
from demo.labels.ade20k import ADE20K
from demo.schema import VOID


def maps(
    seed: int, size: tuple[int, int] = (60, 80), classes: int = len(ADE20K), right: float = 0.6
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A prediction and a truth of blocky regions, right in about `right` of the pixels, with some void."""
    rng = np.random.default_rng(seed)
    truth = np.kron(rng.integers(0, classes, (size[0] // 10, size[1] // 10)), np.ones((10, 10))).astype(np.uint8)
    predicted = np.where(rng.random(size) < right, truth, rng.integers(0, classes, size)).astype(np.uint8)
    truth[rng.random(size) < 0.1] = VOID
    return predicted, truth


def test_equal_to_mmsegmentation_to_the_last_digit_shown() -> None:
    torch = pytest.importorskip("torch")
    metrics = pytest.importorskip("mmseg.evaluation")
    metric = metrics.IoUMetric()
    metric.dataset_meta = {"classes": [str(number) for number in range(len(ADE20K))]}
    total = np.zeros((len(ADE20K), len(ADE20K)), np.int64)
    for seed in range(6):
        predicted, truth = maps(seed, classes=90)
        total += scores.confusion(predicted, truth, len(ADE20K))
        sample = {
            "pred_sem_seg": {"data": torch.from_numpy(predicted.astype(np.int64))},
            "gt_sem_seg": {"data": torch.from_numpy(truth.astype(np.int64))},
        }
        metric.process({}, [sample])
    published = metric.compute_metrics(metric.results)
    ours = {"mIoU": scores.mean_iou(total), "mAcc": scores.mean_accuracy(total), "aAcc": scores.pixel_accuracy(total)}
    shown = {key: f"{100 * value:.2f}" for key, value in ours.items()}
    assert shown == {key: f"{published[key]:.2f}" for key in ours}


@pytest.mark.slow
def test_equal_to_torchmetrics_and_sklearn() -> None:
    torch = pytest.importorskip("torch")
    classification = pytest.importorskip("torchmetrics.classification")
    sklearn = pytest.importorskip("sklearn.metrics")
    predicted, truth = maps(3, classes=12)
    counts = scores.confusion(predicted, truth, len(ADE20K))
    known = truth != VOID
    assert (counts[:12, :12] == sklearn.confusion_matrix(truth[known], predicted[known], labels=range(12))).all()
    jaccard = classification.MulticlassJaccardIndex(12, average=None, ignore_index=VOID)
    expected = jaccard(torch.from_numpy(predicted.astype(int)), torch.from_numpy(truth.astype(int))).numpy()
    assert scores.iou(counts)[:12] == pytest.approx(expected, abs=1e-6)
    weighted = sklearn.jaccard_score(truth[known], predicted[known], average="weighted", labels=range(12))
    assert scores.frequency_weighted_iou(counts) == pytest.approx(weighted)
    assert scores.mean_accuracy(counts) == pytest.approx(
        sklearn.balanced_accuracy_score(truth[known], predicted[known])
    )


def test_a_class_only_predicted_counts_as_zero_unless_left_out() -> None:
    truth = np.zeros((2, 2), np.uint8)
    counts = scores.confusion(np.array([[0, 0], [0, 7]], np.uint8), truth, len(ADE20K))
    assert scores.mean_iou(counts) == pytest.approx(0.375)
    assert scores.mean_iou(counts, over="annotated") == pytest.approx(0.75)


def test_nothing_labelled_gives_nan_everywhere() -> None:
    counts = scores.confusion(np.zeros((3, 3), np.uint8), np.full((3, 3), VOID, np.uint8), len(ADE20K))
    for formula in (scores.mean_iou, scores.pixel_accuracy, scores.mean_accuracy, scores.frequency_weighted_iou):
        assert np.isnan(formula(counts)), formula.__name__
    assert scores.top_confusions(counts) == []


def test_what_lies_under_void_does_not_matter_and_bad_labels_are_refused() -> None:
    truth = np.array([[VOID, 1]], np.uint8)
    assert scores.confusion(np.array([[VOID, 1]], np.uint8), truth, len(ADE20K)).sum() == 1
    with pytest.raises(ValueError, match=r"labels must be 0\.\.149 .* but got 150"):
        scores.confusion(np.array([[0, 150]], np.uint8), truth, len(ADE20K))
    with pytest.raises(ValueError, match=r"one shape, but got \(1, 2\) and \(2, 1\)"):
        scores.confusion(truth, truth.T, len(ADE20K))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 59))
def test_counts_of_parts_add_to_the_counts_of_the_whole(seed: int, cut: int) -> None:
    predicted, truth = maps(seed, classes=5)
    parts = scores.confusion(predicted[cut:], truth[cut:], len(ADE20K)) + scores.confusion(
        predicted[:cut], truth[:cut], len(ADE20K)
    )
    assert (parts == scores.confusion(predicted, truth, len(ADE20K))).all()


def test_top_confusions_are_sorted_and_say_their_share() -> None:
    truth = np.array([[3] * 6 + [5] * 4], np.uint8)
    predicted = np.array([[3, 3, 3, 8, 8, 9, 5, 5, 5, 3]], np.uint8)
    pairs = scores.top_confusions(scores.confusion(predicted, truth, len(ADE20K)), 2)
    assert [(p.truth, p.predicted, p.pixels) for p in pairs] == [(3, 8, 2), (3, 9, 1)]
    assert pairs[0].share == pytest.approx(1 / 3)


def reference_boundary(mask: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """The paper's construction: the mask less `width` erosions by a 3 x 3 square, outside being background."""
    cv2 = pytest.importorskip("cv2")
    framed = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    eroded = cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=width)
    return mask - eroded[1:-1, 1:-1]


@pytest.mark.parametrize("size", [(60, 80), (31, 17), (200, 120)])
def test_boundary_iou_equals_eroding_each_mask(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    truth = (
        rng.integers(0, 4, (size[0] // 8 + 1, size[1] // 8 + 1))
        .repeat(8, 0)
        .repeat(8, 1)[: size[0], : size[1]]
        .astype(np.uint8)
    )
    predicted = np.roll(truth, 2, 1)
    truth[5:9, 4:15] = VOID
    areas = scores.boundary_areas(predicted, truth, len(ADE20K))
    width = max(1, round(0.02 * float(np.hypot(*size))))
    known = truth != VOID
    for label in range(4):
        said, true = (
            reference_boundary((m == label).astype(np.uint8), width).astype(bool) & known for m in (predicted, truth)
        )
        assert areas[:, label].tolist() == [(said & true).sum(), said.sum(), true.sum()]
    assert np.nanmax(scores.iou_of_areas(areas)) < 1


def test_a_map_right_wherever_there_is_a_label_scores_one_once_the_void_is_shared() -> None:
    """The authors' code gives the truth boundaries along void, which no prediction has: 0.95 to 0.98 was measured."""
    said = np.zeros((100, 120), np.uint8)
    said[30:70, 40:90] = 1
    truth = said.copy()
    truth[:, 58:64] = VOID
    published, shared = (
        scores.mean(scores.iou_of_areas(scores.boundary_areas(said, truth, len(ADE20K), share_void=share)))
        for share in (False, True)
    )
    assert published < 0.99 and shared == 1
    wrong = said.copy()
    wrong[40:50, 50:80] = 2
    published, shared = (
        scores.boundary_areas(wrong, np.where(truth == VOID, 0, truth), len(ADE20K), share_void=share)
        for share in (False, True)
    )
    assert (published == shared).all(), "without void they are one"


def test_a_perfect_map_has_boundary_iou_one_and_a_shifted_one_less_than_its_iou() -> None:
    truth = np.zeros((100, 100), np.uint8)
    truth[20:80, 20:80] = 1
    assert scores.mean(scores.iou_of_areas(scores.boundary_areas(truth, truth, len(ADE20K)))) == 1
    shifted = np.roll(truth, 2, 1)
    edge = scores.iou_of_areas(scores.boundary_areas(shifted, truth, len(ADE20K)))[1]
    assert edge < scores.iou(scores.confusion(shifted, truth, len(ADE20K)))[1] < 1


def test_regions_are_grouped_by_their_own_area() -> None:
    truth = np.full((200, 300), VOID, np.uint8)
    truth[:10, :10] = 1  # 100 pixels: small
    truth[20:60, :40] = 1  # 1600: medium, same class
    truth[70:166, :96] = 2  # 9216 = 96 x 96: large
    truth[0:32, 200:232] = 3  # 1024 = 32 x 32: medium
    groups = scores.size_groups(truth)
    assert [set(groups[truth == label].tolist()) for label in (1, 2, 3)] == [{0, 1}, {2}, {1}]
    assert set(groups[truth == VOID].tolist()) == {VOID}
    predicted = np.where(truth == 3, 1, truth).astype(np.uint8)
    by_size = scores.size_confusions(predicted, truth, len(ADE20K))
    assert (by_size.sum(0) == scores.confusion(predicted, truth, len(ADE20K))).all()
    assert scores.iou(by_size[0])[1] == 1
    assert scores.iou(by_size[1])[1] == pytest.approx(1600 / 2624)
