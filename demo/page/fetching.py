"""Fetching a set from the page: one fetch for all visitors, with progress, that anybody may cancel."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path

from demo.errors import DemoError, FetchError
from demo.models.checkpoints.download import Progress
from demo.models.checkpoints.download import fetch as fetch_file
from demo.models.checkpoints.files import CHECKPOINTS
from demo.models.checkpoints.unfetched import Failure, lines, sentence
from demo.page.selection import writable_folder
from demo.schema import ModelSpec, Weights

log = logging.getLogger(__name__)

Tick = Callable[[Progress], None]
Fetch = Callable[[Weights, Path, Sequence[str], Tick], Path]
TICK = 0.25
FOLDER = "this server's folder of checkpoints"
"""Where that is, is nothing for visitors."""


class UnfetchedError(DemoError):
    """Files that no home delivered; `details` are what each home said, `folder` is where files would be put by hand."""

    def __init__(self, failures: Sequence[Failure], folder: Path) -> None:
        super().__init__(sentence(failures, FOLDER))
        self.details = lines(failures)
        self.folder = "" if all(weights.repository for weights, _ in failures) else str(folder)


class _Cancelled(Exception):  # noqa: N818
    """Raised inside a fetch to stop it; what has come stays, and the next fetch goes on from there."""


class Fetching:
    """`fetch` is demo.models.checkpoints.fetch, or a stand-in for tests."""

    def __init__(self, folders: Sequence[Path] = (), fetch: Fetch = fetch_file) -> None:
        self.folders = (*folders, CHECKPOINTS)
        self._fetch = fetch
        self._busy = threading.Lock()
        self._cancelled = threading.Event()
        self._may_be_cancelled = True
        self._sentence = ""

    def cancel(self) -> None:
        """The fetch under way ends, unless it is the host's own."""
        if self._may_be_cancelled:
            self._cancelled.set()

    def files(self, specs: Sequence[ModelSpec], *, may_be_cancelled: bool = True) -> Iterator[str]:
        """Fetch the models' files, yielding a sentence whenever it changes.

        Raises UnfetchedError at the end, naming the files that no home has, or DemoError when nothing can be kept here.
        """
        folder = writable_folder(self.folders)
        if folder is None:
            raise DemoError(
                "The files need a folder that can be written, but this installation is read-only. "
                "Start the page with --checkpoints FOLDER."
            )
        if not self._busy.acquire(blocking=False):
            yield from self._watch()
            return
        try:
            self._cancelled.clear()
            self._may_be_cancelled = may_be_cancelled
            yield from self._all(specs, folder)
        finally:
            self._cancelled.set()
            self._may_be_cancelled = True
            self._busy.release()

    def _all(self, specs: Sequence[ModelSpec], folder: Path) -> Iterator[str]:
        failures: list[Failure] = []
        for number, spec in enumerate(specs, 1):
            title = f"{spec.title} ({number} of {len(specs)})"
            try:
                for words in self._one(spec, title, folder):
                    self._sentence = words
                    yield words
            except FetchError as error:
                if not error.tried:
                    log.error("%s could not be kept: %s", spec.id, error)
                    raise DemoError("The files cannot be kept on this machine; its log says why.") from error
                failures.append((spec.weights, error))
            if self._cancelled.is_set():
                yield "Cancelled. What has come is kept, and the next fetch goes on from there."
                return
        if failures:
            raise UnfetchedError(failures, folder)
        yield "All files are here."

    def _one(self, spec: ModelSpec, title: str, folder: Path) -> Iterator[str]:
        latest: list[Progress] = []
        failed: list[Exception] = []

        def heard(progress: Progress) -> None:
            latest[:] = [progress]
            if self._cancelled.is_set():
                raise _Cancelled

        def work() -> None:
            try:
                self._fetch(spec.weights, folder, (), heard)
            except Exception as error:
                failed.append(error)

        thread = threading.Thread(target=work, name="fetch", daemon=True)
        thread.start()
        yield f"{title}: looking for a source ..."
        while thread.is_alive():
            thread.join(TICK)
            if latest:
                yield f"{title}: {in_words(latest[0])}"
        if failed and not isinstance(failed[0], _Cancelled):
            raise failed[0]

    def _watch(self) -> Iterator[str]:
        """For a second visitor: what the fetch that is under way says."""
        words = ""
        while not self._busy.acquire(timeout=TICK):
            if words != self._sentence:
                words = self._sentence
                yield words
        self._busy.release()
        yield "The fetch that was under way has ended."


def in_words(progress: Progress) -> str:
    """How far, how fast, and how long still.

    >>> in_words(Progress("a.pth", "here", 50_000_000, 200_000_000, 10e6))
    '50 of 200 MB, 10.0 MB/s, 15 s left'
    """
    total = f" of {progress.total / 1e6:.0f}" if progress.total else ""
    words = f"{progress.received / 1e6:.0f}{total} MB"
    if math.isfinite(progress.rate) and progress.rate > 0:
        words += f", {progress.rate / 1e6:.1f} MB/s"
        if progress.total:
            words += f", {_left((progress.total - progress.received) / progress.rate)} left"
    return words


def paragraph(text: str, details: Sequence[str] = (), *, failed: bool = False) -> str:
    """A sentence for the page, what stands behind it folded away; one of a failure can be told by its class."""
    if not text:
        return ""
    said = "".join(f"<li>{escape(line)}</li>" for line in details)
    folded = f"<details><summary>What each home said</summary><ul>{said}</ul></details>" if said else ""
    kind = " zoo-unfetched" if failed else ""
    return f'<p class="zoo-quiet{kind}" role="status">{escape(text)}</p>{folded}'


def _left(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
