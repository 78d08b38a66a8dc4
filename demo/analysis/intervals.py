"""Means over photos with intervals that hold all at once: the studentised bootstrap, and the maximum of its |t|.

Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 12.5, for one interval; Romano and Wolf, Exact
and Approximate Stepdown Methods for Multiple Hypothesis Testing, JASA 2005, for several: the largest |t| of all
contrasts in the same draw. Percentile intervals of ten photos are too short; these are not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

AT_ONCE = 4_000_000
"""Weights of draws x photos held in memory."""


@dataclass(frozen=True)
class Interval:
    """A value and its interval; nan where it is not defined, infinite ends where the photos set no bound."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Draws:
    """K means over photos, or differences of two means, and what drawing the photos again makes of them."""

    value: Array
    """(K,)"""
    error: Array
    """(K,) standard error; 0 where all photos say the same."""
    t: Array
    """(R, K) |value of a draw - value| / standard error of that draw; infinite where all its photos say the same other
    value."""

    def intervals(self, columns: Sequence[int], level: float = 0.95) -> tuple[Interval, ...]:
        """Intervals of some of the K that hold all at once at the level."""
        reach = np.where(self.error > 0, self.reach(columns, level), 0) * np.where(self.error > 0, self.error, 1)
        return tuple(
            Interval(float(self.value[k]), float(self.value[k] - reach[k]), float(self.value[k] + reach[k]))
            for k in columns
        )

    def reach(self, columns: Sequence[int], level: float = 0.95) -> float:
        """Standard errors on each side that cover all of the columns at once."""
        largest = np.sort(self._largest(columns))
        place = math.ceil((len(largest) + 1) * level) - 1
        return float(largest[place]) if place < len(largest) else math.inf

    def chances(self, columns: Sequence[int]) -> Array:
        """(len(columns),) adjusted p values: how often the largest |t| of a draw reaches the value's own against 0."""
        largest, chosen = self._largest(columns), np.asarray(columns, int)
        seen = np.abs(_over(self.value[chosen], self.error[chosen]))
        return (1 + (largest[:, None] >= seen).sum(0)) / (len(largest) + 1)

    def _largest(self, columns: Sequence[int]) -> Array:
        return self.t[:, np.asarray(columns, int)].max(1, initial=0)


def draw(groups: Sequence[Array], *, resamples: int = 2000, seed: int = 0) -> Draws:
    """Means of the last group's columns less those of the first, when there are two; each group is (photos, K).

    Photos of a group are drawn with replacement, as many as there are, all K columns of a photo together. A group has
    at least two photos, without nan; ValueError otherwise.
    """
    for group in groups:
        if len(group) < 2 or np.isnan(group).any():
            raise ValueError(f"a group must have at least two photos and no nan, but got {group.shape}")
    rng = np.random.default_rng(seed)
    means = [group.mean(0) for group in groups]
    value, error = _combined(means, [group.var(0, ddof=1) for group in groups], groups)
    steps = max(1, AT_ONCE // max(map(len, groups)))
    t = [
        _redrawn(groups, means, min(steps, resamples - start), rng, error) for start in range(0, resamples, steps)
    ]  # fmt: skip
    return Draws(value, error, np.concatenate(t) if t else np.empty((0, len(value))))


def holm(chances: Sequence[float], level: float = 0.05) -> list[bool]:
    """Which hypotheses are rejected at a family-wise level (Holm, Scandinavian Journal of Statistics 1979).

    >>> holm([0.01, 0.04, 0.03, 0.005])
    [True, False, False, True]
    """
    rejected = [False] * len(chances)
    for rank, place in enumerate(sorted(range(len(chances)), key=lambda index: chances[index])):
        if not chances[place] <= level / (len(chances) - rank):
            break
        rejected[place] = True
    return rejected


def _redrawn(
    groups: Sequence[Array], means: Sequence[Array], number: int, rng: np.random.Generator, error: Array
) -> Array:
    """(number, K) |t| of so many draws."""
    moved, spread = [], []
    for group, mean in zip(groups, means, strict=True):
        photos = len(group)
        weights = rng.multinomial(photos, np.full(photos, 1 / photos), number) / photos
        centred = group - mean
        moved.append(weights @ centred)
        spread.append(np.maximum(weights @ centred**2 - moved[-1] ** 2, 0) * photos / (photos - 1))
    difference, again = _combined(moved, spread, groups)
    # A draw whose photos all say the same, but for rounding, tells no spread: wherever its mean has moved to, no number
    # of standard errors reaches back. Most photos say 0 of what is rare, and their draws must not pass for exact ones.
    moved_to = np.where(np.abs(difference) > 1e-7 * error, math.inf, 0.0)
    return np.divide(np.abs(difference), again, out=moved_to, where=again > 1e-7 * error)


def _combined(means: Sequence[Array], variances: Sequence[Array], groups: Sequence[Array]) -> tuple[Array, Array]:
    """The last mean less the first, where there are two, and its standard error."""
    value = means[0] if len(means) == 1 else means[-1] - means[0]
    error = np.sqrt(sum(v / len(group) for v, group in zip(variances, groups, strict=True)))
    return value, np.asarray(error, np.float64)


def _over(value: Array, error: Array) -> Array:
    """Their ratio; without any error infinite, and 0 where the value is 0 too."""
    alone = np.where(value == 0, 0.0, np.copysign(np.inf, value))
    return np.divide(value, error, out=alone, where=error > 0)
