"""The tab "Study": many photos, or a zip of them, answered one by one; a table, a report, the data to take away."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.errors import DemoError
from demo.page.failures import sentence
from demo.page.networks import Networks
from demo.page.store import Store
from demo.page.studies import Studies
from demo.page.tabs.tab import Row, place

WRONG = "Ask with what: limits, begin, zip, row, report, data or end, and with what it is about."


def build() -> gr.HTML:
    """The tab's content: an empty place that the page's modules fill."""
    return place("study")


class StudyTab:
    """Answers the tab's questions."""

    def __init__(self, store: Store, networks: Networks) -> None:
        self._studies = Studies(networks, store)

    def work(self, event: gr.EventData, *choice: Any) -> None:
        """Have the chosen networks answer a photo of a study."""
        self._studies.work(event, *choice)

    def ask(self, question: object) -> Row:
        """The reply to {what, ...}; what cannot be done says so under "message"."""
        try:
            return self._reply(question)
        except DemoError as error:
            return {"message": str(error)}
        except Exception as error:
            return {"message": sentence(error).message}

    def _reply(self, question: object) -> Row:
        match question:
            case {"what": "limits"}:
                return self._studies.limits()
            case {"what": "begin", "names": list(names)} if all(isinstance(name, str) for name in names):
                return self._studies.begin(names)
            case {"what": "zip", "path": str(path), "name": str(name)}:
                return self._studies.begin_zip(path, name)
            case {"what": "row", "study": str(key), "place": int(row)}:
                return self._studies.row(key, row)
            case {"what": "report", "study": str(key)}:
                return self._studies.report(key)
            case {"what": "data", "study": str(key)}:
                return self._studies.data(key)
            case {"what": "end", "study": str(key)}:
                return self._studies.end(key)
        return {"message": WRONG}
