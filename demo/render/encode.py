"""Arrays to the bytes of picture files, and photos to smaller ones, for sending to a browser."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from demo.schema import Image, Size


def png(pixels: NDArray[np.uint8]) -> bytes:
    """The PNG of (H, W) grey or (H, W, 3) RGB: every value comes back as it was."""
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3):
        raise ValueError(f"pixels must be uint8 (H, W) or (H, W, 3), but got {pixels.dtype} {pixels.shape}")
    return _encoded(pixels, "PNG", compress_level=4)


def jpeg(image: Image, quality: int = 85) -> bytes:
    """The JPEG of a photo (H, W, 3): for looking at, not for numbers."""
    return _encoded(image, "JPEG", quality=quality, optimize=True)


def shrink(image: Image, size: Size) -> Image:
    """The photo (H, W, 3) at a smaller size (height, width), averaged; itself where it has that size."""
    height, width = size
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(PillowImage.fromarray(image).resize((width, height), PillowImage.Resampling.BOX))


def _encoded(pixels: NDArray[np.uint8], kind: str, **options: int | bool) -> bytes:
    stream = BytesIO()
    PillowImage.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()
