"""The same answers for programs; docs/api.md shows calls, and Gradio describes the endpoints at "Use via API"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, cast

import gradio as gr
from pydantic import TypeAdapter

from demo.analysis.in_common import comparison_of
from demo.analysis.lone_models import lone_counts
from demo.analysis.regions import percent
from demo.errors import DemoError
from demo.export import at_photo_size, describe, describe_comparison, on_grid, summary
from demo.images import write_atomic
from demo.labels.annotations import encode_annotation
from demo.page.api_shapes import Compared, Disputed, LeftOut, Pixel, Summary
from demo.page.components import PhotoInput
from demo.page.failures import guarded
from demo.page.figure import Look, draw
from demo.page.headline import Shares, headline
from demo.page.networks import ONE_AT_A_TIME, Networks
from demo.page.running import views
from demo.page.store import Run, Store
from demo.page.tabs.pixel import ask
from demo.render.encode import png
from demo.render.paint import overlay
from demo.schema import ModelSpec, Prediction, Size
from demo.summary import DisputedRegion

if TYPE_CHECKING:
    from demo.models.zoo import Answer


class Answered(gr.JSON):
    """JSON of a known shape, which Gradio's description of the API then tells; never shown."""

    is_template = True  # else the browser asks for scripts of its own, which it does not have

    def __init__(self, value: Any = None, *, label: str = "", shape: Any = None, **again: Any) -> None:
        super().__init__(value, label=label, **again)
        self.shape = shape

    def api_info(self) -> dict[str, Any]:
        return TypeAdapter(self.shape).json_schema() if self.shape else super().api_info()


def add(networks: Networks, store: Store) -> None:
    """Add the endpoints to the page that is being built; their components are never shown."""
    with gr.Row(visible=False):
        photo, models, model = PhotoInput(label="photo"), gr.Textbox(label="models"), gr.Textbox(label="model")
        x, y = gr.Number(label="x"), gr.Number(label="y")
        file, trigger = gr.File(label="file"), gr.Button()
        shaped = {
            shape: Answered(label=name, shape=shape)
            for name, shape in (("summary", Summary), ("comparison", Compared), ("regions", Disputed), ("pixel", Pixel))
        }
    for name, function, inputs, output in (
        ("segment", segment, [photo, models], shaped[Summary]),
        ("compare", compare, [photo, models], shaped[Compared]),
        ("regions", regions, [photo, models], shaped[Disputed]),
        ("pixel", pixel, [photo, models, x, y], shaped[Pixel]),
        ("probe", pixel, [photo, models, x, y], shaped[Pixel]),  # the name that /pixel had in 0.1.0
        ("figure", figure, [photo, models], file),
        ("overlay", overlay_of, [photo, model], file),
        ("label_map", label_map, [photo, model], file),
    ):
        trigger.click(
            guarded(partial(function, networks, store)),
            inputs,
            output,
            api_name=name,
            api_description=(function.__doc__ or "").split("\n")[0],
            show_progress="hidden",
            **ONE_AT_A_TIME,
        )


def segment(networks: Networks, store: Store, photo: str, models: str) -> Summary:
    """The content of summary.json for a photo; `models` is a set or ids with commas, by default the default set."""
    run, answers, left_out = _answers(networks, store, photo, models)
    named = run.named(Path(photo).name)
    content = summary(
        named,
        [describe(answer, at_photo_size(answer)) for answer in answers],  # of one at a time there are maps that large
        _described(answers, named.size) if len(answers) > 1 else None,
        precision=networks.zoo.precision,
        device=networks.zoo.device,
    )
    return cast(Summary, {**content, "left_out": left_out})


def compare(networks: Networks, store: Store, photo: str, models: str) -> Compared:
    """How far at least two models agree on a photo: in a sentence, in shares 0..1, by pair, and region by region."""
    sentence, numbers, left_out = _compared(networks, store, photo, models)
    return cast(Compared, {"sentence": sentence, **numbers, "left_out": left_out})


def regions(networks: Networks, store: Store, photo: str, models: str) -> Disputed:
    """The disputed regions of a photo in words, the gravest first, and where not to rely on any model's labels."""
    sentence, numbers, left_out = _compared(networks, store, photo, models)
    found = cast("list[DisputedRegion]", numbers["regions"])
    conflict, sure = cast(float, numbers["confident_conflict"]), cast(float, numbers["confidence_threshold"])
    return {"sentence": sentence, "caution": caution(found, conflict, sure), "regions": found, "left_out": left_out}


def caution(found: Sequence[DisputedRegion], conflict: float, sure: float) -> str:
    """Where not to rely on the labels; `conflict` is the share on which models sure to `sure` contradict each other."""
    said = []
    for severe, advice in (
        (True, "do not rely on any label there: they name things of different kinds"),
        (False, "rely on the kind of thing only: they name different classes of one kind"),
    ):
        ranks = [str(rank) for rank, region in enumerate(found, 1) if region["severe"] == severe]
        share = sum(region["area"] for region in found if region["severe"] == severe)
        if ranks:
            which = f"Region {ranks[0]}" if len(ranks) == 1 else f"Regions {', '.join(ranks)}"
            said.append(f"{which} ({percent(share)} of the photo): {advice}.")
    if conflict:
        said.append(f"On {percent(conflict)} models that are {percent(sure)} sure or more contradict each other.")
    if not found:
        said.append("No region is disputed.")
    return " ".join([*said, "Where models agree they may still be wrong together."])


def figure(networks: Networks, store: Store, photo: str, models: str) -> str:
    """A PNG for a paper: the photo, and a row a model with its entropy on the fixed scale and its named classes."""
    run, answers, _ = _answers(networks, store, photo, models)
    drawn = draw(run, "", answers, "png", "article", Look())
    name = sha256(" ".join(answer.spec.id for answer in answers).encode()).hexdigest()[:8]
    path = _file(run, f"figure-{name}.png", drawn)
    _keep_newest(run, "figure-*.png")
    return path


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


def pixel(networks: Networks, store: Store, photo: str, models: str, x: float | None, y: float | None) -> Pixel:
    """Each model's five likeliest classes, entropy in nats and margin at pixel x, y of the photo."""
    run, answers, left_out = _answers(networks, store, photo, models)
    height, width = run.image.shape[:2]
    if not (_whole(x, width) and _whole(y, height)):
        raise DemoError(
            f"x must be a whole number 0..{width - 1} and y one of 0..{height - 1} in this photo, but got x={x}, y={y}."
        )
    rows = [ask(run, answer.spec.id, int(x), int(y)) for answer in answers]
    return cast(Pixel, {"x": int(x), "y": int(y), "models": rows, "left_out": left_out})


def _whole(value: object, end: int) -> TypeGuard[float]:
    return isinstance(value, int | float) and value % 1 == 0 and 0 <= value < end


def _compared(
    networks: Networks, store: Store, photo: str, models: str
) -> tuple[str, dict[str, object], list[LeftOut]]:
    """How far the models agree in words and, as in summary.json, in numbers."""
    run, answers, left_out = _answers(networks, store, photo, models)
    if len(answers) < 2:
        raise DemoError(f"Comparing wants two models or more, but only {answers[0].spec.title} answered; name others.")
    together, numbers = comparison_of(_on_grid(answers)), _described(answers, run.named("").size)
    alone = [float(count) / together.label_maps[0].size for count in lone_counts(together)]
    split = cast("dict[str, float]", numbers["split"])
    shares = Shares(
        cast(float, numbers["all_agree"]), cast(float, numbers["boundary_only"]), split["between_families"], alone,
        cast(float, numbers["cannot_say"]),
    )  # fmt: skip
    return " ".join(headline(together, shares)), numbers, left_out


def _described(answers: Sequence[Answer], size: Size) -> dict[str, object]:
    posteriors = {answer.spec.id: answer.posterior for answer in answers}
    return describe_comparison(comparison_of(_on_grid(answers)), size, posteriors)


def _on_grid(answers: Sequence[Answer]) -> list[tuple[ModelSpec, Prediction]]:
    return [(answer.spec, on_grid(answer, answer.prediction)) for answer in answers]


def _answers(
    networks: Networks, store: Store, photo: str | None, models: str, *, one: bool = False
) -> tuple[Run, list[Answer], list[LeftOut]]:
    """The answers, and of each network that has none its id and why. Raises DemoError when none has answered."""
    if not photo:
        raise DemoError("A photo is wanted, but none came.")
    ids = [spec.id for spec in networks.named(models or networks.default_set())]
    if one and len(ids) != 1:
        raise DemoError(f"One model is wanted, but {models!r} names {len(ids)}: {', '.join(ids)}.")
    run = store.open(photo)
    panels = [view.panels for view in views(networks, store, run, Path(photo).name, ids)][-1]
    left_out: list[LeftOut] = [
        {"id": panel.id, "message": panel.message} for panel in panels if panel.status == "failed"
    ]
    answers = [run.answers[model] for model in ids if model in run.answers]
    if not answers:
        raise DemoError(nobody(left_out))
    return run, answers, left_out


_MOST_REASONS = 3


def nobody(left_out: Sequence[LeftOut]) -> str:
    """Why no model answered: each reason once, with the models that it holds for."""
    reasons: dict[str, list[str]] = {}
    for row in left_out:
        reasons.setdefault(row["message"], []).append(row["id"])
    if len(left_out) == 1:
        return left_out[0]["message"]
    told = [f"{', '.join(ids)}: {message}" for message, ids in [*reasons.items()][:_MOST_REASONS]]
    more = sum(len(ids) for ids in [*reasons.values()][_MOST_REASONS:])
    return " ".join(["No model has answered.", *told, *([f"So it is with {more} more."] if more else [])])


def _file(run: Run, name: str, data: bytes) -> str:
    path = run.folder / "api" / name  # one a model, however often it is asked for
    write_atomic(path, data)
    return str(path)


def _keep_newest(run: Run, pattern: str, kept: int = 3) -> None:
    """A figure is of any choice of models: older ones lie in Gradio's own folder once they were handed over."""
    made = sorted((run.folder / "api").glob(pattern), key=lambda path: path.stat().st_mtime_ns)
    for older in made[:-kept]:
        older.unlink(missing_ok=True)
