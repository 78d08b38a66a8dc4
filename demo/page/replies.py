"""What the server answers the tabs' questions with, as types: the browser's scripts are checked against them.

A reply that has nothing to say but why is a Refusal. Shares and areas are 0..1, entropies are in nats, maps are grey
PNG files as data URLs; `index` is 0..149 unless it says otherwise.
"""

from __future__ import annotations

from typing_extensions import TypedDict

from demo.page.exact import Exact as _Exact
from demo.page.truth_types import ClassIndex, Consistency, Flags, Judged, Proper, Truth
from demo.page.view import MeasureScale, View


class Refusal(_Exact):
    """Why a question could not be answered, and what to do."""

    message: str


class LikelyClass(_Exact):
    index: int
    name: str
    probability: float


class PixelAnswer(_Exact):
    """One network's likeliest classes at a pixel."""

    model: str
    title: str
    family: str
    class_set: str
    classes: list[LikelyClass]
    entropy: float
    margin: float
    measures: dict[str, float | None]
    """Every measure of demo.measures; null where the network cannot say it."""


class PixelReply(_Exact):
    rows: list[PixelAnswer]


class ClassArea(_Exact):
    index: int
    area: float


class Split(_Exact):
    """Between whom the dispute runs, as shares of the photo."""

    all_agree: float
    between_families: float
    inside_cnn: float
    inside_transformer: float
    mixed: float


class ClassPair(_Exact):
    classes: tuple[int, int]
    area: float


class Conflict(_Exact):
    """Where at least two networks are sure of different classes."""

    threshold: float
    area: float
    pairs: list[ClassPair]
    more: int


class Piece(_Exact):
    """Some words of a sentence; a class where there is an index."""

    text: str
    index: int | None


Party = TypedDict("Party", {"class": str, "models": list[str], "confidence": float})


class Region(_Exact):
    """A disputed region; `box` is y0, x0, y1, x1, `point` y, x."""

    area: float
    box: tuple[int, int, int, int]
    point: tuple[int, int]
    where: str
    parties: list[Party]
    between_families: bool
    severe: bool
    sentence: str
    pieces: list[Piece]


class Pair(_Exact):
    agreement: float | None
    """None where the two have no word in common for any pixel."""
    kappa: float | None


class Structure(_Exact):
    """How much of a network's entropy lies near its boundaries, and how much its map is in pieces."""

    model: str
    boundary_area: float
    boundary_entropy: float | None
    entropy_at: float | None
    entropy_inside: float | None
    fragments: int
    per_megapixel: float
    median_area: float
    boundary_length: int


class DifferMaps(_Exact):
    votes: str
    split: str
    conflict: str
    majority: str
    regions: str


class Differences(_Exact):
    """What the networks say together; pairs of them are named "first|second"."""

    models: list[str]
    lead: str
    headline: str
    alone: dict[str, float]
    class_set: str
    cannot_say: float
    votes: list[float]
    split: Split
    boundary_only: float
    conflict_areas: list[float]
    conflict: Conflict
    majority: list[ClassArea]
    regions: list[Region]
    maps: DifferMaps
    pairs: dict[str, Pair]
    fleiss_kappa: float | None
    structures: list[Structure]


class TooFew(_Exact):
    """There are fewer than two networks to compare."""

    models: list[str]
    message: str
    structures: list[Structure]


class MeanMaps(_Exact):
    together: str
    entropy: str
    mean_entropy: str
    mutual_information: str


class MeanFields(_Exact):
    entropy: float
    mean_entropy: float
    mutual_information: float


class Mean(_Exact):
    """The mean of the networks' probabilities; `grid` is height, width."""

    grid: tuple[int, int]
    class_set: str
    cannot_say: float
    classes: list[ClassArea]
    tops: MeanFields
    means: MeanFields
    divergence: dict[str, float]
    maps: MeanMaps


class NotYet(_Exact):
    """No network has answered that question; have one do it."""

    known: bool


class Why(_Exact):
    """Where one network's label comes from. Radii are in photo pixels, of 50 % and of 90 %; null for an attribution."""

    known: bool
    model: str
    name: str
    points: list[tuple[int, int]]
    """The pixels asked of, y, x."""
    radii: tuple[float, float] | None
    shares: tuple[float, float] | None
    even: tuple[float, float] | None
    words: str
    padding: float
    ends: tuple[float, float]
    map: str


class Figure(_Exact):
    """A figure as a file to save; `url` holds its content."""

    name: str
    url: str


class Looked(_Exact):
    """A photo that can be answered, by the store's key."""

    run: str


class NetworkNumbers(_Exact):
    title: str
    entropy: float
    seconds: float


class PhotoNumbers(_Exact):
    """One photo's row in the table of a visit's photos; null where fewer than two networks have answered."""

    agreement: float | None
    split: float | None
    conflict: float | None
    networks: list[NetworkNumbers]


class StudyLimits(_Exact):
    """What a study may have: photos, 10**6 bytes of one or of the zip, and of the zip's photos together."""

    photos: int
    megabytes: float
    unpacked: int


class StudyBegun(_Exact):
    """A study that waits for its photos, by a key that only its visitor has; the photos' names in their order."""

    study: str
    names: list[str]


class StudyRow(_Exact):
    """One photo of a study: its numbers once all networks have answered, or why there are none."""

    place: int
    name: str
    run: str
    path: str
    message: str
    numbers: PhotoNumbers | None
    answered: int
    of: int
    fault: str


class ChangeAmount(_Exact):
    name: str
    unit: str
    low: float
    high: float
    usual: float
    step: float


class ChangeKind(_Exact):
    """One way of changing a photo, with what it wants."""

    id: str
    title: str
    sentence: str
    amount: ChangeAmount | None
    box: bool
    named: bool


class ChangeKinds(_Exact):
    """Every change, and the corruptions and severities of the ladder; photos are changed at `short_side` at most."""

    kinds: list[ChangeKind]
    corruptions: list[str]
    severities: list[int]
    short_side: int


class SeenNames(_Exact):
    names: list[str]


class Preview(_Exact):
    """A changed photo as a picture, its size and that of the photo; `compared` is the share that both show."""

    url: str
    width: int
    height: int
    photo_width: int
    photo_height: int
    compared: float


class Flip(_Exact):
    before: int
    after: int
    share: float


class Altered(_Exact):
    """A network's answer to a changed photo beside its first one; `marks` is 1 where the label is another."""

    model: str
    class_set: str
    pixels: int
    changed: float
    entropy_before: float
    entropy_after: float
    flips: list[Flip]
    other_flips: float
    before: str
    after: str
    marks: str


class Pending(_Exact):
    """Not answered yet; with `again` the network has to be asked once more."""

    again: bool


class Rung(_Exact):
    model: str
    kind: str
    severity: int
    kept: float
    entropy: float


class Ladder(_Exact):
    """What is known of a photo's stress ladder, and how many rungs are left for each network."""

    rungs: list[Rung]
    left: dict[str, int]
    rungs_each: int
    refused: dict[str, str]


REPLIES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        View,
        MeasureScale,
        Refusal,
        PixelReply,
        Differences,
        TooFew,
        Conflict,
        Mean,
        Truth,
        ClassIndex,
        Judged,
        Proper,
        Flags,
        Consistency,
        NotYet,
        Why,
        Figure,
        Looked,
        PhotoNumbers,
        StudyLimits,
        StudyBegun,
        StudyRow,
        ChangeKinds,
        SeenNames,
        Preview,
        Altered,
        Pending,
        Ladder,
    )
}
"""What comes whole; the rest is in these."""
