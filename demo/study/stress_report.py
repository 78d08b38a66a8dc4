"""What a stress ladder leaves behind: stress.json, stress.csv, a figure a number, and stress.html."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from io import StringIO
from pathlib import Path

from demo.analysis.claims import FEWEST_PHOTOS, Interval
from demo.analysis.stability import FEWEST
from demo.changes.corruptions import OWN
from demo.images import write_text
from demo.names import to_json
from demo.schema import Family
from demo.study import charts
from demo.study.engine import in_words
from demo.study.html import Cell, Column, counted, dot, figure, page, table
from demo.study.report import problems
from demo.study.stress_curves import in_plain
from demo.study.stress_photos import Place, links, place_of, places, section
from demo.study.stress_results import HALF, Broken, Point, StressReport

FAMILIES: dict[Family, tuple[str, int]] = {"cnn": ("CNNs", 0), "transformer": ("Transformers", 3)}
"""What they are called, and the number of their colour."""


@dataclass(frozen=True)
class Shown:
    """A number as the page shows it."""

    id: str
    title: str
    sentence: str
    unit: str
    top: float | None = None
    truth: bool = False


SHOWN = (
    Shown("kept", "Labels kept", "share of the pixels with the label that the network gave them on the photo as it is",
          "0..1", top=1),
    Shown("miou", "Mean IoU", "against the truth, over the classes annotated or predicted", "0..1", truth=True),
    Shown("entropy", "Mean entropy", "over all pixels", "nats"),
    Shown("ece", "ECE", "how far confidence and accuracy are apart, in 15 bins", "0..1", truth=True),
)  # fmt: skip


def write(result: StressReport, out: Path, shown: Mapping[Place, tuple[str, str]] | None = None) -> None:
    """Everything of a ladder, into a folder that is there; `shown` are its `stress_photos.pictures`."""
    write_text(out / "stress.json", to_json(result.as_json()))
    write_text(out / "stress.csv", as_csv(result))
    for number in shown_numbers(result):
        for kind in result.kinds:
            drawn = charts.standalone(_chart(result, number, kind), f"{number.title}, {in_plain(kind)}", _key(result))
            write_text(out / "figures" / f"{number.id}-{kind}.svg", drawn)
        drawn = charts.standalone(_family_chart(result, number), f"{number.title}, mean of all corruptions",
                                  [FAMILIES[family] for family in result.families])  # fmt: skip
        write_text(out / "figures" / f"{number.id}-families.svg", drawn)
    write_text(out / "stress.html", page("Stress ladder", _body(result, shown or {})))


def as_csv(result: StressReport) -> str:
    """A row a network or family, corruption and severity; empty where there is no number."""
    stream = StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    ends = [f"{number.id}{end}" for number in SHOWN for end in ("", "_low", "_high")]
    rows.writerow(["model", "title", "family", "corruption", "severity", "photos", *ends])
    named = [(spec.id, spec.title, spec.family, result.curves[spec.id]) for spec in result.specs]
    named += [("", FAMILIES[family][0], family, points) for family, points in result.families.items()]
    for name, title, family, points in named:
        for point in points:
            values = [end for number in SHOWN for end in ends_of(point.values[number.id])]
            told = ["" if value != value else repr(value) for value in values]
            rows.writerow([name, title, family, point.condition.kind, point.condition.severity, result.photos, *told])
    return stream.getvalue()


def ends_of(value: Interval) -> tuple[float, float, float]:
    """The value, and the ends of its interval."""
    return value.value, value.low, value.high


def shown_numbers(result: StressReport) -> list[Shown]:
    """Those that the photos can tell."""
    return [number for number in SHOWN if result.with_truth or not number.truth]


def _body(result: StressReport, shown: Mapping[Place, tuple[str, str]]) -> Iterator[str]:
    yield "<h1>Stress ladder</h1>"
    photos, networks = counted(result.photos, "photo"), counted(len(result.specs), "network")
    yield (
        f'<p class="soft">{photos} from {escape(result.source)}, {result.with_truth} with ground truth; {networks}, '
        f"{counted(len(result.kinds), 'corruption')} of ImageNet-C; the last run took {in_words(result.seconds)}.</p>"
    )
    yield from (f'<p class="note">{escape(note)}</p>' for note in notes(result))
    if not result.photos:
        yield from problems(result.problems)
        return
    yield "<h2>All corruptions together</h2>"
    yield _summary(result)
    yield f'<p class="key">{"".join(f"<span>{dot(series)}{name}</span>" for name, series in FAMILIES.values())}</p>'
    yield '<div class="charts">'
    for number in shown_numbers(result):
        yield figure(_family_chart(result, number), number.title, f"{_said(number)} Mean of all corruptions.")
    yield "</div>"
    for number in shown_numbers(result):
        yield f"<h2>{number.title}</h2>"
        yield f'<p class="key">{"".join(f"<span>{dot(series)}{escape(name)}</span>" for name, series in _key(result))}'
        yield "<span>dashed: transformers</span></p>"
        yield '<div class="charts">'
        for kind in result.kinds:
            drawn = figure(_chart(result, number, kind), in_plain(kind))
            where = links(result, kind) if number.id == "kept" else ""
            yield drawn.replace("</figure>", f"{where}</figure>")
        yield "</div>"
    yield "<h2>Where each breaks first</h2>"
    yield (
        f"<p>The photo on which a network keeps less than {100 * HALF:.0f} % of its labels at the lowest severity; "
        "where it keeps that much everywhere, the photo on which it keeps least.</p>"
    )
    yield _broken(result)
    yield from section(result, shown)
    yield "<h2>All numbers</h2>"
    yield _all(result)
    yield from problems(result.problems)


def notes(result: StressReport) -> Iterator[str]:
    """What a reader must know before believing the numbers."""
    if any(spec.set.startswith("compact") for spec in result.specs):
        yield ("The compact networks are small and made for trying the tool: what holds for them need not hold for the "
               "architectures at their published size.")  # fmt: skip
    draws, seed = result.settings["resamples"], result.settings["seed"]
    if result.photos < FEWEST:
        yield f"{counted(result.photos, 'photo')}: an interval takes {FEWEST}, and what is shown may be their own."
    elif result.photos < FEWEST_PHOTOS:
        yield f"{result.photos} photos are few: the intervals over them are rough."
    if result.photos >= FEWEST:
        yield ("Intervals are 95 % bootstrap intervals over photos (expanded percentile, Hesterberg 2015), drawn again "
               f"{draws} times (seed {seed}) for all networks at once.")  # fmt: skip
    side = result.settings["short_side"]
    yield (f"Photos larger than {side} pixels on their short side are brought to that before they are corrupted, since "
           "ImageNet-C counts in pixels and the networks look at about that size.")  # fmt: skip
    own = [in_plain(kind) for kind in result.kinds if kind in OWN]
    if own:
        yield (f"By our own program, with the parameters that Hendrycks and Dietterich published, and held to the "
               f"package imagecorruptions by a test: {', '.join(own)}. Others are that package's.")  # fmt: skip


def _key(result: StressReport) -> list[tuple[str, int]]:
    return [(spec.title, number) for number, spec in enumerate(result.specs)]


def _said(number: Shown) -> str:
    return f"{number.sentence[0].upper()}{number.sentence[1:]}{'' if number.unit == '0..1' else f', in {number.unit}'}."


def _chart(result: StressReport, number: Shown, kind: str) -> str:
    drawn = []
    for series, spec in enumerate(result.specs):
        points = [result.curves[spec.id][0], *(p for p in result.curves[spec.id] if p.condition.kind == kind)]
        drawn.append(_drawn(spec.title, series, points, number, dashed=spec.family == "transformer", band=False))
    return charts.ladder(drawn, result.severities, "severity", number.title, _top(number, drawn))


def _family_chart(result: StressReport, number: Shown) -> str:
    """CNNs against transformers, a step a severity, over all corruptions."""
    drawn = [
        _drawn(*FAMILIES[family], points, number, dashed=family == "transformer", band=True)
        for family, points in result.steps.items()
    ]
    return charts.ladder(drawn, result.severities, "severity", number.title, _top(number, drawn))


def _drawn(
    title: str, series: int, points: Sequence[Point], number: Shown, *, dashed: bool, band: bool
) -> charts.Curve:
    values, lows, highs = told(points, number)
    return charts.Curve(title, series, values, lows if band else (), highs if band else (), dashed)


def told(points: Sequence[Point], number: Shown) -> tuple[list[float], list[float], list[float]]:
    """The values of a curve, and the lower and upper ends of their intervals."""
    values, lows, highs = ([ends_of(point.values[number.id])[place] for point in points] for place in range(3))
    return values, lows, highs


def _top(number: Shown, drawn: Sequence[charts.Curve]) -> float:
    return top_of(number, [value for curve in drawn for value in (*curve.y, *curve.high)])


def top_of(number: Shown, values: Sequence[float]) -> float:
    """Where the number's axis ends, that begins at 0."""
    if number.top is not None:
        return number.top
    most = max((value for value in values if value == value), default=1)
    return charts.round_up(most) if most <= 1 else float(-(-most // 0.5) * 0.5)


def _summary(result: StressReport) -> str:
    numbers = shown_numbers(result)
    rows = []
    for series, spec in enumerate(result.specs):
        first = result.curves[spec.id][0].values
        cells = [Cell(spec.title, swatch=series), Cell("CNN" if spec.family == "cnn" else "transformer")]
        rows.append(cells + _cells(first, result.means[spec.id], numbers))
    for family, points in result.families.items():
        cells = [Cell(FAMILIES[family][0], style="best"), Cell("mean")]
        rows.append(cells + _cells(points[0].values, result.means[family], numbers))
    heads = [Column("Network", text=True), Column("Family", text=True)]
    for number in numbers:
        if number.id != "kept":
            heads.append(Column(f"{number.title}, as it is", _said(number)))
        heads.append(Column(f"{number.title}, corrupted", f"{_said(number)} Mean of all corruptions and severities."))
    return table(heads, rows)


def _cells(first: dict[str, Interval], mean: dict[str, Interval], numbers: Sequence[Shown]) -> list[Cell]:
    cells = []
    for number in numbers:
        if number.id != "kept":
            cells.append(_cell(first[number.id]))
        cells.append(_cell(mean[number.id]))
    return cells


def _cell(value: Interval) -> Cell:
    if value.value != value.value:
        return Cell("")
    sure = value.low == value.low
    words = f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})" if sure else f"{value.value:.3f}"
    return Cell(words, value=value.value)


def _broken(result: StressReport) -> str:
    ids = places(result)
    rows = [
        [Cell(spec.title, swatch=series), *(_break_cell(one, ids) for one in result.breaks[spec.id])]
        for series, spec in enumerate(result.specs)
    ]
    return table(
        [Column("Network", text=True), *(Column(in_plain(kind), text=True) for kind in result.kinds)], rows, sort=False
    )


def _break_cell(one: Broken, ids: Mapping[Place, str]) -> Cell:
    words = (
        f"severity {one.severity}, {100 * one.kept:.0f} % kept"
        if one.broke
        else f"does not break: {100 * one.kept:.0f} % kept at {one.severity}"
    )
    return Cell(f"{one.photo}: {words}", style="long", link=f"#{ids[place_of(one)]}")


def _all(result: StressReport) -> str:
    numbers = shown_numbers(result)
    rows = [
        [Cell(spec.title, swatch=series), Cell(in_plain(point.condition.kind) or "as it is"),
         Cell(str(point.condition.severity), value=point.condition.severity),
         *(_cell(point.values[number.id]) for number in numbers)]
        for series, spec in enumerate(result.specs)
        for point in result.curves[spec.id]
    ]  # fmt: skip
    heads = [Column("Network", text=True), Column("Corruption", text=True), Column("Severity")]
    return table([*heads, *(Column(number.title, _said(number)) for number in numbers)], rows, tall=True)
