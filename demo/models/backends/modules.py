"""What every backend does with a torch module: count its weights, fill it without noise, compute in a precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from demo.errors import BackendError, ClassSetError
from demo.schema import MOST_CLASSES, Precision, Size

MOST_SIDE = 8192
"""Pixels to which a side of a photo may be enlarged for a network: four times what any known one takes."""
MOST_PIXELS = 40_000_000
"""And pixels in all, as of the largest photo that is read without being told otherwise."""


def one_score(name: str) -> ClassSetError:
    """What is to be said of a head that gives a pixel one score: a sigmoid of one class, and no other to compare."""
    return ClassSetError(
        f"Wanted scores for 2 to {MOST_CLASSES} classes, got {name} with one score a pixel, as for a sigmoid. "
        "Train it with two classes, one of them the background."
    )


def check_input(size: Size, photo: Size, what: str) -> None:
    """An image (height, width) for a network, made of `photo`, is refused before it is made where it knows no bounds.

    A photo at its own size always passes. Raises BackendError: memory that is not there would end the whole process.
    """
    height, width = size
    if max(size) > max(MOST_SIDE, *photo) or height * width > max(MOST_PIXELS, photo[0] * photo[1]):
        raise BackendError(
            f"{what} should make an image of at most {MOST_SIDE} pixels a side and {MOST_PIXELS / 1e6:.0f} megapixels, "
            f"but makes one of {width} x {height} of a photo of {photo[1]} x {photo[0]}. Correct its size."
        )


@contextmanager
def arithmetic(device: torch.device, precision: Precision) -> Iterator[None]:
    """Exact: float32 without TF32. Fast: bfloat16."""
    fast = precision == "fast"
    with (
        torch.backends.cudnn.flags(enabled=True, allow_tf32=fast),
        torch.autocast(device.type, torch.bfloat16, enabled=fast),
    ):
        yield


def parameters_of(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def bytes_of(network: nn.Module) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values())


@contextmanager
def without_random_init() -> Iterator[None]:
    """Weights are about to be overwritten: filling 300 million of them with noise first takes seconds."""
    with _SkipNoise():
        yield


class _SkipNoise(torch.overrides.TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]  # as torch has it
        if getattr(func, "__name__", "") in ("uniform_", "normal_", "trunc_normal_", "kaiming_uniform_"):
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))
