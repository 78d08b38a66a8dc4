"""The photos of one visit: looked at, answered behind the one that is shown, and told in a few numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from demo.analysis.agreement import confident_conflict, shares, split, votes
from demo.errors import DemoError
from demo.page import selection
from demo.page.components import is_uploaded
from demo.page.differences import SURE, Row, compared
from demo.page.failures import sentence
from demo.page.networks import Networks
from demo.page.running import views
from demo.page.store import NOT_HERE, Store
from demo.page.tabs.tab import GONE
from demo.page.view import View

if TYPE_CHECKING:
    from demo.models.zoo import Answer


class Photos:
    """Answers what the strip of a visit's photos asks. `stopped` are the turns that their visitors have ended."""

    def __init__(self, networks: Networks, store: Store, stopped: set[str]) -> None:
        self._networks, self._store, self._stopped = networks, store, stopped

    def look(self, question: object) -> Row:
        """The store's key for the photo at {path}; what is no photo says so under "message"."""
        match question:
            case {"path": str(path)} if is_uploaded(path):
                try:
                    return {"run": self._store.open(path).key}
                except DemoError as error:
                    return {"message": str(error)}
            case _:
                return {"message": NOT_HERE}

    def numbers(self, question: object) -> Row:
        """What {models} say together of {run}, in the numbers of a table's row."""
        match question:
            case {"run": str(key), "models": list(models)}:
                run = self._store.get(key)
            case _:
                return {"message": "Ask with run and models."}
        if run is None:
            return {"message": GONE}
        return numbers([run.answers[m] for m in models if isinstance(m, str) and m in run.answers])

    def answer(self, event: gr.EventData, *choice: Any) -> Iterator[str]:
        """How far the chosen networks are with the photo {turn, path}, as JSON; the last one says that it is over.

        Whatever goes wrong is said in it: one photo's failure is no other's.
        """
        asked = event._data or {}
        turn, path = str(asked.get("turn", "")), str(asked.get("path", ""))
        panels: list[dict[str, str]] = []
        try:
            if turn not in self._stopped:
                if not is_uploaded(path):
                    raise DemoError(NOT_HERE)
                run, models = self._store.open(path), selection.chosen(*choice)
                told = views(self._networks, self._store, run, "", models, "", turn, lambda: turn in self._stopped)
                for view in told:
                    panels = _told(view)
                    yield json.dumps({"turn": turn, "panels": panels})
            yield json.dumps({"turn": turn, "panels": panels, "over": True})
        except Exception as error:
            yield json.dumps({"turn": turn, "message": sentence(error).message, "over": True})
        finally:
            self._stopped.discard(turn)


def _told(view: View) -> list[dict[str, str]]:
    return [{"id": p.id, "status": p.status, "message": p.message} for p in view.panels]


def numbers(answers: list[Answer]) -> Row:
    """Shares 0..1 of the photo that are agreed, split between families and in confident conflict; each network's own.

    The shares are None where fewer than two networks have answered.
    """
    row: Row = {
        "agreement": None,
        "split": None,
        "conflict": None,
        "networks": [
            {
                "title": answer.spec.title,
                "entropy": float(answer.prediction.entropy.mean()),
                "seconds": sum(answer.prediction.seconds.values()),
            }
            for answer in answers
        ],
    }
    if len(answers) > 1:
        c = compared(answers)
        parts = split(c)
        row["agreement"] = float((votes(c) == 1).mean())
        row["split"] = shares(np.bincount(parts.reshape(-1), minlength=5)[:5], parts.size)["between_families"]
        row["conflict"] = confident_conflict(c, SURE).area
    return row
