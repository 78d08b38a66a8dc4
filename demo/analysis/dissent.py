"""Who stands alone: the pixels where one model contradicts all others, which agree among themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from demo.analysis.runs import find_runs
from demo.schema import Comparison


def lone_counts(c: Comparison) -> NDArray[np.int64]:
    """(M,) pixels where each model stands alone; of fewer than three models none does.

    >>> from demo.labels.ade20k import ADE20K
    >>> maps = np.array([[[1, 1, 1]], [[1, 2, 2]], [[1, 2, 3]]], np.uint8)
    >>> known = (("a", "b", "c"), ("A", "B", "C"), ("cnn",) * 3)
    >>> lone_counts(Comparison(*known, maps, np.ones(maps.shape, np.float32), ADE20K))
    array([1, 0, 0])
    """
    runs, models = find_runs(c.label_maps), len(c.ids)
    alone = np.zeros(models, np.int64)
    for model in range(models if models > 2 else 0):
        others = np.delete(runs.labels, model, axis=0)
        hit = (others == others[0]).all(0) & (runs.labels[model] != others[0])
        alone[model] = runs.lengths[hit].sum()
    return alone
