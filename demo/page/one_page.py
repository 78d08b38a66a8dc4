"""One HTML file that shows a run without a server: the page's own panels, with what they would ask a server for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from demo import __version__
from demo.export import Photo, on_grid
from demo.measures import BY_ID
from demo.names import readable
from demo.page.assets import pack, script, style
from demo.page.components import settings
from demo.page.differences import SURE, Overlooked, Row, compared, differences, structures
from demo.page.mean import mean_of
from demo.page.running import caution
from demo.page.tabs.pixel import TOP
from demo.page.theme import variables
from demo.page.view import View
from demo.page.wire import further_sets, in_itself, panel_of, photo_file, within
from demo.render.encode import png

if TYPE_CHECKING:
    from demo.models.zoo import Answer
    from demo.schema import Field, Size

NAME = "page.html"
"""What the file is called among those that a run leaves behind."""
SIDE = 160
"""Long side of the grid on which the likeliest classes are kept: finer than the grids that the networks answer on."""
FULL = 65535
"""What is kept of a number is one of so many steps, in two bytes."""
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data: blob:; "
    "connect-src data:"
)
"""Nothing that the file holds may ask anything of the network."""


class KeptMeasure(TypedDict):
    """A measure of doubt on the grid, in steps from `low` to `high`."""

    id: str
    low: float
    high: float


class KeptPixels(TypedDict):
    """One network's likeliest classes and measures on the grid."""

    model: str
    title: str
    family: str
    class_set: str
    top: int
    """How many classes."""
    url: str
    """Grey PNG, maps one below the other: positions in the class set, the likeliest first; then two for each number,
    its high bytes and its low ones: the classes' probabilities (of 0..1), and each measure."""
    measures: list[KeptMeasure]


def one_page(photo: Photo, answers: Sequence[Answer], *, computed: str = "", notes: Sequence[str] = ()) -> bytes:
    """The file of a photo and its answers, which may be at any size. It names the photo and holds a smaller copy."""
    shown = [as_shown(answer) for answer in answers]
    size, sets = shown[0].prediction.size, [answer.posterior.class_set for answer in shown]
    view = View(
        run=photo.sha256 or "photo",
        name=readable(photo.name),
        photo=photo_file(photo.image, in_itself),
        width=size[1],
        height=size[0],
        photo_width=photo.size[1],
        photo_height=photo.size[0],
        notes=list(notes),
        caution=caution([answer.spec for answer in shown]),
        class_sets=further_sets(sets),
        panels=[panel_of(answer, in_itself, computed) for answer in shown],
    )
    grid = within(photo.size, SIDE)
    given: Row = {
        "props": settings() | {"value": view.model_dump()},
        "kept": {
            "grid": list(grid),
            "pixels": [kept_pixels(answer, grid) for answer in shown],
            "differ": _differ(shown),
        },
    }
    return _document(readable(photo.name), _lead(shown), _about(photo.size, grid), given).encode()


def as_shown(answer: Answer) -> Answer:
    """The answer with its maps on the grid on which the page shows them, of every measure that the network can say."""
    prediction = on_grid(answer, answer.prediction, [*BY_ID])
    return replace(answer, prediction=replace(prediction, seconds=answer.prediction.seconds))


def kept_pixels(answer: Answer, grid: Size) -> KeptPixels:
    """What a click asks for, at the middle of every cell of a grid over the photo."""
    posterior, spec = answer.posterior, answer.spec
    top = min(TOP, len(posterior.class_set))
    classes = np.empty((top, *grid), np.uint8)
    numbers = np.empty((top, *grid), np.float32)
    for y0, probabilities in posterior.strips(grid):
        rows = slice(y0, y0 + probabilities.shape[1])
        best = np.argsort(-probabilities, axis=0, kind="stable")[:top]
        classes[:, rows], numbers[:, rows] = best, np.take_along_axis(probabilities, best, axis=0)
    measures: list[KeptMeasure] = []
    steps = [_steps(number, 0.0, 1.0) for number in numbers]
    said = posterior.reduce(spec.id, grid, [*BY_ID]).measures
    for name, field in said.items():
        low, high = float(field.min()), float(field.max())
        measures.append({"id": name, "low": low, "high": high})
        steps.append(_steps(field, low, high))
    bytes_of = [part for number in steps for part in (number >> 8, number & 255)]
    stacked = np.concatenate([*classes, *(part.astype(np.uint8) for part in bytes_of)])
    return {
        "model": spec.id,
        "title": spec.title,
        "family": spec.family,
        "class_set": posterior.class_set.key,
        "top": top,
        "url": in_itself("pixels.png", png(stacked)).url or "",
        "measures": measures,
    }


def _steps(field: Field, low: float, high: float) -> NDArray[np.uint16]:
    share = (field.astype(np.float64) - low) / (high - low or 1.0)
    return np.rint(np.clip(share, 0, 1) * FULL).astype(np.uint16)


def _differ(answers: Sequence[Answer]) -> Row:
    """The replies to the tab's questions as it first asks them, by what is asked; none for a network alone."""
    if len(answers) < 2:
        return {}
    ids: Row = {"models": [answer.spec.id for answer in answers], "structures": structures(answers, Overlooked())}
    told = differences(compared(answers), Overlooked(), SURE)
    return {"differences": ids | told, "together": mean_of(answers)}


def _lead(answers: Sequence[Answer]) -> str:
    titles = [answer.spec.title for answer in answers]
    named = f"{', '.join(titles[:-1])} and {titles[-1]}" if len(titles) > 1 else titles[0]
    return f"What {named} {'say' if len(titles) > 1 else 'says'} of this photo, by Segmentation Zoo {__version__}."


def _about(size: Size, grid: Size) -> str:
    return (
        "This file asks nothing of any server. It keeps the likeliest classes on a grid of "
        f"{grid[1]} × {grid[0]} points, one for {size[1] / grid[1]:.1f} × {size[0] / grid[0]:.1f} pixels of the photo: "
        "a click tells of the nearest. The maps in the panels are whole."
    )


def _document(name: str, lead: str, about: str, given: Row) -> str:
    data = [("zoo-modules", pack()), ("zoo-given", given)]
    held = "".join(f'<script type="application/json" id="{place}">{_json(value)}</script>' for place, value in data)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(name)} - Segmentation Zoo</title>
<style>{variables()}
{style()}
{style("one_page.css")}</style>
</head>
<body>
<div class="gradio-container"><main class="main">
<header class="zoo-header"><div><h1>{escape(name)}</h1><p>{escape(lead)}</p></div></header>
<div id="viewer" class="zoo-alone"><div class="zoo"></div></div>
<div id="tabs">
<div role="tablist" aria-label="What is known">
<button type="button" role="tab" id="tab-pixel-button" aria-controls="pixel">Pixel</button>
<button type="button" role="tab" id="tab-differ-button" aria-controls="differ">Where they differ</button>
</div>
<div role="tabpanel" id="pixel" aria-labelledby="tab-pixel-button">
<p class="zoo-quiet">{escape(about)}</p><div class="zoo zoo-pixel" aria-live="polite"></div></div>
<div role="tabpanel" id="differ" class="zoo-alone" aria-labelledby="tab-differ-button">
<div class="zoo zoo-differ"></div></div>
</div>
<noscript><p>This page needs JavaScript, which is in the file itself.</p></noscript>
</main></div>
{held}
<script>{script("modules")}{script("one_page")}</script>
</body>
</html>
"""


def _json(value: object) -> str:
    """JSON that ends no script, whatever names it holds."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
