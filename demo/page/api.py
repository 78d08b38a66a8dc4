"""The same answers for programs: /segment, /overlay, /label_map and /probe; Gradio describes them at "Use via API"."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from demo.errors import DemoError
from demo.export import at_photo_size, compare_answers, describe, on_grid, summary
from demo.images import write_atomic
from demo.labels.annotations import encode_annotation
from demo.page.components import PhotoInput
from demo.page.failures import guarded
from demo.page.networks import ONE_AT_A_TIME, Networks
from demo.page.running import views
from demo.page.store import Run, Store
from demo.page.tabs.pixel import ask
from demo.render.encode import png
from demo.render.paint import overlay

if TYPE_CHECKING:
    from demo.models.zoo import Answer


def add(networks: Networks, store: Store) -> None:
    """Add the four endpoints to the page that is being built; their components are never shown."""
    with gr.Row(visible=False):
        photo, models, model = PhotoInput(label="photo"), gr.Textbox(label="models"), gr.Textbox(label="model")
        x, y = gr.Number(label="x", precision=0), gr.Number(label="y", precision=0)
        numbers, file, trigger = gr.JSON(label="summary"), gr.File(label="file"), gr.Button()
    for function, inputs, output in (
        (segment, [photo, models], numbers),
        (overlay_of, [photo, model], file),
        (label_map, [photo, model], file),
        (probe, [photo, models, x, y], numbers),
    ):
        trigger.click(
            guarded(partial(function, networks, store)),
            inputs,
            output,
            api_name=function.__name__.removesuffix("_of"),
            api_description=(function.__doc__ or "").split("\n")[0],
            show_progress="hidden",
            **ONE_AT_A_TIME,
        )


def segment(networks: Networks, store: Store, photo: str, models: str) -> dict[str, Any]:
    """The content of summary.json for a photo; `models` is a set or ids with commas, by default the default set."""
    run, answers, left_out = _answers(networks, store, photo, models)
    predictions = [(answer, at_photo_size(answer)) for answer in answers]
    compared = [(answer.spec, on_grid(answer, prediction)) for answer, prediction in predictions]
    named = run.named(Path(photo).name)
    content = summary(
        named,
        [describe(answer, prediction) for answer, prediction in predictions],
        compare_answers(compared, named.size) if len(compared) > 1 else None,
        precision=networks.zoo.precision,
        device=networks.zoo.device,
    )
    return {**content, "left_out": left_out}


def overlay_of(networks: Networks, store: Store, photo: str, model: str) -> str:
    """The photo with one model's classes over it, as a PNG at the photo's size."""
    run, answers, _ = _answers(networks, store, photo, model, one=True)
    prediction = at_photo_size(answers[0])
    picture = overlay(run.image, prediction.label_map, prediction.class_set.distinct_palette)
    return _file(run, f"{answers[0].spec.id}-overlay.png", png(picture))


def label_map(networks: Networks, store: Store, photo: str, model: str) -> str:
    """One model's label map as a PNG in its class set's numbers (ADE20K: from 1) at the photo's size."""
    run, answers, _ = _answers(networks, store, photo, model, one=True)
    prediction = at_photo_size(answers[0])
    return _file(run, f"{answers[0].spec.id}-labels.png", encode_annotation(prediction.label_map, prediction.class_set))


def probe(networks: Networks, store: Store, photo: str, models: str, x: int | None, y: int | None) -> dict[str, Any]:
    """Each model's five likeliest classes, entropy in nats and margin at pixel x, y of the photo."""
    run, answers, left_out = _answers(networks, store, photo, models)
    height, width = run.image.shape[:2]
    if x is None or y is None or not (0 <= x < width and 0 <= y < height):
        raise DemoError(f"x must be 0..{width - 1} and y 0..{height - 1} in this photo, but got x={x}, y={y}.")
    rows = [ask(run, answer.spec.id, int(x), int(y)) for answer in answers]
    return {"x": x, "y": y, "models": rows, "left_out": left_out}


def _answers(
    networks: Networks, store: Store, photo: str | None, models: str, *, one: bool = False
) -> tuple[Run, list[Answer], list[dict[str, str]]]:
    """The answers, and of each network that has none its id and why. Raises DemoError when none has answered."""
    if not photo:
        raise DemoError("A photo is wanted, but none came.")
    ids = [spec.id for spec in networks.named(models or networks.default_set())]
    if one and len(ids) != 1:
        raise DemoError(f"One model is wanted, but {models!r} names {len(ids)}: {', '.join(ids)}.")
    run = store.open(photo)
    panels = [view.panels for view in views(networks, store, run, Path(photo).name, ids)][-1]
    left_out = [{"id": panel.id, "message": panel.message} for panel in panels if panel.status == "failed"]
    answers = [run.answers[model] for model in ids if model in run.answers]
    if not answers:
        raise DemoError(" ".join(row["message"] for row in left_out))
    return run, answers, left_out


def _file(run: Run, name: str, data: bytes) -> str:
    path = run.folder / "api" / name  # one a model, however often it is asked for
    write_atomic(path, data)
    return str(path)
