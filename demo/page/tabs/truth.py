"""The tab "Truth": the viewer's script gives a truth, and is told how right and how honest each model is."""

from __future__ import annotations

import json
import math
import threading
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, cast
from weakref import WeakKeyDictionary

import gradio as gr
import numpy as np
from gradio.utils import get_upload_folder
from numpy.typing import NDArray

from demo.analysis.evaluate_truth import Band
from demo.analysis.unknown import NONE_OF_THESE
from demo.errors import DemoError, TruthError
from demo.export import Further
from demo.images import safe_stem
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import class_index
from demo.page import truth_files
from demo.page.failures import sentence
from demo.page.store import Run, Store
from demo.page.tabs.tab import GONE, place
from demo.page.truth_files import Verdict, Verdicts
from demo.page.truth_replies import Row, consistency, describe, flagged, proper, scored
from demo.page.truths import Given, Region, is_none, paint, read
from demo.schema import ClassSet, Size

KEPT = 4
"""Truths kept for each run; one that is read in the terms of two class sets is two."""
BANDS: tuple[Band, ...] = ("all", "boundary", "interior")
MAX_REGIONS, MAX_CORNERS = 200, 2000
TYPES = {"csv": "text/csv", "json": "application/json", "png": "image/png", "svg": "image/svg+xml"}
WRONG = (
    "Ask with run, what (truth, model, proper, flags, consistency or class) and source: files, or regions with name "
    "and corners."
)


def build() -> gr.HTML:
    """The tab's content: an empty place that the page's modules fill."""
    return place("truth")


@dataclass(eq=False)
class Kept:
    """One truth and what was found by it so far."""

    given: Given
    errors: dict[tuple[str, Band], NDArray[np.uint8]] = field(default_factory=dict)
    replies: dict[tuple[object, ...], Row] = field(default_factory=dict)


class TruthTab:
    """Answers the tab's questions and remembers the last truths of each run, with what was counted by them."""

    def __init__(self, store: Store, uploads: Path | None = None) -> None:
        self._store, self._uploads = store, uploads
        self._turns = {what: threading.Lock() for what in self.SUBJECTS}
        self._kept: WeakKeyDictionary[Run, dict[str, Kept]] = WeakKeyDictionary()
        self._keeping = threading.Lock()  # what is kept is one for all subjects

    def ask(self, question: object) -> Row:
        """The reply to {run, what, source, ...}; what cannot be answered says so under "message"."""
        match question:
            case {"what": "class", "name": str(name)}:
                return self._answered(lambda: self._class(name, cast("dict[str, object]", question)))
            case {"what": "file", "file": str(name)}:
                return self._answered(lambda: self._file(name, cast("dict[str, object]", question)))
            case {"run": str(key), "what": "consistency", "source": dict(source)}:
                return self._answered(lambda: self._consistency(key, source, cast("dict[str, object]", question)))
            case {"run": str(key), "what": str(what), "source": dict(source)} if what in self.SUBJECTS:
                run = self._store.get(key)
            case _:
                return {"message": WRONG}
        if run is None:
            return {"message": GONE}
        with self._turns[what]:
            return self._answered(lambda: self._reply(run, what, source, cast("dict[str, object]", question)))

    def taken(self, question: object) -> Further | None:
        """The "truth" of summary.json and its files, for the truth in force; None where there is none.

        A truth that is no longer to be had is a sentence there, and the rest of the download is as it would be.
        """
        match question:
            case {"source": dict()}:
                pass
            case _:
                return None
        try:
            verdicts = self._verdicts(cast("dict[str, object]", question))
        except DemoError as error:
            return Further({"truth": {"message": str(error)}}, ())
        return Further({"truth": truth_files.entry(verdicts)}, truth_files.files(verdicts))

    def _consistency(self, key: str, source: dict[str, Any], question: dict[str, object]) -> Row:
        """Whether the networks judged so far make the same mistakes. Raises TruthError."""
        run, name, band = self._store.get(key), str(question.get("name", "")), cast(Band, question.get("band"))
        if run is None:
            raise TruthError(GONE)
        found = {}
        for model in run.answers:
            kept = self._given(run, source, name, _class_set(run, source, model))
            if (model, band) in kept.errors:
                found[model] = kept.errors[model, band]
        return consistency(found)

    def _file(self, name: str, question: dict[str, object]) -> Row:
        """One file of the truth as a URL that holds it, to be saved. Raises TruthError."""
        made = truth_files.content(self._verdicts(question), name)
        if made is None:
            raise TruthError(f"There is no file {name!r} of this truth; ask for one that the tab offers.")
        kind = TYPES[name.rpartition(".")[2]]
        stem = safe_stem(str(question.get("name", "")))
        url = f"data:{kind};base64,{b64encode(made).decode()}"
        return {"name": f"{stem}-{name.removeprefix('truth/').replace('/', '-')}", "url": url}

    def _verdicts(self, question: dict[str, object]) -> Verdicts:
        """Everything that the truth in force says: {run, source, name, models, band, sure}. Raises TruthError."""
        match question:
            case {"run": str(key), "source": dict(source), "models": list(models), "band": str(band), "sure": sure} if (
                band in BANDS and isinstance(sure, int | float) and 0 < sure <= 1
            ):
                run = self._store.get(key)
            case _:
                raise TruthError(WRONG)
        if run is None:
            raise TruthError(GONE)
        name, each, refused = str(question.get("name", "")), [], {}
        for model in (str(model) for model in models if model in run.answers):
            try:
                each.append(self._verdict(run, source, name, model, band, float(sure)))
            except TruthError as error:
                refused[model] = str(error)
        given = self._read(run, source, name, _class_set(run, source), (run.image.shape[0], run.image.shape[1]))
        told: Row = {"files": [Path(str(file)).name for file in source["files"]]} if "files" in source else {}
        told |= {"regions": source["regions"]} if "regions" in source else {}
        return Verdicts(run.image, given, told, each, refused)

    def _verdict(self, run: Run, source: dict[str, Any], name: str, model: str, band: Band, sure: float) -> Verdict:
        kept = self._given(run, source, name, _class_set(run, source, model))
        found = {}
        for what in ("model", "proper"):
            with self._turns[what]:
                found[what] = self._remembered(run, what, kept, model, band)
        scores = dict(cast(Row, found["model"]["scores"]))
        proper = {number["id"]: number for number in cast("list[Row]", found["proper"]["numbers"])}
        scores["numbers"] = [proper.get(number["id"], number) for number in cast("list[Row]", scores["numbers"])]
        return Verdict(run.answers[model], kept.given, scores, kept.errors[model, band], sure)

    def _class(self, name: str, question: dict[str, object]) -> Row:
        """The class of that name in the terms that the visitor chose. Raises UnknownModelError."""
        source = question.get("source")
        words = _class_set(self._store.get(str(question.get("run", ""))), source if isinstance(source, dict) else {})
        if is_none(name):
            return {"name": NONE_OF_THESE, "index": None, "class_set": words.key}
        index = class_index(words, name)
        return {"name": words.names[index], "index": index, "class_set": words.key}

    def _answered(self, work: Callable[[], Row]) -> Row:
        try:
            return work()
        except DemoError as error:
            return {"message": str(error)}
        except Exception as error:
            return {"message": sentence(error).message}

    def _reply(self, run: Run, what: str, source: dict[str, Any], question: dict[str, object]) -> Row:
        model, band = str(question.get("model", "")), question.get("band")
        kept = self._given(run, source, str(question.get("name", "")), _class_set(run, source, model))
        return self._remembered(run, what, kept, model, cast(Band, band))

    def _remembered(self, run: Run, what: str, kept: Kept, model: str, band: Band) -> Row:
        asked = (what,) if what == "truth" else (what, model, band)  # a caller's own words make no entries
        reply = kept.replies.get(asked)
        if reply is None:
            reply = kept.replies[asked] = self.SUBJECTS[what](self, run, kept, model, band)
        return reply

    def _given(self, run: Run, source: dict[str, Any], name: str, class_set: ClassSet) -> Kept:
        """The truth of that source in the terms of a class set, read once."""
        key = json.dumps([source, name, class_set.key])
        with self._keeping:
            truths = self._kept.setdefault(run, {})
            kept = truths.get(key)
            if kept is None:
                kept = truths[key] = Kept(self._read(run, source, name, class_set))
                for oldest in list(truths)[:-KEPT]:
                    del truths[oldest]
            return kept

    def _read(
        self, run: Run, source: dict[str, Any], name: str, class_set: ClassSet, grid: Size | None = None
    ) -> Given:
        """The truth of that source; painted regions on `grid`, by default the one on which the photo is shown."""
        size = (run.image.shape[0], run.image.shape[1])
        match source:
            case {"files": [_, *_] as files}:
                return read([self._uploaded(file) for file in files], name, size, class_set)
            case {"regions": [_, *_] as regions} if len(regions) <= MAX_REGIONS:
                return paint([_region(region) for region in regions], size, grid or run.size, class_set)
        raise TruthError(WRONG)

    def _uploaded(self, file: object) -> Path:
        """The path of a file that a visitor has uploaded, and of no other file of this machine."""
        folder = (self._uploads or Path(get_upload_folder())).resolve()
        path = Path(str(file)).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            raise TruthError(f"{path.name} is no longer kept here; drop it again.")
        return path

    def _truth(self, run: Run, kept: Kept, model: str, band: Band) -> Row:
        return describe(kept.given, run.size, [*run.answers.values()])

    def _model(self, run: Run, kept: Kept, model: str, band: Band) -> Row:
        if model not in run.answers or band not in BANDS:
            raise TruthError(f"There is no answer of {model!r} for the pixels {band!r}; press Segment, then ask again.")
        row, kept.errors[model, band] = scored(run.answers[model], kept.given, band, run.size)
        return row

    def _proper(self, run: Run, kept: Kept, model: str, band: Band) -> Row:
        if (model, band) not in kept.errors:
            self._model(run, kept, model, band)
        return {"numbers": proper(run.answers[model], kept.given, kept.errors[model, band])}

    def _flags(self, run: Run, kept: Kept, model: str, band: Band) -> Row:
        if (model, band) not in kept.errors:
            self._model(run, kept, model, band)
        return flagged(run.answers[model], kept.given, kept.errors[model, band], run.size)

    SUBJECTS: ClassVar[dict[str, Callable[[TruthTab, Run, Kept, str, Band], Row]]] = {
        "truth": _truth,
        "model": _model,
        "proper": _proper,
        "flags": _flags,
    }


def _class_set(run: Run | None, source: dict[str, Any], model: str = "") -> ClassSet:
    """The classes in whose terms a truth is read: the model's own, or those that the visitor chose for it.

    A PNG without its JSON holds numbers of the chosen set alone. Who chose none means the first answer's set.
    """
    answers = list(run.answers.values()) if run else []
    sets = [answer.posterior.class_set for answer in answers]
    chosen = next((found for found in sets if found.key == source.get("set")), sets[0] if sets else ADE20K)
    files = source.get("files")
    numbers_only = isinstance(files, list) and not any(str(file).lower().endswith(".json") for file in files)
    if run is None or model not in run.answers or numbers_only:
        return chosen
    return run.answers[model].posterior.class_set


def _region(given: object) -> Region:
    match given:
        case {"name": str(name), "corners": list(corners)} if len(corners) <= MAX_CORNERS:
            return Region(name, tuple(_corner(corner) for corner in corners))
    raise TruthError(f"A region needs a class name and at most {MAX_CORNERS} corners [x, y]; draw it again.")


def _corner(given: object) -> tuple[float, float]:
    match given:
        case [int() | float() as x, int() | float() as y] if math.isfinite(x) and math.isfinite(y):
            return float(x), float(y)
    raise TruthError(f"A corner should be two numbers, x and y in the photo's pixels, but is {given!r}; type it again.")
