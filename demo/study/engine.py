"""Photos x networks on this machine: the next photo is read and the last answer counted while a network computes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Protocol, TypeAlias

from demo.errors import BackendError, DemoError
from demo.images import Limits, Opened
from demo.measures import ALWAYS, BY_ID
from demo.models.zoo import Refusal, Zoo
from demo.schema import ClassSet, Image, ModelSpec, Prediction
from demo.study.corrupted import Climber, Rungs, Views, views_of
from demo.study.dataset import Case
from demo.study.ledger import PhotoRows
from demo.study.measuring import Ask, Keeping, OneAnswer, Panel, Truths, one_answer, refused, together
from demo.study.sources import open_case


@dataclass(frozen=True)
class Task:
    """One photo to be measured, and its number in the study's file."""

    photo: int
    case: Case
    rungs: Rungs | None = None
    """The corruption under which it is to be answered; else it is measured as it is."""

    @property
    def versions(self) -> int:
        """How often the networks are to see the photo."""
        return len(self.rungs.severities) if self.rungs else 1

    def __str__(self) -> str:
        return f"{self.case.name}, {self.rungs.kind}" if self.rungs else self.case.name


@dataclass(frozen=True)
class Met:
    """What only loading a network tells."""

    class_set: ClassSet
    sha256: str
    """Of its weights' file."""


def unread(task: Task, why: str) -> PhotoRows:
    """What is kept of a photo that could not be read or answered at all."""
    return PhotoRows(task.case.name, None, None, None, why, added=task.rungs is not None)


class Engine(Protocol):
    """Whatever brings networks and photos together; it writes nothing but the files that `keeping` names."""

    device: str
    """Where the networks compute: cpu, cuda ..."""

    def meet(self, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Met | DemoError]]:
        """What each network is, or why it cannot be loaded."""

    def measured(
        self, tasks: Iterable[Task], panel: Panel, keeping: Keeping, limits: Limits
    ) -> Generator[tuple[Task, PhotoRows]]:
        """What is to be kept of each photo, in any order. A bad photo, truth or network costs itself."""


@dataclass(frozen=True)
class Progress:
    """How far a study is; `seconds_left` and `rate`, photos a second, are None until they can be estimated."""

    done: int
    total: int
    photo: str
    seconds_left: float | None
    rate: float | None = None
    unit: str = "photos"

    def __str__(self) -> str:
        rate = "" if self.rate is None else f", {self.rate:.3g} a second"
        left = "" if self.seconds_left is None else f", {in_words(self.seconds_left)} left"
        return f"{self.done} of {self.total} {self.unit}{rate}{left} ({self.photo})"


OnProgress: TypeAlias = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Says nothing of it."""


class Pace:
    """Progress over photos of which some were known before."""

    def __init__(self, waiting: Iterable[Task], total: Iterable[Task]) -> None:
        self.waiting, self.total = (sum(task.versions for task in tasks) for tasks in (waiting, total))
        self.unit = "versions of photos" if any(task.rungs for task in total) else "photos"
        self.start, self.done = time.perf_counter(), 0

    def step(self, task: Task) -> Progress:
        """One more is done."""
        self.done += task.versions
        each = (time.perf_counter() - self.start) / self.done
        left, done = each * (self.waiting - self.done), self.total - self.waiting + self.done
        return Progress(done, self.total, str(task), left, 1 / each if each else None, self.unit)


def in_words(seconds: float) -> str:
    """
    >>> in_words(42.4), in_words(170), in_words(7300)
    ('42 s', '3 min', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def plainly(zoo: Zoo, measures: Sequence[str] = ALWAYS) -> Ask:
    """Each model once, on the photo as it is, with the `measures` of doubt that it can say."""

    def ask(image: Image, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Prediction | Refusal]]:
        for outcome in zoo.stream(image, specs, measures=measures):
            yield outcome.spec, outcome if isinstance(outcome, Refusal) else outcome.prediction

    return ask


class Here:
    """The engine of one process: photos in their order, networks of one zoo."""

    def __init__(self, zoo: Zoo, ask: Ask | None = None) -> None:
        self.zoo, self.device = zoo, zoo.device
        self.climber = Climber(zoo.answers)
        self._ask = ask

    def ask_of(self, case: Case) -> Ask:
        """How one photo is asked: by every measure of doubt where its truth may name what a network has no word for."""
        return self._ask or plainly(self.zoo, [*BY_ID] if case.segments or case.class_set else ALWAYS)

    def meet(self, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Met | DemoError]]:
        for spec in specs:
            try:
                network = self.zoo.load(spec)
            except DemoError as error:
                yield spec, error
            else:
                yield spec, Met(network.class_set, network.checkpoint_sha256)

    def measured(
        self, tasks: Iterable[Task], panel: Panel, keeping: Keeping, limits: Limits
    ) -> Generator[tuple[Task, PhotoRows]]:
        line = _Line(panel, self.ask_of, keeping, self.climber)
        with ThreadPoolExecutor(1, "read") as reader, ThreadPoolExecutor(1, "count") as counter:
            upcoming: deque[tuple[Task, Future[Opened | Views]]] = deque()
            waiting: deque[tuple[Task, Future[PhotoRows]]] = deque()
            for task in chain(tasks, [None]):
                if task:
                    upcoming.append((task, reader.submit(_opened, task, limits)))
                if len(upcoming) > 1 or (upcoming and not task):
                    current, opened = upcoming.popleft()
                    waiting.append((current, line.answer(current, opened, counter)))
                while waiting and (len(waiting) > 1 or not task):
                    done, rows = waiting.popleft()
                    yield done, rows.result()


def _opened(task: Task, limits: Limits) -> Opened | Views:
    return views_of(task.case, task.rungs, limits) if task.rungs else open_case(task.case, limits)


class _Line:
    """The networks, asked photo by photo."""

    def __init__(self, panel: Panel, ask_of: Callable[[Case], Ask], keeping: Keeping, climber: Climber) -> None:
        self.panel, self.ask_of, self.keeping, self.climber = panel, ask_of, keeping, climber
        self.specs = list(panel.specs)

    def answer(self, task: Task, opened: Future[Opened | Views], counter: ThreadPoolExecutor) -> Future[PhotoRows]:
        """Every answer to one photo, predicted here and counted on the other thread, at most one behind."""
        try:
            found = opened.result()
        except DemoError as error:
            return counter.submit(unread, task, str(error))
        if isinstance(found, Views):
            assert task.rungs
            climbed, missing = self.climber.rows(task.case, task.rungs, found, self.panel, self.specs)
            self._without(missing)
            rows = {"stress": climbed}
            return counter.submit(PhotoRows, task.case.name, *found.size, found.sha256, None, rows, missing, added=True)
        height, width = found.image.shape[:2]
        truths = Truths(task.case, (height, width))
        counted: list[Future[OneAnswer]] = []
        problems: dict[int, str] = {}
        gone: dict[str, str] = {}
        for spec, outcome in self.ask_of(task.case)(found.image, list(self.specs)):
            for earlier in counted[:-1]:
                earlier.exception()  # so that no more than two predictions are in memory
            place = self.panel.place(spec)
            if not isinstance(outcome, Refusal):
                counted.append(counter.submit(self._count, task, place, outcome, truths))
            elif outcome.loaded:
                problems[place] = str(outcome.error)
            else:
                gone[spec.id] = str(outcome.error)
                self._without(gone)

        def finish() -> PhotoRows:
            tables = together(self.panel, [one.result() for one in counted])
            for place, problem in problems.items():
                tables.setdefault("answers", []).append(refused(self.panel, place, problem))
            return PhotoRows(task.case.name, height, width, found.sha256, None, tables, gone)

        return counter.submit(finish)  # its turn comes after that of the answers, as there is one thread

    def _without(self, gone: dict[str, str]) -> None:
        """Networks that could not be loaded are not asked again: no other photo would fare better."""
        self.specs = [spec for spec in self.specs if spec.id not in gone]
        if not self.specs:
            raise BackendError(f"None of the networks could be loaded. The last one said: {[*gone.values()][-1]}")

    def _count(self, task: Task, place: int, prediction: Prediction, truths: Truths) -> OneAnswer:
        self.keeping.write(task.photo, task.case.name, prediction)
        return one_answer(self.panel, place, prediction, truths)
