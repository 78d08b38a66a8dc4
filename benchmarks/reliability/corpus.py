"""Over a thousand hostile files, the same each time they are made: damaged, misnamed, bombs, no photos at all."""

from __future__ import annotations

import gzip
import random
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, features

SUFFIX = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "GIF": "gif", "BMP": "bmp", "TIFF": "tif"}
CUTS, FLIPS = 32, 32
"""Files of each base that end early, and that have flipped bits."""


@dataclass(frozen=True)
class Hostile:
    """One file; `kind` is what is wrong with it, the name may be any that a disk takes."""

    kind: str
    name: str
    content: bytes


def corpus() -> Iterator[Hostile]:
    """Every file, in an order that never changes."""
    found: dict[str, int] = {}
    for make in (cut, flipped, misnamed, giants, palettes, exifs, bombs, moving, polyglots, foreign, numbers, names):
        for file in make():
            number = found[file.kind] = found.get(file.kind, 0) + 1
            plain = "/" not in file.name and file.kind != "name"
            yield Hostile(file.kind, f"{file.kind}-{number:03d}-{file.name}" if plain else file.name, file.content)


def sample(every: int, files: Iterable[Hostile] | None = None) -> list[Hostile]:
    """Each kind's first file, and every so many-th after it, of the whole corpus or of `files`."""
    seen: dict[str, int] = {}
    chosen = []
    for file in corpus() if files is None else files:
        if seen.setdefault(file.kind, 0) % every == 0:
            chosen.append(file)
        seen[file.kind] += 1
    return chosen


def photo(width: int = 64, height: int = 48) -> Image.Image:
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(5).integers(0, 40, (height, width))
    return Image.fromarray(np.stack([x * 3 % 256, y * 5 % 256, (x + y + noise) % 256], -1).astype(np.uint8))


def saved(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    stream = BytesIO()
    (image or photo()).save(stream, kind, **options)
    return stream.getvalue()


def bases() -> dict[str, tuple[str, bytes]]:
    """A whole file of every format that is read, in its variants: suffix and content."""
    image = photo()
    wide = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    found = {
        "jpeg": ("jpg", saved("JPEG")),
        "progressive": ("jpg", saved("JPEG", progressive=True)),
        "cmyk": ("jpg", saved("JPEG", image.convert("CMYK"))),
        "mpo": ("jpg", saved("MPO", save_all=True, append_images=[photo(32, 24)])),
        "png": ("png", saved("PNG")),
        "palette": ("png", saved("PNG", image.convert("P"))),
        "sixteen": ("png", saved("PNG", wide)),
        "webp": ("webp", saved("WEBP")),
        "lossless": ("webp", saved("WEBP", lossless=True)),
        "gif": ("gif", saved("GIF", image.convert("P"))),
        "bmp": ("bmp", saved("BMP")),
        "tiff": ("tif", saved("TIFF")),
        "lzw": ("tif", saved("TIFF", compression="tiff_lzw")),
        "deflate": ("tif", saved("TIFF", compression="tiff_adobe_deflate")),
    }
    if features.check("avif"):
        found["avif"] = ("avif", saved("AVIF"))
    return found


def cut() -> Iterator[Hostile]:
    for name, (suffix, data) in bases().items():
        for part in range(CUTS):
            yield Hostile("cut", f"{name}.{suffix}", data[: len(data) * part // CUTS])


def flipped() -> Iterator[Hostile]:
    for name, (suffix, data) in bases().items():
        for seed in range(FLIPS):
            chance = random.Random(f"{name} {seed}")
            spoilt = bytearray(data)
            reach = 64 if seed % 2 else len(data)  # half of them in the head, where sizes and tags are
            for _ in range(1 + seed % 8):
                spoilt[chance.randrange(min(reach, len(data)))] ^= 1 << chance.randrange(8)
            yield Hostile("flipped", f"{name}.{suffix}", bytes(spoilt))


def misnamed() -> Iterator[Hostile]:
    kinds = {name: data for name, (_, data) in bases().items() if name in ("jpeg", "png", "webp", "gif", "bmp", "tiff")}
    for name, data in kinds.items():
        for suffix in ("jpg", "png", "webp", "avif", "gif", "bmp", "tif"):
            yield Hostile("misnamed", f"{name}.{suffix}", data)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, rows: bytes, *chunks: bytes, depth: int = 8, colour: int = 2) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def tiff(tags: dict[int, tuple[int, int, int]], tail: bytes = b"", next_page: int = 0) -> bytes:
    """A little-endian TIFF of one page; each tag is type, count, value."""
    rows = b"".join(struct.pack("<HHII", tag, *entry) for tag, entry in sorted(tags.items()))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + struct.pack("<I", next_page) + tail


def giants() -> Iterator[Hostile]:
    """Few bytes that claim many pixels, or none."""
    sizes = [(65535, 65535), (2**31 - 1, 1), (1, 2**31 - 1), (2**31 - 1, 2**31 - 1), (0, 0), (0, 7), (100_000, 30_000)]
    for width, height in sizes:
        yield Hostile("giant", "a.png", png(width, height, b"\0" * 100))
        for depth, colour in ((1, 0), (16, 6)):
            yield Hostile("giant", "b.png", png(width, height, b"\0", depth=depth, colour=colour))
        bmp = bytearray(saved("BMP"))
        bmp[18:26] = struct.pack("<ii", min(width, 2**31 - 1), min(height, 2**31 - 1))
        yield Hostile("giant", "a.bmp", bytes(bmp))
        bmp[22:26] = struct.pack("<i", -min(height, 2**31 - 1))
        yield Hostile("giant", "b.bmp", bytes(bmp))
        tags = {256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, 8), 259: (3, 1, 1), 262: (3, 1, 1)}
        tags |= {273: (4, 1, 200), 277: (3, 1, 1), 278: (4, 1, height), 279: (4, 1, min(width * height, 2**32 - 1))}
        yield Hostile("giant", "a.tif", tiff(tags, b"\0" * 100))
        small = struct.pack("<HH", min(width, 65535), min(height, 65535))
        gif = bytearray(saved("GIF", photo().convert("P")))
        gif[6:10] = small
        yield Hostile("giant", "a.gif", bytes(gif))
        jpeg = bytearray(saved("JPEG"))
        at = jpeg.index(b"\xff\xc0") + 5
        jpeg[at : at + 4] = struct.pack(">HH", min(height, 65535), min(width, 65535))
        yield Hostile("giant", "a.jpg", bytes(jpeg))
        extended = struct.pack("<I", min(width - 1, 2**24 - 1) & 0xFFFFFF)[:3]
        extended += struct.pack("<I", min(height - 1, 2**24 - 1) & 0xFFFFFF)[:3]
        body = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + extended + saved("WEBP")[12:]
        yield Hostile("giant", "a.webp", b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body)
        if features.check("avif"):
            avif = bytearray(saved("AVIF"))
            at = avif.index(b"ispe") + 8
            avif[at : at + 8] = struct.pack(">II", width, height)
            yield Hostile("giant", "a.avif", bytes(avif))
    yield Hostile("giant", "flat.png", png(6300, 6300, (b"\0" + bytes(6300 * 3)) * 6300))  # as large as is read
    yield Hostile("giant", "over.png", png(9000, 9000, (b"\0" + bytes(9000 * 3)) * 9000))


def palettes() -> Iterator[Hostile]:
    rows = bytes([0, 1, 2, 255]) * 4
    for entries in (0, 1, 2, 255, 256, 257, 3000):
        yield Hostile("palette", "a.png", png(3, 4, rows, chunk(b"PLTE", bytes(3 * entries)), colour=3))
        clear = chunk(b"tRNS", bytes(entries))
        yield Hostile("palette", "b.png", png(3, 4, rows, chunk(b"PLTE", bytes(768)), clear, colour=3))
        bmp = bytearray(saved("BMP", photo().convert("P")))
        bmp[46:50] = struct.pack("<I", entries * 70_000)
        yield Hostile("palette", "a.bmp", bytes(bmp))
    yield Hostile("palette", "none.png", png(3, 4, rows, colour=3))
    yield Hostile("palette", "odd.png", png(3, 4, rows, chunk(b"PLTE", bytes(7)), colour=3))


def exifs() -> Iterator[Hostile]:
    chance = random.Random(7)
    good = Image.Exif()
    good[0x0112], good[0x010E] = 6, "a text"
    plain = good.tobytes()
    for number in range(12):
        spoilt = bytearray(plain)
        for _ in range(number):
            spoilt[chance.randrange(6, len(spoilt))] = chance.randrange(256)
        for kind in ("JPEG", "PNG", "WEBP"):
            yield Hostile("exif", f"a.{SUFFIX[kind]}", saved(kind, exif=bytes(spoilt)))
    loop = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\0\0\0\0"  # its directory is its own child
    endless = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff\0\0\0\0" * 200
    for content in (loop, endless, b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + bytes(60_000)):
        for kind in ("JPEG", "PNG", "WEBP"):
            yield Hostile("exif", f"b.{SUFFIX[kind]}", saved(kind, exif=content))


def bombs() -> Iterator[Hostile]:
    """What unpacks to far more than it is."""
    zeros = zlib.compress(bytes(200_000_000), 9)
    rows = (b"\0" + bytes(9)) * 3
    for name, head in ((b"iCCP", b"icc\0\0"), (b"zTXt", b"Comment\0\0"), (b"iTXt", b"Comment\0\1\0\0\0")):
        yield Hostile("bomb", "a.png", png(3, 3, rows, chunk(name, head + zeros)))
        yield Hostile("bomb", "many.png", png(3, 3, rows, *[chunk(name, head + zeros)] * 5))
    yield Hostile("bomb", "pixels.png", png(3, 3, bytes(100_000_000)))
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        for profile in (b"", b"not a profile", bytes(2_000_000), b"\xff" * 128):
            yield Hostile("bomb", f"icc.{SUFFIX[kind]}", saved(kind, icc_profile=profile))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("a.png", bytes(50_000_000))
    yield Hostile("bomb", "a.zip", stream.getvalue())
    yield Hostile("bomb", "a.png", gzip.compress(bytes(50_000_000)))
    strip = zlib.compress(bytes(60_000_000), 9)
    tags = {256: (4, 1, 10), 257: (4, 1, 10), 258: (3, 1, 8), 259: (3, 1, 8), 262: (3, 1, 1), 273: (4, 1, 134)}
    tags |= {277: (3, 1, 1), 278: (4, 1, 10), 279: (4, 1, len(strip))}
    yield Hostile("bomb", "strip.tif", tiff(tags, bytes(134 - 14 - 12 * len(tags)) + strip))
    yield Hostile("bomb", "pages.tif", tiff(tags, strip, next_page=8))  # the next page is this page


def moving() -> Iterator[Hostile]:
    frames = [photo().convert("P"), photo(64, 48).rotate(90).convert("P")]
    for kind in ("GIF", "PNG", "WEBP"):
        for count in (2, 3, 50):
            more = (frames * count)[1:count]
            yield Hostile("moving", f"a.{SUFFIX[kind]}", saved(kind, frames[0], save_all=True, append_images=more))
    yield Hostile("moving", "pages.tif", saved("TIFF", save_all=True, append_images=[photo(640, 480)] * 3))


def polyglots() -> Iterator[Hostile]:
    page, script = b"<html><script>alert(1)</script></html>", b"=1;alert(1);//"
    tails = {
        "zip": b"PK\x03\x04",
        "html": page,
        "pdf": b"%PDF-1.7\n",
        "php": b"<?php system('id'); ?>",
        "elf": b"\x7fELF",
    }
    for name, (suffix, data) in bases().items():
        for tail, content in tails.items():
            if name in ("jpeg", "png", "gif", "webp", "bmp", "tiff"):
                yield Hostile("polyglot", f"{tail}.{suffix}", data + content)
                yield Hostile("polyglot", f"before-{tail}.{suffix}", content + data)
    yield Hostile("polyglot", "script.gif", b"GIF89a" + script + saved("GIF", photo().convert("P"))[10:])
    yield Hostile("polyglot", "comment.jpg", saved("JPEG", comment=page))
    yield Hostile("polyglot", "text.png", png(3, 3, (b"\0" + bytes(9)) * 3, chunk(b"tEXt", b"Title\0" + page)))


def foreign() -> Iterator[Hostile]:
    """No photo of a kind that is read."""
    outside = (
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>'
    )
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    files = {
        "a.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "outside.svg": outside,
        "laughs.svg": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY l0 "lol">' + laughs + b"]><svg>&l11;</svg>",
        "far.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='http://169.254.169.254/latest'/></svg>",
        "a.pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj",
        "a.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(%pipe%id) (w) file\n",
        "a.ps": b"%!PS\n{ save restore } loop",
        "a.psd": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 300_000, 300_000, 8, 3),
        "a.html": b"<!doctype html><script>alert(1)</script>",
        "a.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100),
        "a.mp4": b"\0\0\0\x18ftypisom" + bytes(100),
        "a.jxl": b"\xff\x0a" + bytes(50),
        "a.mkv": b"\x1aE\xdf\xa3" + bytes(50),
        "a.exe": b"MZ" + bytes(200),
        "a.sh": b"#!/bin/sh\nid\n",
        "a.pkl": b"cos\nsystem\n(S'id'\ntR.",
        "a.npy": b"\x93NUMPY\x01\0v\0" + bytes(100),
        "a.txt": b"no photo\n" * 100,
        "zeros.jpg": bytes(5000),
        "ones.png": b"\xff" * 5000,
        "one.jpg": b"\xff",
        "empty.jpg": b"",
        "empty.png": b"",
        "empty": b"",
        "magick.png": b"push graphic-context\nimage over 0,0 0,0 '|id'\npop graphic-context",
        "a.mvg": b"push graphic-context\nfill 'url(https://127.0.0.1/\"|id\")'\npop graphic-context",
        "a.m3u8": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
    }
    for name, content in files.items():
        yield Hostile("foreign", name, content)
        yield Hostile("foreign", f"{name}.jpg", content)
    for kind in ("PPM", "TGA", "PCX", "ICO", "DDS", "SGI", "IM", "JPEG2000", "ICNS", "XBM", "EPS", "PDF", "MSP"):
        image = photo(64, 64)
        image = image.convert("1") if kind in ("XBM", "MSP") else image
        yield Hostile("foreign", f"a.{kind.lower()}", saved(kind, image))


def numbers() -> Iterator[Hostile]:
    """TIFFs whose pixels are no colours."""
    for value in (np.nan, np.inf, -np.inf, -1.0, 1e38, 0.5, 70_000.0):
        plane = np.full((12, 16), 0.5, np.float32)
        plane[3, 4] = value
        yield Hostile("numbers", f"{value}.tif", saved("TIFF", Image.fromarray(plane)))
    for number in (-5, 70_000, 2**31 - 1):
        yield Hostile("numbers", f"{number}.tif", saved("TIFF", Image.fromarray(np.full((12, 16), number, np.int32))))
    shape = {256: (4, 1, 4), 257: (4, 1, 4), 259: (3, 1, 1), 262: (3, 1, 1), 273: (4, 1, 200), 278: (4, 1, 4)}
    for bits in (1, 3, 7, 8, 12, 24, 32, 64, 128, 65535):
        for form in (1, 2, 3, 5, 6, 9):
            tags = shape | {258: (3, 1, bits), 277: (3, 1, 1), 279: (4, 1, 2 * bits), 339: (3, 1, form)}
            yield Hostile("numbers", f"{bits}-{form}.tif", tiff(tags, bytes(2000)))
    for bands in (0, 2, 5, 7, 300, 65535):
        tags = shape | {258: (3, 1, 8), 277: (3, 1, bands), 279: (4, 1, 16 * bands)}
        yield Hostile("numbers", f"{bands}-bands.tif", tiff(tags, bytes(6000)))


def names() -> Iterator[Hostile]:
    """A good photo under a bad name; slashes and NUL are what no disk takes."""
    good = saved("JPEG")
    for name in (
        "line\nbreak.jpg", "tab\t.jpg", "bell\x07.jpg", "\x1b[31mred\x1b[0m.jpg", "\x1b]0;title\x07.jpg",
        "carriage\rreturn.jpg", "\u202egpj.exe.jpg", "\u200bzero.jpg", "caf\udce9.jpg", "\udcff\udcfe.jpg",
        "cafe\u0301.jpg", "-o.jpg", "--help.jpg", " .jpg", "...jpg", ".hidden.jpg", "con.jpg", "nul",
        "a" * 250 + ".jpg", "🦓.jpg", "<img src=x onerror=alert(1)>.jpg", "'\"><script>alert(1)<.jpg",
        "$(id).jpg", "`id`.jpg", ";id;.jpg", "%2e%2e%2fetc.jpg", "..\\..\\etc.jpg", "a:b|c?*.jpg", "=1+1.jpg",
        "@SUM(1).jpg", "{}.jpg", "{0}.jpg", "%s%n.jpg", "\ufeffbom.jpg", "\u2028line.jpg", "x.jpg ", "x.JPG.",
        "~.jpg",
    ):  # fmt: skip
        yield Hostile("name", name, good)
        yield Hostile("name", f"cut {name}"[:250], good[:200])
