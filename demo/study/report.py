"""The page that shows an evaluation: scores, diagrams, classes, mistakes, and how each number is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TypeAlias

import numpy as np

from demo.analysis import calibration, scores
from demo.analysis.mistakes import SEVERE, heights
from demo.analysis.numbers import Number, finding_unknown, numbers
from demo.schema import ClassSet
from demo.study import charts, mistakes_page
from demo.study.engine import in_words
from demo.study.html import Cell, Column, figure, key, page, percent, table
from demo.study.results import Evaluation, ModelResult

Ranked: TypeAlias = tuple[int, ModelResult]
"""A model with the number of its colour."""

SHOWN = ("miou", "pixel_accuracy", "mean_accuracy", "fw_iou", "boundary_iou",
         "boundary_iou_shared_void", "miou_small", "miou_medium", "miou_large")  # fmt: skip
SURE = ("ece", "adaptive_ece", "brier", "nll", "entropy_auroc", "entropy_aupr", "entropy_fpr95", "entropy_aurc",
        "confidence_aurc", "margin_aurc")  # fmt: skip
APART = ("mistake_severity", "supercategory_accuracy")
FEW_PHOTOS = 50


def evaluation_page(evaluation: Evaluation) -> str:
    """A self-contained HTML page, models in order of mean IoU."""
    models = sorted(enumerate(evaluation.models), key=lambda ranked: -_mean_iou(ranked[1]))
    return page(f"Scores on {evaluation.dataset}", _body(evaluation, models))


def _body(evaluation: Evaluation, models: Sequence[Ranked]) -> Iterator[str]:
    yield f"<h1>Scores on {escape(evaluation.dataset)}</h1>"
    yield f'<p class="soft">{escape(_subtitle(evaluation))}</p>'
    yield from (f'<p class="note">{escape(note)}</p>' for note in notes(evaluation))
    if models:
        yield from _scores(models)
        yield from _diagrams(models)
        for class_set in dict.fromkeys(model.counts.class_set for _, model in models):
            yield from _classes(class_set, [ranked for ranked in models if ranked[1].counts.class_set == class_set])
        yield from _mistakes(models)
        yield from mistakes_page.shared(models, evaluation.pairs)
        yield from _vocabulary(models)
        yield from mistakes_page.by_photo(models)
        yield from _photos(models)
        yield from _formulas(models[0][1])
    yield from problems(evaluation.problems)


def _vocabulary(models: Sequence[Ranked]) -> Iterator[str]:
    parts = [*mistakes_page.vocabulary([(place, model.spec.title, model.counts) for place, model in models])]
    return iter(["<h2>Not in its vocabulary</h2>", *parts] if parts else [])


def notes(evaluation: Evaluation) -> Iterator[str]:
    """What a reader must know before believing the numbers."""
    if evaluation.photos < FEW_PHOTOS:
        yield f"{evaluation.photos} photos are a demonstration, not a benchmark."
    if any(model.spec.set.startswith("compact") for model in evaluation.models):
        yield ("The compact networks are small and made for trying the tool: their scores say nothing about what the "
               "architectures can do.")  # fmt: skip
    if any(len(model.photos) != evaluation.photos for model in evaluation.models):
        yield "Not every model answered every photo: compare only models with the same number of photos."


def problems(sentences: Sequence[str]) -> Iterator[str]:
    """What was left out, or nothing."""
    if sentences:
        yield f"<h2>Left out ({len(sentences)})</h2><ul>"
        yield from (f"<li>{escape(sentence)}</li>" for sentence in sentences[:200])
        yield "</ul>"


def _subtitle(evaluation: Evaluation) -> str:
    scales, flip = evaluation.settings["scales"], evaluation.settings["flip"]
    views = "one view of each photo"
    if scales != [1.0] or flip:
        told = ", ".join(f"{s:g}" for s in scales)  # type: ignore[union-attr]  # a list, of whatever JSON may hold
        views = f"scales {told}{' and flip' if flip else ''}, mean of the softmax"
    return (
        f"{evaluation.photos} photos with ground truth, {len(evaluation.models)} models, {views}, "
        f"{evaluation.settings['precision']} precision; the last run took {in_words(evaluation.seconds)}."
    )


def _scores(models: Sequence[Ranked]) -> Iterator[str]:
    yield "<h2>How right</h2>"
    yield '<p class="soft">Percent. Counted at photo size over all labelled pixels, then divided once.</p>'
    yield _number_table(models, SHOWN, published=True)
    yield "<h2>How well they know</h2>"
    yield (
        '<p class="soft">Percent. ECE compares confidence with accuracy; the others ask whether the less certain '
        "pixels are the wrong ones, by entropy, confidence or margin.</p>"
    )
    yield _number_table(models, SURE, published=False)


def _number_table(models: Sequence[Ranked], ids: Sequence[str], *, published: bool) -> str:
    rows = [{number.id: number for number in numbers(model.counts)} for _, model in models]
    published = published and any(model.spec.reported.miou is not None for _, model in models)
    columns = [
        Column("Model", text=True),
        Column("Photos"),
        *(Column(rows[0][key].definition.title, rows[0][key].definition.formula) for key in ids),
        *([Column("Published", "mean IoU on ADE20K validation, one view, as published")] if published else []),
    ]
    best = {key: _best([row[key] for row in rows]) for key in ids}
    body = []
    for (place, model), row in zip(models, rows, strict=True):
        cells = [_value_cell(row[key], best[key]) for key in ids]
        reported = model.spec.reported.miou
        last = [Cell(percent(reported), reported)] if published else []
        body.append(
            [
                Cell(model.spec.title, swatch=place, title=model.spec.id),
                Cell(str(len(model.photos)), len(model.photos)),
                *cells,
                *last,
            ]
        )
    return table(columns, body)


def _value_cell(number: Number, best: float) -> Cell:
    if np.isnan(number.value):
        return Cell("", None, title="not defined on these photos")
    text = percent(number.value) if number.definition.unit.startswith("0..") else f"{number.value:.3f}"
    return Cell(text, number.value, best=number.value == best, title=f"{number.pixels:,} pixels")


def _best(column: Sequence[Number]) -> float:
    values = [number.value for number in column if not np.isnan(number.value)]
    if len(values) < 2:
        return float("nan")
    return max(values) if column[0].definition.better == "higher" else min(values)


def _diagrams(models: Sequence[Ranked]) -> Iterator[str]:
    yield "<h2>Diagrams</h2>"
    yield key([(model.spec.title, place) for place, model in models])
    risk = [charts.Line(model.spec.title, place, *(column.tolist() for column in calibration.risk_coverage(
        model.counts.entropy))) for place, model in models]  # fmt: skip
    sizes = [
        (model.spec.title, place, [scores.mean_iou(part) for part in model.counts.sizes]) for place, model in models
    ]
    yield '<div class="charts">'
    curve = charts.lines(risk, "share of pixels kept, surest first, %", "wrong among them, %")
    yield figure(
        curve, "Risk and coverage.", "If only the pixels of lowest entropy are kept, how many of them are wrong."
    )
    yield figure(
        charts.grouped(("small", "medium", "large"), sizes, "mean IoU, %"),
        "By size of the region.",
        "Annotated regions under 32 x 32 pixels, under 96 x 96, and larger.",
    )
    yield '</div><h3 style="margin-top: 18px">Reliability</h3>'
    yield (
        '<p class="soft">Bars: how often a pixel of that confidence is right, darker where there are more pixels. '
        "On the dashed line a network is as sure as it is right; the red stroke is the gap.</p>"
    )
    yield '<div class="charts small">'
    for place, model in models:
        yield figure(
            charts.reliability(_bins(model), place),
            f"{model.spec.title}.",
            f"ECE {percent(calibration.ece(model.counts.reliability), 1)} %",
        )
    yield "</div>"


def _bins(model: ModelResult) -> list[tuple[float, float, int, float, float]]:
    diagram = calibration.bins(model.counts.reliability)
    columns = zip(diagram.lower, diagram.upper, diagram.pixels, diagram.confidence, diagram.accuracy, strict=True)
    return [(float(a), float(b), int(n), float(sure), float(right)) for a, b, n, sure, right in columns if n]


def _classes(class_set: ClassSet, models: Sequence[Ranked]) -> Iterator[str]:
    confusions = [model.counts.confusion for _, model in models]
    truth = confusions[0].sum(1)
    occurring = np.sum([counts.sum(0) + counts.sum(1) for counts in confusions], 0) > 0
    order = [int(index) for index in np.argsort(-truth, kind="stable") if occurring[index]]
    ious = [scores.iou(counts) for counts in confusions]
    yield f"<h2>IoU by class of {escape(class_set.title)} ({len(order)} occur)</h2>"
    yield '<p class="soft">Percent, most annotated pixels first. Empty: neither annotated nor predicted.</p>'
    titles = [Column(model.spec.title) for _, model in models]
    columns = [Column("Class", text=True), Column("Annotated, pixels"), *titles]
    rows = [
        [
            Cell(class_set.names[index]),
            Cell(f"{truth[index]:,}", int(truth[index])),
            *(_heat(float(column[index])) for column in ious),
        ]
        for index in order
    ]
    yield table(columns, rows, tall=True)


def _heat(value: float) -> Cell:
    return Cell("", None) if np.isnan(value) else Cell(percent(value, 1), value, heat=0.4 * value)


def _mistakes(models: Sequence[Ranked]) -> Iterator[str]:
    yield "<h2>Most frequent mistakes</h2>"
    yield (
        '<p class="soft">A mistake is mild where both classes are of one supercategory (house, building), '
        "else severe.</p>"
    )
    yield _number_table(models, APART, published=False)
    columns = [
        Column("Model", text=True),
        Column("Annotated", text=True),
        Column("Taken for", text=True),
        Column("Kind", text=True),
        Column("Pixels"),
        Column("Share of the class, %"),
    ]
    rows = [
        [
            Cell(model.spec.title, swatch=place),
            Cell(model.counts.class_set.names[pair.truth]),
            Cell(model.counts.class_set.names[pair.predicted]),
            Cell(_kind(model.counts.class_set, pair)),
            Cell(f"{pair.pixels:,}", pair.pixels),
            Cell(percent(pair.share, 1), pair.share),
        ]
        for place, model in models
        for pair in scores.top_confusions(model.counts.confusion, 8)
    ]
    yield table(columns, rows, tall=True)


def _kind(class_set: ClassSet, pair: scores.ConfusedPair) -> str:
    if not class_set.supercategories:
        return ""
    return "severe" if heights(class_set)[pair.truth, pair.predicted] == SEVERE else "mild"


def _photos(models: Sequence[Ranked], limit: int = 12) -> Iterator[str]:
    """Where the models do worst on average."""
    by_photo: dict[str, list[float]] = {}
    for _, model in models:
        for score in model.photos:
            by_photo.setdefault(score.photo, []).append(score.pixel_accuracy)
    means = {name: float(np.mean(values)) for name, values in by_photo.items() if not np.isnan(values).any()}
    lookup = [{score.photo: score.pixel_accuracy for score in model.photos} for _, model in models]
    yield f'<h2>Hardest photos</h2><p class="soft">Pixel accuracy, percent; all {len(means)} are in photos.csv.</p>'
    columns = [Column("Photo", text=True), Column("Mean"), *(Column(model.spec.title) for _, model in models)]
    rows = [
        [
            Cell(name),
            Cell(percent(means[name], 1), means[name]),
            *(_heat(float(scored.get(name, np.nan))) for scored in lookup),
        ]
        for name in sorted(means, key=lambda name: means[name])[:limit]
    ]
    yield table(columns, rows)


def _formulas(model: ModelResult) -> Iterator[str]:
    shown = [number for number in [*model.numbers, *finding_unknown(model.counts)] if number.pixels]
    yield "<details><summary>How each number is made</summary><dl>"
    yield from (
        f"<dt>{escape(n.definition.title)}</dt><dd>{escape(n.definition.formula)} ({n.definition.unit}, "
        f"{n.definition.better} is better)</dd>"
        for n in shown
    )
    yield "</dl></details>"


def _mean_iou(model: ModelResult) -> float:
    value = scores.mean_iou(model.counts.confusion)
    return -1.0 if np.isnan(value) else value
