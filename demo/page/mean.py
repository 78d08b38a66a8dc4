"""What the networks say together, for the tab "Where they differ": the mean of their probabilities on a coarse grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from demo.analysis.in_common import SharedWords
from demo.analysis.together import Together, side_by_side, together
from demo.page.differences import Row, class_areas, data_url
from demo.schema import VOID, Field, Size

if TYPE_CHECKING:
    from demo.models.zoo import Answer

SIDE = 512
"""Long side of the grid: about that of the networks' own input, so finer than what any of them says."""


def mean_of(answers: Sequence[Answer]) -> Row:
    """The mean posterior's classes, its entropy, the mean of the entropies, mutual information; divergence by pair."""
    size = grid_of(answers[0].posterior.photo_size)
    shared = SharedWords.of([answer.posterior.class_set for answer in answers])
    top = log(len(shared.places))
    found = together(side_by_side(*[_strips(answer, size, shared) for answer in answers]), size, divergence_step=2)
    label_map = shared.places[found.label_map]
    ids = [answer.spec.id for answer in answers]
    return {
        "grid": list(size),
        "class_set": shared.words.key,
        "cannot_say": float((label_map == VOID).mean()),
        "classes": class_areas(label_map),
        "tops": {"entropy": top, "mean_entropy": top, "mutual_information": log(len(ids))},
        "means": {name: float(field.mean()) for name, field in _fields(found).items()},
        "divergence": {
            f"{ids[one]}|{ids[other]}": float(found.jensen_shannon[one, other])
            for one, other in combinations(range(len(ids)), 2)
        },
        "maps": {
            "together": data_url(label_map),
            "entropy": data_url(_steps(found.entropy, top)),
            "mean_entropy": data_url(_steps(found.mean_entropy, top)),
            "mutual_information": data_url(_steps(found.mutual_information, log(len(ids)))),
        },
    }


def _strips(answer: Answer, size: Size, shared: SharedWords) -> Iterator[tuple[int, NDArray[np.float32]]]:
    for y0, probabilities in answer.posterior.strips(size, max(map(len, shared.tables))):
        yield y0, shared.gather(answer.posterior.class_set, probabilities)


def grid_of(size: Size) -> Size:
    """The grid on which the mean is taken.

    >>> grid_of((480, 640)), grid_of((300, 400))
    ((384, 512), (300, 400))
    """
    scale = min(1, SIDE / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _fields(found: Together) -> dict[str, Field]:
    return {
        "entropy": found.entropy,
        "mean_entropy": found.mean_entropy,
        "mutual_information": found.mutual_information,
    }


def _steps(field: Field, top: float) -> NDArray[np.uint8]:
    return np.rint(np.clip(field / top, 0, 1) * 255).astype(np.uint8)
