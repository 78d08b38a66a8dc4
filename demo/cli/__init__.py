"""The command line: one small module a command, each with `add` (its options) and a function that runs it."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import demo
from demo.address import mend_no_proxy
from demo.cli import (
    check,
    claims,
    evaluate,
    fetch,
    list_models,
    report,
    reproduce,
    segment,
    serve,
    stress,
    study,
    train,
    why,
)
from demo.cli.console import check_folders, complain
from demo.errors import DemoError

COMMANDS = (list_models, segment, why, serve, fetch, check, study, report, evaluate, claims, stress, reproduce, train)
USER_ERROR = 2
INTERRUPTED = 130


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        complain(f"{message.rstrip('.')}. `{self.prog} --help` shows the options.")
        sys.exit(USER_ERROR)


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; nothing heavy is imported for it."""
    parser = Parser(prog="python -m demo", description="One photo, five segmentation architectures, side by side.")
    parser.add_argument("--version", action="version", version=f"Segmentation Zoo {demo.__version__}")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True, title="commands", dest="command")
    for command in COMMANDS:
        command.add(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 (something was left out), 2 (a mistake to mend) or 130 (stopped)."""
    gc.set_threshold(50_000)  # imports make a million objects and no garbage: looking for it less saves a tenth of them
    _print_any_path()
    mend_no_proxy()
    options = build_parser().parse_args(argv)
    try:
        check_folders(options)
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except DemoError as error:
        complain(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        complain(f"{error.filename or 'The disk'}: {error.strerror or error}. Check the path and its permissions.")
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] == "demo":
            raise  # our mistake
        complain(f"The package {error.name} is not installed: pip install -r requirements.txt")
    except KeyboardInterrupt:
        complain("Stopped.")
        return INTERRUPTED
    return USER_ERROR


def _print_any_path() -> None:
    """Paths go out as the bytes they are, also where they are no UTF-8."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape" if sys.stdout.encoding == "utf-8" else "backslashreplace")
