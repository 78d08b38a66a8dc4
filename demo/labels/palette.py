"""The science of colours that a person can tell apart: CIELAB, and colours far enough from each other in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.schema import VOID, ClassSet

DISTINCT: Final = 12.0
"""CIELAB dE (CIE76) that any two colours side by side keep at least."""
_LIGHTNESS: Final = (24.0, 95.0)
"""Where free colours are looked for: neither taken for black (void) nor for white paper."""


Colour: TypeAlias = tuple[int, int, int]


def distinct_colours(wanted: Sequence[Colour | None]) -> NDArray[np.uint8]:
    """(C, 3) RGB, a colour a class, none near black or near white.

    A class has the colour `wanted` for it where that is `DISTINCT` from those before it and neither too dark nor too
    light, else the free one nearest to it. Where none is wanted, it has the one farthest from all others.
    """
    colours, lab = _candidates()
    palette = np.array([colour or _FIRST for colour in wanted], np.uint8)
    own = cielab(palette)
    told = [index for index, colour in enumerate(wanted) if colour is not None]
    palette = _moved_apart(palette, told, DISTINCT, _usable(own))
    taken = [*cielab(palette[told])] or [cielab(np.array(_FIRST, np.uint8))]
    distance = np.min([np.linalg.norm(lab - other, axis=1) for other in taken], axis=0)
    for index in sorted(set(range(len(wanted))) - set(told)):
        farthest = int(distance.argmax())
        palette[index] = colours[farthest]
        distance = np.minimum(distance, np.linalg.norm(lab - lab[farthest], axis=1))
    return palette


_FIRST: Final = (31, 119, 180)
"""Any plain colour to begin with."""


def palette_for(class_set: ClassSet, present: Iterable[int], *, apart: float = DISTINCT) -> NDArray[np.uint8]:
    """A (C, 3) RGB palette in which any two classes of `present` are at least `apart` (CIELAB dE) from each other.

    At the default every class of a set with well chosen colours keeps its own, so that colours never change from photo
    to photo; ask for more where few classes are drawn faintly. The commoner (first) class of a colliding pair keeps its
    colour. Where no colour is that far from the others, the farthest is taken. Void is ignored; the order does not
    matter.
    """
    classes = sorted({int(index) for index in present} - {VOID})
    if classes and not 0 <= classes[0] <= classes[-1] < len(class_set):
        raise ValueError(
            f"present must hold class indices 0..{len(class_set) - 1} (or {VOID}), but got {classes[0]}..{classes[-1]}"
        )
    return _moved_apart(class_set.distinct_palette, classes, apart)


def _moved_apart(
    colours: NDArray[np.uint8], classes: Iterable[int], apart: float, usable: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """A copy in which the `classes` that are not `usable`, or too near to an earlier one, have a free colour."""
    palette = colours.copy()
    lab = cielab(palette)
    kept: list[int] = []
    moved: list[int] = []
    for index in classes:
        collides = bool(kept) and _nearest(lab[index], lab[kept]) < apart
        (moved if collides or (usable is not None and not usable[index]) else kept).append(index)
    for index in moved:
        palette[index] = _free_colour(lab[index], lab[kept], apart)
        lab[index] = cielab(palette[index])
        kept.append(index)
    return palette


def _nearest(colour: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(others - colour, axis=-1).min())


def _free_colour(wanted: NDArray[np.float64], taken: NDArray[np.float64], apart: float) -> NDArray[np.uint8]:
    """The candidate nearest to `wanted` among those `apart` from all `taken`; the farthest one where there is none."""
    colours, lab = _candidates()
    distance = np.min([np.linalg.norm(lab - other, axis=1) for other in taken], axis=0) if len(taken) else None
    free = np.ones(len(lab), bool) if distance is None else distance >= apart
    cost = np.where(free, np.linalg.norm(lab - wanted, axis=1), np.inf) if distance is None or free.any() else -distance
    chosen: NDArray[np.uint8] = colours[int(np.argmin(cost))]
    return chosen


@lru_cache(maxsize=1)
def _candidates() -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = cielab(colours)
    usable = _usable(lab)
    return colours[usable], lab[usable]


def _usable(lab: NDArray[np.float64]) -> NDArray[np.bool_]:
    usable: NDArray[np.bool_] = (lab[:, 0] > _LIGHTNESS[0]) & (lab[:, 0] < _LIGHTNESS[1])
    return usable


def cielab(rgb: NDArray[np.uint8] | NDArray[np.float64]) -> NDArray[np.float64]:
    """(..., 3) sRGB 0..255 -> (..., 3) CIELAB under D65 (IEC 61966-2-1, CIE 15).

    >>> cielab(np.array([255, 255, 255], np.uint8)).round().tolist()
    [100.0, 0.0, 0.0]
    """
    encoded = np.asarray(rgb, np.float64) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    tristimulus = linear @ _RGB_TO_XYZ.T / _RGB_TO_XYZ.sum(axis=1)
    small = tristimulus / (3 * (6 / 29) ** 2) + 4 / 29
    curve = np.where(tristimulus > (6 / 29) ** 3, np.cbrt(tristimulus), small)
    x, y, z = np.moveaxis(curve, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


_RGB_TO_XYZ: Final = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
