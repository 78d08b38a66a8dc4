"""From predictions to the small files that the browser reads: exact labels, and fields in steps on a coarser grid."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from gradio.data_classes import FileData
from numpy.typing import NDArray

from demo.export import class_rows
from demo.images import write_atomic
from demo.labels.ade20k import ADE20K
from demo.measures import BY_ID, MEASURES
from demo.page.view import Classes, ClassShare, MeasureScale, Panel
from demo.render.encode import jpeg, png, shrink
from demo.schema import ClassSet, Field, Image, Prediction, Size

if TYPE_CHECKING:
    from demo.models.zoo import Answer

Keep: TypeAlias = Callable[[str, bytes], FileData]
"""Puts a file of that name and content where the browser finds it."""

DISPLAY_SIDE = 1600
"""Long side of the maps on the page; a download has them at the photo's own size."""
FIELD_SIDE = 320
"""Long side of the measures' maps: finer than the grid that any of the networks answers on."""
FIELD_LEVELS = 64


def display_size(size: Size) -> Size:
    """The grid on which a photo of `size` is shown.

    >>> display_size((480, 640)), display_size((3000, 4000))
    ((480, 640), (1200, 1600))
    """
    return within(size, DISPLAY_SIDE)


def field_size(size: Size) -> Size:
    """The grid on which fields of a photo of `size` are sent."""
    return within(size, FIELD_SIDE)


def data_url(pixels: NDArray[np.uint8]) -> str:
    """A grey map (h, w) as a PNG inside its own address."""
    return "data:image/png;base64," + b64encode(png(pixels)).decode()


def in_folder(folder: Path) -> Keep:
    """Files on this machine's disk, which Gradio serves."""

    def keep(name: str, content: bytes) -> FileData:
        write_atomic(folder / name, content)
        return FileData(path=str(folder / name), orig_name=name)

    return keep


def in_itself(name: str, content: bytes) -> FileData:
    """A file that is its own address: nothing is fetched for it."""
    kind = {"jpg": "image/jpeg", "png": "image/png"}[name.rpartition(".")[2]]
    return FileData(path="", url=f"data:{kind};base64,{b64encode(content).decode()}", orig_name=name)


def photo_file(image: Image, keep: Keep) -> FileData:
    """The photo as the page shows it."""
    return keep("photo.jpg", jpeg(shrink(image, display_size(image.shape[:2]))))


def panel_of(answer: Answer, keep: Keep, computed: str = "") -> Panel:
    """The finished panel of an answer, with its files. `computed` says where and how it was made, in words."""
    prediction, spec = answer.prediction, answer.spec
    return Panel(
        id=spec.id,
        title=spec.title,
        trained_by=spec.trained_by,
        family=spec.family,
        status="done",
        labels=keep(f"{spec.id}-labels.png", png(prediction.label_map)),
        fields=keep(f"{spec.id}-fields.png", png(fields(prediction))),
        measures=[*prediction.measures],
        class_set=prediction.class_set.key,
        classes=_shares(prediction),
        seconds=sum(prediction.seconds.values()),
        computed=computed,
        parameters=answer.network.parameters,
        entropy=float(prediction.entropy.mean()),
    )


def _shares(prediction: Prediction) -> list[ClassShare]:
    """The rows of the legend, the largest class first."""
    labels, classes = prediction.label_map.reshape(-1), len(prediction.class_set)
    pixels = np.maximum(np.bincount(labels, minlength=classes), 1)
    sums = {name: np.bincount(labels, field.reshape(-1), classes) for name, field in prediction.measures.items()}
    shares = []
    for row in class_rows(prediction):
        index = row["index"] - prediction.class_set.offset
        means = {name: float(found[index] / pixels[index]) for name, found in sums.items()}
        shares.append(ClassShare(index=index, area=row["area"], means=means))
    return shares


def further_sets(class_sets: Iterable[ClassSet]) -> list[Classes]:
    """Each of them once, but for ADE20K, which the page has from the start."""
    return [classes_of(found) for found in dict.fromkeys(class_sets) if found != ADE20K]


def classes_of(class_set: ClassSet) -> Classes:
    """A class set as the page draws it."""
    return Classes(
        key=class_set.key,
        title=class_set.title,
        names=list(class_set.names),
        distinct=list(class_set.distinct),
        official=list(class_set.official or class_set.distinct),
        supercategories=list(class_set.supercategories),
        measures=measure_scales(len(class_set)),
        offset=class_set.offset,
    )


def fields(prediction: Prediction) -> NDArray[np.uint8]:
    """(n h, w): n measures' maps one below another, at most FIELD_SIDE long, in FIELD_LEVELS steps of their scale."""
    height, width = field_size(prediction.size)
    tops = {name: BY_ID[name].top(len(prediction.class_set)) for name in prediction.measures}
    maps = prediction.measures.items()
    return np.vstack([_steps(_sample(field, height, width), tops[name]) for name, field in maps])


def measure_scales(classes: int) -> list[MeasureScale]:
    """Every measure, with the scale that it has for so many classes."""
    return [
        MeasureScale(
            id=measure.id,
            title=measure.title,
            unit=measure.unit,
            top=measure.top(classes),
            high_is_doubt=measure.high_is_doubt,
            sentence=measure.explain(classes),
            needs=measure.needs,
        )
        for measure in MEASURES
    ]


def _sample(field: Field, height: int, width: int) -> Field:
    """The field's own values at the centres of a coarser grid."""
    rows = ((np.arange(height) + 0.5) * field.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * field.shape[1] / width).astype(int)
    return field[rows][:, columns]


def _steps(field: Field, top: float) -> NDArray[np.uint8]:
    return np.rint(np.clip(field / top, 0, 1) * (FIELD_LEVELS - 1)).astype(np.uint8)


def within(size: Size, side: int) -> Size:
    """The size (height, width) made small enough that its longer side is at most `side`."""
    scale = min(1, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
