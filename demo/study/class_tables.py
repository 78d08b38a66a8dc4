"""The classes of a study as its networks name them: how often, how alike, and which they take for each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.analysis import scores
from demo.study.records import StudyRecords

PAIRS_OF_CLASSES = 30


@dataclass(frozen=True)
class ClassRow:
    """One class in the networks' own words."""

    name: str
    areas: tuple[float, ...]
    """Share of the pixels that each network names so."""
    overlap: float
    """IoU of two networks' pixels of the class, mean over the pairs of which one names it."""
    rival: str
    """What another network most often says there; empty where none differs."""


@dataclass(frozen=True)
class ClassPairRow:
    """Two classes that networks take for each other."""

    classes: tuple[str, str]
    share: float
    """Of the pixels, mean over the pairs of networks."""
    between_families: float
    """Of these, the share where one network is a CNN and the other a transformer; nan with one family."""
    most: tuple[str, str]
    """The networks that do so most: the one that says the first class, and the one that says the second."""


def class_rows(r: StudyRecords) -> tuple[ClassRow, ...]:
    """Every class that some network names, the one with most pixels first."""
    classes = len(r.class_set)
    overlaps = np.array([scores.iou(counts) for counts in r.confusions]).reshape(-1, classes)
    apart = r.confusions.sum(0)
    apart = np.where(np.eye(classes, dtype=bool), 0, apart + apart.T)
    total = np.maximum(r.areas.sum(1, keepdims=True), 1)
    shares = r.areas / total
    return tuple(
        ClassRow(
            r.class_set.names[k],
            tuple(map(float, shares[:, k])),
            scores.mean(overlaps[:, k]),
            r.class_set.names[int(apart[k].argmax())] if apart[k].any() else "",
        )
        for k in np.argsort(-r.areas.sum(0), kind="stable")
        if r.areas[:, k].any()
    )


def class_pairs(r: StudyRecords) -> tuple[ClassPairRow, ...]:
    """The pairs of classes that most pixels are disputed between, at most PAIRS_OF_CLASSES."""
    pairs = [(r.models[one], r.models[other]) for one, other in r.pairs]
    both_ways = np.triu((r.confusions + np.swapaxes(r.confusions, 1, 2)).sum(0), 1)
    number = min(PAIRS_OF_CLASSES, int(np.count_nonzero(both_ways)))
    order = np.argsort(-both_ways, axis=None, kind="stable")[:number]
    across = np.array([one.family != other.family for one, other in pairs], bool)
    found = []
    for low, high in zip(*np.unravel_index(order, both_ways.shape), strict=True):
        ways = np.stack([r.confusions[:, low, high], r.confusions[:, high, low]])
        way, pair = np.unravel_index(int(ways.argmax()), ways.shape)
        first, second = pairs[pair] if way == 0 else pairs[pair][::-1]
        found.append(
            ClassPairRow(
                (r.class_set.names[low], r.class_set.names[high]),
                float(ways.sum() / r.compared.sum()),
                float(ways[:, across].sum() / ways.sum()) if across.any() else np.nan,
                (first.title, second.title),
            )
        )
    return tuple(found)
