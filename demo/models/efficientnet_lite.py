"""EfficientNet-Lite as a backbone of MMSegmentation: EfficientNet without squeeze-and-excitation, with ReLU6.

Tan & Le 2019 (arXiv 1905.11946); the Lite variants are those of the TensorFlow TPU models. A config names this module
in ``custom_imports``, so that MMSegmentation's own ``init_model`` builds it too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional

STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
"""Per stage: blocks, kernel, stride, expansion, channels - of Lite0; the others scale blocks and channels."""

SCALES = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2), "lite3": (1.2, 1.4), "lite4": (1.4, 1.8)}
"""Width and depth by variant."""


@MODELS.register_module()
class EfficientNetLite(BaseModule):
    """Feature maps (N, channels, height / stride, width / stride) of the stages `out_indices` (0 to 6).

    Pixels go in as (value - 127) / 128. Strides of the stages are 2, 4, 8, 16, 16, 32, 32 as far as `output_stride`
    (8, 16 or 32) allows; from there on the convolutions are dilated instead, with the same weights.
    In training, the stem and the first `frozen_stages` stages do not learn, nor the depthwise kernels if
    `frozen_depthwise` (their gradients are slow on a CPU), and `norm_eval` keeps the batch norms as they are.
    """

    def __init__(
        self,
        variant: str = "lite0",
        out_indices: Sequence[int] = (1, 2, 4, 6),
        output_stride: int = 32,
        frozen_stages: int = 0,
        frozen_depthwise: bool = False,
        norm_eval: bool = True,
        init_cfg: dict[str, object] | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.out_indices, self.norm_eval = tuple(out_indices), norm_eval
        self.stem = _Convolution(3, 32, 3, stride=2)
        self.stages = nn.ModuleList()
        channels, reached, dilation = 32, 2, 1
        for blocks, kernel, stride, expansion, width in stages_of(variant):
            stage = nn.Sequential()
            for _ in range(blocks):
                step = stride if reached * stride <= output_stride else 1
                stage.append(_Block(channels, width, kernel, step, dilation, expansion))
                reached, dilation = reached * step, dilation * stride // step
                channels, stride = width, 1
            self.stages.append(stage)
        self._freeze(frozen_stages, frozen_depthwise)

    def _freeze(self, stages: int, depthwise: bool) -> None:
        if stages:
            nn.ModuleList([self.stem, *self.stages[:stages]]).requires_grad_(False)
        if depthwise:
            for name, parameter in self.named_parameters():
                if ".depthwise.conv." in name:
                    parameter.requires_grad_(False)

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        maps, found = self.stem(pixels), {}
        for index, stage in enumerate(self.stages):
            maps = stage(maps)
            found[index] = maps
        return tuple(found[index] for index in self.out_indices)

    def train(self, mode: bool = True) -> EfficientNetLite:
        super().train(mode)
        if self.norm_eval:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self


def stages_of(variant: str) -> list[tuple[int, int, int, int, int]]:
    """Blocks, kernel, stride, expansion and channels of the seven stages; the first and the last keep their blocks."""
    width, depth = SCALES[variant]
    last = len(STAGES) - 1
    return [
        (
            blocks if index in (0, last) else math.ceil(blocks * depth),
            kernel,
            stride,
            expansion,
            _round(channels * width),
        )
        for index, (blocks, kernel, stride, expansion, channels) in enumerate(STAGES)
    ]


def _round(channels: float) -> int:
    """To a multiple of eight, never more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class _Convolution(nn.Module):
    """Convolution and batch norm with TensorFlow's "same" padding, which at stride 2 is not symmetric."""

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        *,
        active: bool = True,
    ) -> None:
        super().__init__()
        self.reach = dilation * (kernel - 1)
        inside = 0 if stride > 1 else self.reach // 2
        self.conv = nn.Conv2d(before, after, kernel, stride, inside, dilation, groups, bias=False)
        self.bn = nn.BatchNorm2d(after, eps=1e-3, momentum=0.01)
        self.active = active

    def forward(self, maps: Tensor) -> Tensor:
        stride = self.conv.stride[0]
        if stride > 1:
            over = [max(self.reach + 1 - ((size - 1) % stride + 1), 0) for size in maps.shape[-2:]]
            maps = functional.pad(maps, (over[1] // 2, over[1] - over[1] // 2, over[0] // 2, over[0] - over[0] // 2))
        maps = self.bn(self.conv(maps))
        return functional.relu6(maps) if self.active else maps


class _Block(nn.Module):
    """Inverted residual: expand, depthwise, project; the input is added where shapes agree."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, dilation: int, expansion: int) -> None:
        super().__init__()
        inner = before * expansion
        self.expand = _Convolution(before, inner, 1) if expansion > 1 else nn.Identity()
        self.depthwise = _Convolution(inner, inner, kernel, stride, dilation, inner)
        self.project = _Convolution(inner, after, 1, active=False)
        self.residual = stride == 1 and before == after

    def forward(self, maps: Tensor) -> Tensor:
        out = self.project(self.depthwise(self.expand(maps)))
        return maps + out if self.residual else out
