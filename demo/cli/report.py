"""python -m demo report: one page of a study, to read offline, to print and to hand on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from demo.cli.console import LiveLine, add_limit_options, limits_of
from demo.errors import DatasetError

if TYPE_CHECKING:
    from demo.cli.console import Subparsers

PAGE = "study.html"


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("report", help="one page of a study, to read and to print", description=run.__doc__)
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder that `study` wrote")
    parser.add_argument(
        "--groups", metavar="CSV", type=Path, help="a file with a row a photo, its name in the column photo"
    )
    parser.add_argument("--by", metavar="COLUMN", help="the column of that file that says which group a photo is in")
    add_limit_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write OUT/study.html: one file without links to elsewhere, a few megabytes however many photos the study has.

    It shows who agrees with whom, class by class, speed, doubt, the photos on which networks differ most, and what can
    be concluded without ground truth. With --groups and --by it compares groups of photos: night and day, say.
    """
    if (options.groups is None) != (options.by is None):
        raise DatasetError("Groups need both --groups FILE.csv and --by COLUMN; give the other one, too.")
    from demo.study.write_report import write_report

    line = LiveLine()
    path = options.out / PAGE
    write_report(
        options.out,
        path,
        groups=options.groups,
        by=options.by or "",
        limits=limits_of(options),
        on_photo=lambda done, total: line.show(f"{done} of {total} pictures", done / total),
    )
    line.end()
    print(path)
    return 0
