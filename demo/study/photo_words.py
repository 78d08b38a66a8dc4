"""What networks say of one photo, and where they contradict each other, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from demo.study.conclusions import percent
from demo.study.records import PhotoDetail, StudyModel
from demo.study.tables import PhotoRow

MOST = 4
"""Differences that are told of one photo, and classes of one network."""


def headline(row: PhotoRow) -> str:
    """How far the networks agree on the photo."""
    if np.isnan(row.agree):
        return "Not every network has answered this photo."
    said = [f"All networks name the same class on {percent(row.agree)} of it"]
    if row.split > 0:
        said.append(f"CNNs stand against transformers on {percent(row.split)}")
    if row.conflict > 0:
        said.append(f"two networks are sure of different classes on {percent(row.conflict)}")
    return "; ".join(said) + "."


def differences(
    detail: PhotoDetail, models: Sequence[StudyModel], classes: Sequence[str], pixels: int
) -> Iterator[str]:
    """The pairs of classes that most pixels of the photo are disputed between, with who says which."""
    together: Counter[tuple[int, int]] = Counter()
    most: Counter[tuple[int, int]] = Counter()
    said: Counter[tuple[int, int, int]] = Counter()
    for first, second, one, other, count in detail.confusions:
        pair = min(one, other), max(one, other)
        together[pair] += count
        most[pair] = max(most[pair], count)
        for model, named in ((first, one), (second, other)):
            said[*pair, model if named == pair[0] else -1 - model] += count
    for pair, _ in sorted(together.items(), key=lambda item: (-item[1], item[0]))[:MOST]:
        sides = [said[*pair, m] - said[*pair, -1 - m] for m in range(len(models))]
        low, high = ([m.title for m, side in zip(models, sides, strict=True) if sign * side > 0] for sign in (1, -1))
        if low and high and pixels:
            yield (
                f"{_listed(low)} {_say(low)} {classes[pair[0]]} where {_listed(high)} {_say(high)} {classes[pair[1]]}: "
                f"on up to {percent(most[pair] / pixels)} of the photo."
            )


def named(detail: PhotoDetail, place: int, model: StudyModel, pixels: int) -> str:
    """The classes that one network gives most of the photo to, in its own words."""
    classes = model.class_set.names if model.class_set else ()
    areas = sorted(((-count, index) for number, index, count in detail.areas if number == place))
    return (
        ", ".join(f"{classes[index]} {percent(-count / pixels)}" for count, index in areas[:MOST])
        if pixels and classes
        else ""
    )


def _say(titles: Sequence[str]) -> str:
    return "says" if len(titles) == 1 else "say"


def _listed(words: Sequence[str]) -> str:
    """
    >>> _listed(["FCN"]), _listed(["FCN", "PSPNet", "SETR"])
    ('FCN', 'FCN, PSPNet and SETR')
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
