"""How right a network is on annotated photographs: counts that add, and two formulas on the counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PillowImage
from torch import nn
from torch.nn import functional

from demo.train.data import VOID, Photographs, decode, normalise

CLASSES = 150


@dataclass(frozen=True)
class Scores:
    """Over all labelled pixels of a set of photographs; shares 0..1."""

    photos: int
    pixel_accuracy: float
    mean_iou: float
    """Over the classes present in the annotations."""
    classes_present: int


def summarise(confusion: NDArray[np.int64], photos: int) -> Scores:
    """Scores from counts (truth, predicted); nan where nothing is labelled."""
    right, truth, said = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    present = truth > 0
    if not present.any():
        return Scores(photos, float("nan"), float("nan"), 0)
    union = truth + said - right
    mean_iou = float((right[present] / union[present]).mean())
    return Scores(photos, float(right.sum() / truth.sum()), mean_iou, int(present.sum()))


def count(truth: NDArray[np.uint8], predicted: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Counts (truth, predicted) over pixels that have a label."""
    known = truth != VOID
    pairs = truth[known].astype(np.int64) * CLASSES + predicted[known]
    return np.bincount(pairs, minlength=CLASSES * CLASSES).reshape(CLASSES, CLASSES)


def label_map(network: nn.Module, photo: PillowImage.Image, side: int) -> NDArray[np.uint8]:
    """What the network says at every pixel of a photograph whose short side first becomes ``side`` pixels.

    Windows, if the network's configuration asks for them, are the network's own affair.
    """
    scale = side / min(photo.size)
    width, height = (max(1, round(length * scale)) for length in photo.size)
    resized = np.array(photo.resize((width, height), PillowImage.Resampling.BILINEAR))
    device = next(network.parameters()).device
    pixels = normalise(torch.from_numpy(resized).to(device).permute(2, 0, 1)[None])
    size = (height, width)
    with torch.inference_mode():
        inference = cast(Callable[..., torch.Tensor], network.inference)
        scores = inference(pixels, [{"ori_shape": size, "img_shape": size, "pad_shape": size}])
        scores = functional.interpolate(scores, (photo.height, photo.width), mode="bilinear")
    return scores.argmax(1)[0].to(torch.uint8).cpu().numpy()


def score(network: nn.Module, photographs: Photographs, side: int) -> Scores:
    """Pixel accuracy and mean IoU of a network in evaluation mode."""
    confusion = np.zeros((CLASSES, CLASSES), dtype=np.int64)
    for index in range(len(photographs)):
        photo, annotation = photographs[index]
        confusion += count(decode(np.asarray(annotation)), label_map(network, photo, side))
    return summarise(confusion, len(photographs))
