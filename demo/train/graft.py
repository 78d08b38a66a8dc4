"""A MiT that begins as a ViT: its last stage takes the ViT's layers, its first stages hand the pixels on to them.

SegFormer's own backbone has no pretrained weights that may be shipped. A layer of MiT's last stage computes what a
layer of a ViT does, but for the depthwise kernel inside its MLP, which can begin as the identity, and for fewer hidden
units, for which the MLP's second matrix is fitted again. What a ViT has and a MiT has not, an embedding of position and
a class token, is left out; `follow` lets the layers learn to do without, from what the whole ViT says of photographs.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from demo.models.allocator import keep_all_memory
from demo.models.backends.mmseg import build_backbone, build_network, initialise
from demo.train.data import Photo, Photographs, alike, jitter, normalise, whole
from demo.train.teacher import EYES
from demo.train.weights import WeightAverage, read_weights, write_weights

VIT = EYES["dinov2"]
"""The ViT that is grafted: how it is built, and how it takes photographs."""

CELL = 16
"""Pixels of a photograph's cells as the MiT's last stage sees them."""

EARLY = 2
"""The layer after which `follow` compares a first time."""

COLOURS = 48
"""Channels of the first stage that hold all of its 4 x 4 pixels; the others are kernels to learn from."""

STEADY = 4.0
"""Size of the constant channel beside that of all others together: so LayerNorm hardly changes what it lets through."""


@dataclass(frozen=True)
class Following:
    """How `follow` learns: peak learning rate, photographs a step, and decay of the average that is kept."""

    learning_rate: float = 2e-4
    first_stages: float = 0.6
    """Share of that rate for all but the last stage's layers; their depthwise kernels learn at `kernels` times it."""
    kernels: float = 4.0
    batch: int = 8
    average_decay: float = 0.99
    steps: int | None = None
    """No more than these, whatever the minutes say."""
    seed: int = 1


def write_grafted(
    config: Path,
    trunk: Path,
    photographs: Photographs,
    out: Path,
    minutes: float,
    report: Callable[[str], None],
    following: Following | None = None,
) -> Path:
    """Write the backbone of SegFormer's ``config``, grafted from DINOv2's ``trunk`` and taught by it, to ``out``, once.

    What DINOv2 says of each photograph is kept in a folder beside ``out``. Returns ``out``.
    """
    if out.is_file():
        return out
    torch.manual_seed(0)
    vit = _dinov2(trunk)
    network = build_network(config)
    initialise(network)
    some = range(0, len(photographs), max(1, len(photographs) // 90))
    graft(cast(nn.Module, network.backbone), vit, [photographs[index][0] for index in some])
    said = Said(vit, photographs, out.with_suffix(""))
    state = follow(network, photographs, said, minutes, following or Following(), report)
    write_weights(out, dict(state))
    return out


def _dinov2(trunk: Path) -> nn.Module:
    """DINOv2's ViT in evaluation mode, its maps after the `EARLY`th and after the last layer."""
    backbone = dict(VIT.backbone)
    backbone["out_indices"] = (EARLY - 1, cast(int, backbone["num_layers"]) - 1)
    vit = build_backbone(backbone)
    vit.load_state_dict(read_weights(trunk))
    for module in (vit, *vit.modules()):  # its own eval() and train() go no further than MMSegmentation's freezing
        module.training = False
    return vit


@torch.no_grad()
def graft(mit: nn.Module, vit: nn.Module, photos: list[Photo]) -> None:
    """Give a three-stage MiT of MMSegmentation the weights with which it answers as the ViT does without positions.

    Its strides are 4, 2 and 2, its last stage is as wide as the ViT and as deep or less. The fits are made on the
    photographs, some tens.
    """
    first, second, last = cast(Any, mit).layers
    for _, layers, _ in (first, second):
        for layer in layers:
            _stand_still(layer)
    given = _given(vit, photos)
    embedded = torch.cat([tokens[0] for tokens in given])
    maps = _hand_on_pixels(first, [VIT.given(photo, CELL) for photo in photos])
    maps = _hand_on_cells(second, maps, embedded)
    _embed(last, maps, embedded)
    _take_layers(last[1], vit, given)


def _given(vit: nn.Module, photos: list[Photo]) -> list[Tensor]:
    """What the ViT's layers are given: of each photograph tokens (1, N, C), each with the mean of all positions."""
    parts = cast(Any, vit)
    position = parts.pos_embed[:, 1:].mean(1, keepdim=True)
    return [parts.patch_embed(VIT.given(photo))[0] + position for photo in photos]


def _stand_still(layer: Any) -> None:
    """A layer that begins as the identity: both of its sums add nothing."""
    for part in (layer.attn.attn.out_proj, layer.ffn.layers[4]):
        part.weight.zero_()
        part.bias.zero_()


def _hand_on_pixels(stage: Any, views: list[Tensor]) -> list[Tensor]:
    """First stage: the colours of 4 x 4 pixels along their main directions, weak ones raised; then random kernels."""
    embedding = stage[0].projection
    blocks = torch.cat([functional.unfold(view, 4, stride=4)[0].T[::11] for view in views])
    mean = blocks.mean(0)
    directions = torch.linalg.svd((blocks - mean)[::5].double(), full_matrices=False)[2].float()
    spread = ((blocks - mean) @ directions.T).std(0)
    directions = directions / spread.clamp(min=0.02 * spread[0])[:, None] ** 0.75
    weight = torch.zeros_like(embedding.weight)
    weight[:COLOURS, :, 3:, 3:] = directions.reshape(COLOURS, 3, 4, 4)  # stride 4, padding 3: the block itself
    kernels = 0.03 * torch.randn(weight[COLOURS:-1].shape)
    weight[COLOURS:-1] = kernels - kernels.mean((2, 3), keepdim=True)
    embedding.weight.copy_(weight)
    embedding.bias.zero_()
    embedding.bias[:COLOURS] = -(directions @ mean)
    return _let_through(stage, views)


def _hand_on_cells(stage: Any, maps: list[Tensor], embedded: Tensor) -> list[Tensor]:
    """Second stage: of 2 x 2 cells the directions that matter most for what the ViT is given."""
    embedding = stage[0].projection
    kept = embedding.out_channels - 1
    colours = [one[:, :COLOURS] for one in maps]
    matrix, _ = _least_squares(_windows(colours, 4, 4), embedded, 1e-5)
    quarters = matrix.reshape(COLOURS, 2, 2, 2, 2, -1).permute(1, 3, 0, 2, 4, 5).reshape(4, 4 * COLOURS, -1).double()
    cells = _windows(colours, 2, 2)[::3]
    mean = cells.mean(0)
    values, axes = torch.linalg.eigh(((cells - mean).T @ (cells - mean) / len(cells)).double())
    values = values.clamp(min=1e-8)
    root, inverse = ((axes * values**power) @ axes.T for power in (0.5, -0.5))
    wanted, axes = torch.linalg.eigh(root @ (quarters @ quarters.mT).sum(0) @ root)
    strength = wanted[-kept:].clamp(min=0).sqrt()
    directions = (inverse @ axes[:, -kept:] * (strength / strength[-1]).clamp(min=0.03).sqrt()).T.float()
    weight = torch.zeros_like(embedding.weight)
    weight[:-1, :COLOURS, 1:, 1:] = directions.reshape(kept, COLOURS, 2, 2)  # stride 2, padding 1: the cells themselves
    embedding.weight.copy_(weight)
    embedding.bias.zero_()
    embedding.bias[:-1] = -(directions @ mean)
    return _let_through(stage, maps)


def _let_through(stage: Any, given: list[Tensor]) -> list[Tensor]:
    """Set a stage's norms so that they change little: its last channel is constant and large. Returns its maps."""
    embed, layers, norm = stage
    channels = embed.projection.out_channels
    embed.projection.bias[-1] = STEADY * _tokens(embed.projection, given)[:, :-1].pow(2).sum(1).mean().sqrt()
    tokens = _tokens(embed.projection, given)
    for one in (embed.norm, norm):
        one.weight.fill_(tokens.std(1, correction=0).mean())
        one.bias.fill_(tokens.mean())
    maps = []
    for one in given:
        tokens, size = embed(one)
        for layer in layers:
            tokens = layer(tokens, size)
        maps.append(norm(tokens).transpose(1, 2).reshape(1, channels, *size))
    return maps


def _embed(stage: Any, maps: list[Tensor], embedded: Tensor) -> None:
    """Last stage's embedding: least squares to what the ViT is given, beside a constant in a direction nobody needs."""
    embed, norm = stage[0], stage[2]
    channels = embedded.shape[1]
    matrix, bias = _least_squares(_windows([one[:, :-1] for one in maps], 3, 2, padding=1), embedded, 1e-3)
    centred = embedded - embedded.mean(1, keepdim=True)
    centred = (centred - centred.mean(0)).double()
    flat = torch.eye(channels, dtype=torch.float64) - 1 / channels  # takes a vector's mean away, as LayerNorm does
    axes = flat @ torch.linalg.eigh(centred.T @ centred)[1]
    idle = next(axis / axis.norm() for axis in axes.T if axis.norm() > 0.7).float()
    constant = STEADY * embedded.pow(2).sum(1).mean().sqrt()
    weight = torch.zeros_like(embed.projection.weight)
    weight[:, :-1] = matrix.T.reshape(channels, -1, 3, 3)
    embed.projection.weight.copy_(weight)
    embed.projection.bias.copy_(bias + constant * idle)
    embed.norm.weight.fill_(_tokens(embed.projection, maps).std(1, correction=0).mean())
    embed.norm.bias.copy_(-constant * idle)
    norm.weight.fill_(1.0)
    norm.bias.zero_()


def _tokens(projection: nn.Module, given: list[Tensor]) -> Tensor:
    """What a convolution makes of maps (1, C, H, W), as rows (N, D)."""
    return torch.cat([projection(one)[0].flatten(1).T for one in given])


def _windows(maps: list[Tensor], size: int, stride: int, padding: int = 0) -> Tensor:
    """All windows of maps (1, C, h, w) as rows (N, C * size * size)."""
    return torch.cat([functional.unfold(one, size, stride=stride, padding=padding)[0].T for one in maps])


def _least_squares(given: Tensor, wanted: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
    """Matrix (C, D) and bias (D,) from rows (N, C) to rows (N, D); the ridge is a share of the mean square."""
    rows = torch.cat([given, torch.ones(len(given), 1)], 1).double()
    gram = rows.T @ rows
    gram.diagonal().add_(ridge * gram.diagonal().mean())
    solved = torch.linalg.solve(gram, rows.T @ wanted.double()).float()
    return solved[:-1], solved[-1]


def _take_layers(layers: Any, vit: nn.Module, tokens: list[Tensor]) -> None:
    """The ViT's layers with the hidden units that weigh most, and a second matrix fitted to what all units say."""
    for mine, theirs in zip(layers, cast(Any, vit).layers, strict=False):
        attended = [theirs.attn(theirs.norm1(one), identity=one) for one in tokens]
        inside, outside, _ = theirs.ffn.layers
        hidden = torch.cat([inside(theirs.norm2(one))[0][::3] for one in attended])
        units = (hidden.std(0) * outside.weight.norm(dim=0)).topk(mine.ffn.feedforward_channels).indices.sort().values
        matrix, bias = _least_squares(hidden[:, units], outside(hidden), 1e-4)
        for ours, its in ((mine.norm1, theirs.norm1), (mine.norm2, theirs.norm2), (mine.attn.attn, theirs.attn.attn)):
            ours.load_state_dict(its.state_dict())
        first, kernel, _, _, second, _ = mine.ffn.layers
        first.weight.copy_(inside[0].weight[units][:, :, None, None])
        first.bias.copy_(inside[0].bias[units])
        nn.init.dirac_(kernel.weight, groups=kernel.groups)
        kernel.bias.zero_()
        second.weight.copy_(matrix.T[:, :, None, None])
        second.bias.copy_(bias)
        tokens = [theirs.ffn(theirs.norm2(one), identity=one) for one in attended]


class Said:
    """Of a photograph's file, the ViT's maps after its `EARLY`th and its last layer, (2 C, rows, columns)."""

    def __init__(self, vit: nn.Module, photographs: Photographs, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with torch.inference_mode():
            for index, pair in enumerate(photographs.pairs):
                if not self.path(pair.photo).is_file():
                    maps = vit(VIT.given(photographs[index][0]))
                    np.save(self.path(pair.photo), torch.cat([one[0] for one in maps]).half().numpy())

    def path(self, photo: Path) -> Path:
        return self.folder / f"{photo.stem}.npy"

    def __call__(self, photo: Path) -> Tensor:
        return torch.from_numpy(np.load(self.path(photo))).float()


def follow(
    network: nn.Module,
    photographs: Photographs,
    said: Said,
    minutes: float,
    following: Following,
    report: Callable[[str], None],
) -> dict[str, Tensor]:
    """Teach a grafted network's backbone to say what the ViT says; returns the running average of its weights.

    Photographs are seen whole and never mirrored: what the ViT says of a mirrored one is another thing.
    """
    keep_all_memory()
    mit = cast(Any, network.backbone)
    dice = random.Random(following.seed)
    average = WeightAverage(mit, following.average_decay)
    optimizer = torch.optim.AdamW(_groups(mit, following), weight_decay=0.01, fused=True)
    heard: list[Tensor] = []
    mit.layers[2][1][EARLY - 1].register_forward_hook(lambda _, given, tokens: heard.append(tokens))
    mit.layers[2][2].register_forward_pre_hook(lambda _, given: heard.append(given[0]))
    spread = _spread(photographs, said)
    mit.train()
    seconds, told = 0.0, time.monotonic()
    for step, chosen in enumerate(alike(photographs, following.batch, dice), 1):
        begun = time.perf_counter()
        share = max(seconds / (60 * minutes), (step - 1) / following.steps if following.steps else 0.0)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * min(1.0, 25 * share + 0.05) * (0.55 + 0.45 * math.cos(math.pi * share))
        views = torch.stack([whole(photographs[index][0], CELL) for index in chosen])
        wanted = torch.stack([said(photographs.pairs[index].photo) for index in chosen])
        heard.clear()
        seen = jitter(views, dice, 0.1)
        mit(normalise(seen.permute(0, 3, 1, 2), network))
        missed = [
            functional.mse_loss(tokens, maps.flatten(2).transpose(1, 2)) / scale
            for tokens, maps, scale in zip(heard, wanted.chunk(2, dim=1), spread, strict=True)
        ]
        optimizer.zero_grad(set_to_none=True)
        (0.5 * missed[0] + 2 * missed[1]).backward()
        nn.utils.clip_grad_norm_(mit.parameters(), 5.0)
        optimizer.step()
        average.follow(mit, step)
        seconds += time.perf_counter() - begun
        if time.monotonic() - told > 30:
            told = time.monotonic()
            report(
                f"{seconds / 60:6.1f} min  of the ViT's maps missed: {missed[0]:.3f} early, {missed[1]:.3f} at the end"
            )
    return average.network.state_dict()


def _spread(photographs: Photographs, said: Said) -> list[Tensor]:
    """The variance over photographs of both of the ViT's maps, mean over channels."""
    some = [said(pair.photo).flatten(1) for pair in photographs.pairs[:: max(1, len(photographs) // 70)]]
    return [half.var(1).mean() for half in torch.cat(some, 1).chunk(2)]


def _groups(mit: Any, following: Following) -> list[dict[str, Any]]:
    kernels = {id(value) for layer in mit.layers[2][1] for value in layer.ffn.layers[1].parameters()}
    layers = {id(value) for value in mit.layers[2][1].parameters()} - kernels
    rates = {1.0: layers, following.kernels: kernels}
    others = {id(value) for value in mit.parameters()} - kernels - layers
    rates[following.first_stages] = others
    return [
        {
            "params": [value for value in mit.parameters() if id(value) in chosen],
            "peak": share * following.learning_rate,
        }
        for share, chosen in rates.items()
    ]
