"""The tab "Statistics": a row a model - its time by stage, its size, what it saw, how unsure it was."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import gradio as gr

from demo.page.store import Run
from demo.page.view import Panel

if TYPE_CHECKING:
    from demo.models.zoo import Answer

COLUMNS = (
    ("Model", ""),
    ("Network", "Seconds from the photo to the network's scores"),
    ("Maps", "Seconds from the scores to labels, entropy, confidence and margin"),
    ("Parameters", "Weights in use when the network answers"),
    ("What it saw", "Width x height of the network's input, whole or in windows"),
    ("Classes", "How many it names, of those it knows"),
    ("Entropy", "Mean over all pixels, in nats; at most ln C of its C classes"),
    ("Confidence", "Probability of the likeliest class, mean over all pixels"),
)
FAMILIES = {"cnn": "CNN", "transformer": "transformer"}


def build() -> gr.HTML:
    return gr.HTML(table(None, ()), apply_default_css=False, elem_id="statistics")


def table(run: Run | None, models: Sequence[str], *, computed: str = "", photo: str = "") -> str:
    """The table as HTML, for the models of a run that have answered; `photo` is the path of its file."""
    answered = [model for model in models if model in run.panels] if run else []
    if run is None or not answered:
        return '<p class="zoo-lead">The numbers of each network appear here as soon as it has answered.</p>'
    head = "".join(f'<th scope="col">{_noted(name, note)}</th>' for name, note in COLUMNS)
    rows = "".join(_row(run.answers[model], run.panels[model]) for model in answered)
    notes = "".join(map(_notes, (run.answers[model] for model in answered)))
    caption = f"On {escape(computed)}. Times are of this machine, on this photo."
    told = escape(command(photo, answered))
    return (
        f'<div class="zoo-scroll" tabindex="0" role="region" aria-label="Statistics"><table class="zoo-table"><thead>'
        f"<tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="zoo-quiet">{caption}</p>{notes}'
        f'<p class="zoo-quiet">The same as files, by command: <code>{told}</code> '
        f'<button type="button" class="zoo-button" data-copy="{told}">Copy</button></p>'
    )


def command(photo: str, models: Sequence[str]) -> str:
    """What gives the answers of these models on the command line, to be copied into a shell.

    >>> command("my cat.jpg", ["fcn-compact"])
    "python -m demo segment 'my cat.jpg' -m fcn-compact -o out"
    """
    return shlex.join(["python", "-m", "demo", "segment", photo, "-m", *models, "-o", "out"])


def _row(answer: Answer, panel: Panel) -> str:
    prediction, spec = answer.prediction, answer.spec
    cells = (
        _seconds(prediction.seconds.get("network")),
        _seconds(prediction.seconds.get("maps")),
        f"{answer.network.parameters / 1e6:,.1f} M",
        escape(str(answer.posterior.seen)),
        f"{len(panel.classes)} of {len(prediction.class_set)}",
        f"{panel.entropy:.2f}",
        f"{float(prediction.confidence.mean()):.2f}",
    )
    known = [FAMILIES.get(spec.family, spec.family), *([f"by {spec.trained_by}"] if spec.trained_by else [])]
    family = f"<small>{escape(', '.join(known))}</small>"
    return f'<tr><th scope="row">{escape(spec.title)} {family}</th>' + "".join(f"<td>{cell}</td>" for cell in cells)


def _noted(text: str, note: str) -> str:
    """As `noted` of web/ui/notes.js makes it."""
    if not note:
        return escape(text)
    told = f'data-note="{escape(note)}" title="{escape(note)}"'
    return f'<button type="button" class="zoo-note" {told}>{escape(text)}</button>'


def _notes(answer: Answer) -> str:
    """What is to be known of a network beyond numbers: the revision that answers, its licence, what its scores are."""
    spec, said = answer.spec, [*answer.network.notes]
    if spec.weights.repository and spec.weights.licence:
        said.append(f"Licence: {spec.weights.licence}.")
    if spec.unverified:
        said.append(f"Not sure: {spec.unverified}.")
    return f'<p class="zoo-quiet">{escape(spec.title)}: {escape(" ".join(said))}</p>' if said else ""


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
