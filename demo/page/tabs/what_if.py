"""The tab "What if": the photo is changed, the networks answer again, and each is shown beside its first answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

import gradio as gr

from demo.changes import corruptions
from demo.changes.change import KINDS, SHORT_SIDE
from demo.errors import DemoError
from demo.page.changed import Changing, Row, seen_names
from demo.page.drawn import TURN, TYPES, as_file
from demo.page.failures import sentence
from demo.page.line import left
from demo.page.networks import Networks
from demo.page.store import Run, Store
from demo.page.tabs.tab import GONE, place

WRONG = (
    "Ask with what: kinds, or with run and what: names, preview with change, answer with change and model, ladder, or "
    "figure with models, name and kind (png, svg or pdf)."
)


def build() -> gr.HTML:
    """The tab's content: an empty place that the page's modules fill."""
    return place("what_if")


class WhatIf:
    """Answers the tab's questions, and has networks answer changed photos: one network a call, in everybody's line."""

    def __init__(self, store: Store, networks: Networks) -> None:
        self._store, self._changing = store, Changing(networks)

    def ask(self, question: object) -> Row:
        """The reply to {what, run, ...}; what cannot be answered says so under "message"."""
        match question:
            case {"what": "kinds"}:
                return kinds()
            case {"run": str(key), "what": str(what)}:
                run = self._store.get(key)
            case _:
                return {"message": WRONG}
        if run is None:
            return {"message": GONE}
        try:
            return self._reply(run, what, cast(Row, question))
        except DemoError as error:
            return {"message": str(error)}
        except Exception as error:
            return {"message": sentence(error).message}

    def work(self, event: gr.EventData, *choice: object) -> None:
        """What the networks are to do: {run, model, change} or {run, model}, which is the ladder's next rungs.

        What comes of it is asked for afterwards; a visitor who has left is worth no network.
        """
        asked = cast(Row, event._data if isinstance(event._data, dict) else {})
        run = self._store.get(str(asked.get("run", "")))
        model = str(asked.get("model", ""))
        if run is None or model not in run.answers or left()():
            return
        match asked.get("change"):
            case None:
                self._changing.climb(run, model)
            case dict() as change:
                self._changing.answer(run, model, change)

    def _reply(self, run: Run, what: str, question: Row) -> Row:
        change = question.get("change")
        match what:
            case "names":
                return {"names": seen_names(run)}
            case "ladder":
                return self._changing.ladder(run)
            case "figure":
                return self._figure(run, question)
            case "preview" if isinstance(change, dict):
                return self._changing.preview(run, change)
            case "answer" if isinstance(change, dict):
                return self._changing.known(run, str(question.get("model", "")), change)
        return {"message": WRONG}

    def _figure(self, run: Run, question: Row) -> Row:
        """A file's name and its content as a URL, of {models, name, kind}."""
        match question:
            case {"models": list(models), "name": str(name), "kind": kind} if kind in TYPES:
                with TURN:
                    content = self._changing.figure(run, [one for one in models if isinstance(one, str)], name, kind)
                return as_file(name, "stress", kind, content)
        return {"message": WRONG}


def kinds() -> Row:
    """Every change with its range, and the ladder's corruptions."""
    rows = [
        {
            "id": kind.id,
            "title": kind.title,
            "sentence": kind.sentence,
            "amount": asdict(kind.amount) if kind.amount else None,
            "box": kind.box,
            "named": kind.named,
        }
        for kind in KINDS
    ]
    return {
        "kinds": rows,
        "corruptions": list(corruptions.OWN),
        "severities": list(corruptions.SEVERITIES),
        "short_side": SHORT_SIDE,
    }
