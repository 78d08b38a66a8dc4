"""python -m demo reproduce: the article's table and figures, measured here."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from demo.cli.console import (
    SOMETHING_LEFT_OUT,
    add_models_option,
    add_out_option,
    add_running_options,
    complain,
    models_of,
    note,
    open_zoo,
    positive,
)

if TYPE_CHECKING:
    from demo.cli.console import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("reproduce", help="the article's Table 1 and figures", description=run.__doc__)
    parser.add_argument(
        "--dataset", metavar="DIR", type=Path, help="ADE20K, or another in its layout, for the mean IoU"
    )
    parser.add_argument("--photos", metavar="PHOTO", type=Path, nargs="+", default=[], help="draw the figures of these")
    parser.add_argument(
        "--seconds", metavar="N", type=positive, default=60, help="most time to spend timing one model (default: 60)"
    )
    parser.add_argument(
        "--grey", action="store_true", help="entropy as in the article's pictures: grey, white where it is high"
    )
    add_models_option(parser)
    add_out_option(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure the article's Table 1 (mIoU, parameters, memory, speed at 512 x 512) beside what was published.

    Writes table1.csv, .json and .md, table1.html, and figures/ in the article's layout for --photos.
    """
    zoo = open_zoo(options)
    from demo.study import reproduce

    result = reproduce(
        models_of(options),
        zoo,
        options.out,
        dataset=options.dataset,
        photos=options.photos,
        seconds=options.seconds,
        grey=options.grey,
        say=note,
    )
    for problem in result.problems:
        complain(problem)
    print((options.out / "table1.md").read_text(encoding="utf-8"))
    print(options.out / "table1.html")
    return SOMETHING_LEFT_OUT if result.problems else 0
