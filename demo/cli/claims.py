"""python -m demo claims: the article's sentences, tested on photos."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from demo.cli.console import (
    SOMETHING_LEFT_OUT,
    LiveLine,
    add_limit_options,
    add_models_option,
    add_out_option,
    add_running_options,
    complain,
    limits_of,
    models_of,
    open_zoo,
    print_json,
    table,
)
from demo.cli.evaluate import unknown_words

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.study import Progress


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("claims", help="test the article's sentences on photos", description=run.__doc__)
    parser.add_argument(
        "photos",
        metavar="PHOTOS",
        type=Path,
        nargs="+",
        help="photos, folders of photos, or datasets in ADE20K's, Cityscapes' or Pascal VOC's layout; one place alone "
        "is taken as `study` takes it, a zip or a list (.txt) too",
    )
    parser.add_argument(
        "--outside", metavar="PHOTOS", type=Path, nargs="+", default=[], help="photos unlike those trained on"
    )
    parser.add_argument("--split", help="of the datasets: the folder below images/ and annotations/")
    parser.add_argument("--json", action="store_true", help="print every number as JSON")
    add_models_option(parser)
    add_out_option(parser)
    add_limit_options(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Say of each measurable sentence of the article's section 5 whether it holds on the given photos, with intervals.

    Writes claims.json and claims.html; below ten photos there is no verdict. The same command again goes on where it
    was stopped.
    """
    zoo = open_zoo(options)
    from demo.study import claims_report

    line = LiveLine()

    def show(progress: Progress) -> None:
        line.show(str(progress), progress.done / progress.total)

    result = claims_report(
        options.photos,
        models_of(options),
        zoo,
        options.out,
        outside=options.outside,
        split=options.split,
        limits=limits_of(options),
        on_progress=show,
    )
    line.end()
    for problem in result.problems:
        complain(problem)
    if options.json:
        print_json(result.as_json())
    else:
        rows = [(finding.verdict, str(finding.photos), finding.claim.sentence) for finding in result.findings]
        known = [(spec.id, counts) for spec, counts in zip(result.specs, result.truths, strict=True) if counts]
        print("\n\n".join([table(("verdict", "photos", "claim"), rows), *unknown_words(known)]))
        print(options.out / "claims.html")
    return SOMETHING_LEFT_OUT if result.problems else 0
