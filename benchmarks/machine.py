"""The machine that a result belongs to, in the words of the table's header."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

from benchmarks.measure import Json, main_memory

PACKAGES = ("torch", "onedl-mmsegmentation", "gradio", "numpy", "numba")
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


def describe() -> Json:
    """Processor, cores, memory, the instructions that matter, GPU, versions."""
    import torch

    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(main_memory() / 1e9, 1),
        "instructions": [flag for flag in FLAGS if flag in _flags()],
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def slug(machine: Json) -> str:
    """A file name: "amd-epyc-2-cores-avx2"; machines of one name and other instructions are other machines."""
    words = (
        f"{machine['processor']} {machine['cores']} cores {' '.join(machine['instructions'])} {machine['gpu'] or ''}"
    )
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def load() -> float:
    """Processes that wanted a core in the last minute, on average: near 0 on a quiet machine."""
    return round(os.getloadavg()[0], 2)


def processor() -> str:
    """The model's name as the system gives it, without trademark signs and clock."""
    return re.sub(r"\((R|TM)\)|@.*| CPU| Processor", "", _field("model name") or platform.processor()).strip()


def _flags() -> list[str]:
    return _field("flags").split()


def _field(name: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), "")
