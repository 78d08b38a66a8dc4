"""What SEGMENTATION_ZOO_FETCH names is fetched when the page starts, and every visitor is told how far that is."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence

import gradio as gr

from demo import catalog
from demo.errors import DemoError, UnknownModelError
from demo.page import selection
from demo.page.fetching import Fetching, paragraph
from demo.page.networks import Networks
from demo.schema import ModelSpec

VARIABLE = "SEGMENTATION_ZOO_FETCH"
log = logging.getLogger(__name__)


def wanted(environment: Mapping[str, str] = os.environ) -> tuple[ModelSpec, ...]:
    """The models that the host's environment names, sets or ids with commas. Raises UnknownModelError."""
    names = environment.get(VARIABLE, "").strip()
    if not names:
        return ()
    try:
        return catalog.resolve(names)
    except DemoError as error:
        raise UnknownModelError(f"{VARIABLE} should name sets or models, but is {names!r}. {error}") from error


class AtStart:
    """One fetch of the models' files that are missing, in the background; `words` is how far it is.

    `come` is called when they are here.
    """

    def __init__(
        self,
        networks: Networks,
        fetching: Fetching,
        specs: Sequence[ModelSpec] = (),
        come: Callable[[], None] = lambda: None,
    ) -> None:
        self._networks, self._fetching, self._come = networks, fetching, come
        self.specs = [spec for spec in specs if not networks.on_disk(spec)]
        self.words = "The files will be fetched." if self.specs else ""
        self.over, self.failed = not self.specs, False

    def begin(self) -> None:
        if self.specs:
            threading.Thread(target=self._fetch, name="fetch at the start", daemon=True).start()

    def news(self, told: str, set_name: str) -> list[object]:
        """Updates for progress, timer, and what `selection.show_set` updates; `told` is the progress that is shown."""
        said = paragraph(self.words, failed=self.failed)
        if not self.over:
            return [said, gr.skip(), *(gr.skip() for _ in catalog.SETS), gr.skip(), gr.skip()]
        shown = said if told or self.failed else gr.skip()  # who comes later has waited for nothing
        return [shown, gr.update(active=False), *selection.show_set(self._networks, set_name)]

    def _fetch(self) -> None:
        print(f"* Fetching {len(self.specs)} files, {selection.gigabytes(self.specs)}", flush=True)
        try:
            for words in self._fetching.files(self.specs, may_be_cancelled=False):
                self.words = words
            self._networks.open_soon()  # the set that answers by default may be another one now
            self._come()
        except DemoError as error:
            self.words, self.failed = f"Not all files could be fetched. {error}", True
        except Exception:  # nobody waits for this thread: what it meets is said on the page and in the log
            self.words, self.failed = "The files could not be fetched; the server's log says why.", True
            log.exception("Fetching at the start failed.")
        self.over = True
        print(f"* {self.words}", flush=True)
