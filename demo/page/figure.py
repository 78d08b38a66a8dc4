"""A figure of what the page shows, for slides and papers: the viewer's script asks for it and saves it as a file."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from demo.errors import DemoError
from demo.export import figure, figure_row
from demo.images import safe_stem
from demo.page.failures import sentence
from demo.page.store import Run, Store
from demo.page.tabs.pixel import GONE

if TYPE_CHECKING:
    from demo.models.zoo import Answer
    from demo.render.figures import Kind, Layout
    from demo.render.paint import Scheme

Row: TypeAlias = dict[str, object]

TYPES: dict[Kind, str] = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
LAYOUTS: tuple[Layout, ...] = ("article", "grid")
WRONG = "Ask with run, name, models, kind (png, svg or pdf) and layout (article or grid)."


class Figures:
    """Answers the questions, one at a time: drawing takes a core for a second or two."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._turn = threading.Lock()

    def ask(self, question: object) -> Row:
        """The reply to {run, name, models, kind, layout, grey, official}: a file's name and its content as a URL."""
        options = question if isinstance(question, dict) else {}
        match question:
            case {"run": str(key), "name": str(name), "models": list(models), "kind": kind, "layout": layout} if (
                kind in TYPES and layout in LAYOUTS
            ):
                run = self._store.get(key)
            case _:
                return {"message": WRONG}
        if run is None:
            return {"message": GONE}
        answers = [run.answers[m] for m in models if isinstance(m, str) and m in run.answers]
        if not answers:
            return {"message": "There is nothing to draw yet: segment a photo first."}
        grey, official = options.get("grey") is True, options.get("official") is True
        try:
            with self._turn:
                content = draw(run, name, answers, kind, layout, grey=grey, official=official)
        except DemoError as error:
            return {"message": str(error)}
        except Exception as error:
            return {"message": sentence(error).message}
        url = f"data:{TYPES[kind]};base64,{b64encode(content).decode()}"
        return {"name": f"{safe_stem(name)}-{layout}.{kind}", "url": url}


def draw(
    run: Run, name: str, answers: Sequence[Answer], kind: Kind, layout: Layout, *, grey: bool, official: bool
) -> bytes:
    rows = [figure_row(answer, answer.prediction) for answer in answers]
    scheme: Scheme = "article" if grey else "colour"
    return figure(run.named(name), rows, kind, layout=layout, scheme=scheme, official=official)
