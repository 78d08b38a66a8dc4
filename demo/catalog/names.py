"""From what somebody names to rows of the catalogue, with "did you mean"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from demo.catalog.hub import HUB_NAMES, hub_model, is_hub_name
from demo.catalog.openmmlab import excluded, installed, short, zoo
from demo.catalog.own import OWN_FILES, own_model, own_paths, with_ids_apart
from demo.catalog.sets import SETS, ZOO, default_order, rows, written
from demo.catalog.spelling import plain, suggest
from demo.errors import UnknownModelError
from demo.schema import ModelSpec

Names: TypeAlias = str | Sequence[str | ModelSpec]
"""How models are named; see `resolve`."""


def models(set_name: str) -> tuple[ModelSpec, ...]:
    """The rows of one set. A row says nothing about whether its file is on disk.

    Raises UnknownModelError for a set that does not exist, BackendError for "zoo" without MMSegmentation installed.
    """
    return zoo() if set_name == ZOO else rows(set_name)


def default_set(on_disk: Callable[[ModelSpec], bool]) -> str:
    """The set that runs when nobody names one: the first of `default_order` of which every file is there."""
    *wanted, last = default_order()
    return next((name for name in wanted if all(map(on_disk, models(name)))), last)


def find(name: str) -> ModelSpec:
    """The one model of that id, config name or weights file, whatever the case and whether - or _.

    Raises UnknownModelError, which suggests the nearest ids, or names the candidates of an ambiguous title like "FCN".
    """
    wanted = plain(name)
    named = list(written())
    hits = _called(wanted, named)
    if not hits and installed():
        named += models("zoo")
        hits = _called(wanted, named)
    if len(hits) == 1:
        return hits[0]
    if hits:
        raise UnknownModelError(f"{name!r} is the name of {len(hits)} models: {', '.join(spec.id for spec in hits)}.")
    raise UnknownModelError(_why_unknown(name, [*SETS, *(spec.id for spec in named)]))


def resolve(names: Names, classes: str = "") -> tuple[ModelSpec, ...]:
    """The models that somebody named: a set, an id, several with commas or in a list, or "my_config.py:my_weights.pth",
    "hf:org/name", "hf:./folder".

    Each comes once, in the order named, under an id of its own; rows already resolved stay as they are. `classes` is a
    class set, or a CSV file of one, of the models of the user's own; it is read when they are loaded. Raises
    UnknownModelError, or MissingCheckpointError for an own weights file.
    """
    found: list[ModelSpec] = []
    for item in _items(names):
        for spec in (item,) if isinstance(item, ModelSpec) else _resolve_one(item, classes):
            if not any((spec.config, spec.weights) == (other.config, other.weights) for other in found):
                found.append(spec)
    if not found:
        raise UnknownModelError(
            f"No model was named. Name a set ({', '.join(SETS)}), a model's id, {HUB_NAMES}, or {OWN_FILES}."
        )
    return with_ids_apart(found)


def named_in_catalogue(names: Names, own: Sequence[ModelSpec] = ()) -> tuple[ModelSpec, ...]:
    """As `resolve`, for names from strangers: files of this machine are no models there, but for those `own` by id.

    Raises UnknownModelError.
    """
    offered = {spec.id: spec for spec in own}
    items = [offered.get(item, item) if isinstance(item, str) else item for item in _items(names)]
    for item in items:
        if isinstance(item, str) and (own_paths(item) or is_hub_name(item)):
            raise UnknownModelError(f"{item!r} is not in the catalogue; name a set ({', '.join(SETS)}) or an id.")
    return resolve(items)


def _called(wanted: str, specs: Sequence[ModelSpec]) -> list[ModelSpec]:
    """The models with that id; where there is none, those with that config, weights file or title."""
    exact = [spec for spec in specs if plain(spec.id) == wanted]
    hits = exact or [spec for spec in specs if wanted in map(plain, (spec.config, spec.weights.file, spec.title))]
    owners = [spec for spec in hits if plain(spec.config) == wanted]  # a set may borrow the configs of one before it
    return [spec for spec in owners if spec.set == owners[0].set] or hits


def _why_unknown(name: str, known: Sequence[str]) -> str:
    for config, reason in excluded().items() if installed() else ():
        if plain(name) in (plain(config), short(config)):
            return f"{name} is in MMSegmentation's model index, but it cannot run here: it {reason}."
    return f"No model is called {name!r}{suggest(name, known)} `python -m demo list` shows them all."


def _items(names: Names) -> Iterator[str | ModelSpec]:
    for name in [names] if isinstance(names, str) else names:
        if isinstance(name, ModelSpec) or own_paths(name):
            yield name
        else:
            yield from (part.strip() for part in name.split(",") if part.strip())


def _resolve_one(item: str, classes: str) -> tuple[ModelSpec, ...]:
    if item.casefold() in SETS:
        return models(item.casefold())
    if is_hub_name(item):
        return (replace(hub_model(item), classes=classes),)
    paths = own_paths(item)
    return (own_model(paths, classes),) if paths else (find(item),)
