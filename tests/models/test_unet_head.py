"""U-Net's decoder: every scale of the backbone counts, and the answer is on the finest one's grid."""

import pytest
import torch

from demo.models.unet_head import UNetHead

NORM = dict(type="BN", requires_grad=True)


def head(widths: tuple[int, ...] = (12, 8)) -> UNetHead:
    torch.manual_seed(0)
    made = UNetHead(
        widths, in_channels=[4, 6, 10], in_index=[0, 1, 2], channels=8, num_classes=5, norm_cfg=NORM, dropout_ratio=0
    )
    return made.eval()


def maps() -> list[torch.Tensor]:
    torch.manual_seed(1)
    return [torch.randn(1, channels, 18 >> level, 22 >> level) for level, channels in enumerate((4, 6, 10))]


@torch.no_grad()
def test_the_scores_are_on_the_finest_grid_and_every_scale_changes_them() -> None:
    decoder = head()
    torch.nn.init.normal_(decoder.conv_seg.weight)
    said = decoder(maps())
    assert said.shape == (1, 5, 18, 22)
    for level in range(3):
        other = [torch.zeros_like(one) if index == level else one for index, one in enumerate(maps())]
        assert not torch.allclose(decoder(other), said)


@pytest.mark.parametrize("widths", [(8,), (12, 10, 8), (8, 12)])
def test_widths_that_do_not_fit_are_told(widths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="widths must be 2 numbers, the last 8"):
        head(widths)
