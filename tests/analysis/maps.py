"""Small comparisons for tests: made by hand, or drawn by hypothesis."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from demo.labels.ade20k import ADE20K
from demo.schema import Comparison, Family, Prediction

FIVE: tuple[Family, ...] = ("cnn", "cnn", "cnn", "transformer", "transformer")


def comparison(
    label_maps: Sequence[object] | NDArray[np.uint8],
    confidences: Sequence[object] | NDArray[np.float32] | None = None,
    families: Sequence[Family] | None = None,
) -> Comparison:
    """Models a, b, c, ... with titles A, B, C, ...; of the five's families and confidence 0.5 unless told."""
    maps = np.array(label_maps, np.uint8)
    names = "abcdefghijklmnopqrst"[: len(maps)]
    sure = np.full(maps.shape, 0.5, np.float32) if confidences is None else np.array(confidences, np.float32)
    return Comparison(tuple(names), tuple(names.upper()), tuple(families or FIVE[: len(maps)]), maps, sure, ADE20K)


def pixel(
    *labels: int, confidences: Sequence[float] | None = None, families: Sequence[Family] | None = None
) -> Comparison:
    """One pixel, one label from each model."""
    sure = None if confidences is None else [[[value]] for value in confidences]
    return comparison([[[label]] for label in labels], sure, families)


def prediction(label_map: object, entropy: object) -> Prediction:
    labels, nats = np.array(label_map, np.uint8), np.array(entropy, np.float32)
    return Prediction(
        "a", labels, np.full(labels.shape, 0.5, np.float32), nats, np.zeros(labels.shape, np.float32), ADE20K
    )


def permuted(c: Comparison, order: Sequence[int]) -> Comparison:
    picked = list(order)
    return Comparison(
        tuple(c.ids[i] for i in picked),
        tuple(c.titles[i] for i in picked),
        tuple(c.families[i] for i in picked),
        c.label_maps[picked],
        c.confidences[picked],
        ADE20K,
    )


@st.composite
def comparisons(draw: st.DrawFn, models: int | None = None) -> Comparison:
    """One to five models of any families, maps of up to 6 x 6 with up to four classes; confidences in 64ths."""
    shape = (models or draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(st.integers(1, 6)))
    maps = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 3)))
    sure = draw(hnp.arrays(np.uint8, shape, elements=st.integers(1, 64))) / np.float32(64)
    families = draw(st.lists(st.sampled_from(["cnn", "transformer"]), min_size=shape[0], max_size=shape[0]))
    return comparison(maps, sure.astype(np.float32), families)
