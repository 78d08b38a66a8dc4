"""Curves for print: small panels on one sheet, a line a network over the same steps, one legend for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from demo.render.figures import WIDTH

COLUMNS = 6
"""Panels beside each other at most."""
HIGH, ABOVE, BELOW = 1.2, 0.62, 0.34
"""Inches: of a panel with its title, of title and legend, and below the last row for the name of the steps."""
NAMES, LINE = 7, 0.14
"""Names on a line of the legend, and inches for each further line."""
SMALL = 6.5
"""Points."""


@dataclass(frozen=True)
class Curve:
    """A value a step, nan where there is none; `low` and `high` are its interval, where it has one."""

    title: str
    colour: str
    values: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dashed: bool = False


@dataclass(frozen=True)
class Panels:
    """One number in several conditions, on one scale from 0 to `top`."""

    name: str
    top: float
    panels: Sequence[tuple[str, Sequence[Curve]]]
    """The title of each, and its curves."""


def curves(numbers: Sequence[Panels], steps: Sequence[int], x_name: str, *, title: str = "", note: str = "") -> Figure:
    """Each number begins a row of its own. The legend names every title once, in the order in which they come."""
    lines = [line for number in numbers for line in _lines(number)]
    columns = max(len(panels) for _, panels in lines)
    known = {curve.title: curve for number in numbers for _, drawn in number.panels for curve in drawn}
    above = ABOVE + LINE * ((len(known) - 1) // NAMES)
    height = above + len(lines) * HIGH + BELOW
    figure = Figure(figsize=(WIDTH, height))
    figure.text(0.01, 1 - 0.06 / height, title, fontsize=9, va="top", parse_math=False)
    figure.text(0.01, 0.05 / height, note, fontsize=SMALL, va="bottom", parse_math=False)
    wide = WIDTH / columns
    for row, (number, panels) in enumerate(lines):
        for column, (name, drawn) in enumerate(panels):
            bottom = height - above - (row + 1) * HIGH + 0.2
            left, across, high = column * wide + 0.38, wide - 0.46, HIGH - 0.42
            axes = figure.add_axes((left / WIDTH, bottom / height, across / WIDTH, high / height))
            _draw(axes, number.top, name, drawn, steps)
            if not column:
                axes.set_ylabel(number.name, fontsize=SMALL, parse_math=False)
            if row == len(lines) - 1:
                axes.set_xlabel(x_name, fontsize=SMALL, labelpad=1)
    _add_legend(figure, list(known.values()), 1 - 0.22 / height)
    return figure


def _add_legend(figure: Figure, known: Sequence[Curve], top: float) -> None:
    handles = [Line2D([], [], color=curve.colour, linestyle=_style(curve), label="-") for curve in known]
    legend = figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.0, top), frameon=False,
                           ncols=NAMES, fontsize=SMALL, handlelength=2.4, columnspacing=1.2)  # fmt: skip
    for text, curve in zip(legend.get_texts(), known, strict=True):  # a title may be what a label must not be
        text.set_parse_math(False)
        text.set_text(curve.title)


def _lines(number: Panels) -> Iterator[tuple[Panels, Sequence[tuple[str, Sequence[Curve]]]]]:
    """Rows of COLUMNS panels at most, as even as they can be."""
    rows = -(-len(number.panels) // COLUMNS)
    each = -(-len(number.panels) // max(1, rows))
    return ((number, number.panels[start : start + each]) for start in range(0, len(number.panels), each))


def _draw(axes: Axes, top: float, title: str, drawn: Sequence[Curve], steps: Sequence[int]) -> None:
    places = range(len(steps))
    for curve in drawn:
        if curve.low:
            axes.fill_between(places, curve.low, curve.high, color=curve.colour, alpha=0.15, linewidth=0)
        axes.plot(
            places,
            curve.values,
            color=curve.colour,
            linestyle=_style(curve),
            linewidth=1,
            marker=".",
            ms=3,
            clip_on=False,
        )
    axes.set_title(title, fontsize=SMALL + 0.5, pad=3, parse_math=False)
    axes.set_xticks(places, [str(step) for step in steps])
    axes.set_ylim(0, top)
    axes.tick_params(labelsize=SMALL - 1, length=2, pad=1.5)
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    axes.spines[["top", "right"]].set_visible(False)


def _style(curve: Curve) -> Literal["-", "--"]:
    return "--" if curve.dashed else "-"
