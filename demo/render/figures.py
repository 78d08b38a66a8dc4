"""Figures: in the article's layout, a row a network with entropy left and segmentation right; as a grid; for a slide.

They are matplotlib's Figure objects, never pyplot's, which a server would have to close one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, TypeAlias, TypeVar, get_args

import numpy as np
from matplotlib import patheffects, rc_context
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.transforms import BboxBase
from numpy.typing import NDArray
from scipy import ndimage

from demo.analysis.regions import percent
from demo.labels.palette import palette_for
from demo.measures import BY_ID, Measure
from demo.render.paint import Scheme, colour_table, colourise, overlay, scalar
from demo.schema import VOID, ClassSet, Field, Image, LabelMap

Value = TypeVar("Value", bound=np.generic)
Kind: TypeAlias = Literal["png", "svg", "pdf"]
KINDS: tuple[Kind, ...] = get_args(Kind)

WIDTH = 7.2
"""Inches at most: the text width of a two-column page."""
HEIGHT = 10.2
"""Inches at most, as long as a map stays LEAST long: a page's text, printed as large as it was drawn."""
LEAST = 0.9
"""Inches that a map is long at least, and that a panel is wide."""
LOWEST = 0.6
"""Inches that a panel is high at least, so that there is place for the scale."""
TITLED = 1.55
"""Inches that a network's name and its mean take above a panel of the grid."""
LINE = 0.115
"""Inches of a line of the list beside a segmentation."""
SLIDE = (10.0, 5.6)
"""Inches at most, wide and high: a slide of 16:9, so that letters are as large on it as they were drawn."""
CAPTION, GAP = 0.22, 0.06
"""Inches that a panel's title takes, and between two panels."""
MARGIN = 0.08
"""Inches left free left, right and below: on a slide nothing touches the picture's edge."""
BESIDE = 1.25
"""Inches for the list of classes beside a segmentation."""
SIDE = 900
"""Long side in pixels from which a photo and its maps are drawn: over 300 to the inch in print."""
COLUMNS = 3
"""Panels beside each other in a grid."""
SHARED, LIST_WIDE = 29, 1.44
"""Classes in the list under a grid, and how many inches each takes."""
NAMED = 0.015
"""A region from this share of the photo on has its name written on it."""
LISTED = 12
"""Classes in the list beside a segmentation, the largest first."""


@dataclass(frozen=True)
class Row:
    """One network's answer."""

    title: str
    label_map: LabelMap
    field: Field
    """Its measure of doubt, in the measure's unit."""
    class_set: ClassSet
    measure: Measure = BY_ID["entropy"]

    @property
    def top(self) -> float:
        """The end of the measure's scale."""
        return self.measure.top(len(self.class_set))

    @property
    def mean(self) -> str:
        """Of the measure over the photo, with its unit."""
        return f"{self.field.mean():.2f} {self.measure.unit}".strip()


@dataclass(frozen=True)
class Sheet:
    """A figure and where things stand on it, in inches: panels in rows and columns, lists beside and below them.

    A picture has the photo's shape and stands at the upper left of its panel, which may be larger: however long or tall
    a photo is, titles, scale and lists have their room.

    Placed outright: matplotlib's own layout engines take as long as the drawing, and give up on small panels.
    """

    figure: Figure
    picture: tuple[float, float]
    """Width and height."""
    wide: float
    high: float
    """Of a panel."""
    above: float
    """Taken by the figure's title."""
    beside: float
    below: float

    @classmethod
    def of(
        cls,
        photo: Image,
        *,
        columns: int,
        rows: int,
        widest: float,
        title: str,
        beside: float = 0,
        below: float = 0,
        page: float = HEIGHT,
        room: tuple[float, float] = (LEAST, LOWEST),
    ) -> Sheet:
        """Pictures of the photo's shape, as wide as goes onto a page that many inches high.

        `room` is the width and height that a panel takes even where its picture is smaller, as far as the page has it.
        """
        above, shape = 0.3 if title else 0.02, photo.shape[0] / photo.shape[1]
        widest, highest = widest - GAP - 2 * MARGIN / columns, (page - above - below - MARGIN) / rows - CAPTION
        picture_wide = min(widest, max(LEAST / max(1, shape), highest / shape))
        picture_high = picture_wide * shape
        wide = max(picture_wide, min(widest, room[0]))
        high = max(picture_high, min(highest, room[1]))
        height = rows * (high + CAPTION) + above + below + MARGIN
        width = columns * (wide + GAP) + beside + 2 * MARGIN
        figure = Figure(figsize=(width, height))
        if title:
            figure.text(MARGIN / width, 1 - 0.06 / height, title, fontsize=10, va="top", parse_math=False)
        return cls(figure, (picture_wide, picture_high), wide, high, above, beside, below)

    def panel(self, row: int, column: int) -> Axes:
        """The place of a picture."""
        return self._at(self._left(column), self._top(row), *self.picture)

    def free(self, row: int, column: int) -> Axes:
        """A panel without a picture."""
        return self._at(self._left(column), self._top(row), self.wide, self.high)

    def list_beside(self, row: int) -> Axes:
        width = self.figure.get_figwidth() - MARGIN
        return self._at(width - self.beside, self._top(row), self.beside, self.high)

    def list_below(self) -> Axes:
        width, height = self.figure.get_size_inches()
        top = height - MARGIN - self.below + 0.06
        return self._at(MARGIN, top, width - 2 * MARGIN, self.below - 0.06)

    def _left(self, column: int) -> float:
        return MARGIN + column * (self.wide + GAP)

    def _top(self, row: int) -> float:
        return self.above + row * (self.high + CAPTION) + CAPTION

    def _at(self, left: float, top: float, wide: float, high: float) -> Axes:
        width, height = self.figure.get_size_inches()
        axes = self.figure.add_axes((left / width, 1 - (top + high) / height, wide / width, high / height))
        axes.axis("off")
        return axes


def comparison(
    photo: Image,
    rows: Sequence[Row],
    *,
    title: str = "",
    scheme: Scheme = "colour",
    official: bool = False,
) -> Figure:
    """The photo, then a row a network: its measure of doubt on its fixed scale, segmentation with named classes.

    A class has one colour in all rows of its set, the set's own where `official` asks for it. All maps have the photo's
    size. `scheme` "article" draws doubt in grey.
    """
    _fit(photo, rows)
    palettes = _palettes(rows, official)
    lines = max((min(LISTED + 1, len(np.unique(row.label_map))) for row in rows), default=0)
    sheet = Sheet.of(
        photo,
        columns=2,
        rows=len(rows) + 1,
        widest=(WIDTH - BESIDE) / 2,
        title=title,
        beside=BESIDE,
        room=(LEAST, max(LOWEST, lines * LINE)),
    )
    _show(sheet.panel(0, 0), photo, "Photo")
    _colour_bar(sheet.free(0, 1), rows, scheme)
    for line, row in enumerate(rows, 1):
        _show(sheet.panel(line, 0), _doubt(row, scheme), f"{row.title}   (mean {row.mean})")
        segmented = sheet.panel(line, 1)
        _show(segmented, colourise(row.label_map, palettes[row.class_set]))
        _write_names(segmented, row, sheet.picture)
        _list_classes(sheet.list_beside(line), row, palettes[row.class_set], int(sheet.high / LINE))
    return sheet.figure


def grid(
    photo: Image,
    rows: Sequence[Row],
    *,
    title: str = "",
    scheme: Scheme = "colour",
    official: bool = False,
    opacity: float = 0.6,
    on_slide: bool = False,
) -> Figure:
    """The page's grid: the photo and every network's named classes over it, then every doubt, one list of classes.

    The rest as in `comparison`; `opacity` 1 shows the classes alone. A slide of 16:9 has as many columns as leave the
    panels largest, for five networks all in two rows.
    """
    _fit(photo, rows)
    palettes = _palettes(rows, official)
    width, height = SLIDE if on_slide else (WIDTH, HEIGHT)
    columns = _on_slide(photo, len(rows) + 1) if on_slide else COLUMNS
    lines = -(-(len(rows) + 1) // columns)
    listed = _commonest(rows)
    for lists in range(int(width / LIST_WIDE), 0, -1):
        sheet = Sheet.of(
            photo,
            columns=columns,
            rows=2 * lines,
            widest=width / columns,
            title=title,
            below=0.17 * -(-min(len(listed), SHARED + 1) // lists) + 0.1,
            page=height,
            room=(LEAST if lines == 1 else TITLED, LOWEST),
        )
        if lists * LIST_WIDE <= sheet.figure.get_figwidth():
            break
    _show(sheet.panel(0, 0), photo, "Photo")
    _colour_bar(sheet.free(lines, 0), rows, scheme)
    for place, row in enumerate(rows, 1):
        line, column = divmod(place, columns)
        named = sheet.panel(line, column)
        _show(named, overlay(photo, row.label_map, palettes[row.class_set], opacity), row.title)
        _write_names(named, row, sheet.picture)
        told = f"mean {row.mean}" if lines == 1 else f"{row.title}, mean {row.mean}"  # below its own classes
        _show(sheet.panel(lines + line, column), _doubt(row, scheme), told, size=8 if lines == 1 else 7)
    _list_shared(sheet.list_below(), listed, palettes, lists)
    return sheet.figure


def _on_slide(photo: Image, panels: int) -> int:
    """The number of columns in which so many panels, and as many below them, are largest on a slide.

    A column a network, in two rows, is what a slide is wide for: it may be a fifth smaller.
    """
    (wide, high), shape = SLIDE, photo.shape[0] / photo.shape[1]
    fitting = {n: (high - 0.9) / 2 / -(-panels // n) - CAPTION for n in range(1, panels + 1)}
    roomy = [n for n in fitting if fitting[n] >= LOWEST and wide / n >= (LEAST + GAP if n == panels else TITLED)]
    return max(roomy or fitting, key=lambda n: min(wide / n, fitting[n] / shape) * (1.25 if n == panels else 1))


def reduced(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which a photo of `size` and its maps are drawn.

    >>> reduced((3000, 4000)), reduced((300, 451))
    ((675, 900), (300, 451))
    """
    scale = min(1, SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def sampled(field: NDArray[Value], size: tuple[int, int]) -> NDArray[Value]:
    """The values of a map at the middles of a coarser grid's pixels, none of them mixed."""
    rows, columns = (((np.arange(n) + 0.5) * full / n).astype(int) for n, full in zip(size, field.shape, strict=True))
    return field[rows][:, columns]


def to_bytes(figure: Figure, kind: Kind, dpi: int = 200) -> bytes:
    """The figure as a file; the same figure gives the same bytes. Text in a PDF is text, in an SVG it is drawn."""
    stream = BytesIO()
    metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": None}}[kind]
    with rc_context({"svg.hashsalt": "segmentation-zoo", "pdf.fonttype": 42}):
        figure.savefig(stream, format=kind, dpi=dpi, metadata=metadata)
    return stream.getvalue()


def name_places(label_map: LabelMap, share: float = NAMED) -> list[tuple[int, int, int]]:
    """(class, row, column) for each region of at least `share` of the map, the largest first.

    The place is the region's pixel furthest from its edge.
    """
    places = []
    for label in np.unique(label_map[label_map != VOID]):
        pieces, number = ndimage.label(label_map == label)
        sizes = np.bincount(pieces.ravel(), minlength=number + 1)
        boxes = ndimage.find_objects(pieces)
        for piece in np.flatnonzero(sizes[1:] >= share * label_map.size) + 1:
            box = boxes[piece - 1]
            depth = ndimage.distance_transform_edt(np.pad(pieces[box] == piece, 1))[1:-1, 1:-1]
            row, column = np.unravel_index(int(depth.argmax()), depth.shape)
            places.append((int(sizes[piece]), int(label), int(row) + box[0].start, int(column) + box[1].start))
    return [(label, row, column) for _, label, row, column in sorted(places, key=lambda one: -one[0])]


def _fit(photo: Image, rows: Sequence[Row]) -> None:
    for row in rows:
        if row.label_map.shape != photo.shape[:2] or row.field.shape != photo.shape[:2]:
            raise ValueError(
                f"maps must have the photo's size {photo.shape[:2]}, but {row.title} has "
                f"{row.label_map.shape} and {row.field.shape}"
            )


def _palettes(rows: Sequence[Row], official: bool) -> dict[ClassSet, NDArray[np.uint8]]:
    """(C, 3) colours of each class set."""
    return {
        found: found.official_palette if official and found.official else _distinct(found, rows)
        for found in dict.fromkeys(row.class_set for row in rows)
    }


def _distinct(class_set: ClassSet, rows: Sequence[Row]) -> NDArray[np.uint8]:
    present = {int(label) for row in rows if row.class_set == class_set for label in np.unique(row.label_map)}
    return palette_for(class_set, present)


def _show(axes: Axes, picture: Image, title: str = "", size: float = 8) -> None:
    axes.imshow(picture, interpolation="nearest", aspect="auto")
    axes.set_title(title, fontsize=size, loc="left", pad=2, parse_math=False)


def _doubt(row: Row, scheme: Scheme) -> Image:
    """The measure's map on its fixed scale; much doubt is bright, whether the measure grows with it or falls."""
    return scalar(row.field if row.measure.high_is_doubt else row.top - row.field, row.top, scheme)


def _colour_bar(axes: Axes, rows: Sequence[Row], scheme: Scheme) -> None:
    """The scale of every map of doubt, in the free place; with several scales each map ends at its own.

    Whole numbers are marked where there is one scale.
    """
    if not rows:
        return
    high = axes.get_window_extent().height / axes.figure.dpi
    inset = axes.inset_axes((0.04, max(0.42, 0.3 / high), 0.88, max(0.09, 0.08 / high)))
    measure, tops = rows[0].measure, list(dict.fromkeys(row.top for row in rows))
    table = colour_table(scheme) if measure.high_is_doubt else colour_table(scheme)[::-1]
    scale = ScalarMappable(Normalize(0, tops[0]), ListedColormap(table / 255))
    bar = axes.figure.colorbar(scale, cax=inset, orientation="horizontal")
    whole = [number for number in range(int(tops[0]) + 1) if tops[0] - number > 0.25] if len(tops) == 1 else [0]
    end = " or ".join(f"{top:.2f}" if top % 1 else f"{top:g}" for top in tops)
    bar.set_ticks([*whole, tops[0]], labels=[*map(str, whole), end])
    bar.ax.tick_params(labelsize=6.5)
    bar.ax.set_title(", ".join(part for part in (measure.title, measure.unit) if part), fontsize=7, pad=3, loc="left")
    bar.ax.set_xlabel(_ends(rows), fontsize=6, labelpad=2, loc="left")


def _ends(rows: Sequence[Row]) -> str:
    """What the two ends of the scale mean."""
    if rows[0].measure.id == "entropy":
        classes = " or ".join(f"ln {count}" for count in dict.fromkeys(len(row.class_set) for row in rows))
        return f"0 is certain, {classes} no idea"
    return "bright is doubtful" if rows[0].measure.high_is_doubt else "low is doubtful, and bright"


def _write_names(axes: Axes, row: Row, picture: tuple[float, float]) -> None:
    """Names on a picture of so many inches, kept inside it; where two would overlap, the larger region's is written."""
    size, (high, wide) = 6.5 if picture[0] > 2.6 else 5.5, row.label_map.shape
    edge = 1.4
    outline = [patheffects.withStroke(linewidth=edge, foreground="black")]
    taken: list[BboxBase] = []
    for label, y, x in name_places(row.label_map):
        name = row.class_set.names[label]
        written = axes.text(
            x, y, name, color="white", fontsize=size, ha="center", va="center", path_effects=outline, parse_math=False
        )
        box = written.get_window_extent()
        across = (box.width / axes.figure.dpi + edge / 72) / picture[0] / 2 * wide
        down = (box.height / axes.figure.dpi + edge / 72) / picture[1] / 2 * high
        # larger than the picture: from its upper left into the free room of the panel
        written.set_position((max(across, min(x, wide - 1 - across)), max(down, min(y, high - 1 - down))))
        box = written.get_window_extent()
        if box.count_overlaps(taken):
            written.remove()
        else:
            taken.append(box)


def _list_classes(axes: Axes, row: Row, palette: NDArray[np.uint8], lines: int) -> None:
    """The largest classes with their shares, in so many lines at most."""
    label_map, names = row.label_map, row.class_set.names
    counts = np.bincount(label_map.ravel(), minlength=VOID + 1)[:VOID]
    present = [int(label) for label in np.argsort(-counts, kind="stable") if counts[label]]
    listed = present[: min(LISTED, lines if len(present) <= lines else lines - 1)]
    handles = [
        Patch(facecolor=palette[label] / 255, label=f"{names[label]} {percent(share)}")
        for label, share in ((label, counts[label] / label_map.size) for label in listed)
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


def _commonest(rows: Sequence[Row]) -> list[tuple[ClassSet, int]]:
    """The classes that any network names, the largest first, all networks together."""
    areas: Counter[tuple[ClassSet, int]] = Counter()
    for row in rows:
        counts = np.bincount(row.label_map.ravel(), minlength=VOID + 1)[:VOID]
        areas.update({(row.class_set, int(label)): int(counts[label]) for label in np.flatnonzero(counts)})
    return [one for one, _ in areas.most_common()]


def _list_shared(
    axes: Axes, listed: Sequence[tuple[ClassSet, int]], palettes: Mapping[ClassSet, NDArray[np.uint8]], columns: int
) -> None:
    handles = [
        Patch(facecolor=palettes[found][label] / 255, label=found.names[label]) for found, label in listed[:SHARED]
    ]
    if len(listed) > SHARED:
        handles.append(Patch(facecolor="none", label=f"and {len(listed) - SHARED} smaller"))
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, 0, 1, 1),
        ncols=columns,
        fontsize=6,
        frameon=False,
        borderaxespad=0,
        handlelength=1,
        handleheight=0.9,
        labelspacing=0.4,
        columnspacing=1.6,
    )
