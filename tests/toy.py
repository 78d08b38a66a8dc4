"""Five toy networks that need no weights: smooth colour-driven scores, deterministic, different from each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from demo.catalog import models
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import of_count
from demo.models.network import Network, Opened
from demo.models.posterior import Posterior, Tile
from demo.models.zoo import Answer, Zoo
from demo.schema import Image, ModelSpec, Seen

SLOW_WIDTH = 333
"""A photo of this width takes a second a network in tests.browser.toy_app."""


def toy_scores(seed: int, image: Image, cells: int = 12) -> Posterior:
    """Scores (150, cells, cells) from the photo's colours at as many places through a seeded random projection."""
    size = (image.shape[0], image.shape[1])
    rows, columns = (np.linspace(0, side - 1, cells).astype(int) for side in size)
    colours = image[rows][:, columns].astype(np.float32) / 255
    scores = torch.from_numpy((colours @ _projection(seed)).astype(np.float32)).permute(2, 0, 1).contiguous()
    return Posterior((Tile(scores, (0, 0, *size)),), size, (0, 0, *size), size, Seen(size), ADE20K)


def _projection(seed: int) -> NDArray[np.float64]:
    shared, own = np.random.default_rng(7), np.random.default_rng(seed)
    return shared.normal(size=(3, len(ADE20K))) * 6 + own.normal(size=(3, len(ADE20K))) * 1.5


def toy_opened(seed: int, image: Image, cells: int = 12) -> Opened:
    """The same for gradients: a score hangs on the places around it, and on nothing else."""
    projection = torch.from_numpy(_projection(seed)).float()
    rows, columns = (np.linspace(0, side - 1, cells).astype(int) for side in image.shape[:2])
    inputs = torch.from_numpy(image.astype(np.float32) / 255).permute(2, 0, 1)[None]
    return Opened(
        inputs, lambda window: torch.einsum("cyx,ck->kyx", window[0][:, rows][:, :, columns], projection), nn.Identity()
    )


def toy_network(spec: ModelSpec) -> Network:
    seed = sum(map(ord, spec.id))
    return Network(
        lambda image: toy_scores(seed, image),
        parameters=3 * len(ADE20K),
        bytes=12 * len(ADE20K),
        checkpoint_sha256=f"{seed:064x}",
        class_set=ADE20K,
        opened=lambda image: toy_opened(seed, image),
    )


def foreign(answer: Answer) -> Answer:
    """The answer in a class set that has no word of any other."""
    class_set = of_count("Foreign", len(answer.posterior.class_set))
    return replace(
        answer,
        posterior=replace(answer.posterior, class_set=class_set),
        prediction=replace(answer.prediction, class_set=class_set),
    )


def toy_zoo() -> Zoo:
    return Zoo(device="cpu", load=toy_network)


def toy_ids() -> tuple[str, ...]:
    return tuple(spec.id for spec in models("compact"))
