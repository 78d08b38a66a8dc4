"""What the page remembers between clicks: one Run a photo, bounded by number and bytes, the least recently used leaves.

A run is found by the SHA-256 of the photo's file, which nobody knows who has not got the file. It holds nothing that
says whose photo it is: the file's name stays with the visitor's own page.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from demo.errors import ImageError
from demo.export import Photo
from demo.images import Limits, Opened, open_photo
from demo.models.allocator import give_back
from demo.page.view import Panel
from demo.page.wire import display_size, in_folder, photo_file
from demo.schema import Image, Size

if TYPE_CHECKING:
    from gradio.data_classes import FileData

    from demo.models.zoo import Answer

NOT_HERE = "This photo is no longer kept here; choose it again."
KEPT = 50 * 60
"""Seconds that a photo, and all that was made of it, is kept after its last use."""


@dataclass(eq=False)
class Run:
    """One photo and every answer to it so far, by model id."""

    key: str
    image: Image
    folder: Path
    """Holds the files the browser is given; goes when the run goes."""
    photo: FileData
    size: Size
    """The grid the maps are shown on."""
    notes: tuple[str, ...] = ()
    """What of the photo's file was ignored."""
    answers: dict[str, Answer] = field(default_factory=dict)
    panels: dict[str, Panel] = field(default_factory=dict)
    used: float = field(default_factory=time.monotonic)
    """When it was last asked for."""

    @property
    def bytes(self) -> int:
        maps = (answer.prediction for answer in list(self.answers.values()))
        posteriors = sum(answer.posterior.bytes for answer in list(self.answers.values()))
        fields = sum(m.label_map.nbytes + sum(field.nbytes for field in m.measures.values()) for m in maps)
        return self.image.nbytes + fields + posteriors

    @property
    def has_files(self) -> bool:
        """False when somebody has cleaned the temporary folders."""
        return Path(self.photo.path).is_file()

    def named(self, name: str) -> Photo:
        """The photo under the name its visitor gave it."""
        return Photo(name, self.image, self.key)

    def keep(self, answer: Answer, panel: Panel) -> None:
        self.answers[answer.spec.id], self.panels[answer.spec.id] = answer, panel


class Kept(Protocol):
    """What is kept of visits beside their runs, for as long."""

    def forget(self, kept: float) -> None: ...
    def close(self) -> None: ...


class Store:
    """Runs by key. The newest always stays, even alone above the bound.

    `kept` is for how many seconds after its last use; every `look` seconds is looked at what is to go.
    """

    def __init__(self, limits: Limits, *, count: int = 24, megabytes: float = 1500, kept: int = KEPT) -> None:
        self.limits = limits
        self.kept, self.look = kept, max(1, kept // 10)
        self.folder = Path(mkdtemp(prefix="segmentation-zoo-"))
        self._count, self._bytes = count, megabytes * 1e6
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._lock = threading.Lock()
        self._opening: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._closed = threading.Event()
        self._beside: list[Kept] = []

    def open(self, path: str | Path) -> Run:
        """The run of the photo in a file, made where there is none. Raises ImageError."""
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError as error:
            raise ImageError(NOT_HERE) from error
        key = sha256(data).hexdigest()
        with self._lock:
            turn = self._opening.setdefault(key, threading.Lock())
        with turn:  # who asks for the same photo meanwhile waits for this one
            run = self.get(key)
            if run and run.has_files:
                return run
            return self._add(key, open_photo(data, limits=self.limits, name=Path(path).name))

    def get(self, key: str) -> Run | None:
        with self._lock:
            run = self._runs.get(key)
            if run:
                self._runs.move_to_end(key)
                run.used = time.monotonic()
            return run

    def shed(self) -> None:
        """Let the oldest runs go until the rest keeps to the bounds; call it when answers have come."""
        with self._lock:
            while len(self._runs) > 1 and self._over():
                _, run = self._runs.popitem(last=False)
                shutil.rmtree(run.folder, ignore_errors=True)

    def forget(self) -> None:
        """Let every run go that nobody has asked for in time."""
        with self._lock:
            for key, run in list(self._runs.items()):
                if time.monotonic() - run.used > self.kept:
                    del self._runs[key]
                    shutil.rmtree(run.folder, ignore_errors=True)

    def beside(self, kept: Kept) -> None:
        """Something that is to go when runs go."""
        self._beside.append(kept)

    def forget_in_time(self) -> None:
        """Look from now on, until `close`, for what is to go."""
        threading.Thread(target=self._look, name="forget photos", daemon=True).start()

    def close(self) -> None:
        self._closed.set()
        for kept in self._beside:
            kept.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _look(self) -> None:
        while not self._closed.wait(self.look):
            self.forget()
            for kept in self._beside:
                kept.forget(self.kept)
            give_back()

    def _add(self, key: str, opened: Opened) -> Run:
        self.folder.mkdir(parents=True, exist_ok=True)  # whoever cleans temporary folders may have taken it
        folder = Path(mkdtemp(dir=self.folder))
        image = opened.image
        run = Run(key, image, folder, photo_file(image, in_folder(folder)), display_size(image.shape[:2]), opened.notes)
        with self._lock:
            known = self._runs.get(key)
            if known and known.has_files:
                return known
            self._runs[key] = run
        self.shed()
        return run

    def _over(self) -> bool:
        return len(self._runs) > self._count or sum(run.bytes for run in self._runs.values()) > self._bytes
