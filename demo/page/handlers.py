"""What the page's events do, and what they need for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import gradio as gr

from demo import catalog
from demo.errors import DemoError
from demo.export import Further
from demo.page import download, selection
from demo.page.components import is_uploaded
from demo.page.examples import Example
from demo.page.fetching import Fetching, paragraph
from demo.page.networks import Networks
from demo.page.running import known, views
from demo.page.store import NOT_HERE, Run, Store
from demo.page.tabs import statistics
from demo.page.tabs.tab import Tab
from demo.page.view import View

SEGMENT = "Segment"
MOST_STOPPED = 1000
"""Turns: far more than can wait in the queue; some may never have come to it."""


@dataclass(frozen=True)
class Shown:
    """What a visitor's page shows, kept for the visitor: the store's key, the photo's name, the models."""

    key: str = ""
    name: str = ""
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """What the events need, and nothing of any visitor's."""

    networks: Networks
    store: Store
    fetching: Fetching
    examples: tuple[Example, ...]
    tabs: tuple[Tab, ...] = ()
    stopped: set[str] = field(default_factory=set)
    """The turns that their visitors stopped and that have not ended yet."""
    left: set[str] = field(default_factory=set)
    """Those of them whose visitor looks at another photo by now."""
    first_set: str = ""
    """The set that the page shows when it is loaded; files that came since may call for another."""

    def example(self, name: str) -> Example:
        found = next((example for example in self.examples if example.name == name), None)
        if found is None:
            known = ", ".join(example.name for example in self.examples)
            raise DemoError(f"There is no example called {name!r}; there are {known}.")
        return found

    def take(self, name: str) -> str:
        """The photo of the example that was clicked."""
        return str(self.example(name).path)

    def run(self, event: gr.EventData, photo: str | None, *choice: Any) -> Iterator[tuple[object, ...]]:
        """Updates for viewer, statistics, shown, segment, stop and both downloads, each time something changes.

        The last ones say everything again: the browser keeps nothing but them when all come to it at once.
        """
        turn = str((event._data or {}).get("turn", ""))
        try:
            yield from self._run(turn, photo, *choice)
        finally:
            self.stopped.discard(turn)
            self.left.discard(turn)

    def _run(self, turn: str, photo: str | None, *choice: Any) -> Iterator[tuple[object, ...]]:
        if turn in self.stopped:  # before its turn had come
            yield _no_news()
            return
        if photo is None:
            raise DemoError("Choose a photo first: drop one, paste one, or take an example.")
        models = selection.chosen(*choice)
        run, name = self.store.open(photo), Path(photo).name
        example = self._example_of(run)
        now = Shown(run.key, name, tuple(models))
        buttons: tuple[object, object] = gr.update(visible=False), gr.update(visible=True)
        for view in views(self.networks, self.store, run, name, models, example, turn, lambda: turn in self.stopped):
            if turn in self.left:
                yield _no_news()
                return
            yield view, self.table(now), now, *buttons, *_ready(view)
            buttons = gr.skip(), gr.skip()  # said once: what comes after a stop must not bring Stop back
        yield view, self.table(now), now, *idle(), *_ready(view)

    def show(self, event: gr.EventData, *choice: Any) -> tuple[object, ...]:
        """Updates for photo, viewer, statistics, shown, both downloads: what is known of {turn, path or example}."""
        asked = event._data or {}
        example = str(asked.get("example", ""))
        path = str(self.example(example).path) if example else str(asked.get("path", ""))
        if not example and not is_uploaded(path):
            raise DemoError(NOT_HERE)
        models, run = selection.chosen(*choice), self.store.open(path)
        now = Shown(run.key, Path(path).name, tuple(models))
        view = known(self.networks, run, now.name, models, self._example_of(run), str(asked.get("turn", "")))
        return path, view, self.table(now), now, *_ready(view)

    def _example_of(self, run: Run) -> str:
        return next((example.name for example in self.examples if example.sha256 == run.key), "")

    def stop(self, question: object) -> dict[str, object]:
        """The turn that the browser names is to end; if the visitor has `left` it, it has nothing more to show."""
        told = question if isinstance(question, dict) else {}
        turn = told.get("turn")
        if isinstance(turn, str) and 0 < len(turn) <= 40:
            if len(self.stopped) >= MOST_STOPPED:
                self.stopped.clear()
                self.left.clear()
            self.stopped.add(turn)
            if told.get("left") is True:
                self.left.add(turn)
        return {}

    def table(self, shown: Shown) -> str:
        run = self.store.get(shown.key)
        if run is None or not run.answers:
            return statistics.table(None, ())
        shipped = next((f"examples/{one.path.name}" for one in self.examples if one.sha256 == run.key), None)
        return statistics.table(run, shown.models, computed=self.networks.computed, photo=shipped or shown.name)

    def check(self, photo: str | None) -> None:
        """A chosen file is looked at before anything on the page changes. Raises ImageError."""
        if photo is not None:
            self.store.open(photo)

    def zip(self, shown: Shown, asked: str) -> Iterator[tuple[Any, Any]]:
        """Updates for the zip of what is shown and the words of its button.

        `asked` is JSON: what each tab's script says of the moment, by its name.
        """
        further = self._further(asked)
        for made in download.make_zip(self.networks, self.store, shown.key, shown.name, shown.models, further):
            if isinstance(made, Path):
                yield str(made), gr.skip()
            else:
                yield gr.skip(), gr.update(value=f"Preparing: {made} is written")

    def one_page(self, shown: Shown) -> str:
        """What is shown as a page of its own, in one file."""
        return str(download.make_page(self.networks, self.store, shown.key, shown.name, shown.models))

    def _further(self, asked: str) -> Further:
        try:
            told = json.loads(asked or "{}")
        except ValueError:
            told = {}
        takes = [(tab.taken, told.get(tab.name)) for tab in self.tabs if tab.taken] if isinstance(told, dict) else []
        found = [further for taken, question in takes if (further := taken(question))]
        entries = {name: value for further in found for name, value in further.entries.items()}
        return Further(entries, chain.from_iterable(further.files for further in found))

    def fetch(self, set_name: str, request: gr.Request | None = None) -> Iterator[tuple[object, ...]]:
        """Updates for progress, fetch, cancel and set; the set is the visitor's, but compact when none of it is here.

        Where the files would have gone is told to a visitor on this machine alone.
        """
        try:
            for words in self.fetching.files(selection.missing(self.networks, set_name)):
                yield paragraph(words), gr.update(visible=False), gr.update(visible=True), gr.skip()
        except DemoError as error:
            details = list(getattr(error, "details", ()))
            if (folder := getattr(error, "folder", "")) and on_this_machine(request):
                details.append(f"The folder: {folder}")
            some = len(selection.missing(self.networks, set_name)) < len(catalog.models(set_name))
            yield _unfetched(set_name, str(error), details, some=some)
            return
        except Exception:  # our mistake: the page goes on as well, and `guarded` logs it
            yield _unfetched(set_name, "Something unexpected happened here.")
            raise
        yield paragraph(words), gr.skip(), gr.update(visible=False), gr.skip()

    def arrive(self, request: gr.Request) -> tuple[object, ...]:
        """What a link asks for, else the default set of the moment: updates for photo and the selection."""
        asked = dict(request.query_params)
        if "example" not in asked and "models" not in asked and "set" not in asked:
            if self.first_set and self.first_set != self.networks.default_set():
                return gr.skip(), *_asked_selection(self.networks, {})
            return tuple(gr.skip() for _ in range(3 + len(catalog.SETS)))
        photo: object = str(self.example(asked["example"]).path) if "example" in asked else gr.skip()
        return photo, *_asked_selection(self.networks, asked)


def on_this_machine(request: gr.Request | None) -> bool:
    """Whether a visitor sits at this machine itself; whoever comes through a proxy does not."""
    if request is None or request.client is None:
        return False
    forwarded = {"forwarded", "x-forwarded-for", "x-forwarded-host"} & {name.lower() for name in request.headers}
    return not forwarded and request.client.host in ("127.0.0.1", "::1", "localhost")


def _unfetched(set_name: str, why: str, details: Sequence[str] = (), *, some: bool = False) -> tuple[object, ...]:
    label = catalog.model_set(set_name).label
    if some:
        words = paragraph(f"Not all of {label} could be fetched. {why}", details, failed=True)
        return words, gr.update(visible=True), gr.update(visible=False), gr.skip()
    words = paragraph(f"{label} could not be fetched; going on with Compact. {why}", details, failed=True)
    return words, gr.update(visible=False), gr.update(visible=False), "compact"


def _asked_selection(networks: Networks, asked: dict[str, str]) -> tuple[object, ...]:
    """Updates for the set and the lists from a link's `models` and `set`."""
    specs = networks.named(asked["models"]) if asked.get("models") else ()
    names = {spec.set for spec in specs} & set(catalog.SETS)
    set_name = names.pop() if len(names) == 1 else asked.get("set", networks.default_set())
    if set_name not in catalog.SETS:
        raise DemoError(f"There is no model set called {set_name!r}; there are {', '.join(catalog.SETS)}.")
    ids = [spec.id for spec in specs if spec.set == set_name]
    own = [spec.id for spec in specs if spec.set == "own"]
    return set_name, *selection.lists(networks, set_name, ids), own if specs else gr.skip()


def _ready(view: View) -> tuple[dict[str, Any], dict[str, Any]]:
    """Updates for the two buttons that hand the results over."""
    some = any(panel.status == "done" for panel in view.panels)
    return gr.update(interactive=some), gr.update(interactive=some)


def _no_news() -> tuple[object, ...]:
    """Updates of a run whose photo is not looked at any more."""
    return gr.skip(), gr.skip(), gr.skip(), *idle(), gr.skip(), gr.skip()


def idle() -> tuple[dict[str, Any], dict[str, Any]]:
    """Updates for segment and stop when nothing of this visitor's runs."""
    return gr.update(value=SEGMENT, interactive=True, visible=True), gr.update(visible=False)
