"""Checkpoint files on disk: where one is, and whether its bytes are right.

NVIDIA's own SegFormer weights, as the Hugging Face Hub has them, stand in for segformer-b0 to -b5: put the repository's
folder (`segformer-b4-finetuned-ade-512-512/pytorch_model.bin`) or the file alone, renamed after the folder or after the
model (`segformer-b4.bin`), where checkpoints are searched. The catalogue's own file is preferred where both are there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from demo.catalog import ROOT
from demo.catalog.hub import hub_cache, snapshot
from demo.errors import CorruptCheckpointError
from demo.models.checkpoints.conversion import stand_ins
from demo.models.checkpoints.hashes import agrees, is_web_page, sha256_of
from demo.models.checkpoints.pins import note_of, pinned
from demo.schema import Weights

CHECKPOINTS = ROOT / "checkpoints"
"""Searched after the folders that somebody names; fetched files go here."""


def locate(weights: Weights, folders: Sequence[Path] = ()) -> Path | None:
    """Where the file is: in the given folders, then in checkpoints/, each with the folders right inside it; or None.

    Of a repository, the folder with its files: in one of the given folders, in checkpoints/ or in the Hub's own cache.
    """
    if weights.repository:
        caches = (*folders, CHECKPOINTS, hub_cache())
        return next((found for cache in caches if (found := snapshot(weights, cache))), None)
    if Path(weights.file).is_absolute():
        return Path(weights.file) if Path(weights.file).exists() else None
    places = [place for folder in (*folders, CHECKPOINTS) for place in _with_children(folder)]
    for name in (weights.file, *stand_ins(weights)):
        for place in places:
            with suppress(OSError):  # a folder that this user may not look into has no file for them
                if (place / name).is_file():
                    return place / name
    return None


def verify(path: Path, weights: Weights) -> str:
    """The file's whole SHA-256, which agrees with what is known of it: of a stand-in nothing is.

    Where no hash is published, the one noted at the first fetch counts. Raises CorruptCheckpointError otherwise.
    """
    if path.is_dir():
        return verify_folder(path)
    digest, known = sha256_of(path), pinned(weights, path.parent).sha256
    if path.name == Path(weights.file).name and not agrees(digest, known):
        what = "is a web page" if is_web_page(path) else "is damaged or another file"
        raise CorruptCheckpointError(
            f"{path} {what}: its SHA-256 should begin {known[:16]}, but it is {digest[:16]}... {_remedy(path, weights)}"
        )
    return digest


def verify_folder(folder: Path) -> str:
    """The SHA-256 of its .safetensors: of one file its own, of several that of their names and hashes in lines.

    Each agrees with the hash noted as it was fetched, or with the one that the Hub's cache names it by. Raises
    CorruptCheckpointError otherwise.
    """
    digests = {}
    for path in sorted(folder.glob("*.safetensors")):
        digest, blob = sha256_of(path), path.resolve().name
        known = pinned(Weights(path.name, ""), folder).sha256 or (blob if re.fullmatch("[0-9a-f]{64}", blob) else "")
        if not agrees(digest, known):
            raise CorruptCheckpointError(
                f"{path} is damaged: its SHA-256 should begin {known[:16]}, but it is {digest[:16]}... "
                "Delete it and fetch the model again."
            )
        digests[path.name] = digest
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    return next(iter(digests.values())) if len(digests) == 1 else hashlib.sha256(lines.encode()).hexdigest()


def _remedy(path: Path, weights: Weights) -> str:
    if Path(weights.file).is_absolute():
        return "Rename it if the digits that its name ends in are no hash; else get it again."
    if weights.sha256:
        return "Delete it and fetch it again."
    return f"Delete it and fetch it again; if it is a newer file that you trust, delete {note_of(path).name} instead."


def _with_children(folder: Path) -> Iterator[Path]:
    yield folder
    with suppress(OSError):
        yield from sorted(child for child in folder.iterdir() if child.is_dir())
