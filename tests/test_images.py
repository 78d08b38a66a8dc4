"""Real files of every kind, and files that mean harm: each opens as a person sees it, or is refused in one sentence."""

import hashlib
import os
import re
import struct
import subprocess
import sys
import textwrap
import zlib
from io import BytesIO

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageOps, PngImagePlugin

from demo.errors import DemoError, ImageError
from demo.images import Limits, open_image, open_photo, safe_stem, unique_stems, write_atomic

RED, GREEN, BLUE = (220, 30, 30), (30, 200, 40), (20, 40, 210)


def scene(height=24, width=36):
    """Three flat parts, so that lossy formats keep their colours."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[:] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, width // 2 :] = BLUE
    return pixels


def encoded(pixels, kind, mode=None, **options):
    image = PillowImage.fromarray(pixels)
    stream = BytesIO()
    if mode:
        image = image.quantize(8) if mode == "P" else image.convert(mode)
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", None, {}),
        ("PNG", "P", {}),
        ("BMP", None, {}),
        ("GIF", None, {}),
        ("TIFF", None, {}),
        ("TIFF", None, {"compression": "tiff_lzw"}),
        ("WEBP", None, {"lossless": True}),
    ],
)
def test_formats_without_loss_open_exactly(kind, mode, options, tmp_path):
    path = tmp_path / "photo"
    path.write_bytes(encoded(scene(), kind, mode, **options))
    opened = open_image(path)
    assert opened.dtype == np.uint8
    assert opened.flags.c_contiguous
    assert (opened == scene()).all()
    assert (open_image(str(path)) == opened).all()
    assert (open_image(path.read_bytes()) == opened).all()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", None), ("WEBP", None), ("AVIF", None), ("JPEG", "CMYK"), ("TIFF", "CMYK")],
)
def test_other_formats_and_colour_spaces_open_nearly(kind, mode):
    opened = open_image(encoded(scene(), kind, mode, **({"quality": 95} if kind != "TIFF" else {})))
    assert np.abs(opened.astype(int) - scene()).mean() < 6


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_exif_turn_is_undone_as_pillow_does(kind, orientation):
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    data = encoded(scene(), kind, exif=exif)
    with PillowImage.open(BytesIO(data)) as photo:
        expected = np.asarray(ImageOps.exif_transpose(photo).convert("RGB"))
    assert expected.shape[:2] == ((24, 36) if orientation <= 4 else (36, 24))
    assert (open_image(data) == expected).all()


def test_sixteen_bit_grey_is_scaled_and_not_clipped():
    values = np.array([[0, 128, 257, 32768, 65535]], np.uint16)
    for kind in ("PNG", "TIFF"):
        assert open_image(encoded(values, kind))[0].tolist() == [[v] * 3 for v in (0, 0, 1, 128, 255)]


def test_sixteen_bit_colour_keeps_its_high_bytes():
    row = struct.pack(">6H", 0, 0x80FF, 0xFFFF, 0x1234, 0xFE00, 0x0100)
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    data = png_file(("IHDR", header), ("IDAT", zlib.compress(b"\0" + row)), ("IEND", b""))
    assert open_image(data).tolist() == [[[0, 0x80, 255], [0x12, 0xFE, 1]]]


def test_floats_and_wide_integers():
    fractions = np.array([[0, 0.5, 1]], np.float32)
    assert open_image(encoded(fractions, "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    assert open_image(encoded(np.array([[0, 65535]], np.int32), "TIFF"))[0, :, 0].tolist() == [0, 255]
    for wrong in (fractions * 300, fractions - 1, fractions * np.nan, np.array([[70000]], np.int32)):
        with pytest.raises(ImageError, match=r"should be a photo of 8 or 16 bits .* save it as 8-bit PNG"):
            open_image(encoded(wrong, "TIFF"))


def tiff(pixels, planes, **options):
    """A TIFF written by another program than the one that reads it here."""
    stored = np.ascontiguousarray(np.moveaxis(pixels, -1, 0)) if planes else pixels
    stream = BytesIO()
    tifffile.imwrite(
        stream, stored, metadata=None, planarconfig="separate" if planes else "contig", **options
    )  # fmt: skip
    stream.seek(0)
    written = tifffile.imread(stream)
    assert (written == stored).all()
    return stream.getvalue()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("alpha", [None, "unassalpha", "assocalpha", "unspecified"])
def test_a_tiff_of_colours_is_read_as_another_reader_does_or_refused(order, planes, compression, tile, bits, alpha):
    dtype = np.uint16 if bits == 16 else np.uint8
    top = np.iinfo(dtype).max
    colours = np.random.default_rng(0).integers(0, top, (20, 30, 3), dtype, endpoint=True)
    pixels = np.concatenate([colours, np.full((20, 30, 1), top, dtype)], -1) if alpha else colours
    options = dict(photometric="rgb", byteorder=order, compression=compression, tile=tile)
    data = tiff(pixels, planes, **options, **({"extrasamples": [alpha]} if alpha else {}))
    try:
        opened = open_image(data)
    except ImageError as refusal:
        assert planes and (bits == 16 or alpha), "the usual kinds are read"
        assert "in separate planes" in str(refusal) and "damaged" not in str(refusal)
    else:
        assert np.abs(opened - np.rint(colours * (255 / top))).max() <= 1


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize(
    "kind", ["uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64"]
)
def test_a_grey_tiff_is_read_as_another_reader_does_or_refused(order, photometric, kind):
    top = 1 if kind.startswith("float") else {"int8": 127, "int16": 32767}.get(kind, 255 if kind == "uint8" else 65535)
    values = (np.random.default_rng(0).random((20, 30)) * top).astype(kind)
    data = tiff(values, False, photometric=photometric, byteorder=order)
    try:
        opened = open_image(data)
    except ImageError as refusal:
        assert (kind, photometric) not in {("uint8", "minisblack"), ("uint8", "miniswhite"), ("uint16", "minisblack")}
        assert re.search(
            rf"is a TIFF of one band, .* of {kind.strip('uintfloa')} bits, .*save it as 8-bit PNG", str(refusal)
        )
    else:
        white = 255 if top == 1 else 255 / (255 if kind == "uint8" else 65535)
        expected = np.rint(values.astype(float) * white)
        assert np.abs(opened[..., 0] - (expected if photometric == "minisblack" else 255 - expected)).max() <= 1


@pytest.mark.parametrize("bands", [2, 4, 5, 8])
@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_a_tiff_of_other_bands_than_colours_is_told_so(bands, planes, compression, kind):
    pixels = np.ones((20, 30, bands), kind)
    with pytest.raises(ImageError, match=f"is a TIFF of {bands} bands.*8 or 16 bits a channel was wanted; save it as"):
        open_image(tiff(pixels, planes, photometric="minisblack", compression=compression))


@pytest.mark.parametrize("bits", [8, 16])
def test_signed_numbers_are_no_photo(bits):
    values = np.array([[-128, -1, 0, 127]], f"int{bits}")
    for stored in (values, np.abs(values)):
        with pytest.raises(ImageError, match=f"is a TIFF of one band, signed numbers of {bits} bits"):
            open_image(tiff(stored, False, photometric="minisblack"))


def test_bytes_in_wide_integers_are_not_shown_black():
    with pytest.raises(ImageError, match="holds 32-bit numbers from 0 to 255; save it as 8-bit PNG"):
        open_image(encoded(np.array([[0, 255]], np.int32), "TIFF"))


def bare_tiff(pixels, *tags, order="<"):
    """A TIFF of one strip, 4 x 2, with tags (number, values) of 16 bits; for kinds that no writer makes."""
    tags = dict([(256, (4,)), (257, (2,)), (259, (1,)), (273, (8,)), (278, (2,)), (279, (len(pixels),)), *tags])
    ahead = 8 + len(pixels)
    after, entries = ahead + 2 + 12 * len(tags) + 4, b""
    further = b""
    for number, values in sorted(tags.items()):
        content = struct.pack(f"{order}{len(values)}H", *values)
        if len(content) > 4:
            further, content = further + content, struct.pack(order + "I", after + len(further))
        entries += struct.pack(order + "HHI", number, 3, len(values)) + content.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", ahead)
    return head + pixels + struct.pack(order + "H", len(tags)) + entries + bytes(4) + further


def tiff_tags(bits, photometric, bands=1, **further):
    numbers = {"planes": 284, "fill": 266, "ink": 332, "page": 254, "packing": 259, "palette": 320, "kind": 339}
    return (
        (258, (bits,) * bands), (262, (photometric,)), (277, (bands,)),
        *((numbers[name], value if isinstance(value, tuple) else (value,)) for name, value in further.items()),
    )  # fmt: skip


RAMP = bytes(range(0, 240, 10))
STRANGE_TIFFS = {
    "12 bits": (bare_tiff(RAMP[:12], *tiff_tags(12, 1)), "one band, whole numbers of 12 bits"),
    "YCbCr in planes": (bare_tiff(RAMP, *tiff_tags(8, 6, 3, planes=2)), "3 bands in separate planes, .* of YCbCr"),
    "YCbCr as it is": (bare_tiff(RAMP, *tiff_tags(8, 6, 3)), "3 bands, whole numbers of 8 bits, of YCbCr"),
    "CIELAB in planes": (bare_tiff(RAMP, *tiff_tags(8, 8, 3, planes=2)), "3 bands in separate planes, .* of CIELAB"),
    "CIELAB of 16 bits": (bare_tiff(2 * RAMP, *tiff_tags(16, 8, 3)), "3 bands, whole numbers of 16 bits, of CIELAB"),
    "other inks": (bare_tiff(RAMP + RAMP[:8], *tiff_tags(8, 5, 4, ink=2)), "4 bands, whole .*, of inks"),
    "a preview": (bare_tiff(RAMP, *tiff_tags(8, 2, 3, page=1)), "whose first page is a preview, .*camera's raw file"),
    "a sensor's": (bare_tiff(2 * RAMP[:8], *tiff_tags(16, 32803)), "a sensor's raw values, as of a camera's raw"),
    "a palette of bytes": (bare_tiff(RAMP[:8], *tiff_tags(8, 3, palette=tuple(range(256)) * 3)), ", of a palette"),
    "colours of 4 bits": (bare_tiff(RAMP[:12], *tiff_tags(4, 2, 3)), "3 bands, whole numbers of 4 bits"),
    "JPEG XL inside": (bare_tiff(RAMP, *tiff_tags(8, 2, 3, packing=50002)), r"packed as no .* \(compression 50002\)"),
    "bits in reverse": (bare_tiff(RAMP[:8], *tiff_tags(8, 0, fill=2)), "one band, whole numbers of 8 bits"),
    "no told kind": (bare_tiff(RAMP, *tiff_tags(8, 2, 3, kind=(4, 4, 4))), "numbers of no told kind of 8 bits"),
}


@pytest.mark.parametrize(("data", "kind"), STRANGE_TIFFS.values(), ids=STRANGE_TIFFS)
def test_a_strange_tiff_is_told_as_what_it_is_and_never_shown_wrongly(data, kind):
    with pytest.raises(ImageError, match=rf"^The photo is a TIFF .*{kind}.*, and grey .*save it as 8-bit PNG\.$"):
        open_image(data)


def test_transparency_is_laid_on_white():
    rgba = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 128]]], np.uint8)
    expected = [[[255, 0, 0], [255, 255, 255], [127, 127, 127]]]
    for kind, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True, "exact": True})):
        assert open_image(encoded(rgba, kind, **options)).tolist() == expected
    grey = np.array([[[10, 255], [10, 0]]], np.uint8)
    assert open_image(encoded(grey, "PNG")).tolist() == [[[10] * 3, [255] * 3]]


def test_transparent_palette_entries_and_colour_keys_are_laid_on_white():
    palette = PillowImage.fromarray(np.array([[0, 1]], np.uint8))
    palette.putpalette([*RED, *BLUE])
    for kind in ("PNG", "GIF"):
        stream = BytesIO()
        palette.save(stream, kind, transparency=1)
        assert open_image(stream.getvalue()).tolist() == [[list(RED), [255] * 3]]
    keyed = encoded(np.array([[RED, BLUE]], np.uint8), "PNG", transparency=BLUE)
    assert open_image(keyed).tolist() == [[list(RED), [255] * 3]]


def test_grey_and_black_and_white_become_rgb():
    grey = np.array([[0, 100, 255]], np.uint8)
    assert open_image(encoded(grey, "PNG"))[0].tolist() == [[v] * 3 for v in (0, 100, 255)]
    for kind in ("PNG", "BMP", "TIFF"):
        assert open_image(encoded(grey[:, ::2], kind, "1"))[0].tolist() == [[0] * 3, [255] * 3]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
def test_one_pixel_is_a_photo(kind):
    assert open_image(encoded(np.full((1, 1, 3), 200, np.uint8), kind)).shape == (1, 1, 3)


@pytest.mark.parametrize("size", [(10, 400), (400, 10)])
def test_a_strip_is_a_photo_and_a_longer_one_is_refused(size):
    assert open_image(encoded(np.zeros((*size, 3), np.uint8), "PNG")).shape == (*size, 3)
    longer = tuple(side + (side > 10) for side in size)
    with pytest.raises(ImageError, match="and a photo may be at most 40 times as long as wide; crop it"):
        open_image(encoded(np.zeros((*longer, 3), np.uint8), "PNG"))


def test_the_content_decides_and_not_the_name(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(scene(), "PNG"))
    assert (open_image(path) == scene()).all()


def frames(kind, count=2):
    images = [PillowImage.fromarray(np.full((8, 8, 3), 60 * i, np.uint8)) for i in range(count)]
    stream = BytesIO()
    images[0].save(stream, kind, save_all=True, append_images=images[1:])
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_moving_pictures_are_refused(kind):
    with pytest.raises(ImageError, match=r"^The photo is animated, .* save the frame you mean as PNG\.$"):
        open_image(frames(kind))
    assert open_image(frames(kind, 1)).shape == (8, 8, 3)


@pytest.mark.parametrize("kind", ["MPO", "TIFF"])
def test_of_a_phones_double_photo_and_of_pages_the_first_is_taken(kind):
    assert open_image(frames(kind)).max() == 0


def png_file(*chunks):
    body = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        body += struct.pack(">I", len(data)) + kind.encode() + data
        body += struct.pack(">I", zlib.crc32(kind.encode() + data))
    return body


def png_claiming(width, height):
    return png_file(("IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), ("IDAT", b""), ("IEND", b""))


FOREIGN = {
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing, and JPEG, PNG"),
    "pdf": (b"%PDF-1.7 ...", "is a PDF, .* export it as PNG or JPEG"),
    "zip": (b"PK\x03\x04" + bytes(40), "is a ZIP archive, .* give the photo itself"),
    "gzip": (b"\x1f\x8b" + bytes(40), "is a gzip archive"),
    "photoshop": (b"8BPS" + bytes(40), "is a Photoshop file"),
    "postscript": (b"%!PS-Adobe-3.0", "is a PostScript file"),
    "video": (b"\0\0\0\x18ftypmp42" + bytes(40), "is a video"),
    "matroska": (b"\x1aE\xdf\xa3" + bytes(40), "is a video"),
    "heic": (
        b"\0\0\0\x18ftypheic" + bytes(40),
        "is a HEIC photo, .* export it as JPEG .iPhone: Settings, Camera",
    ),
    "jpeg xl": (b"\xff\x0a" + bytes(40), "is a JPEG XL photo, .* export it as PNG or JPEG"),
    "jpeg 2000": (b"\0\0\0\x0cjP  \r\n\x87\n", "is a JPEG 2000 photo"),
    "web page": (b"\n<!DOCTYPE html><html>", "is a web page"),
    "text": (b"hello", "is a file of another kind, and JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF was wanted"),
    "empty": (b"", "should be a photo, but is empty"),
    "jpeg's first bytes": (encoded(scene(), "JPEG")[:20], "damaged or cut short"),
    "webp's first bytes": (encoded(scene(), "WEBP")[:14], "damaged or cut short"),
}


@pytest.mark.parametrize(("data", "sentence"), FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_photo_is_named(data, sentence, tmp_path):
    path = tmp_path / "holiday.jpg"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=sentence) as refusal:
        open_image(path)
    assert str(refusal.value).startswith("holiday.jpg ")
    assert one_sentence(refusal)


def one_sentence(refusal):
    text = str(refusal.value)
    return "\n" not in text and text.endswith(".") and text.count(". ") == 0 and 30 < len(text) < 250


NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_cut_photos_are_refused(kind, part):
    data = encoded(NOISE, kind)
    with pytest.raises(ImageError, match="should be a whole photo, but is damaged or cut short") as refusal:
        open_image(data[: int(len(data) * part)])
    assert "\n" not in str(refusal.value)


SMALL = {kind: encoded(NOISE[:16, :16], kind) for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "BMP", "TIFF")}


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(SMALL)),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_no_damage_ends_in_anything_but_a_photo_or_a_refusal(kind, changes):
    data = bytearray(SMALL[kind])
    for place, value in changes:
        data[place % len(data)] = value
    try:
        photo = open_image(bytes(data), limits=Limits(megapixels=1))
    except ImageError as refusal:
        assert "\n" not in str(refusal)
        return
    assert photo.ndim == 3 and photo.shape[2] == 3 and photo.dtype == np.uint8


def test_photos_over_the_limits_are_refused_before_they_are_unpacked(tmp_path):
    with pytest.raises(ImageError, match=r"is 8000 x 6000, 48\.0 megapixels, and at most 40 .*25 MB .*shrink"):
        open_image(png_claiming(8000, 6000))
    with pytest.raises(ImageError, match="is too large to unpack, and at most 40 megapixels"):
        open_image(png_claiming(100_000, 100_000))
    with pytest.raises(ImageError, match=r"is 8 x 8, 0\.0 megapixels"):
        open_image(encoded(NOISE[:8, :8], "PNG"), limits=Limits(megapixels=0.00006))
    big = tmp_path / "big.jpg"
    with big.open("wb") as stream:
        stream.truncate(25_000_001)
    with pytest.raises(ImageError, match=r"big\.jpg has over 25 MB, and .* shrink it or save it as JPEG\.$"):
        open_image(big)
    with pytest.raises(ImageError, match=r"has over 0\.001 MB"):
        open_image(encoded(NOISE, "PNG"), limits=Limits(megabytes=0.001))


@pytest.mark.parametrize("limits", [{"megapixels": 0}, {"megabytes": -1}, {"megapixels": float("nan")}])
def test_limits_must_be_above_zero(limits):
    with pytest.raises(ValueError, match="limits must be above 0, but got"):
        Limits(**limits)


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


def with_chunk(kind, data, checksum=None):
    """The scene as PNG with a chunk more, of a right checksum unless another is given."""
    png = encoded(scene(), "PNG")
    sum_ = zlib.crc32(kind + data) if checksum is None else checksum
    return png[:33] + struct.pack(">I", len(data)) + kind + data + struct.pack(">I", sum_) + png[33:]


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


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    ("depth", "kind", "key"), [(2, 0, (1,)), (4, 0, (5,)), (16, 0, (300,)), (16, 2, (300, 9, 60000))]
)
def test_the_transparent_colour_of_any_depth_becomes_white(depth, kind, key, interlaced):
    """Two pixels, of which the second has the colour that is transparent."""
    values = [0] * len(key) + [*key]
    packed = int("".join(f"{value:0{depth}b}" for value in values).ljust(-(-len(values) * depth // 8) * 8, "0"), 2)
    row = packed.to_bytes(-(-len(values) * depth // 8), "big")
    if interlaced:  # the first pixel alone, then the second in the sixth pass
        one = int("".join(f"{value:0{depth}b}" for value in key).ljust(-(-len(key) * depth // 8) * 8, "0"), 2)
        length = -(-len(key) * depth // 8)
        rows = b"\0" + bytes(length) + b"\0" + one.to_bytes(length, "big")
    else:
        rows = b"\0" + row
    data = png_file(
        ("IHDR", struct.pack(">IIBBBBB", 2, 1, depth, kind, 0, 0, interlaced)),
        ("tRNS", struct.pack(f">{len(key)}H", *key)),
        ("IDAT", zlib.compress(rows)), ("IEND", b""),
    )  # fmt: skip
    assert open_image(data).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_a_good_turn_is_kept_beside_bad_texts():
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    png = encoded(scene(), "PNG", exif=exif)
    spoilt = png[:33] + struct.pack(">I", 5) + b"tEXta\0bcd" + bytes(4) + png[33:]
    assert (open_image(spoilt) == open_image(png)).all() and open_image(png).shape == (36, 24, 3)


def test_a_pixel_bomb_of_one_colour_costs_no_more_than_its_claim():
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    data = png_file(("IHDR", header), ("IDAT", zlib.compress(bytes(50_000_000), 9)), ("IEND", b""))
    assert open_image(data).shape == (4, 4, 3)


def test_texts_beside_a_photo_are_no_reason_to_refuse_it():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 100_000, zip=True)
    assert (open_image(encoded(scene(), "PNG", pnginfo=info)) == scene()).all()


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(ImageError, match=r"none\.jpg should be a photo's file, but is not there; check the path\.$"):
        open_image(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match="but is a folder; check the path"):
        open_image(tmp_path)
    with pytest.raises(ImageError):
        open_image("a\0b")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(ImageError, match="but is not there"):
        open_image(fifo)


def test_unreadable_files_are_named(tmp_path, monkeypatch):
    path = tmp_path / "locked.png"
    path.write_bytes(encoded(scene(), "PNG"))

    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(ImageError, match=r"locked\.png cannot be read"):
        open_image(path)


@pytest.mark.slow
def test_a_24_megapixel_jpeg_needs_under_three_times_its_pixels(tmp_path):
    if not os.path.exists("/proc/self/status"):
        pytest.skip("peak memory is read from /proc, which this system does not have")
    path = tmp_path / "phone.jpg"
    exif = PillowImage.Exif()
    exif[0x0112] = 6
    PillowImage.fromarray(np.tile(scene(400, 600), (10, 10, 1))).save(path, exif=exif)
    program = """
        import re, sys
        from demo.images import open_image
        def peak():  # ru_maxrss would start at the parent's
            return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
        before = peak()
        shape = open_image(sys.argv[1]).shape
        print(*shape, peak() - before)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), path], capture_output=True, text=True, check=True
    )
    height, width, channels, kilobytes = map(int, done.stdout.split())
    assert (height, width, channels) == (6000, 4000, 3)
    assert 2 < kilobytes * 1024 / (height * width * channels) < 3


def test_write_atomic_writes_whole_files_and_their_folders(tmp_path):
    path = tmp_path / "a" / "b" / "labels.png"
    write_atomic(path, b"first")
    write_atomic(path, b"second")
    assert path.read_bytes() == b"second"
    assert [entry.name for entry in path.parent.iterdir()] == ["labels.png"]


def test_write_atomic_leaves_the_old_file_when_the_disk_is_full(tmp_path, monkeypatch):
    path = tmp_path / "summary.json"
    write_atomic(path, b"old")

    def full(self, data):
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(DemoError, match=r"Cannot write .*summary\.json \(No space left on device\); free some space"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_atomic_names_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(DemoError, match=r"Cannot write .* choose another folder"):
        write_atomic(tmp_path / "out" / "labels.png", b"")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("cat.jpg", "cat"),
        ("/home/a/cat.tar.png", "cat.tar"),
        ("..", "photo"),
        ("../../etc/passwd", "passwd"),
        (".jpg", "jpg"),
        ("", "photo"),
        ("Übung 3.webp", "Übung 3"),
        ("con.png", "con_"),
        ("a\nb\0.png", "a_b_"),
        ("x" * 300 + ".png", "x" * 100),
        ("ends with dots....png", "ends with dots"),
    ],
)
def test_safe_stem(name, stem):
    assert safe_stem(name) == stem


@pytest.mark.slow
@settings(max_examples=50)
@given(
    st.lists(
        st.sampled_from(["owl.jpg", "OWL.png", "a/owl.gif", "owl-2.jpg", "owl-3.jpg", "x.png"]) | st.text(), max_size=12
    )
)
def test_every_photo_has_a_folder_of_its_own(names):
    stems = unique_stems(names)
    assert len(stems) == len(names)
    assert len({stem.casefold() for stem in stems}) == len(names)
    for stem in stems:
        assert stem and "/" not in stem and stem not in (".", "..") and len(stem.encode()) < 120
