"""U-Net's decoder (Ronneberger et al. 2015) as a decode head for any backbone with several scales.

MMSegmentation's own U-Net is a backbone with its encoder inside. A config names this one through
``custom_imports = dict(imports=["demo.models.unet_head"])``.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from mmcv.cnn import ConvModule
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional


@MODELS.register_module()
class UNetHead(BaseDecodeHead):
    """From the coarsest map to the finest: enlarge, lay the encoder's map beside it, two 3x3 convolutions.

    ``in_channels`` and ``in_index`` name the backbone's maps, finest first; ``widths`` the channels after each step,
    coarsest first, one fewer than the maps; the last must equal ``channels``.
    """

    def __init__(self, widths: tuple[int, ...], **settings: object) -> None:
        super().__init__(input_transform="multiple_select", **settings)
        coarsest, *skips = reversed(self.in_channels)
        if len(widths) != len(skips) or widths[-1] != self.channels:
            raise ValueError(
                f"widths must be {len(skips)} numbers, the last {self.channels} as channels, but got {tuple(widths)}"
            )
        self.narrow = nn.ModuleList(self._convolution(old, new, 1) for old, new in pairwise((coarsest, *widths)))
        self.join = nn.ModuleList(
            nn.Sequential(self._convolution(width + skip, width, 3), self._convolution(width, width, 3))
            for width, skip in zip(widths, skips, strict=True)
        )

    def _convolution(self, before: int, after: int, kernel: int) -> ConvModule:
        return ConvModule(before, after, kernel, padding=kernel // 2, norm_cfg=self.norm_cfg, act_cfg=self.act_cfg)

    def forward(self, inputs: tuple[Tensor, ...]) -> Tensor:
        """Of the backbone's maps, scores (N, classes, H, W) on the finest one's grid."""
        maps, *skips = reversed(self._transform_inputs(inputs))
        for narrow, join, skip in zip(self.narrow, self.join, skips, strict=True):
            raised = functional.interpolate(narrow(maps), skip.shape[2:], mode="bilinear", align_corners=False)
            maps = join(torch.cat([raised, skip], 1))
        return self.cls_seg(maps)
