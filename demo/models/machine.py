"""What this machine offers to a network: its devices, cores and memory."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

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


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
