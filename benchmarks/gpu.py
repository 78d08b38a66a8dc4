"""The five paper networks on one 512 x 683 photo on a GPU; without one it says that nothing was measured."""

from __future__ import annotations

import torch

from benchmarks.inference import measure_set
from benchmarks.measure import Json, in_child

UNMEASURED = "unmeasured: no GPU here"
PUBLISHED_FPS = {
    "fcn-r101": 14.78,
    "pspnet-r101": 15.3,
    "deeplabv3plus-r101": 14.16,
    "setr-naive-vit-l": 4.72,
    "segformer-b4": 15.45,
}
"""Photos a second of the article's Table 1, on its authors' GPU."""


def measure(quick: bool) -> Json:
    if not torch.cuda.is_available():
        return {"failed": UNMEASURED, "published_fps": PUBLISHED_FPS}
    return in_child("benchmarks.gpu:on_cuda", quick=quick)


def on_cuda(quick: bool) -> Json:
    """As `inference`, and photos a second of each network beside the article's."""
    report = measure_set("compact" if quick else "paper", quick, "cuda")
    by_model = report["640x480"]["models"]
    report["fps"] = {
        model: {way: round(1 / seconds, 2) for way, seconds in ways.items()} for model, ways in by_model.items()
    }
    return report | {"published_fps": PUBLISHED_FPS}
