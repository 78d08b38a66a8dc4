"""`evaluate` in a class set of the user's own: Cityscapes' layout, 19 classes, against MMSegmentation's IoUMetric."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.analysis import scores
from demo.errors import DatasetError
from demo.labels.class_set import known
from demo.models.zoo import Zoo
from demo.study import evaluate
from demo.study.dataset import open_dataset, open_photos
from tests.own import CITYSCAPES, own_network

torch = pytest.importorskip("torch")
CITY = known()["cityscapes"]


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
    assert "IoU by class of Cityscapes" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.slow
def test_models_of_two_class_sets_each_read_the_annotations_in_their_own_numbers(city: Path, tmp_path: Path) -> None:
    own = own_network(tmp_path, len(CITY), CITYSCAPES)
    evaluation = evaluate(city, [own, "fcn-compact"], Zoo(device="cpu"), tmp_path / "out")
    found = {model.spec.id: model.counts.class_set.id for model in evaluation.models}
    assert found == {"own": "cityscapes", "fcn-compact": "ade20k"}


def test_cityscapes_layout_is_read_and_what_lacks_is_told(city: Path, tmp_path: Path) -> None:
    assert [case.name for case in open_photos([city]).cases] == [case.name for case in open_dataset(city).cases]
    assert open_dataset(city).name.endswith(", val") and len(open_dataset(city).cases) == 3
    with pytest.raises(DatasetError, match=r"_gtFine_labelTrainIds\.png, but no photo of its 0 has one among the 0"):
        open_dataset(city, "test")
