"""One photo corrupted more and more: what each network keeps of the labels that it gave the photo as it is.

After Hendrycks and Dietterich (ICLR 2019), who made the corruptions, and Kamann and Rother (CVPR 2020), who asked
segmentation networks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import cv2
import numpy as np

from demo.analysis.numbers import Json
from demo.analysis.stability import Observed, observe
from demo.changes import corruptions
from demo.changes.change import SHORT_SIDE, working
from demo.errors import ChangeError, TruthError
from demo.images import Limits
from demo.models.zoo import Answer, Refusal
from demo.schema import Image, LabelMap, ModelSpec, Size
from demo.study.dataset import Case
from demo.study.ledger import Row
from demo.study.measuring import Panel, Truths
from demo.study.sources import open_case

AskAll: TypeAlias = Callable[[Sequence[tuple[ModelSpec, Image]]], Iterator[Answer | Refusal]]
"""Networks and images -> the outcome of each, in order."""


@dataclass(frozen=True)
class Condition:
    """A corruption at a severity; the photo as it is has none."""

    kind: str = ""
    severity: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.severity}".strip() if self.severity else "as it is"


AS_IT_IS = Condition()


@dataclass(frozen=True)
class Ladder:
    """Corruptions (demo.changes.corruptions.NAMES) of every photo at the same severities.

    What is random in them depends on the seed alone.
    """

    kinds: tuple[str, ...]
    severities: tuple[int, ...] = corruptions.SEVERITIES
    seed: int = 0

    @classmethod
    def of(cls, kinds: Sequence[str], severities: Sequence[int] = corruptions.SEVERITIES, seed: int = 0) -> Ladder:
        """Each once and in order. Raises ChangeError for what is no corruption or no severity."""
        return cls(*corruptions.chosen(kinds, severities), seed)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The photo as it is comes first."""
        return (AS_IT_IS, *(Condition(kind, severity) for kind in self.kinds for severity in self.severities))

    def as_json(self) -> dict[str, Json]:
        """What changes the numbers of a corruption, beside its kind and severity."""
        return {"seed": self.seed, "short_side": SHORT_SIDE}


@dataclass(frozen=True)
class Rungs:
    """One corruption at some severities."""

    kind: str
    severities: tuple[int, ...]
    seed: int


@dataclass(frozen=True, eq=False)
class Views:
    """A photo that was opened and corrupted."""

    sha256: str
    """Of its file."""
    size: Size
    """Of the whole photo."""
    image: Image
    """As it is, at the size at which it is corrupted."""
    corrupted: Mapping[int, Image] = field(default_factory=dict)
    """By severity."""
    problem: str = ""
    """Why it cannot be corrupted so."""


def views_of(case: Case, rungs: Rungs, limits: Limits) -> Views:
    """The photo at every severity. Raises ImageError where it cannot be read."""
    opened = open_case(case, limits)
    image, size = working(opened.image), (opened.image.shape[0], opened.image.shape[1])
    try:
        made = {step: corruptions.corrupted(image, rungs.kind, step, rungs.seed) for step in rungs.severities}
    except ChangeError as error:
        return Views(opened.sha256, size, image, problem=str(error))
    return Views(opened.sha256, size, image, made)


@dataclass(frozen=True, eq=False)
class _First:
    """A network's answer to a photo as it is, at the size at which it is corrupted."""

    label_map: LabelMap
    truth: LabelMap | None
    row: Row


class Climber:
    """Asks networks for corrupted photos; the answers to the last photo as it is are kept for its next corruption."""

    def __init__(self, ask: AskAll) -> None:
        self._ask = ask
        self._last: tuple[Any, dict[int, _First | str]] = None, {}

    def rows(
        self, case: Case, rungs: Rungs, views: Views, panel: Panel, specs: Sequence[ModelSpec]
    ) -> tuple[list[Row], dict[str, str]]:
        """Rows of the table stress, and the networks that could not be loaded, by id, and why."""
        known = views.sha256, views.image.shape, case, tuple(spec.id for spec in specs)
        firsts = dict(self._last[1]) if self._last[0] == known else {}
        truths, gone = Truths(case, views.size), dict[str, str]()
        rows: list[Row] = []
        asked = [*_asked(views, rungs, panel, specs, firsts)]
        outcomes = self._ask([(spec, image) for spec, _, image in asked])
        for (spec, condition, _), outcome in zip(asked, outcomes, strict=True):
            place, number = panel.place(spec), panel.numbers[panel.place(spec)]
            first = firsts.get(place)
            if isinstance(outcome, Refusal) and not outcome.loaded:
                gone[spec.id] = str(outcome.error)
            elif condition is AS_IT_IS:
                firsts[place] = _first(number, outcome, truths)
            elif isinstance(first, _First):
                rows.append(_rung(number, condition, first, outcome))
        for place, first in firsts.items():
            why = views.problem or (first if isinstance(first, str) else "")
            if isinstance(first, _First):
                rows.append(first.row)
            if why:
                rows += [_problem(panel.numbers[place], Condition(rungs.kind, step), why) for step in rungs.severities]
        if not gone:
            self._last = known, firsts
        return rows, gone


def _asked(
    views: Views, rungs: Rungs, panel: Panel, specs: Sequence[ModelSpec], firsts: Mapping[int, _First | str]
) -> Iterator[tuple[ModelSpec, Condition, Image]]:
    """What each network is to see: the photo as it is where that answer is not known, and at every severity."""
    for spec in specs:
        first = firsts.get(panel.place(spec))
        if first is None:
            yield spec, AS_IT_IS, views.image
        if not isinstance(first, str):
            yield from ((spec, Condition(rungs.kind, step), image) for step, image in views.corrupted.items())


def _rung(number: int, condition: Condition, first: _First, outcome: Answer | Refusal) -> Row:
    if isinstance(outcome, Refusal):
        return _problem(number, condition, _whose(outcome.spec, str(outcome.error)))
    return _row(number, condition, observe(first.label_map, outcome.prediction, first.truth))


def _first(number: int, outcome: Answer | Refusal, truths: Truths) -> _First | str:
    """The answer to the photo as it is, or why it has none."""
    if isinstance(outcome, Refusal):
        return _whose(outcome.spec, str(outcome.error))
    answer = outcome.prediction
    truth = truths.of(answer.class_set)
    if isinstance(truth, TruthError):
        return str(truth)
    labels = _at(truth.label_map, answer.size) if truth else None
    seen = observe(answer.label_map, answer, labels)
    return _First(answer.label_map, labels, _row(number, AS_IT_IS, seen))


def _at(truth: LabelMap, grid: Size) -> LabelMap:
    """A truth at the size at which the photo is corrupted."""
    if truth.shape == grid:
        return truth
    return np.asarray(cv2.resize(truth, (grid[1], grid[0]), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def _row(number: int, condition: Condition, seen: Observed) -> Row:
    judged = json.dumps({"areas": seen["areas"], "bins": seen["bins"]}) if seen["bins"] else None
    return number, condition.kind, condition.severity, seen["pixels"], seen["kept"], seen["entropy"], judged, None


def _problem(number: int, condition: Condition, why: str) -> Row:
    return number, condition.kind, condition.severity, None, None, None, None, why


def _whose(spec: ModelSpec, why: str) -> str:
    return f"{spec.title} ({spec.id}): {why}"


def observed(pixels: int, kept: int, entropy: int, judged: str | None) -> Observed:
    """What a row of the table stress holds."""
    told = json.loads(judged) if judged else {"areas": {}, "bins": []}
    return Observed(pixels=pixels, kept=kept, entropy=entropy, areas=told["areas"], bins=told["bins"])
