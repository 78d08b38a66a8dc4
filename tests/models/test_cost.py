"""What a network costs, on one whose operations can be counted by hand."""

import pytest
import torch
from torch import nn

from demo.labels.ade20k import ADE20K
from demo.models.cost import at_size, count_flops, measure_cost
from demo.models.network import Network
from demo.models.posterior import Posterior, Tile
from demo.schema import Image, Seen


def network(side: int = 64) -> Network:
    """A 3 x 3 convolution from 3 to 150 channels that sees every photo at side x side."""
    layer = nn.Conv2d(3, 150, 3, padding=1)

    def at_side(size: int) -> object:
        def scores(image: Image) -> Posterior:
            with torch.inference_mode():
                answer = layer(torch.zeros(1, 3, size, size))[0]
            whole = (0, 0, size, size)
            return Posterior((Tile(answer, whole),), (size, size), whole, image.shape[:2], Seen((size, size)), ADE20K)

        return scores

    parameters = sum(p.numel() for p in layer.parameters())
    return Network(
        at_side(side), parameters, 4 * parameters, "0" * 64, ADE20K, lambda factor: at_side(round(side * factor))
    )


@pytest.mark.slow
def test_operations_are_counted_at_the_size_asked_for_a_multiply_add_as_two() -> None:
    cost = measure_cost(network(), "cpu", (128, 128), iterations=9, seconds=5)
    assert cost.input_size == (128, 128)
    assert cost.flops == 2 * 128 * 128 * 3 * 150 * 9
    assert cost.parameters == 3 * 150 * 9 + 150 and cost.parameter_bytes == 4 * cost.parameters
    assert 0 < cost.fps <= cost.network_fps and cost.iterations == 4


class Framed:
    """A network with a backbone of two stages, the second at an eighth of the input."""

    def __init__(self) -> None:
        class TwoStages(nn.Module):
            depth = 2

            def __init__(self) -> None:
                super().__init__()
                self.first, self.second = nn.Conv2d(3, 4, 4, 4), nn.Conv2d(4, 150, 2, 2)

            def forward(self, photo: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
                early = self.first(photo)
                return early, self.second(early)

        self.network = nn.Module()
        self.network.backbone = TwoStages()

    def __call__(self, image: Image) -> Posterior:
        with torch.inference_mode():
            answer = self.network.backbone(torch.zeros(1, 3, 64, 64))[1][0]
        whole = (0, 0, 64, 64)
        return Posterior((Tile(answer, whole),), (64, 64), whole, image.shape[:2], Seen((64, 64)), ADE20K)


def test_the_backbone_and_its_output_stride_are_those_of_its_last_features() -> None:
    framed = Network(Framed(), 1, 4, "0" * 64, ADE20K)
    cost = measure_cost(framed, "cpu", (64, 64), iterations=3, seconds=0)
    assert (cost.backbone, cost.output_stride) == ("TwoStages 2", 8)
    assert not framed.scores.network.backbone._forward_hooks, "nothing is left behind"
    plain = measure_cost(network(), "cpu", (64, 64), iterations=3, seconds=0)
    assert (plain.backbone, plain.output_stride) == ("", None)


def test_attention_is_counted_as_its_two_products() -> None:
    queries = torch.zeros(1, 4, 100, 16)
    attend = torch.nn.functional.scaled_dot_product_attention
    assert count_flops(lambda: attend(queries, queries, queries)) == 2 * (2 * 4 * 100 * 100 * 16)


@pytest.mark.slow
def test_peak_memory_covers_the_scores() -> None:
    cost = measure_cost(network(), "cpu", (512, 512), iterations=8, seconds=1)
    assert cost.peak_bytes is None or cost.peak_bytes > 0.5 * 150 * 512 * 512 * 4


def test_time_is_bounded_but_never_fewer_than_three() -> None:
    assert measure_cost(network(), "cpu", (64, 64), iterations=1000, seconds=0).iterations == 3


def test_a_network_of_one_size_is_measured_as_it_is() -> None:
    fixed = network()
    fixed = Network(fixed.scores, fixed.parameters, fixed.bytes, fixed.checkpoint_sha256, fixed.class_set)
    assert at_size(fixed, (512, 512)) is fixed.scores
