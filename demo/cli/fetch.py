"""python -m demo fetch: checkpoint files, from whichever source has them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from demo import catalog
from demo.cli.console import SOMETHING_LEFT_OUT, LiveLine, complain, note
from demo.errors import CorruptCheckpointError, DemoError, FetchError
from demo.models.checkpoints.download import Progress, fetch
from demo.models.checkpoints.files import CHECKPOINTS, locate, verify
from demo.models.checkpoints.pins import note_of, pin, pinned
from demo.models.checkpoints.unfetched import Failure, lines, sentence

if TYPE_CHECKING:
    from demo.cli.console import Subparsers
    from demo.schema import ModelSpec

BAR_WIDTH = 24


def add(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("fetch", help="download checkpoint files", description=run.__doc__)
    parser.add_argument(
        "models", metavar="MODEL_OR_SET", nargs="+", help="such as paper, hub, segformer-b4, hf:org/name"
    )
    parser.add_argument(
        "--source",
        metavar="URL_OR_DIR",
        action="append",
        default=[],
        help="a URL, a folder or a Hugging Face Hub repository (org/name) that has the files, tried before the "
        "published addresses; may be given several times",
    )
    parser.add_argument(
        "--into", metavar="DIR", type=Path, default=CHECKPOINTS, help="where they go (default: checkpoints/)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Fetch the files that are not on disk yet or are damaged, check each against its hash, go on where one was cut."""
    missing = [spec for spec in catalog.resolve(options.models) if not _on_disk(spec, options.into)]
    fetched = [_fetch(spec, options.into, [*_elsewhere(spec), *options.source]) for spec in missing]
    failures = [(spec.weights, error) for spec, error in zip(missing, fetched, strict=True) if error]
    _tell(failures, options.into)
    return SOMETHING_LEFT_OUT if failures else 0


def _tell(failures: Sequence[Failure], into: Path) -> None:
    """What no source had, in one line; then what each source said. What the sources have no part in, as it is."""
    for _, error in failures:
        if not error.tried:
            complain(str(error))
    unfound = [failure for failure in failures if failure[1].tried]
    if unfound:
        files = sum(not weights.repository for weights, _ in unfound)
        elsewhere = f" Or name a source that has {'it' if files == 1 else 'them'}: --source." if files else ""
        complain(sentence(unfound, str(into)) + elsewhere)
    for line in lines(unfound):
        note(line)


def _on_disk(spec: ModelSpec, into: Path) -> bool:
    """Whether the file is there and right, where it is wanted."""
    path = locate(spec.weights, (into,))
    anywhere = bool(spec.weights.repository) and into == CHECKPOINTS  # the Hub's own cache is meant
    if path is None or not (anywhere or path.parent.resolve().is_relative_to(into.resolve())):
        return False  # where the user wants it
    try:
        verify(path, spec.weights)
    except CorruptCheckpointError:
        note(f"{spec.id}: {path} is damaged or another file; fetching it anew")
        return False
    note(f"{spec.id}: on disk, {path}")
    with suppress(DemoError):  # a folder that cannot be written gets no note
        if digest := pin(spec.weights, path):
            _tell_of_pin(spec, path, digest)
    return True


def _elsewhere(spec: ModelSpec) -> list[str]:
    """The folder of the project that has the file already: the first source for another folder."""
    path = locate(spec.weights)
    return [str(path.parent)] if path and path.name == spec.weights.file else []


def _tell_of_pin(spec: ModelSpec, path: Path, digest: str) -> None:
    note(
        f"{spec.id}: nobody has published a hash of {path.name}; that of this file, {digest[:16]}..., is noted in "
        f"{note_of(path).name}, and any later file is held to it"
    )


def _fetch(spec: ModelSpec, into: Path, sources: Sequence[str]) -> FetchError | None:
    """Why it could not be fetched, if it could not."""
    line, known = LiveLine(), bool(pinned(spec.weights, into).sha256)

    def show(progress: Progress) -> None:
        line.show(in_words(spec.id, progress), progress.received / progress.total if progress.total else 0)

    try:
        path = fetch(spec.weights, into, sources, show)
    except DemoError as error:
        line.end()
        return error if isinstance(error, FetchError) else FetchError(f"{spec.id}: {error}")
    line.end()
    print(path)
    if not known and (digest := pinned(spec.weights, path.parent).sha256):
        _tell_of_pin(spec, path, digest)
    return None


def in_words(title: str, progress: Progress) -> str:
    """
    >>> in_words("segformer-b4", Progress("b4.pth", "a folder", 64_000_000, 256_000_000, 3.2e6))
    'segformer-b4 [######..................] 64 of 256 MB, 3.2 MB/s, 1 min left'
    """
    megabytes = f"{progress.received / 1e6:.0f}"
    if progress.total:
        full = BAR_WIDTH * progress.received // progress.total
        megabytes = f"[{'#' * full:.<{BAR_WIDTH}}] {megabytes} of {progress.total / 1e6:.0f}"
    speed = ""
    if progress.rate > 0:
        speed = f", {progress.rate / 1e6:.1f} MB/s"
        if progress.total:
            speed += f", {_minutes((progress.total - progress.received) / progress.rate)} left"
    return f"{title} {megabytes} MB{speed}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
