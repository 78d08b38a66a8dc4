"""What each endpoint answers, key by key; Gradio's description of the API is made from these.

Shares and probabilities are 0..1, entropies nats, sizes (height, width), boxes y0, x0, y1, x1 with the end excluded,
points (y, x), all in the photo's pixels.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class LeftOut(TypedDict):
    """A model that did not answer, and why."""

    id: str
    message: str


class ClassShare(TypedDict):
    name: str
    index: int
    """As in annotation files of the class set (ADE20K's count from 1)."""
    area: float
    mean_entropy: float


class Model(TypedDict):
    """What one model says of the photo."""

    id: str
    title: str
    trained_by: str
    family: str
    checkpoint_sha256: str
    input_size: list[int]
    windows: int
    seconds: dict[str, float]
    mean_entropy: float
    boundary_entropy_share: float | None
    fragments: int
    class_set: str
    classes: list[ClassShare]
    notes: NotRequired[list[str]]
    """What is to be known of its file, its scores or its device, where there is something."""


Party = TypedDict("Party", {"class": str, "models": list[str], "confidence": float})
"""The models, by title, that say one thing of a region."""


class DisputedRegion(TypedDict):
    area: float
    box: list[int]
    point: list[int]
    where: str
    parties: list[Party]
    between_families: bool
    severe: bool
    """Whether the parties name things of different kinds."""
    sentence: str


class ConflictPair(TypedDict):
    classes: list[str]
    area: float


class Agreement(TypedDict):
    """How far models agree, as in summary.json; pairs are "id|id"."""

    class_set: str
    all_agree: float
    votes: list[float]
    split: dict[str, float]
    cannot_say: float
    boundary_only: float
    confidence_threshold: float
    confident_conflict: float
    confident_conflict_pairs: list[ConflictPair]
    agreement: dict[str, float]
    kappa: dict[str, float | None]
    fleiss_kappa: float | None
    regions: list[DisputedRegion]


class Summary(TypedDict):
    """summary.json, and who did not answer."""

    photo: str
    size: list[int]
    sha256: str
    precision: str
    device: str
    version: str
    class_set: str | None
    models: list[Model]
    comparison: Agreement | None
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
