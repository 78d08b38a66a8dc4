"""What an evaluation's page says of mistakes: in which photos, shared by whom, and of what no class names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from markupsafe import Markup

from demo.analysis import per_image
from demo.analysis.counts import TruthCounts
from demo.analysis.mistakes import ErrorPair
from demo.analysis.numbers import PER_IMAGE, finding_unknown
from demo.analysis.unknown import called
from demo.measures import BY_ID
from demo.study import charts
from demo.study.html import Cell, Column, figure, percent, table, tag
from demo.study.results import ModelResult

Ranked: TypeAlias = tuple[int, ModelResult]
"""A model with the number of its colour."""
Counted: TypeAlias = tuple[int, str, TruthCounts]
"""The number of a model's colour, its title, and what is counted of it over all photos with truth."""

FINDINGS = {"auroc": "AUROC", "aupr": "AUPR", "fpr95": "FPR95"}
THINGS = 20


def by_photo(models: Sequence[Ranked]) -> Iterator[str]:
    """Mean IoU photo by photo, and of the worst photos."""
    yield "<h2>Photo by photo</h2>"
    yield (
        '<p class="soft">Percent. Mean IoU above adds up all pixels first; here every photo weighs alike, and a photo '
        "that fails altogether shows. In a photo only the classes annotated there count (Wang et al. 2023).</p>"
    )
    columns = [Column("Model", text=True), *(Column(told.title, told.formula) for told in PER_IMAGE.values())]
    rows = []
    for place, model in models:
        values = {number.id: number.value for number in model.numbers}
        cells = [
            Cell("" if np.isnan(values[key]) else percent(values[key]), _sortable(values[key])) for key in PER_IMAGE
        ]
        rows.append([Cell(model.spec.title, swatch=place, title=model.spec.id), *cells])
    yield table(columns, rows)
    lines = [charts.Line(model.spec.title, place, *_sorted(model)) for place, model in models if len(model.photos) > 1]
    if lines:
        drawn = charts.lines(lines, "share of the photos, the worst first, %", "mean IoU of the photo, at most, %")
        yield f'<div class="charts">{figure(drawn, "From the worst photo to the best.")}</div>'


def _sorted(model: ModelResult) -> tuple[list[float], list[float]]:
    values = np.sort(per_image.by_photo(model.ious))
    values = values[~np.isnan(values)]
    return (np.arange(1, len(values) + 1) / max(1, len(values))).tolist(), values.tolist()


def shared(models: Sequence[Ranked], pairs: Mapping[tuple[str, str], ErrorPair]) -> Iterator[str]:
    """Error consistency of each two models."""
    if not pairs:
        return
    yield "<h2>Do they make the same mistakes?</h2>"
    yield (
        '<p class="soft">Error consistency: kappa on being right, pixel by pixel (Geirhos et al. 2020). 1: always '
        "right and wrong together; 0: as often together as their accuracies make it by chance; below 0: where one errs "
        "the other tends not to. In brackets, of the pixels that either gets wrong, the percent that both do.</p>"
    )
    columns = [Column("Model", text=True), *(Column(model.spec.title) for _, model in models)]
    rows = []
    for place, model in models:
        met = [_pair(pairs, model.spec.id, other.spec.id) for _, other in models]
        rows.append([Cell(model.spec.title, swatch=place), *(_kappa_cell(pair) for pair in met)])
    yield table(columns, rows, sort=False)


def _pair(pairs: Mapping[tuple[str, str], ErrorPair], first: str, second: str) -> ErrorPair | None:
    return pairs.get((first, second)) or pairs.get((second, first))


def _kappa_cell(pair: ErrorPair | None) -> Cell:
    if pair is None or np.isnan(pair.kappa):
        return Cell("", None)
    told = (
        f"{pair.pixels:,} pixels: {percent(pair.observed)} % right or wrong together, "
        f"{percent(pair.expected)} % by chance"
    )
    together = "" if np.isnan(pair.shared) else f" ({percent(pair.shared, 0)})"
    return Cell(f"{pair.kappa:.3f}{together}", pair.kappa, heat=0.55 * max(0.0, pair.kappa), title=told)


def vocabulary(models: Sequence[Counted]) -> Iterator[Markup]:
    """What no class names: how well doubt finds it, and what it was called; nothing where there is none."""
    asked = [row for row in models if row[2].unknown.pixels]
    if not asked:
        return
    yield tag(
        "p",
        "Percent. Pixels of things that no class of the network names, against all labelled ones: does doubt find "
        "them? AUROC is the chance that such a pixel is less certain than a labelled one, AUPR the average precision "
        "of finding them (a blind guess has the share in the second column), FPR95 the share of the labelled pixels "
        "that are flagged when 95 % of the others are.",
        class_="soft",
    )
    measures = [name for name in BY_ID if any(name in counts.unknown.doubt for _, _, counts in asked)]
    columns = [
        Column("Model", text=True),
        Column("Share of the pixels"),
        *(Column(f"{name}, {BY_ID[one].title.lower()}") for name in FINDINGS.values() for one in measures),
    ]
    yield table(columns, [_finding_row(row, measures) for row in asked])
    yield tag("h3", "What they called it", style="margin-top: 18px")
    yield tag("p", "Percent of the thing's pixels, the three most frequent classes.", class_="soft")
    yield from _called_table(asked)


def _finding_row(row: Counted, measures: Sequence[str]) -> list[Cell]:
    place, title, counts = row
    found = {number.id: number.value for number in finding_unknown(counts)}
    unknown, labelled = counts.unknown.pixels, counts.pixels
    share = unknown / (unknown + labelled)
    values = [found.get(f"{measure}_{key}", float("nan")) for key in FINDINGS for measure in measures]
    cells = [Cell("" if np.isnan(value) else percent(value, 1), _sortable(value)) for value in values]
    told = f"{unknown:,} pixels against {labelled:,}"
    return [Cell(title, swatch=place), Cell(percent(share, 1), share, title=told), *cells]


def _called_table(models: Sequence[Counted]) -> Iterator[Markup]:
    rows_of = [{row.thing: row for row in called(counts.unknown, 3)} for _, _, counts in models]
    things: dict[str, int] = {}
    for found in rows_of:
        things |= {thing: max(row.pixels, things.get(thing, 0)) for thing, row in found.items()}
    order = sorted(things, key=lambda thing: (-things[thing], thing))[:THINGS]
    columns = [Column("Thing", text=True), Column("Pixels"), *(Column(title, text=True) for _, title, _ in models)]
    rows = []
    for thing in order:
        cells = []
        for found, (_, _, counts) in zip(rows_of, models, strict=True):
            row, names = found.get(thing), counts.class_set.names
            said = [f"{names[i]} {percent(pixels / row.pixels, 0)}" for i, pixels in row.classes] if row else []
            cells.append(Cell(", ".join(said), style="long"))
        rows.append([Cell(thing), Cell(f"{things[thing]:,}", things[thing]), *cells])
    yield table(columns, rows, tall=True)
    if len(things) > THINGS:
        yield tag("p", f"{len(things) - THINGS} smaller ones are left out here.", class_="soft")


def _sortable(value: float) -> float | None:
    return None if np.isnan(value) else value
