"""`evaluate` in a class set of the user's own: Cityscapes' layout, 19 classes, against MMSegmentation's IoUMetric."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.analysis import scores
from demo.errors import DatasetError
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import labelled
from demo.labels.class_set import known
from demo.models.zoo import Zoo
from demo.study import evaluate
from demo.study.dataset import open_dataset, open_photos
from tests.own import CITYSCAPES, own_network
from tests.toy import toy_ids, toy_zoo

torch = pytest.importorskip("torch")
CITY, VOC = known()["cityscapes"], known()["pascal-voc"]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three photos of noise in two cities, with annotations in train ids, 255 void."""
    folder = tmp_path_factory.mktemp("cityscapes")
    for number, town in enumerate(("aachen", "aachen", "bochum")):
        rng = np.random.default_rng(number)
        for part in ("leftImg8bit", "gtFine"):
            (folder / part / "val" / town).mkdir(parents=True, exist_ok=True)
        photo = rng.integers(0, 256, (8, 12, 3), np.uint8).repeat(16, 0).repeat(16, 1)
        truth = rng.integers(0, len(CITY) + 3, (8, 12)).astype(np.uint8).repeat(16, 0).repeat(16, 1)
        truth[truth >= len(CITY)] = 255
        name = f"{town}_{number:06}_000019"
        PillowImage.fromarray(photo).save(folder / "leftImg8bit" / "val" / town / f"{name}_leftImg8bit.png")
        PillowImage.fromarray(truth).save(folder / "gtFine" / "val" / town / f"{name}_gtFine_labelTrainIds.png")
    return folder


@pytest.mark.slow
def test_scores_of_a_network_of_19_classes_are_mmsegmentations(city: Path, tmp_path: Path) -> None:
    mmseg = pytest.importorskip("mmseg.apis")
    from mmengine.config import Config
    from mmseg.evaluation import IoUMetric

    from demo.models.backends.mmseg import build_network

    own = own_network(tmp_path, len(CITY), CITYSCAPES)
    evaluation = evaluate(city, own, Zoo(device="cpu"), tmp_path / "out")
    (model,) = evaluation.models
    assert model.counts.class_set == CITY and evaluation.problems == ()
    ours = model.counts.confusion
    assert ours.shape == (19, 19)

    config, weights = own.split(":")
    built = build_network(config).eval()
    built.load_state_dict(torch.load(weights, weights_only=True)["state_dict"], strict=False)
    built.cfg = Config.fromfile(config)
    metric = IoUMetric()
    metric.dataset_meta = {"classes": CITY.names}
    for case in open_dataset(city).cases:
        truth = torch.from_numpy(np.asarray(PillowImage.open(case.annotation)).astype(np.int64))
        predicted = mmseg.inference_model(built, str(case.photo)).pred_sem_seg.data
        metric.process({}, [{"pred_sem_seg": {"data": predicted}, "gt_sem_seg": {"data": truth}}])
    theirs = metric.compute_metrics(metric.results)
    shown = {"mIoU": scores.mean_iou(ours), "mAcc": scores.mean_accuracy(ours), "aAcc": scores.pixel_accuracy(ours)}
    assert {key: f"{100 * value:.2f}" for key, value in shown.items()} == {key: f"{theirs[key]:.2f}" for key in shown}
    rows = (tmp_path / "out" / "classes.csv").read_text().splitlines()
    assert rows[1].startswith("own,0,road,") and len(rows) == 20
    assert "IoU by class of Cityscapes" in (tmp_path / "out" / "scores.html").read_text()


@pytest.mark.slow
def test_a_network_of_other_classes_is_scored_on_what_it_has_a_word_for(city: Path, tmp_path: Path) -> None:
    own = own_network(tmp_path, len(CITY), CITYSCAPES)
    evaluation = evaluate(city, [own, "fcn-compact"], Zoo(device="cpu"), tmp_path / "out")
    found = {model.spec.id: model.counts for model in evaluation.models}
    assert {name: counts.class_set.id for name, counts in found.items()} == {
        "own": "cityscapes",
        "fcn-compact": "ade20k",
    }
    annotated = found["own"].confusion.sum(1)
    kept = dict(zip(ADE20K.names, found["fcn-compact"].confusion.sum(1), strict=True))
    assert kept["road"] == annotated[CITY.names.index("road")] > 0
    assert kept["person"] == annotated[[CITY.names.index("person"), CITY.names.index("rider")]].sum()
    assert sum(kept.values()) < annotated.sum(), "vegetation and terrain are no words of ADE20K"


def test_cityscapes_layout_is_read_and_what_lacks_is_told(city: Path, tmp_path: Path) -> None:
    assert [case.name for case in open_photos([city]).cases] == [case.name for case in open_dataset(city).cases]
    assert open_dataset(city).name.endswith(", val") and len(open_dataset(city).cases) == 3
    with pytest.raises(DatasetError, match=r"_gtFine_labelIds\.png, but no photo of its 0 has one among the 0"):
        open_dataset(city, "test")


def test_cityscapes_files_as_they_are_published_are_read_by_the_official_table(city: Path, tmp_path: Path) -> None:
    raw = shutil.copytree(city, tmp_path / "raw")
    for path in sorted(raw.glob("gtFine/val/*/*_labelTrainIds.png")):
        truth = np.asarray(PillowImage.open(path))
        ids = np.zeros_like(truth)  # unlabelled
        for position, number in enumerate((7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)):
            ids[truth == position] = number
        PillowImage.fromarray(ids).save(path.with_name(path.name.replace("labelTrainIds", "labelIds")))
        path.unlink()
    for theirs, ours in zip(open_dataset(city).cases, open_dataset(raw).cases, strict=True):
        assert theirs.annotation and ours.annotation and ours.class_set == CITY
        read = labelled(ours.annotation, CITY, ids=ours.ids)
        assert np.array_equal(read, labelled(theirs.annotation, CITY))


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Two photos of the split val and one of train, in Pascal VOC's layout; 255 is a border that counts as nothing."""
    folder = tmp_path / "VOC2012"
    for part in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (folder / part).mkdir(parents=True)
    for name in ("a", "b", "c"):
        PillowImage.new("RGB", (40, 30), "grey").save(folder / "JPEGImages" / f"{name}.jpg")
        truth = np.full((30, 40), VOC.names.index("cat"), np.uint8)
        truth[:10], truth[-1] = VOC.names.index("person"), 255
        image = PillowImage.fromarray(truth)
        image.putpalette(VOC.official_palette.tobytes())
        image.save(folder / "SegmentationClass" / f"{name}.png")
    (folder / "ImageSets/Segmentation/val.txt").write_text("a\nb\n")
    (folder / "ImageSets/Segmentation/train.txt").write_text("c\nd\n")
    return folder


def test_pascal_vocs_layout_is_read_by_its_lists(voc: Path) -> None:
    assert [case.name for case in open_dataset(voc).cases] == ["a", "b"] and open_dataset(voc).name == "VOC2012, val"
    trained = open_photos([voc], "train")
    assert [case.name for case in trained.cases] == ["c"]
    assert trained.problems == ("d has no photo or no annotation; it is left out.",)
    with pytest.raises(DatasetError, match=r"has no ImageSets/Segmentation/test\.txt; it has train, val"):
        open_dataset(voc, "test")
    shutil.rmtree(voc / "ImageSets")
    assert [case.name for case in open_dataset(voc).cases] == ["a", "b", "c"]
    for path in (voc / "SegmentationClass").iterdir():
        path.unlink()
    with pytest.raises(DatasetError, match=r"must hold JPEGImages/NAME\.jpg and SegmentationClass/NAME\.png"):
        open_dataset(voc)


def test_a_network_of_ade20k_is_scored_on_pascal_voc(voc: Path, tmp_path: Path) -> None:
    """A cat is an animal there, and a person a person; the background has no word."""
    (first, *_) = evaluate(voc, toy_ids()[0], toy_zoo(), tmp_path / "out").models
    annotated = dict(zip(ADE20K.names, first.counts.confusion.sum(1).tolist(), strict=True))
    assert {name: pixels for name, pixels in annotated.items() if pixels} == {"person": 2 * 400, "animal": 2 * 760}
