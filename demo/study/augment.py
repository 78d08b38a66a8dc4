"""Multi-scale and flip testing: the mean of the softmax probabilities of one network over several views of a photo."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.errors import BackendError, DemoError
from demo.models.network import Network, finite
from demo.models.posterior import Posterior
from demo.models.zoo import Refusal, Zoo
from demo.schema import ClassSet, Field, Image, ModelSpec, Prediction
from demo.study.measuring import Ask

Strip: TypeAlias = tuple[int, Field]


def augmented(zoo: Zoo, scales: Sequence[float], flip: bool) -> Ask:
    """Each model on every view: at each scale, a factor on the network's own test size, and mirrored if `flip`.

    Probabilities are averaged at photo size, as MMSegmentation's SegTTAModel does.
    """

    def ask(image: Image, specs: Sequence[ModelSpec]) -> Iterator[tuple[ModelSpec, Prediction | Refusal]]:
        for spec in specs:
            try:
                network = zoo.load(spec)
            except DemoError as error:
                yield spec, Refusal(spec, error, loaded=False)
                continue
            try:
                with zoo.answering(spec, image.shape[:2]):
                    prediction = _answer(network, spec, image, scales, flip)
                yield spec, prediction
            except DemoError as error:
                yield spec, Refusal(spec, error)

    return ask


def mean_strips(views: Sequence[tuple[Posterior, bool]]) -> Iterator[Strip]:
    """Strips of mean probabilities over posteriors of one photo, those marked True being mirrored."""
    for strips in zip(*(posterior.strips() for posterior, _ in views), strict=True):
        total = np.zeros_like(strips[0][1])
        for (_, probabilities), (_, mirrored) in zip(strips, views, strict=True):
            total += probabilities[:, :, ::-1] if mirrored else probabilities
        yield strips[0][0], total / np.float32(len(views))


def predict(model: str, strips: Iterator[Strip], height: int, width: int, class_set: ClassSet) -> Prediction:
    """Label, confidence, entropy and margin of every pixel from strips of probabilities."""
    label_map = np.empty((height, width), np.uint8)
    fields = np.empty((3, height, width), np.float32)
    for first, probabilities in strips:
        rows = slice(first, first + probabilities.shape[1])
        label_map[rows] = probabilities.argmax(0)
        fields[:, rows] = _summary(probabilities)
    return Prediction(model, label_map, fields[0], fields[1], fields[2], class_set)


def _summary(probabilities: Field) -> NDArray[np.float32]:
    second, likeliest = np.partition(probabilities, -2, axis=0)[-2:]
    surprise = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    return np.stack([likeliest, -(probabilities * surprise).sum(0), likeliest - second])


def _answer(network: Network, spec: ModelSpec, image: Image, scales: Sequence[float], flip: bool) -> Prediction:
    start = time.perf_counter()
    photos = [(image, False), (np.ascontiguousarray(image[:, ::-1]), True)] if flip else [(image, False)]
    views = [
        (finite(_at_scale(network, spec, scale)(photo), spec.title), mirrored)
        for scale in scales
        for photo, mirrored in photos
    ]
    asked = time.perf_counter()
    prediction = predict(spec.id, mean_strips(views), image.shape[0], image.shape[1], network.class_set)
    prediction.seconds.update(network=asked - start, maps=time.perf_counter() - asked)
    return replace(prediction, strips=partial(mean_strips, views))


def _at_scale(network: Network, spec: ModelSpec, scale: float) -> Callable[[Image], Posterior]:
    if scale == 1:
        return network.scores
    if network.at_scale is None:
        raise BackendError(f"{spec.title} sees photos at one size only. Leave the scales out, or the model.")
    return network.at_scale(scale)
