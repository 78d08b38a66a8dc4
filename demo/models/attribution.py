"""What in a photo speaks for a class: Seg-Grad-CAM on the features that the network's head is given.

Vinogradova, Dibrov and Myers, Towards Interpretable Semantic Segmentation via Gradient-Weighted Class Activation
Mapping, AAAI 2020: ReLU of the sum of the feature maps A, each times the mean over its cells of the gradient of the
class's mean score over some pixels with respect to it. The features are the backbone's last output. A few lines of our
own: captum asks for an older numpy, and pytorch-grad-cam for torchvision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from demo.errors import BackendError
from demo.models.network import Opened
from demo.models.posterior import Posterior
from demo.models.receptive import NEVER, Cells, boxes, on_input, weighted
from demo.models.recording import recording
from demo.schema import Size


def attribution(
    opened: Opened,
    posterior: Posterior,
    index: int,
    cells: Sequence[Cells],
    size: Size,
    stopped: Callable[[], bool] = NEVER,
) -> NDArray[np.float32]:
    """What speaks for class `index`, (height, width) over the photo, 0..1 of its own maximum.

    `cells` weigh the class's mean score over the pixels asked of (receptive.cells_at, cells_in).

    Raises BackendError when the network has no features to name or nothing speaks for the class, StoppedError once
    `stopped` says so.
    """
    if opened.features is None:
        raise BackendError("Cannot say: which part of this network holds its features is not known here.")
    places = boxes(posterior, opened)
    features: list[Tensor] = []
    importance: Tensor | None = None
    for number, (y0, x0, y1, x1) in enumerate(places):
        window = opened.inputs[:, :, y0:y1, x0:x1]
        with recording(opened.network, stopped), _last_output(opened.features) as held:
            scores = opened.scores(window)
            if len(held) != 1:
                raise BackendError("Cannot say: the features of this network are no maps.")
            if cells[number].any():
                score = weighted(scores[index], cells[number])
                (gradient,) = torch.autograd.grad(score, held[0])
                importance = gradient.sum((2, 3)) if importance is None else importance + gradient.sum((2, 3))
        features.append(held.pop().detach())
        del scores
    assert importance is not None  # some tile holds the pixels
    total = torch.zeros(opened.inputs.shape[-2:])
    covered = torch.zeros(opened.inputs.shape[-2:])
    for one, (y0, x0, y1, x1) in zip(features, places, strict=True):
        spoken = (importance[:, :, None, None] * one).sum(1, keepdim=True).relu().float().cpu()
        grown = interpolate(spoken, (y1 - y0, x1 - x0), mode="bilinear", align_corners=False)
        total[y0:y1, x0:x1] += grown[0, 0]
        covered[y0:y1, x0:x1] += 1
    top, left, bottom, right = on_input(posterior.valid, posterior, opened)
    shown = (total / covered)[None, None, top:bottom, left:right]
    shown = interpolate(shown, size, mode="bilinear", align_corners=False, antialias=True)[0, 0]
    if not float(shown.max()) > 0:
        raise BackendError("Cannot say: nothing in this network's features speaks for that class there.")
    return (shown / shown.max()).numpy()


@contextmanager
def _last_output(module: nn.Module) -> Iterator[list[Tensor]]:
    """Its last output of maps (1, C, h, w), from which on alone gradients are kept."""
    held: list[Tensor] = []

    def begin_here(_module: nn.Module, _inputs: object, output: object) -> object:
        maps = [*output] if isinstance(output, list | tuple) else [output]
        if isinstance(maps[-1], Tensor) and maps[-1].ndim == 4:
            maps[-1] = maps[-1].detach().requires_grad_(True)
            held.append(maps[-1])
        return type(output)(maps) if isinstance(output, list | tuple) else maps[-1]

    handle = module.register_forward_hook(begin_here)
    try:
        yield held
    finally:
        handle.remove()
