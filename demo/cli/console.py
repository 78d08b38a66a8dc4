"""What every command says and asks in the same way: messages on stderr, results on stdout, shared options."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from demo import catalog
from demo.address import port_of
from demo.errors import AddressError, ClassSetError, MissingCheckpointError
from demo.names import readable, to_json
from demo.schema import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from demo.models.zoo import Zoo
    from demo.schema import ModelSpec

    Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

SOMETHING_LEFT_OUT = 1
"""The exit code of a command that has done what it could."""


def note(text: str) -> None:
    """One line of progress, on stderr."""
    print(one_line(text), file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """One line of what went wrong, on stderr."""
    note(f"error: {text}")


def one_line(text: str) -> str:
    """
    >>> one_line("two\\n  lines")
    'two lines'
    """
    return readable(" ".join(text.split()))


class LiveLine:
    """Progress on stderr: one line that is written over on a terminal, elsewhere a line for each tenth of the way."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.shown = -1

    def show(self, text: str, share: float) -> None:
        """`share` is how far it is, 0..1."""
        if self.terminal:
            print(f"\r{one_line(text)}\033[K", end="", file=sys.stderr, flush=True)
            self.shown = 0
        elif int(10 * share) > self.shown:
            note(text)
            self.shown = int(10 * share)

    def end(self) -> None:
        """Leave the last line as it is."""
        if self.terminal and self.shown >= 0:
            print(file=sys.stderr)


def print_json(value: object) -> None:
    print(to_json(value, indent=2))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """
    >>> print(table(("id", "mIoU"), [("fcn", "39.91")]))
    id   mIoU
    fcn  39.91
    """
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def positive(text: str) -> float:
    """A number above 0, for argparse."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number above 0, but is {text}")
    return value


def port(text: str) -> int:
    """A port's number, for argparse."""
    try:
        return port_of(text)
    except AddressError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def check_folders(options: argparse.Namespace) -> None:
    """Whether the folders of --checkpoints are there. Raises MissingCheckpointError."""
    for folder in getattr(options, "checkpoints", ()):
        if not folder.is_dir():
            what = "a file" if folder.exists() else "not there"
            raise MissingCheckpointError(f"{folder} should be a folder of checkpoints, but is {what}; check the path.")


def add_limit_options(parser: argparse.ArgumentParser) -> None:
    """--max-megapixels, --max-megabytes: the largest photo accepted."""
    for unit, what in (("megapixels", "photo"), ("megabytes", "file")):
        most = getattr(DEFAULT_LIMITS, unit)
        text = f"largest {what} accepted (default: {most})"
        parser.add_argument(f"--max-{unit}", metavar="N", type=positive, default=most, help=text)


def limits_of(options: argparse.Namespace) -> Limits:
    """What `add_limit_options` was given."""
    return Limits(megapixels=options.max_megapixels, megabytes=options.max_megabytes)


def add_running_options(parser: argparse.ArgumentParser) -> None:
    """--device, --precision, --checkpoints: how the networks are loaded."""
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or cuda:1 (default: a GPU where there is one)"
    )
    parser.add_argument(
        "--precision",
        choices=("exact", "fast"),
        default="exact",
        help="exact (default) is float32 as MMSegmentation computes it, fast is bfloat16 where the machine has it",
    )
    add_checkpoints_option(parser)


def add_models_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-m",
        "--models",
        metavar="MODEL_OR_SET",
        nargs="+",
        help="sets, models, my_config.py:my_weights.pth or hf:org/name "
        f"(default: the first of {', '.join(catalog.default_order())} whose files are all on disk)",
    )
    add_classes_option(parser)


def add_classes_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--classes",
        metavar="NAMES",
        default="",
        help="the classes of models of your own, where their config does not name them: a CSV file with a class a row, "
        "or ade20k, cityscapes, pascal-voc",
    )


def models_of(options: argparse.Namespace) -> tuple[ModelSpec, ...] | None:
    """The models that -m and --classes name; None where -m was not given. Raises UnknownModelError, ClassSetError."""
    specs = catalog.resolve(options.models, options.classes) if options.models else None
    if options.classes and not any(spec.classes for spec in specs or ()):
        raise ClassSetError(
            f"--classes names the classes of models of your own, but -m has none. Write one as {catalog.OWN_FILES}, "
            "or leave --classes out."
        )
    return specs


def add_out_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, required=True, help="folder to write into")


def open_zoo(options: argparse.Namespace) -> Zoo:
    """The zoo that --device, --precision and --checkpoints ask for; misspelt -m names are told before torch loads."""
    if getattr(options, "models", None):
        models_of(options)
    from demo.models.zoo import Zoo

    zoo = Zoo(device=options.device, precision=options.precision, checkpoints=options.checkpoints)
    if zoo.precision != options.precision:
        note(
            f"--precision {options.precision} would be slower here, as this machine does not compute in bfloat16: "
            f"going on with {zoo.precision}."
        )
    return zoo


def add_figure_option(parser: argparse.ArgumentParser, written: str) -> None:
    """--figure KIND; `written` tells the file and what it shows."""
    parser.add_argument(
        "--figure",
        metavar="KIND",
        choices=("png", "svg", "pdf"),
        action="append",
        default=[],
        help=f"write {written}: png, svg or pdf; may be repeated",
    )


def add_checkpoints_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checkpoints",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="a folder of checkpoint files, searched before checkpoints/; may be given several times",
    )
