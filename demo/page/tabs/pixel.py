"""The tab "Pixel": every model's likeliest classes where the visitor points, with how unsure it is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from demo.page.assets import script
from demo.page.store import Run, Store
from demo.schema import ClassSet

Row: TypeAlias = dict[str, object]

TOP = 5
GONE = "This result is no longer kept; press Segment to have it again."


def build() -> gr.HTML:
    """The tab's content: the page's modules show there what `probe` answered."""
    return gr.HTML(
        html_template='<div class="zoo-pixel" aria-live="polite"></div>',
        js_on_load=script("place"),
        tab="pixel",
        apply_default_css=False,
        elem_id="pixel",
    )


def probe(store: Store, question: object) -> Row:
    """The answer to {run, x, y, models}; x and y are in the photo's own pixels. What cannot be answered says so."""
    match question:
        case {"run": str(key), "x": int(x), "y": int(y), "models": list(models)}:
            run = store.get(key)
        case _:
            return {"rows": [], "message": "Ask with run, x, y and models."}
    if run is None:
        return {"rows": [], "message": GONE}
    height, width = run.image.shape[:2]
    if not (0 <= x < width and 0 <= y < height):
        return {"rows": [], "message": f"x must be below {width} and y below {height}."}
    return {"rows": [ask(run, str(model), x, y) for model in models if model in run.answers]}


def ask(run: Run, model: str, x: int, y: int) -> Row:
    """One model's likeliest classes, entropy (nats) and margin at a pixel of the photo."""
    answer = run.answers[model]
    probabilities = answer.posterior.at(y, x)
    return {
        "model": model,
        "title": answer.spec.title,
        "family": answer.spec.family,
        "class_set": answer.posterior.class_set.key,
        **numbers(probabilities, answer.posterior.class_set),
    }


def numbers(probabilities: NDArray[np.float32], class_set: ClassSet) -> Mapping[str, object]:
    """The TOP likeliest classes (index 0..C-1), entropy in nats, margin 0..1 of (C,) probabilities."""
    exact = probabilities.astype(np.float64)
    best = np.argsort(-exact, kind="stable")[:TOP].tolist()
    positive = exact[exact > 0]
    return {
        "classes": [
            {"index": index, "name": class_set.names[index], "probability": float(exact[index])} for index in best
        ],
        "entropy": max(0.0, float(-(positive * np.log(positive)).sum())),
        "margin": float(exact[best[0]] - exact[best[1]]),
    }
