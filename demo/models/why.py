"""Why a network gave a label: a question, and what one network answers to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.analysis.questions import Question, check, points_of, region
from demo.analysis.reach import Point, Reach, density, on_scale, reach
from demo.errors import BackendError
from demo.labels.class_set import class_index
from demo.models.attribution import attribution
from demo.models.network import Opened
from demo.models.posterior import Posterior
from demo.models.receptive import NEVER, Spot, cells_at, cells_in, receptive_field
from demo.models.rollout import rollout
from demo.models.zoo import Zoo
from demo.schema import Image, LabelMap, ModelSpec, Size


@dataclass(frozen=True, eq=False)
class Reason:
    """One network's answer."""

    shown: NDArray[np.float32]
    """(height, width) over the photo, 0..1: of the common scale of densities, for an attribution of its own maximum."""
    name: str
    """The class asked of; several where a photo is asked of and the network itself names them."""
    points: tuple[Point, ...]
    """The pixels asked of; none for an attribution of all pixels of a class."""
    reach: Reach | None
    """None for an attribution, which has no radius."""
    padding: float = 0.0
    """Share 0..1 of a receptive field that lies on padding."""


def explain(
    zoo: Zoo,
    spec: ModelSpec,
    image: Image,
    posterior: Posterior,
    labels: LabelMap,
    question: Question,
    size: Size,
    stopped: Callable[[], bool] = NEVER,
) -> Reason:
    """What the network of `spec` says, on a grid of `size`; `posterior` is its answer, `labels` its map at any size.

    Raises QuestionError for a pixel outside the photo, UnknownModelError for a class that the network has no word for,
    BackendError for what it cannot say, StoppedError once `stopped` says so.
    """
    check(question, posterior.photo_size)
    index = class_index(posterior.class_set, question.name) if question.name else None
    return zoo.traced(spec, image, lambda opened: _answer(opened, posterior, labels, question, index, size, stopped))


def _answer(
    opened: Opened,
    posterior: Posterior,
    labels: LabelMap,
    question: Question,
    index: int | None,
    size: Size,
    stopped: Callable[[], bool],
) -> Reason:
    if question.kind == "attribution":
        return _attribution(opened, posterior, labels, question, index, size, stopped)
    points = points_of(question, posterior.photo_size, labels)
    if question.kind == "rollout":
        index = None  # it knows no class
    spots = [Spot(point, winner(posterior, point) if index is None else index) for point in points]
    if question.kind == "rollout":
        found = rollout(opened, posterior, points, stopped)
    else:
        found = receptive_field(opened, posterior, spots, stopped)
    names = dict.fromkeys(posterior.class_set.names[spot.index] for spot in spots)
    return Reason(
        on_scale(density(found.mean, size)),
        ", ".join(names),
        points,
        reach(found.masses, points, posterior.photo_size),
        found.padding,
    )


def _attribution(
    opened: Opened,
    posterior: Posterior,
    labels: LabelMap,
    question: Question,
    index: int | None,
    size: Size,
    stopped: Callable[[], bool],
) -> Reason:
    if index is None:
        index = winner(posterior, question.point)
    name = posterior.class_set.names[index]
    if question.over == "pixel":
        cells, points = cells_at(posterior, question.point), [question.point]
    else:
        whole = question.over == "photo"
        mask = labels == index if whole else region(labels, question.point, posterior.photo_size)
        if not mask.any():
            raise BackendError(f"Cannot say: this network sees no {name} in this photo. Choose a class that it sees.")
        cells, points = cells_in(posterior, mask), []
    return Reason(attribution(opened, posterior, index, cells, size, stopped), name, tuple(points), None)


def winner(posterior: Posterior, point: Point) -> int:
    """The class that the network gives at a pixel of the photo."""
    return int(np.argmax(posterior.scores_at(*point)))
