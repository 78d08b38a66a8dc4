"""A photo's file with less beside its pixels: texts, profiles, EXIF and XMP that keep it from opening are left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

_TEXTS: Final = "texts or its colour profile are"
PNG: Final = b"\x89PNG\r\n\x1a\n"
"""The first bytes of one."""
_PIXEL_CHUNKS: Final = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"))
"""What the pixels of a PNG are made of, and what tells that they move (PNG 3)."""
_NEEDED_CHUNKS: Final = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND"))
_PIXEL_TAGS: Final = frozenset(
    (
        *(254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 320, 322, 323, 324),
        *(325, 332, 338, 339, 347, *range(512, 522), 529, 530, 531, 532),
    )
)
"""The tags that say how the pixels of a page are stored and turned (TIFF 6.0)."""
_WEBP_CHUNKS: Final = frozenset((b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"))


def bared(data: bytes) -> Iterator[tuple[bytes, str]]:
    """The file with less and less beside its pixels, and what is missing then: "EXIF data are"."""
    if data.startswith(PNG):
        yield _png(data, _PIXEL_CHUNKS | {b"eXIf"}), _TEXTS
        yield _png(data, _PIXEL_CHUNKS), "EXIF or texts are"
        yield _png(data, _NEEDED_CHUNKS), "transparency or animation are"
    elif data.startswith(b"\xff\xd8"):
        yield _jpeg(data, keep_exif=True), _TEXTS
        yield _jpeg(data, keep_exif=False), "EXIF or texts are"
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        yield _webp(data, _WEBP_CHUNKS | {b"EXIF"}), _TEXTS
        yield _webp(data, _WEBP_CHUNKS), "EXIF or texts are"
    elif data.startswith(b"GIF8"):
        yield _gif(data), "texts are"
    elif data.startswith((b"II*\0", b"MM\0*")):
        yield _tiff(data), "texts or tags that are none of its pixels' are"
    elif data[4:8] == b"ftyp":
        yield data.replace(b"Exif", b"none", 1), "EXIF data are"  # AVIF's decoder passes over items of unknown kinds


def _png(png: bytes, kept: frozenset[bytes]) -> bytes:
    """A PNG with those chunks alone; one that is cut short stays, unless it is of another kind."""
    parts, at = [PNG], len(PNG)
    while at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] in kept:
            parts.append(png[at:end])
        at = end
    return b"".join(parts)


def _jpeg(jpeg: bytes, *, keep_exif: bool) -> bytes:
    """A JPEG without the segments of applications (APP0 to APP15) and comments that stand before its pixels.

    What Adobe's segment tells of the colours stays, where it is whole.
    """
    parts, at = [jpeg[:2]], 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        kind, end = jpeg[at + 1], at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if kind == 0xFF:  # fills
            at += 1
            continue
        content = jpeg[at + 4 : end]
        exif = keep_exif and content.startswith(b"Exif\0\0")
        colours = kind == 0xEE and content.startswith(b"Adobe") and len(content) >= 12
        if exif or colours or not (0xE0 <= kind <= 0xEF or kind == 0xFE):
            parts.append(jpeg[at:end])
        at = end
    return b"".join([*parts, jpeg[at:]])


def _webp(webp: bytes, kept: frozenset[bytes]) -> bytes:
    """A WebP with those of its whole chunks, whatever length its head claims."""
    parts, at = [b"WEBP"], 12
    while at + 8 <= len(webp):
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        if webp[at : at + 4] in kept and at + 8 + size <= len(webp):
            parts.append(webp[at:end].ljust(end - at, b"\0"))
        elif at + 8 + size > len(webp):  # what comes next is found by its name
            end = min((place for one in kept if (place := webp.find(one, at + 8)) > 0), default=end)
        at = end
    body = b"".join(parts)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _gif(gif: bytes) -> bytes:
    """A GIF without extensions other than those that tell what is transparent; what cannot be told apart stays."""
    at = _after_colours(gif, 10, 13)
    parts = [gif[:at]]
    while at + 2 < len(gif) and gif[at] in b"\x21\x2c":
        if gif[at] == 0x21:
            end = _after_blocks(gif, at + 2)
            if gif[at + 1 : at + 3] == b"\xf9\x04":
                parts.append(gif[at:end])
        else:
            end = _after_blocks(gif, _after_colours(gif, at + 9, at + 10) + 1)
            parts.append(gif[at:end])
        at = end
    return b"".join([*parts, gif[at:]])


def _after_colours(gif: bytes, flags: int, at: int) -> int:
    return at + 3 * 2 ** ((gif[flags] & 7) + 1) if flags < len(gif) and gif[flags] & 0x80 else at


def _after_blocks(gif: bytes, at: int) -> int:
    while at < len(gif) and gif[at]:
        at += gif[at] + 1
    return at + 1


def _tiff(tiff: bytes) -> bytes:
    """A TIFF whose first page has the tags of its pixels alone; the others' places hold a private one, of a byte."""
    order: Literal["little", "big"] = "little" if tiff.startswith(b"II") else "big"
    bare = bytearray(tiff)
    at = int.from_bytes(tiff[4:8], order)
    for place in range(at + 2, at + 2 + 12 * int.from_bytes(tiff[at : at + 2], order), 12):
        if int.from_bytes(tiff[place : place + 2], order) not in _PIXEL_TAGS and place + 12 <= len(tiff):
            bare[place : place + 12] = _PRIVATE[tiff[:2]]
    return bytes(bare)


_PRIVATE: Final = {
    b"II": b"\xfe\xff\1\0\1\0\0\0\0\0\0\0",
    b"MM": b"\xff\xfe\0\1\0\0\0\1\0\0\0\0",
}
"""A TIFF's tag 65534 with one byte, 0."""
