"""Scores of models on a dataset with ground truth, by the published protocol, stopped and resumed at will."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from demo import catalog
from demo.analysis import calibration, scores
from demo.analysis.judge import class_rows, confusion_rows, reliability_rows, risk_rows
from demo.analysis.numbers import Json, numbers, plain
from demo.analysis.tally import UNCERTAINTIES, Tally, Truth, count
from demo.catalog import Names
from demo.errors import BackendError
from demo.images import DEFAULT_LIMITS, Limits, write_text
from demo.models.zoo import Zoo
from demo.names import to_json
from demo.schema import LabelMap, ModelSpec, Prediction
from demo.study.augment import augmented
from demo.study.dataset import open_dataset
from demo.study.ledger import Ledger
from demo.study.run import Report, kept, plainly, run, silent

LEDGER = "counts.sqlite"


@dataclass(frozen=True)
class PhotoScore:
    """One model on one photo; shares 0..1, nan where not defined."""

    photo: str
    pixels: int
    """Labelled ones."""
    pixel_accuracy: float
    miou: float
    entropy_auroc: float
    """How well entropy finds the mistakes."""


@dataclass(frozen=True)
class ModelResult:
    """One model over the photos that it answered."""

    spec: ModelSpec
    tally: Tally
    """Of all photos together."""
    photos: tuple[PhotoScore, ...]


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

    def as_json(self) -> dict[str, Json]:
        """Numbers, classes, confusions and diagrams of every model; null for nan."""
        return {
            "dataset": self.dataset,
            "photos": self.photos,
            "settings": self.settings,
            "seconds": round(self.seconds, 3),
            "problems": list(self.problems),
            "models": [_model_json(model) for model in self.models],
        }


def evaluate(
    dataset: Path,
    models: Names | None,
    zoo: Zoo,
    out: Path,
    *,
    split: str | None = None,
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    report: Report = silent,
) -> Evaluation:
    """Score models on a folder in ADE20K's layout; writes {scores,classes,photos}.csv, scores.json and report.html.

    Label maps are compared at photo size, counts added over the dataset, then divided once. `scales` and `flip` average
    the softmax of several views. A run that was stopped goes on when called again with the same `out`. Raises
    DatasetError for a folder of another layout, BackendError when no model can answer; a bad file costs itself.
    """
    from demo.study.report import evaluation_page

    start = time.perf_counter()
    found = open_dataset(dataset, split)
    specs = catalog.resolve(models or zoo.default_set)
    plain_run = tuple(scales) == (1.0,) and not flip
    settings: dict[str, Json] = {"scales": [float(s) for s in scales], "flip": flip, "precision": zoo.precision}
    ask, named = plainly(zoo) if plain_run else augmented(zoo, scales, flip), json.dumps(settings)
    with Ledger(out / LEDGER) as ledger:
        problems = run(found.cases, specs, ask, _measure, ledger, settings=named, limits=limits, report=report)
        results = [_collect(spec, kept(found.cases, spec, ledger, named)) for spec in specs]
    answered = tuple(result for result in results if result)
    if not answered:
        raise BackendError(f"None of the photos could be answered. {' '.join(problems[:1])}")
    evaluation = Evaluation(
        found.name,
        len(found.cases),
        settings,
        answered,
        (*found.problems, *problems, *_counted_from_zero(answered)),
        time.perf_counter() - start,
    )
    _write(evaluation, out)
    write_text(out / "report.html", evaluation_page(evaluation))
    return evaluation


def _counted_from_zero(models: Sequence[ModelResult]) -> Iterator[str]:
    """What is to be said of annotations in which 0 is the first class, and not void: one class off all along."""
    confusions = [model.tally.confusion for model in models if model.tally.class_set.offset]
    if not confusions:
        return
    confusion = np.sum(confusions, 0)
    pixels, plain_share, shifted = confusion.sum(), np.trace(confusion), np.trace(confusion, offset=1)
    if shifted > max(2 * plain_share, 0.2 * pixels):
        yield (
            f"The annotations seem to count classes from 0: {shifted / pixels:.0%} of the pixels agree with the "
            f"networks after adding 1, {plain_share / pixels:.0%} as they are. Add 1 to every class (0 is not "
            "labelled), and run again."
        )


def _measure(prediction: Prediction, truth: LabelMap | None) -> bytes:
    if truth is None:
        raise ValueError("evaluation takes ground truth, but got none")
    return count(prediction, Truth.of(truth)).to_bytes()


def _collect(spec: ModelSpec, contents: Iterable[tuple[str, bytes]]) -> ModelResult | None:
    """One photo's counts in memory at a time: together they would be gigabytes. None without any photo."""
    total: Tally | None = None
    photos = []
    for name, content in contents:
        tally = Tally.from_bytes(content)
        total = tally if total is None else total + tally
        photos.append(
            PhotoScore(
                name,
                tally.pixels,
                scores.pixel_accuracy(tally.confusion),
                scores.mean_iou(tally.confusion),
                calibration.auroc(tally.entropy),
            )
        )
    return None if total is None else ModelResult(spec, total, tuple(photos))


def _model_json(model: ModelResult) -> dict[str, Json]:
    spec, tally = model.spec, model.tally
    return {
        "id": spec.id, "title": spec.title, "family": spec.family, "set": spec.set,
        "checkpoint": Path(spec.weights.file).name, "published_miou": spec.reported.miou, "photos": len(model.photos),
        "pixels": tally.pixels, "numbers": [number.as_json() for number in numbers(tally)],
        "classes": class_rows(tally), "confusions": confusion_rows(tally, 15),
        "reliability": reliability_rows(tally),
        "risk_coverage": {score: risk_rows(getattr(tally, score)) for score in UNCERTAINTIES},
    }  # fmt: skip


def _write(evaluation: Evaluation, out: Path) -> None:
    write_text(out / "scores.json", to_json(evaluation.as_json()))
    write_text(out / "scores.csv", _csv(_score_table(evaluation)))
    write_text(out / "classes.csv", _csv(_class_table(evaluation)))
    write_text(out / "photos.csv", _csv(_photo_table(evaluation)))


def _score_table(evaluation: Evaluation) -> list[list[object]]:
    rows = [(model, numbers(model.tally)) for model in evaluation.models]
    ids = [number.id for number in rows[0][1]] if rows else []
    table: list[list[object]] = [["model", "title", "family", "photos", "pixels", *ids]]
    for model, row in rows:
        spec = model.spec
        values = [plain(number.value) for number in row]
        table.append([spec.id, spec.title, spec.family, len(model.photos), model.tally.pixels, *values])
    return table


def _class_table(evaluation: Evaluation) -> list[list[object]]:
    header = ("model", "index", "class", "iou", "accuracy", "boundary_iou", "annotated", "predicted")
    table: list[list[object]] = [list(header)]
    for model in evaluation.models:
        confusion = model.tally.confusion
        columns = (scores.iou(confusion), scores.class_accuracy(confusion), scores.iou_of_areas(model.tally.boundary))
        for index, name in enumerate(model.tally.class_set.names):
            values = [plain(float(column[index])) for column in columns]
            counts = int(confusion[index].sum()), int(confusion[:, index].sum())
            table.append([model.spec.id, index + model.tally.class_set.offset, name, *values, *counts])
    return table


def _photo_table(evaluation: Evaluation) -> list[list[object]]:
    table: list[list[object]] = [["photo", "model", "pixels", "pixel_accuracy", "miou", "entropy_auroc"]]
    for model in evaluation.models:
        for score in model.photos:
            values = (score.pixel_accuracy, score.miou, score.entropy_auroc)
            table.append([score.photo, model.spec.id, score.pixels, *(plain(value) for value in values)])
    return table


def _csv(rows: Sequence[Sequence[object]]) -> str:
    """Empty cells for what is not defined."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
