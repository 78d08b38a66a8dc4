"""Five compact networks on one photo while another process keeps a core busy: our page's process, and the peer's.

A process each, because how PyTorch's threads wait for each other is settled when it is loaded.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.measure import Json, alternate, in_child, significant

if TYPE_CHECKING:  # nothing of ours before the peer has loaded PyTorch
    from demo.schema import Image

SIZE = (480, 640)
ROUNDS, REPEATS = 3, 5


def measure(quick: bool) -> Json:
    rounds, repeats = (1, 1) if quick else (ROUNDS, REPEATS)
    found: dict[str, list[float]] = {"zoo": [], "spinning": [], "inferencer": []}
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        for _ in range(rounds):
            for name, seconds in found.items():
                answer = in_child(f"benchmarks.busy:{name}", repeats=repeats)
                if "failed" in answer:
                    return answer
                seconds.append(answer["seconds"])
    finally:
        other.kill()
        other.wait()
    return {name: {"seconds": significant(median(seconds)), "each": seconds} for name, seconds in found.items()}


def zoo(repeats: int) -> Json:
    """`import demo` comes first, as for a user."""
    import demo

    networks, image = demo.Zoo(device="cpu"), _photo()
    return _seconds(lambda: networks.segment(image, "compact"), repeats)


def spinning(repeats: int) -> Json:
    """The same where PyTorch is loaded before `demo` can set how long its threads turn in circles."""
    import torch  # noqa: F401

    return zoo(repeats)


def inferencer(repeats: int) -> Json:
    """PyTorch is loaded before anything of ours."""
    import torch  # noqa: F401

    from benchmarks.peers import Peer, subjects

    peers, image = [Peer(subject, "cpu") for subject in subjects("compact")], _photo()
    return _seconds(lambda: [peer.infer(image) for peer in peers], repeats)


def _photo() -> Image:
    from benchmarks.peers import photo

    return photo(SIZE)


def _seconds(work: Callable[[], object], repeats: int) -> Json:
    return {"seconds": alternate({"work": work}, repeats)["work"].seconds}
