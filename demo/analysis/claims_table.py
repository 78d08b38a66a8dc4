"""What the article says of CNNs and transformers in words, each sentence with the quantity and contrasts that test it.

The sentences are those of section 5 of "Semantic segmentation: a zoology of deep architectures" (IPOL 2023,
doi 10.5201/ipol.2023.447) that can be measured, in our words. Every quantity is a number a photo, and photos weigh
alike, whatever their size. Contrasts are positive where the sentence is true. Photos from outside the training set's
kind speak only to the sentences that name them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.analysis.claims_observed import LOW_ENTROPIES
from demo.schema import Family

Array = NDArray[np.float64]
Sums: TypeAlias = Mapping[str, Array]
"""Sums by name, (P, M): of each photo and model."""
Needs = Literal[
    "photos", "truth", "outside", "outside and truth", "outside with truth", "animals", "animals and others"
]
"""Which photos a sentence is tested on; "and": two kinds are compared. All but "photos" and "outside" need truth."""

FCN_PAPER = "https://arxiv.org/abs/1411.4038"
DEEPLAB_PAPER = "https://arxiv.org/abs/1802.02611"
LN_2 = LOW_ENTROPIES.index(float(np.log(2)))
STRICT, LAX = (0.05, LOW_ENTROPIES.index(1.0)), (0.2, LOW_ENTROPIES.index(0.2))
"""(share of the mistakes, threshold) under which sure mistakes are rare however one reads the words, and are not."""


@dataclass(frozen=True)
class Panel:
    """The models under test, in the order of the arrays' last axis."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    families: tuple[Family, ...]
    papers: tuple[str, ...]
    """The address of the paper that each architecture comes from; empty where it is not known."""

    @property
    def present(self) -> tuple[Family, ...]:
        """The families that there are."""
        return tuple(dict.fromkeys(self.families))

    def of(self, family: Family) -> NDArray[np.bool_]:
        """(M,) which models are of the family."""
        return np.array([own == family for own in self.families], bool)

    def by(self, paper: str) -> NDArray[np.bool_]:
        """(M,) which models are the architecture of the paper."""
        return np.array([own == paper for own in self.papers], bool)

    def without(self, model: int) -> Panel:
        """All but one."""
        left = {
            name: tuple(value for place, value in enumerate(getattr(self, name)) if place != model)
            for name in ("ids", "titles", "families", "papers")
        }
        return replace(self, **left)


@dataclass(frozen=True)
class Claim:
    """One sentence, the quantity that tests it, and contrasts (P, K) that are positive where it is true."""

    id: str
    sentence: str
    quantity: str
    unit: str
    needs: Needs
    values: Callable[[Sums], Array]
    """Sums -> the quantity of every photo and model, (P, M); nan where a photo cannot tell."""
    contrasts: Callable[[Sums, Array, Panel], Array]
    test: str
    """What must be above zero, in words."""
    of_families: bool = False
    """Whether the two families are compared."""
    takes: Literal["", "FCN", "DeepLabV3+", "others"] = ""
    """The architecture that others are compared with; "others": models other than FCN."""
    against: Callable[[Sums, Array, Panel], Array] | None = None
    """Contrasts of which one below zero refutes the sentence, where they are not those that show it."""
    other_values: Callable[[Sums], Array] | None = None
    """The quantity on the photos compared with, where it is another one."""
    difference: bool = False
    """Whether the quantity is a difference, to be drawn with a line at zero."""


@dataclass(frozen=True)
class Curve:
    """A quantity at a row of thresholds, to show that a verdict does not hang on one of them."""

    claim: str
    x_name: str
    y_name: str
    x: tuple[float, ...]
    values: Callable[[Sums], Array]
    """Sums -> (P, M, thresholds)."""


def _ratio(top: str, bottom: str) -> Callable[[Sums], Array]:
    """Of two sums of one photo; nan where the second is 0."""

    def values(sums: Sums) -> Array:
        below = sums[bottom]
        return np.divide(sums[top], below, out=np.full(below.shape, np.nan), where=below > 0)

    return values


def _less(one: Callable[[Sums], Array], other: Callable[[Sums], Array]) -> Callable[[Sums], Array]:
    return lambda sums: one(sums) - other(sums)


def _low_entropy(sums: Sums) -> Array:
    """(P, M, thresholds): the share of the wrong pixels under each of LOW_ENTROPIES."""
    return np.stack([_ratio(f"wrong_under_{step}", "wrong")(sums) for step in range(len(LOW_ENTROPIES))], -1)


def _each(sums: Sums, values: Array, panel: Panel) -> Array:
    return values


def _cnn_above(sums: Sums, values: Array, panel: Panel) -> Array:
    return _mean(values[:, panel.of("cnn")]) - _mean(values[:, panel.of("transformer")])


def _transformer_above(sums: Sums, values: Array, panel: Panel) -> Array:
    return -_cnn_above(sums, values, panel)


def _mean(values: Array) -> Array:
    """Over the models, (P, 1); nan over none."""
    return values.sum(-1, keepdims=True) / (values.shape[-1] or np.nan)


def _rarer(limit: tuple[float, int]) -> Callable[[Sums, Array, Panel], Array]:
    share, step = limit
    return lambda sums, values, panel: share - _low_entropy(sums)[:, ~panel.by(FCN_PAPER), step]


def _fcn_above_at_every_threshold(sums: Sums, values: Array, panel: Panel) -> Array:
    shares, fcn = _low_entropy(sums), panel.by(FCN_PAPER)
    above = shares[:, fcn].mean(1, keepdims=True) - shares[:, ~fcn]
    return above.reshape(len(above), above.shape[1] * above.shape[2])


def _fcn_below_each(sums: Sums, values: Array, panel: Panel) -> Array:
    fcn = panel.by(FCN_PAPER)
    return values[:, ~fcn] - _mean(values[:, fcn])


def _deeplab_below_other_cnns(sums: Sums, values: Array, panel: Panel) -> Array:
    deeplab = panel.by(DEEPLAB_PAPER)
    return values[:, panel.of("cnn") & ~deeplab] - _mean(values[:, deeplab])


def _above_chance(sums: Sums, values: Array, panel: Panel) -> Array:
    return values - 0.5


ENTROPY, RIGHT_ENTROPY = _ratio("entropy", "pixels"), _ratio("right_entropy", "right")
MISTAKES, SURE_MISTAKES = _ratio("wrong", "labelled"), _ratio(f"wrong_under_{LN_2}", "wrong")

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "edges", "Networks are least certain along the edges between classes.",
        "mean entropy within 0.75 % of the diagonal of an annotated edge, less that along the same edges mirrored left "
        "to right", "nats", "truth",
        _less(_ratio("edge_entropy", "edge_pixels"), _ratio("mirrored_entropy", "mirrored_pixels")),
        _each, "the difference, for every model", difference=True,
    ),
    Claim(
        "DeepLabV3+'s boundaries", "DeepLabV3+ draws boundaries better than the other CNNs.",
        "share of the labelled pixels within 0.75 % of the diagonal of an annotated edge that are wrong", "0..1",
        "truth", _ratio("edge_wrong", "edge_labelled"), _deeplab_below_other_cnns, "each other CNN less DeepLabV3+",
        takes="DeepLabV3+",
    ),
    Claim(
        "lost details", "Networks lose details: thin parts are wrong more often than the rest.",
        "share wrong of the annotated parts narrower than 1.5 % of the diagonal, less that of all others", "0..1",
        "truth",
        _less(_ratio("thin_wrong", "thin_pixels"), _ratio("thick_wrong", "thick_pixels")),
        _each, "the difference, for every model", difference=True,
    ),
    Claim(
        "small fragments", "CNNs break the photo into more small pieces.",
        "fragments under a thousandth of the photo, on a grid with a long side of 512", "fragments", "photos",
        _ratio("small_fragments", "photos"), _cnn_above, "CNNs less transformers", of_families=True,
    ),
    Claim(
        "small similar fragments", "CNNs break the photo into more small pieces of classes alike.",
        "such fragments whose longest outline is with a class of their own supercategory", "fragments", "photos",
        _ratio("similar_fragments", "photos"), _cnn_above, "CNNs less transformers", of_families=True,
    ),
    Claim(
        "large uniform regions", "Transformers answer with larger uniform regions.",
        "share of the photo taken by the fragment that a random pixel lies in", "0..1", "photos",
        _ratio("typical_fragment", "photos"), _transformer_above, "transformers less CNNs", of_families=True,
    ),
    Claim(
        "close classes confused", "Mistakes are between classes alike.",
        "share of the wrong pixels called a class of the annotated one's supercategory, less the share there would be "
        "if each were called another class that the network names in the photo, as often as it does", "0..1", "truth",
        _less(_ratio("similar_mistakes", "wrong"), _ratio("similar_by_chance", "wrong")),
        _each, "the difference, for every model", difference=True,
    ),
    Claim(
        "unfamiliar photos", "On photos unlike those of the training set, networks are less certain.",
        "mean entropy, on the photos from outside less on the others", "nats", "outside",
        ENTROPY, _each, "the difference, for every model", difference=True,
    ),
    Claim(
        "unfamiliar though right", "On such photos they are less certain even where they are right.",
        "mean entropy of the right pixels, on the photos from outside less on the others", "nats", "outside and truth",
        RIGHT_ENTROPY, _each, "the difference, for every model", difference=True,
    ),
    Claim(
        "fewer errors on new photos", "On such photos transformers make fewer mistakes than CNNs.",
        "share of the labelled pixels that are wrong", "0..1", "outside with truth",
        MISTAKES, _cnn_above, "CNNs less transformers", of_families=True,
    ),
    Claim(
        "animals", "Animals are wrong more often than people, vehicles and buildings.",
        "share wrong of the pixels annotated as animals, less that of people, vehicles and buildings on photos without "
        "animals", "0..1", "animals and others",
        _ratio("animal_wrong", "animal_pixels"), _each, "the difference, for every model",
        other_values=_ratio("thing_wrong", "thing_pixels"), difference=True,
    ),
    Claim(
        "FCN sure of animals", "Where animals are, FCN is more certain than the other networks.",
        "mean entropy of the pixels annotated as animals", "nats", "animals",
        _ratio("animal_entropy", "animal_pixels"), _fcn_below_each, "each other model less FCN", takes="FCN",
    ),
    Claim(
        "sure mistakes are rare", "Mistakes rarely come with low entropy, FCN's excepted.",
        "share of the wrong pixels with entropy under ln 2", "0..1", "truth",
        SURE_MISTAKES, _rarer(STRICT),
        "5 % less the share with entropy under 1 nat, for every model but FCN; it falls where 20 % less the share "
        "under 0.2 nats is below zero", against=_rarer(LAX), takes="others",
    ),
    Claim(
        "FCN is the exception", "FCN makes low-entropy mistakes more often than the other networks.",
        "share of the wrong pixels with entropy under ln 2", "0..1", "truth",
        SURE_MISTAKES, _fcn_above_at_every_threshold,
        "FCN less each other model, at each of eight thresholds from 0.1 to 2 nats", takes="FCN",
    ),
    Claim(
        "mistakes are found", "Entropy tells where a network is wrong.",
        "AUROC of finding a photo's wrong pixels by entropy", "0..1", "truth",
        _ratio("error_auroc", "judged"), _above_chance, "AUROC less 0.5, for every model",
    ),
    Claim(
        "mistakes are found by family", "The entropy of transformers tells their mistakes better than that of CNNs.",
        "AUROC of finding a photo's wrong pixels by entropy", "0..1", "truth",
        _ratio("error_auroc", "judged"), _transformer_above, "transformers less CNNs", of_families=True,
    ),
    Claim(
        "surer when right", "Where they are right, transformers are more certain than CNNs.",
        "mean entropy of the right pixels", "nats", "truth",
        RIGHT_ENTROPY, _cnn_above, "CNNs less transformers", of_families=True,
    ),
    Claim(
        "less sure when wrong", "Where they are wrong, transformers are less certain than CNNs.",
        "mean entropy of the wrong pixels", "nats", "truth",
        _ratio("wrong_entropy", "wrong"), _transformer_above, "transformers less CNNs", of_families=True,
    ),
)  # fmt: skip

CURVES: tuple[Curve, ...] = (
    Curve("sure mistakes are rare", "entropy under, nats", "share of the mistakes", LOW_ENTROPIES, _low_entropy),
)
