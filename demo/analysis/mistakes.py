"""Which mistakes: how far apart the confused classes are in the set's hierarchy, and whether networks share them."""

from __future__ import annotations

import zlib
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.schema import ClassSet

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]

MILD, SEVERE = 1, 2
"""Height of what two different classes have in common: their supercategory, or nothing but the root."""


def heights(class_set: ClassSet) -> NDArray[np.uint8]:
    """(C, C) height of the lowest common ancestor: 0 for a class itself, `MILD` or `SEVERE`.

    The hierarchy has three levels - class, supercategory, root. A set without supercategories has no middle level:
    everything different is `SEVERE`.
    """
    own = class_set.supercategory_index
    apart = np.where(own[:, None] == own[None], MILD, SEVERE).astype(np.uint8)
    np.fill_diagonal(apart, 0)
    return apart


def severity(confusion: Counts, class_set: ClassSet) -> float:
    """Mean height of the lowest common ancestor of the annotated and the named class, over the wrong pixels, 1..2.

    Bertinetto et al., Making Better Mistakes, CVPR 2020 ("hierarchical distance of a mistake"). nan where nothing is
    wrong, or the set has no supercategories.
    """
    apart = heights(class_set)
    wrong = int(confusion[apart > 0].sum())
    if not wrong or not class_set.supercategories:
        return float("nan")
    return float((confusion * apart).sum() / wrong)


def supercategory_accuracy(confusion: Counts, class_set: ClassSet) -> float:
    """Share of the labelled pixels whose supercategory is right, 0..1; nan without any, or without supercategories."""
    total = int(confusion.sum())
    if not total or not class_set.supercategories:
        return float("nan")
    return float(confusion[heights(class_set) < SEVERE].sum() / total)


@dataclass(frozen=True)
class ErrorPair:
    """Two networks on the pixels that are labelled for both; pairs of photos add."""

    both: int = 0
    """Pixels where both are right."""
    first: int = 0
    """Where only the first is."""
    second: int = 0
    neither: int = 0

    def __add__(self, other: ErrorPair) -> ErrorPair:
        return ErrorPair(
            self.both + other.both,
            self.first + other.first,
            self.second + other.second,
            self.neither + other.neither,
        )

    @property
    def pixels(self) -> int:
        return self.both + self.first + self.second + self.neither

    @property
    def observed(self) -> float:
        """Share of the pixels where both are right or both wrong, 0..1."""
        return (self.both + self.neither) / self.pixels if self.pixels else float("nan")

    @property
    def expected(self) -> float:
        """The same for two networks as often right whose mistakes have nothing to do with each other, 0..1."""
        if not self.pixels:
            return float("nan")
        first, second = (self.both + self.first) / self.pixels, (self.both + self.second) / self.pixels
        return first * second + (1 - first) * (1 - second)

    @property
    def kappa(self) -> float:
        """Error consistency, -1..1: (observed - expected) / (1 - expected); 0 is chance, 1 the same mistakes.

        Geirhos et al., Beyond Accuracy: Quantifying Trial-by-Trial Behaviour of CNNs and Humans by Measuring Error
        Consistency, NeurIPS 2020; Cohen's kappa on being right. nan where chance alone agrees completely.
        """
        expected = self.expected
        return (self.observed - expected) / (1 - expected) if expected < 1 else float("nan")

    @property
    def shared(self) -> float:
        """Share of the pixels that either gets wrong that both get wrong, 0..1; nan where neither errs."""
        wrong = self.first + self.second + self.neither
        return self.neither / wrong if wrong else float("nan")

    def as_json(self) -> dict[str, int | float | None]:
        """Plain values; null for nan."""
        counts = {
            "pixels": self.pixels,
            "both_right": self.both,
            "first_right": self.first,
            "second_right": self.second,
            "both_wrong": self.neither,
        }
        shares = {name: getattr(self, name) for name in ("observed", "expected", "kappa", "shared")}
        return counts | {name: None if np.isnan(value) else value for name, value in shares.items()}


@dataclass(frozen=True, eq=False)
class Rightness:
    """Where one network's answer to one photo counts, and where it is right there: (H, W) each."""

    known: Mask
    right: Mask

    def with_(self, other: Rightness) -> ErrorPair:
        """The two networks' pixels; of one photo, so of one size, else a ValueError."""
        if self.known.shape != other.known.shape:
            raise ValueError(f"two networks must be of one photo, but got {self.known.shape} and {other.known.shape}")
        asked = self.known & other.known
        pixels = int(asked.sum())
        both = int((asked & self.right & other.right).sum())
        first, second = (int((asked & one.right).sum()) - both for one in (self, other))
        return ErrorPair(both, first, second, pixels - both - first - second)

    @classmethod
    def of(cls, error_map: NDArray[np.uint8], right: int, wrong: Collection[int]) -> Rightness:
        """From an (H, W) map of codes, of which one means right and some wrong; all others do not count."""
        return cls(np.isin(error_map, [right, *wrong]), error_map == right)

    def to_bytes(self) -> bytes:
        """Two bits a pixel, compressed, for keeping."""
        height, width = self.known.shape
        bits = np.packbits(np.stack([self.known, self.known & self.right]))
        return np.array([height, width], "<i4").tobytes() + zlib.compress(bits.tobytes(), 1)

    @classmethod
    def from_bytes(cls, block: bytes) -> Rightness:
        """What `to_bytes` wrote."""
        height, width = (int(side) for side in np.frombuffer(block[:8], "<i4"))
        bits = np.unpackbits(np.frombuffer(zlib.decompress(block[8:]), np.uint8), count=2 * height * width)
        known, right = bits.reshape(2, height, width).astype(bool)
        return cls(known, right)
