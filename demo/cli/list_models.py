"""python -m demo list: the models of the catalogue."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from demo import catalog
from demo.cli.console import note, print_json, table
from demo.schema import ModelSpec

if TYPE_CHECKING:
    from demo.cli.console import Subparsers


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("list", help="the models and sets that can be named", description=run.__doc__)
    parser.add_argument("models", metavar="MODEL_OR_SET", nargs="*", default=[], help="only these (default: every set)")
    parser.add_argument("--json", action="store_true", help="everything that is known of each model, as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Show the models that can be named in -m, with the mIoU that their authors published."""
    specs = catalog.resolve(options.models or catalog.SETS)
    if options.json:
        print_json([asdict(spec) for spec in specs])
    else:
        print(table(("set", "id", "title", "trained by", "family", "mIoU", "file"), map(row, specs)))
        for spec in specs:
            if spec.unverified:
                note(f"{spec.id}, not sure: {spec.unverified}")
    return 0


def row(spec: ModelSpec) -> tuple[str, ...]:
    """One model as the cells of the table; mIoU in percent, as published."""
    miou = "" if spec.reported.miou is None else f"{100 * spec.reported.miou:.2f}"
    return spec.set, spec.id, spec.title, spec.trained_by, spec.family, miou, spec.weights.file
