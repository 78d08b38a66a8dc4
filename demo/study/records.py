"""A study's file, read: columns over its photos, sums over them, and the details of a few photos."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from demo.analysis import scores
from demo.analysis.claims import SUMS
from demo.analysis.counts import TruthCounts
from demo.errors import DatasetError, TruthError
from demo.labels.annotations import decode_annotation
from demo.labels.mapping import into
from demo.schema import VOID, ClassSet, Family, LabelMap
from demo.study.ledger import identity_of, reading
from demo.study.measuring import ENTROPY_BINS, ENTROPY_STEP, folder_of, unpacked

Columns = NDArray[np.float64]
Counts = NDArray[np.int64]
ANSWERS: Final = ("mean_entropy", "mean_confidence", "mean_margin", "fragments", "typical_fragment", "seconds")
"""Columns of `StudyRecords.answers`, (P, M) each."""
TOGETHER: Final = (
    "networks", "pixels", "all_agree", "between_families", "inside_cnn", "inside_transformer", "mixed",
    "confident_conflict", "all_say", "agreeing_pairs",
)  # fmt: skip
"""Columns of `StudyRecords.together`, (P,) each."""


@dataclass(frozen=True)
class StudyModel:
    """One network of a study."""

    id: str
    title: str
    family: Family
    set: str
    class_set: ClassSet | None
    """None where it was never loaded."""
    weights: str
    sha256: str | None
    published_miou: float | None


@dataclass(frozen=True, eq=False)
class StudyRecords:
    """P photos in order of name, M networks, N pairs of them: (0, 1), (0, 2) ... (1, 2) ...

    Absent is nan among floats and 0 among counts.
    """

    name: str
    """Of the photos' folder."""
    version: str
    settings: dict[str, Any]
    models: tuple[StudyModel, ...]
    class_set: ClassSet
    """In whose words the networks are compared; C classes."""
    names: tuple[str, ...]
    paths: tuple[Path, ...]
    numbers: tuple[int, ...]
    """Of the photos in the file."""
    sizes: Counts
    """(P, 2) height, width; 0 where the photo could not be read."""
    photo_problems: dict[int, str]
    """By row, why it could not be read."""
    answer_problems: tuple[tuple[int, int, str], ...]
    """(row, model, why it could not answer)."""
    truth_problems: tuple[tuple[int, int, str], ...]
    pixels: Counts
    """(P, M) of the answers."""
    answers: dict[str, Columns]
    """(P, M) of each of ANSWERS; entropy in nats, confidence and margin 0..1."""
    alone: Counts
    """(P, M) compared pixels where a network contradicts all others, which agree."""
    entropy_histogram: Counts
    """(M, B) pixels over all photos."""
    entropy_edges: Columns
    """(B + 1,) nats."""
    areas: Counts
    """(M, C) pixels named over all photos, in the words of `class_set`."""
    compared: Counts
    """(P, N) pixels where both have a word; `same` and `both_sure_other` of these."""
    same: Counts
    both_sure_other: Counts
    confusions: Counts
    """(N, C, C) pixels over all photos, the first's class by the second's."""
    together: dict[str, Counts]
    """(P,) of each of TOGETHER; 0 where not all networks answered."""
    named: Counts
    """(C,) how often each class was named where all have a word, over the photos of `together`."""
    labelled: Counts
    """(P, M) pixels with truth."""
    right: Counts
    truths: tuple[TruthCounts | None, ...]
    """Of each network, over all photos with truth."""
    claims: dict[str, Columns]
    """(P, M) of each of demo.analysis.claims.SUMS."""

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The networks of each pair."""
        return tuple(itertools.combinations(range(len(self.models)), 2))


@dataclass(frozen=True)
class PhotoDetail:
    """What the networks said of one photo; classes as positions in the networks' own sets, or in `class_set`."""

    areas: tuple[tuple[int, int, int], ...]
    """(model, class of its own set, pixels)."""
    confusions: tuple[tuple[int, int, int, int, int], ...]
    """(first, second, class of the first, class of the second, pixels), equal classes left out, largest first."""


def records(path: Path, photos: Collection[str] | None = None) -> StudyRecords:
    """Everything of a study, OUT or OUT/study.sqlite, or of its photos of those names alone.

    Raises DatasetError where there is no study, or none of the photos.
    """
    with reading(path) as rows:
        return _Reader(rows, path, photos).all()


def details(path: Path, photos: Sequence[int]) -> dict[int, PhotoDetail]:
    """Of a few photos, by their rows in `records(path)`."""
    with reading(path) as rows:
        reader = _Reader(rows, path, None)
        return {photo: reader.detail(reader.numbers[photo]) for photo in photos}


def truths_of(path: Path, model: int) -> Iterator[tuple[str, TruthCounts]]:
    """What is counted of one network against each photo's truth, the photos' names in order."""
    with reading(path) as rows:
        for name, content in _contents(rows, "truths", model):
            yield name, TruthCounts.from_bytes(content)


def sums_of(path: Path, model: int) -> Iterator[tuple[str, dict[str, float]]]:
    """What one network's answer to each photo adds to the article's sentences, by the names of SUMS."""
    with reading(path) as rows:
        for name, content in _contents(rows, "claims", model):
            yield name, json.loads(content)


def _contents(rows: sqlite3.Connection, table: Literal["truths", "claims"], model: int) -> sqlite3.Cursor:
    return rows.execute(
        f"SELECT name, content FROM {table} JOIN photos USING (photo) "
        "WHERE model = ? AND present AND content IS NOT NULL ORDER BY name",
        (model,),
    )


def truth_counts(path: Path, model: int) -> TruthCounts | None:
    """All that is counted of one network against the truths; None without any. One photo in memory at a time."""
    total: TruthCounts | None = None
    for _, counts in truths_of(path, model):
        total = counts if total is None else total + counts
    return total


def counted_from_zero(truths: Iterable[TruthCounts | None]) -> tuple[str, ...]:
    """What is to be said of annotations that count classes from 0, by all networks of one class set together."""
    confusions = [counts.confusion for counts in truths if counts is not None and counts.class_set.offset]
    if len({confusion.shape for confusion in confusions}) != 1:
        return ()
    said = scores.counted_from_zero(np.sum(confusions, 0))
    return (said,) if said else ()


def labels_of(path: Path, found: StudyRecords, photo: int) -> dict[int, LabelMap]:
    """The label maps of one photo by model, each in its own class set: those that --save labels wrote."""
    folder = folder_of(path if path.is_dir() else path.parent, found.numbers[photo], found.names[photo])
    maps = {}
    for number, model in enumerate(found.models):
        file = folder / model.id / "labels.png"
        if model.class_set and file.is_file():
            try:
                maps[number] = decode_annotation(file, model.class_set)
            except TruthError:
                continue
    return maps


class _Reader:
    """One file, and the rows of its photos."""

    def __init__(self, rows: sqlite3.Connection, path: Path, chosen: Collection[str] | None) -> None:
        self.rows, self.told = rows, identity_of(path, rows)
        known = rows.execute("SELECT photo, name, path, height, width, problem FROM photos WHERE present ORDER BY name")
        self.photos = [row for row in known if chosen is None or row[1] in chosen]
        if not self.photos:
            raise DatasetError(f"{path} should hold some of the photos that were asked for, but has none of them.")
        self.numbers = [row[0] for row in self.photos]
        rows.execute("CREATE TEMP TABLE chosen (photo INTEGER PRIMARY KEY, place INTEGER)")
        rows.executemany("INSERT INTO chosen VALUES (?, ?)", ((n, place) for place, n in enumerate(self.numbers)))
        self.class_sets = {key: _class_set(told) for key, told in self.told.get("class_sets", {}).items()}
        self.models = tuple(
            StudyModel(i, title, family, own, self.class_sets.get(key), weights, sha, miou)
            for i, title, family, own, key, weights, sha, miou in rows.execute(
                'SELECT id, title, family, "set", class_set, weights, sha256, published_miou FROM models ORDER BY model'
            )
        )

    def all(self) -> StudyRecords:
        if "words" not in self.told:
            raise DatasetError("The study has no answer yet. Run it first: python -m demo study FOLDER -o OUT")
        words, shape = self.class_sets[self.told["words"]], (len(self.photos), len(self.models))
        pairs = {pair: n for n, pair in enumerate(itertools.combinations(range(len(self.models)), 2))}
        compared, same, both = (np.zeros((len(self.photos), len(pairs)), np.int64) for _ in range(3))
        for place, one, other, *counts in self._of("pairs", "first, second, compared, same, both_sure_other"):
            for column, value in zip((compared, same, both), counts, strict=True):
                column[place, pairs[one, other]] = value
        together, named = self._together(len(words))
        return StudyRecords(
            name=self.told["source"], version=self.told["version"], settings=self.told["settings"], models=self.models,
            class_set=words, names=tuple(row[1] for row in self.photos),
            paths=tuple(Path(os.fsdecode(row[2])) for row in self.photos), numbers=tuple(self.numbers),
            sizes=np.array([[row[3] or 0, row[4] or 0] for row in self.photos], np.int64),
            photo_problems={place: row[5] for place, row in enumerate(self.photos) if row[5]},
            answer_problems=self._problems("answers"), truth_problems=self._problems("truths"),
            pixels=self._filled("answers", "pixels", shape), alone=self._filled("answers", "alone", shape),
            answers={name: self._filled("answers", name, shape, np.nan) for name in ANSWERS},
            entropy_histogram=self._histogram(),
            entropy_edges=np.arange(ENTROPY_BINS + 1, dtype=np.float64) * ENTROPY_STEP,
            areas=self._areas(words), compared=compared, same=same, both_sure_other=both,
            confusions=self._confusions(words, pairs), together=together, named=named,
            labelled=self._filled("truths", "labelled", shape), right=self._filled("truths", '"right"', shape),
            truths=self._truths(), claims=self._claims(shape),
        )  # fmt: skip

    def detail(self, photo: int) -> PhotoDetail:
        offsets = [model.class_set.offset if model.class_set else 0 for model in self.models]
        words = self.class_sets[self.told["words"]].offset
        areas = self.rows.execute("SELECT model, class, pixels FROM areas WHERE photo = ?", (photo,))
        met = self.rows.execute(
            "SELECT first, second, class_first, class_second, pixels FROM confusions "
            "WHERE photo = ? AND class_first <> class_second "
            "ORDER BY pixels DESC, first, second, class_first, class_second",
            (photo,),
        )
        return PhotoDetail(
            tuple((model, number - offsets[model], pixels) for model, number, pixels in areas),
            tuple((one, other, a - words, b - words, pixels) for one, other, a, b, pixels in met),
        )

    def _of(self, table: str, columns: str) -> sqlite3.Cursor:
        """Row of the photo, then the columns."""
        return self.rows.execute(f"SELECT place, {columns} FROM {table} JOIN chosen USING (photo)")

    def _filled(self, table: str, column: str, shape: tuple[int, int], absent: float = 0) -> NDArray[Any]:
        found = np.full(shape, absent, np.float64 if np.isnan(absent) else np.int64)
        for place, model, value in self._of(table, f"model, {column}"):
            if value is not None:
                found[place, model] = value
        return found

    def _problems(self, table: str) -> tuple[tuple[int, int, str], ...]:
        return tuple(sorted(row for row in self._of(table, "model, problem") if row[2]))

    def _histogram(self) -> Counts:
        total = np.zeros((len(self.models), ENTROPY_BINS), np.int64)
        for _, model, block in self._of("answers", "model, entropy_histogram"):
            if block:
                counts = np.frombuffer(block, "<i8")
                total[model, : len(counts)] += counts
        return total

    def _areas(self, words: ClassSet) -> Counts:
        total = np.zeros((len(self.models), len(words)), np.int64)
        summed = "SELECT model, class, SUM(pixels) FROM areas JOIN chosen USING (photo) GROUP BY model, class"
        for model, number, pixels in self.rows.execute(summed):
            own = self.models[model].class_set
            place = int(into(own, words)[number - own.offset]) if own else VOID
            if place != VOID:
                total[model, place] += pixels
        return total

    def _confusions(self, words: ClassSet, pairs: Mapping[tuple[int, int], int]) -> Counts:
        total = np.zeros((len(pairs), len(words), len(words)), np.int64)
        summed = (
            "SELECT first, second, class_first, class_second, SUM(pixels) FROM confusions JOIN chosen USING (photo) "
            "GROUP BY first, second, class_first, class_second"
        )
        for one, other, a, b, pixels in self.rows.execute(summed):
            total[pairs[one, other], a - words.offset, b - words.offset] = pixels
        return total

    def _together(self, classes: int) -> tuple[dict[str, Counts], Counts]:
        answered = {model for (model,) in self.rows.execute("SELECT DISTINCT model FROM answers WHERE problem IS NULL")}
        found = {name: np.zeros(len(self.photos), np.int64) for name in TOGETHER}
        named = np.zeros(classes, np.int64)
        for place, block, *values in self._of("together", f"named, {', '.join(TOGETHER)}"):
            if values[0] == len(answered):
                named += unpacked(block)
                for name, value in zip(TOGETHER, values, strict=True):
                    found[name][place] = value
        return found, named

    def _truths(self) -> tuple[TruthCounts | None, ...]:
        """One photo's counts in memory at a time: together they would be gigabytes."""
        total: list[TruthCounts | None] = [None] * len(self.models)
        for _, model, block in self._of("truths", "model, content"):
            if block:
                counts, before = TruthCounts.from_bytes(block), total[model]
                total[model] = counts if before is None else before + counts
        return tuple(total)

    def _claims(self, shape: tuple[int, int]) -> dict[str, Columns]:
        found = {name: np.full(shape, np.nan) for name in SUMS}
        for place, model, content in self._of("claims", "model, content"):
            for name, value in json.loads(content).items():
                if name in found:
                    found[name][place, model] = value
        return found


def _class_set(told: Mapping[str, Any]) -> ClassSet:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return ClassSet(**fields)
