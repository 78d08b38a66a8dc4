"""What an evaluation found: scores of each model over a dataset, and of each photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from demo.analysis.counts import TruthCounts
from demo.analysis.evaluate_truth import class_rows, confusion_rows, reliability_rows, risk_rows, unknown_row
from demo.analysis.mistakes import ErrorPair
from demo.analysis.numbers import Json, Number, numbers, per_photo
from demo.analysis.per_image import PerPhoto
from demo.schema import ModelSpec


@dataclass(frozen=True)
class PhotoScore:
    """One model on one photo; shares 0..1, nan where not defined."""

    photo: str
    pixels: int
    """Labelled ones."""
    pixel_accuracy: float
    miou: float
    miou_annotated: float
    """Over the classes annotated in the photo."""
    entropy_auroc: float
    """How well entropy finds the mistakes."""
    unknown: int
    """Pixels of things that no class names."""


@dataclass(frozen=True)
class ModelResult:
    """One model over the photos that it answered."""

    spec: ModelSpec
    counts: TruthCounts
    """Of all photos together."""
    photos: tuple[PhotoScore, ...]
    ious: PerPhoto
    """(N, C) IoU of each class in each of the photos; nan where it is not annotated."""

    @property
    def numbers(self) -> list[Number]:
        """All that have a definition, in the order of their tables."""
        return numbers(self.counts) + per_photo(self.ious, self.counts.pixels)


@dataclass(frozen=True)
class Evaluation:
    """A dataset's scores; `as_json` holds every number."""

    dataset: str
    photos: int
    """Photos with ground truth that the dataset has."""
    settings: dict[str, Json]
    models: tuple[ModelResult, ...]
    problems: tuple[str, ...]
    seconds: float
    pairs: Mapping[tuple[str, str], ErrorPair] = field(default_factory=dict)
    """By the ids of two models: whether they are right on the same pixels."""

    def as_json(self) -> dict[str, Json]:
        """Numbers, classes, confusions and diagrams of every model; null for nan."""
        return {
            "dataset": self.dataset,
            "photos": self.photos,
            "settings": self.settings,
            "seconds": round(self.seconds, 3),
            "problems": list(self.problems),
            "models": [_model_json(model) for model in self.models],
            "error_consistency": [
                {"first": first, "second": second, **pair.as_json()} for (first, second), pair in self.pairs.items()
            ],
        }


def _model_json(model: ModelResult) -> dict[str, Json]:
    spec, counts = model.spec, model.counts
    return {
        "id": spec.id, "title": spec.title, "family": spec.family, "set": spec.set,
        "checkpoint": Path(spec.weights.file).name, "published_miou": spec.reported.miou, "photos": len(model.photos),
        "pixels": counts.pixels, "numbers": [number.as_json() for number in model.numbers],
        "classes": class_rows(counts), "confusions": confusion_rows(counts, 15),
        "reliability": reliability_rows(counts),
        "risk_coverage": {score: risk_rows(found) for score, found in counts.rankings.items()},
        "unknown": unknown_row(counts) if counts.unknown.pixels else None,
    }  # fmt: skip
