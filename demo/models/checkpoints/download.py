"""Fetch a checkpoint file: sources in order, resumed after a cut, hash checked, moved into place in one step."""

from __future__ import annotations

import errno
import math
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

from demo.errors import FetchError
from demo.models.checkpoints.conversion import hub_repository
from demo.models.checkpoints.files import CHECKPOINTS
from demo.models.checkpoints.hashes import agrees, is_web_page, sha256_of
from demo.models.checkpoints.pins import pin, pinned
from demo.models.checkpoints.repository import fetch_repository
from demo.models.checkpoints.sources import Offer, SourceFailed, offers, origin_of
from demo.schema import Weights

CHUNK = 1 << 20
REPORT_EVERY = 0.1
RATE_OVER = 5.0
UNKNOWN_SOURCE = "it is neither a URL, nor a folder here, nor a Hub repository (org/name)"
SPARE = 16 << 20
"""Bytes left free on the disk."""


@dataclass(frozen=True)
class Progress:
    """How far a fetch is."""

    file: str
    source: str
    """The URL, folder or repository that delivers, or "another process"."""
    received: int
    """Bytes on disk, those of earlier attempts among them."""
    total: int | None
    rate: float
    """Bytes per second over the last seconds; nan until known."""


OnProgress = Callable[[Progress], None]


def _say_nothing(progress: Progress) -> None:
    pass


class _NoRoom(Exception):  # noqa: N818
    """The disk is full or the folder cannot be written: no source can help."""


def fetch(weights: Weights, into: Path, sources: Sequence[str] = (), on_progress: OnProgress = _say_nothing) -> Path:
    """The file, in the folder `into`, from the first source that delivers it whole and right.

    `sources` are tried first, in order: a URL (of the file, or of the folder that has it), a folder on this machine, or
    a Hugging Face Hub repository such as "org/name" (HF_ENDPOINT is honoured). Then come the file's own URLs.
    What a cut or a killed process has brought stays in `<file>.part`, and the next call goes on from there;
    `on_progress`, called about ten times a second, may raise to stop.

    A repository of the Hub goes into its own cache, or into one in `into` where that is not the project's checkpoints/.

    Of a file without a published hash, that of the first fetch is noted beside it, and later ones are held to it.

    Raises FetchError, once, saying of every source what went wrong and how to put the file there by hand.
    """
    if weights.repository:
        cache = None if into == CHECKPOINTS else into
        return fetch_repository(weights, cache, sources, lambda file, folder: fetch(file, folder, (), on_progress))
    target = into / Path(weights.file).name
    try:
        _make_folder(into)
        with _alone(target, on_progress):
            weights = pinned(weights, into)
            offered = offers(weights, sources)
            path = _present(offered, into) or _from_first(offered, weights, into, on_progress)
            pin(weights, path)
            return path
    except _NoRoom as error:
        raise FetchError(f"{target.name} could not be fetched: {error}. {_by_hand(weights, into)}") from error


def _present(offered: Sequence[Offer], into: Path) -> Path | None:
    """The file of an offer that is there already and right."""
    for offer in offered:
        path = into / offer.file
        if path.is_file() and agrees(sha256_of(path), offer.sha256):
            return path
    return None


def _from_first(offered: Sequence[Offer], weights: Weights, into: Path, on_progress: OnProgress) -> Path:
    tried = []
    for offer in offered:
        try:
            return _deliver(offer, into, on_progress)
        except SourceFailed as error:
            tried.append((offer.source, str(error)))
    answers = "; ".join(f"{source}: {why}" for source, why in tried) or "no source is known for it"
    raise FetchError(f"{Path(weights.file).name} could not be fetched. {answers}. {_by_hand(weights, into)}", tried)


def _by_hand(weights: Weights, into: Path) -> str:
    known = f", its SHA-256 beginning {weights.sha256}," if weights.sha256 else ""
    advice = f"By hand: put a file of that name{known} into {into}, or name a source that has it."
    nvidia = hub_repository(weights)
    return f"{advice} NVIDIA's own weights do too: the source {nvidia}." if nvidia else advice


def _deliver(offer: Offer, into: Path, on_progress: OnProgress) -> Path:
    part, target, meter = into / f"{offer.file}.part", into / offer.file, _Meter(offer, on_progress)
    if offer.path is not None:
        _copy(offer, part, meter)
    elif offer.url:
        _download(offer, part, meter)
    else:
        raise SourceFailed(f"{offer.file} is not there" if Path(offer.source).expanduser().exists() else UNKNOWN_SOURCE)
    with _watching_disk(part):
        part.replace(target)
        origin_of(part).unlink(missing_ok=True)
    return target


def _copy(offer: Offer, part: Path, meter: _Meter) -> None:
    """Looked at before, so that a wrong file does not replace what an earlier attempt has brought; and after."""
    source = offer.path or Path(offer.source)
    try:
        if problem := _problem(source, offer.sha256):
            raise SourceFailed(problem)
        with source.open("rb") as file:
            _write(part, meter, iter(lambda: file.read(CHUNK), b""), 0, source.stat().st_size)
    except OSError as error:
        raise SourceFailed(f"it cannot be read ({error.strerror or error})") from error
    if problem := _problem(part, offer.sha256):
        part.unlink()
        raise SourceFailed(problem)


def _download(offer: Offer, part: Path, meter: _Meter) -> None:
    try:
        from demo.models.checkpoints.transfer import Transfer
    except ModuleNotFoundError as error:  # here and not above, so that all else works without httpx
        raise SourceFailed(f"{error.name} is not installed: pip install -r requirements.txt") from error
    transfer = Transfer(offer.url, part, offer.sha256, lambda *what: _write(part, meter, *what))
    transfer.run()
    problem = _problem(part, transfer.sha256)
    if not problem:
        return
    part.unlink()
    if transfer.begun_here:
        raise SourceFailed(problem)
    _download(offer, part, meter)  # what an earlier process had left was no part of this file


def _problem(part: Path, expected: str) -> str:
    """What is wrong with a file of which every byte has come; nothing when it is right."""
    digest = sha256_of(part)
    if not part.stat().st_size:
        return "it delivered an empty file"
    if is_web_page(part):
        return "it delivered a web page"
    if not agrees(digest, expected):
        return f"it delivered other bytes: their SHA-256 begins {digest[:8]}, wanted {expected[:8]}"
    return ""


# ---- disk


def _write(part: Path, meter: _Meter, chunks: Iterator[bytes], offset: int, total: int | None) -> None:
    """Chunks into the partial file from `offset` on, unbuffered, so that a killed process loses none."""
    received = offset
    with _watching_disk(part):
        _leave_room(part, (total or 0) - (part.stat().st_size if part.exists() else 0))
        file = part.open("ab" if offset else "wb", buffering=0)
    with file:
        for chunk in chunks:
            with _watching_disk(part):
                _write_whole(file, chunk)
            received += len(chunk)
            meter(received, total)


def _write_whole(file: RawIOBase, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _leave_room(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed + SPARE > free:
        raise _NoRoom(
            f"the disk of {part.parent} has {_megabytes(free)} free and {_megabytes(needed + SPARE)} are needed"
        )


@contextmanager
def _watching_disk(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _NoRoom(f"the disk of {part.parent} is full; what has come stays in {part.name}") from error
        raise _NoRoom(f"{part} cannot be written ({error.strerror or error})") from error


def _make_folder(into: Path) -> None:
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _NoRoom(f"the folder {into} cannot be made ({error.strerror or error})") from error


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.0f} MB"


# ---- one process at a time


@contextmanager
def _alone(target: Path, on_progress: OnProgress) -> Iterator[None]:
    """Only one process fetches a file; the others wait, and report what it has brought."""
    from filelock import FileLock, Timeout

    place = target.with_name(f"{target.name}.lock")
    lock = FileLock(place)
    while True:
        try:
            lock.acquire(timeout=2 * REPORT_EVERY)
            break
        except Timeout:
            part = target.with_name(f"{target.name}.part")
            received = part.stat().st_size if part.exists() else 0
            on_progress(Progress(target.name, "another process", received, None, math.nan))
        except OSError as error:
            raise _NoRoom(f"{place} cannot be written ({error.strerror or error})") from error
    try:
        yield
        with suppress(OSError):
            place.unlink()  # while it is held: whoever waited finds the file there
    finally:
        lock.release()


# ---- progress


class _Meter:
    """Turns byte counts into reports, about ten a second, with the speed over the last seconds."""

    def __init__(self, offer: Offer, on_progress: OnProgress) -> None:
        self.offer = offer
        self.on_progress = on_progress
        self.seen: deque[tuple[float, int]] = deque()
        self.reported = -math.inf

    def __call__(self, received: int, total: int | None) -> None:
        now = time.monotonic()
        self.seen.append((now, received))
        while now - self.seen[0][0] > RATE_OVER:
            self.seen.popleft()
        if now - self.reported < REPORT_EVERY and received != total:
            return
        self.reported = now
        then, had = self.seen[0]
        rate = (received - had) / (now - then) if now > then else math.nan
        self.on_progress(Progress(self.offer.file, self.offer.source, received, total, rate))
