"""Which models answer: a set and its models, in an accordion; for a set that is published, the offer to fetch it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr

from demo import catalog
from demo.errors import BackendError
from demo.models.checkpoints.hub_access import endpoint
from demo.page.networks import Networks
from demo.page.running import SMALL
from demo.schema import ModelSpec

MOST = 8
"""Models of the zoo at once; of a longer set the first two are ticked at first."""


@dataclass(frozen=True)
class Selection:
    """The accordion's components; `inputs` are what `chosen` takes."""

    set_name: gr.Radio
    lists: tuple[gr.components.Component, ...]
    """Each set's models, in the order of catalog.SETS."""
    own: gr.CheckboxGroup
    """Models of the host's own, whatever the set."""
    note: gr.HTML
    fetch: gr.Button
    cancel: gr.Button
    progress: gr.HTML

    @property
    def inputs(self) -> list[gr.components.Component]:
        return [self.set_name, *self.lists, self.own]

    def begin_with(self, networks: Networks, set_name: str) -> None:
        """Visitors find that set from now on when they come."""
        self.set_name.value = set_name
        for name, models in zip(catalog.SETS, self.lists, strict=True):
            models.visible = name == set_name
        self.note.value, self.fetch.visible = about(networks, set_name), offer(networks, set_name)


def build(networks: Networks) -> Selection:
    """The accordion, with the set that a first visitor gets."""
    first = networks.default_set()
    with gr.Accordion("Models", open=True, elem_id="models"):
        labels = [(catalog.model_set(name).label, name) for name in catalog.SETS]
        set_name = gr.Radio(labels, value=first, label="Model set", elem_id="model-set")
        shown = tuple(_list(name, visible=name == first) for name in catalog.SETS)
        own = _own(networks)
        note = gr.HTML(about(networks, first), apply_default_css=False, elem_id="set-note")
        fetch = gr.Button("Fetch the files", size="sm", visible=offer(networks, first), elem_id="fetch")
        cancel = gr.Button("Cancel", size="sm", visible=False, elem_id="cancel-fetch")
        progress = gr.HTML("", apply_default_css=False, elem_id="fetch-progress")
    return Selection(set_name, shown, own, note, fetch, cancel, progress)


def chosen(set_name: str, *lists: Sequence[str] | None) -> list[str]:
    """The ids of the models chosen in the set of the moment, then of the host's own, whose list is the last.

    Raises gr.Error when there is none.
    """
    models = [
        *(lists[catalog.SETS.index(set_name)] or []),
        *(own for ids in lists[len(catalog.SETS) :] for own in ids or ()),
    ]
    if not models:
        raise gr.Error("Choose at least one model under Models.", title="No model", print_exception=False)
    return models


def show_set(networks: Networks, set_name: str) -> list[object]:
    """Updates for the lists, note and fetch when another set is chosen."""
    return [*lists(networks, set_name), about(networks, set_name), gr.update(visible=offer(networks, set_name))]


def lists(networks: Networks, set_name: str, ids: Sequence[str] = ()) -> list[object]:
    """Updates for the lists: one set's models are to be seen, and `ids` chosen where there are any."""
    shown: dict[str, Any] = {"visible": True}
    if ids:
        shown["value"] = list(ids)
    if set_name == catalog.ZOO:
        shown["choices"] = _zoo_choices(networks)
    return [gr.update(**shown) if name == set_name else gr.update(visible=False) for name in catalog.SETS]


def about(networks: Networks, set_name: str) -> str:
    """What a visitor should know of a set, as HTML; of repositories, what is known of each, folded away."""
    said = f'<p class="zoo-quiet">{escape(_about(networks, set_name))}</p>'
    if not catalog.model_set(set_name).on_hub:
        return said
    each = "".join(f"<li>{_known_of(spec)}</li>" for spec in catalog.models(set_name))
    return (
        f'{said}<details class="zoo-quiet"><summary>Licence, size and score of each</summary><ul>{each}</ul></details>'
    )


def missing(networks: Networks, set_name: str) -> list[ModelSpec]:
    """The models whose files a fetch from the page would bring: none of a set that is shipped, nor of the zoo."""
    if not catalog.model_set(set_name).fetched_whole:
        return []
    return [spec for spec in catalog.models(set_name) if not networks.on_disk(spec)]


def offer(networks: Networks, set_name: str) -> bool:
    return bool(missing(networks, set_name))


def gigabytes(specs: Sequence[ModelSpec]) -> str:
    """The files' size together, about."""
    return f"{sum(spec.weights.size or 0 for spec in specs) / 1e9:.1f} GB"


def writable_folder(folders: Sequence[Path]) -> Path | None:
    """The first folder that fetched files can go to."""
    return next(
        (folder for folder in folders if os.access(folder if folder.exists() else folder.parent, os.W_OK)), None
    )


def _about(networks: Networks, set_name: str) -> str:
    found = catalog.model_set(set_name)
    if found.shipped:
        return f"{found.about}: {SMALL}."
    if set_name == catalog.ZOO:
        return f"{found.about}. Files come with: python -m demo fetch ID. At most {MOST} at once."
    lacking = missing(networks, set_name)
    if not lacking:
        return f"{found.about}."
    files = f"{len(lacking)} of {len(catalog.models(set_name))} {'networks' if found.on_hub else 'files'}"
    home = urlsplit(endpoint() if found.on_hub else lacking[0].weights.sources[0]).hostname
    return f"{found.about}. {files} are not on this machine ({gigabytes(lacking)}); their first home is {home}."


def _known_of(spec: ModelSpec) -> str:
    """A model of the Hub: its repository, licence, size, score and what nobody could make sure of, as HTML."""
    weights, reported = spec.weights, spec.reported
    facts = [
        "@".join(filter(None, (weights.repository, weights.pinned))),
        f"licence {weights.licence}",
        f"{(weights.size or 0) / 1e6:,.0f} MB",
    ]
    said = f"<strong>{escape(spec.title)}</strong>: {escape(', '.join(facts))}"
    if reported.miou is not None:
        place = f'<a href="{escape(reported.source)}" target="_blank" rel="noopener">published</a>'
        said += f", mIoU {100 * reported.miou:.2f} ({place})"
    return f"{said}.{escape(f' Not sure: {spec.unverified}.' if spec.unverified else '')}"


def _list(set_name: str, *, visible: bool) -> gr.components.Component:
    if set_name == catalog.ZOO:
        return gr.Dropdown(
            [], label="Models of the zoo", multiselect=True, max_choices=MOST, visible=visible, elem_id="zoo"
        )
    specs = catalog.models(set_name)
    ids = [spec.id for spec in specs]
    return gr.CheckboxGroup(
        [(spec.title, spec.id) for spec in specs],
        value=ids if len(ids) <= MOST else ids[:2],
        label="Models",
        show_label=False,
        visible=visible,
        elem_id=f"models-{set_name}",
    )


def _own(networks: Networks) -> gr.CheckboxGroup:
    """The host's own models, beside any set."""
    ids = [spec.id for spec in networks.own]
    return gr.CheckboxGroup(
        [(spec.title, spec.id) for spec in networks.own],
        value=ids,
        label="Models of this machine's own",
        visible=bool(ids),
        elem_id="models-own",
    )


def _zoo_choices(networks: Networks) -> list[tuple[str, str]]:
    """Those whose files are here come first."""
    try:
        specs = catalog.models("zoo")
    except BackendError:
        return []
    here = {spec.id for spec in specs if networks.on_disk(spec)}
    ordered = sorted(specs, key=lambda spec: (spec.id not in here, spec.title))
    return [(_zoo_title(spec, here=spec.id in here), spec.id) for spec in ordered]


def _zoo_title(spec: ModelSpec, *, here: bool) -> str:
    told = [f"mIoU {spec.reported.miou * 100:.1f}"] if spec.reported.miou else []
    return f"{spec.title} ({', '.join([*told, 'file here' if here else 'no file here'])})"
