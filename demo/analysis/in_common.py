"""Answers in several class sets, put into the words of one: what one set has no word for, its models cannot say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.labels.mapping import broader, into, sayable
from demo.schema import VOID, ClassSet, Comparison, ModelSpec, Prediction


def common_set(class_sets: Sequence[ClassSet]) -> ClassSet:
    """The set in whose words models are compared: that of most of them.

    Of several, the one of the fewest classes, as more of what others say is of a kind with one of them; then the first.
    """
    number = Counter(class_sets)
    return max(number, key=lambda found: (number[found], -len(found)))


def comparison_of(answers: Sequence[tuple[ModelSpec, Prediction]]) -> Comparison:
    """The answers side by side, in the words of their `common_set`.

    Where a model names something that this set has no word for, or where another model names something that the model's
    own set has no word for, the model cannot say: its label is `VOID` there.
    """
    specs, predictions = zip(*answers, strict=True)
    class_sets = [prediction.class_set for prediction in predictions]
    words = common_set(class_sets)
    return Comparison(
        ids=tuple(spec.id for spec in specs),
        titles=tuple(spec.title for spec in specs),
        families=tuple(spec.family for spec in specs),
        label_maps=in_words_of(words, class_sets, [prediction.label_map for prediction in predictions]),
        confidences=np.stack([prediction.confidence for prediction in predictions]),
        class_set=words,
    )


def in_words_of(
    words: ClassSet, class_sets: Sequence[ClassSet], label_maps: Sequence[NDArray[np.uint8]]
) -> NDArray[np.uint8]:
    """(M, H, W) label maps, each of its own set, in the words of one; `VOID` where a model cannot say.

    A word that is broader than any of the one set's (Cityscapes' vegetation among ADE20K's tree and plant) agrees with
    whichever of its kinds most of that set's models say at the pixel, and with none where they say something else.
    """
    said = np.stack([into(own, words)[label_map] for own, label_map in zip(class_sets, label_maps, strict=True)])
    if all(own == words for own in class_sets):
        return said
    theirs = said[[own == words for own in class_sets]]
    for number, (own, label_map) in enumerate(zip(class_sets, label_maps, strict=True)):
        if own != words:
            _take_narrower(said[number], label_map, broader(words, own), theirs)
    found = said.copy()
    for own in set(class_sets) - {words}:
        foreign = ~sayable(own, words) & (broader(words, own) == VOID)
        foreign[VOID] = False  # whoever has said nothing has said nothing foreign
        silent = foreign[said].any(0)
        for number, other in enumerate(class_sets):
            if other == own:
                found[number, silent] = VOID
    return found


def _take_narrower(
    said: NDArray[np.uint8], label_map: NDArray[np.uint8], kinds: NDArray[np.uint8], theirs: NDArray[np.uint8]
) -> None:
    """Fill (H, W) `said` where its model's word is broader: with the kind that most of (N, H, W) `theirs` say there."""
    rows, columns = np.nonzero((said == VOID) & np.isin(label_map, kinds[kinds != VOID]))
    offered = theirs[:, rows, columns]
    fits = kinds[offered] == label_map[rows, columns]
    backed = (offered[:, None] == offered[None]).sum(1) * fits
    if len(backed):
        best = backed.argmax(0), np.arange(offered.shape[1])
        said[rows, columns] = np.where(backed[best] > 0, offered[best], VOID)


@dataclass(frozen=True, eq=False)
class SharedWords:
    """The classes that every one of several sets has a word for: K of `words`, in its order."""

    words: ClassSet
    places: NDArray[np.uint8]
    """(K + 1,) the position in `words` of each; `VOID` for the last, which is all that some set has no word for."""
    tables: dict[ClassSet, NDArray[np.uint8]]
    """(C,) for each set: the place among the K + 1 of each of its classes."""

    @classmethod
    def of(cls, class_sets: Sequence[ClassSet]) -> SharedWords:
        """Of one set, all its classes and nothing more."""
        words = common_set(class_sets)
        shared = np.flatnonzero(np.all([sayable(own, words) for own in class_sets], 0))
        whole = set(class_sets) == {words}
        places = shared if whole else np.append(shared, VOID)
        number = np.full(256, len(shared), np.uint8)
        number[shared] = np.arange(len(shared))
        tables = {own: number[into(own, words)[: len(own)]] for own in class_sets}
        return cls(words, places.astype(np.uint8), tables)

    def gather(self, own: ClassSet, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """(C, ...) probabilities of a set's classes, added up into (K + 1, ...)."""
        table = self.tables[own]
        if len(table) == len(self.places) and (table == np.arange(len(table))).all():
            return probabilities
        gathered = np.zeros((len(self.places), *probabilities.shape[1:]), np.float32)
        for index, place in enumerate(table):
            gathered[place] += probabilities[index]
        return gathered
