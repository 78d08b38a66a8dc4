"""What the tab "Where they differ" is told: numbers, words and maps of one comparison, for the browser to show.

The numbers are those of summary.json: same functions, same grid. Maps go as data URLs of grey PNG files.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.analysis.agreement import (
    boundary_only,
    cannot_say,
    confident_conflict,
    majority,
    merge_mild,
    settle_boundaries,
    shares,
    split,
    votes,
)
from demo.analysis.conflict_thresholds import conflict_areas, conflict_thresholds
from demo.analysis.in_common import comparison_of
from demo.analysis.kappa import fleiss_kappa, pairwise, ratings
from demo.analysis.lone_models import lone_counts
from demo.analysis.numbers import plain
from demo.analysis.regions import disputed_regions, numbered
from demo.analysis.structure import BOUNDARY_DISTANCE, default_distance, measure
from demo.page.headline import Shares, headline
from demo.render.encode import png
from demo.schema import VOID, Comparison, LabelMap, Size

if TYPE_CHECKING:
    from demo.models.zoo import Answer

Row: TypeAlias = dict[str, object]

SURE = 0.8
"""The confidence from which a network counts as sure, where nobody chose another; as in web/tabs/differ/state.js."""
PAIRS = 8
"""Pairs of classes in confident conflict that are listed."""


@dataclass(frozen=True)
class Overlooked:
    """What a visitor asks to be overlooked."""

    boundaries: bool = False
    """Disputes that are only a shifted boundary: in votes, split and what all agree on. Regions never have them."""
    mild: bool = False
    """Disputes within one supercategory: in votes, split and regions."""
    distance: float = BOUNDARY_DISTANCE
    """How far a boundary may be shifted, as a share of the diagonal."""


def compared(answers: Sequence[Answer]) -> Comparison:
    """The answers of one run, on the grid they are shown on, in the words of one class set."""
    return comparison_of([(answer.spec, answer.prediction) for answer in answers])


def differences(c: Comparison, overlooked: Overlooked, threshold: float) -> Row:
    """Numbers, sentences and maps of at least two models' answers."""
    distance = _pixels(overlooked, c.label_maps.shape[1:])
    merged = merge_mild(c) if overlooked.mild else c
    shifted = float(boundary_only(merged, distance).mean())
    settled = settle_boundaries(merged, distance) if overlooked.boundaries else merged
    vote_map, split_map, winners, levels = votes(settled), split(settled), majority(c), conflict_thresholds(c)
    regions = disputed_regions(c, ignore_mild=overlooked.mild, distance=distance)
    parts = shares(np.bincount(split_map.reshape(-1), minlength=5)[:5], split_map.size)
    areas = conflict_areas(levels)
    said = [float(n) for n in np.bincount(vote_map.reshape(-1), minlength=len(c.ids) + 1)[1:] / vote_map.size]
    alone = [float(count) / vote_map.size for count in lone_counts(settled)]
    silent = cannot_say(c)
    agreed = Shares(said[0], shifted, parts["between_families"], alone, silent)
    sentences = headline(c, agreed, boundaries_aside=overlooked.boundaries, mild_aside=overlooked.mild)
    return {
        "lead": sentences[0],
        "headline": " ".join(sentences),
        "alone": dict(zip(c.ids, agreed.alone, strict=True)),
        "class_set": c.class_set.key,
        "cannot_say": silent,
        "votes": said,
        "split": parts,
        "boundary_only": shifted,
        "conflict_areas": areas,
        "conflict": conflict(c, threshold),
        "majority": class_areas(winners),
        "regions": [region.as_dict() | {"pieces": [asdict(piece) for piece in region.pieces]} for region in regions],
        "maps": {
            "votes": data_url(vote_map),
            "split": data_url(split_map),
            "conflict": data_url(levels),
            "majority": data_url(winners),
            "regions": data_url(numbered(regions, vote_map.shape)),
        },
        **pairs(c),
    }


def conflict(c: Comparison, threshold: float) -> Row:
    """Where at least two models are sure of different classes: the area, and which classes."""
    found = confident_conflict(c, threshold)
    listed = [{"classes": list(pair.classes), "area": pair.area} for pair in found.pairs[:PAIRS]]
    return {"threshold": threshold, "area": found.area, "pairs": listed, "more": len(found.pairs) - len(listed)}


def pairs(c: Comparison) -> Row:
    """Agreement and kappa of every two models, whatever is overlooked; Fleiss' kappa of all."""
    found = pairwise(c)
    return {
        "pairs": {f"{p.first}|{p.second}": {"agreement": plain(p.agreement), "kappa": plain(p.kappa)} for p in found},
        "fleiss_kappa": plain(fleiss_kappa(ratings(c))),
    }


def structures(answers: Sequence[Answer], overlooked: Overlooked) -> list[Row]:
    """Per model: how much of its entropy lies near its boundaries, and how much it is in pieces."""
    rows: list[Row] = []
    for answer in answers:
        found = measure(answer.prediction, _pixels(overlooked, answer.prediction.size))
        rows.append(
            {
                "model": answer.spec.id,
                "boundary_area": found.boundary_area_share,
                "boundary_entropy": plain(found.boundary_entropy_share),
                "entropy_at": plain(found.mean_entropy_at_boundaries),
                "entropy_inside": plain(found.mean_entropy_inside),
                "fragments": found.fragments,
                "per_megapixel": found.fragments_per_megapixel,
                "median_area": found.median_fragment_area,
                "boundary_length": found.boundary_length,
            }
        )
    return rows


def class_areas(label_map: LabelMap) -> list[Row]:
    """The classes of a map, the largest first."""
    counts = np.bincount(label_map.reshape(-1), minlength=256)[:VOID]
    present = sorted(np.flatnonzero(counts).tolist(), key=lambda index: (-counts[index], index))
    return [{"index": index, "area": float(counts[index] / label_map.size)} for index in present]


def data_url(pixels: NDArray[np.uint8]) -> str:
    """The grey PNG of a map as a URL that needs no file."""
    return "data:image/png;base64," + b64encode(png(pixels)).decode()


def _pixels(overlooked: Overlooked, size: Size) -> float:
    return default_distance(size) * overlooked.distance / BOUNDARY_DISTANCE
