"""The one recipe: AdamW, a warm start, a cosine to zero over a budget, and a running average of the weights.

The loss is the cross-entropy at a quarter of the crop's resolution (150 classes at full size are four times slower).
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
from demo.models.backend import build_network
from demo.models.zoo import choose_device
from demo.schema import VOID
from demo.train.data import CropPlan, Photographs, batches, find_pairs, jitter, normalise
from demo.train.scoring import Scores, score
from demo.train.weights import WeightAverage, halve, read_weights, take_weights, write_weights

LEARNING_RATES = {"ResNetV1c": 2e-3, "MixVisionTransformer": 1.5e-3, "VisionTransformer": 1e-3}
"""Peak learning rate by backbone, where the recipe names none."""

OTHER_LEARNING_RATE = 1e-3


@dataclass(frozen=True)
class Recipe:
    """What a run does, apart from how long."""

    crops: CropPlan = field(default_factory=CropPlan)
    batch: int = 16
    side: int = 192
    """Short side of the validation photographs, pixels."""
    learning_rate: float | None = None
    """Peak learning rate, if not the backbone's own: a smaller one keeps what a run starts from."""
    weight_decay: float = 0.05
    warm_share: float = 0.03
    average_decay: float = 0.998
    clip: float = 5.0
    seed: int = 1
    save_every: float = 60.0
    """Seconds between savings; ``report_every`` and ``score_every`` likewise."""
    report_every: float = 30.0
    score_every: float = 300.0


@dataclass
class Progress:
    """How far a run is. ``share`` of the budget is what the learning rate follows."""

    steps: int = 0
    photos: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)

    def share(self, minutes: float | None, goal: int | None) -> float:
        """0 at the start, 1 when the budget of minutes or photos is spent, whichever is first."""
        by_time = self.seconds / (60 * minutes) if minutes else 0.0
        by_photos = self.photos / goal if goal else 0.0
        return min(1.0, max(by_time, by_photos))


def train_network(
    config: Path,
    data: Path,
    out: Path,
    *,
    minutes: float | None = None,
    epochs: int | None = None,
    device: str = "auto",
    start_from: Path | None = None,
    resume: bool = True,
    recipe: Recipe | None = None,
    report: Callable[[str], None] = print,
) -> Path:
    """Train the network of an MMSegmentation config on a folder laid out like ADEChallengeData2016.

    ``out`` becomes a folder with ``running.pth`` (to go on from), ``<config name>.pth`` (the averaged weights, float16,
    for ``init_model`` and for ``demo.train.card``) and ``run.json`` (what was done and measured). Returns the weights.
    ``minutes`` counts time spent training; at least one of ``minutes`` and ``epochs`` is needed.

    Raises DatasetError for a folder laid out differently, CorruptCheckpointError when ``start_from`` or the run in
    ``out`` is damaged or does not fit the network, BackendError when the device is not there.
    """
    if not minutes and not epochs:
        raise ValueError("minutes or epochs must be given, but both are missing")
    recipe = recipe or Recipe()
    training = Photographs(find_pairs(data, "training"))
    validation = Photographs(find_pairs(data, "validation"))
    torch.manual_seed(recipe.seed)
    network = build_network(config)
    cast(Callable[[], None], network.init_weights)()
    origin = take_weights(network, start_from, report) if start_from else None
    run = Run(network, recipe, torch.device(choose_device(device)), out, report)
    if resume:
        run.load()
    run.train(training, validation, minutes, epochs)
    return run.finish(config, validation, {"minutes": minutes, "epochs": epochs, "started_from": origin})


class Run:
    """One network on its way: weights, their average, the optimizer, and how far it is."""

    def __init__(
        self, network: nn.Module, recipe: Recipe, device: torch.device, out: Path, report: Callable[[str], None]
    ) -> None:
        self.recipe, self.device, self.out, self.report = recipe, device, out, report
        self.network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = WeightAverage(self.network, recipe.average_decay)
        self.peak = recipe.learning_rate or LEARNING_RATES.get(type(network.backbone).__name__, OTHER_LEARNING_RATE)
        self.optimizer = torch.optim.AdamW(_groups(self.network, recipe.weight_decay), lr=self.peak, fused=True)
        self.progress = Progress()

    def train(self, training: Photographs, validation: Photographs, minutes: float | None, epochs: int | None) -> None:
        """Steps until the budget is spent, saying how it goes."""
        goal = epochs * len(training) if epochs else None
        dice = random.Random(self.recipe.seed + self.progress.steps)
        crops = batches(training, self.recipe.batch, self.recipe.crops, dice)
        self.report(f"{len(training)} training and {len(validation)} validation photographs, on {self.device}")
        said, losses = _Every(self.recipe.report_every), []
        saved, scored = _Every(self.recipe.save_every), _Every(self.recipe.score_every)
        while (share := self.progress.share(minutes, goal)) < 1:
            begun = time.perf_counter()
            losses.append(self.step(*next(crops), share, dice))
            self.progress.seconds += time.perf_counter() - begun
            if said.due():
                self.report(self._line(sum(losses) / len(losses), minutes, goal))
                losses.clear()
            if scored.due():
                self._score(validation)
            if saved.due():
                self.save()
        self.save()

    def step(self, pixels: torch.Tensor, targets: torch.Tensor, share: float, dice: random.Random) -> float:
        """One batch (N, S, S, 3) uint8 with targets (N, s, s); returns the loss."""
        self.network.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.peak * _schedule(share, self.recipe.warm_share)
        pixels = normalise(jitter(pixels.to(self.device), dice).permute(0, 3, 1, 2))  # channels last in memory
        targets = targets.to(self.device)
        with torch.autocast(self.device.type, torch.bfloat16):
            scores = self.network(pixels, mode="tensor")
        scores = functional.interpolate(scores.float(), targets.shape[1:], mode="bilinear")
        loss = functional.cross_entropy(scores, targets, ignore_index=VOID)
        self.optimizer.zero_grad(set_to_none=True)
        if torch.isfinite(loss):  # a batch without one label has no loss
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip)
            self.optimizer.step()
        self.progress.steps += 1
        self.progress.photos += len(pixels)
        self.average.follow(self.network, self.progress.steps)
        return loss.item()

    def save(self) -> None:
        """Everything needed to go on, in one file that is either the old or the new one."""
        state = {
            "network": self.network.state_dict(),
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
            self.network.load_state_dict(state["network"])
            self.average.network.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.progress = Progress(**state["progress"])
        except (RuntimeError, ValueError, KeyError, TypeError) as error:  # other names, shapes or parts
            raise CorruptCheckpointError(
                f"wanted a run of this network, but {path} is of another one; choose another folder, "
                "or delete that file to begin anew"
            ) from error
        self.report(f"going on after {self.progress.seconds / 60:.1f} minutes, {self.progress.photos} photos")

    def finish(self, config: Path, validation: Photographs, asked: dict[str, object]) -> Path:
        """Write the averaged weights at float16 and a record of the run; returns the weights' path.

        Scores are taken after the rounding to float16: they are those of the file.
        """
        halves = halve(self.average.network.state_dict())
        self.average.network.load_state_dict(halves)
        scores = self._score(validation)
        weights = self.out / f"{config.stem}.pth"
        record = {
            "config": config.name,
            **asked,
            "steps": self.progress.steps,
            "photos": self.progress.photos,
            "seconds": round(self.progress.seconds),
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "peak_learning_rate": self.peak,
            "recipe": json.loads(json.dumps(asdict(self.recipe))),
            "validation": asdict(scores),
            "history": self.progress.history,
        }
        write_weights(weights, {"state_dict": halves, "meta": record})
        (self.out / "run.json").write_text(json.dumps(record, indent=1) + "\n")
        return weights

    def _score(self, validation: Photographs) -> Scores:
        scores = score(self.average.network, validation, self.recipe.side)
        minutes = self.progress.seconds / 60
        self.progress.history.append(
            {"minutes": round(minutes, 2), "pixel_accuracy": scores.pixel_accuracy, "mean_iou": scores.mean_iou}
        )
        self.report(
            f"{minutes:6.1f} min  validation: pixel accuracy {scores.pixel_accuracy:.3f}, "
            f"mIoU {scores.mean_iou:.3f} over {scores.classes_present} classes"
        )
        return scores

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


def _groups(network: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Matrices and kernels decay; norms, biases and embeddings of position do not."""
    named = [(name, p) for name, p in network.named_parameters() if p.requires_grad]
    plain = [p for name, p in named if p.ndim < 2 or "pos_embed" in name or "cls_token" in name]
    skip = {id(p) for p in plain}
    return [
        {"params": [p for _, p in named if id(p) not in skip], "weight_decay": weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
