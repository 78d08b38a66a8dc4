"""python -m demo evaluate: scores of models on a dataset with ground truth."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
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
    positive,
    print_json,
    table,
)

if TYPE_CHECKING:
    from demo.analysis.counts import TruthCounts
    from demo.cli.console import Subparsers
    from demo.study import Evaluation, Progress

SHOWN = {
    "miou": "mIoU",
    "pixel_accuracy": "pixel acc.",
    "mean_accuracy": "mean acc.",
    "boundary_iou": "boundary IoU",
    "boundary_iou_shared_void": "void shared",
    "ece": "ECE",
}
"""Ids of the numbers on the screen, with their column's title; scores.csv has all."""
FINDINGS = {"auroc": "AUROC", "aupr": "AUPR", "fpr95": "FPR95"}
"""The same of unknown.csv."""


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("evaluate", help="score models on photos with ground truth", description=run.__doc__)
    parser.add_argument(
        "dataset",
        metavar="DATASET",
        type=Path,
        help="a folder with images/ and annotations/, or in Cityscapes', Pascal VOC's or COCO panoptic's layout",
    )
    parser.add_argument("--split", help="the folder below images/ and annotations/, such as validation; val, train")
    parser.add_argument(
        "--scales", metavar="N", type=positive, nargs="+", default=[1.0], help="average over these sizes (default: 1)"
    )
    parser.add_argument("--flip", action="store_true", help="average with the mirrored photo")
    parser.add_argument("--json", action="store_true", help="print every number as JSON")
    add_models_option(parser)
    add_out_option(parser)
    add_limit_options(parser)
    add_running_options(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score models on a dataset with ground truth: mIoU, accuracies, boundary IoU, calibration, by class, size, photo.

    Its layout is ADE20K's, Cityscapes', Pascal VOC's or COCO panoptic's; of the latter three a network of other classes
    is scored on what it has a word for, and by how well its doubt finds the rest. Also how severe mistakes are, and
    whether networks share them. Writes CSV, scores.json and scores.html. The same command again goes on where it
    stopped.
    """
    zoo = open_zoo(options)
    from demo.study import evaluate

    line = LiveLine()

    def show(progress: Progress) -> None:
        line.show(str(progress), progress.done / progress.total)

    result = evaluate(
        options.dataset,
        models_of(options),
        zoo,
        options.out,
        split=options.split,
        scales=options.scales,
        flip=options.flip,
        limits=limits_of(options),
        on_progress=show,
    )
    line.end()
    for problem in result.problems:
        complain(problem)
    if options.json:
        print_json(result.as_json())
    else:
        print(in_words(result))
        print(options.out / "scores.html")
    return SOMETHING_LEFT_OUT if result.problems else 0


def in_words(result: Evaluation) -> str:
    """One row a model, its most asked-for numbers; then how well doubt finds what no class names, if there is such."""
    rows = []
    for model in result.models:
        values = {number.id: number.value for number in model.numbers}
        rows.append((model.spec.id, *(f"{values[name]:.4f}" for name in SHOWN)))
    return "\n\n".join(
        [table(("model", *SHOWN.values()), rows), *unknown_words((m.spec.id, m.counts) for m in result.models)]
    )


def unknown_words(models: Iterable[tuple[str, TruthCounts]]) -> list[str]:
    """How well the doubt of each network finds what no class names, as one table; none where there is no such thing."""
    from demo.analysis.numbers import finding_unknown
    from demo.measures import BY_ID

    rows = []
    for name, counts in models:
        values = {number.id: number.value for number in finding_unknown(counts)}
        rows += [
            (name, BY_ID[measure].title, *(f"{values[f'{measure}_{key}']:.4f}" for key in FINDINGS))
            for measure in counts.unknown.doubt
        ]
    return [table(("finding what no class names", "by", *FINDINGS.values()), rows)] if rows else []
