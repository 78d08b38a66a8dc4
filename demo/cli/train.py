"""python -m demo train: make the compact networks again, from any folder in ADE20K's layout."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from demo.catalog import COMPACT, ROOT
from demo.cli.console import add_out_option, note, positive

if TYPE_CHECKING:
    from demo.cli.console import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("train", help="train the five compact networks", description=run.__doc__)
    parser.add_argument("data", metavar="DATA", type=Path, help="a folder laid out like ADEChallengeData2016")
    add_out_option(parser)
    parser.add_argument(
        "--configs",
        metavar="DIR",
        type=Path,
        default=ROOT / COMPACT,
        help="folder of <name>.py, MMSegmentation configs",
    )
    parser.add_argument(
        "--pace", metavar="N", type=positive, default=1.0, help="multiplies the minutes of every network (default: 1)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train the compact networks; the same command again goes on where it was stopped."""
    from demo.train.compact import train_compact

    for path in train_compact(options.data, options.configs, options.out, pace=options.pace, report=note):
        print(path)
    return 0
