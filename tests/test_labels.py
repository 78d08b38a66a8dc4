"""ADE20K's names and colours against MMSegmentation's, and every way a ground truth can be right or wrong."""

import json
import struct
import unicodedata
import zlib
from collections import Counter
from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from demo import labels
from demo.errors import TruthError, UnknownModelError
from demo.schema import CLASSES, VOID


def png(array, mode=None, **options):
    stream = BytesIO()
    image = PillowImage.fromarray(array)
    (image.convert(mode) if mode else image).save(stream, "PNG", **options)
    return stream.getvalue()


def closest(palette, classes):
    lab = labels.cielab(palette[list(classes)])
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return distance.min()


def test_names_and_official_colours_are_mmsegmentations():
    info = pytest.importorskip("mmseg.datasets").ADE20KDataset.METAINFO
    assert tuple(name.strip() for name in info["classes"]) == labels.NAMES
    assert labels.OFFICIAL_PALETTE.tolist() == info["palette"]


def test_official_palette_has_the_collisions_its_docstring_states():
    lab = labels.cielab(labels.OFFICIAL_PALETTE)
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)[np.triu_indices(CLASSES, 1)]
    assert (distance < 2.3).sum() == 36
    road, skyscraper = labels.class_index("road"), labels.class_index("skyscraper")
    assert (labels.OFFICIAL_PALETTE[road] == labels.OFFICIAL_PALETTE[skyscraper]).all()


def test_shared_tables_cannot_be_changed_by_accident():
    for table in (labels.OFFICIAL_PALETTE, labels.supercategory_index):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 0
    labels.distinct_palette()[0] = 0
    assert labels.distinct_palette()[0].any()


def test_every_class_has_one_supercategory():
    assert len(labels.SUPERCATEGORIES) == CLASSES
    assert Counter(labels.SUPERCATEGORIES).keys() == set(labels.SUPERCATEGORY_NAMES)
    assert len(labels.SUPERCATEGORY_NAMES) == 13
    assert labels.supercategory_index.shape == (CLASSES,)
    named = tuple(labels.SUPERCATEGORY_NAMES[index] for index in labels.supercategory_index)
    assert named == labels.SUPERCATEGORIES


@pytest.mark.parametrize(
    ("one", "other", "mild"),
    [
        ("house", "building", True),
        ("wall", "building", True),
        ("floor", "rug", True),
        ("grass", "field", True),
        ("river", "water", True),
        ("armchair", "sofa", True),
        ("bed", "pillow", True),
        ("bus", "truck", True),
        ("mountain", "hill", True),
        ("animal", "rug", False),
        ("animal", "person", False),
        ("animal", "rock", False),
        ("sky", "water", False),
        ("person", "sculpture", False),
        ("tree", "building", False),
        ("road", "grass", False),
        ("car", "box", False),
    ],
)
def test_mild_and_severe_disputes_are_what_a_reader_would_call_them(one, other, mild):
    a, b = (labels.supercategory_index[labels.class_index(name)] for name in (one, other))
    assert (a == b) == mild


@pytest.mark.parametrize(
    ("written", "index"), [("animal", 126), ("Animal", 126), (" traffic  light ", 136), ("wall", 0)]
)
def test_class_index_reads_names_as_people_write_them(written, index):
    assert labels.class_index(written) == index


def test_unknown_class_suggests_the_nearest():
    with pytest.raises(UnknownModelError, match="no class named 'anmal'; did you mean animal"):
        labels.class_index("anmal")
    with pytest.raises(UnknownModelError, match=r"the 150 names are in demo\.labels\.NAMES"):
        labels.class_index("qqqqqqqq")


def test_cielab_equals_opencv():
    rgb = np.random.default_rng(0).integers(0, 256, (1, 500, 3), dtype=np.uint8)
    expected = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    np.testing.assert_allclose(labels.cielab(rgb), expected, atol=0.5)  # OpenCV interpolates in a table


def test_distinct_palette_keeps_the_distances_its_docstring_states():
    assert closest(labels.distinct_palette(), range(CLASSES)) >= 15
    assert closest(labels.distinct_palette(), range(45)) >= 22
    common = ["animal", "sky", "tree", "grass", "person", "water", "building", "wall", "road", "car", "floor"]
    assert closest(labels.distinct_palette(), map(labels.class_index, common)) >= 32


@pytest.mark.parametrize(
    ("name", "channel"), [("sky", 2), ("water", 2), ("sea", 2), ("tree", 1), ("grass", 1), ("person", 0), ("animal", 0)]
)
def test_common_classes_have_the_colour_one_expects(name, channel):
    colour = labels.distinct_palette()[labels.class_index(name)].astype(int)
    assert colour.argmax() == channel


def test_colours_never_change_at_the_default_distance():
    assert (labels.palette_for(range(CLASSES)) == labels.distinct_palette()).all()


present = st.sets(st.integers(0, CLASSES - 1), min_size=2, max_size=40)


@settings(max_examples=60, deadline=None)
@given(present, st.randoms())
def test_up_to_40_classes_are_20_apart_in_any_order(classes, random):
    palette = labels.palette_for(classes, apart=20)
    assert closest(palette, classes) >= 20
    shuffled = list(classes)
    random.shuffle(shuffled)
    assert (labels.palette_for([*shuffled, VOID, *shuffled], apart=20) == palette).all()


@settings(max_examples=60, deadline=None)
@given(present)
def test_only_colliding_classes_change_colour(classes):
    before, after = labels.distinct_palette(), labels.palette_for(classes, apart=24)
    changed = {int(index) for index in np.flatnonzero((before != after).any(axis=1))}
    assert changed <= classes
    lab = labels.cielab(before)
    for index in changed:
        assert min(np.linalg.norm(lab[index] - lab[other]) for other in classes - {index}) < 24


def test_where_no_colour_is_far_enough_the_farthest_is_taken():
    assert closest(labels.palette_for(range(60), apart=60), range(60)) > 10


def test_palette_for_refuses_what_is_no_class():
    with pytest.raises(ValueError, match=r"0\.\.149 .* but got 3\.\.150"):
        labels.palette_for([3, 150])


label_maps = st.builds(
    lambda rows, columns, seed: (
        np.random.default_rng(seed).choice([*range(CLASSES), VOID], (rows, columns)).astype(np.uint8)
    ),
    st.integers(1, 30),
    st.integers(1, 30),
    st.integers(0, 1000),
)


@settings(max_examples=40, deadline=None)
@given(label_maps)
def test_annotation_round_trip_is_exact(label_map):
    assert (labels.decode_annotation(labels.encode_annotation(label_map)) == label_map).all()


def test_encoded_annotation_shows_in_colours_and_holds_the_convention():
    every = np.array([[*range(CLASSES), VOID]], np.uint8)
    image = PillowImage.open(BytesIO(labels.encode_annotation(every)))
    assert image.mode == "P"
    assert np.array(image).tolist() == [[*range(1, CLASSES + 1), 0]]
    assert np.array(image.convert("RGB"))[0].tolist() == [*labels.distinct_palette().tolist(), [0, 0, 0]]
    official = PillowImage.open(BytesIO(labels.encode_annotation(every, palette=labels.OFFICIAL_PALETTE)))
    assert np.array(official.convert("RGB"))[0, :-1].tolist() == labels.OFFICIAL_PALETTE.tolist()


@pytest.mark.parametrize(
    "wrong", [np.array([[150]], np.uint8), np.zeros((2, 2), np.int64), np.zeros((1, 2, 3), np.uint8)]
)
def test_encode_refuses_what_is_no_label_map(wrong):
    with pytest.raises(ValueError, match=r"label_map must .*, but got"):
        labels.encode_annotation(wrong)


def test_decode_reads_grey_and_palette_of_every_depth(tmp_path):
    values = np.array([[0, 1, 2, 3]], np.uint8)
    expected = [[VOID, 0, 1, 2]]
    path = tmp_path / "truth.png"
    path.write_bytes(png(values))
    assert labels.decode_annotation(path).tolist() == expected
    assert labels.decode_annotation(str(path), size=(1, 4)).tolist() == expected
    palette = PillowImage.fromarray(values)
    palette.putpalette([9, 9, 9] * 4)
    for bits in (2, 4, 8):
        stream = BytesIO()
        palette.save(stream, "PNG", bits=bits)
        assert labels.decode_annotation(stream.getvalue()).tolist() == expected
        grey = grey_png(values, bits)
        assert grey[24] == bits
        assert labels.decode_annotation(grey).tolist() == expected


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
    "value 151": (png(GREY + np.uint8(151)), r"1\.\.150 \(ADE20K classes\), but has 151; map"),
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
        labels.decode_annotation(data)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_huge_truth_is_refused_before_it_is_unpacked():
    header = bytearray(png(GREY))
    header[16:24] = struct.pack(">II", 20000, 6000)
    header[29:33] = struct.pack(">I", zlib.crc32(bytes(header[12:29])))
    with pytest.raises(TruthError, match="at most 100 megapixels, but is 20000 x 6000; shrink it"):
        labels.decode_annotation(bytes(header))


def test_a_missing_truth_and_one_of_another_size(tmp_path):
    with pytest.raises(TruthError, match="No such file or directory; check the path"):
        labels.decode_annotation(tmp_path / "none.png")
    with pytest.raises(TruthError, match="should be 5 x 4 like its photo, but is 3 x 2"):
        labels.decode_annotation(png(GREY), size=(4, 5))


def test_255_is_not_labelled_either():
    assert labels.decode_annotation(png(np.array([[0, 255, 1, 150]], np.uint8))).tolist() == [[VOID, VOID, 0, 149]]


def test_a_truth_that_lies_on_its_side_is_told_turned():
    with pytest.raises(TruthError, match=r"should be 2 x 3 like its photo, but is turned against it, 3 x 2; turn it"):
        labels.decode_annotation(png(GREY), size=(3, 2))


@pytest.mark.parametrize("value", [0, 255])
def test_a_truth_without_a_label_is_refused_where_one_is_wanted(value):
    with pytest.raises(TruthError, match=r"should label at least one pixel, .* check that it is the index mask"):
        labels.labelled(png(GREY + np.uint8(value)))
    assert labels.labelled(png(GREY + np.uint8(3))).tolist() == [[2] * 3] * 2


@pytest.mark.parametrize(("listed", "asked"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_panoptic_json_lists_names_that_look_the_same(listed, asked):
    content = coco(unicodedata.normalize(listed, "café.jpg"))
    label_map, _ = labels.decode_panoptic(panoptic_png(), content, unicodedata.normalize(asked, "café.jpg"))
    assert label_map.tolist() == [[VOID, 126, VOID]]


def test_coco_has_its_133_categories():
    assert len(labels.COCO_NAMES) == 133
    assert Counter(category <= 90 for category in labels.COCO_NAMES) == {True: 80, False: 53}
    assert labels.COCO_TO_ADE.keys() == labels.COCO_NAMES.keys()


def test_coco_animals_are_ade20ks_animal_and_a_train_is_nothing():
    by_name = {name: labels.COCO_TO_ADE[category] for category, name in labels.COCO_NAMES.items()}
    animals = ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe")
    assert {by_name[name] for name in animals} == {126}
    assert by_name["person"] == labels.class_index("person")
    assert by_name["grass-merged"] == labels.class_index("grass")
    assert all(by_name[name] is None for name in ("train", "snow", "umbrella", "railroad"))


def coco(photo="a.jpg", segments=((7, 17), (70000, 7))):
    info = [{"id": identity, "category_id": category} for identity, category in segments]
    return json.dumps({"annotations": [{"file_name": photo.replace(".jpg", ".png"), "segments_info": info}]}).encode()


def panoptic_png():
    identities = np.array([[0, 7, 70000]])
    return png(np.stack([identities % 256, identities // 256 % 256, identities // 65536], -1).astype(np.uint8))


def test_panoptic_gives_labels_and_what_ade20k_has_no_class_for():
    label_map, outside = labels.decode_panoptic(panoptic_png(), coco(), "a.jpg", size=(1, 3))
    assert label_map.tolist() == [[VOID, 126, VOID]]
    assert label_map.dtype == np.uint8
    assert outside.tolist() == [[False, False, True]]


@pytest.mark.parametrize(
    ("data", "annotations", "photo", "sentence"),
    [
        (panoptic_png(), coco(), "b.jpg", "should list b.jpg, but does not; it lists 1 others"),
        (panoptic_png(), coco("00012345.jpg"), "00012346.jpg", "did you mean 00012345"),
        (panoptic_png(), coco(segments=((7, 17),)), "a.jpg", r"also has \[70000\]; check that PNG and JSON belong"),
        (
            panoptic_png(),
            coco(segments=((7, 17), (70000, 12))),
            "a.jpg",
            "133 panoptic categories, but a.jpg has id 12",
        ),
        (panoptic_png(), b"{", "a.jpg", "should be COCO panoptic JSON"),
        (panoptic_png(), b"[]", "a.jpg", "should be COCO panoptic JSON"),
        (panoptic_png(), b"\xff\xff", "a.jpg", "should be COCO panoptic JSON"),
        (panoptic_png(), b'{"annotations": [{"file_name": "a.png"}]}', "a.jpg", "should be COCO panoptic JSON"),
        (png(GREY), coco(), "a.jpg", "three channels of a COCO panoptic PNG, but has one grey channel"),
    ],
)
def test_wrong_panoptic_truths_are_refused_in_a_sentence(data, annotations, photo, sentence):
    with pytest.raises(TruthError, match=sentence):
        labels.decode_panoptic(data, annotations, photo)


def test_real_coco_truths(cases):
    folder = cases / "coco_panoptic"
    content = json.loads((folder / "panoptic.json").read_text())
    assert {entry["id"]: entry["name"] for entry in content["categories"]} == labels.COCO_NAMES
    for entry in content["annotations"]:
        photo = entry["file_name"].replace(".png", ".jpg")
        with PillowImage.open(folder / "images" / photo) as image:
            size = image.height, image.width
        label_map, outside = labels.decode_panoptic(
            folder / "annotations" / entry["file_name"], folder / "panoptic.json", photo, size=size
        )
        people = sum(s["area"] for s in entry["segments_info"] if s["category_id"] == 1)
        assert (label_map == labels.class_index("person")).sum() == people > 0
        none = sum(s["area"] for s in entry["segments_info"] if labels.COCO_TO_ADE[s["category_id"]] is None)
        assert outside.sum() == none
        assert (label_map[outside] == VOID).all()


def test_real_ade20k_truths(cases):
    for file in sorted((cases / "ade20k" / "annotations").glob("*.png")):
        label_map = labels.decode_annotation(file)
        assert label_map.max() in range(1, VOID + 1)
        assert (labels.decode_annotation(labels.encode_annotation(label_map)) == label_map).all()
    bird = labels.decode_annotation(cases / "animals" / "bird_mask.png")
    assert set(np.unique(bird)) == {labels.class_index("animal"), VOID}
