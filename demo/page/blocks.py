"""Gradio's Blocks that tell a caller in a sentence what a call wants, where its values do not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from demo.page.components import PhotoInput
from demo.page.line import Line

if TYPE_CHECKING:
    from demo.page.at_start import AtStart
    from demo.page.networks import Networks
    from demo.page.store import Store

CALLS = "“Use via API” at the page's foot shows calls"
ELSE = "What was sent does not fit this event of the page; load the page again."
FILE = 'a file that was uploaded here, as {"path": "...", "meta": {"_type": "gradio.FileData"}}'


class PageBlocks(gr.Blocks):
    """The page; Gradio alone would answer a call whose values do not fit with `null`."""

    networks: Networks
    store: Store
    at_start: AtStart
    line: Line

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> Any:
        """Gradio's own step, whose every failure is a gr.Error."""
        try:
            if any(_elsewhere(value) for value in inputs):  # Gradio would fetch it
                raise ValueError("a file that is not here")
            return await super().preprocess_data(block_fn, inputs, *args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            name = block_fn.api_name if block_fn.api_visibility == "public" else ""
            words = misfit(name, block_fn.inputs, inputs) if name else ELSE
            raise gr.Error(words, title="That did not work", print_exception=False) from error

    def queue(self, *args: Any, **kwargs: Any) -> PageBlocks:
        """Gradio's own step, whose queue is a Line; calls that pass by it are refused."""
        super().queue(*args, api_open=False, max_size=None, **kwargs)
        self._queue = self.line = Line(
            live_updates=True,
            concurrency_count=self.max_threads,
            update_intervals=1,
            max_size=None,
            blocks=self,
            default_concurrency_limit=kwargs.get("default_concurrency_limit", "not_set"),
        )
        return self

    def called(self) -> list[str]:
        """The names of the public endpoints."""
        return [fn.api_name for fn in self.fns.values() if fn.api_visibility == "public" and fn.api_name]


def _elsewhere(value: object) -> bool:
    """Whether a value names a file by an address, at any depth."""
    if isinstance(value, dict):
        path = value.get("path")
        return (isinstance(path, str) and re.match(r"\w[\w+.-]*:/", path) is not None) or any(
            _elsewhere(inner) for inner in value.values()
        )
    return isinstance(value, list) and any(_elsewhere(inner) for inner in value)


def misfit(name: str, wanted: Sequence[Any], came: Sequence[object]) -> str:
    """What endpoint `name` wants of the components `wanted`, what came instead, and where calls are shown."""
    if len(came) != len(wanted):
        values = "1 value" if len(came) == 1 else f"{len(came)} values"
        listed = ", ".join(f"{block.label} ({_kind(block)})" for block in wanted)
        return f"/{name} wants {listed}, but got {values}; {CALLS}."
    block, value = next(((b, v) for b, v in zip(wanted, came, strict=True) if not _fits(b, v)), (wanted[0], came[0]))
    shown = repr(value)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return f"/{name} wants {block.label} to be {_kind(block)}, but got {shown}; {CALLS}."


def _kind(block: Any) -> str:
    return FILE if isinstance(block, PhotoInput) else "a number" if isinstance(block, gr.Number) else "text"


def _fits(block: Any, value: object) -> bool:
    """Whether a value has the form its component wants; of a file that has, its place may still be a wrong one."""
    if value is None or isinstance(block, gr.Textbox):
        return True
    if isinstance(block, gr.Number):
        return isinstance(value, int | float)
    return False
