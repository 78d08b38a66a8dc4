"""The one recipe: AdamW, a warm start, a cosine to zero over a budget, and a running average of the weights.

The loss is the cross-entropy at a quarter of the crop's resolution (all classes at full size are four times slower).
A run can be stopped at any moment and goes on where it last saved; its schedule follows the time it has trained.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

import torch
from torch import nn
from torch.nn import functional

from demo.errors import CorruptCheckpointError
from demo.labels.ade20k import ADE20K
from demo.models.allocator import keep_all_memory
from demo.models.backends.mmseg import answerer, build_network, initialise, scorer
from demo.models.machine import choose_device, has_bfloat16
from demo.schema import VOID, Image, LabelMap
from demo.train.data import (
    Batch,
    CropPlan,
    Folder,
    Photographs,
    Teacher,
    batches,
    find_pairs,
    jitter,
    mixed,
    normalise,
    teacher_channels,
    whole_batches,
)
from demo.train.scoring import score
from demo.train.temperature import calibrate, fold
from demo.train.weights import WeightAverage, halve, read_weights, take_weights, write_weights


@dataclass(frozen=True)
class Recipe:
    """What a run does, apart from how long."""

    crops: CropPlan = field(default_factory=CropPlan)
    batch: int = 12
    learning_rate: float = 1e-3
    """Peak learning rate of what starts from nothing."""
    trunk_rate: float = 1.0
    """Share of it that the trunk learns at: small for a pretrained one."""
    head_first: float = 0.0
    """Share of the budget in which only the heads learn, on maps of whole photographs that the trunk made once."""
    cell: int = 16
    """Pixels of such a photograph beside each cell of the teacher's grid."""
    bfloat16: bool = True
    """Whether the trunk computes in it, where the device does natively: convolutions gain, a ViT on a CPU loses."""
    soft_weight: float = 1.0
    """Weight of the teacher's class probabilities, on every pixel, beside the labels."""
    feature_weight: float = 0.0
    """Weight of the teacher's features, read from the trunk's last two maps through one linear layer."""
    narrow: bool = False
    """Whether the file holds large matrices at float8, a half of float16: the weights' error is about 1/20 of each."""
    weight_decay: float = 0.05
    warm_share: float = 0.03
    average_decay: float = 0.998
    clip: float = 5.0
    seed: int = 1
    save_every: float = 60.0
    """Seconds between savings; ``report_every`` and ``score_every`` likewise."""
    report_every: float = 30.0
    score_every: float = 600.0


@dataclass
class Progress:
    """How far a run is. ``share`` of the budget is what the learning rate follows."""

    steps: int = 0
    photos: int = 0
    seconds: float = 0.0
    history: list[dict[str, object]] = field(default_factory=list)

    def share(self, minutes: float | None, goal: int | None) -> float:
        """0 at the start, 1 when the budget of minutes or photos is spent, whichever is first."""
        by_time = self.seconds / (60 * minutes) if minutes else 0.0
        by_photos = self.photos / goal if goal else 0.0
        return min(1.0, max(by_time, by_photos))


def train_networks(
    configs: list[Path],
    data: list[Folder],
    out: Path,
    *,
    minutes: float | None = None,
    epochs: int | None = None,
    device: str = "auto",
    trunk: Path | None = None,
    start_from: Path | None = None,
    teacher: Teacher | None = None,
    recipe: Recipe | None = None,
    report: Callable[[str], None] = print,
) -> list[Path]:
    """Train the networks of MMSegmentation configs that share one backbone, together, on folders in ADE20K's layout.

    ``out`` becomes a folder with ``running.pth`` (to go on from, as the same call does) and, for each network,
    ``<config name>.pth`` (the averaged weights, float16, for ``init_model`` and for ``demo.train.card``) and
    ``<config name>.json`` (what was done and measured). Returns the weights.
    ``trunk`` holds the backbone's weights to begin with, ``start_from`` those of a whole network.
    ``minutes`` counts time spent training; at least one of ``minutes`` and ``epochs`` is needed.

    Raises DatasetError for a folder laid out differently, CorruptCheckpointError when a file to start from or the run
    in ``out`` is damaged or does not fit, BackendError when the device is not there.
    """
    if not minutes and not epochs:
        raise ValueError("minutes or epochs must be given, but both are missing")
    recipe = recipe or Recipe()
    training = mixed(data, "training", teacher)
    validation = {folder.path.name: Photographs(find_pairs(folder.path, "validation")) for folder in data}
    torch.manual_seed(recipe.seed)
    networks = {config.stem: build_network(config) for config in configs}
    for network in networks.values():
        initialise(network)
    origin: dict[str, object] = {}
    if start_from:
        origin = {name: take_weights(network, start_from, report) for name, network in networks.items()}
    family = Family(networks, teacher_channels(training) if recipe.feature_weight else 0)
    if trunk:
        take_weights(family.trunk, trunk, report)
    run = Run(family, recipe, torch.device(choose_device(device)), out, report)
    run.configs = {config.stem: config for config in configs}
    run.load()
    run.train(training, validation, minutes, epochs)
    asked = {"minutes": minutes, "epochs": epochs, "trunk": trunk.stem if trunk else None}
    return [run.finish(config, validation, {**asked, "started_from": origin.get(config.stem)}) for config in configs]


class Family(nn.Module):
    """Networks with one trunk: each is that trunk with a head of its own.

    ``reader`` reads the teacher's features from the trunk's last two maps while it trains; nobody ships it.
    """

    def __init__(self, networks: dict[str, nn.Module], features: int = 0) -> None:
        super().__init__()
        first = next(iter(networks.values()))
        self.trunk = cast(nn.Module, first.backbone)
        self.data_preprocessor = first.data_preprocessor
        self.heads = nn.ModuleDict({name: cast(nn.Module, one.decode_head) for name, one in networks.items()})
        self.networks = dict(networks)  # a plain dict: their parameters are counted once, above
        for network in networks.values():
            network.backbone = self.trunk
        self.reader = nn.Conv2d(_read_channels(self.trunk), features, 1) if features else None

    def forward(self, maps: tuple[torch.Tensor, ...]) -> tuple[dict[str, torch.Tensor], torch.Tensor | None]:
        """Of the trunk's maps, scores by network, and what the reader reads, if there is one."""
        scores = {name: head(maps) for name, head in self.heads.items()}
        return scores, self.reader(_last_two(maps)) if self.reader else None


def _read_channels(trunk: nn.Module) -> int:
    with torch.no_grad():
        return _last_two(trunk.eval()(torch.zeros(1, 3, 64, 64))).shape[1]


def _last_two(maps: tuple[torch.Tensor, ...]) -> torch.Tensor:
    finer, coarser = maps[-2:]
    return torch.cat([finer, functional.interpolate(coarser, finer.shape[2:], mode="bilinear")], 1)


class Run:
    """Networks on their way: weights, their average, the optimizer, and how far it is."""

    def __init__(
        self, family: Family, recipe: Recipe, device: torch.device, out: Path, report: Callable[[str], None]
    ) -> None:
        self.recipe, self.device, self.out, self.report = recipe, device, out, report
        self.bfloat16 = recipe.bfloat16 and has_bfloat16(device.type)
        self.family = family.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # PyTorch's overloads take one of them each
        self.average = WeightAverage(self.family, recipe.average_decay)
        self.averaged = cast(Family, self.average.network)
        self.optimizer = torch.optim.AdamW(_groups(family, recipe), lr=recipe.learning_rate, fused=True)
        self.progress = Progress()
        self.configs: dict[str, Path] = {}

    def train(
        self, training: Photographs, validation: dict[str, Photographs], minutes: float | None, epochs: int | None
    ) -> None:
        """Steps until the budget is spent, saying how it goes."""
        keep_all_memory()
        goal = epochs * len(training.round) if epochs else None
        dice = random.Random(self.recipe.seed + self.progress.steps)
        crops = batches(training, self.recipe.batch, self.recipe.crops, dice)
        wholes = whole_batches(training, self.recipe.batch, self.recipe.cell, self.look, dice)
        self.report(f"{len(training)} training photographs, on {self.device}")
        said, losses = _Every(self.recipe.report_every), []
        saved, scored = _Every(self.recipe.save_every), _Every(self.recipe.score_every)
        while (share := self.progress.share(minutes, goal)) < 1:
            begun = time.perf_counter()
            losses.append(self.step(next(wholes if share < self.recipe.head_first else crops), share, dice))
            self.progress.seconds += time.perf_counter() - begun
            if said.due():
                self.report(self._line(sum(losses) / len(losses), minutes, goal))
                losses.clear()
            if scored.due():
                self._score_all(validation)
            if saved.due():
                self.save()
        self.save()

    def step(self, batch: Batch, share: float, dice: random.Random) -> float:
        """One batch at this share of the budget; returns the loss."""
        self.family.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * group["share"] * _schedule(share, self.recipe.warm_share)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            scores, read = self.family(self._maps(batch, dice))
        loss = sum((self._loss(one.float(), batch) for one in scores.values()), torch.zeros((), device=self.device))
        if read is not None and batch.teacher is not None:
            wanted = functional.adaptive_avg_pool2d(batch.teacher.to(self.device)[:, len(ADE20K) :], read.shape[2:])
            loss = loss + self.recipe.feature_weight * functional.mse_loss(read.float(), wanted)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.family.parameters(), self.recipe.clip)
        self.optimizer.step()
        self.progress.steps += 1
        self.progress.photos += len(batch.labels)
        self.average.follow(self.family, self.progress.steps)
        return loss.item()

    def _maps(self, batch: Batch, dice: random.Random) -> tuple[torch.Tensor, ...]:
        """What the trunk makes of a batch, or has made of it before."""
        return batch.maps if batch.pixels is None else self._seen(jitter(batch.pixels.to(self.device), dice))

    def _seen(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The trunk's maps of (N, H, W, 3), 0..255; the pixels stay channels last in memory."""
        return tuple(self.family.trunk(normalise(pixels.permute(0, 3, 1, 2), self.family)))

    @torch.no_grad()
    def look(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The maps (C, h, w) at float16 of one photograph (H, W, 3), for keeping."""
        self.family.eval()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            return tuple(one[0].half() for one in self._seen(pixels[None].to(self.device)))

    def _loss(self, scores: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy with the labels and, where there is a teacher, with its probabilities on every pixel."""
        labels = batch.labels.to(self.device)
        fine = functional.interpolate(scores, labels.shape[1:], mode="bilinear")
        known = (labels != VOID).sum().clamp(min=1)  # a batch may have no label at all
        loss = functional.cross_entropy(fine, labels, ignore_index=VOID, reduction="sum") / known
        if batch.teacher is None or not self.recipe.soft_weight:
            return loss
        wanted = batch.teacher.to(self.device)[:, : len(ADE20K)].softmax(1)
        coarse = functional.interpolate(scores, wanted.shape[2:], mode="bilinear")
        return loss + self.recipe.soft_weight * functional.cross_entropy(coarse, wanted)

    def save(self) -> None:
        """Everything needed to go on, in one file that is either the old or the new one."""
        state = {
            "network": self.family.state_dict(),
            "average": self.average.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": asdict(self.progress),
        }
        write_weights(self.out / "running.pth", state)

    def load(self) -> None:
        """Go on from ``running.pth`` if there is one; CorruptCheckpointError if it is damaged or another network's."""
        path = self.out / "running.pth"
        if not path.is_file():
            return
        state = read_weights(path, self.device)
        try:
            self.family.load_state_dict(state["network"])
            self.average.network.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.progress = Progress(**state["progress"])
        except (RuntimeError, ValueError, KeyError, TypeError) as error:  # other names, shapes or parts
            raise CorruptCheckpointError(
                f"wanted a run of this network, but {path} is of another one; choose another folder, "
                "or delete that file to begin anew"
            ) from error
        self.report(f"going on after {self.progress.seconds / 60:.1f} minutes, {self.progress.photos} photos")

    def finish(self, config: Path, validation: dict[str, Photographs], asked: dict[str, object]) -> Path:
        """Write one network's averaged weights at float16 and a record of the run; returns the weights' path.

        Scores are taken after the rounding: they are those of the file.
        """
        network = self.averaged.networks[config.stem]
        calibration = calibrate(scorer(network, config, str(self.device)), validation[next(reversed(validation))])
        if calibration.helps:
            fold(cast(nn.Module, network.decode_head), calibration.temperature)
        halves = halve(network.state_dict(), self.recipe.narrow)
        network.load_state_dict(halves)
        record = {
            "config": config.name,
            **asked,
            "together_with": [name for name in self.family.networks if name != config.stem],
            "steps": self.progress.steps,
            "photos": self.progress.photos,
            "seconds": round(self.progress.seconds),
            "parameters": sum(p.numel() for p in network.parameters()),
            "recipe": json.loads(json.dumps(asdict(self.recipe))),
            "calibration": {**asdict(calibration), "folded": calibration.helps},
            "validation": {
                name: asdict(score(self._answer(config.stem), photos)) for name, photos in validation.items()
            },
            "history": self.progress.history,
        }
        weights = self.out / f"{config.stem}.pth"
        write_weights(weights, {"state_dict": halves, "meta": record})
        weights.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
        return weights

    def _score_all(self, validation: dict[str, Photographs]) -> None:
        minutes = self.progress.seconds / 60
        entry: dict[str, object] = {"minutes": round(minutes, 2)}
        for name in self.configs:
            answer = self._answer(name)
            entry[name] = {on: round(score(answer, photos).pixel_accuracy, 4) for on, photos in validation.items()}
            self.report(f"{minutes:6.1f} min  {name}: pixel accuracy {entry[name]}")
        self.progress.history.append(entry)

    def _answer(self, name: str) -> Callable[[Image], LabelMap]:
        return answerer(self.averaged.networks[name], self.configs[name], str(self.device))

    def _line(self, loss: float, minutes: float | None, goal: int | None) -> str:
        done = self.progress
        left = done.seconds / 60 * (1 / max(done.share(minutes, goal), 1e-6) - 1)
        rate = done.photos / max(done.seconds, 1e-6)
        return f"{done.seconds / 60:6.1f} min  loss {loss:.3f}  {rate:.0f} photos/s  {left:.1f} min left"


class _Every:
    """True once every so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.last = seconds, time.monotonic()

    def due(self) -> bool:
        if time.monotonic() - self.last < self.seconds:
            return False
        self.last = time.monotonic()
        return True


def _schedule(share: float, warm_share: float) -> float:
    """Factor on the peak learning rate: up in a line, down in a cosine."""
    if share < warm_share:
        return (share + 0.01 * warm_share) / warm_share
    return 0.5 * (1 + math.cos(math.pi * (share - warm_share) / (1 - warm_share)))


def _groups(family: Family, recipe: Recipe) -> list[dict[str, object]]:
    """Matrices and kernels decay; norms, biases and embeddings of position do not. The trunk learns at its own rate."""
    groups: list[dict[str, object]] = []
    trunk = {id(p) for p in family.trunk.parameters()}
    for inside, share in ((True, recipe.trunk_rate), (False, 1.0)):
        named = [(n, p) for n, p in family.named_parameters() if p.requires_grad and (id(p) in trunk) == inside]
        plain = [p for n, p in named if p.ndim < 2 or "pos_embed" in n or "cls_" in n]
        skip = {id(p) for p in plain}
        decaying = [p for _, p in named if id(p) not in skip]
        groups.append({"params": decaying, "weight_decay": recipe.weight_decay, "share": share})
        groups.append({"params": plain, "weight_decay": 0.0, "share": share})
    return groups
