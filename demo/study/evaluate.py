"""Scores of models on a dataset with ground truth, by the published protocol, stopped and resumed at will."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from demo import catalog
from demo.analysis import calibration, scores
from demo.analysis.counts import TruthCounts
from demo.analysis.numbers import Json, numbers, plain
from demo.catalog import Names
from demo.errors import BackendError
from demo.images import DEFAULT_LIMITS, Limits, write_text
from demo.models.zoo import Zoo
from demo.names import to_json
from demo.schema import ModelSpec
from demo.study.augment import augmented
from demo.study.dataset import open_dataset
from demo.study.engine import OnProgress, plainly, silent
from demo.study.records import contents
from demo.study.report import evaluation_page
from demo.study.results import Evaluation, ModelResult, PhotoScore
from demo.study.study import place_for, run, settings_of


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
    on_progress: OnProgress = silent,
) -> Evaluation:
    """Score models on a folder in ADE20K's layout; writes {scores,classes,photos}.csv, scores.json and report.html.

    Label maps are compared at photo size, counts added over the dataset, then divided once. `scales` and `flip` average
    the softmax of several views. A study that was stopped goes on when called again with the same `out`. Raises
    DatasetError for a folder of another layout, BackendError when no model can answer; a bad file costs itself.
    """
    start = time.perf_counter()
    found = open_dataset(dataset, split)
    specs = catalog.resolve(models or zoo.default_set)
    one_view = tuple(scales) == (1.0,) and not flip
    settings: dict[str, Json] = {"scales": [float(s) for s in scales], "flip": flip, "precision": zoo.precision}
    ask, asked = plainly(zoo) if one_view else augmented(zoo, scales, flip), settings_of(zoo, limits) | settings
    path = place_for(out, found, specs, asked)
    done = run(found, specs, zoo, path, asked, ask=ask, limits=limits, on_progress=on_progress, bad_truth="is left out")
    results = [_collect(spec, contents(path, "truths", number)) for number, spec in enumerate(specs)]
    answered = tuple(result for result in results if result)
    if not answered:
        raise BackendError(f"None of the photos could be answered. {' '.join(done.problems[:1])}")
    evaluation = Evaluation(
        found.name,
        len(found.cases),
        settings,
        answered,
        (*done.problems, *_counted_from_zero(answered)),
        time.perf_counter() - start,
    )
    _write(evaluation, out)
    write_text(out / "report.html", evaluation_page(evaluation))
    return evaluation


def _counted_from_zero(models: Sequence[ModelResult]) -> Iterator[str]:
    """What is to be said of annotations in which 0 is the first class, and not void: one class off all along."""
    confusions = [model.counts.confusion for model in models if model.counts.class_set.offset]
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


def _collect(spec: ModelSpec, contents: Iterable[tuple[str, bytes]]) -> ModelResult | None:
    """One photo's counts in memory at a time: together they would be gigabytes. None without any photo."""
    total: TruthCounts | None = None
    photos = []
    for name, content in contents:
        counts = TruthCounts.from_bytes(content)
        total = counts if total is None else total + counts
        photos.append(
            PhotoScore(
                name,
                counts.pixels,
                scores.pixel_accuracy(counts.confusion),
                scores.mean_iou(counts.confusion),
                calibration.auroc(counts.entropy),
            )
        )
    return None if total is None else ModelResult(spec, total, tuple(photos))


def _write(evaluation: Evaluation, out: Path) -> None:
    write_text(out / "scores.json", to_json(evaluation.as_json()))
    write_text(out / "scores.csv", _csv(_score_table(evaluation)))
    write_text(out / "classes.csv", _csv(_class_table(evaluation)))
    write_text(out / "photos.csv", _csv(_photo_table(evaluation)))


def _score_table(evaluation: Evaluation) -> list[list[object]]:
    rows = [(model, numbers(model.counts)) for model in evaluation.models]
    ids = [number.id for number in rows[0][1]] if rows else []
    table: list[list[object]] = [["model", "title", "family", "photos", "pixels", *ids]]
    for model, row in rows:
        spec = model.spec
        values = [plain(number.value) for number in row]
        table.append([spec.id, spec.title, spec.family, len(model.photos), model.counts.pixels, *values])
    return table


def _class_table(evaluation: Evaluation) -> list[list[object]]:
    header = ("model", "index", "class", "iou", "accuracy", "boundary_iou", "annotated", "predicted")
    table: list[list[object]] = [list(header)]
    for model in evaluation.models:
        confusion = model.counts.confusion
        columns = (scores.iou(confusion), scores.class_accuracy(confusion), scores.iou_of_areas(model.counts.boundary))
        for index, name in enumerate(model.counts.class_set.names):
            values = [plain(float(column[index])) for column in columns]
            counts = int(confusion[index].sum()), int(confusion[:, index].sum())
            table.append([model.spec.id, index + model.counts.class_set.offset, name, *values, *counts])
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
