"""Photos in groups by a column of a CSV file: night and day, indoors and outdoors, one camera and another."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.errors import DatasetError
from demo.names import readable, same_name

NAMES = ("photo", "name", "file", "image")
"""What the column may be called that says which photo a row is of; the first there is."""
MOST = 24
"""Groups that are told apart; what the rarer ones hold is one group more."""
MISSING, OTHERS = "(not in the file)", "(others)"


@dataclass(frozen=True)
class Groups:
    """Which photos share a value of a column."""

    column: str
    each: tuple[tuple[str, NDArray[np.int64]], ...]
    """(value, rows of its photos), the largest group first; photos without a row come last."""
    unknown: int = 0
    """Rows of the file whose photo the study has not got."""


def read_groups(path: Path, column: str, names: Sequence[str], files: Sequence[Path]) -> Groups:
    """The photos of a study, P names and files in its order, by a column of a CSV file with one row a photo.

    A row names its photo as the study does, or by its file's name with or without its ending. Raises DatasetError.
    """
    values, unknown = _values(path, column), 0
    rows = _places(names, files)
    found: dict[str, list[int]] = {}
    placed: set[int] = set()
    for photo, value in values:
        place = rows.get(photo)
        if place is None:
            unknown += 1
        elif place not in placed:
            placed.add(place)
            found.setdefault(value or "(empty)", []).append(place)
    if not placed:
        raise DatasetError(
            f"{path.name} must name the study's photos, such as {names[0] if names else 'cat.jpg'}, in its column "
            f"{'/'.join(NAMES)}, but none of its {len(values)} rows does. Check the names."
        )
    order = sorted(found, key=lambda value: (-len(found[value]), value))
    each = [(value, found[value]) for value in order[:MOST]]
    if rest := [place for value in order[MOST:] for place in found[value]]:
        each.append((OTHERS, rest))
    if lacking := [place for place in range(len(names)) if place not in placed]:
        each.append((MISSING, lacking))
    return Groups(readable(column), tuple((value, np.array(sorted(at), np.int64)) for value, at in each), unknown)


def _values(path: Path, column: str) -> list[tuple[str, str]]:
    """(photo, value) of each row, as text that can be written."""
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            reader = csv.DictReader(stream)
            heads = [name for name in reader.fieldnames or () if name]
            key = next((head for wanted in NAMES for head in heads if head.strip().lower() == wanted), None)
            if key is None or column not in heads:
                raise DatasetError(
                    f"{path.name} must have a column {'/'.join(NAMES)} and a column {column}, but has "
                    f"{', '.join(heads) or 'no columns'}. Name one of these with --by, or add the column."
                )
            return [(_known_as(row[key] or ""), readable((row[column] or "").strip())) for row in reader]
    except (OSError, csv.Error) as error:
        raise DatasetError(f"{path} must be a CSV file, but cannot be read ({error}). Check the path.") from error


def _places(names: Sequence[str], files: Sequence[Path]) -> dict[str, int]:
    """Each way to name a photo that means one photo only, and that photo's row."""
    found: dict[str, int] = {}
    for ways in (names, [os.fspath(file) for file in files], [f.name for f in files], [f.stem for f in files]):
        twice: set[str] = set()
        told: dict[str, int] = {}
        for place, way in enumerate(map(_known_as, ways)):
            twice |= {way} & told.keys()
            told[way] = place
        found = {way: place for way, place in told.items() if way not in twice} | found
    return found


def _known_as(name: str) -> str:
    return readable(same_name(name.strip()))
