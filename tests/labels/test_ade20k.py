"""ADE20K's names and colours against MMSegmentation's."""

from collections import Counter

import numpy as np
import pytest

from demo.errors import UnknownModelError
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import class_index
from demo.labels.palette import cielab


def closest(palette, classes):
    lab = cielab(palette[list(classes)])
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    return distance.min()


def test_names_and_official_colours_are_mmsegmentations():
    info = pytest.importorskip("mmseg.datasets").ADE20KDataset.METAINFO
    assert tuple(name.strip() for name in info["classes"]) == ADE20K.names
    assert ADE20K.official_palette.tolist() == info["palette"]


def test_official_palette_has_the_collisions_its_docstring_states():
    lab = cielab(ADE20K.official_palette)
    distance = np.linalg.norm(lab[:, None] - lab[None], axis=-1)[np.triu_indices(len(ADE20K), 1)]
    assert (distance < 2.3).sum() == 36
    road, skyscraper = class_index(ADE20K, "road"), class_index(ADE20K, "skyscraper")
    assert (ADE20K.official_palette[road] == ADE20K.official_palette[skyscraper]).all()


def test_shared_tables_cannot_be_changed_by_accident():
    for table in (ADE20K.official_palette, ADE20K.distinct_palette, ADE20K.supercategory_index):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 0


def test_every_class_has_one_supercategory():
    assert len(ADE20K.supercategories) == len(ADE20K)
    assert Counter(ADE20K.supercategories).keys() == set(ADE20K.supercategory_names)
    assert len(ADE20K.supercategory_names) == 13
    assert ADE20K.supercategory_index.shape == (len(ADE20K),)
    named = tuple(ADE20K.supercategory_names[index] for index in ADE20K.supercategory_index)
    assert named == ADE20K.supercategories


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
    a, b = (ADE20K.supercategory_index[class_index(ADE20K, name)] for name in (one, other))
    assert (a == b) == mild


@pytest.mark.parametrize(
    ("written", "index"), [("animal", 126), ("Animal", 126), (" traffic  light ", 136), ("wall", 0)]
)
def test_class_index_reads_names_as_people_write_them(written, index):
    assert class_index(ADE20K, written) == index


def test_unknown_class_suggests_the_nearest():
    with pytest.raises(UnknownModelError, match="no class named 'anmal'; did you mean animal"):
        class_index(ADE20K, "anmal")
    with pytest.raises(UnknownModelError, match="it has 150, from wall to flag"):
        class_index(ADE20K, "qqqqqqqq")


def test_distinct_palette_keeps_the_distances_its_docstring_states():
    assert closest(ADE20K.distinct_palette, range(len(ADE20K))) >= 15
    assert closest(ADE20K.distinct_palette, range(45)) >= 22
    common = ["animal", "sky", "tree", "grass", "person", "water", "building", "wall", "road", "car", "floor"]
    assert closest(ADE20K.distinct_palette, [class_index(ADE20K, name) for name in common]) >= 32


@pytest.mark.parametrize(
    ("name", "channel"), [("sky", 2), ("water", 2), ("sea", 2), ("tree", 1), ("grass", 1), ("person", 0), ("animal", 0)]
)
def test_common_classes_have_the_colour_one_expects(name, channel):
    colour = ADE20K.distinct_palette[class_index(ADE20K, name)].astype(int)
    assert colour.argmax() == channel
