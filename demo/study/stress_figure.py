"""All curves of a stress ladder on one sheet, for slides and papers: a row a number, a panel a corruption."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from demo.analysis.stability import FEWEST
from demo.schema import Family
from demo.study import charts
from demo.study.html import counted
from demo.study.stress_curves import in_plain
from demo.study.stress_report import FAMILIES, Shown, shown_numbers, told, top_of
from demo.study.stress_results import StressReport

if TYPE_CHECKING:
    from demo.render.curves import Curve, Panels
    from demo.render.figures import Kind


def stress_figure(result: StressReport, kind: Kind) -> bytes:
    """The sheet as a file; its last column has CNNs against transformers over all corruptions, with 95 % intervals."""
    note = f"{counted(result.photos, 'photo')} from {result.source}; severity 0 is the photo as it is"
    if result.photos >= FEWEST:
        note += "; shaded: 95 % bootstrap intervals over photos"
    return to_bytes([_panels(result, number) for number in shown_numbers(result)], result.severities, note, kind)


def to_bytes(numbers: Sequence[Panels], severities: Sequence[int], note: str, kind: Kind) -> bytes:
    """Panels drawn as a sheet of the ladder."""
    from demo.render.curves import curves
    from demo.render.figures import to_bytes as written

    return written(curves(numbers, severities, "severity", title="Stress ladder", note=note), kind)


def network_curve(title: str, series: int, family: Family, values: Sequence[float]) -> Curve:
    """A network's curve in its colour of the page's charts; transformers are dashed."""
    from demo.render.curves import Curve

    return Curve(title, colour_of(series), values, dashed=family == "transformer")


def colour_of(series: int) -> str:
    return charts.light_colours()[f"s{series % 8}"]


def _panels(result: StressReport, number: Shown) -> Panels:
    from demo.render.curves import Panels

    panels = [(in_plain(kind), [*_curves(result, number, kind)]) for kind in result.kinds]
    if len(result.steps) > 1:
        panels.append(("all, by family", [*_families(result, number)]))
    values = [end for _, drawn in panels for curve in drawn for end in (*curve.values, *curve.high)]
    return Panels(
        f"{number.title}{'' if number.unit == '0..1' else f', {number.unit}'}", top_of(number, values), panels
    )


def _curves(result: StressReport, number: Shown, kind: str) -> Iterator[Curve]:
    for series, spec in enumerate(result.specs):
        points = [result.curves[spec.id][0], *(p for p in result.curves[spec.id] if p.condition.kind == kind)]
        yield network_curve(spec.title, series, spec.family, told(points, number)[0])


def _families(result: StressReport, number: Shown) -> Iterator[Curve]:
    from demo.render.curves import Curve

    for family, points in result.steps.items():
        title, series = FAMILIES[family]
        values, lows, highs = told(points, number)
        bounded = all(low == low for low in lows)
        yield Curve(title, colour_of(series), values, lows if bounded else (), highs if bounded else (),
                    dashed=family == "transformer")  # fmt: skip
