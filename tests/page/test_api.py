"""What programs are answered when something cannot be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.errors import DemoError
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.page.api import label_map, overlay_of, probe, segment
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
    told = probe(networks, store, photo, "compact", 3, 2)
    assert len(told["models"]) == 4 and told["left_out"] == found["left_out"]


def test_where_no_network_answers_the_call_fails_with_their_sentences(store: Store, photo: str) -> None:
    PillowImage.new("RGB", (41, 31)).save(photo)
    with pytest.raises(DemoError, match=r"cannot answer this photo.*cannot answer this photo"):
        segment(failing(*FIVE), store, photo, f"{FIVE[0]},{FIVE[1]}")
    with pytest.raises(DemoError, match="cannot answer this photo"):
        label_map(failing(*FIVE), store, photo, FIVE[0])


def test_files_do_not_grow_in_number_with_the_calls(store: Store, photo: str) -> None:
    networks = failing()
    first = label_map(networks, store, photo, FIVE[0])
    run = store.open(photo)
    for number in range(6):
        overlay_of(networks, store, photo, FIVE[0])
        assert label_map(networks, store, photo, FIVE[0]) == first
        zipped = make_zip(networks, store, run.key, f"{number}.png", [FIVE[0]])
        assert zipped.is_file() and zipped.name == f"{number}.zip"
    files = [path.name for path in run.folder.rglob("*") if path.is_file()]
    assert len([name for name in files if name.endswith(".zip")]) == 3
    assert len(list((run.folder / "api").iterdir())) == 2


def test_a_click_on_a_pixel_is_counted_in_memory(store: Store, photo: str) -> None:
    networks = failing()
    probe(networks, store, photo, FIVE[0], 3, 2)
    (answer,) = (answer for name, answer in store.open(photo).answers.items() if name == FIVE[0])
    scores = sum(tile.scores.nbytes for tile in answer.posterior.tiles)
    assert answer.posterior.bytes == scores + answer.posterior._mosaic.nbytes == 2 * scores


@pytest.mark.parametrize(("x", "y"), [(None, 2), (3, None), (None, None), (40, 2), (3, -1)])
def test_a_pixel_must_be_named(store: Store, photo: str, x: int | None, y: int | None) -> None:
    with pytest.raises(DemoError, match=rf"^x must be 0\.\.39 and y 0\.\.29 in this photo, but got x={x}, y={y}\.$"):
        probe(failing(), store, photo, FIVE[0], x, y)
