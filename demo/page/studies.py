"""Studies of visits: the networks answer photo by photo as the browser asks; what is made goes within the hour."""

from __future__ import annotations

import io
import shutil
import threading
import time
import zipfile
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.utils import get_upload_folder

from demo.errors import DatasetError, DemoError
from demo.names import readable
from demo.page import selection
from demo.page.components import is_uploaded
from demo.page.failures import sentence
from demo.page.line import left, others
from demo.page.networks import Networks
from demo.page.photos import numbers
from demo.page.running import keep
from demo.page.store import NOT_HERE, Run, Store
from demo.page.tabs.tab import Row
from demo.page.zips import UNPACKED, unpack

if TYPE_CHECKING:
    from demo.models.zoo import Answer
    from demo.study.engine import Met

MOST_PHOTOS = 50
MOST = 16
"""Studies at once; whoever comes when so many are going on is asked to wait."""
LONGEST = 300
"""Characters of a name that are kept."""
IDLE = 120
"""Seconds after its last question from which a study may give its place to another one."""
GONE = "This study is no longer kept; start it again."


@dataclass(eq=False)
class Photo:
    """One photo of a study."""

    name: str
    path: str = ""
    run: str = ""
    """The store's key once it was opened."""
    message: str = ""
    """Why it has no answers."""
    refused: dict[str, str] = field(default_factory=dict)
    """Networks that cannot answer it, by id, and why."""
    numbers: Row | None = None
    """Its row once it is measured."""
    counted: bool = False
    """Whether it is in the study's file."""


@dataclass(eq=False)
class Study:
    """What is kept of one."""

    folder: Path
    photos: list[Photo]
    models: tuple[str, ...] = ()
    """Those that were chosen when the first photo was asked for."""
    fault: str = ""
    """Why it cannot go on."""
    met: dict[str, Met] = field(default_factory=dict)
    """What is known of the networks that have answered."""
    used: float = field(default_factory=time.monotonic)
    turn: threading.Lock = field(default_factory=threading.Lock)


class Studies:
    """By keys that nobody else knows. Their files lie beside the uploads, and go with them."""

    def __init__(self, networks: Networks, store: Store) -> None:
        self._networks, self._store = networks, store
        self._studies: dict[str, Study] = {}
        self._lock = threading.Lock()
        store.beside(self)

    def limits(self) -> Row:
        """What a study may have: photos, megabytes of one or of the zip, megabytes of the zip's photos together."""
        return {"photos": MOST_PHOTOS, "megabytes": self._store.limits.megabytes, "unpacked": UNPACKED}

    def begin(self, names: Sequence[str]) -> Row:
        """A study of photos that will be sent one by one."""
        if not 0 < len(names) <= MOST_PHOTOS:
            words = f"A study here takes 1 to {MOST_PHOTOS} photos, and {len(names)} were chosen; choose fewer, or run "
            raise DatasetError(f"{words}`python -m demo study` on your own machine.")
        return self._add(Study(self._folder(), [Photo(name) for name in _unlike(names)]))

    def begin_zip(self, path: str, name: str) -> Row:
        """A study of the photos of an uploaded zip. Raises DatasetError."""
        if not is_uploaded(path):
            raise DatasetError("This zip is no longer kept here; choose it again.")
        folder = self._folder()
        try:
            found = unpack(Path(path), readable(name), folder / "photos", MOST_PHOTOS, self._store.limits)
        except DemoError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            Path(path).unlink(missing_ok=True)
        photos = [
            Photo(name, str(one.file or ""), message=one.problem)
            for name, one in zip(_unlike([one.name for one in found]), found, strict=True)
        ]
        return self._add(Study(folder, photos))

    def work(self, event: gr.EventData, *choice: Any) -> None:
        """Have the networks answer a photo, {study, place, path}: all of them, or one where somebody waits for it."""
        match event._data:
            case {"study": str(key), "place": int(place), **more} if (study := self.get(key)) and self._has(
                study, place
            ):
                path = more.get("path")
            case _:
                return
        photo, away, waited_for = study.photos[place], left(), others()
        if photo.message:
            return
        if not photo.path and isinstance(path, str) and is_uploaded(path):
            photo.path = path
        try:
            if not photo.path:
                raise DemoError(NOT_HERE)
            study.models = study.models or tuple(selection.chosen(*choice))
            run = self._store.open(photo.path)
            photo.run = run.key
            missing = self._missing(study, photo, run)
            for spec in self._networks.named(missing) if missing else ():
                for outcome in self._networks.outcomes(run.image, [spec.id], run.size):
                    keep(self._networks, self._store, run, outcome)
                    if spec.id not in run.answers:
                        photo.refused[spec.id] = str(getattr(outcome, "error", ""))
                if away() or waited_for():
                    return
        except DemoError as error:
            photo.message = str(error)
        except Exception as error:
            study.fault = sentence(error).message

    def row(self, key: str, place: int) -> Row:
        """How far a photo is; with all answers, its numbers."""
        study = self._study(key)
        if not self._has(study, place):
            raise DatasetError(f"This study has {len(study.photos)} photos.")
        photo, run = study.photos[place], self._store.get(study.photos[place].run)
        if photo.numbers is None and not photo.message and run and not self._missing(study, photo, run):
            with study.turn:
                self._measure(study, photo, run)
        of = len(study.models)
        answered = of if photo.numbers else of - len(self._missing(study, photo, run)) if run else 0
        return {
            "place": place, "name": photo.name, "run": photo.run, "path": photo.path, "message": photo.message,
            "numbers": photo.numbers, "answered": answered, "of": of, "fault": study.fault,
        }  # fmt: skip

    def report(self, key: str) -> Row:
        """The page of what is measured so far, as a file."""
        study = self._study(key)
        with study.turn:
            return {"name": "study.html", "url": _address("text/html", self._report(study).read_bytes())}

    def data(self, key: str) -> Row:
        """The study's file, the same as tables, and its page, as a zip."""
        study = self._study(key)
        from demo.study.export import export

        with study.turn:
            files = [self._report(study), *(study.folder / name for name in ("study.sqlite", "study.json"))]
            files += export(study.folder, "csv", study.folder / "tables")
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in files:
                    archive.write(file, file.name)
        return {"name": "study.zip", "url": _address("application/zip", stream.getvalue())}

    def end(self, key: str) -> Row:
        """Its visitor needs it no more."""
        with self._lock:
            study = self._studies.pop(key, None)
        if study:
            shutil.rmtree(study.folder, ignore_errors=True)
        return {}

    def get(self, key: str) -> Study | None:
        with self._lock:
            study = self._studies.get(key)
            if study:
                study.used = time.monotonic()
            return study

    def forget(self, kept: float) -> None:
        """Let every study go that nobody has asked for in so many seconds."""
        with self._lock:
            old = [key for key, study in self._studies.items() if time.monotonic() - study.used > kept]
        for key in old:
            self.end(key)

    def close(self) -> None:
        self.forget(-1)

    def _study(self, key: str) -> Study:
        if (study := self.get(key)) is None:
            raise DatasetError(GONE)
        return study

    def _add(self, study: Study) -> Row:
        with self._lock:
            idle = min(self._studies, key=lambda key: self._studies[key].used, default="")
            full = len(self._studies) >= MOST
        if full and time.monotonic() - self._studies[idle].used < IDLE:
            shutil.rmtree(study.folder, ignore_errors=True)
            raise DatasetError(f"Busy: {MOST} studies are going on; start yours in a few minutes.")
        if full:
            self.end(idle)
        key = token_hex(16)
        with self._lock:
            self._studies[key] = study
        return {"study": key, "names": [photo.name for photo in study.photos]}

    def _folder(self) -> Path:
        """Among the uploads: what is taken out of a zip may be shown on the page like them."""
        Path(get_upload_folder()).mkdir(parents=True, exist_ok=True)
        return Path(mkdtemp(prefix="study-", dir=get_upload_folder()))

    @staticmethod
    def _has(study: Study, place: int) -> bool:
        return 0 <= place < len(study.photos)

    @staticmethod
    def _missing(study: Study, photo: Photo, run: Run) -> list[str]:
        return [model for model in study.models if model not in run.answers and model not in photo.refused]

    def _measure(self, study: Study, photo: Photo, run: Run) -> None:
        answers = [run.answers[model] for model in study.models if model in run.answers]
        if answers:
            photo.numbers = numbers(answers)
        else:
            photo.message = next(iter(photo.refused.values()), "No network has answered it.")
        self._count(study, photo, {**{answer.spec.id: answer for answer in answers}, **photo.refused})

    def _count(self, study: Study, photo: Photo, outcomes: Mapping[str, Answer | str]) -> None:
        from demo.page.counting import count_photo

        done = [one for one in study.photos if one is photo or one.counted]
        photos = [(one.name, Path(one.path)) for one in done]
        specs, zoo = self._networks.named(study.models), self._networks.zoo
        count_photo(study.folder, photos, photo.name, specs, zoo, outcomes, study.met, self._store.limits)
        photo.counted = True

    def _report(self, study: Study) -> Path:
        from demo.study.write_report import write_report

        if not study.met:
            raise DemoError("There is nothing to report yet: wait until a photo has answers.")
        for photo in study.photos:
            if photo.message and photo.path and not photo.counted:
                self._count(study, photo, {})
        path = study.folder / "study.html"
        write_report(study.folder, path, limits=self._store.limits)
        return path


def _unlike(names: Sequence[str]) -> list[str]:
    """The names as text, a number added to one that was there before."""
    found: list[str] = []
    for name in (readable(name)[:LONGEST] for name in names):
        again = next(f"{name} ({n})" for n in count(2) if f"{name} ({n})" not in found) if name in found else name
        found.append(again)
    return found


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"
