"""What class sets have in common, and what of one cannot be said in another."""

import numpy as np
import pytest

from demo.labels.ade20k import ADE20K
from demo.labels.class_set import class_index, known, made
from demo.labels.mapping import counterparts, into, sayable, unsayable
from demo.schema import VOID

CITY, VOC = known()["cityscapes"], known()["pascal-voc"]


@pytest.mark.parametrize(
    ("own", "name", "other", "word"),
    [
        (CITY, "person", ADE20K, "person"),
        (CITY, "rider", ADE20K, "person"),
        (CITY, "traffic sign", ADE20K, "signboard"),
        (CITY, "motorcycle", ADE20K, "minibike"),
        (CITY, "vegetation", ADE20K, None),
        (CITY, "train", ADE20K, None),
        (ADE20K, "tree", CITY, "vegetation"),
        (ADE20K, "bed", CITY, None),
        (ADE20K, "animal", VOC, None),
        (VOC, "cat", ADE20K, "animal"),
        (VOC, "diningtable", ADE20K, "table"),
        (VOC, "tvmonitor", ADE20K, "television receiver"),
        (VOC, "motorbike", CITY, "motorcycle"),
        (VOC, "background", ADE20K, None),
        (made("Own", ["Pedestrian", "Sky "]), "Pedestrian", ADE20K, "person"),
        (made("Own", ["wall", "blob"]), "blob", ADE20K, None),
    ],
)
def test_a_class_is_found_by_name_and_by_what_the_table_says(own, name, other, word):
    place = into(own, other)[own.names.index(name)]
    assert place == (VOID if word is None else class_index(other, word))


def test_the_same_set_maps_onto_itself():
    assert into(ADE20K, ADE20K)[:150].tolist() == list(range(150))
    assert (into(ADE20K, ADE20K)[150:] == VOID).all()


def test_what_a_set_has_a_word_for():
    assert sayable(VOC, ADE20K)[class_index(ADE20K, "animal")]
    assert not sayable(CITY, ADE20K)[class_index(ADE20K, "bed")] and not sayable(CITY, ADE20K)[VOID]


def test_similar_names_that_the_table_does_not_list_are_no_synonyms():
    assert counterparts(("walls", "skies", "car park"), ADE20K) == (None, None, None)
    assert np.count_nonzero(into(CITY, ADE20K) != VOID) == 16


def test_a_truths_class_is_unknown_to_a_set_without_a_word_for_it_or_for_a_kind_of_it() -> None:
    truth = np.array([[CITY.names.index(name) for name in ("train", "vegetation", "rider", "road")] + [VOID]], np.uint8)
    unknown = unsayable(truth, CITY, ADE20K)
    assert unknown.things == ("train",) and unknown.places.tolist() == [[1, 0, 0, 0, 0]]
    bed = np.array([[ADE20K.names.index("bed"), ADE20K.names.index("tree")]], np.uint8)
    assert unsayable(bed, ADE20K, CITY).things == ("bed",)
