"""Real files of every kind, and files that mean harm: each opens as a person sees it, or is refused in one sentence."""

import os
import struct
import subprocess
import sys
import textwrap
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageOps

from demo.errors import DemoError, ImageError
from demo.images import Limits, open_image, safe_stem, unique_stems, write_atomic
from tests.photos import BLUE, RED, encoded, png_file, scene


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


def test_a_pixel_bomb_of_one_colour_costs_no_more_than_its_claim():
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    data = png_file(("IHDR", header), ("IDAT", zlib.compress(bytes(50_000_000), 9)), ("IEND", b""))
    assert open_image(data).shape == (4, 4, 3)


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(ImageError, match=r"none\.jpg should be a photo's file, but is not there; check the path\.$"):
        open_image(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match="but is a folder; check the path"):
        open_image(tmp_path)
    with pytest.raises(ImageError):
        open_image("a\0b")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(ImageError, match="but is a pipe or a device; give a file"):
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
