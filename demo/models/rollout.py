"""Attention rollout: which patches the token of a pixel is mixed from, for networks whose backbone is a ViT.

Abnar and Zuidema, Quantifying Attention Flow in Transformers, ACL 2020: the product over the layers of half the mean
attention of the heads and half the identity. It follows attention alone and knows no class: another thing than a
gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from demo.analysis.reach import Point
from demo.errors import BackendError
from demo.models.network import Opened
from demo.models.posterior import Posterior
from demo.models.receptive import NEVER, Traced, boxes, on_input, traced
from demo.models.recording import StoppedError

NO_VIT = (
    "Cannot say: attention rollout needs a backbone whose every layer attends from all patches to all patches, as a "
    "ViT's does. Look at the receptive field instead."
)


def rollout(
    opened: Opened, posterior: Posterior, points: Sequence[Point], stopped: Callable[[], bool] = NEVER
) -> Traced:
    """The share that each patch has in the last layer's token at each point, spread over the patch's pixels.

    Windows that show a point are averaged. Raises BackendError for a backbone that is no ViT.
    """
    if opened.features is None:
        raise BackendError(
            "Cannot say: which part of this network attends is not known here. Look at the receptive field instead."
        )
    patch = _patch(opened.features)
    found = [torch.zeros(opened.inputs.shape[-2:]) for _ in points]
    for y0, x0, y1, x1 in boxes(posterior, opened):
        places = {number: _place(point, posterior, opened) for number, point in enumerate(points)}
        places = {number: (y, x) for number, (y, x) in places.items() if y0 <= y < y1 and x0 <= x < x1}
        if not places:
            continue
        if stopped():
            raise StoppedError
        with torch.no_grad(), _attention(opened.features) as layers:
            opened.scores(opened.inputs[:, :, y0:y1, x0:x1])
        grid = -(-(y1 - y0) // patch), -(-(x1 - x0) // patch)
        prefix = layers[0].shape[-1] - grid[0] * grid[1] if layers else -1
        if not 0 <= prefix <= 8 or any(layer.shape != layers[0].shape for layer in layers):
            raise BackendError(NO_VIT)
        starts = [prefix + (y - y0) // patch * grid[1] + (x - x0) // patch for y, x in places.values()]
        shares = torch.eye(layers[0].shape[-1])[starts]
        for layer in reversed(layers):
            shares = 0.5 * shares + 0.5 * shares @ layer
        for number, share in zip(places, shares[:, prefix:], strict=True):
            spread = share.reshape(grid).repeat_interleave(patch, 0).repeat_interleave(patch, 1)
            found[number][y0:y1, x0:x1] += spread[: y1 - y0, : x1 - x0]
    return traced((one for one in found), posterior, opened)


def _place(point: Point, posterior: Posterior, opened: Opened) -> Point:
    """The pixel of the network's input in which the centre of a photo pixel lies."""
    top, left, bottom, right = on_input(posterior.valid, posterior, opened)
    height, width = posterior.photo_size
    return (
        top + int((point[0] + 0.5) * (bottom - top) / height),
        left + int((point[1] + 0.5) * (right - left) / width),
    )


def _patch(backbone: nn.Module) -> int:
    """The side of a patch: the stride of the backbone's one convolution. Raises BackendError where it has others."""
    convolutions = [module for module in backbone.modules() if isinstance(module, nn.Conv2d)]
    if len(convolutions) != 1 or convolutions[0].stride != convolutions[0].kernel_size:
        raise BackendError(NO_VIT)
    return int(convolutions[0].stride[0])


@contextmanager
def _attention(backbone: nn.Module) -> Iterator[list[Tensor]]:
    """The attention (tokens, tokens) of each layer as it runs, mean over its heads."""
    layers: list[Tensor] = []

    def ask(_module: nn.Module, inputs: Any, options: dict[str, Any]) -> Any:
        return inputs, options | {"need_weights": True, "average_attn_weights": True}

    def hold(_module: nn.Module, _inputs: Any, outputs: Any) -> None:
        layers.append(outputs[1][0].float().cpu())

    handles = []
    for module in backbone.modules():
        if isinstance(module, nn.MultiheadAttention):
            handles += [module.register_forward_pre_hook(ask, with_kwargs=True), module.register_forward_hook(hold)]
    try:
        yield layers
    finally:
        for handle in handles:
            handle.remove()
