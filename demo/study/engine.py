"""Photos x models, measured one by one, kept as soon as they are measured, a bad file costing only itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from demo.errors import BackendError, DemoError, TruthError
from demo.images import DEFAULT_LIMITS, Limits, open_image
from demo.labels.annotations import labelled
from demo.labels.mapping import into
from demo.models.zoo import Refusal, Zoo
from demo.names import readable
from demo.schema import VOID, ClassSet, Image, LabelMap, ModelSpec, Prediction, Size
from demo.study.dataset import Case
from demo.study.ledger import Ledger, key_of

Ask: TypeAlias = Callable[[Image, Sequence[ModelSpec]], Iterator[tuple[ModelSpec, Prediction | Refusal]]]
"""A photo and models -> each model's prediction at photo size, or why it has none."""
Measure: TypeAlias = Callable[[Prediction, LabelMap | None], bytes]
"""What is kept of one prediction."""


@dataclass(frozen=True)
class Progress:
    """How far a study is; `seconds_left` is None until it can be estimated."""

    done: int
    total: int
    photo: str
    seconds_left: float | None

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {in_words(self.seconds_left)} left"
        return f"{self.done} of {self.total} photos{left} ({self.photo})"


OnProgress: TypeAlias = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Says nothing of it."""


def plainly(zoo: Zoo) -> Ask:
    """Each model once, on the photo as it is."""

    def ask(image: Image, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Prediction | Refusal]]:
        for outcome in zoo.stream(image, specs):
            yield outcome.spec, outcome if isinstance(outcome, Refusal) else outcome.prediction

    return ask


def measure_all(
    cases: Sequence[Case], specs: Sequence[ModelSpec], ask: Ask, measure: Measure, ledger: Ledger, *,
    settings: str, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress = silent,
) -> list[str]:  # fmt: skip
    """Measure every case with every model, taking from the ledger what it has.

    While a network computes, the next photo is read and the last prediction measured. Unreadable photos and
    annotations, and models that cannot load, become the sentences returned; no model at all: BackendError.
    """
    study = _Study(ask, measure, ledger, settings, list(specs))
    waiting = [case for case in cases if study.missing(case)]
    start, known = time.perf_counter(), len(cases) - len(waiting)
    with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(1, "measure") as measurer:
        opened = [reader.submit(_read, case, limits) for case in waiting[:1]]
        try:
            for number, case in enumerate(waiting, 1):
                opened += [reader.submit(_read, following, limits) for following in waiting[number : number + 1]]
                study.answer(case, opened.pop(0), measurer)
                spent = time.perf_counter() - start
                on_progress(Progress(known + number, len(cases), case.name, spent / number * (len(waiting) - number)))
        finally:
            study.settle()  # a study that is stopped loses nothing that was answered
    return study.problems


def kept(cases: Sequence[Case], spec: ModelSpec, ledger: Ledger, settings: str) -> Iterator[tuple[str, bytes]]:
    """What the ledger has of one model: the photos' names and contents, in the order of the cases."""
    for case in cases:
        content = ledger.get(key_of(case, spec, settings))
        if content is not None:
            yield case.name, content


@dataclass
class _Study:
    ask: Ask
    measure: Measure
    ledger: Ledger
    settings: str
    specs: list[ModelSpec]
    problems: list[str] = field(default_factory=list)
    class_sets: dict[ModelSpec, ClassSet] = field(default_factory=dict)
    """In whose numbers the annotations are read; of a user's own model known once it has answered."""
    pending: list[tuple[Case, ModelSpec, Future[bytes]]] = field(default_factory=list)

    def missing(self, case: Case) -> list[ModelSpec]:
        """The models whose result for the case is not in the ledger."""
        return [spec for spec in self.specs if not self.ledger.has(self._key(case, spec))]

    def answer(self, case: Case, opened: Future[Image], measurer: ThreadPoolExecutor) -> None:
        """Every missing answer to one case, predicted here and measured on the other thread."""
        try:
            image = opened.result()
        except DemoError as error:
            self._leave_out(f"{case.photo.name} is left out: {error}")
            return
        truths = _Truths(case, (image.shape[0], image.shape[1]))
        known = [(spec, self.class_sets.get(spec, spec.class_set)) for spec in self.missing(case)]
        missing = [spec for spec, class_set in known if class_set is None or truths.readable(class_set)]
        for spec, outcome in self.ask(image, missing) if missing else ():
            self.settle(keep=1)
            if isinstance(outcome, Refusal):
                self._refused(case, outcome)
                continue
            self.class_sets[spec] = outcome.class_set
            if truths.readable(outcome.class_set):
                truth = truths.of(outcome.class_set)
                self.pending.append((case, spec, measurer.submit(self.measure, outcome, truth)))
        for sentence in truths.problems:
            self._leave_out(f"{case.photo.name} is left out: {sentence}")

    def settle(self, keep: int = 0) -> None:
        """Put measured results into the ledger, until at most `keep` are still being measured."""
        while len(self.pending) > keep:
            case, spec, measured = self.pending.pop(0)
            try:
                self.ledger.put(self._key(case, spec), case.name, spec.id, measured.result())
            except DemoError as error:
                self._leave_out(f"{case.photo.name} is left out for {spec.title}: {error}")

    def _leave_out(self, sentence: str) -> None:
        self.problems.append(readable(sentence))

    def _refused(self, case: Case, refusal: Refusal) -> None:
        """A model that cannot be loaded is told of once and not asked again; any other error costs the one photo."""
        spec, error = refusal.spec, refusal.error
        if refusal.loaded:
            self._leave_out(f"{case.photo.name} is left out for {spec.title} ({spec.id}): {error}")
            return
        self._leave_out(f"{spec.title} ({spec.id}) is left out: {error}")
        self.specs.remove(spec)
        if not self.specs:
            raise BackendError(f"None of the networks could be loaded. The last one said: {error}")

    def _key(self, case: Case, spec: ModelSpec) -> str:
        return key_of(case, spec, self.settings)


def in_words(seconds: float) -> str:
    """
    >>> in_words(42.4), in_words(170), in_words(7300)
    ('42 s', '3 min', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class _Truths:
    """One case's annotation in the numbers of each class set that asks, read once for each."""

    def __init__(self, case: Case, size: Size) -> None:
        self._case, self._size = case, size
        self._read: dict[ClassSet, LabelMap | None] = {}
        self.problems: list[str] = []

    def readable(self, class_set: ClassSet) -> bool:
        """Whether it can be read so; why it cannot is told once, in `problems`."""
        if class_set not in self._read and self._case.annotation:
            try:
                self._read[class_set] = self._labelled(self._case.annotation, class_set)
            except TruthError as error:
                self._read[class_set] = None
                self.problems.append(str(error))
        return self._case.annotation is None or self._read[class_set] is not None

    def _labelled(self, annotation: Path, class_set: ClassSet) -> LabelMap:
        """In the data set's own classes, brought to the network's by name; its own if it has as many.

        What the network has no word for counts as not labelled. Raises TruthError.
        """
        written = self._case.class_set or class_set
        truth = labelled(annotation, written, size=self._size, ids=self._case.ids)
        if len(written) == len(class_set):
            return truth
        found = into(written, class_set)[truth]
        if (found == VOID).all():
            raise TruthError(
                f"{annotation.name} is in the classes of {written.title}, and {class_set.title} has a word for none of "
                "those that it shows."
            )
        return found

    def of(self, class_set: ClassSet) -> LabelMap | None:
        """The truth, None where the case has none."""
        return self._read.get(class_set)


def _read(case: Case, limits: Limits) -> Image:
    """Raises ImageError."""
    return open_image(case.photo, limits=limits)
