"""Models of the host's own on the page: offered by id, in classes of their own, compared with the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from demo.errors import UnknownModelError
from demo.images import Limits
from demo.labels.class_set import known
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.page import api, selection
from demo.page.networks import Networks
from demo.page.running import views
from demo.page.store import Store
from demo.page.tabs.differ import Differ
from demo.page.tabs.pixel import probe
from demo.page.view import Classes, View
from demo.schema import Image, ModelSpec, Weights
from tests.toy import toy_network

CITY = known()["cityscapes"]
OWN = ModelSpec("city", "City", "cnn", "own", "city.py", Weights("city.pth", ""))
CAT = Path(__file__).parents[2] / "examples" / "cat.png"


def network_of(spec: ModelSpec) -> Network:
    """Toy networks; the own one has the first 19 scores."""
    made = toy_network(spec)
    if spec != OWN:
        return made

    def scores(image: Image) -> Posterior:
        found = made.scores(image)
        tiles = tuple(replace(tile, scores=tile.scores[: len(CITY)]) for tile in found.tiles)
        return replace(found, tiles=tiles, class_set=CITY)

    return replace(made, scores=scores, class_set=CITY)


@pytest.fixture
def networks() -> Networks:
    return Networks(Zoo(device="cpu", load=network_of), own=[OWN])


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store(Limits())
    yield made
    made.close()


def shown(networks: Networks, store: Store) -> View:
    run = store.open(CAT)
    return list(views(networks, store, run, "cat.png", ["fcn-compact", "setr-compact", "city"]))[-1]


def _top(told: Classes) -> float:
    return {scale.id: scale.top for scale in told.measures}["entropy"]


def test_each_panel_says_in_which_classes_it_answers(networks: Networks, store: Store) -> None:
    view = shown(networks, store)
    assert [panel.status for panel in view.panels] == ["done"] * 3
    (told,) = view.class_sets
    assert view.panels[2].class_set == told.key != view.panels[0].class_set == view.panels[1].class_set
    assert (told.title, told.names[:2], told.offset) == ("Cityscapes", ["road", "sidewalk"], 0)
    assert told.official[0] == "#804080" and _top(told) == pytest.approx(CITY.max_entropy)
    assert all(0 <= row.index < 19 and row.means["entropy"] <= _top(told) for row in view.panels[2].classes)


def test_a_pixel_is_told_in_each_networks_words(networks: Networks, store: Store) -> None:
    view = shown(networks, store)
    rows = probe(store, {"run": view.run, "x": 5, "y": 6, "models": ["fcn-compact", "city"]})["rows"]
    assert rows[1]["class_set"] == CITY.key
    assert all(row["name"] == CITY.names[row["index"]] for row in rows[1]["classes"])


@pytest.mark.slow
def test_two_class_sets_are_compared_in_the_words_of_most(networks: Networks, store: Store) -> None:
    view = shown(networks, store)
    question = {"run": view.run, "models": ["fcn-compact", "setr-compact", "city"]}
    told = Differ(store).ask(question | {"what": "differences"})
    assert told["class_set"] == view.panels[0].class_set and 0 < told["cannot_say"] < 1
    assert sum(told["votes"]) + told["cannot_say"] == pytest.approx(1)
    assert sum(told["split"].values()) + told["cannot_say"] == pytest.approx(1)
    assert "has no word for what another names" in told["headline"]
    mean = Differ(store).ask(question | {"what": "together"})
    assert mean["class_set"] == told["class_set"] and 0 <= mean["cannot_say"] <= 1
    assert sum(row["area"] for row in mean["classes"]) + mean["cannot_say"] == pytest.approx(1)
    assert mean["means"]["entropy"] <= mean["tops"]["entropy"] < _top(view.class_sets[0])


def test_the_api_answers_in_them_too(networks: Networks, store: Store) -> None:
    answer = api.segment(networks, store, str(CAT), ["fcn-compact", "city"])
    assert [model["class_set"] for model in answer["models"]] == ["ADE20K", "Cityscapes"]
    assert answer["class_set"] == "Cityscapes"


def test_a_visitor_names_them_by_id_alone(networks: Networks) -> None:
    assert [spec.id for spec in networks.named("city,fcn-compact")] == ["city", "fcn-compact"]
    with pytest.raises(UnknownModelError, match="is not in the catalogue"):
        networks.named("city.py:city.pth")
    with pytest.raises(UnknownModelError):
        Networks(Zoo(device="cpu", load=network_of)).named("city")


def test_they_are_chosen_beside_any_set(networks: Networks) -> None:
    lists = [["a"] if name == "compact" else [] for name in selection.catalog.SETS]
    assert selection.chosen("compact", *lists, ["city"]) == ["a", "city"]
    assert selection.chosen("paper", *lists, ["city"]) == ["city"]
