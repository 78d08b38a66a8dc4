"""A visitor's photo changed, and what each network makes of it beside its first answer; rung by rung of a ladder."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.analysis.stability import ENTROPY_UNIT, Changes, Observed, compare, observe
from demo.changes import corruptions
from demo.changes.change import Change, Changed, change_photo, wanted, working
from demo.errors import ChangeError, DemoError
from demo.page.differences import data_url
from demo.page.ladder_figure import ladder_figure
from demo.page.networks import Networks
from demo.page.store import Run
from demo.render.encode import jpeg
from demo.schema import VOID, Field, Image, LabelMap, Prediction, Size

if TYPE_CHECKING:
    from demo.models.zoo import Answer
    from demo.render.figures import Kind

Row: TypeAlias = dict[str, object]

PHOTOS = 6
"""Photos of which it is remembered what was made of their changes, for all visitors."""
CHANGES = 60
"""Answers to changed photos that are remembered for each."""
PAIRS = 4
"""Pairs of classes that are listed."""
SLICE = 1.0
"""Seconds after which a call starts no further network, so that other visitors wait for one network at most."""
CONDITIONS = ((corruptions.AS_IT_IS, 0), *((k, s) for k in corruptions.OWN for s in corruptions.SEVERITIES))
"""The rungs of the page's ladder: those corruptions that need no further package."""


@dataclass(eq=False)
class Kept:
    """What is known of one photo's changes."""

    firsts: dict[str, Prediction] = field(default_factory=dict)
    """By network: its answer to the photo at the size at which it is changed."""
    answers: dict[tuple[str, str], Row] = field(default_factory=dict)
    """By network and change."""
    rungs: dict[tuple[str, str, int], Observed] = field(default_factory=dict)
    """By network, corruption and severity."""
    refused: dict[str, str] = field(default_factory=dict)
    """By network: why it cannot go on with the ladder."""


class Changing:
    """Changes photos, has networks answer, and remembers a little of it for each of the last photos."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._kept: WeakKeyDictionary[Run, Kept] = WeakKeyDictionary()
        self._keeping = threading.Lock()

    def kept(self, run: Run) -> Kept:
        with self._keeping:
            kept = self._kept.pop(run, None) or Kept()
            self._kept[run] = kept  # the last one is the one that was asked for last
            for oldest in list(self._kept)[:-PHOTOS]:
                del self._kept[oldest]
            return kept

    def preview(self, run: Run, asked: Row) -> Row:
        """The changed photo as a picture. Raises ChangeError."""
        photo = working(run.image)
        changed = changed_photo(run, photo, asked)
        url = "data:image/jpeg;base64," + b64encode(jpeg(changed.image, 92)).decode()
        (height, width), (photo_height, photo_width) = changed.grid, photo.shape[:2]
        sizes = {"width": width, "height": height, "photo_width": photo_width, "photo_height": photo_height}
        return {"url": url, **sizes, "compared": float(changed.comparable.mean())}

    def answer(self, run: Run, model: str, asked: Row) -> None:
        """Have one network answer the changed photo; `known` tells what comes of it.

        Where the photo is changed at a smaller size, the network answers it at that size first; if that takes long, the
        changed photo waits for the next call.
        """
        kept, key = self.kept(run), (model, _key(asked))
        if key in kept.answers:
            return
        photo, start = working(run.image), time.monotonic()
        try:
            changed = changed_photo(run, photo, asked)
            before = len(kept.firsts)
            first = self._first(run, kept, model, photo)
            if len(kept.firsts) > before and time.monotonic() - start > SLICE:
                return
            second = self._ask(model, changed.image, changed.grid)
            row = _compared(model, first, second, changed)
        except DemoError as error:
            row = {"message": str(error)}
        kept.answers[key] = row
        for oldest in list(kept.answers)[:-CHANGES]:
            del kept.answers[oldest]

    def known(self, run: Run, model: str, asked: Row) -> Row:
        """What came of `answer`; {again} where it has to be called once more, for the other half."""
        kept = self.kept(run)
        return kept.answers.get((model, _key(asked))) or {"again": model in kept.firsts}

    def climb(self, run: Run, model: str) -> None:
        """Have one network answer the next rungs of the ladder: one, or as many as fit into a slice."""
        kept, photo, start = self.kept(run), working(run.image), time.monotonic()
        try:
            for kind, severity in _missing(kept, model):
                first = self._first(run, kept, model, photo)
                view = corruptions.corrupted(photo, kind, severity) if severity else photo
                second = self._ask(model, view, first.size) if severity else first
                kept.rungs[model, kind, severity] = observe(first.label_map, second)
                if time.monotonic() - start > SLICE:
                    return
        except DemoError as error:
            kept.refused[model] = str(error)

    def ladder(self, run: Run) -> Row:
        """Every rung that is known, by network; how many are left for each, and who refuses."""
        kept = self.kept(run)
        rungs = [
            {
                "model": model,
                "kind": kind,
                "severity": severity,
                "kept": seen["kept"] / seen["pixels"],
                "entropy": seen["entropy"] * ENTROPY_UNIT / seen["pixels"],
            }
            for (model, kind, severity), seen in list(kept.rungs.items())
        ]
        left = {model: 0 if model in kept.refused else len(list(_missing(kept, model))) for model in list(run.answers)}
        return {"rungs": rungs, "left": left, "rungs_each": len(CONDITIONS), "refused": dict(kept.refused)}

    def figure(self, run: Run, models: Sequence[str], name: str, kind: Kind) -> bytes:
        """The rungs that are known of some networks as one sheet. Raises ChangeError where there are none."""
        rungs = self.kept(run).rungs
        known = [(series, run.answers[model].spec) for series, model in enumerate(models) if model in run.answers]
        climbing = [(series, spec) for series, spec in known if (spec.id, *CONDITIONS[0]) in rungs]
        if not climbing:
            raise ChangeError("There is nothing to draw yet: climb the ladder first.")
        return ladder_figure(rungs, climbing, name, kind)

    def _first(self, run: Run, kept: Kept, model: str, photo: Image) -> Prediction:
        """The network's answer to the photo at the size at which it is changed."""
        known = run.answers[model].prediction
        if known.size == photo.shape[:2] == run.image.shape[:2]:
            return known
        if model not in kept.firsts:
            kept.firsts[model] = self._ask(model, photo, (photo.shape[0], photo.shape[1]))
        return kept.firsts[model]

    def _ask(self, model: str, image: Image, size: Size) -> Prediction:
        outcome = next(self._networks.outcomes(image, [model], size))
        if error := getattr(outcome, "error", None):
            raise error
        prediction: Prediction = outcome.prediction  # type: ignore[union-attr]  # it is no refusal
        return prediction


def changed_photo(run: Run, photo: Image, asked: Row) -> Changed:
    """The change that a browser asks for as {kind, amount, box, name}. Raises ChangeError."""
    size = (photo.shape[0], photo.shape[1])
    given = {name: asked.get(name) for name in ("amount", "box", "name")}
    change = wanted(str(asked.get("kind", "")), size, **given)
    changed = change_photo(photo, change, _class_mask(run, change, size) if change.kind.named else None)
    if not changed.comparable.any():
        raise ChangeError("Nothing of the photo is left to compare; hide less of it.")
    return changed


def seen_names(run: Run) -> list[str]:
    """The classes that the networks name in a photo, the largest first."""
    areas: dict[str, float] = {}
    for labels, names in _label_maps(run):
        for index, count in enumerate(np.bincount(labels.reshape(-1), minlength=len(names))[: len(names)].tolist()):
            if count:
                areas[names[index]] = areas.get(names[index], 0) + count / labels.size
    return sorted(areas, key=lambda name: -areas[name])


def _class_mask(run: Run, change: Change, size: Size) -> NDArray[np.bool_]:
    """What any network calls so, at `size`. Raises ChangeError."""
    mask = np.zeros(size, np.bool_)
    for labels, names in _label_maps(run):
        if change.name in names:
            seen = (labels == names.index(change.name)).astype(np.uint8)
            mask |= cv2.resize(seen, (size[1], size[0]), interpolation=cv2.INTER_NEAREST_EXACT) > 0
    if not mask.any():
        there = ", ".join(seen_names(run)[:8]) or "nothing yet"
        raise ChangeError(
            f"None of the networks that answered sees {change.name!r} in this photo. They see {there}; choose one."
        )
    return mask


def _label_maps(run: Run) -> Iterator[tuple[LabelMap, tuple[str, ...]]]:
    answers: list[Answer] = list(run.answers.values())
    return ((answer.prediction.label_map, answer.prediction.class_set.names) for answer in answers)


def _compared(model: str, first: Prediction, second: Prediction, changed: Changed) -> Row:
    labels = changed.back(second.label_map, VOID)
    entropy: Field = changed.back(second.entropy, 0)
    comparable = changed.comparable
    found = compare((first.label_map, first.entropy), (labels, entropy), comparable, len(first.class_set))
    moved = comparable & (labels != first.label_map)
    return {
        "model": model,
        "class_set": first.class_set.key,
        "pixels": found.pixels,
        "changed": found.share,
        "entropy_before": found.entropy_before,
        "entropy_after": found.entropy_after,
        **_flips(found),
        "before": data_url(first.label_map),
        "after": data_url(second.label_map),
        "marks": data_url(changed.forth(moved.astype(np.uint8), 0)),
    }


def _flips(found: Changes) -> Row:
    pairs = found.pairs[:PAIRS]
    flips = [{"before": p.truth, "after": p.predicted, "share": p.pixels / found.pixels} for p in pairs]
    rest = found.share - sum(pair.pixels for pair in pairs) / found.pixels
    return {"flips": flips, "other_flips": max(0.0, rest)}


def _missing(kept: Kept, model: str) -> Iterator[tuple[str, int]]:
    return ((kind, severity) for kind, severity in CONDITIONS if (model, kind, severity) not in kept.rungs)


def _key(asked: Row) -> str:
    return json.dumps([asked.get(name) for name in ("kind", "amount", "box", "name")])
