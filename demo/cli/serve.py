"""python -m demo serve: the page, on this machine or for a network."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from demo.catalog import OWN_FILES
from demo.catalog.hub import HUB_NAMES
from demo.cli.console import (
    add_classes_option,
    add_limit_options,
    add_running_options,
    limits_of,
    models_of,
    open_zoo,
    port,
)
from demo.errors import UnknownModelError

if TYPE_CHECKING:
    from demo.cli.console import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("serve", help="open the page in a browser", description=run.__doc__)
    parser.add_argument("--host", help="address to listen on (default: $GRADIO_SERVER_NAME or 127.0.0.1)")
    parser.add_argument(
        "--port", metavar="N", type=port, help="port (default: $GRADIO_SERVER_PORT or the first free from 7860)"
    )
    parser.add_argument(
        "--root-path", help="path below which a reverse proxy serves the page (default: $GRADIO_ROOT_PATH)"
    )
    parser.add_argument(
        "-m",
        "--models",
        metavar="OWN_MODEL",
        nargs="+",
        help=f"models of your own to offer beside the sets, each as {OWN_FILES} or {HUB_NAMES}",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer tools to agents too, by the Model Context Protocol, at /mcp (needs requirements-mcp.txt)",
    )
    add_classes_option(parser)
    add_limit_options(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    from demo.page import serve

    own = models_of(options) or ()
    if foreign := [spec.id for spec in own if spec.set != "own"]:
        raise UnknownModelError(
            f"-m of serve takes models of your own, {OWN_FILES} or {HUB_NAMES}, but got {foreign[0]}, which the page "
            "offers anyway. Leave it out."
        )
    serve(
        partial(open_zoo, options),
        host=options.host,
        port=options.port,
        root_path=options.root_path,
        limits=limits_of(options),
        checkpoints=options.checkpoints,
        own=own,
        mcp=options.mcp,
    )
    return 0
