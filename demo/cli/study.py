"""python -m demo study: every photo of a folder by every network, stopped and gone on with at will."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from demo.cli.console import (
    SOMETHING_LEFT_OUT,
    LiveLine,
    add_limit_options,
    add_models_option,
    add_running_options,
    complain,
    limits_of,
    models_of,
    open_zoo,
    print_json,
    table,
)
from demo.errors import DatasetError

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.study import Progress

SAVES = ("labels", "entropy")


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("study", help="measure a folder of photos", description=run.__doc__)
    parser.add_argument(
        "source",
        metavar="FOLDER",
        type=Path,
        help="a folder of photos, with the folders in it; a dataset in ADE20K's, Cityscapes' or Pascal VOC's layout; "
        "a zip; or a list of paths and addresses (.txt). With --export: a finished study's folder",
    )
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, help="folder to write into")
    parser.add_argument("--truth", metavar="DIR", type=Path, help="annotations: DIR/a/b.png for FOLDER/a/b.jpg")
    parser.add_argument("--split", help="of a dataset: the folder below images/ and annotations/")
    parser.add_argument(
        "--save",
        metavar="WHAT",
        type=_saves,
        default=(),
        help=f"files of each answer: {','.join(SAVES)} or one of them",
    )
    parser.add_argument(
        "--export", metavar="KIND", choices=("csv", "parquet"), help="write the tables of a study as csv or parquet"
    )
    parser.add_argument("--json", action="store_true", help="print every final number as JSON")
    add_models_option(parser)
    add_limit_options(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure every photo with every network: classes, doubt, agreement of each two, and how right where there is truth.

    Writes OUT/study.sqlite, a database that docs/study.md explains, and OUT/study.json with the final numbers. It may be
    stopped at any moment, in any way: the same command goes on, and the numbers are the same to the last digit.
    """
    if options.export:
        return _export(options)
    if options.out is None:
        raise DatasetError("study needs a folder to write into. Name one: -o OUT")
    zoo = open_zoo(options)
    from demo.study import study
    from demo.study.study import as_json

    line = LiveLine()

    def show(progress: Progress) -> None:
        line.show(str(progress), progress.done / progress.total)

    done = study(
        options.source,
        models_of(options),
        zoo,
        options.out,
        truth=options.truth,
        split=options.split,
        save=options.save,
        limits=limits_of(options),
        on_progress=show,
    )
    line.end()
    for problem in done.problems:
        complain(problem)
    content = as_json(done)
    if options.json:
        print_json(content)
    else:
        print(_in_words(content))
        print(options.out / "study.json")
    return SOMETHING_LEFT_OUT if done.problems else 0


def _export(options: argparse.Namespace) -> int:
    from demo.study.export import export

    for path in export(options.source, options.export, options.out):
        print(path)
    return 0


def _in_words(content: dict[str, object]) -> str:
    """One row a network."""
    rows = []
    for model in content["models"]:  # type: ignore[attr-defined]
        truth = model["truth"]
        miou = truth["numbers"]["miou"] if truth else None
        cells = (model["mean_entropy"], model["fragments"], miou)
        rows.append((model["id"], str(model["photos"]), *("" if cell is None else f"{cell:.4g}" for cell in cells)))
    return table(("model", "photos", "mean entropy", "fragments", "mIoU"), rows)


def _saves(text: str) -> tuple[str, ...]:
    named = tuple(part.strip() for part in text.split(",") if part.strip())
    if not named or set(named) - set(SAVES):
        raise argparse.ArgumentTypeError(f"must be {' or '.join(SAVES)}, or both with a comma, but is {text}")
    return named
