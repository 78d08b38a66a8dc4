"""Checkpoint files on disk: where one is, and whether its bytes are right.

NVIDIA's own SegFormer weights, as the Hugging Face Hub has them, stand in for segformer-b0 to -b5: put the repository's
folder (`segformer-b4-finetuned-ade-512-512/pytorch_model.bin`) or the file alone, renamed after the folder or after the
model (`segformer-b4.bin`), where checkpoints are searched. The catalogue's own file is preferred where both are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from demo.catalog import ROOT
from demo.errors import CorruptCheckpointError
from demo.models.checkpoints.conversion import stand_ins
from demo.models.checkpoints.hashes import agrees, is_web_page, sha256_of
from demo.models.checkpoints.pins import note_of, pinned
from demo.schema import Weights

CHECKPOINTS = ROOT / "checkpoints"
"""Searched after the folders that somebody names; fetched files go here."""


def locate(weights: Weights, folders: Sequence[Path] = ()) -> Path | None:
    """Where the file is: in the given folders, then in checkpoints/, each with the folders right inside it; or None."""
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
    digest, known = sha256_of(path), pinned(weights, path.parent).sha256
    if path.name == Path(weights.file).name and not agrees(digest, known):
        what = "is a web page" if is_web_page(path) else "is damaged or another file"
        raise CorruptCheckpointError(
            f"{path} {what}: its SHA-256 should begin {known[:16]}, but it is {digest[:16]}... {_remedy(path, weights)}"
        )
    return digest


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
