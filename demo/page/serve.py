"""Serving the page. Gradio's own variables (GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, GRADIO_ROOT_PATH) are honoured."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import gradio as gr
from gradio.route_utils import delete_files_created_by_app
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from demo.address import check_free, host_of, root_of, without_proxies
from demo.errors import AddressError, DemoError
from demo.images import DEFAULT_LIMITS, Limits
from demo.page.assets import Compressed, FirstScript, preload, routes, script, style
from demo.page.at_start import wanted
from demo.page.blocks import PageBlocks
from demo.page.build import build
from demo.page.guard import Guard
from demo.page.health import health
from demo.page.openapi import openapi
from demo.page.previews import Previews
from demo.page.sessions import Sessions
from demo.page.store import KEPT
from demo.page.theme import theme
from demo.page.uploads import own_folder

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from starlette.applications import Starlette

    from demo.models.zoo import Zoo
    from demo.schema import ModelSpec

Lifespan: TypeAlias = "Callable[[Starlette], AbstractAsyncContextManager[Any]]"
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
    mcp: bool = False,
    kept: int = KEPT,
) -> None:
    """Serve the page until Ctrl-C or SIGTERM, with models of the host's `own` beside the sets.

    Once the page answers the zoo is opened, and what SEGMENTATION_ZOO_FETCH names is fetched. With `mcp` there are
    tools for agents at /mcp. Photos are `kept` for so many seconds after their last use.
    """
    own_folder()
    blocks = build(zoo, limits=limits, checkpoints=checkpoints, own=own, at_start=wanted(), kept=kept)
    atexit.register(blocks.store.close)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # leaves as Ctrl-C does: the visitors' files go
    launch(blocks, host=host, port=port, root_path=root_path, limits=limits, mcp=mcp)
    blocks.networks.open_soon()
    blocks.at_start.begin()
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
    mcp: bool = False,
) -> str:
    """Start serving in the background; returns the address on this machine. Raises AddressError, or DemoError."""
    host = host_of(host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1")
    root_path = root_of(os.environ.get("GRADIO_ROOT_PATH", "") if root_path is None else root_path)
    check_free(host, port)
    most = int(1.5e6 * limits.megabytes) + 1_000_000
    tools, lifespan = _tools(blocks, most) if mcp else ([], None)
    further = {
        "routes": [*routes(), health(blocks), openapi(blocks), *tools],
        "lifespan": lifespan,
        "middleware": [
            Middleware(
                Guard,
                endpoints=blocks.called,
                knows=lambda event: blocks.line.knows(event),
                most=most,
                most_uploaded=int(1e6 * limits.megabytes) + 1_000_000,
            ),
            Middleware(Compressed),
            Middleware(FirstScript, name="language"),
            Middleware(Previews, store=blocks.store),
        ],
    }
    blocks.store.forget_in_time()
    try:
        with without_proxies():  # Gradio asks its own server whether it answers
            address = _launch(blocks, host, port, root_path, limits, further)
    except OSError as error:  # somebody was faster
        raise AddressError(f"The page cannot be served there ({error}); choose another port.") from error
    blocks.app.state_holder = sessions = Sessions(blocks, blocks.line)
    blocks.store.beside(sessions)
    if mcp:
        print(f"* Tools for agents (MCP, streamable HTTP): {address}mcp")
    return address


def _tools(blocks: PageBlocks, most: int) -> tuple[list[BaseRoute], Lifespan]:
    try:
        from demo.page import agents
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "demo":
            raise  # our mistake
        raise DemoError(
            f"--mcp needs the package {missing}, which is not installed: pip install -r requirements-mcp.txt"
        ) from error
    return agents.mounted(lambda: blocks.app, most)


def mended_stream(version: str = gr.__version__) -> str:
    """The script that keeps Gradio's event stream open while an event is still to be told, where that is needed."""
    return f"<script>{script('stream')}</script>" if version.startswith(f"{STREAM_FAULT}.") else ""


def _launch(
    blocks: PageBlocks,
    host: str,
    port: int | None,
    root_path: str,
    limits: Limits,
    further: dict[str, Any],
) -> str:
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
        mcp_server=False,  # Gradio's own, which GRADIO_MCP_SERVER would start: agents has ours
        app_kwargs=further,
        prevent_thread_lock=True,
    )
    return str(address)
