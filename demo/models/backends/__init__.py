"""The backends: each builds networks of one library; which one a model needs, its row says.

A backend is a module in this folder with a function `load`, as `Backend` has it, and nothing else need know of it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from demo.models.network import Network
from demo.schema import ModelSpec, Precision


class Backend(Protocol):
    """What a module of this folder offers."""

    def load(self, spec: ModelSpec, files: Path, device: str, precision: Precision) -> Network:
        """The model of `spec` with the weights of `files` (one file, or a folder of them), ready to answer on `device`.

        Raises CorruptCheckpointError when the weights are damaged or do not fit the network, BackendError when the
        network cannot be built here.
        """


def backend(name: str) -> Backend:
    """The backend of that name; its library is imported now, and not before."""
    return cast(Backend, import_module(f"{__name__}.{name}"))
