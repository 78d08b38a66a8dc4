"""TIFFs of every kind against an independent reader: right, or refused in words; never wrong."""

import re
from io import BytesIO

import numpy as np
import pytest
import tifffile

from demo.errors import ImageError
from demo.images import open_image
from tests.photos import bare_tiff, encoded, tiff_tags


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
