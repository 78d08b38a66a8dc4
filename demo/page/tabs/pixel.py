"""The tab "Pixel": every model's likeliest classes where the visitor points, with how unsure it is there."""

from __future__ import annotations

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from demo.measures import BY_ID
from demo.page.store import Run, Store
from demo.page.tabs.tab import GONE, Row, place
from demo.schema import ClassSet

TOP = 5


def build() -> gr.HTML:
    """The tab's content: the page's modules show there what `probe` answered."""
    return place("pixel", live=True)


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
    """One model's likeliest classes and measures of doubt at a pixel of the photo."""
    answer = run.answers[model]
    found = answer.posterior.measures_at(y, x)
    return {
        "model": model,
        "title": answer.spec.title,
        "family": answer.spec.family,
        "classes": likeliest(answer.posterior.at(y, x), answer.posterior.class_set),
        "class_set": answer.posterior.class_set.key,
        "entropy": found["entropy"],
        "margin": found["margin"],
        "measures": {name: found.get(name) for name in BY_ID},
    }


def likeliest(probabilities: NDArray[np.float32], class_set: ClassSet) -> list[Row]:
    """The TOP likeliest classes (index 0..C-1) of (C,) probabilities."""
    best = np.argsort(-probabilities, kind="stable")[:TOP].tolist()
    return [
        {"index": index, "name": class_set.names[index], "probability": float(probabilities[index])} for index in best
    ]
