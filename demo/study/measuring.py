"""Everything that a study keeps of one photo, counted from its predictions: rows for the tables of its file."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.analysis import claims
from demo.analysis.agreement import SPLIT, confident_conflict, split_counts
from demo.analysis.comparison import SURE, grid_of
from demo.analysis.counts import Truth, count
from demo.analysis.in_common import common_set, in_words_of
from demo.analysis.kappa import pairwise, ratings
from demo.analysis.lone_models import lone_counts
from demo.analysis.structure import measure, on_fragment_grid, pieces
from demo.errors import TruthError
from demo.images import safe_stem, write_atomic
from demo.labels.annotations import encode_annotation, labelled, nothing_labelled
from demo.labels.coco import decode_panoptic
from demo.labels.mapping import into, unsayable
from demo.models.zoo import Refusal
from demo.schema import VOID, ClassSet, Comparison, Image, LabelMap, ModelSpec, Prediction, Size, Unknown
from demo.study.dataset import Case
from demo.study.ledger import Row

ENTROPY_STEP = 0.05
"""Nats: the width of a bin of the histograms of entropy."""
ENTROPY_BINS = 112
"""Up to 5.6 nats; the entropy of 255 classes is at most 5.55."""
Ask: TypeAlias = Callable[[Image, Sequence[ModelSpec]], Iterator[tuple[ModelSpec, Prediction | Refusal]]]
"""A photo and models -> each model's prediction at photo size, or why it has none."""
KEEPS = ("labels", "entropy")
"""What --save can write of each answer."""


@dataclass(frozen=True)
class Panel:
    """The networks of a study, in its order, with the class sets in which they answer."""

    specs: tuple[ModelSpec, ...]
    class_sets: tuple[ClassSet, ...]
    numbers: tuple[int, ...]
    """Of each in the study's file."""

    @cached_property
    def words(self) -> ClassSet:
        """In which they are compared."""
        return common_set(self.class_sets)

    def place(self, spec: ModelSpec) -> int:
        """The position of a network among them."""
        return [own.id for own in self.specs].index(spec.id)


@dataclass(frozen=True)
class Keeping:
    """Which files are written of each answer, and where."""

    out: Path
    what: tuple[str, ...] = ()

    def write(self, photo: int, name: str, prediction: Prediction) -> None:
        """The files of one answer. Raises DemoError where they cannot be written."""
        folder = folder_of(self.out, photo, name) / prediction.model
        if "labels" in self.what:
            write_atomic(folder / "labels.png", encode_annotation(prediction.label_map, prediction.class_set))
        if "entropy" in self.what:
            stream = BytesIO()
            np.save(stream, prediction.entropy, allow_pickle=False)
            write_atomic(folder / "entropy.npy", stream.getvalue())


def folder_of(out: Path, photo: int, name: str) -> Path:
    """Where the files of a photo's answers are."""
    return out / "files" / f"{photo:06d} {safe_stem(name)}"


@dataclass(frozen=True)
class OneAnswer:
    """The rows of one answer, and what of it is needed to compare it with others."""

    place: int
    """In the panel."""
    rows: dict[str, list[Row]]
    label_map: LabelMap
    """On the grid of comparison."""
    confidence: NDArray[np.float32]


def one_answer(panel: Panel, place: int, prediction: Prediction, truths: Truths) -> OneAnswer:
    """Count one prediction, in about ten passes over its pixels; what a truth alone says is counted once a photo."""
    grid = pieces(on_fragment_grid(prediction.label_map))
    number, shape, truth = panel.numbers[place], measure(prediction, grid=grid), truths.of(prediction.class_set)
    pixels = shape.pixels
    means = [float(f.mean(dtype=np.float64)) for f in (prediction.entropy, prediction.confidence, prediction.margin)]
    typical = float((shape.fragment_areas.astype(np.float64) ** 2).sum() / pixels**2)
    answer: Row = (
        number, pixels, *means, histogram(prediction.entropy), shape.fragments, typical, shape.boundary_pixels,
        shape.boundary_entropy, 0, round(sum(prediction.seconds.values()), 6), None,
    )  # fmt: skip
    class_set = prediction.class_set
    named = np.bincount(prediction.label_map.reshape(-1), minlength=len(class_set))
    areas: list[Row] = [(number, int(k) + class_set.offset, int(named[k])) for k in np.flatnonzero(named)]
    rows: dict[str, list[Row]] = {"answers": [answer], "areas": areas}
    known = truth if isinstance(truth, Truth) else None
    if known:
        counts = count(prediction, known, prediction.strips() if prediction.strips else None)
        right = int(np.trace(counts.confusion))
        rows["truths"] = [(number, counts.pixels, right, counts.to_bytes(), None)]
    elif truth is not None:
        rows["truths"] = [(number, None, None, None, str(truth))]
    observed = claims.observe(prediction, known.label_map if known else None)
    rows["claims"] = [(number, json.dumps(observed))]
    return OneAnswer(place, rows, *on_grid(prediction))


def refused(panel: Panel, place: int, problem: str) -> Row:
    """The row of an answer that a network could not give."""
    return (panel.numbers[place], *[None] * 11, problem)


def together(panel: Panel, answers: Sequence[OneAnswer]) -> dict[str, list[Row]]:
    """All rows of one photo: those of each answer, and those of the answers side by side."""
    rows: dict[str, list[Row]] = {}
    for answer in answers:
        for table, content in answer.rows.items():
            rows.setdefault(table, []).extend(content)
    if len(answers) < 2:
        return rows
    comparison = _comparison(panel, answers)
    numbers = [panel.numbers[answer.place] for answer in answers]
    offset = panel.words.offset
    rows["pairs"], rows["confusions"] = [], []
    both = _both_sure_other(comparison)
    for (one, other), pair in zip(itertools.combinations(numbers, 2), pairwise(comparison), strict=True):
        counts = (int(pair.counts.sum()), int(np.trace(pair.counts)), both.pop(0))
        rows["pairs"].append((one, other, *counts))
        first, second = np.nonzero(pair.counts)
        met = zip(first.tolist(), second.tolist(), pair.counts[first, second].tolist(), strict=True)
        rows["confusions"] += [(one, other, a + offset, b + offset, pixels) for a, b, pixels in met]
    said, conflict = ratings(comparison), confident_conflict(comparison, SURE)
    pixels = comparison.label_maps[0].size
    rows["together"] = [
        (len(answers), pixels, *map(int, split_counts(comparison)), int(np.count_nonzero(conflict.mask)), said.pixels,
         said.agreeing_pairs, packed(said.classes))
    ]  # fmt: skip
    for place, alone in enumerate(lone_counts(comparison).tolist()):
        row = rows["answers"][place]
        rows["answers"][place] = (*row[:10], alone, *row[11:])
    return rows


assert SPLIT == (
    "all_agree",
    "between_families",
    "inside_cnn",
    "inside_transformer",
    "mixed",
)  # the columns of together


def histogram(entropy: NDArray[np.float32]) -> bytes:
    """Pixels in steps of ENTROPY_STEP, as little-endian int64 without the zeros at the end."""
    places = np.minimum((entropy.reshape(-1) / np.float32(ENTROPY_STEP)).astype(np.int64), ENTROPY_BINS - 1)
    counts = np.bincount(places, minlength=ENTROPY_BINS)
    return counts[: int(np.flatnonzero(counts)[-1]) + 1].astype("<i8").tobytes()


def packed(counts: NDArray[np.int64]) -> bytes:
    """Mostly zeros, small."""
    return zlib.compress(counts.astype("<i8").tobytes(), 1)


def unpacked(block: bytes) -> NDArray[np.int64]:
    """What `packed` was given."""
    return np.frombuffer(zlib.decompress(block), "<i8").astype(np.int64)


def on_grid(prediction: Prediction) -> tuple[LabelMap, NDArray[np.float32]]:
    """Label and confidence on the grid of comparison: of a larger photo at the pixels nearest to the grid's."""
    size, grid = prediction.size, grid_of(prediction.size)
    if grid == size:
        return prediction.label_map, prediction.confidence
    rows, columns = (
        ((np.arange(few) + 0.5) * many / few).astype(np.intp) for few, many in zip(grid, size, strict=True)
    )
    place = np.ix_(rows, columns)
    return prediction.label_map[place], prediction.confidence[place]


def _comparison(panel: Panel, answers: Sequence[OneAnswer]) -> Comparison:
    specs = [panel.specs[answer.place] for answer in answers]
    class_sets = [panel.class_sets[answer.place] for answer in answers]
    return Comparison(
        tuple(spec.id for spec in specs),
        tuple(spec.title for spec in specs),
        tuple(spec.family for spec in specs),
        in_words_of(panel.words, class_sets, [answer.label_map for answer in answers]),
        np.stack([answer.confidence for answer in answers]),
        panel.words,
    )


def _both_sure_other(c: Comparison) -> list[int]:
    """Of each two models the pixels where both are sure of different classes."""
    sure = (c.confidences >= SURE) & (c.label_maps != VOID)
    return [
        int(np.count_nonzero(sure[one] & sure[other] & (c.label_maps[one] != c.label_maps[other])))
        for one, other in itertools.combinations(range(len(sure)), 2)
    ]


class Truths:
    """One photo's annotation in the numbers of each class set that asks, read once for each."""

    def __init__(self, case: Case, size: Size) -> None:
        self._case, self._size = case, size
        self._read: dict[ClassSet, Truth | TruthError] = {}
        self._landmarks: dict[ClassSet, claims.Landmarks] = {}

    def of(self, class_set: ClassSet) -> Truth | TruthError | None:
        """The truth, or why it cannot be read so; None where the photo has none."""
        if self._case.annotation is None:
            return None
        if class_set not in self._read:
            try:
                self._read[class_set] = Truth.of(*self._labelled(self._case.annotation, class_set))
            except TruthError as error:
                self._read[class_set] = error
        return self._read[class_set]

    def landmarks(self, class_set: ClassSet) -> claims.Landmarks | None:
        """Of the truth, made once for all networks; None where there is none, or nothing labelled in it."""
        truth = self.of(class_set)
        if not isinstance(truth, Truth) or (truth.label_map == VOID).all():
            return None
        if class_set not in self._landmarks:
            self._landmarks[class_set] = claims.Landmarks.of(truth.label_map, class_set)
        return self._landmarks[class_set]

    def _labelled(self, annotation: Path, class_set: ClassSet) -> tuple[LabelMap, Unknown | None]:
        """In the data set's own classes, brought to the network's by name; its own if it has as many.

        What the network has no word for is void, and what is neither a class of its nor a kind of one is unknown to it.
        Raises TruthError.
        """
        written = self._case.class_set or class_set
        if self._case.segments:
            truth, foreign = decode_panoptic(
                annotation, self._case.segments, self._case.photo.name, class_set, size=self._size
            )
            if (truth == VOID).all() and not foreign.mask.any():
                raise nothing_labelled(annotation.name, class_set)
            return truth, foreign
        truth = labelled(annotation, written, size=self._size, ids=self._case.ids)
        if len(written) == len(class_set):
            return truth, None
        found = into(written, class_set)[truth]
        unknown = unsayable(truth, written, class_set)
        if (found == VOID).all() and not unknown.mask.any():
            raise TruthError(
                f"{annotation.name} is in the classes of {written.title}, and {class_set.title} has a word for none of "
                "those that it shows."
            )
        return found, unknown
