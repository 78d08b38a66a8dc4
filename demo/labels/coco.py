"""COCO's 133 panoptic categories: their names, and panoptic truths in the terms of another class set."""

from __future__ import annotations

import csv
import difflib
import json
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from demo.errors import TruthError
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import check_size, open_png, read_file
from demo.labels.mapping import counterparts
from demo.names import same_name
from demo.schema import VOID, ClassSet, LabelMap, Size, Unknown

_TABLE: Final = Path(__file__).parent.parent / "data" / "coco_panoptic.csv"
with _TABLE.open(newline="", encoding="utf-8") as _stream:
    _COCO: Final = list(csv.DictReader(_stream))

COCO_NAMES: Final[dict[int, str]] = {int(row["id"]): row["name"] for row in _COCO}
"""The 133 categories of COCO panoptic by id."""
COCO_TO_ADE: Final[dict[int, int | None]] = {
    int(row["id"]): ADE20K.names.index(row["ade20k"]) if row["ade20k"] else None for row in _COCO
}
"""COCO panoptic id -> ADE20K class index, or None where ADE20K has no such class (train, snow, umbrella)."""


def coco_to(class_set: ClassSet) -> dict[int, int | None]:
    """COCO panoptic id -> class index in a set, or None where it has no such class.

    By the category's own name, else by that of the ADE20K class that it is.
    """
    if class_set == ADE20K:
        return COCO_TO_ADE
    own = counterparts(tuple(COCO_NAMES.values()), class_set)
    wider = counterparts(ADE20K.names, class_set)
    ade = COCO_TO_ADE.values()
    return {
        category: wider[place] if found is None and place is not None else found
        for category, found, place in zip(COCO_NAMES, own, ade, strict=True)
    }


def decode_panoptic(
    png: Path | str | bytes,
    annotations: Path | str | bytes,
    photo: str,
    class_set: ClassSet,
    *,
    size: Size | None = None,
) -> tuple[LabelMap, Unknown]:
    """A COCO panoptic truth in the classes of a set, and what it shows that the set has no class for.

    `annotations` is the panoptic JSON, `photo` the photo's file name in it (or the PNG's). Returns the (H, W) label
    map, void where nothing is labelled or the set has no class, and where and what the latter is, by COCO's names.
    Format: https://cocodataset.org/#format-data (panoptic). Raises TruthError.
    """
    data, name = read_file(png)
    pixels = open_png(data, name, ("RGB",), "the three channels of a COCO panoptic PNG").astype(np.uint32)
    check_size(pixels, size, name)
    identities, inverse = np.unique(pixels @ np.array([1, 256, 65536], np.uint32), return_inverse=True)
    categories = _segments(annotations, photo) | {0: 0}
    if missing := [int(i) for i in identities if int(i) not in categories]:
        raise TruthError(
            f"{name} should hold only the segments that its JSON lists for {photo}, but also has {missing[:3]}; "
            "check that PNG and JSON belong together."
        )
    found = [categories[int(identity)] for identity in identities]
    in_set = coco_to(class_set)
    classes = [in_set.get(category) for category in found]
    lookup = np.array([VOID if index is None else index for index in classes], np.uint8)
    outside = [category for index, category in zip(classes, found, strict=True) if index is None and category]
    things = sorted({COCO_NAMES[category] for category in outside})
    place = [1 + things.index(COCO_NAMES[category]) if category in outside else 0 for category in found]
    shape = pixels.shape[:2]
    places = np.array(place, np.uint8)[inverse].reshape(shape)
    return lookup[inverse].reshape(shape), Unknown(tuple(things), places)


def photos_listed(annotations: Path) -> frozenset[str]:
    """The names, without ending, of the photos that a panoptic JSON lists. Raises TruthError."""
    return frozenset(_listed_in(annotations))


def _segments(annotations: Path | str | bytes, photo: str) -> dict[int, int]:
    """Segment id -> category id of one photo."""
    name = "the file" if isinstance(annotations, bytes) else Path(annotations).name
    listed = _listed(annotations) if isinstance(annotations, bytes) else _listed_in(Path(annotations))
    found = listed.get(_stem(photo))
    if found is None:
        near = difflib.get_close_matches(_stem(photo), listed, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it lists {len(listed)} others."
        raise TruthError(f"{name} should list {photo}, but does not; {hint}")
    if unknown := sorted(set(found.values()) - COCO_NAMES.keys()):
        raise TruthError(
            f"{name} should use COCO's 133 panoptic categories, but {photo} has id {unknown[0]}; "
            "convert the truth to an annotation PNG instead."
        )
    return found


def _listed_in(path: Path) -> dict[str, dict[int, int]]:
    """`_listed`, a file of many photos being read once."""
    try:
        state = path.stat()
    except OSError:
        return _listed(path)  # which says why
    return _read_once(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=2)
def _read_once(path: Path, changed: int, size: int) -> dict[str, dict[int, int]]:
    return _listed(path)


def _listed(annotations: Path | str | bytes) -> dict[str, dict[int, int]]:
    """Of each photo, by its name without ending: segment id -> category id."""
    data, name = read_file(annotations)
    try:
        return {
            _stem(entry["file_name"]): {int(s["id"]): int(s["category_id"]) for s in entry["segments_info"]}
            for entry in json.loads(data)["annotations"]
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TruthError(
            f"{name} should be COCO panoptic JSON with annotations and segments_info, but is not ({error}); "
            "give the file that came with the PNG."
        ) from error


def _stem(name: str) -> str:
    return same_name(Path(name).stem)
