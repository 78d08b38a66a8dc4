"""A run repeated from its manifest.json: the photo, models and settings of then, and whether any number differs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from demo import manifest
from demo.cli.console import SOMETHING_LEFT_OUT
from demo.errors import ManifestError


def again(options: argparse.Namespace, segment: Callable[[argparse.Namespace], Sequence[Path]]) -> int:
    """Run what options.again tells of; `segment` does it and returns the folders that it wrote.

    The photo is found by its hash among those given. Models that -m names are taken instead of the manifest's. Returns
    0 when nothing differs.
    """
    then = manifest.read(options.again)
    options.photos = [_photo(then, options.again, options.photos)]
    options.models = options.models or [*then["models"]]
    options.precision = then["settings"]["precision"]
    options.measures = tuple(then["settings"].get("measures", ()))
    folders = segment(options)
    if not folders:
        return SOMETHING_LEFT_OUT
    now = manifest.read(folders[0] / manifest.NAME)
    print("\n".join(manifest.verdict(then, now)))
    return SOMETHING_LEFT_OUT if manifest.differing(then, now) else 0


def _photo(then: manifest.Json, path: Path, given: Sequence[Path]) -> Path:
    """The photo of then among the files given. Raises ManifestError."""
    name, digest = then["photo"]["name"], then["photo"]["sha256"]
    if digest is None:
        raise ManifestError(f"{path.name} does not say of which file it is, so it cannot be run again.")
    for photo in given:
        try:
            if sha256(photo.read_bytes()).hexdigest() == digest:
                return photo
        except OSError:
            continue
    raise ManifestError(
        f"{path.name} is of {name} (SHA-256 {digest[:12]}...), which is not among the photos given; give that file."
    )
