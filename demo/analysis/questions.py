"""A question of why: of a pixel, a region or the whole photo, and the pixels at which it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from demo.analysis.reach import Point
from demo.errors import QuestionError
from demo.schema import LabelMap, Size

Kind = Literal["field", "attribution", "rollout"]
Over = Literal["pixel", "region", "photo"]

KINDS: dict[Kind, str] = {
    "field": "Receptive field",
    "attribution": "Class attribution",
    "rollout": "Attention rollout",
}
OVERS: dict[Over, str] = {"pixel": "This pixel", "region": "Its region", "photo": "The whole photo"}
SIDE = 3
"""A region and a photo are asked of at SIDE x SIDE pixels."""


@dataclass(frozen=True)
class Question:
    """What is asked of every network alike."""

    point: Point
    kind: Kind = "field"
    over: Over = "pixel"
    """The pixel itself; what the network calls the same around it, without a gap; or the whole photo."""
    name: str = ""
    """Of a class; empty for the one that the network itself gives."""


def check(question: Question, photo: Size) -> None:
    """Raises QuestionError for a pixel outside the photo."""
    height, width = photo
    y, x = question.point
    if not (0 <= y < height and 0 <= x < width):
        raise QuestionError(
            f"Wanted a pixel of the photo, x 0 to {width - 1} and y 0 to {height - 1}, got x {x}, y {y}. "
            "Choose one inside."
        )


def points_of(question: Question, photo: Size, labels: LabelMap) -> tuple[Point, ...]:
    """The pixels of the photo that are asked of; `labels` is the network's map at any size."""
    height, width = photo
    if question.over == "pixel":
        return (question.point,)
    if question.over == "photo":
        return tuple((int((i + 0.5) * height / SIDE), int((j + 0.5) * width / SIDE)) for i, j in np.ndindex(SIDE, SIDE))
    down, across = height / labels.shape[0], width / labels.shape[1]
    spread = spread_over(region(labels, question.point, photo))
    return tuple((int((y + 0.5) * down), int((x + 0.5) * across)) for y, x in spread)


def region(labels: LabelMap, point: Point, photo: Size) -> NDArray[np.bool_]:
    """On the map's grid, what has the label of a pixel of the photo around it, without a gap: the 4-connected piece."""
    from scipy import ndimage  # the command line knows a question before anything heavy is loaded

    y, x = (
        int((place + 0.5) * cells / length) for place, cells, length in zip(point, labels.shape, photo, strict=True)
    )
    pieces, _ = ndimage.label(labels == labels[y, x])
    return np.asarray(pieces == pieces[y, x])


def spread_over(mask: NDArray[np.bool_]) -> list[Point]:
    """At most SIDE x SIDE pixels of a mask: the middle of each of as many parts of equal area, bands of rows cut up."""
    rows, columns = np.nonzero(mask)  # row by row
    found = []
    for band in np.array_split(np.arange(len(rows)), SIDE):
        for part in np.array_split(band[np.argsort(columns[band], kind="stable")], SIDE):
            if len(part):
                away = (rows[part] - rows[part].mean()) ** 2 + (columns[part] - columns[part].mean()) ** 2
                middle = part[int(np.argmin(away))]
                found.append((int(rows[middle]), int(columns[middle])))
    return found
