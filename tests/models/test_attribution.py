"""Class attribution and attention rollout, against sums and products written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from demo.errors import BackendError
from demo.models.attribution import attribution
from demo.models.backends.mmseg import build_backbone
from demo.models.network import Opened
from demo.models.receptive import cells_at, cells_in
from demo.models.rollout import rollout
from tests.models.test_receptive import WINDOWS, answer, noise, seeded

VIT = {
    "type": "VisionTransformer", "img_size": (32, 48), "patch_size": 8, "embed_dims": 16, "num_layers": 3,
    "num_heads": 2, "mlp_ratio": 2, "out_indices": (2,), "with_cls_token": True,
}  # fmt: skip


class Two(nn.Module):
    """Features and a head."""

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, window: Tensor) -> Tensor:
        found = self.backbone(window)
        return self.head(found[-1] if isinstance(found, tuple) else found)


def opened(network: Two, inputs: Tensor) -> Opened:
    return Opened(inputs, lambda window: network(window)[0], network, network.backbone)


def test_the_map_of_a_linear_head_is_the_rectified_score_itself() -> None:
    """Then the gradient is the head's own weight at each cell, whichever the pixels asked of."""
    network = Two(seeded(nn.Conv2d(3, 5, 3, padding=1), nn.ReLU()), seeded(nn.Conv2d(5, 3, 1, bias=False)))
    inputs = noise(12, 16)
    posterior = answer(network, inputs, (12, 16))
    wanted = posterior.tiles[0].scores[1].relu()
    mask = np.zeros((12, 16), bool)
    mask[2:5, 3:9] = True
    for cells in (cells_at(posterior, (4, 5)), cells_in(posterior, mask)):
        found = attribution(opened(network, inputs), posterior, 1, cells, (12, 16))
        np.testing.assert_allclose(found, wanted / wanted.max(), atol=1e-5)
        assert found.max() == 1 and found.min() >= 0


def test_weights_of_the_maps_come_from_the_pixels_asked_of() -> None:
    """Seg-Grad-CAM written out: importance = mean gradient over the cells, map = ReLU(sum importance x features)."""
    network = Two(seeded(nn.Conv2d(3, 5, 3, padding=1, stride=2)), seeded(nn.Tanh(), nn.Conv2d(5, 3, 3, padding=1)))
    inputs = noise(12, 16)
    posterior = answer(network, inputs, (12, 16))
    found = attribution(opened(network, inputs), posterior, 2, cells_at(posterior, (5, 9)), (6, 8))
    features = network.backbone(inputs).requires_grad_(True)
    grown = nn.functional.interpolate(network.head(features), (12, 16), mode="bilinear")
    (gradient,) = torch.autograd.grad(grown[0, 2, 5, 9], features)
    importance = gradient.mean((2, 3), keepdim=True)
    spoken = (importance * features.detach()).sum(1, keepdim=True).relu()  # rectified first, as in the paper
    wanted = nn.functional.interpolate(spoken, (12, 16), mode="bilinear")
    wanted = nn.functional.interpolate(wanted, (6, 8), mode="bilinear", antialias=True)[0, 0]
    np.testing.assert_allclose(found, wanted / wanted.max(), atol=1e-5)


def test_windows_and_padding_make_one_map_of_the_photo() -> None:
    network = Two(seeded(nn.Conv2d(3, 5, 1), nn.ReLU()), seeded(nn.Conv2d(5, 3, 1, bias=False)))
    inputs, valid = noise(16, 18), (1, 2, 15, 17)
    windowed = answer(network, inputs, (14, 15), WINDOWS, valid)
    whole = answer(network, inputs, (14, 15), (), valid)
    likeliest = int(np.argmax(whole.scores_at(7, 7)))
    one, other = (
        attribution(opened(network, inputs), posterior, likeliest, cells_at(posterior, (7, 7)), (14, 15))
        for posterior in (windowed, whole)
    )
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_network_without_named_features_cannot_say() -> None:
    network, inputs = seeded(nn.Conv2d(3, 3, 1)), noise(4, 4)
    posterior = answer(network, inputs, (4, 4))
    bare = Opened(inputs, lambda window: network(window)[0], network)
    with pytest.raises(BackendError, match=r"^Cannot say: which part of this network holds its features"):
        attribution(bare, posterior, 0, cells_at(posterior, (1, 1)), (4, 4))
    with pytest.raises(BackendError, match=r"^Cannot say: which part of this network attends is not known"):
        rollout(bare, posterior, [(1, 1)])


def test_nothing_that_speaks_for_a_class_is_one_sentence() -> None:
    network = Two(nn.ReLU(), seeded(nn.Conv2d(3, 3, 1, bias=False)))
    with torch.no_grad():
        network.head[0].weight.fill_(-1)
    inputs = noise(4, 4)
    posterior = answer(network, inputs, (4, 4))
    with pytest.raises(BackendError, match=r"nothing in this network's features speaks for that class there\."):
        attribution(opened(network, inputs), posterior, 0, cells_at(posterior, (1, 1)), (4, 4))


@pytest.mark.parametrize(("photo", "point", "patch"), [((32, 48), (9, 41), (1, 5)), ((64, 96), (0, 95), (0, 5))])
def test_a_rollout_is_the_product_of_the_layers(photo: tuple[int, int], point: tuple[int, int], patch: tuple) -> None:
    torch.manual_seed(1)
    backbone = build_backbone(VIT)
    for parameter in backbone.parameters():
        nn.init.normal_(parameter, std=0.3)
    network = Two(backbone, nn.Conv2d(16, 3, 1)).eval().requires_grad_(False)
    inputs = noise(32, 48)
    found = rollout(opened(network, inputs), answer(network, inputs, photo), [point])

    tokens, size = backbone.patch_embed(inputs)
    tokens = backbone._pos_embeding(torch.cat((backbone.cls_token, tokens), 1), size, backbone.pos_embed)
    product = torch.eye(tokens.shape[1])
    for layer in backbone.layers:
        normed = layer.norm1(tokens)
        attention = layer.attn.attn(*[normed.transpose(0, 1)] * 3, need_weights=True)[1][0]
        product = (0.5 * torch.eye(len(product)) + 0.5 * attention) @ product
        tokens = layer(tokens)
    row = product[1 + patch[0] * 6 + patch[1], 1:].reshape(4, 6)
    patches = found.mean.reshape(4, 8, 6, 8).sum((1, 3))
    np.testing.assert_allclose(patches, row / row.sum(), atol=1e-6)
    assert not [module for module in backbone.modules() if module._forward_hooks or module._forward_pre_hooks]


def test_a_rollout_of_a_convolutional_network_cannot_be_said() -> None:
    network = Two(seeded(nn.Conv2d(3, 5, 3, padding=1)), seeded(nn.Conv2d(5, 3, 1)))
    inputs = noise(12, 16)
    with pytest.raises(BackendError, match=r"^Cannot say: attention rollout .* Look at the receptive field instead\."):
        rollout(opened(network, inputs), answer(network, inputs, (12, 16)), [(3, 3)])
