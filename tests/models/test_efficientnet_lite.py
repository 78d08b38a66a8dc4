"""EfficientNet-Lite beside its published description; the weights' parity is in tests/train/test_trunks.py."""

import pytest
import torch

from demo.models.backends.mmseg import build_backbone
from demo.models.efficientnet_lite import EfficientNetLite, stages_of


@pytest.mark.parametrize(("variant", "millions"), [("lite0", 2.959), ("lite2", 4.358)])
def test_it_has_as_many_weights_as_published_without_its_last_layers(variant: str, millions: float) -> None:
    network = EfficientNetLite(variant)
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=5e-4)


@pytest.mark.parametrize(("stride", "strides"), [(32, (4, 8, 16, 32)), (16, (4, 8, 16, 16)), (8, (4, 8, 8, 8))])
def test_the_maps_come_at_their_strides(stride: int, strides: tuple[int, ...]) -> None:
    maps = EfficientNetLite(output_stride=stride).eval()(torch.zeros(1, 3, 65, 96))
    channels = [stages_of("lite0")[index][-1] for index in (1, 2, 4, 6)]
    assert [tuple(one.shape[1:]) for one in maps] == [
        (width, -(-65 // step), 96 // step) for width, step in zip(channels, strides, strict=True)
    ]


@pytest.mark.slow
def test_dilation_sees_what_striding_sees() -> None:
    """Every second cell of the dilated map is the map at stride 32, where padding does not reach."""
    torch.manual_seed(0)
    coarse = EfficientNetLite(out_indices=(5,)).eval()
    fine = EfficientNetLite(out_indices=(5,), output_stride=16).eval()
    fine.load_state_dict(coarse.state_dict())
    pixels = torch.randn(1, 3, 1024, 1024)
    with torch.inference_mode():
        expected, found = coarse(pixels)[0], fine(pixels)[0][..., 1::2, 1::2]
    middle = slice(12, 20)
    assert torch.allclose(found[..., middle, middle], expected[..., middle, middle], atol=1e-5)


def test_what_is_frozen_does_not_learn() -> None:
    network = EfficientNetLite(frozen_stages=2, frozen_depthwise=True).train()
    learning = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert not [
        name for name in learning if name.startswith(("stem.", "stages.0.", "stages.1.")) or "depthwise.conv" in name
    ]
    assert "stages.2.0.expand.conv.weight" in learning
    assert not any(module.training for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d))


def test_mmsegmentation_builds_it_by_name() -> None:
    assert isinstance(build_backbone({"type": "EfficientNetLite", "variant": "lite2"}), EfficientNetLite)
