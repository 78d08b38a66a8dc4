"""The compact networks: which is trained after which, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from demo.train.recipe import Recipe, train_network

CONFIGS = Path(__file__).parent / "configs"


GENTLE = Recipe(learning_rate=6e-4)
"""For a run that starts from another: keeps what the trunk has learnt."""


@dataclass(frozen=True)
class Stage:
    """One run of the recipe; ``start`` names the stage whose weights it begins with."""

    name: str
    minutes: float
    start: str | None = None
    recipe: Recipe = field(default_factory=Recipe)


STAGES = (
    Stage("trunk", 39),
    Stage("fcn-compact", 31, start="trunk", recipe=GENTLE),
    Stage("pspnet-compact", 37, start="trunk", recipe=GENTLE),
    Stage("deeplabv3plus-compact", 37, start="trunk", recipe=GENTLE),
    Stage("segformer-compact", 90),
    Stage("setr-compact", 90, recipe=Recipe(side=160)),
)
"""The three CNNs share their first minutes: one ResNet-18 at a sixteenth, then dilated under three heads.

The minutes are a budget for a small machine; those that each shipped network had are in its record, `<id>.json`.
"""


def train_compact(
    data: Path, configs: Path, out: Path, *, pace: float = 1.0, report: Callable[[str], None] = print
) -> list[Path]:
    """Train every stage into a folder of its name under ``out``; ``pace`` multiplies all minutes. Resumable.

    ``configs`` holds ``<name>.py`` of the five networks. Returns their weights, the trunk's left out.
    """
    weights: dict[str, Path] = {}
    for stage in STAGES:
        report(f"{stage.name}: {stage.minutes * pace:.1f} minutes")
        config = (CONFIGS if stage.name == "trunk" else configs) / f"{stage.name}.py"
        start = weights[stage.start] if stage.start else None
        minutes = stage.minutes * pace
        weights[stage.name] = train_network(
            config, data, out / stage.name, minutes=minutes, start_from=start, recipe=stage.recipe, report=report
        )
    return [path for name, path in weights.items() if name != "trunk"]
