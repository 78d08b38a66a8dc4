"""One run: the networks answer in a thread of their own while the page is told, step by step, how far they are."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from demo import catalog
from demo.errors import MissingCheckpointError
from demo.page.line import left
from demo.page.networks import Networks
from demo.page.store import Run, Store
from demo.page.view import Panel, View
from demo.page.wire import further_sets, in_folder, panel_of
from demo.schema import ModelSpec

if TYPE_CHECKING:
    from demo.page.networks import Outcome

SMALL = "small, for trying the tool, not for conclusions about the architectures"
TICK = 0.15
"""Seconds between two looks at what the thread is doing."""


def views(
    networks: Networks,
    store: Store,
    run: Run,
    name: str,
    models: Sequence[str],
    example: str = "",
    turn: str = "",
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[View]:
    """The view of a run each time something changes: at once, when a network starts, when one has answered.

    Answers that the store has are shown without asking again. Once `stopped` says so, or when the iterator is closed,
    no further network starts; the answer of the one that runs is kept. Whatever goes wrong outside a network
    (a DemoError is a panel's sentence) is raised here.
    """
    away = left()

    def ended() -> bool:
        return stopped() or away()

    specs = networks.named(list(models))
    waiting = [spec for spec in specs if spec.id not in run.answers]
    refused: dict[str, Panel] = {}
    blank = known(networks, run, name, models, example, turn)
    yield blank
    work = _Work(networks, store, run, [spec.id for spec in waiting], ended)
    shown: dict[str, Panel] = {}
    try:
        while waiting and not ended():
            outcome = work.next(TICK)
            if outcome is not None:
                waiting = [spec for spec in waiting if spec.id != outcome.spec.id]
                if outcome.spec.id not in run.answers:
                    refused[outcome.spec.id] = _refusal(outcome)
            now = _progress(waiting, networks.loaded())
            if outcome is not None or now != shown:
                shown = now
                yield _filled(blank, run, specs, refused | now)
        if waiting:
            yield _filled(blank, run, specs, refused | {spec.id: _stopped(spec) for spec in waiting})
    finally:
        work.stop.set()


def known(networks: Networks, run: Run, name: str, models: Sequence[str], example: str = "", turn: str = "") -> View:
    """The view of a run with the answers that the store has; the other panels wait, and nothing is started."""
    specs = networks.named(list(models))
    blank = _blank_view(run, name, example, turn).model_copy(update={"notes": _notes(run), "caution": caution(specs)})
    return _filled(blank, run, specs, {})


class _Work:
    """The thread; it takes nothing new once `stop` is set, or `stopped` says so."""

    def __init__(
        self, networks: Networks, store: Store, run: Run, models: Sequence[str], stopped: Callable[[], bool]
    ) -> None:
        self.stop, self._stopped = threading.Event(), stopped
        self._done: SimpleQueue[Outcome | Exception] = SimpleQueue()
        self._args = (networks, store, run, models)
        context = contextvars.copy_context()  # a shared GPU is granted to the visitor whose request this is
        if models:
            threading.Thread(target=context.run, args=(self._run,), name="segment", daemon=True).start()

    def next(self, timeout: float) -> Outcome | None:
        """What has come, None if nothing did in time."""
        try:
            outcome = self._done.get(timeout=timeout)
        except Empty:
            return None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _run(self) -> None:
        networks, store, run, models = self._args
        try:
            for outcome in networks.outcomes(run.image, models, run.size):
                keep(networks, store, run, outcome)
                self._done.put(outcome)
                if self.stop.is_set() or self._stopped():
                    return
        except Exception as error:
            self._done.put(error)


def keep(networks: Networks, store: Store, run: Run, outcome: Outcome) -> None:
    """An answer goes to the run; a refusal leaves nothing there."""
    from demo.models.zoo import Answer

    if isinstance(outcome, Answer):
        run.keep(outcome, panel_of(outcome, in_folder(run.folder), networks.computed))
        store.shed()


def _progress(waiting: Sequence[ModelSpec], loaded: Sequence[str]) -> dict[str, Panel]:
    """Panels of the models still to answer: the first one loads or runs, the others wait."""
    panels = {spec.id: _blank(spec) for spec in waiting}
    for spec in waiting[:1]:
        panels[spec.id].status = "running" if spec.id in loaded else "loading"
    return panels


def _filled(view: View, run: Run, specs: Sequence[ModelSpec], others: dict[str, Panel]) -> View:
    known = others | run.panels
    panels = [known.get(spec.id) or _blank(spec) for spec in specs]
    sets = [run.answers[spec.id].posterior.class_set for spec in specs if spec.id in run.panels]
    return view.model_copy(update={"panels": panels, "class_sets": further_sets(sets)})


def _blank_view(run: Run, name: str, example: str, turn: str) -> View:
    height, width = run.size
    photo_height, photo_width = run.image.shape[:2]
    return View(
        run=run.key,
        turn=turn,
        name=name,
        example=example,
        photo=run.photo,
        width=width,
        height=height,
        photo_width=photo_width,
        photo_height=photo_height,
        plain=not run.notes,
    )


def caution(specs: Sequence[ModelSpec]) -> str:
    """What must not be concluded from these networks; empty where nothing need be said."""
    shipped = any(catalog.model_set(spec.set).shipped for spec in specs if spec.set != "own")
    return f"Compact networks: {SMALL}." if shipped else ""


def _notes(run: Run) -> list[str]:
    height, width = run.size
    photo_height, photo_width = run.image.shape[:2]
    notes = list(run.notes)
    if (height, width) != (photo_height, photo_width):
        notes.append(f"Shown at {width} × {height}; the download has the photo's own {photo_width} × {photo_height}.")
    return notes


def _blank(spec: ModelSpec) -> Panel:
    return Panel(id=spec.id, title=spec.title, trained_by=spec.trained_by, family=spec.family)


def _stopped(spec: ModelSpec) -> Panel:
    panel = _blank(spec)
    panel.status, panel.message = "stopped", "Stopped before this network had answered."
    return panel


def _refusal(outcome: Outcome) -> Panel:
    panel = _blank(outcome.spec)
    error = getattr(outcome, "error", None)
    panel.status, panel.message = "failed", str(error or "")
    own = outcome.spec.set == "own"
    if isinstance(error, MissingCheckpointError) and not own and catalog.model_set(outcome.spec.set).fetched_whole:
        panel.message = "Its file is not on this machine. Press “Fetch the files” under Models."
    return panel
