"""SSSegmentation's networks for MMSegmentation's modules: five of the article's architectures under other names.

Both build the same layers. SSSegmentation numbers those of a head from input to output, has the image pooling of
DeepLabV3+ behind the other branches where MMSegmentation has it first, gives FCN no skip around its convolutions, and
SETR-Naive two convolutions of 3 x 3 where MMSegmentation has one of 1 x 1, and a bias to its patches. Auxiliary heads
are left out.

What happens around the network is the same there as in MMSegmentation's own configs, so these are used: the short side
at 512, ImageNet's mean and deviation, align_corners off, SETR in windows of 512 every 341. One thing is a choice:
SSSegmentation's evaluation takes SETR's and SegFormer's softmax before it resizes and averages windows, MMSegmentation
after. Here it is after, for every network alike, so that what differs between two panels is the networks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

ModelOptions = Mapping[str, Mapping[str, int | bool | None]]
"""Part of a model ("backbone", "decode_head") -> what it must be built with, beside what its config says."""

_LEFT_OUT = re.compile(r"auxiliary_decoders?\.|norm_layers\.[012]\.")
"""SETR normalises what each head reads; the last one is the decoder's."""
_SEPARABLE = r"(depthwise|pointwise)_(conv|bn)\."
_POOLED_LAST = "decode_head.bottleneck.conv.weight"


@dataclass(frozen=True)
class _Layout:
    """How the names of one architecture's head become MMSegmentation's."""

    mark: str
    """How a name begins that no other architecture has."""
    renamed: Mapping[str, str]
    """Beginning of a name, as a pattern -> what stands in its place."""
    options: ModelOptions = field(default_factory=dict)
    pooled_last: bool = False


# An architecture comes before those whose marks it has too.
_LAYOUTS = (
    _Layout(
        "ppm_net.",
        {
            r"ppm_net\.branches\.(\d)\.1\.": r"psp_modules.\1.1.conv.",
            r"ppm_net\.branches\.(\d)\.2\.": r"psp_modules.\1.1.bn.",
            r"ppm_net\.bottleneck\.0\.": "bottleneck.conv.",
            r"ppm_net\.bottleneck\.1\.": "bottleneck.bn.",
            r"decoder\.1\.": "conv_seg.",
        },
    ),
    _Layout(
        "aspp_net.",
        {
            r"aspp_net\.parallel_branches\.0\.0\.": "aspp_modules.0.conv.",
            r"aspp_net\.parallel_branches\.0\.1\.": "aspp_modules.0.bn.",
            rf"aspp_net\.parallel_branches\.(\d)\.{_SEPARABLE}": r"aspp_modules.\1.\2_conv.\3.",
            r"aspp_net\.global_branch\.1\.": "image_pool.1.conv.",
            r"aspp_net\.global_branch\.2\.": "image_pool.1.bn.",
            r"aspp_net\.bottleneck\.0\.": "bottleneck.conv.",
            r"aspp_net\.bottleneck\.1\.": "bottleneck.bn.",
            r"shortcut\.0\.": "c1_bottleneck.conv.",
            r"shortcut\.1\.": "c1_bottleneck.bn.",
            rf"decoder\.([01])\.{_SEPARABLE}": r"sep_bottleneck.\1.\2_conv.\3.",
            r"decoder\.3\.": "conv_seg.",
        },
        pooled_last=True,
    ),
    _Layout(
        "norm_layers.",
        {
            r"norm_layers\.3\.": "norm.",
            r"decoder\.0\.": "up_convs.0.0.conv.",
            r"decoder\.1\.": "up_convs.0.0.bn.",
            r"decoder\.4\.": "up_convs.1.0.conv.",
            r"decoder\.5\.": "up_convs.1.0.bn.",
            r"decoder\.9\.": "conv_seg.",
        },
        options={"backbone": {"patch_bias": True}, "decode_head": {"num_convs": 2, "kernel_size": 3}},
    ),
    _Layout(
        "convs.",
        {
            r"convs\.(\d)\.0\.": r"convs.\1.conv.",
            r"convs\.(\d)\.1\.": r"convs.\1.bn.",
            r"decoder\.0\.": "fusion_conv.conv.",
            r"decoder\.1\.": "fusion_conv.bn.",
            r"decoder\.4\.": "conv_seg.",
        },
    ),
    _Layout(
        "decoder.",
        {
            r"decoder\.0\.": "convs.0.conv.",
            r"decoder\.1\.": "convs.0.bn.",
            r"decoder\.3\.": "convs.1.conv.",
            r"decoder\.4\.": "convs.1.bn.",
            r"decoder\.7\.": "conv_seg.",
        },
        options={"decode_head": {"concat_input": False}},
    ),
)


def is_ssseg(state: Mapping[str, object]) -> bool:
    """Whether these are the names of one of SSSegmentation's networks."""
    return any(key.startswith("backbone_net.") for key in state) and _layout(state) is not None


def model_options(state: Mapping[str, object]) -> ModelOptions:
    """What MMSegmentation's network must be built with to take these weights, beside what its config says."""
    layout = _layout(state)
    return layout.options if layout else {}


def to_mmsegmentation(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same weights under MMSegmentation's names; a name that is not known stays, so that it is missed there."""
    layout = _layout(state)
    if layout is None:
        return dict(state)
    kept = {key: value for key, value in state.items() if not _LEFT_OUT.match(key)}
    renamed = {_rename(key, layout.renamed): value for key, value in kept.items()}
    if layout.pooled_last and _POOLED_LAST in renamed:
        weight = renamed[_POOLED_LAST]
        renamed[_POOLED_LAST] = weight.roll(
            weight.shape[0], dims=1
        )  # each branch is as wide as the bottleneck's output
    return renamed


def _layout(state: Mapping[str, object]) -> _Layout | None:
    return next((layout for layout in _LAYOUTS if any(key.startswith(layout.mark) for key in state)), None)


def _rename(key: str, renamed: Mapping[str, str]) -> str:
    if key.startswith("backbone_net."):
        return f"backbone.{key.removeprefix('backbone_net.')}"
    for pattern, name in renamed.items():
        if found := re.match(pattern, key):
            return f"decode_head.{found.expand(name)}{key[found.end() :]}"
    return key
