"""COCO's categories and panoptic truths, right and wrong."""

import json
import unicodedata
from collections import Counter
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.errors import TruthError
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import class_index
from demo.labels.coco import COCO_NAMES, COCO_TO_ADE, decode_panoptic
from demo.schema import VOID


def png(array, mode=None, **options):
    stream = BytesIO()
    image = PillowImage.fromarray(array)
    (image.convert(mode) if mode else image).save(stream, "PNG", **options)
    return stream.getvalue()


@pytest.mark.parametrize(("listed", "asked"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_a_panoptic_json_lists_names_that_look_the_same(listed, asked):
    content = coco(unicodedata.normalize(listed, "café.jpg"))
    label_map, _ = decode_panoptic(panoptic_png(), content, unicodedata.normalize(asked, "café.jpg"), ADE20K)
    assert label_map.tolist() == [[VOID, 126, VOID]]


def test_coco_has_its_133_categories():
    assert len(COCO_NAMES) == 133
    assert Counter(category <= 90 for category in COCO_NAMES) == {True: 80, False: 53}
    assert COCO_TO_ADE.keys() == COCO_NAMES.keys()


def test_coco_animals_are_ade20ks_animal_and_a_train_is_nothing():
    by_name = {name: COCO_TO_ADE[category] for category, name in COCO_NAMES.items()}
    animals = ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe")
    assert {by_name[name] for name in animals} == {126}
    assert by_name["person"] == class_index(ADE20K, "person")
    assert by_name["grass-merged"] == class_index(ADE20K, "grass")
    assert all(by_name[name] is None for name in ("train", "snow", "umbrella", "railroad"))


def coco(photo="a.jpg", segments=((7, 17), (70000, 7))):
    info = [{"id": identity, "category_id": category} for identity, category in segments]
    return json.dumps({"annotations": [{"file_name": photo.replace(".jpg", ".png"), "segments_info": info}]}).encode()


def panoptic_png():
    identities = np.array([[0, 7, 70000]])
    return png(np.stack([identities % 256, identities // 256 % 256, identities // 65536], -1).astype(np.uint8))


def test_panoptic_gives_labels_and_what_ade20k_has_no_class_for():
    label_map, outside = decode_panoptic(panoptic_png(), coco(), "a.jpg", ADE20K, size=(1, 3))
    assert label_map.tolist() == [[VOID, 126, VOID]]
    assert label_map.dtype == np.uint8
    assert outside.things == ("train",) and outside.places.tolist() == [[0, 0, 1]]


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
        (
            png(np.zeros((2, 3), np.uint8)),
            coco(),
            "a.jpg",
            "three channels of a COCO panoptic PNG, but has one grey channel",
        ),
    ],
)
def test_wrong_panoptic_truths_are_refused_in_a_sentence(data, annotations, photo, sentence):
    with pytest.raises(TruthError, match=sentence):
        decode_panoptic(data, annotations, photo, ADE20K)


def test_real_coco_truths(cases):
    folder = cases / "coco_panoptic"
    content = json.loads((folder / "panoptic.json").read_text())
    assert {entry["id"]: entry["name"] for entry in content["categories"]} == COCO_NAMES
    for entry in content["annotations"]:
        photo = entry["file_name"].replace(".png", ".jpg")
        with PillowImage.open(folder / "images" / photo) as image:
            size = image.height, image.width
        label_map, outside = decode_panoptic(
            folder / "annotations" / entry["file_name"], folder / "panoptic.json", photo, ADE20K, size=size
        )
        people = sum(s["area"] for s in entry["segments_info"] if s["category_id"] == 1)
        assert (label_map == class_index(ADE20K, "person")).sum() == people > 0
        none = sum(s["area"] for s in entry["segments_info"] if COCO_TO_ADE[s["category_id"]] is None)
        assert outside.mask.sum() == none
        assert (label_map[outside.mask] == VOID).all()
        listed = {COCO_NAMES[s["category_id"]] for s in entry["segments_info"] if COCO_TO_ADE[s["category_id"]] is None}
        assert set(outside.things) == listed
