"""The tab "Where they differ": the viewer's script asks, and is told numbers, words and maps of all models together."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import gradio as gr

from demo.page.differences import SURE, Overlooked, Row, compared, conflict, differences, structures
from demo.page.mean import mean_of
from demo.page.store import Run, Store
from demo.page.tabs.tab import GONE, place

if TYPE_CHECKING:
    from demo.models.zoo import Answer

KEPT = 8
"""Replies kept for each run."""
WRONG = "Ask with run, models and what: differences, conflict or together."


def build() -> gr.HTML:
    """The tab's content: an empty place that the page's modules fill."""
    return place("differ")


class Differ:
    """Answers the tab's questions, one of a kind at a time, and remembers the last few replies to each run."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turns = {what: threading.Lock() for what in SUBJECTS}  # the slow mean keeps nobody else waiting
        self._replies: WeakKeyDictionary[Run, dict[object, Row]] = WeakKeyDictionary()
        self._keeping = threading.Lock()  # they are one cache for all subjects

    def ask(self, question: object) -> Row:
        """The reply to {run, models, what, ...}; what cannot be answered says so under "message"."""
        match question:
            case {"run": str(key), "models": list(models), "what": str(what)} if what in SUBJECTS:
                run = self._store.get(key)
            case _:
                return {"message": WRONG}
        if run is None:
            return {"message": GONE}
        answers = [run.answers[m] for m in models if isinstance(m, str) and m in run.answers]
        overlooked, threshold = _overlooked(question), _number(question, "threshold", 0.0, 1.0, SURE)
        settings = () if what == "together" else (overlooked, threshold)
        asked = (what, tuple(answer.spec.id for answer in answers), settings)
        with self._turns[what]:
            with self._keeping:
                replies = self._replies.setdefault(run, {})
                reply = replies.get(asked)
            if reply is None:
                reply = SUBJECTS[what](answers, overlooked, threshold)
                with self._keeping:
                    replies[asked] = reply
                    for oldest in list(replies)[:-KEPT]:
                        del replies[oldest]
            return reply


def _differences(answers: list[Answer], overlooked: Overlooked, threshold: float) -> Row:
    reply: Row = {"models": [answer.spec.id for answer in answers], "structures": structures(answers, overlooked)}
    if len(answers) < 2:
        return reply | {"message": _too_few(answers)}
    return reply | differences(compared(answers), overlooked, threshold)


def _conflict(answers: list[Answer], overlooked: Overlooked, threshold: float) -> Row:
    return conflict(compared(answers), threshold) if len(answers) > 1 else {"message": _too_few(answers)}


def _together(answers: list[Answer], overlooked: Overlooked, threshold: float) -> Row:
    return mean_of(answers) if len(answers) > 1 else {"message": _too_few(answers)}


SUBJECTS: dict[str, Callable[[list[Answer], Overlooked, float], Row]] = {
    "differences": _differences,
    "conflict": _conflict,
    "together": _together,
}


def _too_few(answers: list[Answer]) -> str:
    alone = f"only {answers[0].spec.title} has answered" if answers else "none has answered yet"
    return f"Comparing needs the answers of at least two networks; {alone}. Press Segment with two or more chosen."


def _overlooked(question: object) -> Overlooked:
    flags = question if isinstance(question, dict) else {}
    return Overlooked(
        boundaries=flags.get("boundaries") is True,
        mild=flags.get("mild") is True,
        distance=_number(question, "distance", 0.0, 0.03, Overlooked.distance),
    )


def _number(question: object, name: str, low: float, high: float, usual: float) -> float:
    """A number of the question, kept within bounds; the usual one where there is none."""
    value = question.get(name) if isinstance(question, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return usual
    return min(high, max(low, float(value)))
