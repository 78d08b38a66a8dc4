"""From a photo's file or bytes to an RGB array, within limits; and from bytes to a file, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import unicodedata
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import UnidentifiedImageError

from demo.bare import bared
from demo.errors import DemoError, ImageError
from demo.names import leads_nowhere, no_file, readable
from demo.schema import DEFAULT_LIMITS as DEFAULT_LIMITS
from demo.schema import Image
from demo.schema import Limits as Limits
from demo.tiff import PHOTOMETRIC, WHITE_IS_ZERO, Tiff, misread, tiff_kind, unusual

warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # of damaged tags, which a note tells

FORMATS: Final = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")
"""Pillow's names of what is read, whatever the file is called; its JPEG reader also takes the MPO of phones."""
READS: Final = "JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF"
SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".bmp", ".tif", ".tiff")
"""Of files that are taken for photos in a folder."""
MAX_ASPECT: Final = 40
"""Long side over short side: a longer strip would reach the networks, which resize it to 2048, thinner than a patch."""

_MAY_MOVE: Final = ("GIF", "PNG", "WEBP", "AVIF")
_STRIP_PIXELS: Final = 1 << 20
_ORIENTATION: Final = 0x0112


def open_image(source: Path | str | bytes, *, limits: Limits = DEFAULT_LIMITS) -> Image:
    """The photo at a path, or in bytes, as a person sees it: (H, W, 3) RGB uint8.

    Turned as its EXIF says, transparency on white, 16 bit scaled to 8, the first page of a TIFF. Colour profiles are
    ignored, as the networks' training did. Raises ImageError.
    """
    return open_photo(source, limits=limits).image


@dataclass(frozen=True, eq=False)
class Opened:
    """A photo, and in sentences what of its file was ignored."""

    image: Image
    notes: tuple[str, ...]
    sha256: str
    """Of the whole file."""


def open_photo(source: Path | str | bytes, *, limits: Limits = DEFAULT_LIMITS, name: str = "The photo") -> Opened:
    """`open_image`, with what a reader should know; bytes are called `name` in sentences. Raises ImageError."""
    data, name = _read(source, limits, name)
    tags = tiff_kind(data)
    if kind := misread(tags):
        raise ImageError(_no_photo(name, kind))
    try:
        pixels, orientation, notes = _decode_somehow(data, name, limits)
    except DemoError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(_no_photo(name, tags) if tags else _unknown(data, name)) from error
    except (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning, MemoryError) as error:
        raise ImageError(f"{name} is too large to unpack, and {_most(limits)}; shrink it.") from error
    except Exception as error:  # Pillow's readers raise whatever a damaged file makes them raise
        if kind := unusual(tags):
            raise ImageError(_no_photo(name, kind)) from error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(
            f"{name} should be a whole photo, but is damaged or cut short ({reason}); copy it again."
        ) from error
    image = np.ascontiguousarray(_turned(pixels, orientation))
    return Opened(image, notes, hashlib.sha256(data).hexdigest())


_Decoded: TypeAlias = tuple[Image, int, tuple[str, ...]]


def _decode_somehow(data: bytes, name: str, limits: Limits) -> _Decoded:
    """`_decode`; of a file whose texts, profile or EXIF cannot be read, at least the pixels."""
    try:
        return _decode(data, name, limits)
    except ImageError:
        raise
    except Exception as error:
        for bare, ignored in bared(data):
            with suppress(SyntaxError, ValueError, OSError):  # with still less beside them, then
                image, orientation, notes = _decode(bare, name, limits)
                return image, orientation, (f"Its {ignored} damaged or too long, and were ignored.", *notes)
        raise error


def _decode(data: bytes, name: str, limits: Limits) -> _Decoded:
    """The pixels as stored, their EXIF orientation, what was ignored; Pillow's copy is gone when this returns."""
    with PillowImage.open(BytesIO(data), formats=FORMATS) as photo:
        _check_size(photo, name, limits)
        if photo.format in _MAY_MOVE and getattr(photo, "is_animated", False):
            raise ImageError(f"{name} is animated, and one still photo was wanted; save the frame you mean as PNG.")
        photo.load()
        if photo.format == "PNG":
            _mend_colour_key(photo, data[24])
        orientation, notes = _orientation(photo)  # after load: a TIFF turns itself
        return _pixels(photo, name), orientation, notes


def _orientation(photo: PillowImage.Image) -> tuple[int, tuple[str, ...]]:
    """How the photo is to be turned, and a note where its EXIF or XMP cannot say."""
    try:
        if isinstance(stored := photo.info.get("exif"), bytes):
            PillowImage.Exif().load(stored)  # what `getexif` passes over in silence in a JPEG
        return photo.getexif().get(_ORIENTATION, 1), ()
    except Exception:  # Pillow's readers raise whatever damaged metadata makes them raise
        return 1, ("Its EXIF is damaged and was ignored, so it is shown as it is stored.",)


def _most(limits: Limits) -> str:
    return f"at most {limits.megapixels:g} megapixels and {limits.megabytes:g} MB are read"


def _read(source: Path | str | bytes, limits: Limits, name: str) -> tuple[bytes, str]:
    """The bytes, and what to call them in a sentence."""
    most = int(limits.megabytes * 1e6)
    if isinstance(source, bytes):
        data = source
    else:
        path = Path(source)
        name = path.name or str(path)
        try:
            if other := no_file(path):
                raise ImageError(f"{path} should be a photo's file, but is {other}.")
            with path.open("rb") as stream:
                data = stream.read(most + 1)
        except (OSError, ValueError) as error:
            raise ImageError(f"{path} cannot be read ({error}); check the path and its permissions.") from error
    if len(data) > most:
        raise ImageError(f"{name} has over {limits.megabytes:g} MB, and {_most(limits)}; shrink it or save it as JPEG.")
    if not data:
        raise ImageError(f"{name} should be a photo, but is empty; copy it again.")
    return data, name


def _check_size(photo: PillowImage.Image, name: str, limits: Limits) -> None:
    megapixels = photo.width * photo.height / 1e6
    if megapixels > limits.megapixels:
        size = f"{photo.width} x {photo.height}, {megapixels:.1f} megapixels"
        raise ImageError(f"{name} is {size}, and {_most(limits)}; shrink it.")
    if max(photo.size) > MAX_ASPECT * min(photo.size):
        size = f"{photo.width} x {photo.height}"
        raise ImageError(f"{name} is {size}, and a photo may be at most {MAX_ASPECT} times as long as wide; crop it.")


def _pixels(photo: PillowImage.Image, name: str) -> Image:
    """RGB, converted in strips: beside Pillow's own copy (4 bytes a pixel) only the result is held."""
    if photo.mode in ("I", "F"):
        _check_range(photo, name)
    pixels = np.empty((photo.height, photo.width, 3), np.uint8)
    rows = max(1, _STRIP_PIXELS // photo.width)
    for top in range(0, photo.height, rows):
        bottom = min(top + rows, photo.height)
        pixels[top:bottom] = _strip(photo.crop((0, top, photo.width, bottom)))
    if photo.mode[0] in "IF" and getattr(photo, "tag_v2", {}).get(PHOTOMETRIC) == WHITE_IS_ZERO:
        np.subtract(255, pixels, out=pixels)  # as Pillow does with 8 bits alone
    return pixels


def _mend_colour_key(photo: PillowImage.Image, depth: int) -> None:
    """The transparent colour of a PNG of so many bits on the scale of its pixels in Pillow, which are of 8."""
    key = photo.info.get("transparency")
    if photo.mode == "L" and depth < 8 and isinstance(key, int):
        photo.info["transparency"] = key * 255 // (2**depth - 1)
    elif photo.mode == "RGB" and depth == 16 and isinstance(key, tuple):
        photo.info["transparency"] = tuple(part >> 8 for part in key)


def _strip(strip: PillowImage.Image) -> NDArray[np.uint8]:
    if strip.mode.startswith("I"):  # 16 bits: Pillow's own conversion clips to white
        stored = np.asarray(strip).astype(np.uint32)
        grey = ((stored * 255 + 32767) // 65535).astype(np.uint8)
        if "transparency" in strip.info:
            grey[stored == strip.info["transparency"]] = 255
        return grey[..., None]
    if strip.mode == "F":
        return np.rint(np.asarray(strip) * 255).astype(np.uint8)[..., None]
    if strip.has_transparency_data:
        rgba = np.asarray(strip.convert("RGBA")).astype(np.uint16)
        colour, alpha = rgba[..., :3], rgba[..., 3:]
        return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.asarray(strip.convert("RGB"))


def _no_photo(name: str, tiff: Tiff) -> str:
    return (
        f"{name} is {tiff}, and grey or interleaved RGB with 8 or 16 bits a channel was wanted; save it as 8-bit PNG."
    )


def _check_range(photo: PillowImage.Image, name: str) -> None:
    """Pixels of 32 bits are a photo only where they keep to what photos use: 0..65535, or 0..1 as fractions."""
    values = np.asarray(photo)
    low, high = float(values.min()), float(values.max())  # nan where any is
    top, least = (65535, 256) if photo.mode == "I" else (1, 0)  # whole numbers below 256 are of 8 bits, not of 16
    if not (low >= 0 and least <= high <= top):
        raise ImageError(
            f"{name} should be a photo of 8 or 16 bits a channel, but holds 32-bit numbers from {low:g} to {high:g}; "
            "save it as 8-bit PNG."
        )


def _turned(pixels: Image, orientation: int) -> Image:
    """Undo the camera's turn, EXIF 2.32 table 6 (1 upright, 3 upside down, 6 and 8 on a side, even 2..7 mirrored)."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


_SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"8BPS", "a Photoshop file"),
    (b"%!PS", "a PostScript file"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL photo"),
    (b"\xff\x0a", "a JPEG XL photo"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 photo"),
)
_OWN_SIGNATURES: Final = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_HEIC_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def _unknown(data: bytes, name: str) -> str:
    """One sentence about a file that no reader takes."""
    webp, avif = data[:4] == b"RIFF" and data[8:12] == b"WEBP", data[4:8] == b"ftyp" and b"avif" in data[8:48]
    if data.startswith(_OWN_SIGNATURES) or webp or avif:
        return f"{name} should be a whole photo, but is damaged or cut short; copy it again."
    kind = _kind(data)
    if kind == "a HEIC photo":
        remedy = "export it as JPEG (iPhone: Settings, Camera, Formats, Most Compatible)"
    elif kind.endswith("photo") or kind.startswith(("an SVG", "a PDF", "a Photo", "a Post")):
        remedy = "export it as PNG or JPEG"
    else:
        remedy = "give the photo itself"
    return f"{name} is {kind}, and {READS} was wanted; {remedy}."


def _kind(data: bytes) -> str:
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[4:8] == b"ftyp":
        return "a HEIC photo" if data[8:12] in _HEIC_BRANDS else "a video"
    text = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text:
        return "an SVG drawing"
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return "a file of another kind"


def files_in(folder: Path, suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """A folder's visible files with one of these endings (photos by default), in capitals or not, in order of name.

    Links that lead nowhere are among them: whoever reads one can say so.
    """
    visible = (path for path in folder.iterdir() if not path.name.startswith("."))
    named = (path for path in visible if path.suffix.lower() in suffixes)
    return sorted(path for path in named if os.path.isfile(path) or leads_nowhere(path))


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file, and its folders, so that nobody ever sees half of it. Raises DemoError where it cannot."""
    part = path.with_name(f".{secrets.token_hex(6)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        raise DemoError(
            f"Cannot write {path} ({error.strerror or error}); free some space or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """`write_atomic` of text as UTF-8, whatever names of files are in it."""
    write_atomic(path, readable(text).encode())


def safe_stem(name: str) -> str:
    """A photo's name, without folder and suffix, as a folder can be called on any system; "photo" if nothing is left.

    >>> safe_stem("C:\\\\My photos\\\\cat: asleep?.jpg")
    'cat_ asleep_'
    """
    last = unicodedata.normalize("NFC", name.replace("\\", "/"))
    stem = PurePosixPath(last).stem
    stem = "".join(c if c.isprintable() else "_" for c in stem)
    stem = re.sub(r'[<>:"|?*/]', "_", stem).strip(" .")
    stem = stem.encode()[:100].decode(errors="ignore")
    if re.fullmatch(r"(?i)con|prn|aux|nul|com\d|lpt\d", stem):
        stem += "_"
    return stem.rstrip(" .") or "photo"


def unique_stems(names: Iterable[Path | str]) -> tuple[str, ...]:
    """One folder name a photo, in their order, all different even where letter case does not count.

    >>> unique_stems(["a/owl.jpg", "b/Owl.png", "cat.jpg"])
    ('owl', 'Owl-2', 'cat')
    """
    stems = [safe_stem(str(name)) for name in names]
    taken = {stem.casefold() for stem in stems}
    given: set[str] = set()
    unique = []
    for stem in stems:
        chosen, number = stem, 1
        while chosen.casefold() in given or (number > 1 and chosen.casefold() in taken):
            number += 1
            chosen = f"{stem}-{number}"
        given.add(chosen.casefold())
        unique.append(chosen)
    return tuple(unique)
