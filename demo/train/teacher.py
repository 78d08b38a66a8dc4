"""A teacher made of pretrained trunks that stay as they are: it tells a student of every pixel, also where no label is.

Each trunk looks once at every photograph. On all their maps together, a small head for each of the `HEADS` learns the
labels; the mean of the heads' log-probabilities and the features themselves, reduced to their main directions, are what
`Targets` tells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage
from torch import Tensor, nn
from torch.nn import functional

from demo.labels.ade20k import ADE20K
from demo.models import efficientnet_lite  # noqa: F401  registers the backbone
from demo.models.backends.mmseg import build_backbone
from demo.models.machine import has_bfloat16
from demo.schema import VOID
from demo.train.data import Photographs, cells_of, grid, whole
from demo.train.weights import read_weights

HEADS = ((512, 0.5), (768, 0.6))
"""Hidden units, and the share of a batch that comes from photographs shown several times a round."""

STEPS, BATCH = 700, 2048
FEATURES = 128
FLOOR = -20.0
"""Log-probabilities go no lower: the targets are kept at float16."""


@dataclass(frozen=True)
class Eye:
    """A trunk that looks at photographs: MMSegmentation's configuration of it, pixels a cell, how pixels go in."""

    backbone: dict[str, object]
    pixels: int
    mean: tuple[float, float, float]
    spread: tuple[float, float, float]

    def given(self, photo: PillowImage.Image, cell: int | None = None) -> Tensor:
        """A photograph as the trunk takes it, (1, 3, H, W), at `pixels` or so many a cell."""
        colours = whole(photo, cell or self.pixels)
        return ((colours - torch.tensor(self.mean)) / torch.tensor(self.spread)).permute(2, 0, 1)[None]


def _lite(variant: str) -> Eye:
    return Eye(dict(type="EfficientNetLite", variant=variant, out_indices=(4, 6)), 16, (127.0,) * 3, (128.0,) * 3)


EYES = {
    "lite0": _lite("lite0"),
    "lite2": _lite("lite2"),
    "dinov2": Eye(
        dict(
            type="VisionTransformer",
            img_size=518,
            patch_size=14,
            patch_bias=True,
            embed_dims=384,
            norm_cfg=dict(type="LN", eps=1e-6),
            num_layers=8,
            num_heads=6,
            out_indices=(5, 7),
        ),
        14,
        (123.675, 116.28, 103.53),
        (58.395, 57.12, 57.375),
    ),
}


class Watcher:
    """All eyes together: of a photograph, features (C, rows, columns) at float16."""

    def __init__(self, trunks: dict[str, Path]) -> None:
        self.eyes = [(eye, build_backbone(eye.backbone)) for eye in EYES.values()]
        for name, (_, network) in zip(EYES, self.eyes, strict=True):
            network.load_state_dict(read_weights(trunks[name]))
            for module in (network, *network.modules()):
                module.training = False

    @torch.inference_mode()
    def __call__(self, photo: PillowImage.Image) -> Tensor:
        rows, columns = grid(photo.size)
        maps = []
        for eye, network in self.eyes:
            given = eye.given(photo)
            with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16("cpu")):
                maps += [
                    functional.interpolate(one.float(), (rows, columns), mode="bilinear")[0] for one in network(given)
                ]
        return torch.cat(maps).half()


@dataclass(frozen=True, eq=False)
class Samples:
    """Labelled cells: features (N, C) float16 and labels (N,) int64."""

    features: Tensor
    labels: Tensor


def sample(photographs: Photographs, seen: Callable[[int], Tensor], chosen: list[int], most: int | None) -> Samples:
    """Of each chosen photograph up to `most` labelled cells, all when None."""
    features, labels = [], []
    for index in chosen:
        maps = seen(index)
        truth = (
            torch.from_numpy(cells_of(photographs[index][1], (maps.shape[1], maps.shape[2])).copy()).flatten().long()
        )
        known = (truth != VOID).nonzero()[:, 0]
        known = known[torch.randperm(len(known))[:most]]
        features.append(maps.flatten(1).T[known])
        labels.append(truth[known])
    return Samples(torch.cat(features), torch.cat(labels))


@dataclass(frozen=True, eq=False)
class Scale:
    """Features to about unit size, outliers clipped."""

    mean: Tensor
    spread: Tensor

    @classmethod
    def of(cls, features: Tensor) -> Scale:
        some = features[:50_000].float()
        return cls(some.mean(0), some.std(0) + 1e-4)

    def __call__(self, features: Tensor) -> Tensor:
        return ((features.float() - self.mean) / self.spread).clamp(-5, 5)


def fit_head(common: Samples, often: Samples, scale: Scale, hidden: int, share: float) -> nn.Module:
    """A perceptron from features (N, C) to class scores (N, C); `share` of each batch is from `often`."""
    head = nn.Sequential(
        nn.Linear(common.features.shape[1], hidden, bias=False),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(hidden, len(ADE20K)),
    )
    peak = 1e-3
    optimizer = torch.optim.AdamW(head.parameters(), peak, weight_decay=0.05)
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = peak * (1 - step / STEPS)
        parts = [_some(common, BATCH - int(BATCH * share)), _some(often, int(BATCH * share))]
        scores = head(scale(torch.cat([part.features for part in parts])))
        loss = functional.cross_entropy(scores, torch.cat([part.labels for part in parts]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return head.eval()


def _some(samples: Samples, number: int) -> Samples:
    chosen = torch.randint(len(samples.labels), (number,))
    return Samples(samples.features[chosen], samples.labels[chosen])


@dataclass(frozen=True, eq=False)
class Directions:
    """The main directions of features, as (C, k), and what makes each of unit spread."""

    mean: Tensor
    axes: Tensor
    spread: Tensor

    @classmethod
    def of(cls, scaled: Tensor) -> Directions:
        mean = scaled.mean(0)
        _, _, axes = torch.linalg.svd((scaled - mean)[:8000], full_matrices=False)
        axes = axes[:FEATURES].T
        return cls(mean, axes, ((scaled - mean) @ axes).std(0))

    def __call__(self, scaled: Tensor) -> Tensor:
        return (scaled - self.mean) @ self.axes / self.spread


def write_targets(
    photographs: Photographs, trunks: dict[str, Path], out: Path, report: Callable[[str], None]
) -> Targets:
    """Look at every photograph, fit the heads, and write one ``<photograph>.npy`` for each under ``out``, once."""
    targets = Targets(out)
    if all(targets.path(pair.photo).is_file() for pair in photographs.pairs):
        return targets
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    watcher = Watcher(trunks)
    report(f"{len(photographs)} photographs are looked at by {', '.join(EYES)}")
    maps = [watcher(photographs[index][0]) for index in range(len(photographs))]
    shown = np.bincount(photographs.round, minlength=len(photographs))
    often = [index for index in range(len(photographs)) if shown[index] > 1]
    common = [index for index in range(len(photographs)) if shown[index] == 1] or often
    plenty = sample(photographs, maps.__getitem__, common, 70)
    few = sample(photographs, maps.__getitem__, often or common, None)
    scale = Scale.of(plenty.features)
    heads = [fit_head(plenty, few, scale, hidden, share) for hidden, share in HEADS]
    some = torch.randperm(len(plenty.labels))[:20_000]
    directions = Directions.of(scale(plenty.features[some]))
    with torch.inference_mode():
        for pair, seen in zip(photographs.pairs, maps, strict=True):
            np.save(targets.path(pair.photo), _told(seen, scale, heads, directions))
    return targets


def _told(seen: Tensor, scale: Scale, heads: list[nn.Module], directions: Directions) -> NDArray[np.float16]:
    scaled = scale(seen.flatten(1).T)
    scores = torch.stack([head(scaled).log_softmax(1) for head in heads]).mean(0).clamp(min=FLOOR)
    told = torch.cat([scores, directions(scaled)], dim=1)
    return told.T.reshape(-1, *seen.shape[1:]).half().numpy()


class Targets:
    """Of a photograph's file: maps (C + `FEATURES`, rows, columns), log-probabilities first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, photo: Path) -> Path:
        return self.folder / f"{photo.stem}.npy"

    def __call__(self, photo: Path) -> Tensor:
        return torch.from_numpy(np.load(self.path(photo)))
