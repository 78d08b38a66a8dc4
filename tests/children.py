"""What tests let a process of its own do, through `benchmarks.measure.in_child`; light, for it is imported there."""

from __future__ import annotations

import os
import signal

import numpy as np

from benchmarks.measure import Json, peak_memory

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
