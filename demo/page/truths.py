"""What a visitor gives as truth of a photo - files, or painted regions - as one label map."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.analysis.unknown import NONE_OF_THESE
from demo.errors import TruthError
from demo.labels.annotations import decode_annotation, is_colour, nothing_labelled
from demo.labels.class_set import class_index
from demo.labels.coco import decode_panoptic
from demo.names import same_name
from demo.schema import VOID, ClassSet, LabelMap, Size, Unknown

Mask: TypeAlias = NDArray[np.bool_]
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Given:
    """A truth in the terms of a class set."""

    kind: str
    """In words, for the reader."""
    label_map: LabelMap
    class_set: ClassSet
    unknown: Unknown | None = None
    """What it shows that no class of the set names; None where such a truth cannot say."""
    numbered: bool = False
    """Whether a file's numbers say the classes, which may count from another first one than the set's."""


@dataclass(frozen=True)
class Region:
    """One polygon of the photo and the class that fills it."""

    name: str
    corners: tuple[Point, ...]
    """(x, y) in the photo's pixels from its upper left corner; the pixel in that corner reaches from 0 to 1."""


def read(files: Sequence[Path], photo: str, size: Size, class_set: ClassSet) -> Given:
    """The truth of the photo of that name and size: a PNG of the set's numbers, or a COCO panoptic PNG with its JSON.

    A COCO truth is looked up under the photo's name, or under the PNG's where the JSON does not list the photo.
    Raises TruthError.
    """
    lists = [path for path in files if path.suffix.lower() == ".json"]
    masks = [path for path in files if path not in lists]
    if len(masks) > 1 or len(lists) > 1:
        several = ", ".join(path.name for path in (masks if len(masks) > 1 else lists))
        raise TruthError(f"One photo has one truth, but several files came ({several}); drop the one of this photo.")
    if not masks:
        raise TruthError(
            f"{lists[0].name if lists else 'The truth'} should come with its PNG, but came alone; "
            "a COCO panoptic truth is two files, so drop the PNG as well."
        )
    if not lists:
        return _labelled(
            Given(f"{class_set.title} annotation", _annotation(masks[0], size, class_set), class_set, numbered=True),
            masks[0].name,
        )
    names = _listed(lists[0])
    named = photo if _stem(photo) in names or _stem(masks[0]) not in names else masks[0].name
    label_map, unknown = decode_panoptic(masks[0], lists[0], named, class_set, size=size)
    return _labelled(Given("COCO panoptic", label_map, class_set, unknown), masks[0].name)


def paint(regions: Sequence[Region], photo: Size, grid: Size, class_set: ClassSet) -> Given:
    """The regions on a grid over the photo, a later one over an earlier one; everything else is not labelled.

    A region named "none of these" is what no class of the set names. Raises TruthError for a region without an area,
    UnknownModelError for a class that is not one.
    """
    label_map, nameless = np.full(grid, VOID, np.uint8), np.zeros(grid, bool)
    scale = np.array([grid[1] / photo[1], grid[0] / photo[0]])
    for region in regions:
        index = VOID if is_none(region.name) else class_index(class_set, region.name)
        inside = fill(np.array(region.corners).reshape(-1, 2) * scale, grid)
        if not inside.any():
            raise TruthError(
                f"The region {region.name} should enclose at least one pixel of the photo, but its "
                f"{len(region.corners)} corners enclose none; set three or more that do not lie on one line."
            )
        label_map[inside], nameless[inside] = index, index == VOID
    unknown = Unknown.one(NONE_OF_THESE, nameless) if nameless.any() else None
    return Given("Painted regions", label_map, class_set, unknown)


def is_none(name: str) -> bool:
    """Whether a region's name says that no class names it.

    >>> is_none("None of  these"), is_none("animal")
    (True, False)
    """
    return " ".join(name.lower().split()) == NONE_OF_THESE


def fill(corners: NDArray[np.float64], size: Size) -> Mask:
    """(H, W) mask of the pixels whose middle lies inside a polygon of (n, 2) corners x, y, by the even-odd rule.

    >>> fill(np.array([[1, 0], [3, 0], [3, 2], [1, 2]]), (3, 4)).astype(int).tolist()
    [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    """
    height, width = size
    middles = np.arange(height) + 0.5
    crossings = np.zeros((height, width + 1), np.int32)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        rows = np.flatnonzero((y0 <= middles) != (y1 <= middles))
        if rows.size:
            places = x0 + (middles[rows] - y0) * (x1 - x0) / (y1 - y0)
            crossings[rows, np.clip(np.ceil(places - 0.5), 0, width).astype(int)] += 1
    return crossings[:, :width].cumsum(1) % 2 == 1


def _annotation(mask: Path, size: Size, class_set: ClassSet) -> LabelMap:
    try:
        return decode_annotation(mask, class_set, size=size)
    except TruthError as error:
        if is_colour(mask):
            raise TruthError(f"{error} If it is a COCO panoptic PNG, drop its JSON together with it.") from error
        raise


def _labelled(given: Given, name: str) -> Given:
    if (given.label_map == VOID).all() and (given.unknown is None or not given.unknown.mask.any()):
        raise nothing_labelled(name, given.class_set)
    return given


def _stem(name: Path | str) -> str:
    return same_name(Path(name).stem)


def _listed(annotations: Path) -> set[str]:
    """Stems of the photos that a panoptic JSON lists; none where it is none, which decoding then says."""
    try:
        return {_stem(entry["file_name"]) for entry in json.loads(annotations.read_bytes())["annotations"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return set()
