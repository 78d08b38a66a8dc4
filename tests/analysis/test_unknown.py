"""What no class names: the scores are scikit-learn's, the counts add exactly, and what it was called is told."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from demo.analysis.counts import Truth, TruthCounts, count
from demo.analysis.evaluate_truth import NOTHING_KNOWN, unknown_row
from demo.analysis.numbers import finding_unknown
from demo.analysis.unknown import FLAGGED, FOUND, MISSED, PASSED, UNASKED, called, count_unknown, flags
from demo.labels.ade20k import ADE20K
from demo.measures import BY_ID
from demo.schema import VOID, Prediction, Unknown

SIZE = (60, 80)
SNOW, TRAIN = slice(0, 12), slice(40, 45)


def prediction(seed: int = 0) -> Prediction:
    """Doubt is somewhat higher where there is snow."""
    rng = np.random.default_rng(seed)
    more = np.zeros(SIZE, np.float32)
    more[SNOW] = 1
    label_map = rng.integers(0, 5, SIZE, np.uint8)
    entropy = np.clip(rng.normal(1 + more, 0.7), 0, 5).astype(np.float32)
    confidence = np.clip(rng.normal(0.8 - 0.2 * more, 0.2), 0, 1).astype(np.float32)
    logits = {name: rng.normal(8 - 3 * more, 4).astype(np.float32) for name in ("max_logit", "energy")}
    return Prediction("toy", label_map, confidence, entropy, confidence / 2, ADE20K, more=logits)


def unknown() -> Unknown:
    places = np.zeros(SIZE, np.uint8)
    places[SNOW], places[TRAIN] = 1, 2
    return Unknown(("snow", "train"), places)


def label_map(seed: int = 9) -> NDArray[np.uint8]:
    found = np.random.default_rng(seed).integers(0, 5, SIZE, np.uint8)
    found[unknown().mask] = VOID
    found[-6:] = VOID
    return found


def counted(seed: int = 0) -> TruthCounts:
    return count(prediction(seed), Truth.of(label_map(seed + 9), unknown()))


@pytest.mark.slow
@pytest.mark.parametrize("measure", BY_ID)
def test_scores_are_scikit_learns_to_the_width_of_a_step(measure: str) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    said, mask, known = prediction(), unknown().mask, label_map() != VOID
    doubt = said.measures[measure] * (1 if BY_ID[measure].high_is_doubt else -1)
    event, score = mask[mask | known], doubt[mask | known].astype(np.float64)
    values = {number.id: number.value for number in finding_unknown(counted())}
    assert values[f"{measure}_auroc"] == pytest.approx(metrics.roc_auc_score(event, score), abs=2e-3)
    assert values[f"{measure}_aupr"] == pytest.approx(metrics.average_precision_score(event, score), abs=2e-3)
    false, true, _ = metrics.roc_curve(event, score, drop_intermediate=False)
    assert values[f"{measure}_fpr95"] == pytest.approx(false[np.argmax(true >= 0.95)], abs=5e-3)


def test_counts_add_to_the_same_digits_in_any_order_and_through_storage() -> None:
    parts = [counted(seed) for seed in range(3)]
    without = count(prediction(7), Truth.of(label_map(3)))
    forward = parts[0] + without + parts[1] + parts[2]
    backward = TruthCounts.zero(ADE20K) + parts[2] + parts[1] + (without + parts[0])
    stored = TruthCounts.from_bytes(forward.to_bytes())
    assert unknown_row(forward) == unknown_row(backward) == unknown_row(stored)
    assert forward.unknown.pixels == 3 * int(unknown().mask.sum())
    whole = {name: np.sum([part.unknown.called[name] for part in parts], 0) for name in ("snow", "train")}
    assert all((forward.unknown.called[name] == whole[name]).all() for name in whole)


@pytest.mark.slow
def test_photos_without_anything_unknown_are_what_it_is_told_from() -> None:
    """Of a data set all labelled pixels count, as SegmentMeIfYouCan's do, not only those of the same photo."""
    metrics = pytest.importorskip("sklearn.metrics")
    first, second = counted(), count(prediction(1), Truth.of(label_map(3)))
    asked = [
        (prediction(), label_map() != VOID, unknown().mask),
        (prediction(1), label_map(3) != VOID, np.zeros(SIZE, bool)),
    ]
    event = np.concatenate([mask[known | mask] for _, known, mask in asked])
    score = np.concatenate([said.entropy[known | mask] for said, known, mask in asked])
    values = {number.id: number for number in finding_unknown(first + second)}
    assert values["entropy_auroc"].value == pytest.approx(metrics.roc_auc_score(event, score), abs=2e-3)
    assert values["entropy_auroc"].pixels == len(event)


def test_things_are_told_with_what_they_were_called_most_pixels_first() -> None:
    said, where = prediction(), unknown()
    rows = called(count_unknown(said, where), limit=2)
    assert [row.thing for row in rows] == ["snow", "train"]
    for row, place in zip(rows, (SNOW, TRAIN), strict=True):
        expected = np.bincount(said.label_map[place].ravel(), minlength=150)
        assert row.pixels == expected.sum() and len(row.classes) == 2
        assert row.classes[0] == (int(expected.argmax()), int(expected.max()))
    report = unknown_row(counted())
    assert report["called"][0]["classes"][0]["name"] == ADE20K.names[rows[0].classes[0][0]]  # type: ignore[index]
    assert sum(one["share"] for one in report["called"][1]["classes"]) == pytest.approx(1)  # type: ignore


def test_the_flags_find_95_percent_and_flag_what_fpr95_says() -> None:
    said, known, mask = prediction(), label_map() != VOID, unknown().mask
    values = {number.id: number.value for number in finding_unknown(counted())}
    for measure in BY_ID:
        codes = flags(said, measure, known, mask)
        tally = np.bincount(codes.ravel(), minlength=256)
        assert tally[FLAGGED] / (tally[FLAGGED] + tally[PASSED]) == pytest.approx(values[f"{measure}_fpr95"])
        share = tally[FOUND] / (tally[FOUND] + tally[MISSED])
        assert share >= 0.95 and (share < 0.97 or measure in ("confidence", "margin")), (
            "these have many ties at their end"
        )
        assert ((codes == UNASKED) == ~(known | mask)).all()
    assert (flags(said, "entropy", known, np.zeros(SIZE, bool)) == UNASKED).all()


def test_a_network_whose_scores_are_no_logits_is_judged_by_what_it_can_say() -> None:
    bare = count(replace(prediction(), more={}), Truth.of(label_map(), unknown()))
    assert {number.id.rpartition("_")[0] for number in finding_unknown(bare)} == {"entropy", "confidence", "margin"}
    assert set((bare + counted()).unknown.doubt) == {"entropy", "confidence", "margin"}


def test_with_only_unknown_pixels_there_is_a_sentence_and_no_number() -> None:
    alone = count(prediction(), Truth.of(np.full(SIZE, VOID, np.uint8), unknown()))
    row = unknown_row(alone)
    assert row["message"] == NOTHING_KNOWN and row["called"]
    assert all(number["value"] is None for number in row["numbers"])  # type: ignore[union-attr,index,call-overload]
    assert unknown_row(counted())["message"] is None


def test_another_size_is_a_programmers_mistake() -> None:
    with pytest.raises(ValueError, match="must have the size"):
        count_unknown(prediction(), Unknown.one("snow", np.ones((2, 2), bool)))
    with pytest.raises(ValueError, match=r"must be 0\.\.1, but got 2"):
        Unknown(("snow",), np.full((2, 2), 2, np.uint8))
