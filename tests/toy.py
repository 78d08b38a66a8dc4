"""Five toy networks that need no weights: smooth colour-driven scores, deterministic, different from each other."""

from __future__ import annotations

import numpy as np
import torch

from demo.catalog import models
from demo.labels.ade20k import ADE20K
from demo.models.network import Network
from demo.models.posterior import Posterior, Tile
from demo.models.zoo import Zoo
from demo.schema import Image, ModelSpec, Seen

SLOW_WIDTH = 333
"""A photo of this width takes two seconds a network in tests.browser.toy_app."""


def toy_scores(seed: int, image: Image, cells: int = 12) -> Posterior:
    """Scores (150, cells, cells) from the photo's mean colours through a seeded random projection."""
    height, width = image.shape[:2]
    rows = np.linspace(0, height - 1, cells).astype(int)
    columns = np.linspace(0, width - 1, cells).astype(int)
    colours = image[rows][:, columns].astype(np.float32) / 255
    shared, own = np.random.default_rng(7), np.random.default_rng(seed)
    projection = shared.normal(size=(3, len(ADE20K))) * 6 + own.normal(size=(3, len(ADE20K))) * 1.5
    scores = torch.from_numpy((colours @ projection).astype(np.float32)).permute(2, 0, 1).contiguous()
    size = (height, width)
    return Posterior((Tile(scores, (0, 0, *size)),), size, (0, 0, *size), size, Seen(size), ADE20K)


def toy_network(spec: ModelSpec) -> Network:
    seed = sum(map(ord, spec.id))
    return Network(
        lambda image: toy_scores(seed, image),
        parameters=3 * len(ADE20K),
        bytes=12 * len(ADE20K),
        checkpoint_sha256=f"{seed:064x}",
        class_set=ADE20K,
    )


def toy_zoo() -> Zoo:
    return Zoo(device="cpu", load=toy_network)


def toy_ids() -> tuple[str, ...]:
    return tuple(spec.id for spec in models("compact"))
