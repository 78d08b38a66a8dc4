"""How right a network is on annotated photographs while it trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from PIL import Image as PillowImage
from torch import nn
from torch.nn import functional

from demo.analysis.scores import Counts, confusion, mean_iou, pixel_accuracy
from demo.schema import CLASSES, LabelMap
from demo.train.data import Photographs, normalise


@dataclass(frozen=True)
class Scores:
    """Over all labelled pixels of a set of photographs; shares 0..1."""

    photos: int
    pixel_accuracy: float
    mean_iou: float
    """Over the classes present in the annotations."""
    classes_present: int


def summarise(counts: Counts, photos: int) -> Scores:
    """Scores from counts (truth, predicted); nan where nothing is labelled."""
    present = int((counts.sum(1) > 0).sum())
    return Scores(photos, pixel_accuracy(counts), mean_iou(counts, over="annotated"), present)


def label_map(network: nn.Module, photo: PillowImage.Image, side: int) -> LabelMap:
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
    counts = np.zeros((CLASSES, CLASSES), np.int64)
    for index in range(len(photographs)):
        photo, truth = photographs[index]
        counts += confusion(label_map(network, photo, side), np.asarray(truth))
    return summarise(counts, len(photographs))
