"""How far around a pixel something reaches: radii that hold shares of a map's mass, and its density on one scale.

A mass is a map (h, w) of numbers that are nowhere below 0, over the whole photo whatever its grid; distances are in the
photo's own pixels, between the pixel's centre and the centres of the map's cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.schema import Size

Mass = NDArray[np.float32]
Point = tuple[int, int]
"""(y, x) in the photo's own pixels."""

SHARES = (0.5, 0.9)
"""Of the mass, that the radii hold."""
LOWEST, HIGHEST = 0.25, 256.0
"""Ends of the scale of densities, in multiples of an even spread over the photo; a logarithmic one."""
WHOLE = 0.8
"""A radius of at least this share of an even spread's is called the whole picture."""
_STEPS = 8192
"""Of the diagonal: as finely as radii are told apart."""


@dataclass(frozen=True)
class Reach:
    """Radii in photo pixels, each a pair: what holds 50 % of the mass, and 90 %."""

    radii: tuple[float, float]
    even: tuple[float, float]
    """The same around the same pixels if every pixel of the photo counted alike."""
    diagonal: float
    """Of the photo, in its pixels."""

    @property
    def shares(self) -> tuple[float, float]:
        """The radii as shares of the diagonal."""
        return self.radii[0] / self.diagonal, self.radii[1] / self.diagonal

    @property
    def whole(self) -> bool:
        """Whether 90 % of the mass reaches about as far as the picture does."""
        return self.radii[1] >= WHOLE * self.even[1]

    def words(self) -> str:
        """Where from, in words.

        >>> Reach((40.0, 89.6), (250.0, 400.0), 800.0).words(), Reach((200.0, 350.0), (250.0, 400.0), 800.0).words()
        ('from 90 px around', 'from the whole picture')
        """
        return "from the whole picture" if self.whole else f"from {self.radii[1]:.0f} px around"


def reach(masses: Sequence[Mass], points: Sequence[Point], photo: Size) -> Reach:
    """The radii of all masses together, each around its own point and each counting alike. Raises ValueError."""
    if not masses or len(masses) != len(points):
        raise ValueError(f"there must be a point for each mass, but got {len(masses)} and {len(points)}")
    diagonal = math.hypot(*photo)
    found, even = np.zeros(_STEPS + 1), np.zeros(_STEPS + 1)
    for mass, (y, x) in zip(masses, points, strict=True):
        down, across = _centres(mass.shape[0], photo[0]) - y, _centres(mass.shape[1], photo[1]) - x
        steps = (np.hypot(down[:, None], across) * (_STEPS / diagonal)).astype(np.int64).reshape(-1)
        weights = mass.reshape(-1).astype(np.float64)
        found += np.bincount(steps, weights / weights.sum(), _STEPS + 1)
        even += np.bincount(steps, minlength=_STEPS + 1) / steps.size
    return Reach(_radii(found, diagonal), _radii(even, diagonal), diagonal)


def density(mass: Mass, size: Size) -> Mass:
    """The mass on a grid (height, width), in multiples of what a cell would have of an even spread; its mean is 1."""
    spread = _overlaps(mass.shape[0], size[0]) @ (mass / mass.sum()) @ _overlaps(mass.shape[1], size[1]).T
    return np.asarray(spread * (size[0] * size[1]), np.float32)


def on_scale(densities: Mass) -> Mass:
    """Densities as places on the common scale: 0 at LOWEST or below, 1 at HIGHEST or above.

    >>> on_scale(np.array([[0.0, 0.25, 8.0, 5000.0]], np.float32)).tolist()
    [[0.0, 0.0, 0.5, 1.0]]
    """
    inside = np.clip(densities, LOWEST, HIGHEST)
    return np.asarray(np.log(inside / np.float32(LOWEST)) / math.log(HIGHEST / LOWEST), np.float32).clip(0, 1)


def _centres(cells: int, length: int) -> NDArray[np.float64]:
    """Where the centres of so many cells lie along `length` pixels, whose own centres are whole numbers."""
    return (np.arange(cells) + 0.5) * length / cells - 0.5


def _radii(histogram: NDArray[np.float64], diagonal: float) -> tuple[float, float]:
    held = np.cumsum(histogram) / histogram.sum()
    half, most = (int(np.searchsorted(held, share - 1e-6)) for share in SHARES)
    return (half + 1) * diagonal / _STEPS, (most + 1) * diagonal / _STEPS


def _overlaps(cells: int, target: int) -> NDArray[np.float64]:
    """(target, cells): the share of each cell that lies in each of `target` equal parts of the same length."""
    edges, parts = np.linspace(0, 1, cells + 1), np.linspace(0, 1, target + 1)[:, None]
    inside = np.minimum(edges[1:], parts[1:]) - np.maximum(edges[:-1], parts[:-1])
    return np.clip(inside, 0, None) * cells
