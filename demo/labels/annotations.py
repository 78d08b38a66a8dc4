"""Annotation files in and out: PNGs that hold a class set's numbers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from demo.bare import PNG, bared
from demo.errors import TruthError
from demo.names import no_file
from demo.schema import VOID, ClassSet, LabelMap, Size

_MAX_PIXELS: Final = 100_000_000
_MODES: Final = {
    "RGB": "three colour channels",
    "RGBA": "colours with transparency",
    "LA": "grey with transparency",
    "L": "one grey channel",
    "P": "a palette",
    "1": "only black and white",
    "16-bit": "16 bits a channel",
}


def encode_annotation(label_map: LabelMap, class_set: ClassSet, *, palette: NDArray[np.uint8] | None = None) -> bytes:
    """The PNG of a label map in the set's own numbers (ADE20K: 0 = void, classes from 1), in colours any viewer shows.

    `palette` is (C, 3), by default the distinct one; void is black. Pixel values are exact.
    """
    if label_map.ndim != 2 or label_map.dtype != np.uint8:
        raise ValueError(f"label_map must be a 2D uint8 array, but got {label_map.dtype} {label_map.shape}")
    if not ((label_map < len(class_set)) | (label_map == VOID)).all():
        values = np.unique(label_map).tolist()
        raise ValueError(f"label_map must hold 0..{len(class_set) - 1} or {VOID}, but got {values}")
    written = np.full(256, class_set.void, np.uint8)
    written[: len(class_set)] = np.arange(len(class_set)) + class_set.offset
    colours = np.zeros((256, 3), np.uint8)
    colours[written[: len(class_set)]] = class_set.distinct_palette if palette is None else palette
    image = PillowImage.fromarray(written[label_map])
    image.putpalette(colours[: int(written.max()) + 1].tobytes())
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def decode_annotation(
    source: Path | str | bytes, class_set: ClassSet, *, size: Size | None = None, ids: Sequence[int] = ()
) -> LabelMap:
    """The label map of an annotation PNG in the set's numbers, path or bytes (grey or palette).

    ADE20K: classes from 1, void 0; 255 is void in any set that has no class there. Raises TruthError for anything else,
    and where `size` (height, width) is given and differs. With `ids`, the number of each class in a file of other
    numbers, all others are void.
    """
    data, name = read_file(source)
    pixels = open_png(data, name, ("L", "P"), f"one grey or palette channel of 8 bits ({values_of(class_set)})")
    if data[25] == 0 and data[24] < 8:  # Pillow stretches 1, 2 and 4 bit grey to 0..255
        pixels = pixels // np.uint8(255 // (2 ** data[24] - 1))
    read = np.full(256, VOID, np.uint8)
    read[list(ids or range(class_set.offset, class_set.offset + len(class_set)))] = np.arange(len(class_set))
    label_map = read[pixels]
    foreign = (label_map == VOID) & (pixels != class_set.void) & (pixels != VOID) & (not ids)
    if foreign.any():
        raise TruthError(
            f"{name} should hold the numbers of {class_set.title} ({values_of(class_set)}), but has "
            f"{pixels[foreign].max()}; map its values to these, or give a COCO panoptic PNG together with its JSON."
        )
    check_size(pixels, size, name)
    return label_map


def labelled(
    source: Path | str | bytes, class_set: ClassSet, *, size: Size | None = None, ids: Sequence[int] = ()
) -> LabelMap:
    """`decode_annotation` of a truth that says something: one without any label is a TruthError as well."""
    label_map = decode_annotation(source, class_set, size=size, ids=ids)
    if (label_map == VOID).all():
        raise nothing_labelled(read_file(source)[1], class_set)
    return label_map


def nothing_labelled(name: str, class_set: ClassSet) -> TruthError:
    """What is to be said of a truth without any label."""
    return TruthError(
        f"{name} should label at least one pixel, but all of it is not labelled ({class_set.void}); "
        f"check that it is the index mask of {class_set.title}: {values_of(class_set)}."
    )


def values_of(class_set: ClassSet) -> str:
    """What an annotation file holds, in words: "0 to 18 are classes, 255 is not labelled"."""
    first, last = class_set.offset, class_set.offset + len(class_set) - 1
    return f"{first} to {last} are classes, {class_set.void} is not labelled"


def read_file(source: Path | str | bytes) -> tuple[bytes, str]:
    """Content and name of a file, or of bytes. Raises TruthError."""
    if isinstance(source, bytes):
        return source, "the file"
    try:
        if other := no_file(Path(source)):
            raise TruthError(f"Cannot read the truth {source}: it is {other}.")
        return Path(source).read_bytes(), Path(source).name
    except OSError as error:
        raise TruthError(f"Cannot read the truth {source}: {error.strerror or error}; check the path.") from error


def open_png(data: bytes, name: str, modes: tuple[str, ...], wanted: str) -> NDArray[np.uint8]:
    """The pixels of a PNG in one of Pillow's `modes`; the size is checked before anything is unpacked."""
    if not data.startswith(PNG):
        raise TruthError(f"{name} should be a PNG, but is not; labels need a format without loss, so save it as PNG.")
    try:
        return _pixels(data, name, modes, wanted)
    except _DAMAGE as error:
        for bare, _ in bared(data):  # texts and the like never cost the labels
            with suppress(*_DAMAGE):
                return _pixels(bare, name, modes, wanted)
        if isinstance(error, PillowImage.DecompressionBombError):
            raise TruthError(f"{name} should have at most 100 megapixels, but has far more; shrink it.") from error
        reason = "it is cut short, or no PNG inside" if isinstance(error, UnidentifiedImageError) else error
        raise TruthError(f"{name} should be a whole PNG, but is damaged ({reason}); copy or save it again.") from error


_DAMAGE: Final = (OSError, SyntaxError, ValueError, struct.error, PillowImage.DecompressionBombError)


def _pixels(data: bytes, name: str, modes: tuple[str, ...], wanted: str) -> NDArray[np.uint8]:
    with PillowImage.open(BytesIO(data), formats=("PNG",)) as image:
        if image.width * image.height > _MAX_PIXELS:
            raise TruthError(
                f"{name} should have at most 100 megapixels, but is {image.width} x {image.height}; shrink it."
            )
        mode = "16-bit" if data[24] == 16 else image.mode
        if mode not in modes:
            got = _MODES.get(mode, mode)
            raise TruthError(
                f"{name} should have {wanted}, but has {got}; save the class numbers, not a picture of them."
            )
        return np.array(image, np.uint8)


def is_colour(png: Path) -> bool:
    """Whether a file is a PNG of red, green and blue in 8 bits each, as a COCO panoptic truth is."""
    try:
        with png.open("rb") as file:
            head = file.read(26)
    except OSError:
        return False
    return head.startswith(b"\x89PNG") and head[24:26] == b"\x08\x02"


def check_size(pixels: NDArray[np.generic], size: Size | None, name: str) -> None:
    """TruthError where pixels have another size (height, width) than their photo."""
    if size is not None and pixels.shape[:2] != size:
        height, width = pixels.shape[:2]
        if size == (width, height):
            raise TruthError(
                f"{name} should be {size[1]} x {size[0]} like its photo, but is turned against it, {width} x {height}; "
                "turn it by 90 degrees to lie as the photo is shown, which its EXIF may turn."
            )
        raise TruthError(
            f"{name} should be {size[1]} x {size[0]} like its photo, but is {width} x {height}; "
            "give the truth of this photo, or resize it with nearest neighbour."
        )
