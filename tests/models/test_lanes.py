"""Many photos through one network: several at once, and nobody's numbers change by it."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from demo import catalog
from demo.changes.corruptions import corrupted
from demo.errors import BackendError
from demo.images import open_image
from demo.models.lanes import lanes, side_by_side
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Answer, Refusal, Zoo
from demo.schema import Image, ModelSpec
from tests.toy import toy_ids, toy_network

SPEC = catalog.find(toy_ids()[0])
CAT = Path(__file__).parents[2] / "examples" / "cat.png"


@pytest.fixture
def two_cores() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def photos(number: int) -> list[Image]:
    return [np.random.default_rng(seed).integers(0, 256, (24, 30, 3), np.uint8) for seed in range(number)]


def test_as_many_at_once_as_there_are_cores_and_each_its_own_answer(two_cores: None) -> None:
    meeting = threading.Barrier(2, timeout=5)
    used: list[int] = []

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def scores(image: Image) -> Posterior:
            meeting.wait()
            used.append(torch.get_num_threads())
            return network.scores(image)

        return replace(network, scores=scores, concurrent=True)

    images = photos(4)
    found = [*Zoo(device="cpu", load=load).answers([(SPEC, image) for image in images])]
    assert lanes() == 2 and used == [1] * 4 and torch.get_num_threads() == 2
    for image, outcome in zip(images, found, strict=True):
        assert isinstance(outcome, Answer)
        wanted = toy_network(SPEC).scores(image).reduce(SPEC.id)
        assert np.array_equal(outcome.prediction.label_map, wanted.label_map)
        assert np.array_equal(outcome.prediction.entropy, wanted.entropy)


@pytest.mark.parametrize("concurrent", [False, True])
def test_a_photo_that_cannot_be_answered_costs_itself(two_cores: None, concurrent: bool) -> None:
    images = photos(3)

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def scores(image: Image) -> Posterior:
            if image is images[1]:
                raise BackendError("No.")
            return network.scores(image)

        return replace(network, scores=scores, concurrent=concurrent)

    zoo = Zoo(device="cpu", load=load)
    kinds = [type(one) for one in zoo.answers([(SPEC, image) for image in images])]
    assert kinds == [Answer, Refusal, Answer] and torch.get_num_threads() == 2


def test_what_is_raised_in_a_lane_comes_out_and_the_cores_are_given_back(two_cores: None) -> None:
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda item: 1 // item, [1, 0])
    assert torch.get_num_threads() == 2


@pytest.mark.slow
@pytest.mark.parametrize("model", ["fcn-compact", "setr-compact", "segformer-compact"])
def test_a_real_network_says_the_same_to_the_last_digit(two_cores: None, model: str) -> None:
    zoo, spec = Zoo(device="cpu"), catalog.find(model)
    image = open_image(CAT)[60:188, 100:260].copy()
    images = [image, corrupted(image, "gaussian_noise", 3)]
    found = [*zoo.answers([(spec, image) for image in images])]
    torch.set_num_threads(1)
    for one, outcome in zip(images, found, strict=True):
        assert isinstance(outcome, Answer)
        [wanted] = zoo.segment(one, [model])
        for name in ("label_map", "entropy", "confidence"):
            assert np.array_equal(getattr(outcome.prediction, name), getattr(wanted, name)), name
