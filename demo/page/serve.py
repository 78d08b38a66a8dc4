"""Serving the page. Gradio's own variables (GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, GRADIO_ROOT_PATH) are honoured."""

from __future__ import annotations

import atexit
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from gradio.route_utils import delete_files_created_by_app
from starlette.middleware import Middleware

from demo.address import check_free, without_proxies
from demo.errors import AddressError
from demo.images import DEFAULT_LIMITS, Limits
from demo.page.assets import Compressed, FirstScript, preload, routes, script, style
from demo.page.blocks import PageBlocks
from demo.page.build import build
from demo.page.guard import Guard
from demo.page.health import health
from demo.page.previews import Previews
from demo.page.theme import theme

if TYPE_CHECKING:
    from demo.models.zoo import Zoo
    from demo.schema import ModelSpec


STREAM_FAULT = "6.31"
"""The Gradio in which scripts/stream.js mends a fault; any other is left as it is, for it may talk otherwise."""


def serve(
    zoo: Zoo | Callable[[], Zoo],
    *,
    host: str | None = None,
    port: int | None = None,
    root_path: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    checkpoints: Sequence[Path] = (),
    own: Sequence[ModelSpec] = (),
) -> None:
    """Serve the page until Ctrl-C or SIGTERM, with models of the host's `own` beside the sets.

    The zoo is opened in the background once the page answers.
    """
    blocks = build(zoo, limits=limits, checkpoints=checkpoints, own=own)
    atexit.register(blocks.store.close)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leaves as Ctrl-C does: the visitors' files go
    launch(blocks, host=host, port=port, root_path=root_path, limits=limits)
    blocks.networks.open_soon()
    try:
        blocks.block_thread()
    finally:
        delete_files_created_by_app(blocks, None)  # what visitors uploaded goes as well


def launch(
    blocks: PageBlocks,
    *,
    host: str | None = None,
    port: int | None = None,
    root_path: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> str:
    """Start serving in the background; returns the address on this machine. Raises AddressError."""
    check_free(host, port)
    blocks.store.forget_in_time()
    try:
        with without_proxies():  # Gradio asks its own server whether it answers
            return _launch(blocks, host, port, root_path, limits)
    except OSError as error:  # somebody was faster
        raise AddressError(f"The page cannot be served there ({error}); choose another port.") from error


def mended_stream(version: str = gr.__version__) -> str:
    """The script that keeps Gradio's event stream open while an event is still to be told, where that is needed."""
    return f"<script>{script('stream')}</script>" if version.startswith(f"{STREAM_FAULT}.") else ""


def _launch(blocks: PageBlocks, host: str | None, port: int | None, root_path: str | None, limits: Limits) -> str:
    _, address, _ = blocks.launch(
        server_name=host,
        server_port=port,
        root_path=root_path,
        theme=theme(),
        # the style is not given as css, because Gradio would drop the container queries
        head=f"{preload()}<style>{style()}</style>{mended_stream()}",
        max_file_size=f"{limits.megabytes:g}mb",
        footer_links=["api"],
        show_error=False,
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        state_session_capacity=200,
        app_kwargs={
            "routes": [*routes(), health(blocks)],
            "middleware": [
                Middleware(Guard, endpoints=blocks.called, most=int(1.5e6 * limits.megabytes) + 1_000_000),
                Middleware(Compressed),
                Middleware(FirstScript, name="language"),
                Middleware(Previews, store=blocks.store),
            ],
        },
        prevent_thread_lock=True,
    )
    return str(address)
