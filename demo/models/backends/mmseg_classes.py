"""Which classes an MMSegmentation config speaks of: its metainfo, its data set's, or what the user told."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from demo.errors import ClassSetError
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import hexadecimal, of_names
from demo.models.backends.mmseg_config import name_of
from demo.models.backends.mmseg_package import DATASETS, Config
from demo.schema import ClassSet

LOADERS = ("test_dataloader", "val_dataloader", "train_dataloader")


def class_set_of(config: Config, scores: int, told: ClassSet | None) -> tuple[ClassSet, tuple[str, ...]]:
    """The classes of a network with that many `scores` a pixel, and what is to be noted of them, in sentences.

    `told` (what the catalogue or the user says) goes before the config's own metainfo, and that before its data set's;
    what names another number of classes is passed over. Raises ClassSetError where none is left.
    """
    name = Path(config.filename).name
    if told and len(told) == scores:
        return told, ()
    found = _named_by(config, name)
    if found and len(found) == scores:
        passed = f"{told.title} names {len(told)} classes, not its {scores}: its config's are taken." if told else ""
        return found, (passed,) if passed else ()
    if told or found:
        sentences = (f"{other.title} names {len(other)}" for other in (told, found) if other)
        named = " and ".join(dict.fromkeys(sentences))
        raise ClassSetError(
            f"Wanted {scores} classes, as many as {name} has scores a pixel, but {named}. "
            "Give the network's own with --classes names.csv, or correct num_classes."
        )
    if scores == len(ADE20K):
        return ADE20K, (f"{name} names no classes; its {scores} are taken for ADE20K's.",)
    raise ClassSetError(
        f"Wanted the names of the {scores} classes of {name}, but neither it nor its data set has metainfo. "
        "Give them with --classes names.csv, a class a row."
    )


def _named_by(config: Config, name: str) -> ClassSet | None:
    """The class set of the first metainfo with classes."""
    for dataset in [config, *_datasets(config)]:
        told = dataset.get("metainfo")
        kind = _kind(dataset)
        own = getattr(kind, "METAINFO", {})
        metainfo = {**own, **told} if isinstance(told, Mapping) else own
        classes = metainfo.get("classes")
        if not classes:
            continue
        if not isinstance(classes, list | tuple) or not all(isinstance(text, str) for text in classes):
            raise ClassSetError(
                f"The metainfo of {name} should list the names of its classes in their order, but has "
                f"{str(classes)[:60]}. Write them as a list, or give --classes names.csv."
            )
        palette = metainfo.get("palette")
        palette = palette if isinstance(palette, list | tuple) and len(palette) == len(classes) else ()
        title = Path(name).stem if isinstance(told, Mapping) and "classes" in told else _title(name_of(dataset["type"]))
        try:
            return of_names(title, classes, official=_colours(palette), offset=_offset(config, dataset, kind))
        except ClassSetError as error:
            raise ClassSetError(f"The metainfo of {name}: {error}") from error
        except (ValueError, TypeError) as error:
            raise ClassSetError(
                f"The palette in the metainfo of {name} should hold red, green and blue of each class from 0 to 255, "
                f"but cannot be read ({error}). Correct it, or leave it out."
            ) from error
    return None


def _datasets(config: Config) -> Iterator[Mapping[str, object]]:
    """The data sets that a config names, innermost first where one wraps others."""
    for loader in LOADERS:
        told = config.get(loader)
        yield from _unwrapped(told.get("dataset") if isinstance(told, Mapping) else None)


def _unwrapped(dataset: object) -> Iterator[Mapping[str, object]]:
    if not isinstance(dataset, Mapping):
        return
    inner = dataset.get("datasets") or [dataset.get("dataset")]
    for part in inner if isinstance(inner, list | tuple) else ():
        yield from _unwrapped(part)
    yield dataset


def _offset(config: Config, dataset: Mapping[str, object], kind: object) -> int:
    """1 where annotation files keep 0 for what is not labelled, which MMSegmentation calls reduce_zero_label."""
    if dataset is config:
        dataset = next(_datasets(config), {})
        kind = _kind(dataset)
    parameter = inspect.signature(kind).parameters.get("reduce_zero_label") if callable(kind) else None
    usual = parameter is not None and parameter.default is True
    return int(bool(dataset.get("reduce_zero_label", usual)))


def _kind(dataset: Mapping[str, object]) -> object:
    """The data set's class, which a config names or, where it is written in MMEngine's later way, imports."""
    kind = dataset.get("type")
    return DATASETS.get(kind) if isinstance(kind, str) else kind


def _colours(palette: Sequence[Sequence[int]]) -> tuple[str, ...]:
    if any(len(colour) != 3 for colour in palette):
        raise ValueError("some have more or fewer than three numbers")
    return hexadecimal(palette)


def _title(kind: str) -> str:
    return kind.removesuffix("Dataset") or kind
