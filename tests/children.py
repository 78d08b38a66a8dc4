"""What tests let a process of its own do, through `benchmarks.measure.in_child`; light, for it is imported there."""

from __future__ import annotations

import os
import resource
import signal

import numpy as np

from benchmarks.measure import Json, peak_memory
from demo.models.allocator import keep_memory

BLOCK = 300 << 20


def answers(value: int) -> Json:
    return {"value": value}


def fails() -> Json:
    raise RuntimeError("no such luck")


def is_killed() -> Json:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def peak_of_a_block() -> Json:
    with peak_memory() as peak:
        np.ones(BLOCK, np.uint8).sum()
    return {"bytes": peak.bytes}


def maps_of_a_small_photo() -> Json:
    """What the benchmark of the maps finds, by kind of scores, on a photo of a quarter of a megapixel."""
    from benchmarks import maps

    maps.SIZES["small"] = (432, 576)
    return {
        kind: maps.times("small", kind, repeats=1)
        | {f"{way}_memory": maps.memory("small", kind, way) for way in ("ours", "plain")}
        for kind in ("few winners", "diffuse")
    }


def pages_of_arrays(kept: bool) -> Json:
    """How many pages the kernel brings while arrays of 20 MB come and go, as those of a network's layers do."""
    if kept:
        keep_memory()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        arrays = [letter * (20 << 20) for letter in (b"a", b"b", b"c")]  # not numpy's, which asks for larger pages
        del arrays
    return {"pages": resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before}
