"""What this machine offers to a network: its devices, cores and memory."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import torch

from demo.errors import BackendError
from demo.schema import Precision


@dataclass(frozen=True)
class Machine:
    """The facts that decide how fast the networks run."""

    gpus: tuple[str, ...]
    """Names, empty without a usable GPU."""
    cores: int
    """Processor cores that this process may use."""
    memory_gb: float
    """Main memory, in 10^9 bytes."""
    bfloat16: bool
    """Whether the default device computes in bfloat16 natively, which --precision fast uses."""


def describe_machine() -> Machine:
    """Look at this machine; takes as long as importing torch."""
    gpus = tuple(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
    native = has_bfloat16("cuda" if gpus else "cpu")
    return Machine(gpus, len(os.sched_getaffinity(0)), _memory_gb(), native)


def threads() -> int:
    """With how many threads networks compute on the processor; the environment's OMP_NUM_THREADS decides it."""
    return torch.get_num_threads()


def has_bfloat16(device: str) -> bool:
    """Whether the device computes in bfloat16 natively: a processor that does not takes many times as long for it."""
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def fastest(precision: Precision, device: str) -> Precision:
    """The precision asked for, but "exact" in place of a "fast" that would be the slower of the two."""
    return "fast" if precision == "fast" and has_bfloat16(device) else "exact"


def choose_device(device: str) -> str:
    """ "auto" becomes "cuda" where there is one, else "cpu"; a device that is not there is a BackendError."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        return device
    named = re.fullmatch(r"cuda(?::(\d+))?", device)
    if not named:
        raise BackendError(f"Wanted a device such as cpu, cuda or cuda:1, got {device!r}.")
    if not torch.cuda.is_available():
        raise BackendError(f"Wanted the device {device}, but this machine has no usable GPU. Use --device cpu.")
    if int(named[1] or 0) >= (here := torch.cuda.device_count()):
        raise BackendError(f"Wanted the device {device}, but the last GPU of this machine is cuda:{here - 1}.")
    return device


def default_budget(device: str) -> int:
    """Bytes of weights kept loaded: 60 % of the device's memory."""
    if device.startswith("cuda"):
        return int(0.6 * torch.cuda.get_device_properties(device).total_memory)
    return int(0.6 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
