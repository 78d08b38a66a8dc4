"""The compact networks: which is trained after which, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from demo.train.recipe import train_network

CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True)
class Stage:
    """One run of the recipe; ``start`` names the stage whose weights it begins with."""

    name: str
    minutes: float
    start: str | None = None


STAGES = (
    Stage("trunk", 19),
    Stage("fcn-compact", 7, start="trunk"),
    Stage("pspnet-compact", 7, start="trunk"),
    Stage("deeplabv3plus-compact", 7, start="trunk"),
    Stage("segformer-compact", 20),
    Stage("setr-compact", 15),
)
"""The three CNNs share their first minutes: one ResNet-18 at a sixteenth, then dilated under three heads."""


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
        weights[stage.name] = train_network(
            config, data, out / stage.name, minutes=stage.minutes * pace, start_from=start, report=report
        )
    return [path for name, path in weights.items() if name != "trunk"]
