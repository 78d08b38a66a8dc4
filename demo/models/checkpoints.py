"""Checkpoint files on disk: where one is, whether its bytes are right, its tensors, loaded without running any code.

NVIDIA's own SegFormer weights, as the Hugging Face Hub has them, stand in for segformer-b0 to -b5: put the repository's
folder (`segformer-b4-finetuned-ade-512-512/pytorch_model.bin`) or the file alone, renamed after the folder or after the
model (`segformer-b4.bin`), where checkpoints are searched. The catalogue's own file is preferred where both are there.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.catalog import ROOT
from demo.errors import BackendError, CorruptCheckpointError
from demo.models.conversion import stand_ins
from demo.models.download import Progress as Progress
from demo.models.download import fetch as fetch
from demo.models.hashes import agrees, is_web_page, sha256_of
from demo.models.pins import note_of, pinned
from demo.names import readable
from demo.schema import Weights

if TYPE_CHECKING:
    from torch import Tensor

_Maker = Callable[..., Any]

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


def load_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, on the CPU; no code that a file may carry is ever run.

    Takes a state dict, bare or under "state_dict" or "model"; a "module." in front is dropped. Raises
    CorruptCheckpointError for anything else, BackendError for .safetensors without that package.
    """
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_pickle(path)
    return _tensors(content, path)


def _with_children(folder: Path) -> Iterator[Path]:
    yield folder
    with suppress(OSError):
        yield from sorted(child for child in folder.iterdir() if child.is_dir())


def _read_safetensors(path: Path) -> Mapping[str, object]:
    if find_spec("safetensors") is None:
        raise BackendError(
            f"{path.name} needs the package safetensors: pip install safetensors, "
            "or use the .bin file of the same weights."
        )
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise CorruptCheckpointError(f"{path.name} is not a safetensors file ({error}).{_advice(path)}") from error


def _read_pickle(path: Path) -> object:
    import torch

    allowed = _harmless()
    try:
        with torch.serialization.safe_globals(allowed), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickle protocols: what cannot be read is an error anyway
            mapped = zipfile.is_zipfile(path) and readable(str(path)) == str(path)  # torch maps names of UTF-8 only
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except Exception as error:  # torch raises whatever its parsers trip over
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> CorruptCheckpointError:
    if refused := re.search(r"GLOBAL ([\w.]+)", str(error)):
        return CorruptCheckpointError(
            f"{path.name} was refused: loading it would run {refused[1]}, which weights do not need. "
            "Nothing in it was run. Use a file from a source that you trust, holding tensors only."
        )
    reason = str(error).rpartition("WeightsUnpickler error: ")[2].split("\n")[0].split(". ")[0]
    if not path.stat().st_size:
        reason = "it is empty"
    elif _starts_as_zip(path) and not zipfile.is_zipfile(path):
        reason = "its end is missing"
    elif not reason or reason.startswith("Weights only"):
        reason = "it is no file of tensors"
    return CorruptCheckpointError(f"{path.name} is not a PyTorch checkpoint ({reason}).{_advice(path)}")


def _starts_as_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"PK"


def _harmless() -> list[_Maker | tuple[_Maker, str]]:
    """What training leaves beside tensors: numpy scalars and arrays, and MMEngine's loss curves, which are dropped."""
    import numpy as np
    from numpy._core import multiarray

    makers = [getattr(multiarray, name) for name in ("scalar", "_reconstruct")]
    names = [(maker, f"numpy.{core}.multiarray.{maker.__name__}") for maker in makers for core in ("core", "_core")]
    dtypes = [dtype for dtype in vars(np.dtypes).values() if isinstance(dtype, type)]
    curves: list[tuple[_Maker, str]] = [
        (_Dropped, "mmengine.logging.history_buffer.HistoryBuffer"),
        (_no_method, "builtins.getattr"),
    ]
    return [*names, *dtypes, np.dtype, np.ndarray, *curves]


class _Dropped:
    """Stands for an object of no interest; whatever state it is given is let go."""

    def __setstate__(self, state: object) -> None:
        pass


def _no_method(*_: object) -> None:
    """Stands for the getattr by which a loss curve names its own methods: nothing is looked up."""


def _advice(path: Path) -> str:
    return " It is a web page: the source answered with one." if is_web_page(path) else " Fetch it again."


def _tensors(content: object, path: Path) -> dict[str, Tensor]:
    import torch

    state = content.get("state_dict", content.get("model", content)) if isinstance(content, Mapping) else None
    if (
        not isinstance(state, Mapping)
        or not state
        or not all(isinstance(value, torch.Tensor) for value in state.values())
    ):
        raise CorruptCheckpointError(
            f"{path.name} holds no state dict: wanted names with tensors, or those under 'state_dict' or 'model', "
            f"got {_describe(content)}."
        )
    return {str(key).removeprefix("module."): value for key, value in state.items()}


def _describe(content: object) -> str:
    if not isinstance(content, Mapping):
        return f"a {type(content).__name__}"
    return "a dict of " + (", ".join(str(key) for key in list(content)[:5]) or "nothing")
