"""As sure as right: one temperature a network, folded into its last layer.

Guo et al. 2017 (arXiv 1706.04599): scores divided by one number leave every label as it is. Here the last layer's
weights are divided by it, so that the shipped file answers alike in MMSegmentation and in this tool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from demo.analysis.calibration import ece, reliability
from demo.models.posterior import Posterior
from demo.schema import VOID, Image
from demo.train.data import Photographs, cells_of

TRIED = np.round(np.geomspace(0.6, 1.7, 40), 3)
SHRINK = 4
"""Every fourth pixel of a photograph in each direction is looked at."""


@dataclass(frozen=True)
class Calibration:
    """The temperature of least negative log-likelihood, and the expected calibration error without and with it."""

    temperature: float
    ece_before: float
    ece_after: float

    @property
    def helps(self) -> bool:
        return self.ece_after < self.ece_before


def calibrate(scores: Callable[[Image], Posterior], photographs: Photographs) -> Calibration:
    """Find it on the labelled pixels of photographs that the network did not learn from."""
    logs, labels = _looked_at(scores, photographs)
    losses = [float(-_softened(logs, one)[torch.arange(len(labels)), labels].mean()) for one in TRIED]
    best = float(TRIED[int(np.argmin(losses))])
    return Calibration(best, _ece(logs, labels, 1.0), _ece(logs, labels, best))


def fold(head: nn.Module, temperature: float) -> None:
    """Divide what the head's last layer says by the temperature."""
    last = cast(nn.Module, head.conv_seg if hasattr(head, "conv_seg") else head.mask_norm)
    with torch.no_grad():
        for values in last.parameters():
            values.div_(temperature)


def _looked_at(scores: Callable[[Image], Posterior], photographs: Photographs) -> tuple[Tensor, Tensor]:
    """Log-probabilities (N, C) and labels (N,) of the labelled pixels that are looked at."""
    logs, labels = [], []
    for index in range(len(photographs)):
        photo, truth = photographs[index]
        size = (max(1, photo.height // SHRINK), max(1, photo.width // SHRINK))
        wanted = cells_of(truth, size).ravel()
        strips = [strip for _, strip in scores(np.asarray(photo)).cpu().strips(size)]
        said: NDArray[np.float32] = np.concatenate(strips, axis=1).reshape(len(strips[0]), -1)
        known = wanted != VOID
        logs.append(torch.from_numpy(said[:, known].T.copy()).clamp(min=1e-12).log())
        labels.append(torch.from_numpy(wanted[known].astype(np.int64)))
    return torch.cat(logs), torch.cat(labels)


def _softened(logs: Tensor, temperature: float) -> Tensor:
    return (logs / temperature).log_softmax(1)


def _ece(logs: Tensor, labels: Tensor, temperature: float) -> float:
    confidence, winner = _softened(logs, temperature).exp().max(1)
    return ece(reliability(confidence.numpy(), (winner == labels).numpy()))
