"""Figures for print, in the article's layout: a row a network, entropy left, segmentation with named classes right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch
from numpy.typing import NDArray
from scipy import ndimage

from demo.analysis.regions import percent
from demo.labels.palette import palette_for
from demo.render.paint import Scheme, colour_table, colourise, scalar
from demo.schema import VOID, ClassSet, Field, Image, LabelMap

WIDTH = 7.2
"""Inches: the text width of a two-column page."""
NAMED = 0.015
"""A region from this share of the photo on has its name written on it."""
LISTED = 12
"""Classes in the list beside a segmentation, the largest first."""


@dataclass(frozen=True)
class Row:
    """One network's answer, entropy in nats."""

    title: str
    label_map: LabelMap
    entropy: Field
    class_set: ClassSet


def comparison(photo: Image, rows: Sequence[Row], *, title: str = "", scheme: Scheme = "colour") -> Figure:
    """The photo, then a row a network: entropy on the fixed scale 0..ln C, segmentation with named classes.

    A class has one colour in all rows of its set. All maps have the photo's size. `scheme` "article" is grey.
    """
    for row in rows:
        if row.label_map.shape != photo.shape[:2] or row.entropy.shape != photo.shape[:2]:
            raise ValueError(
                f"maps must have the photo's size {photo.shape[:2]}, but {row.title} has "
                f"{row.label_map.shape} and {row.entropy.shape}"
            )
    sets = list(dict.fromkeys(row.class_set for row in rows))
    palettes = {found: _palette(found, rows) for found in sets}
    figure, axes = _canvas(photo, len(rows), title)
    _show(axes[0][0], photo, "Photo")
    _colour_bar(figure, axes[0][1], sets, scheme)
    axes[0][2].axis("off")
    for row, (left, right, beside) in zip(rows, axes[1:], strict=True):
        mean = f"(mean {row.entropy.mean():.2f} nats)"
        _show(left, scalar(row.entropy, row.class_set.max_entropy, scheme), f"{row.title}   {mean}")
        _show(right, colourise(row.label_map, palettes[row.class_set]))
        _write_names(right, row)
        _list_classes(beside, row, palettes[row.class_set])
    return figure


def _palette(class_set: ClassSet, rows: Sequence[Row]) -> NDArray[np.uint8]:
    present = {int(label) for row in rows if row.class_set == class_set for label in np.unique(row.label_map)}
    return palette_for(class_set, present)


def to_bytes(figure: Figure, kind: str, dpi: int = 200) -> bytes:
    """The figure as a file: "png" or "pdf"; the same figure gives the same bytes."""
    stream = BytesIO()
    metadata = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    figure.savefig(stream, format=kind, dpi=dpi, metadata=metadata)
    return stream.getvalue()


def name_places(label_map: LabelMap, share: float = NAMED) -> list[tuple[int, int, int]]:
    """(class, row, column) for each region of at least `share` of the map: its pixel furthest from the edge."""
    places = []
    for label in np.unique(label_map[label_map != VOID]):
        pieces, number = ndimage.label(label_map == label)
        sizes = np.bincount(pieces.ravel(), minlength=number + 1)
        for piece in np.flatnonzero(sizes[1:] >= share * label_map.size) + 1:
            inside = np.pad(pieces == piece, 1)
            depth = ndimage.distance_transform_edt(inside)[1:-1, 1:-1]
            row, column = np.unravel_index(int(depth.argmax()), depth.shape)
            places.append((int(label), int(row), int(column)))
    return places


def _canvas(photo: Image, rows: int, title: str) -> tuple[Figure, list[list[Axes]]]:
    """A grid of (rows + 1) x (map, map, list)."""
    ratios = (1.0, 1.0, 0.42)
    height = WIDTH * photo.shape[0] / photo.shape[1] / sum(ratios)
    close = ConstrainedLayoutEngine(w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.01)
    figure = Figure(figsize=(WIDTH, (height + 0.24) * (rows + 1) + (0.35 if title else 0.1)), layout=close)
    if title:
        figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    grid = figure.add_gridspec(rows + 1, 3, width_ratios=ratios)
    return figure, [[figure.add_subplot(grid[row, column]) for column in range(3)] for row in range(rows + 1)]


def _show(axes: Axes, picture: Image, title: str = "") -> None:
    axes.imshow(picture, interpolation="nearest")
    axes.set_title(title, fontsize=8, loc="left", pad=2)
    axes.axis("off")


def _colour_bar(figure: Figure, axes: Axes, sets: Sequence[ClassSet], scheme: Scheme) -> None:
    """The scale of every entropy map, in the free place beside the photo; with several sets each map ends at its own.

    Whole nats are marked where one set has them.
    """
    axes.axis("off")
    inset = axes.inset_axes((0.06, 0.42, 0.88, 0.09))
    top = sets[0].max_entropy
    scale = ScalarMappable(Normalize(0, top), ListedColormap(colour_table(scheme) / 255))
    bar = figure.colorbar(scale, cax=inset, orientation="horizontal")
    whole = [nats for nats in range(int(top) + 1) if top - nats > 0.25] if len(sets) == 1 else [0]
    tops = " or ".join(f"ln {count}" for count in dict.fromkeys(map(len, sets)))
    values = " or ".join(f"ln {len(found)} = {found.max_entropy:.2f}" for found in {len(s): s for s in sets}.values())
    bar.set_ticks([*whole, top], labels=[*map(str, whole), tops])
    bar.ax.tick_params(labelsize=7)
    bar.ax.set_title(f"Entropy, nats: certain (0) to no idea ({values})", fontsize=7, pad=3)


def _write_names(axes: Axes, row: Row) -> None:
    label_map = row.label_map
    outline = [patheffects.withStroke(linewidth=1.6, foreground="black")]
    for label, y, column in name_places(label_map):
        name = row.class_set.names[label]
        reach = 0.011 * len(name) * label_map.shape[1]
        x = float(np.clip(column, reach, label_map.shape[1] - 1 - reach))
        axes.text(x, y, name, color="white", fontsize=6.5, ha="center", va="center", path_effects=outline)


def _list_classes(axes: Axes, row: Row, palette: NDArray[np.uint8]) -> None:
    axes.axis("off")
    label_map, names = row.label_map, row.class_set.names
    counts = np.bincount(label_map.ravel(), minlength=VOID + 1)[:VOID]
    present = [int(label) for label in np.argsort(-counts, kind="stable") if counts[label]]
    handles = [
        Patch(facecolor=palette[label] / 255, label=f"{names[label]} {percent(share)}")
        for label, share in ((label, counts[label] / label_map.size) for label in present[:LISTED])
    ]
    more = len(present) - len(handles)
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 1),
        fontsize=6,
        frameon=False,
        borderaxespad=0,
        handlelength=1,
        handleheight=0.9,
        labelspacing=0.35,
        title=f"and {more} more" if more else None,
        title_fontsize=6,
        alignment="left",
    )
