"""All numbers of one comparison as one object: the "comparison" of summary.json."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from demo.analysis.agreement import boundary_only, cannot_say, confident_conflict, shares, split_counts, vote_counts
from demo.analysis.kappa import fleiss_kappa, pairwise, ratings
from demo.analysis.numbers import plain
from demo.analysis.regions import disputed_regions
from demo.analysis.together import Probabilities, combined
from demo.schema import Comparison, Size

GRID = 1600
"""Long side of the grid on which models are compared; a smaller photo is compared pixel by pixel."""
SURE = 0.8
"""The confidence from which a model counts as sure, unless another is asked for."""

MEANS_SIDE = 128
"""Long side of the grid over which means of probabilities are taken: a tenth of the time of one of 512, for means that
differ by less than 0.001."""


def grid_of(size: Size) -> Size:
    """The size at which a photo of `size` is compared.

    >>> grid_of((480, 640)), grid_of((3000, 4000))
    ((480, 640), (1200, 1600))
    """
    scale = min(1, GRID / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def compare(c: Comparison, *, threshold: float = SURE, limit: int = 12) -> dict[str, object]:
    """What summary.json says of a comparison, ready for JSON: shares 0..1, None for what is undefined.

    `threshold` is the confidence from which a model counts as sure, `limit` the most regions to list. Boundary-only
    disputes are left out of the regions alone: what is neither agreed, nor "boundary_only", nor in a region lies in
    smaller regions than those listed.
    """
    counts = vote_counts(c)
    conflict = confident_conflict(c, threshold)
    pairs = pairwise(c)
    regions = disputed_regions(c, limit=limit)
    pixels = c.label_maps[0].size
    votes = [float(share) for share in counts / pixels]
    return {
        "all_agree": votes[0],
        "votes": votes,
        "split": shares(split_counts(c), pixels),
        "cannot_say": cannot_say(c),
        "boundary_only": float(boundary_only(c).mean()),
        "confidence_threshold": threshold,
        "confident_conflict": conflict.area,
        "confident_conflict_pairs": [
            {"classes": [c.class_set.names[k] for k in pair.classes], "area": pair.area} for pair in conflict.pairs
        ],
        "agreement": {f"{pair.first}|{pair.second}": plain(pair.agreement) for pair in pairs},
        "kappa": {f"{pair.first}|{pair.second}": plain(pair.kappa) for pair in pairs},
        "fleiss_kappa": plain(fleiss_kappa(ratings(c))),
        "regions": [region.as_dict() for region in regions],
    }


def divergence(models: Mapping[str, Probabilities]) -> dict[str, object]:
    """What summary.json says of how far the models' probabilities are apart, by their ids; means over a grid."""
    found, _ = combined([*models.values()], MEANS_SIDE, divergence_step=1)
    pairs = combinations(enumerate(models), 2)
    return {
        "mutual_information": float(found.mutual_information.mean(dtype=np.float64)),
        "jensen_shannon": {f"{a}|{b}": float(found.jensen_shannon[one, other]) for (one, a), (other, b) in pairs},
    }
