"""From predictions to the small files that the browser reads: exact labels, and fields in steps on a coarser grid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from gradio.data_classes import FileData
from numpy.typing import NDArray

from demo.export import class_rows
from demo.images import write_atomic
from demo.measures import BY_ID, MEASURES
from demo.page.view import Classes, ClassShare, MeasureScale, Panel
from demo.render.encode import jpeg, png, shrink
from demo.schema import ClassSet, Field, Image, Prediction, Size

if TYPE_CHECKING:
    from demo.models.zoo import Answer

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
    return _within(size, DISPLAY_SIDE)


def photo_file(image: Image, folder: Path) -> FileData:
    """The photo as the page shows it."""
    return _file(folder / "photo.jpg", jpeg(shrink(image, display_size(image.shape[:2]))))


def panel_of(answer: Answer, folder: Path, computed: str = "") -> Panel:
    """The finished panel of an answer; its files are written to `folder`. `computed` says where and how, in words."""
    prediction, spec = answer.prediction, answer.spec
    return Panel(
        id=spec.id,
        title=spec.title,
        trained_by=spec.trained_by,
        family=spec.family,
        status="done",
        labels=_file(folder / f"{spec.id}-labels.png", png(prediction.label_map)),
        fields=_file(folder / f"{spec.id}-fields.png", png(fields(prediction))),
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
    height, width = _within(prediction.size, FIELD_SIDE)
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


def _within(size: Size, side: int) -> Size:
    scale = min(1, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _file(path: Path, data: bytes) -> FileData:
    write_atomic(path, data)
    return FileData(path=str(path), orig_name=path.name)
