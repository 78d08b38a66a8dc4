"""What a visitor gives as truth of a photo - files, or painted regions - as one label map."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.errors import TruthError
from demo.labels import class_index, decode_annotation, decode_panoptic
from demo.names import same_name
from demo.schema import VOID, LabelMap, Size

Mask: TypeAlias = NDArray[np.bool_]
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Given:
    """A truth in ADE20K's classes."""

    kind: str
    """In words, for the reader."""
    label_map: LabelMap
    unknown: Mask | None = None
    """Where it shows something that no ADE20K class names."""


@dataclass(frozen=True)
class Region:
    """One polygon of the photo and the class that fills it."""

    name: str
    corners: tuple[Point, ...]
    """(x, y) in the photo's pixels from its upper left corner; the pixel in that corner reaches from 0 to 1."""


def read(files: Sequence[Path], photo: str, size: Size) -> Given:
    """The truth in an ADE20K PNG, or in a COCO panoptic PNG with its JSON, of the photo of that name and size.

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
        return _labelled(Given("ADE20K annotation", _annotation(masks[0], size)), masks[0].name)
    names = _listed(lists[0])
    named = photo if _stem(photo) in names or _stem(masks[0]) not in names else masks[0].name
    label_map, unknown = decode_panoptic(masks[0], lists[0], named, size=size)
    return _labelled(Given("COCO panoptic", label_map, unknown), masks[0].name)


def paint(regions: Sequence[Region], photo: Size, grid: Size) -> Given:
    """The regions on a grid over the photo, a later one over an earlier one; everything else is not labelled.

    Raises TruthError for a region without an area, UnknownModelError for a class that is not one.
    """
    label_map = np.full(grid, VOID, np.uint8)
    scale = np.array([grid[1] / photo[1], grid[0] / photo[0]])
    for region in regions:
        index, inside = class_index(region.name), fill(np.array(region.corners).reshape(-1, 2) * scale, grid)
        if not inside.any():
            raise TruthError(
                f"The region {region.name} should enclose at least one pixel of the photo, but its "
                f"{len(region.corners)} corners enclose none; set three or more that do not lie on one line."
            )
        label_map[inside] = index
    return Given("Painted regions", label_map)


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


def _annotation(mask: Path, size: Size) -> LabelMap:
    try:
        return decode_annotation(mask, size=size)
    except TruthError as error:
        if _is_colour(mask):
            raise TruthError(f"{error} If it is a COCO panoptic PNG, drop its JSON together with it.") from error
        raise


def _labelled(given: Given, name: str) -> Given:
    if (given.label_map == VOID).all() and (given.unknown is None or not given.unknown.any()):
        raise TruthError(
            f"{name} should label at least one pixel, but all of it is 0 (not labelled); "
            "check that it is the index mask: 1 to 150 are classes."
        )
    return given


def _is_colour(mask: Path) -> bool:
    with mask.open("rb") as file:
        head = file.read(26)
    return head.startswith(b"\x89PNG") and head[24:26] == b"\x08\x02"  # 8 bits a channel, red green blue


def _stem(name: Path | str) -> str:
    return same_name(Path(name).stem)


def _listed(annotations: Path) -> set[str]:
    """Stems of the photos that a panoptic JSON lists; none where it is none, which decoding then says."""
    try:
        return {_stem(entry["file_name"]) for entry in json.loads(annotations.read_bytes())["annotations"]}
    except (ValueError, KeyError, TypeError):
        return set()
