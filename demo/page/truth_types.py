"""What the server answers the tab "Truth" with, as types; see demo.page.replies."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from demo.page.exact import Exact

Better = Literal["higher", "lower"]


class ClassPixels(Exact):
    index: int
    pixels: int


class Truth(Exact):
    """A ground truth; in its map 254 is what no class names, 255 what is not labelled."""

    kind: str
    class_set: str
    width: int
    height: int
    labelled: int
    unknown: int | None
    classes: list[ClassPixels]
    map: str
    doubt: str
    """Why it may be read wrongly; mostly nothing."""


class ClassIndex(Exact):
    """`index` is null for what no class of the set names."""

    name: str
    index: int | None
    class_set: str


class Number(Exact):
    id: str
    title: str
    value: float | None
    unit: str
    pixels: int
    formula: str
    better: Better


class Counted(Exact):
    """Pixels."""

    photo: int
    labelled: int
    unknown: int


class ClassRow(Exact):
    """`index` is that of the annotation files (ADE20K: from 1)."""

    index: int
    name: str
    iou: float | None
    accuracy: float | None
    boundary_iou: float | None
    annotated: int
    predicted: int


class Confusion(Exact):
    truth: str
    predicted: str
    pixels: int
    share: float
    severe: bool | None
    """Whether the two have no supercategory in common; null where the set has none."""


ReliabilityBin = TypedDict(
    "ReliabilityBin",
    {"from": float, "to": float, "pixels": int, "confidence": float | None, "accuracy": float | None},
)


class RiskCurve(Exact):
    """At each percent of coverage."""

    coverage: list[float]
    risk: list[float]


class CalledClass(Exact):
    name: str
    pixels: int
    share: float


class CalledThing(Exact):
    """Something that no class names, and the classes that a network called it, most pixels first."""

    thing: str
    pixels: int
    classes: list[CalledClass]


class Findings(Exact):
    """How well doubt finds what no class names, and what that was called."""

    pixels: int
    numbers: list[Number]
    called: list[CalledThing]
    message: str | None
    """Why the numbers are not defined, where nothing else is labelled."""


class Flags(Exact):
    """By measure: what doubt flags where it finds 95 % of what no class names.

    A map holds 0 known and passed, 1 known but flagged, 2 unknown and flagged, 3 unknown but passed, 255 not asked.
    """

    maps: dict[str, str]


class ErrorShares(Exact):
    """Two networks on the pixels labelled for both."""

    pixels: int
    both_right: int
    first_right: int
    second_right: int
    both_wrong: int
    observed: float | None
    expected: float | None
    kappa: float | None
    shared: float | None


class Consistency(Exact):
    """Whether networks make the same mistakes; pairs of them are named "first|second"."""

    pairs: dict[str, ErrorShares]


class TruthScores(Exact):
    """Everything that the truth says of one network."""

    model: str
    band: str
    sure: float
    pixels: Counted
    numbers: list[Number]
    classes: list[ClassRow]
    confusions: list[Confusion]
    reliability: list[ReliabilityBin]
    risk_coverage: dict[str, RiskCurve]
    """By each measure of doubt that the network can say."""
    unknown: Findings | None
    error_shares: dict[str, float]


class Judged(Exact):
    """A network's scores; its map holds 0 where right, 1 + the percent of confidence where wrong, 254, 255 as above.

    `wrong` counts the mistakes by percent of confidence.
    """

    class_set: str
    scores: TruthScores
    right: int
    wrong: list[int]
    map: str


class Proper(Exact):
    """The numbers that need all probabilities."""

    numbers: list[Number]
