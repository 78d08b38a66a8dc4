"""What is measured of one answer so that the article's sentences can be tested: sums over one photo's pixels.

Distances and widths are shares of the photo's diagonal, fragments are those of a fixed grid, so that nothing depends on
the photo's resolution. Annotated edges run where the nearest labelled pixels change class: a thin strip without label
between two classes is their edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from demo.analysis import calibration, structure
from demo.schema import VOID, ClassSet, Field, LabelMap, Prediction

Mask: TypeAlias = NDArray[np.bool_]
Row: TypeAlias = dict[str, float]

LOW_ENTROPIES = (0.1, 0.2, 0.35, 0.5, float(np.log(2)), 1.0, 1.5, 2.0)
"""Nats: thresholds under which a pixel may be called sure, strict to lax; two equally likely classes have ln 2."""
SMALL_SHARE = 1e-3
"""A fragment below this share of the photo is small."""
ANIMAL, VEHICLE = "animal", "vehicle"
"""Supercategories."""
PEOPLE_AND_BUILDINGS = frozenset({"person", "rider", "building", "house", "skyscraper", "tower", "hovel"})
"""Classes, since their supercategories hold clothes and walls too."""

SUMS = (
    "photos", "small_fragments", "similar_fragments", "typical_fragment", "pixels", "entropy", "labelled",
    "edge_pixels", "edge_entropy", "inner_pixels", "inner_entropy", "mirrored_pixels", "mirrored_entropy",
    "edge_labelled", "edge_wrong", "thin_pixels", "thin_wrong", "thick_pixels", "thick_wrong",
    "right", "right_entropy", "wrong", "wrong_entropy", "similar_mistakes", "similar_by_chance",
    "animal_pixels", "animal_wrong", "animal_entropy", "thing_pixels", "thing_wrong", "judged", "error_auroc",
    *(f"wrong_under_{step}" for step in range(len(LOW_ENTROPIES))),
)  # fmt: skip
"""What `observe` measures of one answer; from "labelled" on 0 without ground truth."""


@dataclass(frozen=True, eq=False)
class Landmarks:
    """What a truth (H, W) tells of its photo, the same for every network of one class set."""

    edge: Mask
    """Near an annotated edge."""
    inner: Mask
    """Elsewhere, where the photo is labelled."""
    thin: Mask
    """Labelled, in a part thinner than twice the reach of an edge."""
    animals: Mask
    things: Mask
    """People, vehicles and buildings."""

    @classmethod
    def of(cls, truth: LabelMap, class_set: ClassSet) -> Landmarks:
        reach = structure.default_distance((truth.shape[0], truth.shape[1]))
        filled, close = _nearest(truth), _gap(truth) <= 2 * reach
        near = structure.within(structure.boundary(filled) & close, reach)
        thin = (truth != VOID) & ~_thick(filled, int(reach))
        return cls(near, close & ~near, thin, *(np.isin(truth, chosen) for chosen in kinds_of(class_set)))


def observe(
    prediction: Prediction,
    truth: LabelMap | None = None,
    *,
    grid: structure.Pieces | None = None,
    landmarks: Landmarks | None = None,
) -> Row:
    """The sums of one answer, by the names of `SUMS`. Truth and prediction have one size.

    `grid` are the pieces of `structure.on_fragment_grid`, `landmarks` those of the truth, where they are known.
    """
    grid = grid or structure.pieces(structure.on_fragment_grid(prediction.label_map))
    small, similar, areas = _fragments(grid, prediction.class_set)
    row = dict.fromkeys(SUMS, 0.0) | {
        "photos": 1.0,
        "small_fragments": float(small),
        "similar_fragments": float(similar),
        "typical_fragment": float((areas**2).sum()),
        "pixels": float(prediction.label_map.size),
        "entropy": float(prediction.entropy.sum(dtype=np.float64)),
    }
    if truth is None or (truth == VOID).all():
        return row
    marks = landmarks or Landmarks.of(truth, prediction.class_set)
    return row | _edges(prediction, truth, marks) | _mistakes(prediction, truth) | _kinds(prediction, truth, marks)


def _fragments(grid: structure.Pieces, class_set: ClassSet) -> tuple[int, int, NDArray[np.float64]]:
    """Small fragments, those of them that lie mostly against a similar class, and all fragments' shares of the area."""
    shares = grid.areas / grid.areas.sum()
    small = shares < SMALL_SHARE
    label_of = np.zeros(len(shares), np.uint8)
    label_of[grid.of_span] = grid.spans.labels[0]
    return int(small.sum()), _beside_similar(grid.spans.paint(grid.of_span), label_of, small, class_set), shares


def _beside_similar(pieces: NDArray[np.int32], label_of: NDArray[np.uint8], small: Mask, class_set: ClassSet) -> int:
    """Small pieces whose longest common outline is with a class of their own supercategory."""
    sides = [(pieces[:, 1:], pieces[:, :-1]), (pieces[1:], pieces[:-1])]
    one, other = (np.concatenate([pair[k][pair[0] != pair[1]] for pair in sides]) for k in (0, 1))
    piece, beside = np.concatenate([one, other]), label_of[np.concatenate([other, one])]
    near = small[piece]
    code, length = np.unique(piece[near].astype(np.int64) * 256 + beside[near], return_counts=True)
    last = np.lexsort((length, code // 256))
    ends = np.flatnonzero(np.diff(code[last] // 256, append=-1))
    longest = code[last][ends]
    kinds = class_set.supercategory_index
    return int((kinds[label_of[longest // 256]] == kinds[longest % 256]).sum())


def _edges(prediction: Prediction, truth: LabelMap, marks: Landmarks) -> Row:
    """Entropy along annotated edges, elsewhere, and along the edges mirrored left to right; mistakes there, and in thin
    parts."""
    known = truth != VOID
    wrong, near, thin, thick = known & (prediction.label_map != truth), marks.edge, marks.thin, known & ~marks.thin
    rows = {"edge": near, "inner": marks.inner, "mirrored": near[:, ::-1]}
    return {
        name: value
        for part, mask in rows.items()
        for name, value in ((f"{part}_pixels", _count(mask)), (f"{part}_entropy", _sum(prediction.entropy, mask)))
    } | {
        "edge_labelled": _count(near & known), "edge_wrong": _count(near & wrong),
        "thin_pixels": _count(thin), "thin_wrong": _count(thin & wrong),
        "thick_pixels": _count(thick), "thick_wrong": _count(thick & wrong),
    }  # fmt: skip


def _nearest(truth: LabelMap) -> LabelMap:
    """The truth with every pixel without label given that of the nearest pixel that has one."""
    if not (truth == VOID).any():
        return truth
    places = ndimage.distance_transform_edt(truth == VOID, return_distances=False, return_indices=True)
    return truth[tuple(places)]


def _gap(truth: LabelMap) -> NDArray[np.float64]:
    """Pixels from each pixel to the nearest one that has a label."""
    return ndimage.distance_transform_edt(truth == VOID)


def _thick(label_map: LabelMap, reach: int) -> Mask:
    """Pixels that some square of 2 reach + 1 pixels a side, all of one class, covers: an opening of all classes."""
    window = 2 * reach + 1
    even = ndimage.maximum_filter(label_map, window) == ndimage.minimum_filter(label_map, window)
    return ndimage.maximum_filter(even, window)


def _mistakes(prediction: Prediction, truth: LabelMap) -> Row:
    known = truth != VOID
    said, true, entropy = prediction.label_map[known], truth[known], prediction.entropy[known]
    wrong = said != true
    mistaken, found = entropy[wrong], wrong.any() and not wrong.all()
    similar, chance = _similarity(said, true, wrong, prediction.class_set)
    return {
        "labelled": float(wrong.size), "right": _count(~wrong), "right_entropy": _sum(entropy, ~wrong),
        "wrong": _count(wrong), "wrong_entropy": _sum(entropy, wrong),
        "similar_mistakes": similar, "similar_by_chance": chance, "judged": float(found),
        "error_auroc": calibration.auroc(calibration.rank(entropy, wrong)) if found else 0.0,
    } | {f"wrong_under_{step}": _count(mistaken < low) for step, low in enumerate(LOW_ENTROPIES)}  # fmt: skip


def _similarity(said: LabelMap, true: LabelMap, wrong: Mask, class_set: ClassSet) -> tuple[float, float]:
    """Wrong pixels called a class of the annotated one's supercategory, and how many that would be by chance.

    By chance: each wrong pixel called one of the other classes that the network names where the photo is labelled, each
    as often as it does.
    """
    kinds = class_set.supercategory_index
    named = np.bincount(said, minlength=len(class_set)).astype(np.float64)
    of_kind = np.bincount(kinds, named, minlength=len(class_set))[kinds]
    others = named.sum() - named
    chance = np.divide(of_kind - named, others, out=np.zeros(len(class_set)), where=others > 0)
    return _count(kinds[said[wrong]] == kinds[true[wrong]]), float(chance[true[wrong]].sum())


def _kinds(prediction: Prediction, truth: LabelMap, marks: Landmarks) -> Row:
    """Pixels, mistakes and entropy where animals are; pixels and mistakes where people, vehicles and buildings are."""
    wrong = prediction.label_map != truth
    animals, things = marks.animals, marks.things
    return {
        "animal_pixels": _count(animals), "animal_wrong": _count(animals & wrong),
        "animal_entropy": _sum(prediction.entropy, animals),
        "thing_pixels": _count(things), "thing_wrong": _count(things & wrong),
    }  # fmt: skip


def kinds_of(class_set: ClassSet) -> tuple[list[int], list[int]]:
    """The classes that are animals, and those that are people, vehicles or buildings."""
    words = list(enumerate(zip(class_set.names, class_set.supercategories or class_set.names, strict=True)))
    animals = [place for place, (_, kind) in words if kind == ANIMAL]
    return animals, [place for place, (name, kind) in words if kind == VEHICLE or name in PEOPLE_AND_BUILDINGS]


def _count(mask: Mask) -> float:
    return float(np.count_nonzero(mask))


def _sum(field: Field, mask: Mask) -> float:
    return float(field[mask].sum(dtype=np.float64))
