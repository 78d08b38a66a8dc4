"""Effective receptive fields, against convolutions whose field is known, finite differences and a ViT."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from demo import catalog
from demo.analysis.questions import Question
from demo.analysis.reach import reach
from demo.errors import BackendError, UnknownModelError
from demo.images import open_image
from demo.labels.class_set import of_names
from demo.models.network import Opened
from demo.models.posterior import Box, Posterior, Tile
from demo.models.receptive import Spot, cells_at, cells_in, receptive_field
from demo.models.recording import StoppedError, recording
from demo.models.why import explain
from demo.models.zoo import Answer, Zoo
from demo.schema import Seen, Size
from tests.toy import toy_ids, toy_network, toy_zoo

CLASSES = of_names("three", ["one", "two", "three"])
CAT = Path(__file__).parents[2] / "examples" / "cat.png"


def opened(network: nn.Module, inputs: Tensor) -> Opened:
    return Opened(inputs, lambda window: network(window)[0], network)


def answer(
    network: nn.Module,
    inputs: Tensor,
    photo: Size,
    boxes: tuple[Box, ...] = (),
    valid: Box | None = None,
    align_corners: bool = False,
) -> Posterior:
    """What a network says of an input, window by window."""
    size = (int(inputs.shape[2]), int(inputs.shape[3]))
    with torch.no_grad():
        tiles = tuple(
            Tile(network(inputs[:, :, y0:y1, x0:x1])[0], (y0, x0, y1, x1))
            for y0, x0, y1, x1 in boxes or ((0, 0, *size),)
        )
    return Posterior(tiles, size, valid or (0, 0, *size), photo, Seen(size), CLASSES, align_corners=align_corners)


def noise(*size: int) -> Tensor:
    return torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(3))


def seeded(*layers: nn.Module) -> nn.Module:
    network = nn.Sequential(*layers)
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw) * 0.3)
    return network.eval().requires_grad_(False)


def test_the_field_of_one_convolution_is_its_kernel() -> None:
    network = seeded(nn.Conv2d(3, 3, 5, padding=2))
    inputs = noise(24, 30)
    found = receptive_field(opened(network, inputs), answer(network, inputs, (24, 30)), [Spot((11, 17), 1)])
    expected = np.zeros((24, 30), np.float32)
    expected[9:14, 15:20] = network[0].weight[1].abs().sum(0)
    np.testing.assert_allclose(found.mean, expected / expected.sum(), atol=1e-7)
    assert found.padding == 0


def test_a_field_ends_where_that_of_stacked_and_dilated_convolutions_ends() -> None:
    """1 + 2 (1 + 2 + 4) = 15 pixels wide (Yu and Koltun 2016); positive weights cancel nothing."""
    network = seeded(*(nn.Conv2d(3, 3, 3, padding=d, dilation=d) for d in (1, 2, 4)))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    inputs = noise(40, 40)
    posterior = answer(network, inputs, (40, 40))
    found = receptive_field(opened(network, inputs), posterior, [Spot((20, 19), 0)])
    inside = np.zeros((40, 40), bool)
    inside[13:28, 12:27] = True
    assert (found.mean[inside] > 0).all() and not found.mean[~inside].any()
    assert reach(found.masses, [(20, 19)], (40, 40)).radii[1] <= math.hypot(7, 7)


WINDOWS: tuple[Box, ...] = ((0, 0, 12, 12), (0, 6, 12, 18), (4, 0, 16, 12), (4, 6, 16, 18))


@pytest.mark.parametrize(
    ("boxes", "align_corners", "point"),
    [((), False, (9, 14)), ((), True, (0, 0)), (WINDOWS, False, (9, 14)), (WINDOWS, False, (21, 30))],
)
def test_a_field_is_what_finite_differences_find(boxes: tuple[Box, ...], align_corners: bool, point: Size) -> None:
    """Of the photo's own pixel, through overlapping windows, padding and both resizings."""
    network = seeded(nn.Conv2d(3, 6, 3, padding=1, stride=2), nn.GELU(), nn.Conv2d(6, 3, 3, padding=1))
    inputs, photo, valid = noise(16, 18), (22, 31), (1, 2, 15, 17)
    posterior = answer(network, inputs, photo, boxes, valid, align_corners)
    found = receptive_field(opened(network, inputs), posterior, [Spot(point, 2)])

    cells = cells_at(posterior, point)

    @torch.no_grad()
    def scores(changed: Tensor) -> Tensor:
        """Of every one of many inputs, that pixel's score of class 2."""
        parts = zip(boxes or ((0, 0, 16, 18),), cells, strict=True)
        return sum(
            (network(changed[:, :, y0:y1, x0:x1])[:, 2] * torch.from_numpy(one)).sum((1, 2))
            for (y0, x0, y1, x1), one in parts
        )  # type: ignore[return-value]

    assert float(scores(inputs)) == pytest.approx(posterior.scores_at(*point)[2], abs=1e-5)
    step = 0.05
    steps = step * torch.eye(inputs.numel()).reshape(-1, *inputs.shape[1:])
    slopes = (scores(inputs + steps) - scores(inputs - steps)).abs().reshape(3, 16, 18) / (2 * step)
    wanted = slopes.sum(0).numpy()
    shown = wanted[1:15, 2:17]
    np.testing.assert_allclose(found.mean, shown / shown.sum(), atol=0.003 * (shown / shown.sum()).max() + 1e-5)
    assert found.padding == pytest.approx(1 - shown.sum() / wanted.sum(), abs=1e-3)


def test_windows_without_the_pixel_are_not_computed() -> None:
    network, inputs = seeded(nn.Conv2d(3, 3, 3, padding=1)), noise(16, 18)
    boxes = ((0, 0, 8, 9), (0, 9, 8, 18), (8, 0, 16, 9), (8, 9, 16, 18))
    posterior, asked = answer(network, inputs, (16, 18), boxes), []
    counting = Opened(inputs, lambda window: (asked.append(window.shape), network(window)[0])[1], network)
    found = receptive_field(counting, posterior, [Spot((2, 3), 0), Spot((3, 14), 0)])
    assert len(asked) == 2
    assert not found.masses[0][8:].any() and not found.masses[0][:, 9:].any() and not found.masses[1][:, :9].any()


def test_a_posterior_that_begins_at_the_grid_of_its_scores() -> None:
    """As transformers' networks answer: from the grid to the photo in one step."""
    network, inputs = seeded(nn.Conv2d(3, 3, 4, stride=4)), noise(16, 24)
    scores = network(inputs)[0]
    posterior = Posterior((Tile(scores, (0, 0, 4, 6)),), (4, 6), (0, 0, 4, 6), (32, 48), Seen((16, 24)), CLASSES)
    found = receptive_field(opened(network, inputs), posterior, [Spot((4, 4), 0)])
    assert found.mean.shape == (16, 24) and found.mean[:8, :8].sum() == pytest.approx(1)


def test_the_weights_of_cells_make_the_score_of_a_pixel_and_the_mean_of_a_region() -> None:
    network, inputs = seeded(nn.Conv2d(3, 3, 3, padding=1, stride=2)), noise(16, 18)
    posterior = answer(network, inputs, (22, 31), WINDOWS, (1, 2, 15, 17))

    def total(cells: list[np.ndarray]) -> list[float]:
        return [
            sum(float((tile.scores[c].numpy() * one).sum()) for tile, one in zip(posterior.tiles, cells, strict=True))
            for c in range(3)
        ]

    mask = np.zeros((22, 31), bool)
    mask[5:9, 20:31] = True
    each = [posterior.scores_at(y, x) for y, x in np.argwhere(mask)]
    np.testing.assert_allclose(total(cells_at(posterior, (7, 30))), posterior.scores_at(7, 30), atol=1e-5)
    np.testing.assert_allclose(total(cells_in(posterior, mask)), np.mean(each, 0), atol=1e-5)


class Attends(nn.Module):
    """One head of self-attention over patches of 4 x 4, as a ViT's."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, window: Tensor) -> Tensor:
        maps = self.patches(window)
        tokens = maps.flatten(2).transpose(1, 2)
        mixed = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return self.head(mixed).transpose(1, 2).unflatten(2, maps.shape[2:])


def test_attention_sees_the_whole_picture() -> None:
    network, inputs = seeded(Attends()), noise(32, 48)
    posterior = answer(network, inputs, (32, 48))
    found = receptive_field(opened(network, inputs), posterior, [Spot((6, 6), 0)])
    patches = found.mean.reshape(8, 4, 12, 4).sum((1, 3))
    assert (patches > 0).all() and patches[1, 1] == patches.max()


def test_a_score_that_hangs_on_nothing_is_one_sentence() -> None:
    network, inputs = seeded(nn.Conv2d(3, 3, 1)), noise(4, 4)
    posterior = answer(network, inputs, (4, 4))
    with torch.no_grad():
        network[0].weight.zero_()
    with pytest.raises(BackendError, match=r"Cannot say: that class's score does not change here .* class\."):
        receptive_field(opened(network, inputs), posterior, [Spot((1, 1), 0)])


def test_more_memory_than_there_is_is_refused_before_it_is_taken() -> None:
    network = seeded(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh())
    row = torch.ones(1, 64, requires_grad=True)
    with recording(network, lambda: False, most=2 * 64 * 4):  # what two tanh keep; weights are not counted
        network(row).sum().backward()
    with (
        pytest.raises(BackendError, match=r"would keep more than the 0\.0 GB of memory that can be spared"),
        recording(network, lambda: False, most=64 * 4),
    ):
        network(row)


@pytest.mark.parametrize("calls", [0, 1, 2])
def test_a_gradient_that_nobody_waits_for_is_given_up_between_two_layers(calls: int) -> None:
    left = iter([False] * calls + [True] * 100)
    network = seeded(nn.Tanh(), nn.Tanh())
    row = torch.ones(1, 4, requires_grad=True)
    with pytest.raises(StoppedError), recording(network, lambda: next(left)):
        network(row).sum().backward()


def explained(zoo: Zoo, model: str, question: Question, stopped: Callable[[], bool] = lambda: False) -> object:
    image = open_image(CAT)
    (found,) = zoo.stream(image, [model])
    assert isinstance(found, Answer)
    labels = found.prediction.label_map
    return explain(zoo, found.spec, image, found.posterior, labels, question, (20, 30), stopped)


def test_a_class_that_a_network_has_no_word_for_is_one_sentence() -> None:
    with pytest.raises(UnknownModelError, match="has no class named 'unicorn'"):
        explained(toy_zoo(), toy_ids()[0], Question((3, 4), name="unicorn"))


def test_a_network_without_a_gradient_cannot_say() -> None:
    zoo = Zoo(device="cpu", load=lambda spec: replace(toy_network(spec), opened=None))
    with pytest.raises(BackendError, match=r"^Cannot say: this network's answer has no gradient to ask for;"):
        explained(zoo, toy_ids()[0], Question((3, 4)))


@pytest.mark.slow
def test_on_a_photo_the_transformers_look_further_than_the_convolutions() -> None:
    zoo, image = Zoo(device="cpu"), open_image(CAT)
    far = {}
    for found in zoo.stream(image, ["fcn-compact", "setr-compact", "segformer-compact"]):
        assert isinstance(found, Answer)
        question = Question((image.shape[0] // 2, image.shape[1] // 2))
        labels = found.prediction.label_map
        reason = explain(zoo, found.spec, image, found.posterior, labels, question, (20, 30))
        assert reason.reach is not None
        assert reason.name == found.posterior.class_set.names[labels[question.point]]
        far[found.spec.id] = reason.reach.radii[1]
    assert far["fcn-compact"] < far["segformer-compact"] and far["fcn-compact"] < far["setr-compact"]


@pytest.mark.slow
@pytest.mark.parametrize("model", [spec.id for spec in catalog.models("compact")])
def test_the_gradient_is_of_the_answer_that_was_given(model: str) -> None:
    """What a network is opened to says the very scores of its answer, and its input is the photo's."""
    zoo, image = Zoo(device="cpu"), open_image(CAT)
    network = zoo.load(catalog.find(model))
    assert network.opened is not None
    given, posterior = network.opened(image), network.scores(image)
    with torch.no_grad():
        again = given.scores(given.inputs)
    assert torch.allclose(again, posterior.tiles[0].scores, atol=1e-4)
    assert tuple(given.inputs.shape[2:]) == posterior.padded_size
