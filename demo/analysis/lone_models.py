"""Who stands alone: the pixels where one model contradicts all others, which agree among themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from demo.analysis.spans import find_spans
from demo.schema import VOID, Comparison


def lone_counts(c: Comparison) -> NDArray[np.int64]:
    """(M,) pixels where each model stands alone; of fewer than three models none does.

    >>> from demo.labels.ade20k import ADE20K
    >>> maps = np.array([[[1, 1, 1]], [[1, 2, 2]], [[1, 2, 3]]], np.uint8)
    >>> known = (("a", "b", "c"), ("A", "B", "C"), ("cnn",) * 3)
    >>> lone_counts(Comparison(*known, maps, np.ones(maps.shape, np.float32), ADE20K))
    array([1, 0, 0])
    """
    spans, models = find_spans(c.label_maps), len(c.ids)
    alone, able = np.zeros(models, np.int64), (spans.labels != VOID).all(0)
    for model in range(models if models > 2 else 0):
        others = np.delete(spans.labels, model, axis=0)
        hit = (others == others[0]).all(0) & (spans.labels[model] != others[0]) & able
        alone[model] = spans.lengths[hit].sum()
    return alone
