"""Every way an annotation file can be right or wrong."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from demo.errors import TruthError
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation, encode_annotation, labelled
from demo.labels.class_set import class_index
from demo.schema import VOID


def png(array, mode=None, **options):
    stream = BytesIO()
    image = PillowImage.fromarray(array)
    (image.convert(mode) if mode else image).save(stream, "PNG", **options)
    return stream.getvalue()


label_maps = st.builds(
    lambda rows, columns, seed: (
        np.random.default_rng(seed).choice([*range(len(ADE20K)), VOID], (rows, columns)).astype(np.uint8)
    ),
    st.integers(1, 30),
    st.integers(1, 30),
    st.integers(0, 1000),
)


@settings(max_examples=40, deadline=None)
@given(label_maps)
def test_annotation_round_trip_is_exact(label_map):
    assert (decode_annotation(encode_annotation(label_map, ADE20K), ADE20K) == label_map).all()


def test_encoded_annotation_shows_in_colours_and_holds_the_convention():
    every = np.array([[*range(len(ADE20K)), VOID]], np.uint8)
    image = PillowImage.open(BytesIO(encode_annotation(every, ADE20K)))
    assert image.mode == "P"
    assert np.array(image).tolist() == [[*range(1, len(ADE20K) + 1), 0]]
    assert np.array(image.convert("RGB"))[0].tolist() == [*ADE20K.distinct_palette.tolist(), [0, 0, 0]]
    official = PillowImage.open(BytesIO(encode_annotation(every, ADE20K, palette=ADE20K.official_palette)))
    assert np.array(official.convert("RGB"))[0, :-1].tolist() == ADE20K.official_palette.tolist()


@pytest.mark.parametrize(
    "wrong", [np.array([[150]], np.uint8), np.zeros((2, 2), np.int64), np.zeros((1, 2, 3), np.uint8)]
)
def test_encode_refuses_what_is_no_label_map(wrong):
    with pytest.raises(ValueError, match=r"label_map must .*, but got"):
        encode_annotation(wrong, ADE20K)


def test_decode_reads_grey_and_palette_of_every_depth(tmp_path):
    values = np.array([[0, 1, 2, 3]], np.uint8)
    expected = [[VOID, 0, 1, 2]]
    path = tmp_path / "truth.png"
    path.write_bytes(png(values))
    assert decode_annotation(path, ADE20K).tolist() == expected
    assert decode_annotation(str(path), ADE20K, size=(1, 4)).tolist() == expected
    palette = PillowImage.fromarray(values)
    palette.putpalette([9, 9, 9] * 4)
    for bits in (2, 4, 8):
        stream = BytesIO()
        palette.save(stream, "PNG", bits=bits)
        assert decode_annotation(stream.getvalue(), ADE20K).tolist() == expected
        grey = grey_png(values, bits)
        assert grey[24] == bits
        assert decode_annotation(grey, ADE20K).tolist() == expected


def grey_png(values, bits):
    """A grey PNG of few bits a pixel, written by hand: Pillow writes none."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b""
    for row in values:
        packed = np.packbits(np.concatenate([np.unpackbits(np.uint8([v]))[-bits:] for v in row]))
        rows += b"\0" + packed.tobytes()
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


GREY = np.zeros((2, 3), np.uint8)
WRONG_TRUTHS = {
    "rgb": (png(np.zeros((2, 3, 3), np.uint8)), "one grey or palette channel .*, but has three colour channels; save"),
    "rgba": (png(np.zeros((2, 3, 4), np.uint8)), "but has colours with transparency; save"),
    "black and white": (png(GREY, "1"), "but has only black and white; save"),
    "16 bit": (png(GREY.astype(np.uint16)), "but has 16 bits a channel; save"),
    "value 151": (
        png(GREY + np.uint8(151)),
        r"numbers of ADE20K \(1 to 150 are classes, 0 is not labelled\), but has 151; map",
    ),
    "value 254": (png(GREY + np.uint8(254)), "but has 254; map"),
    "jpeg": (b"\xff\xd8\xff\xe0 and so on", "should be a PNG, but is not; .* save it as PNG"),
    "empty": (b"", "should be a PNG, but is not"),
    "header only": (png(GREY)[:8], "should be a whole PNG, but is damaged"),
    "cut": (
        png(np.arange(100 * 90, dtype=np.uint8).reshape(100, 90) % 150)[:200],
        "whole PNG, but is damaged .*; copy",
    ),
}


@pytest.mark.parametrize(("data", "sentence"), WRONG_TRUTHS.values(), ids=WRONG_TRUTHS)
def test_wrong_truths_are_refused_in_a_sentence(data, sentence):
    with pytest.raises(TruthError, match=sentence):
        decode_annotation(data, ADE20K)


@pytest.mark.parametrize("data", [WRONG_TRUTHS["header only"][0], WRONG_TRUTHS["cut"][0][:60]])
def test_what_is_wrong_with_a_damaged_truth_is_told_in_words(data):
    with pytest.raises(TruthError, match=r"is damaged \((it is cut short|image file is truncated).*\); copy") as told:
        decode_annotation(data, ADE20K)
    assert "object at" not in str(told.value)


@pytest.mark.parametrize("kind", [b"tEXt", b"eXIf", b"iCCP", b"tRNS"])
def test_what_is_broken_beside_the_labels_never_costs_them(kind):
    whole = png(GREY + np.uint8(3))
    chunk = struct.pack(">I", 1) + kind + b"x" + struct.pack(">I", 7)
    assert (decode_annotation(whole[:33] + chunk + whole[33:], ADE20K) == 2).all()


def test_a_truth_that_claims_far_too_much_is_no_damage():
    header = bytearray(png(GREY))
    header[16:24] = struct.pack(">II", 60000, 60000)
    header[29:33] = struct.pack(">I", zlib.crc32(bytes(header[12:29])))
    with pytest.raises(TruthError, match="at most 100 megapixels, but has far more; shrink it"):
        decode_annotation(bytes(header), ADE20K)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_huge_truth_is_refused_before_it_is_unpacked():
    header = bytearray(png(GREY))
    header[16:24] = struct.pack(">II", 20000, 6000)
    header[29:33] = struct.pack(">I", zlib.crc32(bytes(header[12:29])))
    with pytest.raises(TruthError, match="at most 100 megapixels, but is 20000 x 6000; shrink it"):
        decode_annotation(bytes(header), ADE20K)


def test_a_missing_truth_and_one_of_another_size(tmp_path):
    with pytest.raises(TruthError, match=r"it is not there; check the path\."):
        decode_annotation(tmp_path / "none.png", ADE20K)
    with pytest.raises(TruthError, match="should be 5 x 4 like its photo, but is 3 x 2"):
        decode_annotation(png(GREY), ADE20K, size=(4, 5))


def test_255_is_not_labelled_either():
    assert decode_annotation(png(np.array([[0, 255, 1, 150]], np.uint8)), ADE20K).tolist() == [[VOID, VOID, 0, 149]]


def test_a_truth_that_lies_on_its_side_is_told_turned():
    with pytest.raises(TruthError, match=r"should be 2 x 3 like its photo, but is turned against it, 3 x 2; turn it"):
        decode_annotation(png(GREY), ADE20K, size=(3, 2))


@pytest.mark.parametrize("value", [0, 255])
def test_a_truth_without_a_label_is_refused_where_one_is_wanted(value):
    with pytest.raises(TruthError, match=r"should label at least one pixel, .* check that it is the index mask"):
        labelled(png(GREY + np.uint8(value)), ADE20K)
    assert labelled(png(GREY + np.uint8(3)), ADE20K).tolist() == [[2] * 3] * 2


def test_real_ade20k_truths(cases):
    for file in sorted((cases / "ade20k" / "annotations").glob("*.png")):
        label_map = decode_annotation(file, ADE20K)
        assert label_map.max() in range(1, VOID + 1)
        assert (decode_annotation(encode_annotation(label_map, ADE20K), ADE20K) == label_map).all()
    bird = decode_annotation(cases / "animals" / "bird_mask.png", ADE20K)
    assert set(np.unique(bird)) == {class_index(ADE20K, "animal"), VOID}
