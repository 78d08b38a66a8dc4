"""What a network costs: parameters, operations, memory and time at one input size."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from demo.models.allocator import give_back
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.schema import Image, Size

WARM_UP = 5
ITERATIONS = 200
"""Of MMSegmentation's tools/analysis_tools/benchmark.py: 200 photos, the first 5 not timed, then the mean."""


@dataclass(frozen=True)
class Cost:
    """Measured on one device, one photo at a time; None where it cannot be measured there."""

    parameters: int
    parameter_bytes: int
    input_size: Size
    """What the network really looked at."""
    flops: int
    """Floating-point operations of one pass; a multiply-add is two."""
    fps: float
    """Photos a second, from a photo in memory to its label map, confidence, entropy and margin."""
    network_fps: float
    """The same to the network's scores, without the maps."""
    iterations: int
    """Timed ones."""
    peak_bytes: int | None
    """Most memory in use during one answer, above what was in use before it; weights not counted."""
    backbone: str = ""
    """Its kind and depth or width, as the network's library calls it; empty where it has no part of that name."""
    output_stride: int | None = None
    """Pixels of the input, along one side, to a cell of the backbone's last features (Chen et al. 2017, DeepLab)."""


def measure_cost(
    network: Network, device: str, size: Size = (512, 512), *, iterations: int = ITERATIONS, seconds: float = 60
) -> Cost:
    """Time and count one network on a photo of `size` seen at that size.

    MMSegmentation's own protocol, save that it stops early after `seconds` (at least 3 iterations are timed), and that
    the time to make the maps is counted whole.
    """
    scores, photo = at_size(network, size), _photo(size)
    stride = _output_stride(network, lambda: scores(photo))
    for _ in range(WARM_UP):
        posterior = scores(photo)
        posterior.reduce("warm-up")
    operations = count_flops(lambda: scores(photo))
    peak = _peak(lambda: scores(photo).reduce("peak"), device)
    network_times, times = _times(scores, photo, device, max(3, iterations - WARM_UP), seconds)
    return Cost(
        network.parameters,
        network.bytes,
        posterior.seen.input_size,
        operations,
        1 / float(np.mean(times)),
        1 / float(np.mean(network_times)),
        len(times),
        peak,
        backbone_name(network),
        stride,
    )


def backbone_name(network: Network) -> str:
    """The backbone's class with its depth, or its layers and width."""
    backbone = _backbone(network)
    if backbone is None:
        return ""
    sizes = (getattr(backbone, name, None) for name in ("depth", "num_layers", "embed_dims"))
    return " ".join([type(backbone).__name__, " x ".join(str(n) for n in sizes if isinstance(n, int))]).strip()


def _backbone(network: Network) -> nn.Module | None:
    found = getattr(getattr(network.scores, "network", None), "backbone", None)
    return found if isinstance(found, nn.Module) else None


def _output_stride(network: Network, answer: Callable[[], object]) -> int | None:
    """None without a backbone, or where its answer is no list of features."""
    backbone = _backbone(network)
    if backbone is None:
        return None
    strides: list[int] = []

    def look(_: nn.Module, args: tuple[object, ...], features: object) -> None:
        last = features[-1] if isinstance(features, tuple | list) else features
        if args and isinstance(args[0], torch.Tensor) and isinstance(last, torch.Tensor) and last.ndim == 4:
            strides.append(round(args[0].shape[-2] / last.shape[-2]))

    handle = backbone.register_forward_hook(look)
    try:
        answer()
    finally:
        handle.remove()
    return strides[0] if strides else None


def count_flops(answer: Callable[[], object]) -> int:
    """Floating-point operations of one answer, as torch counts them: a multiply-add is two.

    Attention is made of separate products, because the counter does not know the kernel that does it in one.
    """
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        answer()
    return int(counter.get_total_flops())


def at_size(network: Network, size: Size) -> Callable[[Image], Posterior]:
    """The network's scores for photos whose short side it sees at `size`'s short side, where it can be told to."""
    seen = network.scores(_photo(size)).seen.input_size
    factor = min(size) / min(seen)
    return network.scores if factor == 1 or network.at_scale is None else network.at_scale(factor)


def _photo(size: Size) -> Image:
    return np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)


def _times(
    scores: Callable[[Image], Posterior], photo: Image, device: str, iterations: int, seconds: float
) -> tuple[list[float], list[float]]:
    """Seconds of each iteration to the scores, and to the maps."""
    to_scores: list[float] = []
    to_maps: list[float] = []
    began = time.perf_counter()
    while len(to_maps) < iterations and (len(to_maps) < 3 or time.perf_counter() - began < seconds):
        _wait(device)
        start = time.perf_counter()
        posterior = scores(photo)
        _wait(device)
        to_scores.append(time.perf_counter() - start)
        posterior.reduce("timed")
        to_maps.append(time.perf_counter() - start)
    return to_scores, to_maps


def _peak(answer: Callable[[], object], device: str) -> int | None:
    if device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        answer()
        _wait(device)
        return int(torch.cuda.max_memory_allocated(device) - before)
    try:
        give_back()  # else the answer hides in memory that earlier ones left behind
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak so far becomes what is in use now
    except OSError:
        return None
    before = _status("VmRSS")
    answer()
    return max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    """Bytes, from the kernel's account of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return 0


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
