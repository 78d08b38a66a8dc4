"""The page of a study: one file that needs nothing else, to read, to print and to hand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from markupsafe import Markup

from demo.study import charts, mistakes_page, study_photos
from demo.study.conclusions import answer, frontier
from demo.study.definitions import DEFINITIONS
from demo.study.html import Cell, Column, figure, key, page, table, tag
from demo.study.pictures import Picture
from demo.study.records import PhotoDetail
from demo.study.stress_curves import in_plain
from demo.study.tables import NetworkRow, PhotoRow, StudyTables

FAMILIES = {"cnn": "CNN", "transformer": "transformer"}
VERDICTS = {"holds": "holds", "does not hold": "falls"}
"""The style of each; any other verdict is no decision."""


@dataclass(frozen=True)
class Further:
    """What the photos with a section of their own are shown with, by their places; what is absent is left out."""

    pictures: Mapping[int, Picture] = field(default_factory=dict)
    details: Mapping[int, PhotoDetail] = field(default_factory=dict)


def html(tables: StudyTables, further: Further | None = None) -> str:
    """The whole document. Its size is bounded: see LISTED and SHOWN of demo.study.tables."""
    sections = [*_sections(tables, further or Further())]
    contents = tag("ul", *(tag("li", tag("a", title, href=f"#{id_}")) for id_, title, _ in sections))
    body = [
        tag("h1", "Study of ", tag("bdi", tables.name)),
        tag("p", _subtitle(tables), class_="soft"),
        tag("nav", contents, class_="contents", aria_label="Contents"),
        *(tag("section", tag("h2", title), *parts, id=id_) for id_, title, parts in sections),
    ]
    return page(f"Study of {tables.name}", body)


def _sections(t: StudyTables, further: Further) -> Iterator[tuple[str, str, list[Markup]]]:
    """(id, title, content) of each part that there is something for."""
    yield "answer", "Which of these for my photos?", [*_answer(t)]
    yield "networks", "The networks", [*_networks(t)]
    if len(t.networks) > 1:
        yield "agreement", "Who agrees with whom", [*_matrices(t)]
        yield "charts", "Speed and doubt", [*_charts(t)]
        yield "classes", "Class by class", [*_classes(t, study_photos.most_of(t, further.details))]
    if vocabulary := [*_vocabulary(t)]:
        yield "vocabulary", "Not in its vocabulary", vocabulary
    if t.stress:
        yield "stress", "Under stress", [*_stress(t)]
    if t.claims:
        yield "claims", "The article’s sentences, tested", [*_claims(t)]
    if t.groups:
        yield "groups", f"By {t.column}", [*_groups(t)]
    yield from study_photos.sections(t, further.pictures, further.details)
    yield "numbers", "How each number is made", [tag("dl", *_definitions())]
    if t.problems:
        told = [tag("li", problem) for problem in t.problems[:200]]
        more = [_soft(f"And {len(t.problems) - 200:,} more.")] if len(t.problems) > 200 else []
        yield "problems", f"Left out ({len(t.problems):,})", [tag("ul", *told), *more]


def _definitions() -> Iterator[Markup]:
    for title, unit, formula, source in DEFINITIONS:
        yield tag("dt", title)
        yield tag("dd", f"{formula} ({unit}). {source[0].upper()}{source[1:]}.")


def _soft(*text: str) -> Markup:
    return tag("p", *text, class_="soft")


def _subtitle(t: StudyTables) -> str:
    told = [f"{t.photos:,} photos, {t.megapixels:,.1f} megapixels", f"{len(t.networks)} networks"]
    if t.precision:
        told.append(f"{t.precision} precision")
    if t.whole != t.photos:
        told.append(f"{t.whole:,} photos answered by every network")
    if t.waiting:
        told.append(f"{t.waiting:,} photos still to be measured")
    return f"{', '.join(told)}; Segmentation Zoo {t.version}. Compared in the classes of {t.class_set}."


def _answer(t: StudyTables) -> Iterator[Markup]:
    found = answer(t)
    kinds = (
        ("What can be said", found.certain),
        ("What cannot be said without ground truth" if not t.has_truth else "What cannot be said", found.unknown),
        ("What to do", found.advice),
    )
    for title, sentences in kinds:
        if sentences:
            yield tag("h3", title)
            yield tag("ul", *(tag("li", sentence) for sentence in sentences), class_="answer")


def _networks(t: StudyTables) -> Iterator[Markup]:
    yield _soft("Means over the photos that each network answered; time is what this study took, on its machine.")
    shown: list[tuple[Column, list[float], str, int]] = [
        (Column("Time a photo, s", "seconds, network and measuring"), [n.seconds for n in t.networks], ".3f", -1),
        (Column("With the others, %", "pixels with another network's class, mean over the others"),
         [100 * n.with_others for n in t.networks], ".1f", 0),
        (Column("Entropy, nats", "of a photo, mean over photos"), [n.entropy for n in t.networks], ".3f", 0),
        (Column("Confidence, %", "of a photo, mean over photos"), [100 * n.confidence for n in t.networks], ".1f", 0),
        (Column("Margin, %", "likeliest less second likeliest, of a photo, mean over photos"),
         [100 * n.margin for n in t.networks], ".1f", 0),
        (Column("Fragments", "pieces of one class, a photo"), [n.fragments for n in t.networks], ".0f", 0),
        (Column("Right, %", "of the labelled pixels"), [100 * n.accuracy for n in t.networks], ".2f", 1),
        (Column("Mean IoU, %", "as MMSegmentation's IoUMetric"), [100 * n.miou for n in t.networks], ".2f", 1),
    ]  # fmt: skip
    shown = [one for one in shown if not np.isnan(one[1]).all()]
    columns = [Column("Network", text=True), Column("Family", text=True), Column("Photos"), *(one[0] for one in shown)]
    rows = [
        [
            Cell(row.model.title, swatch=place, title=row.model.id),
            Cell(FAMILIES.get(row.model.family, row.model.family)),
            Cell(f"{row.photos:,}", row.photos),
            *(_number(values[place], form, values, better) for _, values, form, better in shown),
        ]
        for place, row in enumerate(t.networks)
    ]
    yield table(columns, rows, name="Networks")


def _number(value: float, form: str, column: Sequence[float] = (), better: int = 0) -> Cell:
    """A cell; the best of its column stands out where one end of it is `better`."""
    if np.isnan(value):
        return Cell("", None)
    there = [one for one in column if one == one]
    best = len(there) > 1 and better != 0 and value == (max(there) if better > 0 else min(there))
    return Cell(format(value, form), value, best=best)


def _matrices(t: StudyTables) -> Iterator[Markup]:
    yield _soft(
        "First the share of the pixels on which two networks name the same class, in percent; then Cohen’s kappa, the "
        "same beyond what chance would give; where one class covers nearly everything, kappa can be low although "
        "nearly all pixels agree."
    )
    agreement = _matrix(t.networks, t.agreement, "Agreement, %", 100, ".1f")
    yield tag("div", agreement, _matrix(t.networks, t.kappa, "Cohen's kappa", 1, ".2f"), class_="charts")


def _matrix(networks: Sequence[NetworkRow], values: np.ndarray, name: str, factor: float, form: str) -> Markup:
    columns = [Column(name, text=True), *(Column(row.model.title) for row in networks)]
    off = values[~np.eye(len(networks), dtype=bool)]
    low, high = (np.nanmin(off), np.nanmax(off)) if not np.isnan(off).all() else (0, 1)
    rows = []
    for place, row in enumerate(networks):
        cells = [
            Cell("", None)
            if np.isnan(value) or other == place
            else Cell(format(factor * value, form), value, heat=0.05 + 0.35 * (value - low) / ((high - low) or 1))
            for other, value in enumerate(values[place])
        ]
        rows.append([Cell(row.model.title, swatch=place), *cells])
    return table(columns, rows, name=name, sort=False)


def _charts(t: StudyTables) -> Iterator[Markup]:
    yield Markup(key([(row.model.title, place) for place, row in enumerate(t.networks)]))
    drawn = [*_frontier(t), *_doubt(t)]
    yield tag("div", *map(Markup, drawn), class_="charts")


def _frontier(t: StudyTables) -> Iterator[str]:
    """Time against accuracy where there is truth, else against agreement."""
    measured = [(row.accuracy if t.has_truth else row.with_others) for row in t.networks]
    rows = [
        (row.model.title, place, row.seconds, worth)
        for place, (row, worth) in enumerate(zip(t.networks, measured, strict=True))
        if not np.isnan(worth + row.seconds)
    ]
    if not rows:
        return
    best = frontier([(cost, worth) for _, _, cost, worth in rows])
    worth = "right, %" if t.has_truth else "same class as another network, %"
    caption = (
        "Dashed: the networks that no other one beats in both."
        if t.has_truth
        else "Agreement is no accuracy: who stands alone may be the only one that is right. Dashed: those that no "
        "other one beats in both."
    )
    title = "Speed and accuracy." if t.has_truth else "Speed and agreement."
    yield figure(charts.frontier(rows, best, "seconds a photo", worth), title, caption)


def _doubt(t: StudyTables) -> Iterator[str]:
    top = t.top_entropy
    end = int(np.searchsorted(t.entropy_edges, top, "right"))
    series = [
        charts.Line(row.model.title, place, t.entropy_edges[:end].tolist(), t.entropy_up_to[place, :end].tolist())
        for place, row in enumerate(t.networks)
        if not np.isnan(t.entropy_up_to[place]).any()
    ]
    if series:
        ticks = [(top * part / 4, f"{top * part / 4:.2g}") for part in range(5)]
        drawn = charts.curves(series, "entropy, nats", "pixels with at most so much, %", ticks)
        yield figure(drawn, "Doubt.", "The further left and up a line, the more pixels the network is sure of.")


def _classes(t: StudyTables, seen: Mapping[str, PhotoRow]) -> Iterator[Markup]:
    """`seen`: by a class's name, the photo on which there is most of it."""
    yield _soft(
        "Percent of all pixels that each network names so. Overlap: of the pixels that one of two networks names so, "
        "those that both do, mean over the pairs. Rival: what another one most often says there."
    )
    columns = [
        Column("Class", text=True),
        *(Column(row.model.title) for row in t.networks),
        Column("Overlap, %", "IoU between networks, mean over pairs"),
        Column("Rival", text=True),
        *([Column("Most of it on", "of the photos with a section below", text=True)] if seen else []),
    ]
    rows = [
        [
            Cell(row.name),
            *(_number(100 * area, ".2f") for area in row.areas),
            Cell("", None)
            if np.isnan(row.overlap)
            else Cell(f"{100 * row.overlap:.1f}", row.overlap, heat=0.4 * row.overlap),
            Cell(row.rival),
            *([_photo(seen.get(row.name))] if seen else []),
        ]
        for row in t.classes
    ]
    yield table(columns, rows, tall=True, name="Classes")
    if not t.class_pairs:
        return
    yield tag("h3", "Taken for each other")
    columns = [
        Column("One says", text=True),
        Column("the other says", text=True),
        Column("Pixels, %", "mean over the pairs of networks"),
        Column("CNN against transformer, %", "of these pixels: the share where the two are of different families"),
        Column("Most by", text=True),
    ]
    rows = [
        [
            Cell(pair.classes[0]),
            Cell(pair.classes[1]),
            _number(100 * pair.share, ".2f"),
            _number(100 * pair.between_families, ".0f"),
            Cell(f"{pair.most[0]}, {pair.most[1]}"),
        ]
        for pair in t.class_pairs
    ]
    yield table(columns, rows, tall=True, name="Classes taken for each other")


def _photo(row: PhotoRow | None) -> Cell:
    """A way to a photo's section."""
    name = row and study_photos.short(row.name)
    return Cell(name, style="name", title=row.name, link=f"#photo-{row.place}") if row and name else Cell("", None)


def _vocabulary(t: StudyTables) -> Iterator[Markup]:
    return mistakes_page.vocabulary(
        [(place, t.networks[place].model.title, counts) for place, counts in enumerate(t.truths) if counts]
    )


def _stress(t: StudyTables) -> Iterator[Markup]:
    yield _soft(
        "The same photos, corrupted as ImageNet-C does at severities 1 to 5: on how many pixels a network keeps the "
        "class that it names on the photo as it is (0), and with truth its mean IoU. ",
        tag("code", "python -m demo stress"),
        " draws the same with intervals over photos.",
    )
    yield Markup(key([(row.model.title, place) for place, row in enumerate(t.networks)]))
    drawn = []
    for curve in t.stress:
        ticks = [(float(severity), str(severity)) for severity in curve.severities]
        for name, y_name in (("kept", "same class, %"), ("miou", "mean IoU, %")):
            shares = curve.values[name]
            if np.isnan(shares).all() or len(ticks) < 2:
                continue
            series = [
                charts.Line(row.model.title, place, [*map(float, curve.severities)], shares[place].tolist())
                for place, row in enumerate(t.networks)
                if not np.isnan(shares[place]).any()
            ]
            title, number = f"{in_plain(curve.kind)}.", f"{curve.photos:,} photo{'s' * (curve.photos != 1)}."
            drawn.append(Markup(figure(charts.curves(series, "severity", y_name, ticks), title, number)))
    yield tag("div", *drawn, class_="charts")


def _claims(t: StudyTables) -> Iterator[Markup]:
    command = tag("code", "python -m demo claims")
    yield _soft("Each sentence with the reason for its verdict; ", command, " draws the numbers behind it.")
    columns = [Column("Sentence", text=True), Column("Verdict", text=True), Column("Why", text=True), Column("Photos")]
    rows = [
        [
            Cell(finding.sentence, style="long"),
            Cell(finding.verdict, style=VERDICTS.get(finding.verdict, "unsure")),
            Cell(finding.reason, style="long"),
            Cell(f"{finding.photos:,}", finding.photos),
        ]
        for finding in t.claims
    ]
    yield table(columns, rows, sort=False, name="Sentences")


def _groups(t: StudyTables) -> Iterator[Markup]:
    yield _soft("Shares over all pixels of a group’s photos, in percent; entropy in nats, mean over photos.")
    if t.unknown:
        yield _soft(f"{t.unknown:,} {'rows' if t.unknown > 1 else 'row'} of the file without a photo of this study.")
    judged = any(value == value for row in t.groups for value in row.accuracy)
    columns = [
        Column(t.column, text=True), Column("Photos"), Column("All agree"),
        Column("Split", "CNNs against transformers"),
        Column("Conflict", "two networks sure of different classes"),
        *(Column(f"Entropy {row.model.title}") for row in t.networks),
        *(Column(f"Right {row.model.title}") for row in t.networks if judged),
    ]  # fmt: skip
    rows = [
        [
            Cell(row.value, style="name"),
            Cell(f"{row.photos:,}", row.photos),
            *(_number(100 * value, ".1f") for value in (row.agree, row.split, row.conflict)),
            *(_number(value, ".2f") for value in row.entropy),
            *(_number(100 * value, ".1f", [100 * one for one in row.accuracy], 1) for value in row.accuracy if judged),
        ]
        for row in t.groups
    ]
    yield table(columns, rows, name=f"Photos by {t.column}")
