"""At which threshold a confident conflict begins, pixel by pixel, so that moving a threshold needs no recount."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from demo.schema import VOID, Comparison

THRESHOLDS = 100
"""Thresholds 1/100, 2/100, ... 1."""


def conflict_thresholds(c: Comparison) -> NDArray[np.uint8]:
    """(H, W) the number of the highest threshold at which two models are sure of different classes; 0 for none.

    `confident_conflict(c, k / THRESHOLDS).mask` is `conflict_thresholds(c) >= k`, for k from 1 to THRESHOLDS.
    """
    rival = _surest_rival(c)
    thresholds = (np.arange(1, THRESHOLDS + 1) / THRESHOLDS).astype(np.float32)
    return np.searchsorted(thresholds, rival, side="right").astype(np.uint8)


def conflict_areas(thresholds: NDArray[np.uint8]) -> list[float]:
    """THRESHOLDS + 1 shares of the area in conflict, one for each threshold k / THRESHOLDS; all of it for k = 0."""
    counts = np.bincount(thresholds.reshape(-1), minlength=THRESHOLDS + 1)
    return [float(share) for share in counts[::-1].cumsum()[::-1] / thresholds.size]


def _surest_rival(c: Comparison) -> NDArray[np.float32]:
    """(H, W) confidence of the surest model that contradicts the surest model of all; -1 where none does."""
    confidences = np.where(c.label_maps == VOID, np.float32(-1), c.confidences) if _silent(c) else c.confidences
    best, label = confidences[0].copy(), c.label_maps[0].copy()
    for label_map, confidence in zip(c.label_maps[1:], confidences[1:], strict=True):
        surer = confidence > best
        np.copyto(best, confidence, where=surer)
        np.copyto(label, label_map, where=surer)
    rival = np.full(best.shape, -1, np.float32)
    for label_map, confidence in zip(c.label_maps, confidences, strict=True):
        np.maximum(rival, confidence, out=rival, where=label_map != label)
    return rival


def _silent(c: Comparison) -> bool:
    """Whether some model cannot say somewhere."""
    return bool((c.label_maps == VOID).any())
