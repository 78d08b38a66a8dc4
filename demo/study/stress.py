"""The stress ladder: what each network keeps of its answers while photos are corrupted more and more.

After Hendrycks and Dietterich (ICLR 2019), who made the corruptions, and Kamann and Rother (CVPR 2020), who asked
segmentation networks. Every answer's counts are one line of a file, so that a stopped study goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from demo import catalog
from demo.analysis.numbers import Json
from demo.analysis.stability import Observed, observe
from demo.catalog import Names
from demo.changes import corruptions
from demo.changes.change import SHORT_SIDE, working
from demo.errors import BackendError, DatasetError, DemoError, TruthError
from demo.images import DEFAULT_LIMITS, Limits, open_image
from demo.models.zoo import Refusal, Zoo
from demo.names import readable
from demo.schema import Image, LabelMap, ModelSpec, Prediction, Size
from demo.study.dataset import Case, open_photos
from demo.study.engine import OnProgress, Progress, in_words, silent
from demo.study.measuring import Truths
from demo.study.stress_report import write
from demo.study.stress_results import AS_IT_IS, Climbed, Condition, Record, StressReport, weigh

RECORDS = "stress.jsonl"
VERSION = 1
"""Of what is counted; lines of another version are counted again."""


class Rung(Progress):
    """How far the ladder is, in answers."""

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {in_words(self.seconds_left)} left"
        return f"{self.done} of {self.total} answers{left} ({self.photo})"


def stress(
    photos: Sequence[Path],
    models: Names | None,
    zoo: Zoo,
    out: Path,
    *,
    kinds: Sequence[str] = tuple(corruptions.OWN),
    severities: Sequence[int] = corruptions.SEVERITIES,
    split: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: OnProgress = silent,
) -> StressReport:
    """Climb the ladder with every network on every photo; writes stress.json, stress.csv, figures and report.html.

    The same command again goes on where it was stopped, and measures what it lacks of further kinds or severities.
    Raises ChangeError, DatasetError without any photo, BackendError when no network can answer.
    """
    start = time.perf_counter()
    kinds, severities = corruptions.chosen(kinds, severities)
    conditions = (AS_IT_IS, *(Condition(kind, severity) for kind in kinds for severity in severities))
    dataset = open_photos(photos, split)
    specs = catalog.resolve(models or zoo.default_set)
    with Records(out / RECORDS, [VERSION, seed, SHORT_SIDE, zoo.precision]) as records:
        ladder = _Ladder(zoo, list(specs), conditions, seed, records, on_progress, len(dataset.cases))
        for case in dataset.cases:
            ladder.climb(case, limits)
        known = [[records.of(case, spec) for spec in ladder.specs] for case in dataset.cases]
    if not any(map(any, known)):
        raise BackendError(f"None of the photos could be answered. {' '.join(ladder.problems[:1])}")
    settings: dict[str, Json] = {
        "resamples": resamples,
        "seed": seed,
        "precision": zoo.precision,
        "short_side": SHORT_SIDE,
    }
    climbed = Climbed(dataset.name, [case.name for case in dataset.cases], ladder.specs, conditions, known)
    problems = (*dataset.problems, *ladder.problems)
    result = replace(weigh(climbed, settings), problems=problems, seconds=time.perf_counter() - start)
    write(result, out)
    return result


class Records:
    """What has been counted, a line of JSON an answer; each is on disk when `put` returns."""

    def __init__(self, path: Path, settings: Sequence[object]) -> None:
        self.path, self._settings = path, json.dumps(settings)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._known: dict[str, Record] = {}
        whole = self._read() if path.exists() else 0
        self._file = path.open("ab")
        self._file.truncate(whole)

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def of(self, case: Case, spec: ModelSpec) -> Record:
        """All that is known of one photo and network, by condition."""
        return self._known.setdefault(self._key(case, spec), {})

    def put(self, case: Case, spec: ModelSpec, condition: Condition, observed: Observed) -> None:
        row = {"key": self._key(case, spec), "photo": readable(case.name), "model": readable(spec.id)}
        self._file.write(json.dumps(row | {"condition": str(condition), "observed": observed}).encode() + b"\n")
        self._file.flush()
        self.of(case, spec)[str(condition)] = observed

    def _key(self, case: Case, spec: ModelSpec) -> str:
        """Changes with the photo, its annotation, the network and the settings; files are known by size and time."""
        own = (
            [Path(path) for path in (spec.config, spec.weights.file, spec.classes) if path] if spec.set == "own" else []
        )
        files = [
            (str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns)
            for path in (case.photo, case.annotation, *own)
            if path is not None and path.exists()
        ]
        network = [spec.id, spec.weights.file, spec.weights.sha256, spec.weights.revision, spec.classes]
        content = [self._settings, case.name, case.class_set.key if case.class_set else "", files, network]
        return sha256(json.dumps(content).encode()).hexdigest()

    def _read(self) -> int:
        """The length of what can be read; a line that was cut when the study was stopped is left out."""
        whole = 0
        for number, line in enumerate(self.path.read_bytes().splitlines(keepends=True), 1):
            if not line.endswith(b"\n"):
                break
            try:
                row = json.loads(line)
                self._known.setdefault(row["key"], {})[row["condition"]] = row["observed"]
            except (ValueError, TypeError, KeyError) as error:
                raise DatasetError(
                    f"{self.path} should hold what a stress ladder has counted, but its line {number} does not. "
                    "Delete it to count again, or choose another folder."
                ) from error
            whole += len(line)
        return whole


@dataclass(eq=False)
class _Ladder:
    zoo: Zoo
    specs: list[ModelSpec]
    conditions: Sequence[Condition]
    seed: int
    records: Records
    on_progress: OnProgress
    photos: int
    problems: list[str] = field(default_factory=list)
    done: int = 0
    asked: int = 0
    start: float = field(default_factory=time.perf_counter)

    def climb(self, case: Case, limits: Limits) -> None:
        """Every missing answer to one photo; whatever goes wrong costs the photo, or the one network on it."""
        each, before = len(self.conditions), self.done
        self.done += sum(each - len(self._missing(case, spec)) for spec in self.specs)
        missing = [spec for spec in self.specs if self._missing(case, spec)]
        views: dict[str, Image] = {}
        if missing:
            try:
                image = open_image(case.photo, limits=limits)
                truths = Truths(case, (image.shape[0], image.shape[1]))
                views = {str(AS_IT_IS): working(image)}
                for one in self.conditions[1:]:
                    views[str(one)] = corruptions.corrupted(views[str(AS_IT_IS)], one.kind, one.severity, self.seed)
            except DemoError as error:
                self._leave_out(f"{case.photo.name} is left out: {error}")
                missing = []
        for spec in missing:
            try:
                self._answer(case, spec, views, truths)
            except DemoError as error:
                self._leave_out(f"{case.photo.name} is left out for {spec.title} ({spec.id}): {error}")
        self.done = before + each * len(self.specs)

    def _missing(self, case: Case, spec: ModelSpec) -> list[Condition]:
        known = self.records.of(case, spec)
        return [condition for condition in self.conditions if str(condition) not in known]

    def _answer(self, case: Case, spec: ModelSpec, views: dict[str, Image], truths: Truths) -> None:
        first = self._ask(spec, views[str(AS_IT_IS)])
        if first is None:
            return
        found = truths.of(first.class_set)
        if isinstance(found, TruthError):
            raise found
        truth = _at(found.label_map, first.size) if found else None
        for condition in self._missing(case, spec):
            answer = first if condition is AS_IT_IS else self._ask(spec, views[str(condition)])
            if answer is None:
                return
            self.records.put(case, spec, condition, observe(first.label_map, answer, truth))
            self._tell(f"{case.name}: {spec.title}, {condition}")

    def _ask(self, spec: ModelSpec, image: Image) -> Prediction | None:
        """None where the network cannot be loaded, which is told once. Raises BackendError for what costs the photo."""
        outcome = next(self.zoo.stream(image, [spec]))
        if not isinstance(outcome, Refusal):
            return outcome.prediction
        if outcome.loaded:
            raise outcome.error
        self._leave_out(f"{spec.title} ({spec.id}) is left out: {outcome.error}")
        self.specs.remove(spec)
        return None

    def _tell(self, doing: str) -> None:
        self.asked += 1
        self.done += 1
        total = self.photos * len(self.conditions) * len(self.specs)
        left = (time.perf_counter() - self.start) / self.asked * (total - self.done)
        self.on_progress(Rung(min(self.done, total), total, doing, max(0.0, left)))

    def _leave_out(self, sentence: str) -> None:
        self.problems.append(readable(sentence))


def _at(truth: LabelMap, grid: Size) -> LabelMap:
    """A truth at the size at which the photo is corrupted."""
    if truth.shape == grid:
        return truth
    return np.asarray(cv2.resize(truth, (grid[1], grid[0]), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
