"""The compact networks: which learn together, from which trunk, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from demo.train.data import CropPlan, Folder, mixed
from demo.train.graft import write_grafted
from demo.train.recipe import Recipe, train_networks
from demo.train.teacher import write_targets
from demo.train.trunks import make_trunks


@dataclass(frozen=True)
class Stage:
    """One run of the recipe: networks that share a trunk."""

    name: str
    networks: tuple[str, ...]
    minutes: float
    trunk: str | None = None
    """A trunk of `make_trunks`, "mit" for the one grafted from DINOv2, or an earlier network, taken whole."""
    recipe: Recipe = field(default_factory=Recipe)


STAGES = (
    Stage(
        "cnn",
        ("compact/fcn-compact", "compact/pspnet-compact", "compact/deeplabv3plus-compact"),
        25,
        "lite0",
        Recipe(crops=CropPlan(224, (208, 384)), trunk_rate=0.1, head_first=0.3),
    ),
    Stage(
        "vit",
        ("compact/setr-compact", "compact-more/segmenter-compact"),
        21,
        "dinov2",
        Recipe(crops=CropPlan(224, (210, 384)), trunk_rate=0.1, head_first=0.45, cell=14, bfloat16=False),
    ),
    Stage(
        "mit",
        ("compact/segformer-compact",),
        34,
        "mit",
        Recipe(crops=CropPlan(256, (256, 432)), batch=8, trunk_rate=0.1, head_first=0.3, bfloat16=False, narrow=True),
    ),
    Stage(
        "unet",
        ("compact-more/unet-compact",),
        35,
        "fcn-compact",
        Recipe(crops=CropPlan(224, (208, 384)), learning_rate=2e-3, trunk_rate=0.05, head_first=0.8),
    ),
)
"""The minutes are a budget for one core of a small machine; those that each shipped network had are in its record."""

GRAFT_MINUTES = 28
"""For the MiT to follow the DINOv2 that it was grafted from, of the same budget."""


def train_compact(
    data: list[Folder],
    configs: Path,
    out: Path,
    *,
    pace: float = 1.0,
    stages: tuple[Stage, ...] = STAGES,
    report: Callable[[str], None] = print,
) -> list[Path]:
    """Make the trunks and the teacher's targets, then train every stage, all into folders under ``out``. Resumable.

    ``configs`` holds ``compact/<name>.py`` and ``compact-more/<name>.py``; ``pace`` multiplies all minutes.
    Returns the networks' weights. Raises DatasetError when a package with a trunk is missing.
    """
    trunks = make_trunks(out / "trunks")
    photographs = mixed(data, "training")
    targets = write_targets(photographs, trunks, out / "targets", report)
    weights: list[Path] = []
    for stage in stages:
        if stage.trunk == "mit":
            report(f"the trunk mit: {GRAFT_MINUTES * pace:.1f} minutes")
            config, trunk = configs / f"{stage.networks[0]}.py", out / "trunks" / "mit.pth"
            trunks["mit"] = write_grafted(config, trunks["dinov2"], photographs, trunk, GRAFT_MINUTES * pace, report)
        report(f"{', '.join(Path(name).name for name in stage.networks)}: {stage.minutes * pace:.1f} minutes")
        weights += train_networks(
            [configs / f"{name}.py" for name in stage.networks],
            data,
            out / stage.name,
            minutes=stage.minutes * pace,
            trunk=trunks.get(stage.trunk or ""),
            start_from=next((path for path in weights if path.stem == stage.trunk), None),
            teacher=targets,
            recipe=stage.recipe,
            report=report,
        )
    return weights
