"""Evaluation of real networks on real photos against MMSegmentation's own inference and metric."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from demo.analysis import scores
from demo.catalog import find, resolve_config
from demo.images import open_image
from demo.labels.ade20k import ADE20K
from demo.models.checkpoints.files import locate
from demo.models.checkpoints.tensors import load_state
from demo.models.zoo import Zoo
from demo.schema import VOID
from demo.study.augment import augmented
from demo.study.dataset import Case, open_dataset
from demo.study.evaluate import evaluate

pytestmark = pytest.mark.slow

SCALES = (0.5, 0.75, 1.0)


def network(model: str) -> object:
    """The model as MMSegmentation runs it."""
    from mmengine.config import Config

    from demo.models.backends.mmseg import build_network, fill

    spec = find(model)
    checkpoint = locate(spec.weights)
    assert checkpoint, f"{model} is not in the repository"
    built = build_network(resolve_config(spec)).eval()
    fill(built, load_state(checkpoint), checkpoint, own=False)
    built.cfg = Config.fromfile(str(resolve_config(spec)))
    return built


def their_metrics(built: object, cases: tuple[Case, ...]) -> dict[str, str]:
    from mmseg.apis import inference_model
    from mmseg.evaluation import IoUMetric

    metric = IoUMetric()
    metric.dataset_meta = {"classes": ADE20K.names}
    for case in cases:
        predicted = inference_model(built, str(case.photo)).pred_sem_seg.data
        truth = np.asarray(PillowImage.open(case.annotation)).astype(np.int64) - 1
        truth[truth < 0] = VOID
        metric.process({}, [{"pred_sem_seg": {"data": predicted}, "gt_sem_seg": {"data": torch.from_numpy(truth)}}])
    found = metric.compute_metrics(metric.results)
    return {key: f"{found[key]:.2f}" for key in ("mIoU", "mAcc", "aAcc")}


@pytest.mark.parametrize("model", ["fcn-compact", "setr-compact", "segformer-compact"])
def test_the_scores_are_mmsegmentations_to_the_last_digit_shown(model: str, cases: Path, tmp_path: Path) -> None:
    ours = evaluate(cases / "ade20k", model, Zoo(device="cpu"), tmp_path).models[0].counts.confusion
    shown = {"mIoU": scores.mean_iou(ours), "mAcc": scores.mean_accuracy(ours), "aAcc": scores.pixel_accuracy(ours)}
    theirs = their_metrics(network(model), open_dataset(cases / "ade20k").cases)
    assert {key: f"{100 * value:.2f}" for key, value in shown.items()} == theirs


def test_multi_scale_and_flip_equal_averaging_mmsegmentations_softmax(cases: Path) -> None:
    """SegTTAModel's rule on the same resized inputs: the scale is a factor on the network's own test size."""
    from mmseg.apis import inference_model

    image = open_image(cases / "sheep/images/9_1_s.jpg")
    spec = find("segformer-compact")
    _, ours = next(augmented(Zoo(device="cpu"), SCALES, True)(image, [spec]))
    built = network(spec.id)
    resize = next(step for step in built.cfg.test_pipeline if "scale" in step)
    base, total = tuple(resize["scale"]), 0
    for factor in SCALES:
        resize["scale"] = tuple(round(side * factor) for side in base)
        for photo, mirrored in ((image, False), (image[:, ::-1], True)):
            scores_there = inference_model(built, np.ascontiguousarray(photo[..., ::-1])).seg_logits.data
            probabilities = scores_there.softmax(0)
            total = total + (probabilities.flip(2) if mirrored else probabilities) / 6
    assert np.abs(ours.confidence - total.max(0).values.numpy()).max() < 1e-4
    assert (ours.label_map == total.argmax(0).numpy()).mean() > 0.9999
