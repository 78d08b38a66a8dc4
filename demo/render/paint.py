"""Arrays to pictures: label maps in their classes' colours, alone or over the photo, and fields on a fixed scale."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from demo.labels.palette import cielab
from demo.schema import VOID, Field, Image, LabelMap

Scheme: TypeAlias = Literal["colour", "article"]
"""How a number is shown: "colour" runs from near black over violet and orange to pale yellow, "article" from black to
white as in the article's figures. High is bright in both."""

VOID_COLOUR: Final = (0, 0, 0)


def colourise(label_map: LabelMap, palette: NDArray[np.uint8]) -> Image:
    """The label map in the colours of a (C, 3) palette; void is black."""
    table = np.full((256, 3), VOID_COLOUR, np.uint8)
    table[: len(palette)] = palette
    return _look_up(label_map, table)


def overlay(image: Image, label_map: LabelMap, palette: NDArray[np.uint8], opacity: float = 0.6) -> Image:
    """The photo with its label map's colours over it: opacity 0 is the photo, 1 the colours. Void shows the photo."""
    if image.shape[:2] != label_map.shape:
        raise ValueError(f"image and label_map must have one size, but got {image.shape[:2]} and {label_map.shape}")
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity must be 0..1, but got {opacity}")
    mixed = cv2.addWeighted(image, 1 - opacity, colourise(label_map, palette), opacity, 0)
    void = label_map == VOID
    if void.any():
        mixed[void] = image[void]
    return np.asarray(mixed, np.uint8)


def scalar(field: Field, maximum: float, scheme: Scheme = "colour") -> Image:
    """A field in colours on the fixed scale 0..maximum, whatever the largest value in it; beyond the ends it is cut.

    The colour bar is `scalar(np.linspace(0, maximum, n)[None], maximum, scheme)`.
    """
    return _look_up(_steps(field, maximum), colour_table(scheme))


def heat(image: Image, places: Field) -> Image:
    """A field of places 0..1 on a scale, of any size, over the photo without its colours: the lowest is see-through."""
    grown = cv2.resize(places, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.float32)
    opacity = np.where(grown > 0, np.minimum(1, 0.25 + 1.275 * grown) * 0.9, 0)[..., None]
    return np.rint(grey * (1 - opacity) + scalar(grown, 1).astype(np.float32) * opacity).astype(np.uint8)


def _look_up(indices: NDArray[np.uint8], table: NDArray[np.uint8]) -> Image:
    """table[indices], several times faster than numpy does it."""
    return np.asarray(cv2.LUT(cv2.merge([np.ascontiguousarray(indices)] * 3), table[np.newaxis]), np.uint8)


def _steps(field: Field, maximum: float) -> NDArray[np.uint8]:
    if not maximum > 0:
        raise ValueError(f"maximum must be above 0, but got {maximum}")
    scaled = np.multiply(field, np.float32(255 / maximum), dtype=np.float32)
    if np.isnan(scaled).any():
        raise ValueError("field must hold numbers only, but has nan")
    return np.rint(np.clip(scaled, 0, 255, out=scaled), out=scaled).astype(np.uint8)


@lru_cache(maxsize=2)
def colour_table(scheme: Scheme = "colour") -> NDArray[np.uint8]:
    """The 256 colours of a scheme, (256, 3) RGB, lowest first, read-only.

    Lightness rises all the way, so the order survives in grey and for colour-blind readers; neighbours differ by equal
    steps in CIELAB.
    """
    table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1) if scheme == "article" else _ember()
    table.flags.writeable = False
    return table


def _ember() -> NDArray[np.uint8]:
    """A path through OKLCh that stays inside sRGB, nearly grey at its ends, walked at even speed in CIELAB."""
    t = np.linspace(0, 1, 2048)
    lightness = 0.16 + 0.82 * t
    hue = np.radians(282 + 185 * t)
    chroma = 0.02 + 0.15 * np.sin(np.pi * t) ** 0.9
    path = _oklch_to_rgb(lightness, chroma, hue)
    lab = cielab(path * 255)
    walked = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    even = np.interp(np.linspace(0, walked[-1], 256), walked, t)
    return np.stack([np.rint(np.interp(even, t, path[:, i]) * 255) for i in range(3)], axis=-1).astype(np.uint8)


def _oklch_to_rgb(
    lightness: NDArray[np.float64], chroma: NDArray[np.float64], hue: NDArray[np.float64]
) -> NDArray[np.float64]:
    """sRGB 0..1 of colours that lie inside it (Ottosson 2020, "A perceptual color space for image processing")."""
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1)
    linear = (lab @ _OKLAB_TO_CONES.T) ** 3 @ _CONES_TO_LINEAR.T
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


_OKLAB_TO_CONES: Final = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]]
)
_CONES_TO_LINEAR: Final = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
