"""Disputed regions in words: where the models part, who says what there, how sure, and how much it matters.

A region is a connected set of pixels where every model keeps to one class, and not all to the same. The largest and
surest come first. Equal inputs give equal words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from demo.analysis.agreement import (
    SPLIT,
    disputed,
    dividing_line,
    merge_mild,
    number_of_votes,
    share_inside,
    supercategories_of,
)
from demo.analysis.spans import Spans, components, find_spans
from demo.schema import VOID, ClassSet, Comparison, Family, LabelMap, Size

SLIVER = 0.1
"""Of a region that is a mere sliver, less than this share lies further than the distance from a boundary.

On photographs, shifted boundaries had up to 0.08 and regions that one would point at had 0.13 to 0.8.
"""
COARSE = 256
"""A region's inmost point is sought on a grid of about this many points a side."""


@dataclass(frozen=True)
class Party:
    """The models that say one thing of a region."""

    says: str
    """A class; "car or truck" where mild disputes are ignored and the party's models differ mildly."""
    index: int
    """The class, or the first of them."""
    models: tuple[str, ...]
    """Titles."""
    families: tuple[Family, ...]
    confidence: float
    """Mean over the party's models and the region's pixels, 0..1."""


@dataclass(frozen=True)
class Piece:
    """Some words of a sentence."""

    text: str
    index: int | None = None
    """Where the words are a class, which may be shown in its colour."""


@dataclass(frozen=True)
class Region:
    """One disputed region."""

    rank: int
    """From 1: the largest and surest."""
    area: float
    """Share of the photo, 0..1."""
    box: tuple[int, int, int, int]
    """y0, x0, y1, x1; the last two just outside."""
    point: tuple[int, int]
    """(y, x) of a pixel of the region far from its border."""
    where: str
    """Where in the photo the point is: "top left", "centre", ..."""
    parties: tuple[Party, ...]
    split: str
    """Along which line the models part, one of agreement.SPLIT."""
    severe: bool
    """Whether the parties' classes are of different kinds (supercategories)."""
    spans: NDArray[np.int32]
    """(R, 3) row, first column, column just outside: the region's pixels."""

    @property
    def between_families(self) -> bool:
        """Whether each family is united inside, on different classes: `split` says between_families of its pixels."""
        return self.split == "between_families"

    @property
    def sentence(self) -> str:
        """The region in words, to read and to copy."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def pieces(self) -> list[Piece]:
        """The sentence where it names a party's class, and what stands between."""
        severity = "Severe." if self.severe else "Mild."
        found = [Piece(f"Region {self.rank}, {percent(self.area)} of the image, {self.where}: ")]
        for number, party in enumerate(self.parties):
            found += [Piece(_subject(party, first=number == 0)), Piece(party.says, party.index)]
            found += [Piece(f" ({party.confidence:.2f})"), Piece("; ")]
        return [*found[:-1], Piece(" ".join(part for part in (".", _divide(self), severity) if part))]

    def mask(self, size: Size) -> NDArray[np.bool_]:
        """(H, W) the region's pixels."""
        return numbered([self], size) > 0

    def as_dict(self) -> dict[str, object]:
        """JSON-ready, with the keys of summary.json."""
        return {
            "area": self.area,
            "box": list(self.box),
            "point": list(self.point),
            "where": self.where,
            "parties": [
                {"class": party.says, "models": list(party.models), "confidence": party.confidence}
                for party in self.parties
            ],
            "between_families": self.between_families,
            "severe": self.severe,
            "sentence": self.sentence,
        }


def disputed_regions(
    c: Comparison,
    *,
    hide_boundary: bool = True,
    ignore_mild: bool = False,
    limit: int = 12,
    distance: float | None = None,
) -> list[Region]:
    """The disputed regions, ranked by area times mean confidence of the parties, at most `limit`.

    Mild disputes are within one supercategory, any others severe. `hide_boundary` leaves out slivers: regions that lie,
    but for less than a tenth, within `distance` pixels (default 0.75 % of the diagonal) of a boundary. `ignore_mild`
    compares supercategories instead of classes.
    """
    spans = find_spans(c.label_maps)
    maps = merge_mild(c).label_maps if ignore_mild else c.label_maps
    pattern = replace(spans, labels=supercategories_of(c)[spans.labels]) if ignore_mild else spans
    component = components(pattern)
    counted = disputed(pattern)
    if hide_boundary:
        counted &= share_inside(pattern, component, maps, distance) >= SLIVER
    disputes = _Disputes(spans, pattern, np.stack([spans.sums(field) for field in c.confidences]), c.class_set)
    ranked = _ranked(disputes, component, counted, limit)
    return [_region(rank, members, c, disputes) for rank, members in enumerate(ranked, 1)]


def numbered(regions: Sequence[Region], size: Size) -> LabelMap:
    """(H, W) the rank of the region each pixel lies in, 0 for none: one map to draw them all from."""
    ranks = np.zeros(size, np.uint8)
    for region in regions:
        for row, begin, end in region.spans.tolist():
            ranks[row, begin:end] = region.rank
    return ranks


def percent(share: float) -> str:
    """A share as a percentage with two digits that count; what is not all is never 100 %.

    >>> percent(0.1234), percent(0.0342), percent(0.00056), percent(0.9968), percent(1.0), percent(0.0)
    ('12 %', '3.4 %', '0.056 %', '99.7 %', '100 %', '0 %')
    """
    value = 100 * share
    if value == 0:
        return "0 %"
    if 99.5 <= value < 100:
        return f"{min(value, 99.9):.1f} %"
    digits = 0 if value >= 9.95 else 1 if value >= 0.995 else 2 if value >= 0.0995 else 3
    return f"{value:.{digits}f} %"


@dataclass(frozen=True)
class _Disputes:
    """What is said along the spans of a comparison, and what it means."""

    spans: Spans
    """Classes."""
    pattern: Spans
    """The same spans; what is compared, classes or supercategories."""
    confidences: NDArray[np.float64]
    """(M, R) summed over each span."""
    class_set: ClassSet


def _ranked(
    disputes: _Disputes, component: NDArray[np.int32], counted: NDArray[np.bool_], limit: int
) -> list[NDArray[np.int64]]:
    """The spans of each of the first `limit` regions, by area times mean confidence of the parties."""
    said = disputes.pattern.labels
    party_size = np.stack([(said == labels).sum(0) for labels in said])
    confidences = np.where(said == VOID, 0, disputes.confidences)
    # Each party counts once, however many models are in it. Sorted, so that no rounding depends on the models' order.
    parties = np.maximum(number_of_votes(disputes.pattern), 1)
    weights = np.sort(confidences / party_size, axis=0).sum(0) / parties
    worth = np.bincount(component, np.where(counted, weights, 0))
    best = np.argsort(-worth, kind="stable")[:limit]
    return [np.flatnonzero(component == region) for region in best if worth[region] > 0]


def _region(rank: int, members: NDArray[np.int64], c: Comparison, disputes: _Disputes) -> Region:
    height, width = disputes.spans.size
    rows, begins = np.divmod(disputes.spans.starts[members], width)
    ends = begins + disputes.spans.lengths[members]
    pieces = np.stack([rows, begins, ends], axis=1).astype(np.int32)
    box = (int(rows[0]), int(begins.min()), int(rows[-1]) + 1, int(ends.max()))
    point = _inmost(pieces, box)
    area = int(disputes.spans.lengths[members].sum()) / (height * width)
    parties, severe = _parties(members, c, disputes)
    split = SPLIT[dividing_line(disputes.pattern.labels[:, members[:1]], c.families)[0]]
    return Region(rank, area, box, point, _where(point, (height, width)), parties, split, severe, pieces)


def _parties(members: NDArray[np.int64], c: Comparison, disputes: _Disputes) -> tuple[tuple[Party, ...], bool]:
    """Who says what along these spans, in the order of the models; and whether the difference is one of kind."""
    pixels = disputes.spans.lengths[members]
    said = disputes.pattern.labels[:, members[0]]
    classes = [int(np.bincount(labels[members], pixels).argmax()) for labels in disputes.spans.labels]
    confidences = disputes.confidences[:, members].sum(1) / pixels.sum()
    parties = []
    for value in dict.fromkeys(said[said != VOID].tolist()):
        models = np.flatnonzero(said == value).tolist()
        parties.append(
            Party(
                says=" or ".join(dict.fromkeys(disputes.class_set.names[classes[m]] for m in models)),
                index=classes[models[0]],
                models=tuple(c.titles[m] for m in models),
                families=tuple(c.families[m] for m in models),
                confidence=float(confidences[models].mean()),
            )
        )
    kinds = {int(disputes.class_set.supercategory_index[k]) for k in classes if k != VOID}
    return tuple(parties), len(kinds) > 1


def _inmost(pieces: NDArray[np.int32], box: tuple[int, int, int, int]) -> tuple[int, int]:
    """A pixel of the region far from its border, the frame of the photo being a border too."""
    top, left, bottom, right = box
    inside = np.zeros((bottom - top + 2, right - left + 2), bool)
    for row, begin, end in (pieces - [top - 1, left - 1, left - 1]).tolist():
        inside[row, begin:end] = True
    step = -(-max(inside.shape) // COARSE)
    coarse = np.pad(inside[::step, ::step], 1)
    if coarse.sum() < 9:  # too thin for the grid: look at every pixel
        step, coarse = 1, np.pad(inside, 1)
    y, x = np.unravel_index(distance_transform_edt(coarse).argmax(), coarse.shape)
    return int(y - 1) * step + top - 1, int(x - 1) * step + left - 1


def _where(point: tuple[int, int], size: Size) -> str:
    row = ("top", "", "bottom")[int(3 * (point[0] + 0.5) / size[0])]
    column = ("left", "", "right")[int(3 * (point[1] + 0.5) / size[1])]
    return f"{row} {column}".strip() or "centre"


def _subject(party: Party, first: bool) -> str:
    verb = "" if not first else " say" if len(party.models) > 1 else " says"
    return f"{', '.join(party.models)}{verb} "


def _divide(region: Region) -> str:
    """Along which line the models part, in words; nothing when they are all of one family."""
    heads = Counter(family for party in region.parties for family in party.families)
    if not (heads["cnn"] and heads["transformer"]):
        return ""
    cnns = "CNNs" if heads["cnn"] > 1 else "CNN"
    transformers = "transformers" if heads["transformer"] > 1 else "transformer"
    return {
        "between_families": f"{cnns} against {transformers}.",
        "inside_cnn": "The CNNs are divided.",
        "inside_transformer": "The transformers are divided.",
    }.get(region.split, "Both families are divided.")
