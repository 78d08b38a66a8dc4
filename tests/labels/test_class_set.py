"""Class sets from files and from names: what is read, what is recognised, what is refused in a sentence."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from demo.errors import ClassSetError
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import decode_annotation, encode_annotation
from demo.labels.class_set import class_index, known, made, named, of_count, of_names, read, spoken
from demo.labels.mapping import into
from demo.labels.palette import DISTINCT, cielab, palette_for
from demo.schema import VOID, ClassSet

TOY = """name,supercategory,official,index
Pedestrian,people,#dc143c,1
sky,nature,#4682b4,2
tree,nature,#006400,3
house,built,#808080,4
wall,built,#828282,5
boat,vehicle,#00008e,6
dragon,beast,#0a0a0a,7
"""


@pytest.fixture
def toy(tmp_path: Path) -> ClassSet:
    """A set of 7 classes is one file."""
    (tmp_path / "Toy_world.csv").write_text(TOY)
    return read(tmp_path / "Toy_world.csv")


def closest(palette: np.ndarray) -> float:
    lab = cielab(palette)
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    return float(distance[~np.eye(len(lab), dtype=bool)].min())


def test_a_set_of_seven_classes_is_one_file(toy: ClassSet) -> None:
    assert (toy.id, toy.title, len(toy)) == ("toy-world", "Toy world", 7)
    assert (toy.offset, toy.void) == (1, 0) and toy.max_entropy == pytest.approx(math.log(7))
    assert toy.official_palette[0].tolist() == [0xDC, 0x14, 0x3C]
    assert toy.supercategory_names == ("people", "nature", "built", "vehicle", "beast")
    assert toy.supercategory_index.tolist() == [0, 1, 1, 2, 2, 3, 4]
    assert class_index(toy, " HOUSE ") == 3
    assert into(toy, ADE20K)[:7].tolist() == [
        *(class_index(ADE20K, word) for word in ("person", "sky", "tree", "house", "wall", "boat")),
        VOID,
    ]


def test_its_colours_are_apart_where_its_authors_are_not(toy: ClassSet) -> None:
    assert closest(toy.official_palette) < 2
    assert closest(toy.distinct_palette) >= DISTINCT
    assert toy.distinct[0] == toy.official[0]
    assert cielab(toy.distinct_palette[6])[0] > 24  # black is void
    assert (palette_for(toy, range(7)) == toy.distinct_palette).all()


def test_one_word_has_one_colour_in_every_set(toy: ClassSet) -> None:
    for found in (toy, *known().values()):
        same = [word for word in ("sky", "tree", "wall", "road", "sidewalk", "car") if word in found.names]
        for word in same:
            assert found.distinct[found.names.index(word)] == ADE20K.distinct[ADE20K.names.index(word)], word


def test_its_annotations_are_in_its_own_numbers(toy: ClassSet) -> None:
    label_map = np.array([[0, 6, VOID]], np.uint8)
    assert (decode_annotation(encode_annotation(label_map, toy), toy) == label_map).all()


@pytest.mark.parametrize("count", [2, 7, 60, 255])
def test_computed_colours_can_be_told_apart(count: int) -> None:
    assert closest(of_count("Many", count).distinct_palette) >= DISTINCT


@pytest.mark.parametrize("count", [2, 19, 255])
@pytest.mark.parametrize("offset", [0, 1])
def test_every_label_of_any_set_survives_its_file(count: int, offset: int) -> None:
    found = made("Any", [str(number) for number in range(count)], offset=offset)
    label_map = np.array([[*range(count), VOID]], np.uint8)
    assert decode_annotation(encode_annotation(label_map, found), found).tolist() == label_map.tolist()


def test_the_projects_own_sets() -> None:
    assert {key: len(found) for key, found in known().items()} == {"ade20k": 150, "cityscapes": 19, "pascal-voc": 21}
    assert known()["ade20k"] == ADE20K and (ADE20K.offset, ADE20K.void) == (1, 0)
    for found in known().values():
        assert closest(found.distinct_palette) >= DISTINCT
        assert found.supercategories and found.official
    assert named("Cityscapes") == known()["cityscapes"] and named("pascal_voc") == known()["pascal-voc"]


@pytest.mark.parametrize(("name", "key"), [("cityscapes", "cityscapes"), ("voc", "pascal-voc")])
def test_names_and_official_colours_are_mmsegmentations(name: str, key: str) -> None:
    utils = pytest.importorskip("mmseg.utils")
    assert list(known()[key].names) == utils.get_classes(name)
    assert known()[key].official_palette.tolist() == utils.get_palette(name)


def test_names_that_are_a_known_sets_are_recognised() -> None:
    assert of_names("x", [f" {name.upper()}, other" for name in ADE20K.names]) is ADE20K
    assert of_names("x", ADE20K.names[:149]).id == "x"


def test_two_sets_of_one_title_are_told_apart() -> None:
    one, other = made("Own", ["a", "b"]), made("Own", ["a", "c"])
    assert one.key != other.key and one.key == made("Own", ["a", "b"]).key


def test_names_alone_need_no_heading(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("cat\ndog\n\nother thing\n", encoding="utf-8-sig")
    found = read(tmp_path / "names.csv")
    assert found.names == ("cat", "dog", "other thing") and (found.offset, found.void) == (0, 255)
    assert found.supercategory_index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_cells_may_be_apart_as_spreadsheets_write_them(tmp_path: Path, mark: str) -> None:
    rows = (("name", "supercategory", "index"), ("cat", "pet", "1"), ("dog", "pet", "2"))
    (tmp_path / "names.csv").write_text("\n".join(map(mark.join, rows)))
    found = read(tmp_path / "names.csv")
    assert (found.names, found.supercategories, found.offset) == (("cat", "dog"), ("pet", "pet"), 1)


def test_a_name_is_one_however_its_accents_are_written(tmp_path: Path) -> None:
    assert made("Own", ["cafe\N{COMBINING ACUTE ACCENT}", "b"]).names == ("café", "b")
    with pytest.raises(ClassSetError, match="got 'café' more than once"):
        made("Own", ["cafe\N{COMBINING ACUTE ACCENT}", "café"])
    assert spoken("cafe\N{COMBINING ACUTE ACCENT}") == spoken("café")


def test_control_characters_of_a_name_are_shown(tmp_path: Path) -> None:
    """No XML can hold them, and a terminal obeys them."""
    assert made("Own", ["cat\x00", "\x1b[31mdog", "two\nlines"]).names == ("cat%00", "%1B[31mdog", "two lines")


WRONG = {
    "300 rows": ("\n".join(map(str, range(300))), r"Wanted 2 to 255 classes, got 300\."),
    "one row": ("cat\n", r"Wanted 2 to 255 classes, got 1\."),
    "nothing": ("", r"Wanted 2 to 255 classes, got 0\."),
    "doubles": ("cat\ndog\ncat\n", r"Wanted 3 different classes, got 'cat' more than once\."),
    "an empty name": ("name,index\ncat,0\n,1\n", r"Class 2 has no name"),
    "no heading, apart by semicolons": ("0;cat\n1;dog\n", r"several columns and none is headed name"),
    "no heading": ("cat,#102030\ndog,#203040\n", r"several columns and none is headed name"),
    "a colour": ("name,official\ncat,red\ndog,blue\n", r"Wanted official colours as #rrggbb, got 'red'"),
    "some supercategories": ("name,supercategory\ncat,pet\ndog,\n", r"a supercategory for each class or for none"),
    "no numbers": ("name,index\ncat,one\ndog,two\n", r"index of each class should be a number"),
    "holes": ("name,index\ncat,1\ndog,3\n", r"should count up by one"),
    "too high": ("name,index\ncat,255\ndog,256\n", r"2 classes from 255 on do not fit"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_list_that_is_none_is_refused_in_a_sentence(tmp_path: Path, fault: str) -> None:
    text, sentence = WRONG[fault]
    (tmp_path / "names.csv").write_text(text)
    with pytest.raises(ClassSetError, match=sentence) as caught:
        read(tmp_path / "names.csv")
    assert "names.csv" in str(caught.value)


def test_a_file_that_cannot_be_read_and_a_name_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes(b"caf\xe9\nt\xe9\n")
    with pytest.raises(ClassSetError, match=r"latin\.csv should be text in UTF-8, .* Save them as CSV in UTF-8\.$"):
        named(str(tmp_path / "latin.csv"))
    with pytest.raises(ClassSetError, match=r"Cannot read the classes in .*\. Give a CSV file"):
        named(str(tmp_path / "none.csv"))
    with pytest.raises(
        ClassSetError, match="No class set is called 'coco'; name one of ade20k, cityscapes, pascal-voc"
    ):
        named("coco")
    with pytest.raises(ValueError, match="void 0 must not be the value of a class"):
        ClassSet("x", "X", ("a", "b"), ("#000000", "#ffffff"), void=0)
