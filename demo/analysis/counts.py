"""Everything counted of one model against ground truth: int64 counts that add, and small blocks to keep them in."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.analysis import calibration, scores
from demo.analysis.mistakes import Rightness
from demo.analysis.unknown import UnknownCounts, count_unknown
from demo.measures import ALWAYS, BY_ID
from demo.schema import VOID, ClassSet, Field, LabelMap, Prediction, Unknown

Counts = NDArray[np.int64]


def shapes(classes: int) -> dict[str, tuple[int, ...]]:
    """What is counted with a set of so many classes."""
    return {
        "sizes": (len(scores.SIZE_GROUPS), classes, classes),
        "boundary": (3, classes),
        "boundary_shared": (3, classes),
        "reliability": (3, calibration.STEPS),
        "proper": (3,),
        **{name: (2, calibration.RANKS) for name in ALWAYS},
    }


@dataclass(frozen=True)
class TruthCounts:
    """Counts of one model over any number of photos; add them in any order."""

    class_set: ClassSet
    sizes: Counts
    """(3, C, C) confusion of small, medium and large annotated regions."""
    boundary: Counts
    """(3, C) intersection, predicted and annotated inner-boundary pixels."""
    boundary_shared: Counts
    """The same with the truth's void in the prediction too."""
    reliability: Counts
    proper: Counts
    """(3,) pixels, Brier, negative log-likelihood; zeros where probabilities were not looked at."""
    entropy: Counts
    """(2, 33280) right and wrong pixels by entropy."""
    confidence: Counts
    """The same by 1 - confidence."""
    margin: Counts
    """The same by 1 - margin."""
    more: Mapping[str, Counts] = field(default_factory=dict)
    """The same by each further measure of doubt that was counted, by its id in demo.measures."""
    unknown: UnknownCounts = field(default_factory=UnknownCounts)
    """Of the pixels that no class names, which are in none of the above."""
    rightness: Rightness | None = None
    """Of one photo, pixel by pixel: what tells whether networks share their mistakes. Sums of photos have none."""

    def __add__(self, other: TruthCounts) -> TruthCounts:
        if self.class_set != other.class_set:
            raise ValueError(f"counts add in one class set, but got {self.class_set.title}, {other.class_set.title}")
        sums = {name: getattr(self, name) + getattr(other, name) for name in self._shapes}
        more = {name: self.more[name] + other.more[name] for name in self.more if name in other.more}
        if not (self.pixels and other.pixels):
            more = dict(self.more if self.pixels else other.more)
        return TruthCounts(self.class_set, **sums, more=more, unknown=self.unknown + other.unknown)

    @property
    def rankings(self) -> dict[str, Counts]:
        """(2, 33280) right and wrong pixels by every measure of doubt, in the order of demo.measures."""
        found = {name: getattr(self, name) for name in ALWAYS} | dict(self.more)
        return {name: found[name] for name in BY_ID if name in found}

    @property
    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return shapes(len(self.class_set))

    @property
    def confusion(self) -> Counts:
        """(C, C), annotated by predicted."""
        return self.sizes.sum(0)

    @property
    def pixels(self) -> int:
        """Labelled pixels that were counted."""
        return int(self.reliability[0].sum())

    def to_bytes(self) -> bytes:
        """The counts as a small block for storage."""
        block = io.BytesIO()
        mappings = {"more": self.more, "doubt": self.unknown.doubt, "called": self.unknown.called}
        told = asdict(self.class_set) | {key: [*found] for key, found in mappings.items()}
        block.write(json.dumps(told).encode() + b"\n")
        further = [counts for found in mappings.values() for counts in found.values()]
        for counts in (*(getattr(self, name) for name in self._shapes), *further):
            flat = counts.reshape(-1)
            places = np.flatnonzero(flat)
            block.write(np.int64(places.size).tobytes() + places.astype("<i4").tobytes())
            block.write(flat[places].astype("<i8").tobytes())
        block.write(self.rightness.to_bytes() if self.rightness else b"")
        return zlib.compress(block.getvalue(), 1)

    @classmethod
    def from_bytes(cls, block: bytes) -> TruthCounts:
        """What `to_bytes` wrote."""
        content = io.BytesIO(zlib.decompress(block))
        told: dict[str, Any] = json.loads(content.readline())
        names: dict[str, list[str]] = {key: told.pop(key) for key in ("more", "doubt", "called")}
        class_set = ClassSet(**{key: _tuple(value) for key, value in told.items()})
        arrays: dict[str, Any] = {name: _read(content, shape) for name, shape in shapes(len(class_set)).items()}
        kinds = {"more": (2, calibration.RANKS), "doubt": (calibration.RANKS,), "called": (len(class_set),)}
        more, doubt, called = ({name: _read(content, kinds[key]) for name in names[key]} for key in kinds)
        rest = content.read()
        rightness = Rightness.from_bytes(rest) if rest else None
        return cls(class_set, **arrays, more=more, unknown=UnknownCounts(doubt, called), rightness=rightness)

    @classmethod
    def zero(cls, class_set: ClassSet) -> TruthCounts:
        """The counts of no photo."""
        empty: dict[str, Any] = {name: np.zeros(shape, np.int64) for name, shape in shapes(len(class_set)).items()}
        return cls(class_set, **empty)


@dataclass(frozen=True)
class Truth:
    """A ground truth and what is derived from it once for all models."""

    label_map: LabelMap
    inner: NDArray[np.bool_]
    """(H, W) pixels of the inner boundaries."""
    groups: NDArray[np.uint8]
    """(H, W) index of each pixel's region size in `scores.SIZE_GROUPS`."""
    unknown: Unknown | None = None
    """What no class of the set names; void in the label map."""

    @classmethod
    def of(cls, label_map: LabelMap, unknown: Unknown | None = None) -> Truth:
        """Inner boundaries and region sizes of a label map (H, W)."""
        width = scores.boundary_width(*label_map.shape)
        return cls(label_map, scores.inner_boundary(label_map, width), scores.size_groups(label_map), unknown)

    def only(self, mask: NDArray[np.bool_]) -> Truth:
        """The same truth with everything outside the mask void, boundaries and sizes unchanged."""
        chosen = np.where(mask, self.label_map, np.uint8(VOID))
        groups = np.where(chosen == VOID, np.uint8(VOID), self.groups)
        return Truth(chosen, self.inner, groups, self.unknown and self.unknown.only(mask))


def count(prediction: Prediction, truth: Truth, strips: Iterable[tuple[int, Field]] | None = None) -> TruthCounts:
    """Count one prediction of one photo; Brier and NLL only when `strips` of probabilities are given.

    Prediction and truth have one size, else a ValueError.
    """
    label_map, classes = truth.label_map, len(prediction.class_set)
    if prediction.size != label_map.shape:
        raise ValueError(f"prediction and truth must have one size, but got {prediction.size} and {label_map.shape}")
    known = label_map != VOID
    agreed = prediction.label_map == label_map
    right = agreed[known]
    edges = partial(scores.boundary_areas, prediction.label_map, label_map, classes, truth.inner)
    boundary = edges()
    rankings = {
        name: calibration.rank(calibration.uncertainty(BY_ID[name], value[known]), ~right)
        for name, value in prediction.measures.items()
    }
    return TruthCounts(
        prediction.class_set,
        sizes=scores.size_confusions(prediction.label_map, label_map, classes, truth.groups),
        boundary=boundary,
        boundary_shared=boundary if known.all() else edges(share_void=True),
        reliability=calibration.reliability(prediction.confidence[known], right),
        proper=np.zeros(3, np.int64) if strips is None else calibration.proper_scores(strips, label_map),
        **{name: rankings.pop(name) for name in ALWAYS},
        more=rankings,
        unknown=count_unknown(prediction, truth.unknown) if truth.unknown else UnknownCounts(),
        rightness=Rightness(known, agreed),
    )


def _read(content: io.BytesIO, shape: tuple[int, ...]) -> Counts:
    size = int(np.frombuffer(content.read(8), "<i8")[0])
    places = np.frombuffer(content.read(4 * size), "<i4")
    flat = np.zeros(int(np.prod(shape)), np.int64)
    flat[places] = np.frombuffer(content.read(8 * size), "<i8")
    return flat.reshape(shape)


def _tuple(value: Any) -> Any:
    """JSON has lists where a class set has tuples."""
    return tuple(value) if isinstance(value, list) else value
