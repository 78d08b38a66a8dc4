"""Which kind of TIFF a file is, by its tags: the kinds that are no photo, and those that are read wrongly."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import TiffImagePlugin

PHOTOMETRIC: Final = 262
WHITE_IS_ZERO: Final = 0
_PLANES: Final = 2
_COLOURS: Final = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3}
"""Channels by TIFF's photometric interpretation: grey, grey, RGB, palette, CMYK, YCbCr, CIELAB."""


@dataclass(frozen=True)
class Tiff:
    """What the tags of a TIFF's first page say of its numbers (TIFF 6.0)."""

    bits: int
    signs: int
    """SampleFormat: 1 unsigned, 2 signed, 3 fractions, 5 and 6 complex."""
    bands: int
    photometric: int
    planes: bool
    packed: bool

    def __str__(self) -> str:
        number = {1: "whole numbers", 2: "signed numbers", 3: "fractions"}.get(self.signs, "complex numbers")
        bands = f"{self.bands} bands" if self.bands > 1 else "one band"
        apart = " in separate planes" if self.planes and self.bands > 1 else ""
        return f"a TIFF of {bands}{apart}, {number} of {self.bits} bits"


def tiff_kind(data: bytes) -> Tiff | None:
    """None for another format, or where the tags are damaged."""
    if not data.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")):
        return None
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cut files, which reading tells
        tags = TiffImagePlugin.ImageFileDirectory_v2(data[: 16 if b"+" in data[:4] else 8])
        stream = BytesIO(data)
        stream.seek(tags.next)
        tags.load(stream)
        bits, signs = tags.get(258, (1,)), tags.get(339, (1,))
        return Tiff(
            max(bits), max(signs), tags.get(277, 1), tags.get(PHOTOMETRIC, 0), tags.get(284, 1) == _PLANES,
            tags.get(259, 1) != 1,
        )  # fmt: skip
    return None


def misread(tiff: Tiff | None) -> Tiff | None:
    """Kinds of TIFF that Pillow reads without a word, and wrongly."""
    if tiff is None:
        return None
    planes = tiff.planes and tiff.bands > 1 and tiff.bits == 16 and not tiff.packed  # it takes them for 8 bits
    signed = tiff.signs == 2 and tiff.bits == 8  # and these for unsigned
    return tiff if planes or signed else None


def unusual(tiff: Tiff | None) -> Tiff | None:
    """Kinds of TIFF that no photo has: where one cannot be read, this is why, and no damage."""
    if tiff is None:
        return None
    colours = _COLOURS.get(tiff.photometric, tiff.bands)
    usual = tiff.signs == 1 and tiff.bits in (1, 2, 4, 8, 16) and tiff.bands in (colours, 1)
    inverted = tiff.photometric == WHITE_IS_ZERO and tiff.bits == 16
    return None if usual and not inverted else tiff
