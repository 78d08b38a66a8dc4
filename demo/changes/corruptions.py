"""The corruptions of ImageNet-C (Hendrycks and Dietterich, ICLR 2019), each at severities 1 to 5.

Five are our own, by the parameters that the authors published; they are held to the package `imagecorruptions` by a
test. The others are that package's, where requirements-stress.txt is installed.
"""

from __future__ import annotations

import contextlib
import io
import threading
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from demo.changes import pixels
from demo.errors import ChangeError
from demo.schema import Image

SEVERITIES = (1, 2, 3, 4, 5)
AS_IT_IS = "as it is"
"""The photo without a corruption: severity 0."""
OWN: dict[str, tuple[Callable[[Image, float, int], Image], tuple[float, ...]]] = {
    "gaussian_noise": (pixels.noisy, (0.08, 0.12, 0.18, 0.26, 0.38)),
    "gaussian_blur": (pixels.blurred, (1, 2, 3, 4, 6)),
    "brightness": (pixels.brightened, (0.1, 0.2, 0.3, 0.4, 0.5)),
    "contrast": (pixels.contrasted, (0.4, 0.3, 0.2, 0.1, 0.05)),
    "jpeg_compression": (pixels.compressed, (25, 18, 15, 10, 7)),
}
"""By name: how it is made, and with what at each severity. Gaussian blur is one of ImageNet-C's four extra ones."""
PACKAGED = (
    "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "snow", "frost", "fog",
    "elastic_transform", "pixelate", "speckle_noise", "spatter", "saturate",
)  # fmt: skip
"""Those of the package, by its names."""
NAMES = (*OWN, *PACKAGED)
LEAST_SIDE = 32
"""Of a photo that the package takes, in pixels."""
SEEDED = ("glass_blur", "impulse_noise")
"""The package's corruptions that are told their seed; the others draw from numpy's own state."""

_drawing = threading.Lock()


def chosen(kinds: Sequence[str], severities: Sequence[int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The kinds and severities that somebody names, each once and in order. Raises ChangeError."""
    if unknown := [kind for kind in kinds if kind not in NAMES]:
        raise ChangeError(f"There is no corruption called {unknown[0]!r}; there are {', '.join(NAMES)}.")
    if wrong := [severity for severity in severities if severity not in SEVERITIES]:
        raise ChangeError(f"A severity must be 1, 2, 3, 4 or 5, but got {wrong[0]!r}.")
    if not kinds or not severities:
        raise ChangeError("A stress ladder wants at least one corruption and one severity, but got none.")
    if any(kind in PACKAGED for kind in kinds):
        _package(next(kind for kind in kinds if kind in PACKAGED))
    return tuple(dict.fromkeys(kinds)), tuple(sorted(set(severities)))


def corrupted(image: Image, kind: str, severity: int, seed: int = 0) -> Image:
    """The photo (H, W, 3) with a corruption of NAMES; what is random in it depends on the seed alone.

    Raises ChangeError where the package that has it is not installed, or cannot take so small a photo.
    """
    own = zlib.crc32(f"{kind} {severity} {seed}".encode())
    if kind in OWN:
        change, amounts = OWN[kind]
        return change(image, amounts[severity - 1], own)
    corrupt = _package(kind)
    if min(image.shape[:2]) < LEAST_SIDE:
        height, width = image.shape[:2]
        raise ChangeError(
            f"{kind} wants a photo of {LEAST_SIDE} x {LEAST_SIDE} pixels or more, but got {width} x {height}."
        )
    seeded = {"seed": own} if kind in SEEDED else {}
    with _drawing, contextlib.redirect_stdout(io.StringIO()):  # it prints where it mends a size by itself
        before = np.random.get_state()
        np.random.seed(own)
        try:
            return np.ascontiguousarray(corrupt(image, severity=severity, corruption_name=kind, **seeded))
        finally:
            np.random.set_state(before)


def _package(kind: str) -> Callable[..., Image]:
    try:
        from imagecorruptions import corrupt
    except ImportError as error:
        raise ChangeError(
            f"{kind} is a corruption of the package imagecorruptions-imaug, which is not installed: "
            f"pip install -r requirements-stress.txt, or take some of {', '.join(OWN)}."
        ) from error
    return corrupt
