"""What two class sets have in common: by name, and by the synonyms that a table lists and by no other guess.

A class of one set is another set's where both have one name or the table says that they are the same, or where the
table says that it is a kind of it (a cat is an animal). What has no counterpart cannot be said in the other set.
"""

from __future__ import annotations

import csv
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from demo.labels.class_set import spoken
from demo.schema import VOID, ClassSet, LabelMap, Unknown

DATA: Final = Path(__file__).parent.parent / "data"


@cache
def _table() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Of each word: the words that are the same; and the words that it is a kind of."""
    same: dict[str, frozenset[str]] = {}
    kinds: dict[str, frozenset[str]] = {}
    with (DATA / "synonyms.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            word = spoken(row["name"])
            if row["same_as"]:
                both = same.get(word, frozenset({word})) | same.get(row["same_as"], frozenset({row["same_as"]}))
                same |= dict.fromkeys(both, both)
            if row["kind_of"]:
                kinds[word] = kinds.get(word, frozenset()) | {row["kind_of"]}
    return same, kinds


def _words(name: str) -> list[frozenset[str]]:
    """The words for a class, then those for what it is a kind of, then for what that is a kind of ..."""
    same, kinds = _table()
    steps = [same.get(spoken(name), frozenset({spoken(name)}))]
    while wider := frozenset(kind for word in steps[-1] for kind in kinds.get(word, ())):
        steps.append(frozenset(word for kind in wider for word in same.get(kind, {kind})))
    return steps


@lru_cache(maxsize=256)
def counterparts(names: tuple[str, ...], other: ClassSet) -> tuple[int | None, ...]:
    """Of each name its position in another set, None where that has no word for it.

    >>> from demo.labels.class_set import known
    >>> counterparts(("pedestrian", "cat", "umbrella"), known()["ade20k"])
    (12, 126, None)
    """
    places = {spoken(name): index for index, name in reversed([*enumerate(other.names)])}
    found: list[int | None] = []
    for name in names:
        hits = ([places[word] for word in step if word in places] for step in _words(name))
        found.append(next((min(step) for step in hits if step), None))
    return tuple(found)


def into(class_set: ClassSet, other: ClassSet) -> NDArray[np.uint8]:
    """(256,) for label maps of a set: each class's position in another, `VOID` where that has no word for it."""
    table = np.full(256, VOID, np.uint8)
    if class_set == other:
        table[: len(other)] = np.arange(len(other))
        return table
    for index, place in enumerate(counterparts(class_set.names, other)):
        if place is not None:
            table[index] = place
    return table


def broader(other: ClassSet, class_set: ClassSet) -> NDArray[np.uint8]:
    """(256,) of each class of another set: the class of this one that it is a kind of, where no class is that one's.

    ADE20K's tree and plant are kinds of Cityscapes' vegetation, for which ADE20K has no word. `VOID` elsewhere.
    """
    table = into(other, class_set)
    named = into(class_set, other)[table] != VOID
    return np.where(named, np.uint8(VOID), table)


def sayable(class_set: ClassSet, other: ClassSet) -> NDArray[np.bool_]:
    """(256,) whether a set has any word for each class of another; it has none for `VOID`."""
    mask = np.zeros(256, bool)
    mask[into(class_set, other)[: len(class_set)]] = True
    mask[VOID] = False
    return mask


def unsayable(truth: LabelMap, class_set: ClassSet, other: ClassSet) -> Unknown:
    """What an (H, W) truth in one set shows that another has no word for, and not for a kind of it either.

    A truth of ADE20K has trees, which in Cityscapes are vegetation; a truth of Cityscapes has vegetation, of which
    ADE20K has words for the kinds: neither is unknown. Cityscapes' train is, to ADE20K. A "background" is no thing.
    """
    known = into(class_set, other) != VOID
    known[[index for index, name in enumerate(class_set.names) if spoken(name) == "background"]] = True
    kinds = broader(other, class_set)
    known[kinds[kinds != VOID]] = True
    known[VOID] = True
    shown = [index for index in np.unique(truth).tolist() if not known[index]]
    places = np.zeros(256, np.uint8)
    places[shown] = 1 + np.arange(len(shown))
    return Unknown(tuple(class_set.names[index] for index in shown), places[truth])
