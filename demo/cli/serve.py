"""python -m demo serve: the page, on this machine or for a network."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from demo.cli.console import add_limit_options, add_running_options, limits_of, open_zoo, port

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
    add_limit_options(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C."""
    from demo.page import serve

    serve(
        partial(open_zoo, options),
        host=options.host,
        port=options.port,
        root_path=options.root_path,
        limits=limits_of(options),
        checkpoints=options.checkpoints,
    )
    return 0
