"""What stands beside a photo's pixels, broken or endless, never costs them."""

import hashlib
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import PngImagePlugin

from demo.images import open_image, open_photo
from tests.photos import bare_tiff, encoded, png_file, scene, tiff_tags, with_chunk


def bomb(kind, repeats=1):
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    text = (kind, b"a\0\0" + zlib.compress(bytes(3_000_000 if kind == "iCCP" else 900_000), 9))
    pixels = ("IDAT", zlib.compress(bytes(4)))
    return png_file(("IHDR", header), *[text] * repeats, pixels, ("IEND", b""))


@pytest.mark.parametrize("data", [bomb("iCCP"), bomb("zTXt", 80)], ids=["profile", "texts"])
def test_bombs_beside_the_pixels_are_not_unpacked(data):
    assert len(data) < 200_000
    opened = open_photo(data)
    assert opened.image.tolist() == [[[0, 0, 0]]]
    assert opened.notes == ("Its texts or its colour profile are damaged or too long, and were ignored.",)


def with_spoilt_exif(kind, **options):
    exif = PillowImage.Exif()
    exif[0x010E] = "A scene"
    data = encoded(scene(), kind, exif=exif, **options)
    header = next(header for header in (b"II*\0", b"MM\0*") if header in data)
    return data.replace(header, b"XX*\0", 1)


EXIF_NOTE = ("Its EXIF is damaged and was ignored, so it is shown as it is stored.",)
BESIDE_NOTE = ("Its texts or its colour profile are damaged or too long, and were ignored.",)
BESIDE = {
    "EXIF of a wrong header": (with_chunk(b"eXIf", b"\0\x08\0\x02\x01\x12\0\x03"), EXIF_NOTE),
    "EXIF that is none": (with_chunk(b"eXIf", b"hello"), EXIF_NOTE),
    "EXIF of a wrong sum": (
        with_chunk(b"eXIf", b"II*\0\x08\0\0\0", 7),
        ("Its EXIF or texts are damaged or too long, and were ignored.",),
    ),
    "text of a wrong sum": (with_chunk(b"tEXt", b"Comment\0hello", 7), BESIDE_NOTE),
    "text without end": (with_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_100_000), 9)), BESIDE_NOTE),
    "profile of a wrong sum": (with_chunk(b"iCCP", b"p\0\0" + zlib.compress(b"profile"), 7), BESIDE_NOTE),
    "profile that is none": (encoded(scene(), "PNG", icc_profile=b"nonsense"), ()),
    "XMP that is none": (with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta <<"), ()),
    "WebP with EXIF of a wrong header": (with_spoilt_exif("WEBP", lossless=True), EXIF_NOTE),
    "WebP with EXIF that is none": (encoded(scene(), "WEBP", lossless=True, exif=b"garbage"), EXIF_NOTE),
    "WebP with a profile that is none": (encoded(scene(), "WEBP", lossless=True, icc_profile=b"nonsense"), ()),
}


@pytest.mark.parametrize(("data", "notes"), BESIDE.values(), ids=BESIDE)
def test_what_stands_beside_the_pixels_never_costs_them(data, notes):
    opened = open_photo(data)
    assert (opened.image == scene()).all() and opened.notes == notes
    assert opened.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("kind", ["JPEG", "AVIF"])
def test_spoilt_exif_never_costs_a_photo_of_a_format_with_loss(kind):
    opened = open_photo(with_spoilt_exif(kind, quality=95))
    assert np.abs(opened.image.astype(int) - scene()).mean() < 6
    (note,) = opened.notes
    assert note.startswith("Its EXIF") and "ignored" in note


EXIF_OF_A_TURN = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"


def jpeg_with(kind, content):
    """The scene as a turned JPEG with a segment more before its own."""
    jpeg = encoded(scene(), "JPEG", quality=95, exif=EXIF_OF_A_TURN)
    return jpeg[:2] + bytes((0xFF, kind)) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def webp_cut(chunk, claimed):
    """The scene as a turned WebP whose chunk claims so many bytes."""
    webp = bytearray(encoded(scene(), "WEBP", lossless=True, exif=EXIF_OF_A_TURN, xmp=b"<x/>", icc_profile=b"none"))
    at = webp.index(chunk) + 4
    webp[at : at + 4] = struct.pack("<I", claimed)
    return bytes(webp)


def gif_with(extension):
    gif = encoded(scene(), "GIF", "P")
    at = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    return gif[:at] + extension + gif[at:]


def tiff_with(tag, kind, count, place, order="<"):
    """The scene as TIFF with a tag that is not what it should be."""
    strip = np.ascontiguousarray(scene()).tobytes()
    tags = [(256, (36,)), (257, (24,)), (278, (24,)), *tiff_tags(8, 2, 3), (tag, (1,))]
    data = bare_tiff(strip, *tags, order=order)
    return data.replace(struct.pack(order + "HHI", tag, 3, 1) + struct.pack(order + "H", 1) + b"\0\0",
                        struct.pack(order + "HHII", tag, kind, count, place), 1)  # fmt: skip


TURNED = np.rot90(scene(), -1)
BROKEN_BESIDE = {
    "JPEG, short JFIF": (jpeg_with(0xE0, b"JFIF"), TURNED),
    "JPEG, short profile": (jpeg_with(0xE2, b"ICC_PROFILE\0\1"), TURNED),
    "JPEG, short Adobe": (jpeg_with(0xEE, b"Adobe"), TURNED),
    "WebP, XMP beyond its end": (webp_cut(b"XMP ", 10**6), TURNED),
    "WebP, EXIF beyond its end": (webp_cut(b"EXIF", 10**6), scene()),
    "WebP, its profile beyond its end": (webp_cut(b"ICCP", 10**6), TURNED),
    "WebP, another length": (webp_cut(b"RIFF", 90), TURNED),
    "GIF, no sub-block": (gif_with(b"\x21\xff\x0bNETSCAPE2.0\0"), scene()),
    "GIF, short control": (gif_with(b"\x21\xf9\x01\0\0"), scene()),
    "TIFF, description beyond its end": (tiff_with(270, 7, 99, 0xFFFFFF00), scene()),
    "TIFF, XMP that is a number": (tiff_with(700, 4, 1, 77), scene()),
    "TIFF, the same of the other order": (tiff_with(700, 4, 1, 77, ">"), scene()),
    "PNG, animation that is none": (with_chunk(b"acTL", b""), scene()),
    "PNG, transparency that is none": (with_chunk(b"tRNS", b"\0"), scene()),
    "PNG, cut in a text at its end": (encoded(scene(), "PNG")[:-12] + b"\0\1\0\0tEXtabc", scene()),
}


@pytest.mark.parametrize(("data", "pixels"), BROKEN_BESIDE.values(), ids=BROKEN_BESIDE)
def test_what_is_broken_beside_the_pixels_is_left_out_and_noted(data, pixels):
    opened = open_photo(data)
    assert opened.image.shape == pixels.shape and np.abs(opened.image.astype(int) - pixels).mean() < 6
    (note,) = opened.notes
    assert note.startswith("Its ") and note.endswith(" are damaged or too long, and were ignored.")


def test_pillows_own_warnings_are_not_shown():
    code = f"import sys; from demo.images import open_photo; open_photo({tiff_with(270, 7, 99, 0xFFFFFF00)!r})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stderr == ""


def test_a_good_turn_is_kept_beside_bad_texts():
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    png = encoded(scene(), "PNG", exif=exif)
    spoilt = png[:33] + struct.pack(">I", 5) + b"tEXta\0bcd" + bytes(4) + png[33:]
    assert (open_image(spoilt) == open_image(png)).all() and open_image(png).shape == (36, 24, 3)


def test_texts_beside_a_photo_are_no_reason_to_refuse_it():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 100_000, zip=True)
    assert (open_image(encoded(scene(), "PNG", pnginfo=info)) == scene()).all()
