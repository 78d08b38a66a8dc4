"""A user's own network in its own classes: where their names come from, and each way in which they disagree."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from demo import catalog
from demo.labels.ade20k import ADE20K
from demo.labels.class_set import known
from demo.models.network import Network
from demo.models.zoo import Answer, Refusal, Zoo
from demo.schema import Image
from tests.own import CITYSCAPES, own_network

NOTHING = "del test_dataloader"
PETS = ["cat", "dog", "floor", "wall", "window", "plant", "other"]
PHOTO = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)


def metainfo(names: list[str], more: str = "") -> str:
    return f"{NOTHING}\nmetainfo = dict(classes={names!r}{more})"


def load(folder: Path, classes: int, changes: str, told: str = "") -> Network:
    (spec,) = catalog.resolve(own_network(folder, classes, changes), told)
    return Zoo(device="cpu").load(spec)


def csv(folder: Path, *rows: str) -> str:
    path = folder / "names.csv"
    path.write_text("\n".join(rows) + "\n")
    return str(path)


def test_a_data_set_may_be_named_by_its_class(tmp_path: Path) -> None:
    """As in MMEngine's later way to write configs, in Python alone."""
    written = "from mmseg.datasets import CityscapesDataset\ntest_dataloader['dataset']['type'] = CityscapesDataset"
    assert load(tmp_path, 19, written).class_set == known()["cityscapes"]


@pytest.mark.slow
def test_the_data_set_of_a_config_names_its_classes(tmp_path: Path) -> None:
    assert load(tmp_path, 19, CITYSCAPES).class_set == known()["cityscapes"]
    wrapped = "test_dataloader['dataset'] = dict(type='RepeatDataset', times=2, dataset=dict(type='PascalVOCDataset'))"
    assert load(tmp_path, 21, wrapped).class_set == known()["pascal-voc"]
    loveda = load(tmp_path, 7, "test_dataloader['dataset']['type'] = 'LoveDADataset'").class_set
    assert (loveda.title, loveda.names[0], loveda.offset, loveda.void) == ("LoveDA", "background", 1, 0)
    assert loveda.official[1] == "#ff0000"


def test_the_metainfo_of_a_config_goes_before_its_data_set(tmp_path: Path) -> None:
    found = load(
        tmp_path, 7, f"metainfo = dict(classes={PETS!r})\ntest_dataloader['dataset']['reduce_zero_label'] = False"
    )
    assert found.class_set.names == tuple(PETS) and found.class_set.offset == 0 and found.notes == ()


def test_a_csv_names_them_where_the_config_does_not(tmp_path: Path) -> None:
    found = load(tmp_path, 7, NOTHING, csv(tmp_path, "name,supercategory", *[f"{pet},x" for pet in PETS]))
    assert found.class_set.names == tuple(PETS) and found.class_set.supercategories == ("x",) * 7


@pytest.mark.parametrize(
    "classes", [pytest.param(2, marks=pytest.mark.slow), pytest.param(7, marks=pytest.mark.slow), 255]
)
def test_a_network_of_2_to_255_classes_answers_on_its_own_scale(tmp_path: Path, classes: int) -> None:
    names = csv(tmp_path, *[f"thing {number}" for number in range(classes)])
    (spec,) = catalog.resolve(own_network(tmp_path, classes, NOTHING), names)
    (answer,) = Zoo(device="cpu").stream(PHOTO, [spec])
    assert isinstance(answer, Answer)
    assert answer.prediction.class_set.names[-1] == f"thing {classes - 1}"
    assert answer.prediction.label_map.max() < classes
    assert 0 <= answer.prediction.entropy.min() <= answer.prediction.entropy.max() <= math.log(classes) + 1e-5
    assert len(answer.posterior.at(3, 4)) == classes


@pytest.mark.slow
def test_150_classes_without_names_are_ade20ks_and_that_is_said(tmp_path: Path) -> None:
    found = load(tmp_path, 150, NOTHING)
    assert found.class_set == ADE20K and "its 150 are taken for ADE20K's" in found.notes[0]


FAULTS = {
    "no names": (19, NOTHING, (), r"Wanted the names of the 19 classes of own\.py, .* with --classes names\.csv"),
    "metainfo of another number": (19, metainfo(PETS), (), r"Wanted 19 classes, .* but own names 7\. Give"),
    "CSV of another number": (19, NOTHING, PETS, r"Wanted 19 classes, .* but names names 7\. Give"),
    "both of another number": (19, metainfo(PETS), PETS[:3], r"but names names 3 and own names 7\. Give"),
    "doubles": (4, NOTHING, ("a", "b", "a", "c"), r"names\.csv: Wanted 4 different classes, got 'a' more than once"),
    "300 rows": (4, NOTHING, [str(n) for n in range(300)], r"names\.csv: Wanted 2 to 255 classes, got 300\."),
    "doubles in the metainfo": (2, metainfo(["a", "a"]), (), r"The metainfo of own\.py: Wanted 2 different classes"),
    "a palette of other numbers": (
        2,
        f"{NOTHING}\nmetainfo = dict(classes=['a', 'b'], palette=[[300, 0, 0], [0, 0, 0]])",
        (),
        r"The palette in the metainfo of own\.py should hold red, green and blue .* Correct it, or leave it out\.",
    ),
    **{
        f"no list but {told}": (
            2,
            f"{NOTHING}\nmetainfo = dict(classes={told})",
            (),
            r"own\.py should list the names of its",
        )
        for told in ("'ab'", "{'a', 'b'}", "dict(b=1, a=0)", "7", "[1, 2]")
    },
    "a palette of four numbers": (
        2,
        f"{NOTHING}\nmetainfo = dict(classes=['a', 'b'], palette=[[3, 0, 0, 1], [0, 0, 0, 1]])",
        (),
        r"The palette in the metainfo of own\.py .* \(some have more or fewer than three numbers\)\. Correct it",
    ),
    "one sigmoid": (
        2,
        "model['decode_head']['out_channels'] = 1\nmodel['decode_head']['threshold'] = 0.5",
        (),
        r"Wanted scores for 2 to 255 classes, got own with one score a pixel, as for a sigmoid\. Train it with two",
    ),
    "one class": (1, "", (), r"Wanted scores for 2 to 255 classes, got own with one score a pixel"),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_disagreement_is_one_sentence_and_the_other_models_go_on(tmp_path: Path, fault: str) -> None:
    classes, changes, rows, sentence = FAULTS[fault]
    specs = catalog.resolve(
        [own_network(tmp_path, classes, changes), "fcn-compact"], csv(tmp_path, *rows) if rows else ""
    )
    refusal, answer = Zoo(device="cpu").stream(PHOTO, specs)
    assert isinstance(answer, Answer) and isinstance(refusal, Refusal) and not refusal.loaded
    with pytest.raises(type(refusal.error), match=sentence):
        raise refusal.error
    assert "\n" not in str(refusal.error)


@pytest.mark.slow
def test_weights_of_another_number_of_classes_are_told(tmp_path: Path) -> None:
    config = own_network(tmp_path / "a", 19, CITYSCAPES).split(":")[0]
    weights = own_network(tmp_path / "b", 7, NOTHING).split(":")[1]
    (refusal,) = Zoo(device="cpu").stream(PHOTO, catalog.resolve(f"{config}:{weights}"))
    assert isinstance(refusal, Refusal) and "instead of (19, 128, 1, 1)" in str(refusal.error)


@pytest.mark.slow
def test_a_csv_for_one_own_model_leaves_another_whose_config_names_its_classes(tmp_path: Path) -> None:
    names = csv(tmp_path, *PETS)
    own = [own_network(tmp_path / "a", 19, CITYSCAPES, "city"), own_network(tmp_path / "b", 7, NOTHING, "pets")]
    zoo = Zoo(device="cpu")
    city, pets = (zoo.load(spec) for spec in catalog.resolve(own, names))
    assert city.class_set == known()["cityscapes"] and "not its 19: its config's are taken" in city.notes[0]
    assert pets.class_set.names == tuple(PETS) and pets.notes == ()


@pytest.mark.slow
def test_a_set_of_the_catalogue_keeps_its_classes_whatever_is_told(tmp_path: Path) -> None:
    (spec,) = catalog.resolve("fcn-compact", csv(tmp_path, *PETS))
    assert spec.class_set == ADE20K and spec.classes == ""
    image: Image = PHOTO
    assert Zoo(device="cpu").segment(image, [replace(spec)])[0].class_set == ADE20K
