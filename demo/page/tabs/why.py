"""The tab "Why": for a pixel, a region or the photo, where each network's label comes from, a network at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakKeyDictionary

import gradio as gr
import numpy as np

from demo.analysis.questions import KINDS, OVERS, Question, check
from demo.analysis.reach import HIGHEST, LOWEST
from demo.errors import DemoError, QuestionError
from demo.page.failures import sentence
from demo.page.line import left
from demo.page.networks import Networks
from demo.page.store import Run, Store
from demo.page.tabs.tab import GONE, Row, place
from demo.page.wire import data_url, field_size

if TYPE_CHECKING:
    from demo.models.why import Reason

KEPT = 60
"""Replies kept for each run: a small map each."""
MOST_STOPPED = 1000
WRONG = (
    "Ask with run, model, x and y in the photo's pixels, kind (field, attribution or rollout), over (pixel, region or "
    "photo) and name, a class or nothing."
)
Asked: TypeAlias = tuple[Run, str, Question]


def build() -> gr.HTML:
    """The tab's content: an empty place that the page's modules fill."""
    return place("why")


class WhyTab:
    """`work` has one network answer one question, in the line of all visitors; `ask` tells what was found."""

    def __init__(self, store: Store, networks: Networks) -> None:
        self._store, self._networks = store, networks
        self._found: WeakKeyDictionary[Run, OrderedDict[tuple[str, Question], Row]] = WeakKeyDictionary()
        self._keeping = threading.Lock()
        self._stopped: set[str] = set()

    def ask(self, question: object) -> Row:
        """What is known of {run, model, x, y, kind, over, name}; {stop: mark} ends the work of that mark."""
        if isinstance(question, dict) and isinstance(mark := question.get("stop"), str) and 0 < len(mark) <= 40:
            if len(self._stopped) >= MOST_STOPPED:
                self._stopped.clear()
            self._stopped.add(mark)
            return {"known": False}
        try:
            run, model, asked = self._read(question)
        except DemoError as error:
            return {"message": str(error)}
        with self._keeping:
            replies = self._found.get(run, OrderedDict())
            reply = replies.get((model, asked))
            if reply is not None and "message" in reply:
                del replies[model, asked]  # said once; who asks again has it tried again
        return {"known": False} if reply is None else reply

    def work(self, event: gr.EventData, *choice: object) -> None:
        """Have one network answer {run, model, x, y, kind, over, name, mark}; what it says is there for `ask`."""
        question = event._data or {}
        mark, away = str(question.get("mark", "")), left()
        try:
            run, model, asked = self._read(question)
        except DemoError:  # `ask` says it
            return
        if not (reply := self._reply(run, model, asked, lambda: mark in self._stopped or away())):
            self._stopped.discard(mark)
            return
        with self._keeping:
            replies = self._found.setdefault(run, OrderedDict())
            replies[model, asked] = reply
            while len(replies) > KEPT:
                replies.popitem(last=False)

    def _read(self, question: object) -> Asked:
        """Raises QuestionError for what no network could answer."""
        match question:
            case {
                "run": str(key), "model": str(model), "x": int(x), "y": int(y), "kind": str(kind), "over": str(over),
                "name": str(name),
            } if kind in KINDS and over in OVERS and len(name) <= 200:  # fmt: skip
                run = self._store.get(key)
            case _:
                raise QuestionError(WRONG)
        if run is None:
            raise QuestionError(GONE)
        if model not in run.answers:
            raise QuestionError(f"There is no answer of {model!r} to this photo; press Segment, then ask again.")
        asked = Question((y, x), kind, over, name)
        check(asked, run.image.shape[:2])
        return run, model, asked

    def _reply(self, run: Run, model: str, asked: Question, stopped: Callable[[], bool]) -> Row | None:
        """What the network says, or a sentence; None where it was stopped."""
        from demo.models.recording import StoppedError

        answer = run.answers[model]
        try:
            reason = self._networks.explained(answer, run.image, asked, field_size(run.image.shape[:2]), stopped)
        except StoppedError:
            return None
        except DemoError as error:
            return {"message": str(error)}
        except Exception as error:
            return {"message": sentence(error).message}
        return reply_of(model, reason)


def reply_of(model: str, reason: Reason) -> Row:
    """One network's answer as the browser is told it; the map is in 256 steps of the scale."""
    reach = reason.reach
    return {
        "known": True,
        "model": model,
        "name": reason.name,
        "points": [list(point) for point in reason.points],
        "radii": list(reach.radii) if reach else None,
        "shares": list(reach.shares) if reach else None,
        "even": list(reach.even) if reach else None,
        "words": reach.words() if reach else "",
        "padding": reason.padding,
        "ends": [LOWEST, HIGHEST] if reach else [0.0, 1.0],
        "map": data_url(np.rint(reason.shown * 255).astype(np.uint8)),
    }
