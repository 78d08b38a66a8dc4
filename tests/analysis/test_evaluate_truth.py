"""One prediction against one truth: what the truth tab shows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.analysis.counts import Truth, TruthCounts, count
from demo.analysis.evaluate_truth import ERROR_NAMES, RIGHT, UNKNOWN, WRONG_SURE, WRONG_UNSURE, evaluate_truth
from demo.analysis.numbers import DEFINITIONS
from demo.errors import TruthError
from demo.labels.ade20k import ADE20K
from demo.measures import ALWAYS
from demo.schema import VOID, Prediction, Unknown

SIZE = (40, 50)


def prediction(seed: int = 0) -> Prediction:
    rng = np.random.default_rng(seed)
    label_map = rng.integers(0, 4, (SIZE[0] // 10, SIZE[1] // 10)).repeat(10, 0).repeat(10, 1).astype(np.uint8)
    fields = [rng.random(SIZE, np.float32) for _ in range(3)]
    return Prediction("toy", label_map, fields[0], fields[1] * 5, fields[2], ADE20K)


def truth(seed: int = 1) -> NDArray[np.uint8]:
    label_map = prediction(seed).label_map.copy()
    label_map[:5] = VOID
    return label_map


def number(report: dict, key: str) -> dict:
    return next(row for row in report["numbers"] if row["id"] == key)


def test_every_number_has_a_unit_a_formula_and_its_pixels_and_all_of_it_is_json() -> None:
    judgement = evaluate_truth(prediction(), truth(), unknown=Unknown.one("snow", truth() == 2))
    report = json.loads(json.dumps(judgement.scores, allow_nan=False))
    assert len({row["id"] for row in report["numbers"]}) == len(DEFINITIONS) + 12
    for row in report["numbers"] + report["unknown"]["numbers"]:
        assert (
            row["unit"] in ("0..1", "0..2", "1..2", "nats") and row["formula"] and row["better"] in ("higher", "lower")
        )
        assert "{" not in row["formula"]
    labelled = int(((truth() != VOID) & (truth() != 2)).sum())
    assert number(report, "miou")["pixels"] == report["pixels"]["labelled"] == labelled
    assert number(report, "brier") == {**number(report, "brier"), "value": None, "pixels": 0}


def test_probabilities_bring_brier_and_nll() -> None:
    even = np.full((len(ADE20K), *SIZE), 1 / len(ADE20K), np.float32)
    report = evaluate_truth(prediction(), truth(), strips=[(0, even[:, :17]), (17, even[:, 17:])]).scores
    assert number(report, "nll")["value"] == pytest.approx(np.log(150), abs=1e-5)
    assert number(report, "brier")["value"] == pytest.approx(1 - 1 / 150, abs=1e-5)


def test_the_error_map_tells_four_kinds_apart() -> None:
    said, labelled = prediction(), truth()
    foreign = np.zeros(SIZE, bool)
    foreign[30:] = True
    codes = evaluate_truth(said, labelled, unknown=Unknown.one("snow", foreign), sure=0.5).error_map
    wrong = said.label_map != labelled
    inside = ~foreign & (labelled != VOID)
    assert ((codes == RIGHT) == (inside & ~wrong)).all()
    assert ((codes == WRONG_SURE) == (inside & wrong & (said.confidence >= 0.5))).all()
    assert ((codes == WRONG_UNSURE) == (inside & wrong & (said.confidence < 0.5))).all()
    assert ((codes == UNKNOWN) == foreign).all()
    assert set(np.unique(codes).tolist()) <= set(ERROR_NAMES)


def test_a_perfect_answer_is_perfect() -> None:
    said = prediction()
    report = evaluate_truth(said, said.label_map).scores
    for key in ("miou", "pixel_accuracy", "boundary_iou", "fw_iou"):
        assert number(report, key)["value"] == 1
    assert report["confusions"] == []
    assert number(report, "entropy_auroc")["value"] is None, "nothing to find"


def test_the_band_splits_the_pixels_in_two() -> None:
    whole, near, far = (
        evaluate_truth(prediction(), truth(), band=band).scores for band in ("all", "boundary", "interior")
    )
    pixels = [report["pixels"]["labelled"] for report in (whole, near, far)]
    assert pixels[0] == pixels[1] + pixels[2] and min(pixels) > 0
    right = [number(r, "pixel_accuracy")["value"] * n for r, n in zip((whole, near, far), pixels, strict=True)]
    assert right[0] == pytest.approx(right[1] + right[2])


def test_unknown_objects_found_by_entropy() -> None:
    said = prediction()
    foreign = np.zeros(SIZE, bool)
    foreign[10:20] = True
    entropy = np.where(foreign, 4, 1).astype(np.float32)
    report = evaluate_truth(
        Prediction("toy", said.label_map, said.confidence, entropy, said.margin, ADE20K),
        truth(),
        unknown=Unknown.one("snow", foreign),
    ).scores
    values = {row["id"]: row["value"] for row in report["unknown"]["numbers"]}
    assert (values["entropy_auroc"], values["entropy_aupr"], values["entropy_fpr95"]) == (1, 1, 0)
    assert 0.3 < values["confidence_auroc"] < 0.7
    assert "entropy_aurc" not in values


@pytest.mark.slow
def test_every_measure_that_a_network_can_say_is_judged_by_how_it_finds_the_errors() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    plain, labelled = prediction(), truth()
    logit = np.random.default_rng(3).normal(2, 6, SIZE).astype(np.float32)  # below zero, and above its scale's end
    said = replace(plain, more={"max_logit": logit})
    report = evaluate_truth(said, labelled).scores
    assert list(report["risk_coverage"]) == [*ALWAYS, "max_logit"]
    known = labelled != VOID
    expected = metrics.roc_auc_score((said.label_map != labelled)[known], -logit[known])
    assert number(report, "max_logit_auroc")["value"] == pytest.approx(expected, abs=0.003)
    assert number(report, "max_logit_auroc")["title"] == "AUROC, max logit"
    assert list(evaluate_truth(plain, labelled).scores["risk_coverage"]) == [*ALWAYS]
    counts = count(said, Truth.of(labelled))
    stored = TruthCounts.from_bytes((counts + TruthCounts.zero(ADE20K) + counts).to_bytes())
    assert (stored.rankings["max_logit"] == 2 * counts.rankings["max_logit"]).all()
    foreign = np.zeros(SIZE, bool)
    foreign[10:20] = True
    unknown = evaluate_truth(said, labelled, unknown=Unknown.one("snow", foreign)).scores["unknown"]["numbers"]
    assert {"max_logit_auroc", "margin_auroc"} < {row["id"] for row in unknown}


def test_classes_come_most_annotated_first_with_indexes_from_one() -> None:
    rows = evaluate_truth(prediction(), truth()).scores["classes"]
    annotated = [row["annotated"] for row in rows]
    assert annotated == sorted(annotated, reverse=True)
    assert {row["name"]: row["index"] for row in rows}["wall"] == 1


def test_bad_masks_are_explained() -> None:
    with pytest.raises(TruthError, match=r"as large as the photo, 50 x 40 pixels, but it is 40 x 50"):
        evaluate_truth(prediction(), truth().T.copy())
    with pytest.raises(TruthError, match="all of it is void"):
        evaluate_truth(prediction(), np.full(SIZE, VOID, np.uint8))


def test_tallies_add_and_survive_storage() -> None:
    parts = [count(prediction(seed), Truth.of(truth(seed + 9))) for seed in range(3)]
    forward, backward = parts[0] + parts[1] + parts[2], parts[2] + parts[1] + parts[0] + TruthCounts.zero(ADE20K)
    stored = TruthCounts.from_bytes(forward.to_bytes())
    assert stored.class_set == ADE20K
    for name in forward._shapes:
        assert (getattr(forward, name) == getattr(backward, name)).all(), name
        assert (getattr(forward, name) == getattr(stored, name)).all(), name
    assert len(forward.to_bytes()) < 60_000
