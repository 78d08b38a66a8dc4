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
_PALETTE, _RGB, _CMYK, _YCBCR = 3, 2, 5, 6
_PLANES: Final = 2
_COLOURS: Final = {0: 1, 1: 1, _RGB: 3, _PALETTE: 1, _CMYK: 4, _YCBCR: 3, 8: 3}
"""Channels by TIFF's photometric interpretation: grey, grey, RGB, palette, CMYK, YCbCr, CIELAB."""
_WORDS: Final = {
    _PALETTE: ", of a palette",
    _CMYK: ", of inks",
    _YCBCR: ", of YCbCr",
    8: ", of CIELAB",
    9: ", of ICCLAB",
}
_RAW: Final = (32803, 34892)
"""What a camera's sensor saw, and what was made of it linearly (DNG 1.7)."""
_PACKINGS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000)
"""None, CCITT's three, LZW, JPEG's two, Deflate's two, PackBits, LZMA and Zstandard."""


@dataclass(frozen=True)
class Tiff:
    """What the tags of a TIFF's first page say of its numbers (TIFF 6.0)."""

    bits: int
    signs: int
    """SampleFormat: 1 unsigned, 2 signed, 3 fractions, 4 undefined, 5 and 6 complex."""
    bands: int
    photometric: int
    planes: bool
    packing: int
    """Compression: 1 for none."""
    reversed: bool
    """Whether the bits of each byte are stored in reverse."""
    preview: bool
    """Whether it is a small copy, or the mask, of another page."""
    inks: bool
    """Whether its bands are inks other than cyan, magenta, yellow and black."""
    dark_palette: bool
    """Whether its palette has the numbers 0 to 255 where 0 to 65535 are the scale."""

    def __str__(self) -> str:
        if self.photometric in _RAW or self.preview:
            return "a TIFF whose first page is a preview, a mask or a sensor's raw values, as of a camera's raw file"
        number = {1: "whole numbers", 2: "signed numbers", 3: "fractions", 4: "numbers of no told kind"}
        bands = f"{self.bands} bands" if self.bands > 1 else "one band"
        apart = " in separate planes" if self.planes and self.bands > 1 else ""
        kind = f"{number.get(self.signs, 'complex numbers')} of {self.bits} bits"
        more = _WORDS.get(self.photometric, "")
        packed = "" if self.packing in _PACKINGS else f", packed as no reader here knows (compression {self.packing})"
        return f"a TIFF of {bands}{apart}, {kind}{more}{packed}"


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
            max(bits),
            max(signs),
            max(tags.get(277, 1), len(bits)),
            tags.get(PHOTOMETRIC, 0),
            tags.get(284, 1) == _PLANES,
            tags.get(259, 1),
            tags.get(266, 1) == 2,
            bool(tags.get(254, 0) & 5),
            tags.get(332, 1) != 1,
            tags.get(PHOTOMETRIC) == _PALETTE and 0 < max(tags.get(320, (0,))) < 256,
        )
    return None


def misread(tiff: Tiff | None) -> Tiff | None:
    """Kinds of TIFF that Pillow reads without a word, and wrongly."""
    if tiff is None:
        return None
    apart = tiff.planes and tiff.bands > 1
    planes = apart and tiff.bits == 16 and tiff.packing == 1  # it takes them for 8 bits
    first = apart and tiff.photometric not in (_RGB, _CMYK)  # and reads one plane, or takes all for red, green, blue
    signed = tiff.signs == 2 and tiff.bits <= 16  # it takes these for unsigned
    short = tiff.bits == 12 and tiff.packing == 1  # and these for 16 bits
    thinned = tiff.photometric == _YCBCR and tiff.packing == 1  # and these for a colour a pixel
    inks = tiff.photometric == _CMYK and tiff.inks
    wrong = planes or first or signed or short or thinned or inks or tiff.preview or tiff.dark_palette
    return tiff if wrong else None


def unusual(tiff: Tiff | None) -> Tiff | None:
    """Kinds of TIFF that no photo has: where one cannot be read, this is why, and no damage."""
    if tiff is None:
        return None
    colours = _COLOURS.get(tiff.photometric, 0)
    usual = tiff.signs == 1 and tiff.bits in (1, 2, 4, 8, 16) and tiff.bands in (colours, 1)
    inverted = tiff.photometric == WHITE_IS_ZERO and (tiff.bits == 16 or (tiff.bits == 8 and tiff.reversed))
    return None if usual and not inverted and tiff.packing in _PACKINGS else tiff
