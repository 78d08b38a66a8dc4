"""The page's own components: the photo input, the viewer, and small ones with a script each."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from gradio.utils import get_upload_folder

from demo.catalog import ROOT
from demo.labels.ade20k import ADE20K
from demo.page.assets import place, script
from demo.page.examples import Described
from demo.page.truth_files import COLOURS
from demo.page.view import View
from demo.page.wire import FIELD_LEVELS, classes_of
from demo.render.paint import colour_table

Thumbnails = Sequence[Described]


class PhotoInput(gr.Image):
    """Gradio's image input that hands over the visitor's own file, unopened: demo.images alone decides what it is."""

    is_template = True

    def preprocess(self, payload: ImageData | None) -> str | None:
        if payload is None:
            return None
        if payload.path is None or not is_uploaded(payload.path):
            raise gr.Error("Upload a file.", print_exception=False)
        return payload.path


def is_uploaded(path: str) -> bool:
    """Whether a file came by upload or example: a caller may name any path of the server's."""
    return Path(path).resolve().is_relative_to(Path(get_upload_folder()).resolve())


def settings() -> dict[str, Any]:
    """What the viewer's modules are told once for all photos."""
    return {
        "classes": classes_of(ADE20K).model_dump(),
        "scales": {"colour": colour_table("colour").tolist(), "grey": colour_table("article").tolist()},
        "levels": FIELD_LEVELS,
        "errors": dict(COLOURS),
    }


class Viewer(gr.HTML):
    """The photo and its panels.

    `answers` are called by the browser as functions of `server`, each under its own name.
    """

    data_model = View

    def __init__(
        self,
        value: View | None = None,
        *,
        answers: Sequence[Callable[..., Any]] = (),
        **again: Any,  # Gradio makes the component anew, from its whole configuration, when an update touches it
    ) -> None:
        standard = {name: again[name] for name in ("render", "visible", "key", "elem_classes") if name in again}
        super().__init__(
            value=value,
            **standard,
            html_template='<div class="zoo"></div>',
            js_on_load=script("modules") + script("viewer"),
            apply_default_css=False,
            elem_id="viewer",
            server_functions=list(answers) or None,
            modules=place(),
            **settings(),
        )

    def preprocess(self, payload: View | None) -> View | None:  # type: ignore[override]  # gr.HTML has strings
        return payload

    def postprocess(self, value: View | None) -> View | None:  # type: ignore[override]  # the same
        return value

    def api_info(self) -> dict[str, Any]:
        return View.model_json_schema()

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None


def photo_strip() -> gr.HTML:
    """The place of this visit's photos, which the page's modules fill; its value is the last that is told of one."""
    return gr.HTML(
        html_template='<div class="zoo zoo-visit"></div>',
        js_on_load=script("visit"),
        apply_default_css=False,
        elem_id="visit",
        padding=False,
    )


def header() -> gr.HTML:
    """The page's title, the ways to the article and to the code, and its two buttons."""
    code = code_address()
    link = f'<a class="zoo-button" href="{escape(code)}" target="_blank" rel="noopener">Code</a>' if code else ""
    return gr.HTML(
        html_template=HEADER.replace("<!-- code -->", link),
        js_on_load=script("header"),
        apply_default_css=False,
        elem_id="header",
        padding=False,
    )


def code_address(project: Path = ROOT / "pyproject.toml") -> str | None:
    """Where the code is published, by the project's own file; None where it names no place."""
    if not project.is_file():
        return None
    urls: dict[str, str] = tomllib.loads(project.read_text("utf-8"))["project"].get("urls", {})
    return next((url for name, url in urls.items() if name.lower() in ("source", "repository", "code")), None)


def example_buttons(examples: Thumbnails) -> gr.HTML:
    """The example photos in a few rows; its value is the name of the one that was chosen last."""
    heading = '<h2 class="zoo-label" title="Below each: what the compact networks make of it">Examples</h2>'
    template = f'{heading}<div class="zoo-example-buttons"></div>'
    return gr.HTML(
        html_template=template,
        js_on_load=script("examples"),
        apply_default_css=False,
        elem_id="examples",
        examples=list(examples),
    )


HEADER = """
<header class="zoo-header">
  <a class="zoo-skip" href="#viewer">Skip to the panels</a>
  <div>
    <h1>Segmentation Zoo</h1>
    <p>One photo, five architectures. Where they agree, where they hesitate, where they differ.</p>
  </div>
  <nav aria-label="Page">
    <a class="zoo-button" href="https://doi.org/10.5201/ipol.2023.447" target="_blank" rel="noopener">Article</a>
    <!-- code -->
    <button type="button" class="zoo-button zoo-copy"><span>Copy link</span></button>
    <button type="button" class="zoo-button zoo-dark">Dark</button>
  </nav>
</header>
"""
