"""What the article says of CNNs and transformers in words, tested with numbers on given photos.

The sentences are those of section 5 of "Semantic segmentation: a zoology of deep architectures" (IPOL 2023,
doi 10.5201/ipol.2023.447) that can be measured, in our words. Each becomes contrasts that are positive where the
sentence is true; their 95 % intervals come from drawing the photos again with replacement. Sums over photos are divided
once, so that large photos weigh as much as they have pixels, save for fragments, where each photo counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.analysis import structure
from demo.schema import VOID, Family, LabelMap, Prediction

Array = NDArray[np.float64]
Sums: TypeAlias = Mapping[str, Array]
"""Sums by name, the last axis being the models."""
Verdict = Literal["holds", "does not hold", "cannot tell"]
Needs = Literal["photos", "truth", "outside", "outside and truth"]

FCN_PAPER = "https://arxiv.org/abs/1411.4038"
LOW_ENTROPY = float(np.log(2))
"""Nats: less unsure than between two equally likely classes."""
SMALL_SHARE = 1e-3
"""A fragment below this share of the photo is small."""
RARELY = 0.1
"""At most this share of the mistakes."""
FEWEST_PHOTOS = 10

SUMS = (
    "photos", "edge_pixels", "edge_entropy", "inner_pixels", "inner_entropy", "small_fragments", "typical_fragment",
    "pixels", "entropy", "right", "right_entropy", "wrong", "wrong_entropy", "wrong_low_entropy",
)  # fmt: skip
"""What `observe` measures of one answer; the last five are 0 without ground truth."""


@dataclass(frozen=True)
class Panel:
    """The models under test, in the order of the arrays' last axis."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    families: tuple[Family, ...]
    papers: tuple[str, ...]
    """The address of the paper that each architecture comes from; empty where it is not known."""

    def of(self, family: Family) -> NDArray[np.bool_]:
        """(M,) which models are of the family."""
        return np.array([own == family for own in self.families], bool)

    @property
    def fcn(self) -> NDArray[np.bool_]:
        """(M,) which models are FCN."""
        return np.array([paper == FCN_PAPER for paper in self.papers], bool)


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % bootstrap interval over photos; nan where it is not defined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Claim:
    """One sentence, the quantity that tests it, and contrasts (…, K) that are positive where it is true."""

    id: str
    sentence: str
    quantity: str
    unit: str
    needs: Needs
    values: Callable[[Sums], Array]
    """Sums (…, M) -> the quantity of every model (…, M)."""
    contrasts: Callable[[Array, Panel], Array]
    test: str
    """What must be above zero, in words."""


@dataclass(frozen=True)
class Finding:
    """What the photos say of one claim."""

    claim: Claim
    photos: int
    """Photos it rests on."""
    models: tuple[Interval, ...]
    families: dict[Family, Interval]
    contrasts: tuple[Interval, ...]
    verdict: Verdict
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What M models answered on P photos: `sums[name]` is (P, M), `outside` (P,) marks photos of another kind."""

    panel: Panel
    sums: dict[str, Array]
    outside: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))


def observe(prediction: Prediction, truth: LabelMap | None = None) -> dict[str, float]:
    """The sums of one answer, by the names of `SUMS`. Truth and prediction have one size."""
    shape = structure.measure(prediction)
    areas = shape.fragment_areas / shape.pixels
    row = dict.fromkeys(SUMS, 0.0) | {
        "photos": 1.0,
        "edge_pixels": float(shape.boundary_pixels),
        "edge_entropy": shape.boundary_entropy,
        "inner_pixels": float(shape.pixels - shape.boundary_pixels),
        "inner_entropy": shape.inside_entropy,
        "small_fragments": float((areas < SMALL_SHARE).sum()),
        "typical_fragment": float((areas**2).sum()),
        "pixels": float(shape.pixels),
        "entropy": shape.boundary_entropy + shape.inside_entropy,
    }
    return row if truth is None else row | _mistakes(prediction, truth)


def _mistakes(prediction: Prediction, truth: LabelMap) -> dict[str, float]:
    known = truth != VOID
    wrong = prediction.label_map[known] != truth[known]
    entropy = prediction.entropy[known]
    return {
        "right": float((~wrong).sum()),
        "right_entropy": float(entropy[~wrong].sum(dtype=np.float64)),
        "wrong": float(wrong.sum()),
        "wrong_entropy": float(entropy[wrong].sum(dtype=np.float64)),
        "wrong_low_entropy": float((entropy[wrong] < LOW_ENTROPY).sum()),
    }


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.full(np.shape(bottom), np.nan), where=np.asarray(bottom) > 0)


def _mean(values: Array) -> Array:
    """Over the models, (…, 1); nan over none."""
    return values.sum(-1, keepdims=True) / (values.shape[-1] or np.nan)


def _each(values: Array, panel: Panel) -> Array:
    return values


def _cnn_above(values: Array, panel: Panel) -> Array:
    return _mean(values[..., panel.of("cnn")]) - _mean(values[..., panel.of("transformer")])


def _transformer_above(values: Array, panel: Panel) -> Array:
    return -_cnn_above(values, panel)


def _rare_without_fcn(values: Array, panel: Panel) -> Array:
    return RARELY - values[..., ~panel.fcn]


def _fcn_above_each(values: Array, panel: Panel) -> Array:
    return _mean(values[..., panel.fcn]) - values[..., ~panel.fcn]


def _further_outside(part: str) -> Callable[[Sums], Array]:
    """Mean entropy outside less inside, over all pixels or the right ones."""
    top, bottom = ("right_entropy", "right") if part == "right" else ("entropy", "pixels")
    return lambda s: _ratio(s[f"outside {top}"], s[f"outside {bottom}"]) - _ratio(s[top], s[bottom])


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "edges", "Networks are least certain along the edges between classes.",
        "mean entropy within 0.75 % of the diagonal of a predicted edge, less the mean elsewhere", "nats", "photos",
        lambda s: _ratio(s["edge_entropy"], s["edge_pixels"]) - _ratio(s["inner_entropy"], s["inner_pixels"]),
        _each, "the difference, for every model",
    ),
    Claim(
        "small fragments", "CNNs break the photo into more small pieces.",
        "fragments under a thousandth of the photo, per photo", "fragments", "photos",
        lambda s: _ratio(s["small_fragments"], s["photos"]), _cnn_above, "CNNs less transformers",
    ),
    Claim(
        "large uniform regions", "Transformers answer with larger uniform regions.",
        "share of the photo taken by the fragment that a random pixel lies in", "0..1", "photos",
        lambda s: _ratio(s["typical_fragment"], s["photos"]), _transformer_above, "transformers less CNNs",
    ),
    Claim(
        "unfamiliar photos", "On photos unlike those of the training set, networks are less certain.",
        "mean entropy on the photos from outside, less that on the others", "nats", "outside",
        _further_outside("all"), _each, "the difference, for every model",
    ),
    Claim(
        "unfamiliar though right", "On such photos they are less certain even where they are right.",
        "mean entropy of right pixels on the photos from outside, less that on the others", "nats", "outside and truth",
        _further_outside("right"), _each, "the difference, for every model",
    ),
    Claim(
        "sure mistakes are rare", "Mistakes rarely come with low entropy, FCN's excepted.",
        "share of the wrong pixels with entropy under ln 2", "0..1", "truth",
        lambda s: _ratio(s["wrong_low_entropy"], s["wrong"]), _rare_without_fcn,
        f"{RARELY:g} less the share, for every model but FCN",
    ),
    Claim(
        "FCN is the exception", "FCN makes low-entropy mistakes more often than the other networks.",
        "share of the wrong pixels with entropy under ln 2", "0..1", "truth",
        lambda s: _ratio(s["wrong_low_entropy"], s["wrong"]), _fcn_above_each, "FCN less each other model",
    ),
    Claim(
        "surer when right", "Where they are right, transformers are more certain than CNNs.",
        "mean entropy of the right pixels", "nats", "truth",
        lambda s: _ratio(s["right_entropy"], s["right"]), _cnn_above, "CNNs less transformers",
    ),
    Claim(
        "less sure when wrong", "Where they are wrong, transformers are less certain than CNNs.",
        "mean entropy of the wrong pixels", "nats", "truth",
        lambda s: _ratio(s["wrong_entropy"], s["wrong"]), _transformer_above, "transformers less CNNs",
    ),
)  # fmt: skip


def weigh(evidence: Evidence, *, resamples: int = 2000, seed: int = 0) -> list[Finding]:
    """Every claim on the photos that can speak to it; the same evidence and seed give the same findings.

    No verdict below ten photos (of each kind, where two kinds are compared).
    """
    return [_find(claim, evidence, resamples, seed) for claim in CLAIMS]


def _find(claim: Claim, evidence: Evidence, resamples: int, seed: int) -> Finding:
    groups = _groups(claim, evidence)
    draws = _draws(evidence.sums, groups, resamples, seed)
    values = claim.values(draws)
    intervals = _intervals(claim.contrasts(values, evidence.panel))
    present = dict.fromkeys(evidence.panel.families)
    families = {family: _intervals(_mean(values[:, evidence.panel.of(family)]))[0] for family in present}
    reason = _obstacle(claim, evidence.panel, groups, intervals)
    return Finding(
        claim, sum(map(len, groups)), _intervals(values), families, intervals,
        *(("cannot tell", reason) if reason else _verdict(intervals)),
    )  # fmt: skip


def _groups(claim: Claim, evidence: Evidence) -> list[NDArray[np.intp]]:
    """Photos that can speak to the claim: the usual ones, then those from outside where they are compared."""
    answered = ~np.isnan(evidence.sums["photos"]).any(1)
    if "truth" in claim.needs:
        answered &= (evidence.sums["right"] + evidence.sums["wrong"] > 0).all(1)
    outside = evidence.outside if evidence.outside.size else np.zeros(answered.size, bool)
    chosen = [answered & ~outside, answered & outside] if "outside" in claim.needs else [answered]
    return [np.flatnonzero(mask) for mask in chosen]


def _draws(sums: Sums, groups: Sequence[NDArray[np.intp]], resamples: int, seed: int) -> dict[str, Array]:
    """Sums (1 + resamples, M): first over the photos as they are, then over photos drawn with replacement."""
    rng = np.random.default_rng(seed)
    drawn: dict[str, Array] = {}
    for prefix, photos in zip(("", "outside "), groups, strict=False):
        number = len(photos)
        again = rng.multinomial(number, np.full(number, 1 / max(1, number)), resamples) if number else np.zeros((0, 0))
        weights = np.concatenate([np.ones((1, number)), again]) if number else np.ones((1, 0))
        drawn |= {prefix + name: weights @ table[photos] for name, table in sums.items()}
    return drawn


def _intervals(draws: Array) -> tuple[Interval, ...]:
    """From (1 + resamples, K): the first row is the value, the others give the interval."""
    found = []
    for column in draws.T:
        again = column[1:][~np.isnan(column[1:])]
        low, high = np.quantile(again, [0.025, 0.975]) if again.size else (np.nan, np.nan)
        found.append(Interval(float(column[0]), float(low), float(high)))
    return tuple(found)


def _obstacle(claim: Claim, panel: Panel, groups: Sequence[NDArray[np.intp]], contrasts: Sequence[Interval]) -> str:
    """Why no verdict can be given, or "" when one can."""
    if "outside" in claim.needs and not len(groups[1]):
        return "No photos from outside the training set's kind were named."
    if "truth" in claim.needs and not sum(map(len, groups)):
        return "None of the photos has ground truth."
    if min(map(len, groups)) < FEWEST_PHOTOS:
        counts = " and ".join(str(len(group)) for group in groups)
        return f"It takes {FEWEST_PHOTOS} photos{' of each kind' if len(groups) > 1 else ''}, but there are {counts}."
    if claim.contrasts in (_cnn_above, _transformer_above) and len(set(panel.families)) < 2:
        return "It takes models of both families."
    if claim.contrasts is _fcn_above_each and not (panel.fcn.any() and (~panel.fcn).any()):
        return "It takes FCN and another model."
    if not contrasts or any(np.isnan(contrast.value) for contrast in contrasts):
        return "The quantity is not defined for every model on these photos."
    return ""


def _verdict(contrasts: Sequence[Interval]) -> tuple[Verdict, str]:
    above = sum(contrast.low > 0 for contrast in contrasts)
    below = sum(contrast.high < 0 for contrast in contrasts)
    if above == len(contrasts):
        return "holds", _counted(above, contrasts, "above zero")
    if below:
        return "does not hold", _counted(below, contrasts, "below zero")
    return "cannot tell", _counted(len(contrasts) - above, contrasts, "on both sides of zero")


def _counted(number: int, contrasts: Sequence[Interval], where: str) -> str:
    if len(contrasts) == 1:
        return f"The 95 % interval lies {where}."
    return f"{number} of {len(contrasts)} 95 % intervals {'lies' if number == 1 else 'lie'} {where}."
