"""Scores of models on a dataset with ground truth, by the published protocol, stopped and resumed at will."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import combinations, groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo import catalog
from demo.analysis import calibration, per_image, scores
from demo.analysis.counts import TruthCounts
from demo.analysis.mistakes import ErrorPair, Rightness
from demo.analysis.numbers import Json, finding_unknown, plain
from demo.analysis.unknown import called
from demo.catalog import Names
from demo.errors import BackendError
from demo.images import DEFAULT_LIMITS, Limits, write_text
from demo.measures import BY_ID
from demo.models.zoo import Zoo
from demo.names import to_json
from demo.schema import ModelSpec
from demo.study.augment import augmented
from demo.study.dataset import open_dataset
from demo.study.engine import OnProgress, plainly, silent
from demo.study.records import counted_from_zero, truths_of
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
    """Score models on a folder in ADE20K's layout; writes {scores,classes,photos}.csv, scores.json and scores.html.

    Label maps are compared at photo size, counts added over the dataset, then divided once. `scales` and `flip` average
    the softmax of several views. A study that was stopped goes on when called again with the same `out`. Raises
    DatasetError for a folder of another layout, BackendError when no model can answer; a bad file costs itself.
    """
    start = time.perf_counter()
    found = open_dataset(dataset, split)
    specs = catalog.resolve(models or zoo.default_set)
    one_view = tuple(scales) == (1.0,) and not flip
    settings: dict[str, Json] = {"scales": [float(s) for s in scales], "flip": flip, "precision": zoo.precision}
    ask, asked = (
        plainly(zoo, [*BY_ID]) if one_view else augmented(zoo, scales, flip),
        settings_of(zoo, limits) | settings,
    )
    path = place_for(out, found, specs, asked)
    done = run(found, specs, zoo, path, asked, ask=ask, limits=limits, on_progress=on_progress, bad_truth="is left out")
    answered, pairs = _collect(path, specs)
    if not answered:
        raise BackendError(f"None of the photos could be answered. {' '.join(done.problems[:1])}")
    evaluation = Evaluation(
        found.name,
        len(found.cases),
        settings,
        answered,
        (*done.problems, *counted_from_zero(model.counts for model in answered)),
        time.perf_counter() - start,
        pairs,
    )
    _write(evaluation, out)
    write_text(out / "scores.html", evaluation_page(evaluation))
    return evaluation


def _collect(
    path: Path, specs: Sequence[ModelSpec]
) -> tuple[tuple[ModelResult, ...], dict[tuple[str, str], ErrorPair]]:
    """Each model's results, and each two models' shared mistakes; models without any photo are left out.

    One photo's counts in memory at a time: together they would be gigabytes.
    """
    totals: dict[int, TruthCounts] = {}
    photos: dict[int, list[PhotoScore]] = {}
    ious: dict[int, list[NDArray[np.float64]]] = {}
    pairs: dict[tuple[str, str], ErrorPair] = {}
    for name, answers in groupby(_by_photo(path, len(specs)), key=itemgetter(0)):
        right: dict[str, Rightness] = {}
        for _, number, counts in answers:
            totals[number] = totals[number] + counts if number in totals else counts
            photos.setdefault(number, []).append(_photo_score(name, counts))
            ious.setdefault(number, []).append(per_image.ious(counts.confusion))
            if counts.rightness:
                right[specs[number].id] = counts.rightness
        for first, second in combinations(right, 2):
            pairs[first, second] = pairs.get((first, second), ErrorPair()) + right[first].with_(right[second])
    results = (
        ModelResult(spec, totals[number], tuple(photos[number]), per_image.table(ious[number]))
        for number, spec in enumerate(specs)
        if number in totals
    )
    return tuple(results), pairs


def _by_photo(path: Path, models: int) -> Iterator[tuple[str, int, TruthCounts]]:
    """Photo, model and counts of every answer with truth, the photos in order and the models in theirs."""

    def one(number: int) -> Iterator[tuple[str, int, TruthCounts]]:
        return ((name, number, counts) for name, counts in truths_of(path, number))

    return merge(*map(one, range(models)), key=itemgetter(0, 1))


def _photo_score(name: str, counts: TruthCounts) -> PhotoScore:
    return PhotoScore(
        name,
        counts.pixels,
        scores.pixel_accuracy(counts.confusion),
        scores.mean_iou(counts.confusion),
        scores.mean_iou(counts.confusion, over="annotated"),
        calibration.auroc(counts.entropy),
        counts.unknown.pixels,
    )


def _write(evaluation: Evaluation, out: Path) -> None:
    write_text(out / "scores.json", to_json(evaluation.as_json()))
    write_text(out / "scores.csv", _csv(_score_table(evaluation)))
    write_text(out / "classes.csv", _csv(_class_table(evaluation)))
    write_text(out / "photos.csv", _csv(_photo_table(evaluation)))
    write_text(out / "error_consistency.csv", _csv(_pair_table(evaluation)))
    if any(model.counts.unknown.pixels for model in evaluation.models):
        write_text(out / "unknown.csv", _csv(_unknown_table(evaluation)))
        write_text(out / "unknown_called.csv", _csv(_called_table(evaluation)))


def _score_table(evaluation: Evaluation) -> list[list[object]]:
    """A network whose scores are no logits has no value for the measures that need them."""
    rows = [{number.id: plain(number.value) for number in model.numbers} for model in evaluation.models]
    ids = list(dict.fromkeys(key for row in rows for key in row))
    table: list[list[object]] = [["model", "title", "family", "photos", "pixels", *ids]]
    for model, row in zip(evaluation.models, rows, strict=True):
        spec = model.spec
        known = [spec.id, spec.title, spec.family, len(model.photos), model.counts.pixels]
        table.append([*known, *(row.get(key) for key in ids)])
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
    header = ("photo", "model", "pixels", "pixel_accuracy", "miou", "miou_annotated", "entropy_auroc", "unknown_pixels")
    table: list[list[object]] = [list(header)]
    for model in evaluation.models:
        for score in model.photos:
            values = (score.pixel_accuracy, score.miou, score.miou_annotated, score.entropy_auroc)
            table.append([score.photo, model.spec.id, score.pixels, *map(plain, values), score.unknown])
    return table


def _pair_table(evaluation: Evaluation) -> list[list[object]]:
    table: list[list[object]] = [["first", "second", *ErrorPair().as_json()]]
    table += ([first, second, *pair.as_json().values()] for (first, second), pair in evaluation.pairs.items())
    return table


def _unknown_table(evaluation: Evaluation) -> list[list[object]]:
    """How well each measure of doubt finds what no class names."""
    header = ("model", "measure", "labelled_pixels", "unknown_pixels", "auroc", "aupr", "fpr95")
    table: list[list[object]] = [list(header)]
    for model in evaluation.models:
        counts, found = model.counts, {number.id: number.value for number in finding_unknown(model.counts)}
        for measure in counts.unknown.doubt:
            values = (plain(found[f"{measure}_{key}"]) for key in ("auroc", "aupr", "fpr95"))
            table.append([model.spec.id, measure, counts.pixels, counts.unknown.pixels, *values])
    return table


def _called_table(evaluation: Evaluation) -> list[list[object]]:
    """What each network called each thing that no class names."""
    table: list[list[object]] = [["model", "thing", "class", "pixels", "share_of_the_thing"]]
    for model in evaluation.models:
        names = model.counts.class_set.names
        for row in called(model.counts.unknown, limit=len(names)):
            table += [[model.spec.id, row.thing, names[i], pixels, pixels / row.pixels] for i, pixels in row.classes]
    return table


def _csv(rows: Sequence[Sequence[object]]) -> str:
    """Empty cells for what is not defined."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
