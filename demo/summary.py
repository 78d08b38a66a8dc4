"""The shape of summary.json, key by key; its JSON Schema and its table in docs/numbers.md are written from here.

Shares and probabilities are 0..1, entropies nats, sizes (height, width), boxes y0, x0, y1, x1 with the end excluded,
points (y, x), all in the photo's pixels; pairs of models are "id|id". Keys are a contract: more may come.
"""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict


class ClassShare(TypedDict):
    """A class that a model names."""

    name: str
    """Of the class."""
    index: int
    """As in annotation files of the class set (ADE20K's count from 1)."""
    area: float
    """Share of the photo."""
    mean_entropy: float
    """Mean entropy of its pixels, nats."""


class Model(TypedDict):
    """What one model says of the photo."""

    id: str
    """As `python -m demo list` has it."""
    title: str
    """Of the architecture."""
    trained_by: str
    """Whose training it is; empty for a model of the user's own."""
    family: str
    """cnn or transformer."""
    checkpoint_sha256: str
    """SHA-256 of the weights."""
    input_size: list[int]
    """What the network looked at."""
    windows: int
    """In how many windows it looked."""
    seconds: dict[str, float]
    """Wall time by stage: network, maps."""
    mean_entropy: float
    """Mean entropy over the photo, nats."""
    mean_confidence: float
    """Mean probability of the likeliest class."""
    mean_margin: float
    """Mean of the likeliest class's probability less the second's."""
    boundary_entropy_share: float | None
    """Share of the entropy within 0.75 % of the diagonal of a boundary; null without any entropy."""
    fragments: int
    """4-connected pieces of one class, at the photo's size."""
    fragments_per_megapixel: float
    """The same on a grid with a long side of 512, per million pixels of it: does not depend on the photo's size."""
    class_set: str
    """Title of the set whose classes it names."""
    classes: list[ClassShare]
    """The largest first."""
    notes: NotRequired[list[str]]
    """What is to be known of its file, its scores or its device, where there is something."""
    measures: NotRequired[dict[str, float | None]]
    """Mean of each measure that was asked for; null where its scores cannot say it."""


Party = TypedDict("Party", {"class": str, "models": list[str], "confidence": float})
"""The models, by title, that say one thing of a region."""
PARTY_KEYS = {
    "class": "What they say.",
    "models": "Who, by title.",
    "confidence": "Mean confidence over the party's models and the region's pixels.",
}


class DisputedRegion(TypedDict):
    """A connected piece in which every model keeps to one class, and not all to the same."""

    area: float
    """Share of the photo."""
    box: list[int]
    """Around it."""
    point: list[int]
    """A pixel of it, far from its outline."""
    where: str
    """In the photo, in words."""
    parties: list[Party]
    """Who says what."""
    between_families: bool
    """Whether it is the CNNs against the transformers."""
    severe: bool
    """Whether the parties name things of different kinds."""
    sentence: str
    """All of it in words."""


class ConflictPair(TypedDict):
    """Two classes of which models are sure at the same pixels."""

    classes: list[str]
    """Their names."""
    area: float
    """Share of the photo."""


class Agreement(TypedDict):
    """How far models agree, in the words of the class set of most of them."""

    class_set: str
    """Title of that set."""
    all_agree: float
    """Share of the photo on which all name one class."""
    votes: list[float]
    """Shares with 1, 2, ... classes named."""
    split: dict[str, float]
    """Shares by the line along which they part: all_agree, between_families, inside_cnn, inside_transformer, mixed."""
    cannot_say: float
    """Share where fewer than two have a word for what they see."""
    boundary_only: float
    """Share in disputed pieces that lie along a boundary."""
    confidence_threshold: float
    """From which confidence on a model is sure."""
    confident_conflict: float
    """Share where two models are sure of different classes."""
    confident_conflict_pairs: list[ConflictPair]
    """The commonest first."""
    agreement: dict[str, float | None]
    """Of each pair: share of the pixels with one class."""
    kappa: dict[str, float | None]
    """Of each pair: agreement beyond chance (Cohen); low where one class fills the photo, however much they agree."""
    fleiss_kappa: float | None
    """The same for all models at once."""
    mutual_information: float
    """Entropy of the mean probabilities less the mean entropy, nats; mean over a grid of at most 128 a side."""
    jensen_shannon: dict[str, float]
    """Of each pair: Jensen-Shannon divergence of their probabilities, nats, mean over that grid."""
    regions: list[DisputedRegion]
    """The gravest first."""


class Summary(TypedDict):
    """summary.json"""

    photo: str
    """Its file's name."""
    size: list[int]
    """Of the photo."""
    sha256: str | None
    """Of its file; null when there was none."""
    precision: str
    """exact or fast."""
    device: str
    """On which it ran."""
    version: str
    """Of this tool."""
    class_set: str | None
    """Title of the set in whose words models are compared, or of the one model's."""
    models: list[Model]
    """In the order asked."""
    comparison: Agreement | None
    """null for one model alone."""


SHAPES = (ClassShare, Model, Party, DisputedRegion, ConflictPair, Agreement, Summary)
