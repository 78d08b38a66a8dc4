"""Not in its vocabulary: how well doubt finds what a network has no class for, and what the network calls it instead.

The unknown pixels are counted by every measure of doubt in the steps of `calibration.rank` (256 to an octave) and by
the class they were called; counts of photos add. AUROC, AUPR and FPR95 set them against all labelled pixels, right or
wrong, of the same photos, as SegmentMeIfYouCan (Chan et al. 2021) and Fishyscapes (Blum et al. 2021) do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from demo.analysis import calibration
from demo.measures import BY_ID
from demo.schema import ClassSet, Prediction, Unknown

Counts = NDArray[np.int64]

NONE_OF_THESE = "none of these"
"""What a person who paints calls a thing that no class of the set names."""
RECALL = 0.95
"""The share of the unknown pixels that is found where FPR95 is told."""
PASSED, FLAGGED, FOUND, MISSED, UNASKED = 0, 1, 2, 3, 255
FLAG_NAMES = {
    PASSED: "known, and passed",
    FLAGGED: "known, but flagged",
    FOUND: "unknown, and flagged",
    MISSED: "unknown, but passed",
    UNASKED: "not labelled",
}
"""What each value of `flags` means."""


@dataclass(frozen=True)
class UnknownCounts:
    """Counts of the unknown pixels of one model over any number of photos; add them in any order."""

    doubt: Mapping[str, Counts] = field(default_factory=dict)
    """(33280,) pixels by each measure of doubt, by its id in demo.measures; no measure where there was no pixel."""
    called: Mapping[str, Counts] = field(default_factory=dict)
    """(C,) pixels of each thing by the class that the network called them."""

    def __add__(self, other: UnknownCounts) -> UnknownCounts:
        if not (self.called and other.called):
            return self if self.called else other
        doubt = {name: self.doubt[name] + other.doubt[name] for name in self.doubt if name in other.doubt}
        things = sorted(self.called.keys() | other.called.keys())
        parts = {thing: [part.called[thing] for part in (self, other) if thing in part.called] for thing in things}
        return UnknownCounts(doubt, {thing: np.sum(found, 0) for thing, found in parts.items()})

    @property
    def pixels(self) -> int:
        return int(sum(counts.sum() for counts in self.called.values()))


def count_unknown(prediction: Prediction, unknown: Unknown) -> UnknownCounts:
    """Count one prediction of one photo on the unknown pixels; of one size with it, else a ValueError."""
    if unknown.places.shape != prediction.size:
        raise ValueError(f"unknown must have the size {prediction.size}, but got {unknown.places.shape}")
    mask = unknown.mask
    if not mask.any():
        return UnknownCounts()
    event = np.ones(int(mask.sum()), bool)
    doubt = {
        name: calibration.rank(calibration.uncertainty(BY_ID[name], value[mask]), event)[1]
        for name, value in prediction.measures.items()
    }
    classes = len(prediction.class_set)
    pairs = np.bincount(
        unknown.places[mask].astype(np.intp) * classes + prediction.label_map[mask],
        minlength=(len(unknown.things) + 1) * classes,
    ).reshape(-1, classes)
    called = zip(unknown.things, pairs[1:].astype(np.int64), strict=True)
    return UnknownCounts(doubt, {thing: counts for thing, counts in called if counts.any()})


def against(unknown: UnknownCounts, known: Mapping[str, Counts]) -> dict[str, Counts]:
    """(2, 33280) labelled and unknown pixels by each measure of doubt, for the formulas of `calibration`.

    `known` are the labelled pixels, right and wrong (2, 33280), of the same photos.
    """
    return {name: np.stack([known[name].sum(0), found]) for name, found in unknown.doubt.items() if name in known}


@dataclass(frozen=True)
class Called:
    """A thing that no class names, and what a network called it."""

    thing: str
    pixels: int
    classes: tuple[tuple[int, int], ...]
    """(class, pixels), most pixels first."""


def called(counts: UnknownCounts, limit: int = 5) -> list[Called]:
    """The things, most pixels first, each with at most `limit` classes that it was called."""
    rows = []
    for thing, found in counts.called.items():
        order = np.argsort(-found, kind="stable")[:limit]
        named = tuple((int(index), int(found[index])) for index in order if found[index])
        rows.append(Called(thing, int(found.sum()), named))
    return sorted(rows, key=lambda row: (-row.pixels, row.thing))


def called_rows(counts: UnknownCounts, class_set: ClassSet, limit: int = 5) -> list[dict[str, object]]:
    """`called` as plain values for JSON, with the classes' names and their shares of the thing, 0..1."""
    return [
        {
            "thing": row.thing,
            "pixels": row.pixels,
            "classes": [
                {"name": class_set.names[index], "pixels": pixels, "share": pixels / row.pixels}
                for index, pixels in row.classes
            ],
        }
        for row in called(counts, limit)
    ]


def flags(
    prediction: Prediction, measure: str, known: NDArray[np.bool_], unknown: NDArray[np.bool_], recall: float = RECALL
) -> NDArray[np.uint8]:
    """(H, W) codes of `FLAG_NAMES`: what doubt flags at the strictest threshold that finds `recall` of the unknown.

    The shares of these codes are those of FPR95: flagged / (flagged + passed). Without unknown pixels nothing is asked.
    """
    codes = np.full(known.shape, UNASKED, np.uint8)
    if not unknown.any():
        return codes
    step = calibration.steps(calibration.uncertainty(BY_ID[measure], prediction.measures[measure]))
    found = np.bincount(step[unknown], minlength=calibration.RANKS)[::-1].cumsum()
    threshold = calibration.RANKS - 1 - int(np.argmax(found >= recall * found[-1]))
    flagged = step >= threshold
    codes[known] = np.where(flagged, FLAGGED, PASSED)[known]
    codes[unknown] = np.where(flagged, FOUND, MISSED)[unknown]
    return codes
