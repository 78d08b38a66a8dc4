"""What a run leaves behind: the folder that `segment` writes and the page's zip, equal because one iterator makes both.

<model id>/labels.png    class of every pixel in its class set's numbers (ADE20K: from 1, 0 is void)
<model id>/entropy.npy   float32 (H, W), nats
<model id>/entropy.png   the same as a picture, on the fixed scale 0..ln C of its C classes
<model id>/overlay.png   the classes' colours over the photo
<model id>/<measure>.npy, .png   of other measures of doubt that were asked for; in the picture doubt is bright
figure.pdf               where it is asked for: everything on one page, for print; or figure.png, figure.svg
summary.json             the numbers
manifest.json            what is needed to run it again: `segment --again`
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

import demo
from demo import manifest
from demo.analysis.comparison import compare, divergence, grid_of
from demo.analysis.in_common import comparison_of
from demo.analysis.numbers import plain
from demo.analysis.structure import measure
from demo.errors import BackendError
from demo.images import DEFAULT_LIMITS, Limits, open_photo, safe_stem, write_atomic
from demo.labels.annotations import encode_annotation
from demo.measures import BY_ID
from demo.names import readable, to_json
from demo.render.encode import png, shrink
from demo.render.paint import Scheme, overlay, scalar
from demo.schema import Comparison, Field, Image, Layout, ModelSpec, Precision, Prediction, Size
from demo.summary import ClassShare

if TYPE_CHECKING:
    from demo.models.posterior import Posterior
    from demo.models.zoo import Answer
    from demo.render.figures import Kind, Row

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True)
class Photo:
    """A photo as it was given: its file name, its pixels, the SHA-256 of its file (None when there was no file)."""

    name: str
    image: Image
    sha256: str | None = None
    notes: tuple[str, ...] = ()
    """What of the file was ignored, in sentences."""

    @property
    def size(self) -> Size:
        return self.image.shape[0], self.image.shape[1]


@dataclass(frozen=True)
class Further:
    """What else is known of a photo, such as how right each answer is by a truth that was given."""

    entries: Json
    """Added to summary.json."""
    files: Iterable[tuple[str, bytes]]


def read_photo(path: Path, limits: Limits = DEFAULT_LIMITS) -> Photo:
    """The photo in a file. Raises ImageError."""
    opened = open_photo(path, limits=limits)
    return Photo(readable(path.name), opened.image, opened.sha256, opened.notes)


def files(
    photo: Photo,
    answers: Iterable[Answer],
    *,
    precision: Precision,
    device: str,
    measures: Sequence[str] = (),
    figures: Sequence[Kind] = (),
    layout: Layout = "article",
    further: Further | None = None,
) -> Iterator[tuple[str, bytes]]:
    """(name, content) of everything a run leaves behind, summary.json and manifest.json last; figures of `figures`.

    Answers may come one by one: each is written before the next is asked for, and nothing at photo size is kept.
    `measures`, ids of demo.measures, are written where the network can say them; summary.json then has their means,
    null for what cannot be said. Without them it is the entropy. `further` comes along as it is.
    """
    entries: list[Json] = []
    compared: list[tuple[ModelSpec, Prediction]] = []
    posteriors: dict[str, Posterior] = {}
    drawn: list[Row] = []
    hashes: dict[str, str] = {}
    for answer in answers:
        prediction = _at(answer, answer.prediction, photo.size, measures)
        if figures:
            drawn.append(figure_row(answer, prediction))
        for name, content in _maps(photo, prediction, measures or ("entropy",)):
            if name.endswith((".npy", "/labels.png")):  # the rest is drawn from these
                hashes[name] = hashlib.sha256(content).hexdigest()
            yield name, content
        entries.append(describe(answer, prediction) | _means(prediction, measures))
        compared.append((answer.spec, on_grid(answer, prediction)))
        posteriors[answer.spec.id] = answer.posterior
    for kind in figures if drawn else ():
        yield f"figure.{kind}", figure(photo, drawn, kind, layout=layout)
    several = len(compared) > 1
    comparison = describe_comparison(comparison_of(compared), photo.size, posteriors) if several else None
    told = summary(photo, entries, comparison, precision=precision, device=device)
    if further:
        yield from further.files
    yield "summary.json", to_json(told | (further.entries if further else {})).encode()
    yield manifest.NAME, to_json(manifest.manifest(told, hashes, measures=list(measures))).encode()


def write_run(
    out: Path,
    photo: Photo,
    answers: Iterable[Answer],
    *,
    precision: Precision,
    device: str,
    measures: Sequence[str] = (),
    figures: Sequence[Kind] = (),
    layout: Layout = "article",
    further: Further | None = None,
) -> Path:
    """Write `files` below OUT/<photo stem> and return that folder; each file appears whole or not at all.

    A folder that another photo of the same stem has taken is left alone: this one becomes <stem>-2.
    """
    folder = folder_for(out, photo)
    for name, content in files(
        photo, answers, precision=precision, device=device, measures=measures, figures=figures, layout=layout,
        further=further,
    ):  # fmt: skip
        write_atomic(folder / name, content)
    return folder


def write_zip(
    path: Path,
    photo: Photo,
    answers: Iterable[Answer],
    *,
    precision: Precision,
    device: str,
    figures: Sequence[Kind] = (),
    further: Further | None = None,
) -> Iterator[str]:
    """Write `files` as one zip, below a folder of the photo's stem; pictures, already compressed, are stored.

    Yields each file's name as soon as it is in the zip, which is whole after the last.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        everything = files(photo, answers, precision=precision, device=device, figures=figures, further=further)
        for name, content in everything:
            method = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(f"{safe_stem(photo.name)}/{name}", content, method)
            yield name


def folder_for(out: Path, photo: Photo) -> Path:
    """OUT/<stem>, or <stem>-2, <stem>-3 ... when the summary.json there is of another photo."""
    stem = safe_stem(photo.name)
    folder, number = out / stem, 1
    while _taken_by_another(folder, photo):
        number += 1
        folder = out / f"{stem}-{number}"
    return folder


def summary(
    photo: Photo, models: Iterable[Json], comparison: Json | None, *, precision: Precision, device: str
) -> Json:
    """The content of summary.json, from `describe` of each model and `describe_comparison`."""
    entries = list(models)
    return {
        "photo": photo.name,
        "size": list(photo.size),
        "sha256": photo.sha256,
        "precision": precision,
        "device": device,
        "version": demo.__version__,
        "class_set": (comparison or entries[0])["class_set"] if entries else None,
        "models": entries,
        "comparison": comparison,
    }


def figure_row(answer: Answer, prediction: Prediction, measure: str = "entropy") -> Row:
    """What a figure shows of an answer, at the size at which figures are drawn.

    Raises BackendError for a measure that the network cannot say.
    """
    from demo.render.figures import Row, reduced, sampled

    size, spec = reduced(answer.posterior.photo_size), answer.spec
    if measure not in prediction.measures:
        told = BY_ID[measure]
        raise BackendError(
            f"A figure of {told.title.lower()} needs {told.needs}, and the scores of {spec.title} are none; "
            "choose another measure, or leave that network out."
        )
    maps = sampled(prediction.label_map, size), sampled(prediction.measures[measure], size)
    return Row(spec.title, *maps, prediction.class_set, BY_ID[measure])


def figure(
    photo: Photo,
    rows: Sequence[Row],
    kind: Kind,
    *,
    layout: Layout = "article",
    scheme: Scheme = "colour",
    official: bool = False,
    opacity: float = 0.6,
) -> bytes:
    """Everything on one page, as a file; the options are those of demo.render.figures, `opacity` not the article's."""
    from demo.render.figures import comparison, grid, reduced, to_bytes

    image = shrink(photo.image, reduced(photo.size))
    if layout == "article":
        return to_bytes(comparison(image, rows, title=photo.name, scheme=scheme, official=official), kind)
    drawn = grid(
        image, rows, title=photo.name, scheme=scheme, official=official, opacity=opacity, on_slide=layout == "slide"
    )
    return to_bytes(drawn, kind)


def describe(answer: Answer, prediction: Prediction) -> Json:
    """One model's entry in summary.json; the numbers are of `prediction`, at whatever size that is."""
    spec, seen, structure = answer.spec, answer.posterior.seen, measure(prediction)
    return {
        "id": spec.id,
        "title": spec.title,
        "trained_by": spec.trained_by,
        "family": spec.family,
        "checkpoint_sha256": answer.network.checkpoint_sha256,
        "input_size": list(seen.input_size),
        "windows": seen.windows,
        "seconds": {stage: round(seconds, 4) for stage, seconds in answer.prediction.seconds.items()},
        "mean_entropy": structure.mean_entropy,
        "mean_confidence": float(prediction.confidence.mean(dtype=np.float64)),
        "mean_margin": float(prediction.margin.mean(dtype=np.float64)),
        "boundary_entropy_share": plain(structure.boundary_entropy_share),
        "fragments": structure.fragments,
        "fragments_per_megapixel": structure.fragments_per_megapixel,
        "class_set": prediction.class_set.title,
        "classes": class_rows(prediction),
        **({"notes": list(answer.network.notes)} if answer.network.notes else {}),
    }


def class_rows(prediction: Prediction) -> list[ClassShare]:
    """The classes present, the largest first."""
    labels, class_set = prediction.label_map.reshape(-1), prediction.class_set
    pixels = np.bincount(labels, minlength=len(class_set))
    entropy = np.bincount(labels, prediction.entropy.reshape(-1), minlength=len(class_set))
    present = sorted(np.flatnonzero(pixels).tolist(), key=lambda index: (-pixels[index], index))
    return [
        {
            "name": class_set.names[index],
            "index": index + class_set.offset,
            "area": float(pixels[index] / labels.size),
            "mean_entropy": float(entropy[index] / pixels[index]),
        }
        for index in present
    ]


def at_photo_size(answer: Answer) -> Prediction:
    """The answer's maps at the photo's own size."""
    return _at(answer, answer.prediction, answer.posterior.photo_size)


def on_grid(answer: Answer, prediction: Prediction, measures: Sequence[str] = ()) -> Prediction:
    """The answer's maps on the grid of comparison; `prediction` itself where it has that size and those measures."""
    return _at(answer, prediction, grid_of(answer.posterior.photo_size), measures)


def describe_comparison(comparison: Comparison, size: Size, posteriors: Mapping[str, Posterior]) -> Json:
    """The "comparison" of summary.json; regions' boxes and points are in pixels of a photo of `size`.

    `posteriors` are the models' own, by their ids.
    """
    numbers = {"class_set": comparison.class_set.title, **compare(comparison), **divergence(posteriors)}
    height, width = comparison.label_maps.shape[1:]
    _scale_regions(numbers, (height, width), size)
    return numbers


def _scale_regions(numbers: Json, grid: Size, size: Size) -> None:
    if grid == size:
        return
    scale = (size[0] / grid[0], size[1] / grid[1]) * 2
    for region in numbers["regions"]:  # type: ignore[attr-defined]  # Json's values are objects
        region["box"] = [round(value * factor) for value, factor in zip(region["box"], scale, strict=True)]
        middle = [(value + 0.5) * factor for value, factor in zip(region["point"], scale[:2], strict=True)]
        region["point"] = [min(int(value), end - 1) for value, end in zip(middle, size, strict=True)]


def _means(prediction: Prediction, measures: Sequence[str]) -> Json:
    """The "measures" of a model's entry, where any are asked for."""
    maps = prediction.measures
    means = {name: float(maps[name].mean(dtype=np.float64)) if name in maps else None for name in measures}
    return {"measures": means} if measures else {}


def _maps(photo: Photo, prediction: Prediction, measures: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    coloured = overlay(photo.image, prediction.label_map, prediction.class_set.distinct_palette)
    yield f"{prediction.model}/labels.png", encode_annotation(prediction.label_map, prediction.class_set)
    maps = prediction.measures
    for name in (name for name in measures if name in maps):
        field, top = maps[name], BY_ID[name].top(len(prediction.class_set))
        yield f"{prediction.model}/{name}.npy", _npy(field)
        doubt = field if BY_ID[name].high_is_doubt else top - field
        yield f"{prediction.model}/{name}.png", png(scalar(doubt, top))
    yield f"{prediction.model}/overlay.png", png(coloured)


def _npy(field: Field) -> bytes:
    stream = BytesIO()
    np.save(stream, field, allow_pickle=False)
    return stream.getvalue()


def _at(answer: Answer, prediction: Prediction, size: Size, measures: Sequence[str] = ()) -> Prediction:
    """`prediction` itself, where it has that size and all of the measures that can be said."""
    lacking = set(answer.posterior.sayable(measures)) - set(prediction.measures)
    if prediction.size == size and not lacking:
        return prediction
    return answer.posterior.reduce(answer.spec.id, size, measures)


def _taken_by_another(folder: Path, photo: Photo) -> bool:
    try:
        return bool(json.loads((folder / "summary.json").read_bytes())["sha256"] != photo.sha256)
    except (ValueError, KeyError, TypeError):
        return True
    except OSError:  # not there, or not readable, which writing will tell
        return False
