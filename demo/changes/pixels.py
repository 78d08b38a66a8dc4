"""Photos made harder to read and of the same size: blur, noise, JPEG, grey, brightness, contrast.

Photo in, photo out, both (H, W, 3) RGB uint8. Colours are counted in 0..1.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.schema import Image

SEED = 0


def blurred(image: Image, sigma: float, seed: int = SEED) -> Image:
    """Gaussian blur of `sigma` pixels, cut off at four sigma; beyond the frame the outermost pixels go on."""
    return np.asarray(cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) + 0.5,
                      np.uint8)  # fmt: skip


def noisy(image: Image, sigma: float, seed: int = SEED) -> Image:
    """Gaussian noise of standard deviation `sigma` (0..1) on every colour of every pixel; one seed, one noise."""
    noise = np.random.default_rng(seed).standard_normal(image.shape, np.float32)
    return _photo(image * np.float32(1 / 255) + np.float32(sigma) * noise)


def compressed(image: Image, quality: float, seed: int = SEED) -> Image:
    """What is left after a JPEG file of `quality` 1..100."""
    _, data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, round(quality)])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[:, :, ::-1])


def grey(image: Image) -> Image:
    """Luma (ITU-R BT.601) in all three colours."""
    return np.repeat(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))[:, :, None], 3, axis=2)


def brightened(image: Image, amount: float, seed: int = SEED) -> Image:
    """The value of HSV raised by `amount` (-1..1), hue and saturation kept."""
    value = image.max(2, keepdims=True).astype(np.float32) / 255
    raised = np.clip(value + np.float32(amount), 0, 1)
    factor = np.divide(raised, value, out=np.zeros_like(value), where=value > 0)
    return _photo(np.where(value > 0, image * (factor / 255), raised))


def contrasted(image: Image, factor: float, seed: int = SEED) -> Image:
    """Each colour's distance from its mean over the photo times `factor`."""
    mean = image.mean((0, 1), dtype=np.float64).astype(np.float32)
    return _photo(((image - mean) * np.float32(factor) + mean) / 255)


def mean_colour(image: Image) -> NDArray[np.uint8]:
    """(3,) what is put where the photo has nothing to show."""
    return np.rint(image.mean((0, 1), dtype=np.float64)).astype(np.uint8)


def _photo(colours: NDArray[np.float32]) -> Image:
    return np.rint(np.clip(colours, 0, 1) * np.float32(255)).astype(np.uint8)
