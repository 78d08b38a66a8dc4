"""Hashes that nobody published: noted when a file first came, so that later bytes are held to them.

A note is `<file>.sha256` beside the file, as `sha256sum` writes and checks it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from demo.errors import CorruptCheckpointError
from demo.models.checkpoints.hashes import sha256_of
from demo.schema import Weights


def pinned(weights: Weights, folder: Path) -> Weights:
    """The same file with the hash that is noted of it in that folder, where no other is known.

    Raises CorruptCheckpointError when the note cannot be read.
    """
    note = note_of(folder / weights.file)
    if weights.sha256 or Path(weights.file).is_absolute() or not note.exists():
        return weights
    found = re.match(r"[0-9a-f]{64}\b", note.read_text(encoding="utf-8", errors="replace"))
    if not found:
        raise CorruptCheckpointError(
            f"{note} should hold the SHA-256 of {weights.file}, but does not. "
            "Delete it; the next fetch notes the hash of the file that is there."
        )
    return replace(weights, sha256=found[0])


def pin(weights: Weights, path: Path) -> str:
    """Note the hash of a file of which none is known. The digest is returned when it is noted, else nothing is.

    Raises DemoError when the note cannot be written.
    """
    if path.name != weights.file or pinned(weights, path.parent).sha256:
        return ""
    from demo.images import write_atomic  # here, so that `python -m demo check` can say that Pillow is missing

    digest = sha256_of(path)
    write_atomic(note_of(path), f"{digest}  {path.name}\n".encode())
    return digest


def note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
