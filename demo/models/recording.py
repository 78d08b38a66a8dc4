"""What autograd keeps for a gradient, held to the memory that there is, and given up as soon as nobody waits for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from demo.errors import BackendError

SAFE_SHARE = 0.7
"""Of the memory that is free: a pass back needs some beside what the pass forward kept."""


class StoppedError(Exception):
    """Nobody waits for this any more."""


@contextmanager
def recording(network: nn.Module, stopped: Callable[[], bool], most: int | None = None) -> Iterator[None]:
    """Inside, what autograd keeps is counted as it is kept, but for the network's weights.

    Raises BackendError before it takes more than `most` bytes (by default 70 % of what is free), and StoppedError,
    between any two layers and in both directions, once `stopped` says so.
    """
    weights = {tensor.untyped_storage().data_ptr() for tensor in network.state_dict().values()}
    device = next((tensor.device for tensor in network.state_dict().values()), torch.device("cpu"))
    limit = int(SAFE_SHARE * free_memory(device)) if most is None else most
    kept: dict[int, int] = {}
    total = 0

    def keep(tensor: Tensor) -> Tensor:
        nonlocal total
        if stopped():
            raise StoppedError
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if place not in weights and kept.get(place, 0) < size:
            total += size - kept.get(place, 0)
            kept[place] = size
        if total > limit:
            raise BackendError(
                f"Cannot say: the gradient would keep more than the {limit / 1e9:.1f} GB of memory that can be spared "
                "here. Close what else runs, or ask for a smaller network."
            )
        return tensor.detach()  # an output that held its own graph would never be let go

    def give(tensor: Tensor) -> Tensor:
        if stopped():
            raise StoppedError
        return tensor

    with torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(keep, give):
        yield


def free_memory(device: torch.device) -> int:
    """Bytes that can be taken on a device without taking them from anybody."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2)
