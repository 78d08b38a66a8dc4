"""SSSegmentation's five ADE20K checkpoints without a download: every name and shape, weights made from names alone.

ssseg_golden.npz holds logits that SSSegmentation's own modules gave for `state(network)` and `picture(network)`
(PyTorch 2.13, CPU, float32), of which every tenth class and some positions are kept; see `thinned`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

CLASSES = 150
GOLDEN = Path(__file__).with_name("ssseg_golden.npz")
Named = Iterator[tuple[str, tuple[int, ...]]]


def keys(network: str) -> dict[str, tuple[int, ...]]:
    """Every name of the checkpoint of "fcn", "pspnet", "deeplabv3plus", "setr" or "segformer", with its shape."""
    return dict(NETWORKS[network]())


def state(network: str) -> dict[str, Tensor]:
    return {key: tensor(key, shape) for key, shape in keys(network).items()}


def tensor(key: str, shape: tuple[int, ...]) -> Tensor:
    """Weights near what training leaves: small convolutions, norms around 1, variances above 0."""
    rng = np.random.default_rng(crc32(key.encode()))
    if key.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.long)
    if key.endswith("running_var") or (key.endswith("weight") and len(shape) == 1):
        return torch.from_numpy(rng.uniform(0.4, 0.9, shape).astype(np.float32))
    values = rng.standard_normal(shape, dtype=np.float32)
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 100
    scale = 0.05 if key.endswith(("pos_embed", "cls_token")) else fan_in**-0.5
    return torch.from_numpy(values * np.float32(scale))


def picture(network: str) -> Tensor:
    """(1, 3, h, w) float32, as it goes into the network after normalisation."""
    size = (512, 512) if network == "setr" else (128, 160)
    return torch.from_numpy(np.random.default_rng(7).standard_normal((1, 3, *size), dtype=np.float32))


def thinned(network: str, logits: np.ndarray) -> np.ndarray:
    """What the golden file keeps of logits (150, h, w)."""
    step = 32 if network == "setr" else 2
    return logits[::10, ::step, ::step]


# ---- parts


def conv(name: str, into: int, out: int, side: int = 1, *, bias: bool = False) -> Named:
    yield f"{name}.weight", (out, into, side, side)
    if bias:
        yield f"{name}.bias", (out,)


def linear(name: str, into: int, out: int) -> Named:
    yield f"{name}.weight", (out, into)
    yield f"{name}.bias", (out,)


def norm(name: str, channels: int) -> Named:
    yield f"{name}.weight", (channels,)
    yield f"{name}.bias", (channels,)


def batch_norm(name: str, channels: int) -> Named:
    yield from norm(name, channels)
    yield f"{name}.running_mean", (channels,)
    yield f"{name}.running_var", (channels,)
    yield f"{name}.num_batches_tracked", ()


def block(name: str, first: int, into: int, out: int, side: int = 1) -> Named:
    """A convolution and its normalisation, numbered from `first` on."""
    yield from conv(f"{name}.{first}", into, out, side)
    yield from batch_norm(f"{name}.{first + 1}", out)


def separable(name: str, into: int, out: int) -> Named:
    yield f"{name}.depthwise_conv.weight", (into, 1, 3, 3)
    yield from batch_norm(f"{name}.depthwise_bn", into)
    yield from conv(f"{name}.pointwise_conv", into, out)
    yield from batch_norm(f"{name}.pointwise_bn", out)


def attention(name: str, channels: int) -> Named:
    yield f"{name}.in_proj_weight", (3 * channels, channels)
    yield f"{name}.in_proj_bias", (3 * channels,)
    yield from linear(f"{name}.out_proj", channels, channels)


def resnet101() -> Named:
    for place, (into, out) in enumerate([(3, 32), (32, 32), (32, 64)]):
        yield from block("backbone_net.stem", 3 * place, into, out, 3)
    into = 64
    for stage, (depth, width) in enumerate([(3, 64), (4, 128), (23, 256), (3, 512)], 1):
        for number in range(depth):
            name = f"backbone_net.layer{stage}.{number}"
            if not number:
                yield from block(f"{name}.downsample", 0, into, 4 * width)
            for place, (a, b, side) in enumerate([(into, width, 1), (width, width, 3), (width, 4 * width, 1)], 1):
                yield from conv(f"{name}.conv{place}", a, b, side)
                yield from batch_norm(f"{name}.bn{place}", b)
            into = 4 * width


def auxiliary() -> Named:
    yield from block("auxiliary_decoder", 0, 1024, 512, 3)
    yield from conv("auxiliary_decoder.4", 512, CLASSES, bias=True)


# ---- networks


def fcn() -> Named:
    yield from resnet101()
    yield from block("decoder", 0, 2048, 512, 3)
    yield from block("decoder", 3, 512, 512, 3)
    yield from conv("decoder.7", 512, CLASSES, bias=True)
    yield from auxiliary()


def pspnet() -> Named:
    yield from resnet101()
    for branch in range(4):
        yield from block(f"ppm_net.branches.{branch}", 1, 2048, 512)
    yield from block("ppm_net.bottleneck", 0, 4096, 512, 3)
    yield from conv("decoder.1", 512, CLASSES, bias=True)
    yield from auxiliary()


def deeplabv3plus() -> Named:
    yield from resnet101()
    yield from block("aspp_net.parallel_branches.0", 0, 2048, 512)
    for branch in (1, 2, 3):
        yield from separable(f"aspp_net.parallel_branches.{branch}", 2048, 512)
    yield from block("aspp_net.global_branch", 1, 2048, 512)
    yield from block("aspp_net.bottleneck", 0, 2560, 512, 3)
    yield from block("shortcut", 0, 256, 48)
    yield from separable("decoder.0", 560, 512)
    yield from separable("decoder.1", 512, 512)
    yield from conv("decoder.3", 512, CLASSES, bias=True)
    yield from auxiliary()


def setr() -> Named:
    yield "backbone_net.cls_token", (1, 1, 1024)
    yield "backbone_net.pos_embed", (1, 1025, 1024)
    yield from conv("backbone_net.patch_embed.projection", 3, 1024, 16, bias=True)
    for layer in range(24):
        name = f"backbone_net.layers.{layer}"
        yield from norm(f"{name}.ln1", 1024)
        yield from attention(f"{name}.attn.attn", 1024)
        yield from norm(f"{name}.ln2", 1024)
        yield from linear(f"{name}.ffn.layers.0.0", 1024, 4096)
        yield from linear(f"{name}.ffn.layers.1", 4096, 1024)
    for level in range(4):
        yield from norm(f"norm_layers.{level}", 1024)
    for head in ("decoder", *(f"auxiliary_decoders.{number}" for number in range(3))):
        yield from block(head, 0, 1024, 256, 3)
        yield from block(head, 4, 256, 256, 3)
        yield from conv(f"{head}.9", 256, CLASSES, bias=True)


def segformer() -> Named:
    into, stages = 3, [(64, 3, 7, 8), (128, 8, 3, 4), (320, 27, 3, 2), (512, 3, 3, 1)]
    for stage, (width, depth, side, reduction) in enumerate(stages):
        name = f"backbone_net.layers.{stage}"
        yield from conv(f"{name}.0.projection", into, width, side, bias=True)
        yield from norm(f"{name}.0.norm", width)
        for number in range(depth):
            yield from mix_block(f"{name}.1.{number}", width, reduction)
        yield from norm(f"{name}.2", width)
        into = width
    for level, (width, *_) in enumerate(stages):
        yield from block(f"convs.{level}", 0, width, 256)
    yield from block("decoder", 0, 1024, 256)
    yield from conv("decoder.4", 256, CLASSES, bias=True)


def mix_block(name: str, width: int, reduction: int) -> Named:
    yield from norm(f"{name}.norm1", width)
    yield from attention(f"{name}.attn.attn", width)
    if reduction > 1:
        yield from conv(f"{name}.attn.sr", width, width, reduction, bias=True)
        yield from norm(f"{name}.attn.norm", width)
    yield from norm(f"{name}.norm2", width)
    yield from conv(f"{name}.ffn.layers.0", width, 4 * width, bias=True)
    yield from conv(f"{name}.ffn.layers.1", 1, 4 * width, 3, bias=True)
    yield from conv(f"{name}.ffn.layers.4", 4 * width, width, bias=True)


NETWORKS: dict[str, Callable[[], Named]] = {
    "fcn": fcn,
    "pspnet": pspnet,
    "deeplabv3plus": deeplabv3plus,
    "setr": setr,
    "segformer": segformer,
}
