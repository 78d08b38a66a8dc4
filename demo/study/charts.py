"""Charts as inline SVG: lines, reliability diagrams, dots with intervals. Colours come from the page's style."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

import numpy as np

from demo.study.html import FOLDER, colour


@dataclass(frozen=True)
class Line:
    """A series of points; `series` is its colour's number."""

    name: str
    series: int
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Curve:
    """A value a step, with its interval where it has one; nan where there is none. `dashed` tells kinds apart."""

    name: str
    series: int
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dashed: bool = False


@dataclass(frozen=True)
class Frame:
    """The plotting area in SVG units, and the data range it shows."""

    width: float = 420
    height: float = 250
    left: float = 42
    right: float = 12
    top: float = 8
    bottom: float = 34
    x_range: tuple[float, float] = (0, 1)
    y_range: tuple[float, float] = (0, 1)

    def x(self, value: float) -> float:
        """Position of a data value."""
        low, high = self.x_range
        return self.left + (value - low) / ((high - low) or 1) * (self.width - self.left - self.right)

    def y(self, value: float) -> float:
        """Position of a data value, upwards."""
        low, high = self.y_range
        return self.height - self.bottom - (value - low) / ((high - low) or 1) * (self.height - self.top - self.bottom)


def lines(series: Sequence[Line], x_name: str, y_name: str, x_range: tuple[float, float] | None = None) -> str:
    """Lines over 0..1, both axes in percent, the vertical one up to a round number above the data.

    Over `x_range`, where one is given, the horizontal axis is in its own unit.
    """
    top = round_up(max((value for line in series for value in line.y), default=1))
    frame = Frame(y_range=(0, top), x_range=x_range or (0, 1))
    axes = _axes(frame, x_name, y_name, own_unit=x_range is not None)
    return _svg(frame, axes + "".join(_polyline(frame, line) for line in series))


def curves(
    series: Sequence[Line], x_name: str, y_name: str, ticks: Sequence[tuple[float, str]], y_low: float = 0
) -> str:
    """Shares 0..1, in percent from `y_low` on, over any quantity; `ticks` are its (values, names), rising."""
    frame = Frame(x_range=(ticks[0][0], ticks[-1][0]), y_range=(y_low, 1))
    below = frame.height - frame.bottom + 15
    named = "".join(_text(frame.x(value), below, name, "middle") for value, name in ticks)
    return _svg(
        frame, _axes(frame, x_name, y_name, ticks=()) + named + "".join(_polyline(frame, line) for line in series)
    )


def frontier(rows: Sequence[tuple[str, int, float, float]], best: Sequence[int], x_name: str, y_name: str) -> str:
    """Worth against cost: (name, series, cost from 0 on, worth 0..1) of each; a line joins the `best` places."""
    low, step = _steps(min(row[3] for row in rows), max(row[3] for row in rows))
    low = max(0.0, min(low, 1 - 4 * step))
    _, cost_step = _steps(0, 1.1 * max(row[2] for row in rows))
    frame = Frame(x_range=(0, 4 * cost_step), y_range=(low, low + 4 * step))
    below = frame.height - frame.bottom + 15
    parts = [_axes(frame, x_name, y_name, ticks=())]
    parts += [_text(frame.x(n * cost_step), below, f"{n * cost_step:.3g}", "middle") for n in range(5)]
    points = " ".join(f"{frame.x(rows[place][2]):.1f},{frame.y(rows[place][3]):.1f}" for place in best)
    parts.append(f'<polyline class="axis" points="{points}" fill="none" stroke-dasharray="4 3"/>')
    parts += [
        f'<circle cx="{frame.x(cost):.1f}" cy="{frame.y(worth):.1f}" r="5" fill="{colour(series)}">'
        f"<title>{escape(name)}: {cost:.3g}, {100 * worth:.1f} %</title></circle>"
        for name, series, cost, worth in rows
    ]
    lowest = -np.inf
    for name, _, cost, worth in sorted(rows, key=lambda row: -row[3]):
        x = frame.x(cost)
        lowest = max(frame.y(worth) + 4, lowest + 12)  # names stand below each other
        place = (x - 9, lowest, name, "end") if x > 0.68 * frame.width else (x + 9, lowest, name, "start")
        parts.append(_text(*place, "name over"))
    return _svg(frame, "".join(parts))


def _steps(low: float, high: float) -> tuple[float, float]:
    """Where a scale of four round steps begins, and the step.

    >>> _steps(0.56, 0.88), _steps(0, 13)
    ((0.5, 0.1), (0.0, 5.0))
    """
    power = 10.0 ** np.floor(np.log10(max(high - low, 0.01) / 4))
    for factor in (1, 2, 2.5, 5, 10, 20):
        step = float(factor * power)
        first = float(np.floor(low / step + 1e-9) * step)
        if first + 4 * step >= high:
            break
    return first, step


def ladder(series: Sequence[Curve], steps: Sequence[int], x_name: str, y_name: str, top: float | None = None) -> str:
    """Curves over steps that are equally far apart, the vertical axis from 0 to `top` or to a round number above."""
    shown = [value for curve in series for value in (*curve.y, *curve.high) if value == value]
    top = round_up(max(shown, default=1)) if top is None else top
    frame = Frame(width=340, height=220, left=48, x_range=(0, max(1, len(steps) - 1)), y_range=(0, top))
    parts, divisions = [], _divisions(top)
    for step in range(divisions + 1):
        y = frame.y(step / divisions * top)
        parts.append(f'<path class="grid" d="M{frame.left} {y:.1f}H{frame.width - frame.right}"/>')
        parts.append(_text(frame.left - 6, y + 4, f"{step / divisions * top:.3g}", "end"))
    below = frame.height - frame.bottom + 15
    parts += [_text(frame.x(place), below, str(step), "middle") for place, step in enumerate(steps)]
    parts.append(_text((frame.left + frame.width - frame.right) / 2, frame.height - 4, x_name, "middle"))
    place = f'transform="translate(10 {(frame.top + frame.height - frame.bottom) / 2:.0f}) rotate(-90)"'
    parts.append(f'<text {place} text-anchor="middle">{escape(y_name)}</text>')
    return _svg(frame, "".join(parts) + "".join(_curve(frame, curve, steps) for curve in series))


def _divisions(top: float) -> int:
    """Into how many parts a scale from 0 is divided: those whose length takes the fewest digits to say.

    >>> _divisions(1.0), _divisions(2.5), _divisions(0.3), _divisions(2.0)
    (5, 5, 3, 4)
    """
    return min((4, 5, 3), key=lambda parts: len(f"{top / parts:.3g}"))


def reliability(rows: Sequence[tuple[float, float, int, float, float]], series: int) -> str:
    """Accuracy against confidence: (from, to, pixels, mean confidence, accuracy) of each filled bin.

    A bar is a bin's accuracy, its line the distance to its mean confidence, its darkness its share of the pixels.
    """
    frame = Frame(width=230, height=215)
    most = max((row[2] for row in rows), default=1)
    bars = "".join(_bar(frame, row, series, most) for row in rows)
    diagonal = f'<line class="axis" stroke-dasharray="3 3" {_from(frame, 0, 0)} {_to(frame, 1, 1)}/>'
    return _svg(frame, _axes(frame, "confidence, %", "right, %", ticks=(0, 0.5, 1)) + bars + diagonal)


def dots(rows: Sequence[tuple[str, int, float, float, float]], digits: int = 2, zero: bool = False) -> str:
    """One row a name: (name, series, value, low, high), a dot with its interval on one common scale."""
    finite = [value for row in rows for value in row[2:] if value == value]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    low, high = (min(low, 0), max(high, 0)) if zero else (low, high)
    margin = 0.06 * ((high - low) or 1)
    frame = Frame(
        width=420,
        height=24 * len(rows) + 26,
        left=112,
        right=64,
        top=4,
        bottom=22,
        x_range=(low - margin, high + margin),
    )
    at_zero = (
        f'<line class="axis" stroke-dasharray="3 3" x1="{frame.x(0):.1f}" x2="{frame.x(0):.1f}" y1="2" '
        f'y2="{frame.height - frame.bottom}"/>'
        if zero
        else ""
    )
    ends = "".join(_text(frame.x(value), frame.height - 6, f"{value:.{digits}f}", "middle") for value in (low, high))
    return _svg(frame, at_zero + ends + "".join(_dot(frame, number, row, digits) for number, row in enumerate(rows)))


def grouped(groups: Sequence[str], rows: Sequence[tuple[str, int, Sequence[float]]], y_name: str) -> str:
    """Bars side by side: for every group one bar a row (name, series, values 0..1)."""
    frame = Frame(y_range=(0, round_up(max((v for row in rows for v in row[2] if v == v), default=1))))
    inner = frame.width - frame.left - frame.right
    step = inner / max(1, len(groups))
    thick = 0.78 * step / max(1, len(rows))
    parts = [_axes(frame, "", y_name, ticks=())]
    for place, group in enumerate(groups):
        start = frame.left + step * (place + 0.11)
        parts.append(_text(frame.left + step * (place + 0.5), frame.height - frame.bottom + 16, group, "middle"))
        parts += [
            _column(frame, start + thick * number, thick, values[place], series, f"{name}, {group}")
            for number, (name, series, values) in enumerate(rows)
            if values[place] == values[place]
        ]
    return _svg(frame, "".join(parts))


def standalone(svg: str, title: str, series: Sequence[tuple[str, int]] = ()) -> str:
    """A chart as a file of its own: with a title, the names of its series, and the report's colours in light."""
    [(width, height)] = re.findall(r'viewBox="0 0 (\S+) (\S+)"', svg)[:1]
    head = 26 + (20 if series else 0)
    names = "".join(
        f'<path d="M{x} 34h18" stroke="{colour(number)}" stroke-width="2"/>{_text(x + 24, 38, name, "start")}'
        for x, (name, number) in zip(range(12, 12 + 110 * len(series), 110), series, strict=True)
    )
    inner = svg.replace("<svg ", f'<svg x="0" y="{head}" width="{width}" height="{height}" ', 1)
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {float(height) + head:g}" '
        f'width="{width}" height="{float(height) + head:g}">'
        "<style>text { font: 11px sans-serif; fill: var(--soft); } .grid { stroke: var(--grid); } "
        ".axis { stroke: var(--soft); } .title { font-size: 13px; font-weight: 600; fill: var(--ink); }</style>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{_text(12, 18, title, "start", "title")}'
        f"{names}{inner}</svg>\n"
    )
    light = light_colours()
    return re.sub(r"var\(--(\w+)\)", lambda found: light[found[1]], drawn)


@cache
def light_colours() -> dict[str, str]:
    """The report's own, by name, such as s0 for the first series: files may be read by what knows no CSS variables."""
    light = (FOLDER / "report.css").read_text().partition("@media")[0]
    return dict(re.findall(r"--(\w+): (#\w+)", light))


def round_up(value: float) -> float:
    """Where a scale from 0 may end: at 0.05, a tenth up to 0.6, 0.8 or 1; above 1 at the value itself.

    >>> round_up(0.31), round_up(0.83), round_up(0.07), round_up(1.7)
    (0.4, 1.0, 0.1, 1.7)
    """
    for step in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0):
        if value <= step:
            return step
    return value


def _svg(frame: Frame, content: str) -> str:
    return f'<svg viewBox="0 0 {frame.width:g} {frame.height:g}" role="img">{content}</svg>'


def _axes(
    frame: Frame, x_name: str, y_name: str, ticks: Sequence[float] = (0, 0.25, 0.5, 0.75, 1), own_unit: bool = False
) -> str:
    (first, last), (bottom, top) = frame.x_range, frame.y_range
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        value = bottom + share * (top - bottom)
        y = frame.y(value)
        parts.append(f'<path class="grid" d="M{frame.left} {y:.1f}H{frame.width - frame.right}"/>')
        parts.append(_text(frame.left - 6, y + 4, f"{100 * value:.3g}", "end"))
    below = frame.height - frame.bottom + 15
    places = [first + share * (last - first) for share in ticks] if own_unit else ticks
    parts += [_text(frame.x(x), below, f"{x:.3g}" if own_unit else f"{100 * x:.0f}", "middle") for x in places]
    parts.append(_text((frame.left + frame.width - frame.right) / 2, frame.height - 4, x_name, "middle"))
    middle = (frame.top + frame.height - frame.bottom) / 2
    place = f'transform="translate(10 {middle:.0f}) rotate(-90)"'
    parts.append(f'<text {place} text-anchor="middle">{escape(y_name)}</text>')
    return "".join(parts)


def _polyline(frame: Frame, line: Line) -> str:
    points = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in zip(line.x, line.y, strict=True))
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour(line.series)}" stroke-width="2">'
        f"<title>{escape(line.name)}</title></polyline>"
    )


def _curve(frame: Frame, curve: Curve, steps: Sequence[int]) -> str:
    known = [place for place, value in enumerate(curve.y) if value == value]
    points = [(frame.x(place), frame.y(curve.y[place])) for place in known]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="6 3"' if curve.dashed else ""
    band = ""
    sure = [place for place in known if curve.low and curve.low[place] == curve.low[place]]
    if len(sure) > 1:
        edge = [(place, curve.high[place]) for place in sure] + [(place, curve.low[place]) for place in reversed(sure)]
        outline = " ".join(f"{frame.x(place):.1f},{frame.y(value):.1f}" for place, value in edge)
        band = f'<polygon points="{outline}" fill="{colour(curve.series)}" fill-opacity="0.14"/>'
    told = "; ".join(f"{steps[place]}: {curve.y[place]:.3f}" for place in known)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{colour(curve.series)}"/>' for x, y in points)
    return (
        f'<g><title>{escape(curve.name)} - {told}</title>{band}<polyline points="{line}" fill="none" '
        f'stroke="{colour(curve.series)}" stroke-width="2"{dashes}/>{dots}</g>'
    )


def _bar(frame: Frame, row: tuple[float, float, int, float, float], series: int, most: int) -> str:
    low, high, pixels, confidence, right = row
    strength = 0.15 + 0.85 * (pixels / most) ** 0.5
    x, width = frame.x(low) + 0.5, frame.x(high) - frame.x(low) - 1
    middle, height = (frame.x(low) + frame.x(high)) / 2, frame.y(0) - frame.y(right)
    return (
        f"<g><title>{pixels:,} pixels: confidence {100 * confidence:.1f} %, right {100 * right:.1f} %</title>"
        f'<rect x="{x:.1f}" y="{frame.y(right):.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour(series)}" fill-opacity="{strength:.2f}"/>'
        f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{frame.y(right):.1f}" y2="{frame.y(confidence):.1f}" '
        'stroke="var(--bad)" stroke-width="1.5"/></g>'
    )


def _dot(frame: Frame, number: int, row: tuple[str, int, float, float, float], digits: int) -> str:
    name, series, value, low, high = row
    y = frame.top + 24 * number + 13
    label = _text(frame.left - 10, y + 4, name, "end", "name")
    if value != value:
        return label + _text(frame.left, y + 4, "not defined", "start")
    whisker = (
        f'<line x1="{frame.x(low):.1f}" x2="{frame.x(high):.1f}" y1="{y}" y2="{y}" stroke="{colour(series)}" '
        'stroke-width="2" stroke-opacity="0.55"/>'
        if low == low
        else ""
    )
    exact = digits + 1
    around = f" (95 %: {low:.{exact}f} to {high:.{exact}f})" if low == low else ""
    title = f"{escape(name)}: {value:.{exact}f}{around}"
    return (
        f"<g><title>{title}</title>"
        f'{label}{whisker}<circle cx="{frame.x(value):.1f}" cy="{y}" r="4.5" fill="{colour(series)}"/>'
        f"{_text(frame.width - frame.right + 8, y + 4, f'{value:.{digits}f}', 'start', 'name')}</g>"
    )


def _column(frame: Frame, x: float, width: float, value: float, series: int, name: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{frame.y(value):.1f}" width="{max(1, width - 1.5):.1f}" '
        f'height="{frame.y(0) - frame.y(value):.1f}" fill="{colour(series)}">'
        f"<title>{escape(name)}: {100 * value:.2f} %</title></rect>"
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{escape(text)}</text>'


def _from(frame: Frame, x: float, y: float) -> str:
    return f'x1="{frame.x(x):.1f}" y1="{frame.y(y):.1f}"'


def _to(frame: Frame, x: float, y: float) -> str:
    return f'x2="{frame.x(x):.1f}" y2="{frame.y(y):.1f}"'
