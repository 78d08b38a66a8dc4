"""What the networks say together, for the tab "Where they differ": the mean of their probabilities on a coarse grid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import log
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from demo.analysis.together import Together, combined
from demo.page.differences import Row, class_areas, data_url
from demo.schema import VOID, Field

if TYPE_CHECKING:
    from demo.models.zoo import Answer


def mean_of(answers: Sequence[Answer]) -> Row:
    """The mean posterior's classes, its entropy, the mean of the entropies, mutual information; divergence by pair."""
    found, shared = combined([answer.posterior for answer in answers])
    top = log(len(shared.places))
    label_map = shared.places[found.label_map]
    ids = [answer.spec.id for answer in answers]
    return {
        "grid": list(label_map.shape),
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


def _fields(found: Together) -> dict[str, Field]:
    return {
        "entropy": found.entropy,
        "mean_entropy": found.mean_entropy,
        "mutual_information": found.mutual_information,
    }


def _steps(field: Field, top: float) -> NDArray[np.uint8]:
    return np.rint(np.clip(field / (top or 1), 0, 1) * 255).astype(np.uint8)  # 0: sets that have no word in common
