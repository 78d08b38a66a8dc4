"""What each endpoint answers, key by key; Gradio's description of the API is made from these.

Shares and probabilities are 0..1, entropies nats, sizes (height, width), boxes y0, x0, y1, x1 with the end excluded,
points (y, x), all in the photo's pixels.
"""

from __future__ import annotations

from typing_extensions import TypedDict

from demo.summary import Agreement, DisputedRegion
from demo.summary import Summary as SummaryFile


class LeftOut(TypedDict):
    """A model that did not answer, and why."""

    id: str
    message: str


class Summary(SummaryFile):
    """summary.json, and who did not answer."""

    left_out: list[LeftOut]


class Compared(Agreement):
    sentence: str
    """How far they agree, in words."""
    left_out: list[LeftOut]


class Disputed(TypedDict):
    sentence: str
    caution: str
    """Where not to rely on any model's labels, in words."""
    regions: list[DisputedRegion]
    left_out: list[LeftOut]


class Likely(TypedDict):
    index: int
    """Position in the class set, from 0."""
    name: str
    probability: float


class AtPixel(TypedDict):
    model: str
    title: str
    family: str
    class_set: str
    classes: list[Likely]
    entropy: float
    margin: float


class Pixel(TypedDict):
    x: int
    y: int
    models: list[AtPixel]
    left_out: list[LeftOut]
