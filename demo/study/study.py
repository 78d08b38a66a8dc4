"""A study: every photo x every network, measured once, kept in one file, stopped and gone on with at will."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import demo
from demo import catalog
from demo.analysis.numbers import Json
from demo.catalog import Names
from demo.errors import BackendError, DatasetError, DemoError
from demo.images import DEFAULT_LIMITS, Limits, write_text
from demo.models.checkpoints.files import locate
from demo.models.zoo import Zoo
from demo.names import readable, to_json
from demo.schema import ModelSpec
from demo.study.corrupted import Ladder, Rungs
from demo.study.dataset import Case, Dataset
from demo.study.engine import Engine, Here, OnProgress, Pace, Task, silent
from demo.study.ledger import FILE, Identity, Ledger, identity_of, reading, told_apart
from demo.study.measuring import Ask, Keeping, Panel
from demo.study.records import StudyRecords, counted_from_zero, records
from demo.study.sources import open_source, place_of, stamp_of, truth_in
from demo.study.summary import summary_of


@dataclass(frozen=True)
class Study:
    """A study that was run through: its file, what was left out, how long this run took."""

    path: Path
    problems: tuple[str, ...]
    photos: int
    measured: int
    """Of them in this run."""
    seconds: float


def study(
    source: Path, models: Names | None, zoo: Zoo, out: Path, *, truth: Path | None = None, split: str | None = None,
    save: Sequence[str] = (), ladder: Ladder | None = None, limits: Limits = DEFAULT_LIMITS,
    engine: Engine | None = None, on_progress: OnProgress = silent, stopped: Callable[[], bool] = lambda: False,
) -> Study:  # fmt: skip
    """Measure a folder, dataset, zip or list with some networks; writes OUT/study.sqlite and, at the end, study.json.

    With a `ladder` every photo is answered corrupted too; what the file lacks of its corruptions is measured. A study
    that was stopped, in whatever way, goes on when called again with the same `out`. Raises DatasetError without any
    photo and where OUT holds another study, BackendError when no network can be loaded.
    """
    found = open_source(source, truth=truth, split=split)
    specs, keeping = catalog.resolve(models or zoo.default_set), Keeping(out, tuple(sorted(save)))
    engine = engine or Here(zoo)
    settings = settings_of(zoo, limits) | {"device": _kind(engine.device)}
    if keeping.what:
        settings["save"] = [*keeping.what]
    _check_truths(out / FILE, found)
    done = run(found, specs, zoo, out / FILE, settings, keeping=keeping, limits=limits, engine=engine,
               ladder=ladder, on_progress=on_progress, stopped=stopped)  # fmt: skip
    if not stopped():
        numbers = records(done.path)
        done = replace(done, problems=(*done.problems, *counted_from_zero(numbers.truths)))
        write_text(out / "study.json", to_json(as_json(done, numbers)))
    return done


def as_json(done: Study, numbers: StudyRecords) -> dict[str, Json]:
    """The final numbers of a study that holds `numbers`; only `timing` differs between equal studies."""
    rate = done.measured / done.seconds if done.seconds else 0.0
    timing: dict[str, Json] = {
        "seconds": round(done.seconds, 3), "photos": done.measured, "photos_per_second": round(rate, 3),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }  # fmt: skip
    return {**summary_of(done.path, numbers), "problems": [*done.problems], "timing": timing}


def settings_of(zoo: Zoo, limits: Limits) -> dict[str, Json]:
    """What changes a study's numbers beside its photos and networks."""
    return {
        "precision": zoo.precision, "device": _kind(zoo.device), "scales": [1.0], "flip": False,
        "megapixels": float(limits.megapixels), "megabytes": float(limits.megabytes),
    }  # fmt: skip


def _kind(device: str) -> str:
    """
    >>> _kind("cuda:1")
    'cuda'
    """
    return device.partition(":")[0]


def place_for(out: Path, found: Dataset, specs: Sequence[ModelSpec], settings: dict[str, Json]) -> Path:
    """OUT/study.sqlite, or where that holds another study a file beside it that is named after what was asked."""
    path, asked = out / FILE, _identity(found, specs, settings).as_json()
    if path.is_file():
        with reading(path) as rows:
            if told_apart(identity_of(path, rows), asked) or _loses_truths(rows, found):
                return path.with_name(f"study-{sha256(to_json(asked).encode()).hexdigest()[:8]}.sqlite")
    return path


def _loses_truths(rows: sqlite3.Connection, found: Dataset) -> bool:
    """Whether photos of a study that were measured against truths are asked for without any."""
    names = {case.name for case in found.cases}
    known = rows.execute("SELECT name, stamp FROM photos WHERE present")
    return not any(case.annotation for case in found.cases) and any(
        name in names and truth_in(stamp) for name, stamp in known
    )


def _check_truths(path: Path, found: Dataset) -> None:
    """Raises DatasetError where going on with the study at `path` would forget what its truths told."""
    if path.is_file() and not any(case.annotation for case in found.cases):
        with reading(path) as rows:
            lost = _loses_truths(rows, found)
        if lost:
            raise DatasetError(
                f"{path} holds another study: its photos have truths, and this one's have none. Name them with --truth "
                "again, or choose another folder for this one."
            )


def run(
    found: Dataset, specs: Sequence[ModelSpec], zoo: Zoo, path: Path, settings: dict[str, Json], *,
    ask: Ask | None = None, keeping: Keeping | None = None, limits: Limits = DEFAULT_LIMITS,
    engine: Engine | None = None, on_progress: OnProgress = silent, stopped: Callable[[], bool] = lambda: False,
    bad_truth: str = "is measured without its truth", ladder: Ladder | None = None, as_they_are: bool = True,
) -> Study:  # fmt: skip
    """Measure what the file at `path` does not have yet; each photo is on disk as soon as it is measured.

    Photos are measured as they are, unless told otherwise, and then corrupted as the `ladder` has it.
    """
    start = time.perf_counter()
    engine, keeping = engine or Here(zoo, ask), keeping or Keeping(path.parent)
    left_out: list[str] = []
    with Ledger(path) as ledger:
        ledger.begin(_identity(found, specs, settings), specs)
        numbers = ledger.enter((case.name, place_of(case), stamp_of(case)) for case in found.cases)
        photos = [Task(numbers[case.name], case) for case in found.cases]
        tasks = photos if as_they_are else []
        if ladder:
            ledger.climb(ladder.as_json())
            rungs = [Rungs(kind, ladder.severities, ladder.seed) for kind in ladder.kinds]
            tasks = [*tasks, *(replace(photo, rungs=one) for photo in photos for one in rungs)]
        waiting = _waiting(tasks, ledger, range(len(specs)))
        if waiting:
            panel = _panel(specs, engine, ledger, left_out)
            waiting = _waiting(tasks, ledger, panel.numbers)
            pace = Pace(waiting, tasks)
            with closing(engine.measured(waiting, panel, keeping, limits)) as measured:
                for task, rows in measured:
                    ledger.put(task.photo, rows)
                    gone = [spec for spec in specs if spec.id in rows.refused]
                    left_out += [_left_out(spec, rows.refused[spec.id]) for spec in gone]
                    on_progress(pace.step(task))
                    if stopped():
                        break
        told = {numbers[case.name]: _shown(case) for case in found.cases}
        problems = [*found.problems, *dict.fromkeys(left_out), *ledger.problems(told, bad_truth)]
    new = len({task.photo for task in waiting})
    return Study(path, tuple(map(readable, problems)), len(photos), new, time.perf_counter() - start)


def _waiting(tasks: Sequence[Task], ledger: Ledger, models: Sequence[int]) -> list[Task]:
    """The tasks with what is missing of them."""
    complete = ledger.complete(models)
    stressed = ledger.stressed(models) if any(task.rungs for task in tasks) else set()
    found = []
    for task in tasks:
        if rungs := task.rungs:
            missing = tuple(step for step in rungs.severities if (task.photo, rungs.kind, step) not in stressed)
            found += [replace(task, rungs=replace(rungs, severities=missing))] if missing else []
        elif task.photo not in complete:
            found.append(task)
    return found


def _panel(specs: Sequence[ModelSpec], engine: Engine, ledger: Ledger, left_out: list[str]) -> Panel:
    """The networks that can be loaded; the others are told of in `left_out`. Raises BackendError without any."""
    found = []
    error: DemoError | None = None
    for number, (spec, met) in enumerate(engine.meet(specs)):
        if isinstance(met, DemoError):
            error = met
            left_out.append(_left_out(spec, str(met)))
        else:
            ledger.met(number, met.class_set, met.sha256)
            found.append((spec, met.class_set, number))
    if not found:
        raise BackendError(f"None of the networks could be loaded. The last one said: {error}")
    panel = Panel(*(tuple(column) for column in zip(*found, strict=True)))
    ledger.note("class_sets", {known.key: asdict(known) for known in panel.class_sets})
    ledger.note("words", panel.words.key)
    return panel


def _left_out(spec: ModelSpec, why: str) -> str:
    return f"{spec.title} ({spec.id}) is left out: {why}"


def _shown(case: Case) -> str:
    """The photo's file as sentences name it."""
    return case.name if case.name.endswith(case.photo.suffix) and case.photo.suffix else case.photo.name


def _identity(found: Dataset, specs: Sequence[ModelSpec], settings: dict[str, Json]) -> Identity:
    models = tuple(dict(_fingerprint(spec)) for spec in specs)
    return Identity(readable(found.name), demo.__version__, settings, models)


def _fingerprint(spec: ModelSpec) -> Iterator[tuple[str, Json]]:
    """A catalogue's weights are known by their hash; the user's own, and their config, by size and time."""
    yield "id", readable(spec.id)
    yield "weights", readable(Path(spec.weights.file).name)
    yield "sha256", spec.weights.sha256
    if spec.classes:
        yield "classes", readable(spec.classes)
    if spec.set == "own":
        for name, file in (
            ("config", spec.config),
            ("weights file", spec.weights.file),
            ("classes file", spec.classes),
        ):
            if file and os.path.exists(file):
                told = os.stat(file)
                yield name, f"{told.st_size} {told.st_mtime_ns}"
    if spec.weights.repository:  # a branch is what it was at the last fetch
        place = locate(spec.weights)
        yield "repository", f"{spec.weights.repository} {spec.weights.revision} {place.name if place else ''}"
