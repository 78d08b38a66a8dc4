"""The page put together: what stands where, and which event leads to what."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from demo.images import DEFAULT_LIMITS, Limits
from demo.page import api, download, selection
from demo.page.at_start import AtStart
from demo.page.blocks import PageBlocks
from demo.page.components import PhotoInput, Viewer, example_buttons, header, photo_strip
from demo.page.examples import examples
from demo.page.failures import guarded
from demo.page.fetching import Fetching
from demo.page.figure import Figures
from demo.page.handlers import SEGMENT, Page, Shown, idle
from demo.page.networks import ONE_AT_A_TIME, Networks
from demo.page.photos import Photos
from demo.page.store import KEPT, Store
from demo.page.tabs import tabs
from demo.page.uploads import Uploads
from demo.schema import ModelSpec

if TYPE_CHECKING:
    from demo.models.zoo import Zoo

NEVER = 10**9
"""Seconds: Gradio deletes visitors' files when the server ends; before, `demo.page.uploads` does."""
WAITING = "Waiting for its turn ..."
DOWNLOAD, ONE_PAGE, PREPARING = "Download results (zip)", "Download as one page", "Preparing the files ..."
IN_TURN: dict[str, Any] = {"trigger_mode": "always_last"}
"""A photo that comes while another one is taken is taken after it, and stays; Gradio would drop it."""
PLACE = '<p class="zoo-quiet zoo-place" role="status"></p>'
DELETED = '<p class="zoo-quiet">Photos, and all that is made of them, are deleted within an hour of their last use.</p>'
PRIVATE: dict[str, Any] = {"api_visibility": "private"}
CHOSEN = "(models) => document.dispatchEvent(new CustomEvent('zoo:chosen', { detail: { models } }))"
AGAIN_AFTER_FAILURE = (
    "() => document.querySelector('#fetch-progress .zoo-unfetched') && document.dispatchEvent(new Event('zoo:again'))"
)


def build(
    zoo: Zoo | Callable[[], Zoo],
    *,
    limits: Limits = DEFAULT_LIMITS,
    checkpoints: Sequence[Path] = (),
    fetching: Fetching | None = None,
    own: Sequence[ModelSpec] = (),
    at_start: Sequence[ModelSpec] = (),
    kept: int = KEPT,
) -> PageBlocks:
    """The page over a zoo, or over a function that makes one when it is first needed; nobody is served yet.

    Who serves it otherwise than by `demo.page.serve.launch` adds `demo.page.assets.routes()`, the way to its modules.

    `checkpoints` are the folders that the zoo searches, to tell which files are missing without opening it. `own` are
    models of the host's own, offered beside the sets. `at_start` are models whose files are fetched once
    `blocks.at_start.begin` is called. `kept` is for how many seconds photos are kept after their last use.
    """
    networks = Networks(zoo, checkpoints, own)
    store = Store(limits, kept=kept)
    every = tabs(store, networks)
    fetching = fetching or Fetching(checkpoints)
    start = AtStart(networks, fetching, at_start, lambda: _begin_anew(blocks, networks, models))
    page = Page(networks, store, fetching, tuple(examples()), every, first_set=networks.default_set())
    photos = Photos(networks, store, page.stopped)
    thumbnails = [example.as_dict() for example in page.examples]
    with PageBlocks(
        title="Segmentation Zoo", fill_width=True, delete_cache=(NEVER, NEVER), analytics_enabled=False
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
                save_page = gr.Button(ONE_PAGE, interactive=False, elem_id="download-page")
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
            [viewer, built["statistics"], shown, go, stop, save, save_page],
            **ONE_AT_A_TIME,
            **queued,
        )
        run.success(None, None, None, js=_at_once(tell="ran"))
        failed = run.failure(None, None, [go, stop], js=_at_once(*idle(), tell="failed"))
        failed.success(None, None, None, js=_at_once(tell="ran"))
        stop.click(None, None, [go, stop], js=_at_once(*idle(), tell="stop"))

        showing = viewer.show(
            guarded(page.show), models.inputs, [photo, viewer, built["statistics"], shown, save, save_page], **quick
        )
        showing.success(None, None, None, js=_at_once(tell="showed"))
        showing.failure(None, None, None, js=_at_once(tell="showed"))
        behind = viewer.answer(guarded(photos.answer), models.inputs, strip, **ONE_AT_A_TIME, **queued)
        behind.success(None, None, None, js=_at_once(tell="answered"))
        behind.failure(None, None, None, js=_at_once(tell="answered"))

        for tab in every:
            if tab.work:
                event = getattr(viewer, f"{tab.name}_work")
                worked = event(guarded(tab.work), models.inputs, None, **ONE_AT_A_TIME, **queued)
                worked.success(None, None, None, js=_at_once(tell=f"{tab.name}-worked"))
                worked.failure(None, None, None, js=_at_once(tell=f"{tab.name}-worked"))

        handed: tuple[tuple[gr.Button, str, Callable[..., Any], Any, Any, str | None], ...] = (
            (save, DOWNLOAD, page.zip, [shown, asked], [file, save], download.ASK),
            (save_page, ONE_PAGE, page.one_page, shown, file, None),
        )
        for button, words, make, told, filled, ask in handed:
            making = button.click(None, None, button, js=_at_once(gr.update(value=PREPARING, interactive=False)))
            made = making.then(guarded(make), told, filled, js=ask, **queued)
            made.success(None, None, None, js=download.FOLLOW)
            made.then(None, None, button, js=_at_once(gr.update(value=words, interactive=True)))

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
        if start.specs:
            again = gr.Timer(2)
            asked_with, told_to = show_set["inputs"], show_set["outputs"]
            again.tick(start.news, [models.progress, asked_with], [models.progress, again, *told_to], **quick)
        api.add(networks, page.store)
        blocks.load(None, None, None, js="() => document.documentElement.setAttribute('lang', 'en')", **PRIVATE)
    blocks.queue(default_concurrency_limit=4)
    store.beside(Uploads(blocks))
    blocks.networks, blocks.store, blocks.at_start = networks, page.store, start
    return blocks


def _begin_anew(blocks: PageBlocks, networks: Networks, models: selection.Selection) -> None:
    """Who comes from now on finds the default set of the moment from the first picture on."""
    models.begin_with(networks, networks.default_set())
    blocks.config = blocks.get_config_file()


def _waits() -> tuple[dict[str, Any], dict[str, Any]]:
    """Updates for segment and stop while a run that is asked for has not begun."""
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
