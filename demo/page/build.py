"""The page put together: what stands where, and which event leads to what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from demo import catalog
from demo.errors import DemoError
from demo.export import Further
from demo.images import DEFAULT_LIMITS, Limits
from demo.page import api, download, selection
from demo.page.blocks import PageBlocks
from demo.page.components import PhotoInput, Viewer, example_buttons, header, is_uploaded, photo_strip
from demo.page.examples import Example, examples
from demo.page.failures import guarded
from demo.page.fetching import Fetching, paragraph
from demo.page.figure import Figures
from demo.page.line import left
from demo.page.networks import ONE_AT_A_TIME, Networks
from demo.page.photos import NOT_HERE, Photos
from demo.page.running import known, views
from demo.page.store import KEPT, LOOK, Run, Store
from demo.page.tabs import statistics, tabs
from demo.page.tabs.tab import Tab
from demo.page.view import View
from demo.schema import ModelSpec

if TYPE_CHECKING:
    from demo.models.zoo import Zoo

SEGMENT, WAITING = "Segment", "Waiting for its turn ..."
DOWNLOAD, PREPARING = "Download results (zip)", "Preparing the files ..."
IN_TURN: dict[str, Any] = {"trigger_mode": "always_last"}
"""A photo that comes while another one is taken is taken after it, and stays; Gradio would drop it."""
MOST_STOPPED = 1000
"""Turns: far more than can wait in the queue; some may never have come to it."""
PLACE = '<p class="zoo-quiet zoo-place" role="status"></p>'
DELETED = '<p class="zoo-quiet">Photos, and all that is made of them, are deleted within an hour of their last use.</p>'
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
CHOSEN = "(models) => document.dispatchEvent(new CustomEvent('zoo:chosen', { detail: { models } }))"
AGAIN_AFTER_FAILURE = (
    "() => document.querySelector('#fetch-progress .zoo-unfetched') && document.dispatchEvent(new Event('zoo:again'))"
)


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
        """Updates for viewer, statistics, shown, segment, stop and download, each time something changes.

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
        away = left()

        def ended() -> bool:
            return turn in self.stopped or away()

        for view in views(self.networks, self.store, run, name, models, example, turn, ended):
            if turn in self.left:
                yield _no_news()
                return
            yield view, self.table(now), now, *buttons, _ready(view)
            buttons = gr.skip(), gr.skip()  # said once: what comes after a stop must not bring Stop back
        yield view, self.table(now), now, *_idle(), _ready(view)

    def show(self, event: gr.EventData, *choice: Any) -> tuple[object, ...]:
        """Updates for photo, viewer, statistics, shown and download, from what is known of {turn, path or example}."""
        asked = event._data or {}
        example = str(asked.get("example", ""))
        path = str(self.example(example).path) if example else str(asked.get("path", ""))
        if not example and not is_uploaded(path):
            raise DemoError(NOT_HERE)
        models, run = selection.chosen(*choice), self.store.open(path)
        now = Shown(run.key, Path(path).name, tuple(models))
        view = known(self.networks, run, now.name, models, self._example_of(run), str(asked.get("turn", "")))
        return path, view, self.table(now), now, _ready(view)

    def _example_of(self, run: Run) -> str:
        return next((example.name for example in self.examples if example.sha256 == run.key), "")

    def stop(self, question: object) -> dict[str, object]:
        """The turn that the browser names is to end; if the visitor has `left` it, it has nothing more to show."""
        turn = question.get("turn") if isinstance(question, dict) else None
        if isinstance(turn, str) and 0 < len(turn) <= 40:
            if len(self.stopped) >= MOST_STOPPED:
                self.stopped.clear()
                self.left.clear()
            self.stopped.add(turn)
            if isinstance(question, dict) and question.get("left") is True:
                self.left.add(turn)
        return {}

    def table(self, shown: Shown) -> str:
        run = self.store.get(shown.key)
        if run is None or not run.answers:
            return statistics.table(None, ())
        return statistics.table(run, shown.models, computed=self.networks.computed, photo=shown.name)

    def check(self, photo: str | None) -> None:
        """A chosen file is looked at before anything on the page changes. Raises ImageError."""
        if photo is not None:
            self.store.open(photo)

    def zip(self, shown: Shown, asked: str) -> str:
        """The zip of what is shown; `asked` is JSON: what each tab's script says of the moment, by its name."""
        further = self._further(asked)
        return str(download.make_zip(self.networks, self.store, shown.key, shown.name, shown.models, further))

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
        """What a link asks for: updates for photo and the selection; a plain visit changes nothing."""
        asked = dict(request.query_params)
        if "example" not in asked and "models" not in asked and "set" not in asked:
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


def _ready(view: View) -> dict[str, Any]:
    return gr.update(interactive=any(panel.status == "done" for panel in view.panels))


def build(
    zoo: Zoo | Callable[[], Zoo],
    *,
    limits: Limits = DEFAULT_LIMITS,
    checkpoints: Sequence[Path] = (),
    fetching: Fetching | None = None,
    own: Sequence[ModelSpec] = (),
) -> PageBlocks:
    """The page over a zoo, or over a function that makes one when it is first needed; nobody is served yet.

    Who serves it otherwise than by `demo.page.serve.launch` adds `demo.page.assets.routes()`, the way to its modules.

    `checkpoints` are the folders that the zoo searches, to tell which files are missing without opening it. `own` are
    models of the host's own, offered beside the sets.
    """
    networks = Networks(zoo, checkpoints, own)
    store = Store(limits)
    every = tabs(store)
    page = Page(networks, store, fetching or Fetching(checkpoints), tuple(examples()), every)
    photos = Photos(networks, store, page.stopped)
    thumbnails = [example.as_dict() for example in page.examples]
    with PageBlocks(
        title="Segmentation Zoo", fill_width=True, delete_cache=(LOOK, KEPT), analytics_enabled=False
    ) as blocks:
        header()
        shown = gr.State(Shown())
        with gr.Row(equal_height=False, elem_id="columns"):
            with gr.Column(scale=0, min_width=288, elem_id="left"):
                photo = PhotoInput(
                    type="filepath",
                    image_mode=None,
                    sources=["upload", "clipboard", "webcam"],
                    label="Photo",
                    placeholder="Drop an image file here to upload",
                    height=220,
                    elem_id="photo",
                    buttons=[],
                )
                go = gr.Button(SEGMENT, variant="primary", elem_id="go")
                stop = gr.Button("Stop", variant="stop", visible=False, elem_id="stop")
                gr.HTML(PLACE, elem_id="place", padding=False, apply_default_css=False)
                chosen_example = example_buttons(thumbnails)
                models = selection.build(networks)
                save = gr.Button(DOWNLOAD, interactive=False, elem_id="download")
                file = gr.DownloadButton("Results", elem_id="file", elem_classes="zoo-away")
                gr.HTML(DELETED, elem_id="deleted", padding=False, apply_default_css=False)
                asked = gr.Textbox(visible=False)
            with gr.Column(scale=1, elem_id="right"):
                strip = photo_strip()
                viewer = Viewer(
                    answers=[_called(tab.name, tab.ask) for tab in every if tab.ask]
                    + [_called("stop", page.stop), _called("figure", Figures(page.store).ask)]
                    + [_called("look", photos.look), _called("numbers", photos.numbers)],
                )
                with gr.Tabs(elem_id="tabs"):
                    built = {}
                    for tab in every:
                        with gr.Tab(tab.title, id=tab.name, elem_id=f"tab-{tab.name}"):
                            built[tab.name] = tab.build()

        queued: dict[str, Any] = dict(show_progress="hidden", **PRIVATE)
        # what neither fails nor takes long goes past the queue
        quick: dict[str, Any] = dict(queue=False, **queued)
        uploaded = photo.upload(guarded(page.check), photo, None, **IN_TURN, **queued)
        uploaded.failure(None, None, photo, js="() => null")
        uploaded.success(None, None, None, js=_at_once(tell="run"))
        taken = chosen_example.choose(guarded(page.take), chosen_example, photo, **IN_TURN, **queued)
        taken.success(None, None, None, js=_at_once(tell="run"))
        arrived = blocks.load(guarded(page.arrive), None, [photo, *models.inputs], **queued)
        arrived.success(None, None, None, js=_at_once(tell="arrived"))

        go.click(None, None, None, js=_at_once(tell="run"))
        viewer.wait(None, None, [go, stop], js=_at_once(*_waits()))
        run = viewer.run(
            guarded(page.run),
            [photo, *models.inputs],
            [viewer, built["statistics"], shown, go, stop, save],
            **ONE_AT_A_TIME,
            **queued,
        )
        run.success(None, None, None, js=_at_once(tell="ran"))
        failed = run.failure(None, None, [go, stop], js=_at_once(*_idle(), tell="failed"))
        failed.success(None, None, None, js=_at_once(tell="ran"))
        stop.click(None, None, [go, stop], js=_at_once(*_idle(), tell="stop"))

        showing = viewer.show(
            guarded(page.show), models.inputs, [photo, viewer, built["statistics"], shown, save], **quick
        )
        showing.success(None, None, None, js=_at_once(tell="showed"))
        showing.failure(None, None, None, js=_at_once(tell="showed"))
        behind = viewer.answer(guarded(photos.answer), models.inputs, strip, **ONE_AT_A_TIME, **queued)
        behind.success(None, None, None, js=_at_once(tell="answered"))
        behind.failure(None, None, None, js=_at_once(tell="answered"))

        making = save.click(None, None, save, js=_at_once(gr.update(value=PREPARING, interactive=False)))
        made = making.then(guarded(page.zip), [shown, asked], file, js=download.ASK, **queued)
        made.success(None, None, None, js=download.FOLLOW)
        made.then(None, None, save, js=_at_once(gr.update(value=DOWNLOAD, interactive=True)))

        show_set: dict[str, Any] = dict(
            fn=partial(selection.show_set, networks),
            inputs=models.set_name,
            outputs=[*models.lists, models.note, models.fetch],
            **quick,
        )
        models.set_name.change(**show_set)
        fetched = models.fetch.click(
            guarded(page.fetch),
            models.set_name,
            [models.progress, models.fetch, models.cancel, models.set_name],
            **queued,
        )
        # what the panels say of the set that could not be had is no answer any more
        fetched.then(**show_set).then(None, None, None, js=AGAIN_AFTER_FAILURE)
        for chosen in models.lists:
            chosen.input(None, chosen, None, js=CHOSEN, **PRIVATE)  # type: ignore[attr-defined]  # both kinds of list have it
        models.cancel.click(page.fetching.cancel, None, None, **quick)
        api.add(networks, page.store)
        blocks.load(None, None, None, js="() => document.documentElement.setAttribute('lang', 'en')", **PRIVATE)
    blocks.queue(default_concurrency_limit=4)
    blocks.networks, blocks.store = networks, page.store
    return blocks


def _no_news() -> tuple[object, ...]:
    """Updates of a run whose photo is not looked at any more."""
    return gr.skip(), gr.skip(), gr.skip(), *_idle(), gr.skip()


def _idle() -> tuple[dict[str, Any], dict[str, Any]]:
    """Updates for segment and stop when nothing of this visitor's runs."""
    return gr.update(value=SEGMENT, interactive=True, visible=True), gr.update(visible=False)


def _waits() -> tuple[dict[str, Any], dict[str, Any]]:
    """The same while a run that is asked for has not begun."""
    return gr.update(value=WAITING, interactive=False, visible=True), gr.update(visible=True)


def _at_once(*updates: dict[str, Any], tell: str = "") -> str:
    """A script that tells the viewer something and updates; a server's reply could come after those of the next run."""
    said = f"document.dispatchEvent(new Event('zoo:{tell}'));" if tell else ""
    return f"() => {{ {said} return {json.dumps(updates)}; }}"


def _called(name: str, ask: Callable[[object], dict[str, object]]) -> Callable[[object], dict[str, object]]:
    """`ask` under the name by which the viewer's script calls it."""

    def answer(question: object) -> dict[str, object]:
        return ask(question)

    answer.__name__ = name
    return answer
