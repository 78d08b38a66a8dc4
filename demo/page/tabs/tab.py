"""What a tab under the panels is: a name, a place on the page, and what answers its script's questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import gradio as gr

from demo.export import Further
from demo.page.assets import script

Row: TypeAlias = dict[str, object]
Ask: TypeAlias = Callable[[object], Row]
"""A browser's question, which may be anything -> the reply; what cannot be answered says so under "message"."""

GONE = "This result is no longer kept; press Segment to have it again."
"""The reply to a question about a photo that the page has let go."""


@dataclass(frozen=True)
class Tab:
    """One tab. Its script, if it has one, is the module of its name in web/tabs, listed in web/main.js.

    The script is given the place with the class zoo-<name> that `build` made, and asks `ask` as server.<name>.
    No tab imports another: what two of them need lies beside them.
    """

    name: str
    title: str
    build: Callable[[], gr.HTML]
    ask: Ask | None = None
    taken: Callable[[object], Further | None] | None = None
    """What it adds to the download, for what its script says of the moment."""
    work: Callable[[gr.EventData], None] | None = None
    """What it has the networks do, one network a call, so that nobody in the line waits longer for it.

    The script starts it by trigger("<name>_work", ...), hears "<name>-worked", and asks for what came of it.
    """


def place(name: str, *, live: bool = False) -> gr.HTML:
    """An empty place that the tab's script fills; `live` has screen readers say what changes in it."""
    spoken = ' aria-live="polite"' if live else ""
    return gr.HTML(
        html_template=f'<div class="zoo zoo-{name}"{spoken}></div>',
        js_on_load=script("place"),
        tab=name,
        apply_default_css=False,
        elem_id=name,
    )
