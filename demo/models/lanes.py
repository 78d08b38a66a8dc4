"""Several photos through one network at once, a share of the processor's cores each.

One photo on all cores leaves them waiting for each other between any two layers; networks as small as the compact ones
spend more on that than on computing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Found = TypeVar("Found")

MOST = 4
"""Each lane takes a network's working memory anew."""


def lanes() -> int:
    """How many photos are worth computing at once: one a core, MOST at most."""
    return min(torch.get_num_threads(), MOST)


def side_by_side(work: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
    """What `work` finds of each of at most `lanes()` items, all at once. What it raises comes out of here.

    Threads that PyTorch meets for the first time meanwhile compute on a lane's share of the cores too.
    """
    threads = torch.get_num_threads()
    if threads < 2:
        return [work(item) for item in items]
    try:
        with ThreadPoolExecutor(len(items), "lane", torch.set_num_threads, (max(1, threads // lanes()),)) as pool:
            return [*pool.map(work, items)]
    finally:
        torch.set_num_threads(threads)
