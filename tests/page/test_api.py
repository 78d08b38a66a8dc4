"""What programs are answered when something cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.errors import DemoError
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import of_count
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.page.api import caution, compare, figure, label_map, nobody, overlay_of, pixel, regions, segment
from demo.page.api_shapes import LeftOut
from demo.page.download import make_zip
from demo.page.networks import Networks
from demo.page.store import Store
from demo.schema import Image, ModelSpec
from tests.toy import toy_ids, toy_network

FIVE = toy_ids()


def failing(*wrong: str) -> Networks:
    """Toy networks, of which these fail when they are asked."""

    def scores(image: Image) -> Posterior:
        raise RuntimeError("kernel size")

    def load(spec: ModelSpec) -> Network:
        return replace(toy_network(spec), scores=scores) if spec.id in wrong else toy_network(spec)

    return Networks(Zoo(device="cpu", load=load))


@pytest.fixture
def photo(tmp_path: Path) -> str:
    PillowImage.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)).save(tmp_path / "a.png")
    return str(tmp_path / "a.png")


def test_a_network_that_fails_is_left_out_and_the_others_answer(store: Store, photo: str) -> None:
    networks = failing(FIVE[1])
    found = segment(networks, store, photo, "compact")
    assert [model["id"] for model in found["models"]] == [FIVE[0], *FIVE[2:]]
    (left_out,) = found["left_out"]
    assert left_out["id"] == FIVE[1] and "cannot answer this photo of 40 x 30 pixels" in left_out["message"]
    told = pixel(networks, store, photo, "compact", 3, 2)
    assert len(told["models"]) == 4 and told["left_out"] == found["left_out"]


def test_where_no_network_answers_the_call_fails_with_their_sentences(store: Store, photo: str) -> None:
    PillowImage.new("RGB", (41, 31)).save(photo)
    with pytest.raises(DemoError, match=r"cannot answer this photo.*cannot answer this photo"):
        segment(failing(*FIVE), store, photo, f"{FIVE[0]},{FIVE[1]}")
    with pytest.raises(DemoError, match="cannot answer this photo"):
        label_map(failing(*FIVE), store, photo, FIVE[0])


def test_a_reason_that_many_models_share_is_told_once() -> None:
    rows: list[LeftOut] = [{"id": f"m{n}", "message": f"Reason {n // 2}."} for n in range(9)]
    assert nobody(rows[:1]) == "Reason 0."
    assert nobody(rows[:3]) == "No model has answered. m0, m1: Reason 0. m2: Reason 1."
    assert nobody(rows) == (
        "No model has answered. m0, m1: Reason 0. m2, m3: Reason 1. m4, m5: Reason 2. So it is with 3 more."
    )


def test_what_a_class_set_cannot_say_is_in_the_sentence(store: Store, photo: str) -> None:
    """As on the page: neither agreed nor disputed."""
    PillowImage.new("RGB", (43, 33), (90, 60, 30)).save(photo)

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)
        if spec.id != FIVE[0]:
            return network
        foreign = of_count("Foreign", len(ADE20K))
        return replace(
            network, class_set=foreign, scores=lambda image: replace(network.scores(image), class_set=foreign)
        )

    found = compare(Networks(Zoo(device="cpu", load=load)), store, photo, f"{FIVE[0]},{FIVE[1]}")
    assert found["cannot_say"] == 1 and found["votes"] == [0, 0]
    assert found["sentence"].endswith("On 100 % one has no word for what another names, and cannot say.")


def test_files_do_not_grow_in_number_with_the_calls(store: Store, photo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.export.figure", lambda *_, **__: b"drawn elsewhere")
    networks = failing()
    first = label_map(networks, store, photo, FIVE[0])
    run = store.open(photo)
    for number in range(4):
        overlay_of(networks, store, photo, FIVE[0])
        assert label_map(networks, store, photo, FIVE[0]) == first
        *_, zipped = make_zip(networks, store, run.key, f"{number}.png", [FIVE[0]])
        assert isinstance(zipped, Path) and zipped.is_file() and zipped.name == f"{number}.zip"
    files = [path.name for path in run.folder.rglob("*") if path.is_file()]
    assert len([name for name in files if name.endswith(".zip")]) == 3
    assert len(list((run.folder / "api").iterdir())) == 2


def test_a_click_on_a_pixel_is_counted_in_memory(store: Store, photo: str) -> None:
    networks = failing()
    pixel(networks, store, photo, FIVE[0], 3, 2)
    (answer,) = (answer for name, answer in store.open(photo).answers.items() if name == FIVE[0])
    scores = sum(tile.scores.nbytes for tile in answer.posterior.tiles)
    assert answer.posterior.bytes == scores + answer.posterior._mosaic.nbytes == 2 * scores


@pytest.mark.parametrize(("x", "y"), [(None, 2), (3, None), (None, None), (40, 2), (3, -1), (3.5, 2), ("left", 2)])
def test_a_pixel_must_be_named(store: Store, photo: str, x: Any, y: float | None) -> None:
    with pytest.raises(
        DemoError,
        match=rf"^x must be a whole number 0\.\.39 and y one of 0\.\.29 in this photo, but got x={x}, y={y}\.$",
    ):
        pixel(failing(), store, photo, FIVE[0], x, y)


def test_comparing_tells_what_summary_json_does_and_a_sentence(store: Store, photo: str) -> None:
    networks = failing(FIVE[1])
    found = compare(networks, store, photo, "compact")
    comparison = segment(networks, store, photo, "compact")["comparison"]
    assert comparison and {key: found[key] for key in comparison} == comparison  # type: ignore[literal-required]
    assert found["sentence"].startswith("All four agree on ") and found["left_out"][0]["id"] == FIVE[1]
    disputed = regions(networks, store, photo, "compact")
    assert disputed["regions"] == found["regions"] and disputed["sentence"] == found["sentence"]
    with pytest.raises(DemoError, match=r"^Comparing wants two models or more, but only FCN answered; name others\.$"):
        compare(networks, store, photo, f"{FIVE[0]},{FIVE[1]}")


def test_where_not_to_rely_on_labels_is_said_in_words() -> None:
    region: Any = {"area": 0.25, "severe": True}
    mild: Any = {"area": 0.1, "severe": False}
    said = caution([region, mild, region], 0.02, 0.8)
    assert said.startswith("Regions 1, 3 (50 % of the photo): do not rely on any label there")
    assert "Region 2 (10 % of the photo): rely on the kind of thing only" in said
    assert "On 2.0 % models that are 80 % sure or more contradict each other." in said
    assert caution([], 0, 0.8) == "No region is disputed. Where models agree they may still be wrong together."


@pytest.mark.slow
def test_a_figure_shows_the_models_asked_for_and_few_are_kept(store: Store, photo: str) -> None:
    networks = failing()
    paths = [figure(networks, store, photo, ",".join(FIVE[:number])) for number in range(1, 5)]
    kept = paths[1:]
    assert len({Path(path).read_bytes() for path in kept}) == len(kept) and not Path(paths[0]).exists()
    assert figure(networks, store, photo, ",".join(FIVE[:4])) == paths[-1]
