"""The tensors of a checkpoint file, loaded without running any code that it may carry."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from demo.errors import BackendError, CorruptCheckpointError
from demo.models.checkpoints.hashes import is_web_page
from demo.names import in_utf8, readable

if TYPE_CHECKING:
    from torch import Tensor

_Maker = Callable[..., Any]


def load_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, on the CPU; no code that a file may carry is ever run.

    Takes a state dict, bare, under "state_dict" or "model", or the only one under other names; what wrappers put in
    front of every name, such as "module.", is dropped. Raises CorruptCheckpointError for anything else, BackendError
    for safetensors without that package.
    """
    content = _read_safetensors(path) if _is_safetensors(path) else _read_pickle(path)
    return _tensors(content, path)


def _is_safetensors(path: Path) -> bool:
    """By its name, or by what it is: eight bytes of a length, and JSON."""
    with path.open("rb") as file:
        return path.suffix == ".safetensors" or file.read(9)[8:] == b"{"


def check_finite(state: Mapping[str, Tensor], checkpoint: Path) -> None:
    """Raises CorruptCheckpointError for a weight that is no number: it makes every score none."""
    for key, stored in state.items():
        tensor = stored.float() if stored.itemsize == 1 else stored  # nothing is computed at float8
        if tensor.is_floating_point() and not tensor.sum().isfinite():  # a sum may also overflow
            wrong = int((~tensor.isfinite()).sum())
            if wrong:
                raise CorruptCheckpointError(
                    f"{checkpoint.name} should hold finite numbers, but {wrong:,} of {tensor.numel():,} in {key} are "
                    "nan or infinite: its training went astray, or the file is damaged. Use an earlier checkpoint, or "
                    "get the file again."
                )


def _read_safetensors(path: Path) -> Mapping[str, object]:
    if find_spec("safetensors") is None:
        raise BackendError(
            f"{path.name} needs the package safetensors: pip install safetensors, "
            "or use the .bin file of the same weights."
        )
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with in_utf8(path) as place:
            return load_file(place)
    except (SafetensorError, OSError) as error:
        if _starts_with(path, b"PK"):
            raise CorruptCheckpointError(
                f"{path.name} is a PyTorch checkpoint and no safetensors file; rename it to {path.stem}.pth."
            ) from error
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
    elif _starts_with(path, b"version https://git-lfs"):
        return CorruptCheckpointError(
            f"{path.name} is no checkpoint, but what Git LFS leaves in its place; get it with: git lfs pull"
        )
    elif _starts_with(path, b"PK") and not zipfile.is_zipfile(path):
        reason = "its end is missing"
    elif "TorchScript" in reason:
        return CorruptCheckpointError(
            f"{path.name} is a TorchScript program, and weights were wanted, which hold tensors only. Nothing in it was "
            "run. Save its state_dict() where you trust it, and give that file."
        )
    elif " " not in reason or reason.startswith(("Weights only", "[enforce", "unpack")):  # the number of a byte, say
        reason = "it is no file of tensors"
    return CorruptCheckpointError(f"{path.name} is not a PyTorch checkpoint ({reason}).{_advice(path)}")


def _starts_with(path: Path, head: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(head)) == head


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
    page = " It is a web page: the source answered with one. Fetch it from another."
    return page if is_web_page(path) else " Fetch it again."


_WRAPPERS: Final = ("module.", "model.", "net.", "network.", "segmentor.", "_orig_mod.", "_forward_module.")
"""What PyTorch's parallel and compiled modules, Lightning and DeepSpeed put in front of every name, or people do."""


def _tensors(content: object, path: Path) -> dict[str, Tensor]:
    state = _state(content)
    if state is None:
        raise CorruptCheckpointError(
            f"{path.name} holds no state dict: wanted names with tensors, or those under 'state_dict' or 'model', "
            f"got {_describe(content)}. Save the network's state_dict() alone, and give that file."
        )
    return _unwrapped({str(key).removeprefix("module."): value for key, value in state.items()})


def _state(content: object) -> Mapping[object, Tensor] | None:
    """Names with tensors: the content itself, or what it holds under the usual names, or the only such under others."""
    import torch

    if not isinstance(content, Mapping) or not content:
        return None
    if all(isinstance(value, torch.Tensor) for value in content.values()):
        return content
    for key in ("state_dict", "model"):
        if key in content:
            return _state(content[key])
    found = [state for state in map(_state, content.values()) if state is not None]
    return found[0] if len(found) == 1 else None


def _unwrapped(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without what wrappers put in front of every name."""
    for wrapper in _WRAPPERS:
        if all(key.startswith(wrapper) for key in state):
            return _unwrapped({key.removeprefix(wrapper): value for key, value in state.items()})
    return state


def _describe(content: object) -> str:
    import torch

    if not isinstance(content, Mapping):
        return f"a {type(content).__name__}"
    for inner in (content.get(key) for key in ("state_dict", "model")):
        if isinstance(inner, Mapping) and any(isinstance(value, torch.Tensor) for value in inner.values()):
            return f"there {_describe(inner)}"
    others = [(key, value) for key, value in content.items() if not isinstance(value, torch.Tensor)]
    if others and len(others) < len(content):
        key, value = others[0]
        return f"tensors beside {key} of type {type(value).__name__}"
    return "a dict of " + (", ".join(str(key) for key in list(content)[:5]) or "nothing")
