"""python -m demo study: every photo of a folder by every network, stopped and gone on with at will."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from demo.errors import DemoError

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.study import Progress
    from demo.study.corrupted import Ladder
    from demo.study.engine import Engine

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
    add_out_option(parser)
    parser.add_argument("--truth", metavar="DIR", type=Path, help="annotations: DIR/a/b.png for FOLDER/a/b.jpg")
    parser.add_argument("--split", help="of a dataset: the folder below images/ and annotations/")
    parser.add_argument(
        "--stress",
        metavar="NAME",
        type=_corruptions,
        help="ask for every photo corrupted too: corruptions of ImageNet-C by name with commas between, or own for the "
        "five that need no further package",
    )
    parser.add_argument(
        "--severities", metavar="N", type=int, nargs="+", default=None, help="of --stress, 1 to 5 (default: all)"
    )
    parser.add_argument(
        "--save",
        metavar="WHAT",
        type=_saves,
        default=(),
        help=f"files of each answer: {','.join(SAVES)} or one of them",
    )
    parser.add_argument(
        "--export", metavar="KIND", choices=("csv", "parquet"), help="write a study's tables as csv or parquet"
    )
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="this process, or workers of Ray (default: local)"
    )
    parser.add_argument(
        "--address", metavar="ADDRESS", help="of a Ray cluster: auto, host:port or ray://host:port (default: a new one)"
    )
    parser.add_argument("--workers", metavar="N", type=_count, help="of Ray (default: one a GPU, else one a CPU)")
    parser.add_argument("--json", action="store_true", help="print every final number as JSON")
    add_models_option(parser)
    add_limit_options(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure every photo with every network: its classes, its doubt, how far each two agree, how right it is.

    Writes OUT/study.sqlite, a database that docs/study.md explains, and OUT/study.json with the final numbers. It may
    be stopped at any moment, in any way: the same command goes on, and the numbers are the same to the last digit.
    """
    if options.export:
        return _export(options)
    ladder = _ladder(options)
    zoo = open_zoo(options)
    from demo.study import study

    line = LiveLine()

    def show(progress: Progress) -> None:
        line.show(str(progress), progress.done / progress.total)

    with _engine(options) as engine:
        done = study(
            options.source,
            models_of(options),
            zoo,
            options.out,
            truth=options.truth,
            split=options.split,
            save=options.save,
            ladder=ladder,
            limits=limits_of(options),
            engine=engine,
            on_progress=show,
        )
    line.end()
    for problem in done.problems:
        complain(problem)
    content = json.loads((options.out / "study.json").read_bytes())
    if options.json:
        print_json(content)
    else:
        print(_in_words(content))
        print(options.out / "study.json")
    return SOMETHING_LEFT_OUT if done.problems else 0


def _ladder(options: argparse.Namespace) -> Ladder | None:
    """The corruptions that are asked for; None where there are none."""
    if not options.stress:
        if options.severities:
            raise DemoError("--severities are those of corruptions. Add --stress NAME, or leave them out.")
        return None
    from demo.changes.corruptions import OWN, SEVERITIES
    from demo.study.corrupted import Ladder

    kinds = [kind for name in options.stress for kind in (OWN if name == "own" else (name,))]
    return Ladder.of(kinds, options.severities or SEVERITIES)


@contextmanager
def _engine(options: argparse.Namespace) -> Iterator[Engine | None]:
    """None for this process."""
    if options.engine == "local":
        if options.address or options.workers:
            raise DemoError("--address and --workers are of the engine ray. Add --engine ray, or leave them out.")
        yield None
        return
    from demo.models.zoo import Zoo
    from demo.study.ray_engine import OnRay

    told = {"device": options.device, "precision": options.precision, "checkpoints": options.checkpoints}
    engine = OnRay(partial(Zoo, **told), address=options.address, workers=options.workers)
    try:
        yield engine
    finally:
        engine.close()


def _export(options: argparse.Namespace) -> int:
    from demo.study.export import export

    for path in export(options.source, options.export, options.out):
        print(path)
    return 0


def _in_words(content: Mapping[str, Any]) -> str:
    """One row a network."""
    rows = []
    for model in content["models"]:
        truth = model["truth"]
        miou = truth["numbers"]["miou"] if truth else None
        cells = (model["mean_entropy"], model["fragments"], miou)
        rows.append((model["id"], str(model["photos"]), *("" if cell is None else f"{cell:.4g}" for cell in cells)))
    return table(("model", "photos", "mean entropy", "fragments", "mIoU"), rows)


def _count(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a number from 1, but is {text}")
    return int(text)


def _named(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _corruptions(text: str) -> tuple[str, ...]:
    if not (named := _named(text)):
        raise argparse.ArgumentTypeError(f"must be names of corruptions with commas between, or own, but is {text!r}")
    return named


def _saves(text: str) -> tuple[str, ...]:
    named = _named(text)
    if not named or set(named) - set(SAVES):
        raise argparse.ArgumentTypeError(f"must be {' or '.join(SAVES)}, or both with a comma, but is {text!r}")
    return named
