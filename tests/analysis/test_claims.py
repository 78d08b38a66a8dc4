"""The article's sentences, on evidence that is made to speak for or against them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from demo import catalog
from demo.analysis import claims
from demo.analysis.claims import CLAIMS, FCN_PAPER, SUMS, Evidence, Finding, Panel
from demo.labels.ade20k import ADE20K
from demo.schema import VOID, Prediction

PANEL = Panel(
    ("fcn", "pspnet", "setr", "segformer"),
    ("FCN", "PSPNet", "SETR", "SegFormer"),
    ("cnn", "cnn", "transformer", "transformer"),
    (FCN_PAPER, "", "", ""),
)


def evidence(photos: int = 40, *, outside: int = 0, panel: Panel = PANEL, **means: list[float]) -> Evidence:
    """Photos whose sums scatter around given means by model; everything not named is 100."""
    rng = np.random.default_rng(1)
    shape = (photos, len(panel.ids))
    sums = {name: np.array(means.get(name, [100.0] * shape[1])) * rng.uniform(0.9, 1.1, shape) for name in SUMS}
    sums["photos"][:] = 1
    return Evidence(panel, sums, np.arange(photos) >= photos - outside)


def finding(name: str, data: Evidence) -> Finding:
    return next(found for found in claims.weigh(data, resamples=300) if found.claim.id == name)


@pytest.mark.parametrize(
    ("name", "sums"),
    [
        ("edges", {"edge_entropy": [200, 300, 200, 150]}),
        ("small fragments", {"small_fragments": [30, 20, 10, 10]}),
        ("large uniform regions", {"typical_fragment": [0.1, 0.2, 0.3, 0.3]}),
        ("sure mistakes are rare", {"wrong_low_entropy": [50, 5, 5, 5]}),
        ("FCN is the exception", {"wrong_low_entropy": [50, 5, 5, 5]}),
        ("surer when right", {"right_entropy": [100, 100, 50, 50]}),
        ("less sure when wrong", {"wrong_entropy": [100, 100, 200, 200]}),
    ],
)
def test_a_claim_holds_on_evidence_for_it_and_falls_on_evidence_against_it(name: str, sums: dict) -> None:
    assert finding(name, evidence(**sums)).verdict == "holds"
    against = {key: [200 - value if name == "edges" else value for value in row] for key, row in sums.items()}
    against = {key: row if name == "edges" else row[::-1] for key, row in against.items()}
    if name == "edges":
        against = {"edge_entropy": [50, 50, 50, 50]}
    assert finding(name, evidence(**against)).verdict == "does not hold"


def test_equal_models_cannot_be_told_apart() -> None:
    data = evidence()
    data.sums["small_fragments"][:, 2:] = data.sums["small_fragments"][::-1, :2]
    found = finding("small fragments", data)
    assert found.verdict == "cannot tell" and found.reason == "The 95 % interval lies on both sides of zero."
    assert found.contrasts[0].low < found.contrasts[0].value < found.contrasts[0].high


def test_values_are_ratios_of_sums_and_families_their_means() -> None:
    found = finding("small fragments", evidence(small_fragments=[30, 20, 10, 10]))
    assert [model.value for model in found.models] == pytest.approx([30, 20, 10, 10], rel=0.03)
    assert found.families["cnn"].value == pytest.approx((found.models[0].value + found.models[1].value) / 2)
    assert found.photos == 40


def test_photos_from_outside_are_compared_with_the_others() -> None:
    data = evidence(60, outside=20)
    data.sums["entropy"][-20:] *= 2
    found = finding("unfamiliar photos", data)
    assert (found.verdict, found.photos) == ("holds", 60)
    assert found.models[0].value == pytest.approx(1, rel=0.05), "outside 2 nats, else 1"
    assert finding("unfamiliar though right", data).verdict == "cannot tell"


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (evidence(9), "edges", "It takes 10 photos, but there are 9."),
        (evidence(30, outside=4), "unfamiliar photos", "It takes 10 photos of each kind, but there are 26 and 4."),
        (evidence(30), "unfamiliar photos", "No photos from outside the training set's kind were named."),
        (evidence(right=[0.0] * 4, wrong=[0.0] * 4), "surer when right", "None of the photos has ground truth."),
        (evidence(panel=Panel(("a", "b"), ("A", "B"), ("cnn", "cnn"), ("", ""))), "small fragments",
         "It takes models of both families."),
        (evidence(panel=Panel(("a", "b"), ("A", "B"), ("cnn", "transformer"), ("", ""))), "FCN is the exception",
         "It takes FCN and another model."),
        (evidence(wrong=[100.0, 100, 0, 100], wrong_low_entropy=[1.0, 1, 0, 1]), "sure mistakes are rare",
         "The quantity is not defined for every model on these photos."),
    ],
)  # fmt: skip
def test_no_verdict_without_what_it_takes(data: Evidence, name: str, reason: str) -> None:
    found = finding(name, data)
    assert (found.verdict, found.reason) == ("cannot tell", reason)


def test_a_photo_that_one_model_did_not_answer_is_left_out_of_all() -> None:
    data = evidence(12)
    for table in data.sums.values():
        table[3, 1] = np.nan
    found = finding("edges", data)
    assert found.photos == 11 and not np.isnan(found.models[1].value)


def test_the_same_seed_gives_the_same_intervals() -> None:
    first, again = (claims.weigh(evidence(), resamples=200, seed=3) for _ in range(2))
    assert str([found.models for found in first]) == str([found.models for found in again])
    other = claims.weigh(evidence(), resamples=200, seed=4)
    assert first[0].models[0].value == other[0].models[0].value
    assert first[0].models[0].low != other[0].models[0].low


def test_the_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    """2.5 % of the means of 40 draws lie beyond 1.96 standard errors on each side."""
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(60):
        data = evidence(40)
        data.sums["small_fragments"][:, 0] = rng.exponential(10, 40)
        row = next(f for f in claims.weigh(data, resamples=200, seed=seed) if f.claim.id == "small fragments").models[0]
        covered += row.low <= 10 <= row.high
    assert 50 <= covered <= 60


def two_halves(entropy: NDArray[np.float32]) -> Prediction:
    label_map = np.zeros((60, 80), np.uint8)
    label_map[:, 40:] = 1
    label_map[0, 0] = 2
    return Prediction("toy", label_map, np.ones_like(entropy), entropy, np.ones_like(entropy), ADE20K)


def test_observation_counts_edges_fragments_and_mistakes() -> None:
    entropy = np.full((60, 80), 0.5, np.float32)
    entropy[:, 39:41] = 2
    truth = np.ones((60, 80), np.uint8)
    truth[30:] = VOID
    row = claims.observe(two_halves(entropy), truth)
    assert row["edge_pixels"] == pytest.approx(2 * 60 + 3) and row["edge_entropy"] == pytest.approx(2 * 120 + 3 * 0.5)
    assert row["edge_pixels"] + row["inner_pixels"] == row["pixels"] == 4800
    assert row["small_fragments"] == 1
    assert row["typical_fragment"] == pytest.approx((2399**2 + 2400**2 + 1) / 4800**2)
    assert (row["right"], row["wrong"]) == (1200, 1200)
    assert row["wrong_entropy"] == pytest.approx(30 * 2 + 1170 * 0.5)
    assert row["wrong_low_entropy"] == 1170
    assert claims.observe(two_halves(entropy))["right"] == 0


def test_every_claim_says_what_it_measures() -> None:
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS) == 9
    for claim in CLAIMS:
        assert claim.sentence.endswith(".") and claim.quantity and claim.test and claim.unit


def test_fcn_is_known_by_its_paper_and_not_by_its_title() -> None:
    families = ("cnn",) * 4
    panel = Panel(
        ("a", "b", "c", "d"), ("FCN of mine", "", "Fully convolutional", "FastFCN"), families, ("", "", FCN_PAPER, "")
    )
    assert panel.fcn.tolist() == [False, False, True, False]
    assert {spec.paper for spec in map(catalog.find, ("fcn-r101", "fcn-ssseg", "fcn-compact"))} == {FCN_PAPER}
