"""python -m demo stress: what networks keep of their answers while photos are corrupted more and more."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from demo.cli.console import (
    SOMETHING_LEFT_OUT,
    LiveLine,
    add_figure_option,
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

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.study import Progress, StressReport


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "stress", help="corrupt photos more and more, and see what answers keep", description=run.__doc__
    )
    parser.add_argument(
        "photos",
        metavar="PHOTOS",
        type=Path,
        nargs="+",
        help="photos, folders of photos, or datasets in ADE20K's, Cityscapes' or Pascal VOC's layout; one place alone "
        "is taken as `study` takes it, a zip or a list (.txt) too",
    )
    parser.add_argument(
        "--kinds",
        metavar="KIND",
        nargs="+",
        default=None,
        help="corruptions by their names in ImageNet-C; with requirements-stress.txt all nineteen "
        "(default: gaussian_noise gaussian_blur brightness contrast jpeg_compression)",
    )
    parser.add_argument(
        "--severities", metavar="N", type=int, nargs="+", default=[1, 2, 3, 4, 5], help="of 1 to 5 (default: all)"
    )
    parser.add_argument("--split", help="of the datasets: the folder below images/ and annotations/")
    add_figure_option(parser, "OUT/stress.KIND too, all curves on one sheet")
    parser.add_argument("--json", action="store_true", help="print every number as JSON")
    add_models_option(parser)
    add_out_option(parser)
    add_limit_options(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Corrupt photos as ImageNet-C does, at severities 1 to 5: one curve a network of labels kept, entropy, and - where
    there is ground truth - mean IoU and ECE, CNNs against transformers, with intervals over photos.

    Writes stress.json, stress.csv, figures/ and stress.html, with --figure all curves on one sheet. The same command
    again goes on where it was stopped.
    """
    from demo.changes.corruptions import OWN, chosen

    kinds, severities = chosen(options.kinds or tuple(OWN), options.severities)
    zoo = open_zoo(options)
    from demo.images import write_atomic
    from demo.study import stress
    from demo.study.stress_figure import stress_figure

    line = LiveLine()

    def show(progress: Progress) -> None:
        line.show(str(progress), progress.done / progress.total)

    result = stress(
        options.photos,
        models_of(options),
        zoo,
        options.out,
        kinds=kinds,
        severities=severities,
        split=options.split,
        limits=limits_of(options),
        on_progress=show,
    )
    line.end()
    for kind in options.figure:
        write_atomic(options.out / f"stress.{kind}", stress_figure(result, kind))
    for problem in result.problems:
        complain(problem)
    if options.json:
        print_json(result.as_json())
    else:
        print(in_words(result))
        print(options.out / "stress.html")
    return SOMETHING_LEFT_OUT if result.problems else 0


def in_words(result: StressReport) -> str:
    """One row a network and family: means over all corruptions and severities, and the first corruption to break it."""
    rows = []
    for name in result.means:
        values = [result.means[name][number].value for number in ("kept", "miou", "entropy", "ece")]
        broken = min((one for one in result.breaks.get(name, ()) if one.broke), key=lambda b: b.severity, default=None)
        where = f"{broken.kind} {broken.severity} on {broken.photo}" if broken else ""
        rows.append((name, *("" if value != value else f"{value:.4f}" for value in values), where))
    return table(("model", "labels kept", "mIoU", "entropy", "ECE", "breaks first"), rows)
