"""What the tab "Where they differ" is told: the numbers of summary.json, exact maps, sentences for what cannot be."""

import json
from base64 import b64decode
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.analysis.agreement import majority, merge_mild, settle_boundaries, split, votes
from demo.analysis.conflict_thresholds import conflict_thresholds
from demo.analysis.together import grid_of
from demo.export import files
from demo.labels.ade20k import ADE20K
from demo.page.differences import compared
from demo.page.headline import Shares, headline
from demo.page.mean import mean_of
from demo.page.store import Run, Store
from demo.page.tabs.differ import Differ
from demo.page.tabs.tab import GONE
from demo.page.wire import in_folder, panel_of
from demo.schema import Comparison
from tests.toy import toy_ids, toy_zoo

pytest.importorskip("gradio")
PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"


@pytest.fixture(scope="module")
def run(store: Store) -> Run:
    run = store.open(PHOTO)
    for answer in toy_zoo().stream(run.image, "compact", run.size):
        run.keep(answer, panel_of(answer, in_folder(run.folder)))
    return run


@pytest.fixture
def differ(store: Store) -> Differ:
    return Differ(store)


@pytest.fixture(scope="module")
def comparison(run: Run) -> Comparison:
    return compared([run.answers[model] for model in toy_ids()])


def question(run: Run, what: str = "differences", **more: object) -> dict[str, object]:
    return {"run": run.key, "models": list(toy_ids()), "what": what, **more}


def pixels(url: object) -> np.ndarray:
    head, data = str(url).split(",")
    assert head == "data:image/png;base64"
    return np.asarray(PillowImage.open(BytesIO(b64decode(data))))


def test_the_numbers_are_those_of_summary_json(run: Run, differ: Differ) -> None:
    told = differ.ask(question(run))
    written = dict(files(run.named("cat.png"), run.answers.values(), precision="exact", device="cpu"))
    summary = json.loads(written["summary.json"])
    expected = summary["comparison"]
    assert told["votes"] == pytest.approx(expected["votes"], abs=1e-12)
    assert told["split"] == pytest.approx(expected["split"], abs=1e-12)
    assert told["boundary_only"] == expected["boundary_only"]
    assert told["regions"] == [region | {"pieces": ANY} for region in expected["regions"]] != []
    assert told["conflict"]["area"] == expected["confident_conflict"]
    assert told["conflict_areas"][80] == pytest.approx(expected["confident_conflict"], abs=1e-12)
    assert {key: pair["kappa"] for key, pair in told["pairs"].items()} == expected["kappa"]
    assert {key: pair["agreement"] for key, pair in told["pairs"].items()} == expected["agreement"]
    assert told["fleiss_kappa"] == expected["fleiss_kappa"]
    for row, model in zip(told["structures"], summary["models"], strict=True):
        assert row["boundary_entropy"] == model["boundary_entropy_share"]
        assert row["fragments"] == model["fragments"]


def test_the_maps_are_exact(run: Run, differ: Differ, comparison: Comparison) -> None:
    maps = differ.ask(question(run))["maps"]
    assert np.array_equal(pixels(maps["votes"]), votes(comparison))
    assert np.array_equal(pixels(maps["split"]), split(comparison))
    assert np.array_equal(pixels(maps["majority"]), majority(comparison))
    assert np.array_equal(pixels(maps["conflict"]), conflict_thresholds(comparison))


def test_a_regions_point_lies_in_the_region(run: Run, differ: Differ) -> None:
    told = differ.ask(question(run))
    numbers = pixels(told["maps"]["regions"])
    for number, region in enumerate(told["regions"], 1):
        assert numbers[tuple(region["point"])] == number
        assert (numbers == number).mean() == pytest.approx(region["area"])


def test_who_stands_alone(run: Run, differ: Differ, comparison: Comparison) -> None:
    told = differ.ask(question(run))
    for number, model in enumerate(toy_ids()):
        others = np.delete(comparison.label_maps, number, axis=0)
        alone = (others == others[0]).all(0) & (comparison.label_maps[number] != others[0])
        assert told["alone"][model] == pytest.approx(alone.mean())
    assert max(told["alone"].values()) > 0


def test_what_is_overlooked_counts_as_agreed(run: Run, differ: Differ, comparison: Comparison) -> None:
    settled = differ.ask(question(run, boundaries=True))
    assert np.array_equal(pixels(settled["maps"]["votes"]), votes(settle_boundaries(comparison)))
    merged = differ.ask(question(run, mild=True))
    assert np.array_equal(pixels(merged["maps"]["split"]), split(merge_mild(comparison)))
    plain = differ.ask(question(run))
    assert settled["votes"][0] == pytest.approx(plain["votes"][0] + plain["boundary_only"])
    assert merged["votes"][0] >= plain["votes"][0]
    assert settled["pairs"] == merged["pairs"] == plain["pairs"]


@pytest.mark.slow
def test_a_wider_distance_overlooks_more(run: Run, differ: Differ) -> None:
    shares = [differ.ask(question(run, boundaries=True, distance=d))["votes"][0] for d in (0.0, 0.0075, 0.02)]
    assert shares[0] < shares[1] < shares[2]


def test_conflict_follows_the_threshold(run: Run, differ: Differ) -> None:
    low = differ.ask(question(run, "conflict", threshold=0.2))
    high = differ.ask(question(run, "conflict", threshold=0.95))
    assert low["area"] > high["area"]
    assert low["pairs"][0]["area"] <= low["area"]


@pytest.mark.slow
def test_together_is_the_mean_of_the_probabilities(run: Run) -> None:
    answers = [run.answers[model] for model in toy_ids()]
    told, size = mean_of(answers), grid_of(run.image.shape[:2])
    mean = sum(np.concatenate([s for _, s in a.posterior.strips(size)], axis=1) for a in answers) / len(answers)
    assert np.array_equal(pixels(told["maps"]["together"]), mean.argmax(0))
    entropy = -(mean * np.log(mean)).sum(0)
    assert told["means"]["entropy"] == pytest.approx(entropy.mean(), abs=1e-4)
    assert told["means"]["mutual_information"] == pytest.approx(
        told["means"]["entropy"] - told["means"]["mean_entropy"], abs=1e-4
    )
    assert len(told["divergence"]) == 10


@pytest.mark.slow
def test_what_is_overlooked_does_not_change_the_mean(run: Run, differ: Differ) -> None:
    assert differ.ask(question(run, "together", mild=True)) is differ.ask(question(run, "together", threshold=0.3))


@pytest.mark.slow
def test_replies_are_remembered_but_few(run: Run, differ: Differ) -> None:
    first = differ.ask(question(run))
    assert differ.ask(question(run)) is first
    for step in range(12):
        differ.ask(question(run, "conflict", threshold=step / 20))
    assert differ.ask(question(run)) is not first


class Crowded(dict[object, object]):
    """A cache in which what is put is pushed out at once, as by the replies to others' questions."""

    def __setitem__(self, key: object, value: object) -> None:
        self.clear()


def test_a_reply_that_others_push_out_is_given_all_the_same(run: Run, differ: Differ) -> None:
    wanted = differ.ask(question(run, "conflict"))
    differ._replies[run] = Crowded()
    assert "message" not in wanted and differ.ask(question(run, "conflict")) == wanted


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (["fcn-compact"], "only FCN has answered. Press Segment with two or more chosen."),
        (["segformer-b4"], "none has answered yet. Press Segment with two or more chosen."),
    ],
)
def test_one_answer_is_not_enough(run: Run, differ: Differ, models: list[str], message: str) -> None:
    told = differ.ask(question(run) | {"models": models})
    assert str(told["message"]).endswith(message)
    assert [row["model"] for row in told["structures"]] == [m for m in models if m in run.answers]
    assert "message" in differ.ask(question(run, "together") | {"models": models})


def test_one_family_has_no_other_to_stand_against(run: Run, differ: Differ) -> None:
    told = differ.ask(question(run) | {"models": list(toy_ids()[:3])})
    assert told["split"]["between_families"] == told["split"]["inside_transformer"] == 0
    assert "transformer" not in told["headline"]


@pytest.mark.parametrize("asked", [None, 7, {}, {"run": "x", "models": [], "what": "secrets"}])
def test_a_wrong_question_gets_a_sentence(differ: Differ, asked: object) -> None:
    assert str(differ.ask(asked)["message"]).startswith("Ask with")


def test_a_run_that_is_gone_says_so(run: Run, differ: Differ) -> None:
    assert differ.ask(question(run) | {"run": "gone"}) == {"message": GONE}


def test_numbers_of_a_question_are_kept_within_bounds(run: Run, differ: Differ) -> None:
    told = differ.ask(question(run, "conflict", threshold=7.0))
    assert told["threshold"] == 1.0
    assert differ.ask(question(run, "conflict", threshold="high"))["threshold"] == 0.8


def test_sentences_come_in_parts(run: Run, differ: Differ) -> None:
    told = differ.ask(question(run))
    assert told["headline"].startswith(f"{told['lead']} ")
    for region in told["regions"]:
        assert "".join(piece["text"] for piece in region["pieces"]) == region["sentence"]
        coloured = [(piece["text"], piece["index"]) for piece in region["pieces"] if piece["index"] is not None]
        assert coloured == [(party["class"], ADE20K.names.index(party["class"])) for party in region["parties"]]


def test_headline(comparison: Comparison) -> None:
    said = headline(comparison, Shares(0.61, 0.12, 0.081, [0.01, 0, 0.019, 0, 0]))
    assert said == [
        "All five agree on 61 % of the photo.",
        "On 12 % only a boundary is shifted, on 8.1 % the CNNs stand against the transformers.",
    ]
    two = replace(
        comparison,
        ids=("a", "b"),
        titles=("FCN", "SETR"),
        families=("cnn", "transformer"),
        label_maps=comparison.label_maps[:2],
        confidences=comparison.confidences[:2],
    )
    shares = Shares(0.5, 0.1, 0.5, [0, 0])
    assert headline(two, shares, boundaries_aside=True, mild_aside=True) == [
        "FCN and SETR agree on 50 % of the photo, shifted boundaries and mild disputes aside.",
        "On 50 % the CNN stands against the transformer.",
    ]
    alone = headline(comparison, Shares(0.6, 0, 0, [0, 0, 0.3, 0.1, 0]))
    assert alone[1:] == ["On 30 % DeepLabV3+ alone contradicts the others."]
    assert headline(comparison, Shares(1.0, 0, 0, [0] * 5)) == ["All five agree on 100 % of the photo."]
    silent = headline(comparison, Shares(0.9, 0, 0, [0] * 5, 0.1))
    assert silent[1:] == ["On 10 % one has no word for what another names, and cannot say."]
