"""The article's sentences on given photos: what they say of each, how surely, and whether it hangs on one network.

Intervals come from drawing the photos again and hold for all contrasts of a sentence at once. A sentence that compares
the two families must besides survive leaving out any one network, and no other way to divide these networks into
families of the same sizes may set them further apart (an exact permutation test); it then is said of these networks,
which with five of them is all that can be known: chance alone puts one division of ten at either end.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from scipy.stats import permutation_test

from demo.analysis.claims_observed import SUMS, Landmarks, observe
from demo.analysis.claims_photos import FEWEST_PHOTOS, Evidence, Photos, Tables, obstacle, speaking, tabulated
from demo.analysis.claims_table import CLAIMS, CURVES, Array, Claim, Panel
from demo.analysis.intervals import Draws, Interval, draw, holm
from demo.schema import Family

__all__ = [
    "CLAIMS", "FEWEST_PHOTOS", "SUMS", "Claim", "Evidence", "Finding", "Interval", "Landmarks", "Panel", "Verdict",
    "Without", "observe", "these", "weigh",
]  # fmt: skip

Verdict = Literal["holds", "does not hold", "cannot tell"]

LEVEL = 0.05
"""The most often that a sentence is decided on although nothing is true of it; of all its contrasts together."""
MOST_DIVISIONS = 100_000
"""Up to so many ways to divide the networks all are compared, else so many drawn ones."""


@dataclass(frozen=True)
class Without:
    """The contrast of the families, and its verdict, with one network left out."""

    model: str
    contrast: Interval
    verdict: Verdict


@dataclass(frozen=True)
class Divisions:
    """All ways to divide the networks into families of the same sizes."""

    number: int
    chance: float
    """Share of them that set the families at least as far apart in the direction found: the exact p value."""

    @property
    def as_far(self) -> int:
        """How many do."""
        return round(self.chance * self.number)


@dataclass(frozen=True)
class Finding:
    """What the photos say of one claim."""

    claim: Claim
    photos: int
    """Photos it rests on."""
    models: tuple[Interval, ...]
    """Of each model alone; values without an interval below ten photos."""
    families: dict[Family, Interval]
    """Of each family alone."""
    contrasts: tuple[Interval, ...]
    """Of all contrasts at once."""
    verdict: Verdict
    reason: str
    chance: float = 1.0
    """p value of the verdict over the photos, adjusted for the sentence's contrasts; 1 without a verdict."""
    survives_all: bool = False
    """Whether the verdict stays when all sentences are tested at one family-wise level (Holm)."""
    on_photos: Verdict = "cannot tell"
    """The verdict of the photos alone, before the networks are doubted."""
    without: tuple[Without, ...] = ()
    """Each network left out in turn, where families are compared and the photos alone would decide."""
    divisions: Divisions | None = None
    curve: Array = field(default_factory=lambda: np.empty((0, 0)))
    """(M, thresholds), mean over photos, where there is a `Curve` for the claim."""


def weigh(evidence: Evidence, *, resamples: int = 2000, seed: int = 0) -> list[Finding]:
    """Every claim on the photos that can speak to it; the same evidence and seed give the same findings.

    No verdict below ten photos (of each kind, where two kinds are compared).
    """
    findings = [_find(claim, evidence, resamples, seed) for claim in CLAIMS]
    survive = holm([finding.chance for finding in findings], LEVEL)
    return [replace(found, survives_all=kept) for found, kept in zip(findings, survive, strict=True)]


def _find(claim: Claim, evidence: Evidence, resamples: int, seed: int) -> Finding:
    panel, groups = evidence.panel, speaking(claim.needs, evidence)
    tables = tabulated(claim, evidence, groups)
    draws = draw(tables.groups, resamples=resamples, seed=seed) if tables.fewest > 1 else None
    models, families, contrasts = (_alone(draws, tables, part) for part in ("models", "families", "contrasts"))
    shown = Finding(
        claim, sum(map(len, tables.groups)), models, dict(zip(panel.present, families, strict=True)), contrasts,
        "cannot tell", obstacle(claim, evidence, groups, tables), curve=_curve(claim, evidence, groups[-1]),
    )  # fmt: skip
    if shown.reason or draws is None:
        return shown
    shown = _decided(shown, draws, tables)
    shown = replace(shown, on_photos=shown.verdict)
    return _doubted(shown, draws, tables, panel, seed) if claim.of_families and shown.chance < 1 else shown


def _alone(draws: Draws | None, tables: Tables, part: str) -> tuple[Interval, ...]:
    """Each column's own interval; of contrasts, intervals that hold all at once."""
    columns = tables.parts[part]
    if draws is None:
        return (Interval(np.nan, np.nan, np.nan),) * len(columns)
    if tables.fewest < FEWEST_PHOTOS:
        return tuple(Interval(float(draws.value[column]), np.nan, np.nan) for column in columns)
    if part == "contrasts":
        return _at_once(draws, tables)[: len(columns)]
    return tuple(draws.intervals([column], 1 - LEVEL)[0] for column in columns)


def _at_once(draws: Draws, tables: Tables) -> tuple[Interval, ...]:
    return draws.intervals([*tables.parts["contrasts"], *tables.parts["against"]], 1 - LEVEL)


def _curve(claim: Claim, evidence: Evidence, photos: Photos) -> Array:
    for curve in CURVES:
        if curve.claim == claim.id and len(photos):
            values = curve.values({name: table[photos] for name, table in evidence.sums.items()})
            whole = values[~np.isnan(values).any((1, 2))]
            return whole.mean(0) if len(whole) else np.empty((0, 0))
    return np.empty((0, 0))


def _decided(shown: Finding, draws: Draws, tables: Tables) -> Finding:
    """With the verdict of the photos."""
    contrasts, against = tables.parts["contrasts"], tables.parts["against"]
    together = [*contrasts, *against]
    intervals, chances = _at_once(draws, tables), draws.chances(together)
    showing = intervals[: len(contrasts)]
    refuting = intervals[len(contrasts) :] or showing
    above, below = sum(i.low > 0 for i in showing), sum(i.high < 0 for i in refuting)
    if above == len(showing):
        chance = float(chances[: len(contrasts)].max())
        return replace(shown, verdict="holds", reason=_counted(above, showing, "above zero"), chance=chance)
    if below:
        chance = float(chances[len(contrasts) if against else 0 :].min())
        return replace(shown, verdict="does not hold", reason=_counted(below, refuting, "below zero"), chance=chance)
    if shown.claim.against:
        return replace(shown, reason="It depends on what is called low and rare: see the curve.")
    return replace(shown, reason=_counted(len(showing) - above, showing, "on both sides of zero"))


def _doubted(shown: Finding, draws: Draws, tables: Tables, panel: Panel, seed: int) -> Finding:
    """Without a verdict where it hangs on one network, or where other divisions of the networks do as well."""
    sign = 1 if shown.verdict == "holds" else -1
    without = tuple(_left_out(draws, column, panel.titles[m]) for m, column in enumerate(tables.parts["without"]))
    divisions = _divided(draws.value[tables.parts["models"]], panel, seed)
    decisive = [row.model for row in without if row.verdict != shown.verdict]
    shown, words = replace(shown, without=without, divisions=divisions), these(len(panel.ids))
    side = "above" if sign > 0 else "below"
    if decisive:
        whose = f"{decisive[0]} decides" if len(decisive) == 1 else "Single networks decide"
        reason = f"{whose} it: without {' or '.join(decisive)} the 95 % interval does not lie {side} zero."
        return replace(shown, verdict="cannot tell", chance=1.0, reason=reason)
    if divisions.chance > max(LEVEL, 1 / divisions.number) + 1e-9:
        reason = (
            f"{divisions.as_far} of the {divisions.number} ways to divide {words} set them as far apart: "
            f"{_out_of_place(draws.value[tables.parts['models']], panel)}."
        )
        return replace(shown, verdict="cannot tell", chance=1.0, reason=reason)
    reason = (
        f"Of {words}: the 95 % interval lies {side} zero, without any one of them too, and {divisions.as_far} of the "
        f"{divisions.number} ways to divide them, this one included, set them as far apart."
    )
    return replace(shown, reason=reason)


def _left_out(draws: Draws, column: int, model: str) -> Without:
    [interval] = draws.intervals([column], 1 - LEVEL)
    verdict: Verdict = "holds" if interval.low > 0 else "does not hold" if interval.high < 0 else "cannot tell"
    return Without(model, interval, verdict)


def _divided(values: Array, panel: Panel, seed: int) -> Divisions:
    """The networks' families exchanged in every way, in the direction in which they differ."""
    cnns, transformers = values[panel.of("cnn")], values[panel.of("transformer")]
    found = permutation_test(
        (cnns, transformers),
        lambda one, other, axis: one.mean(axis) - other.mean(axis),
        vectorized=True,
        n_resamples=MOST_DIVISIONS,
        batch=10_000,
        alternative="greater" if cnns.mean() > transformers.mean() else "less",
        rng=seed,
    )
    return Divisions(min(MOST_DIVISIONS, math.comb(len(values), len(cnns))), float(found.pvalue))


def _out_of_place(values: Array, panel: Panel) -> str:
    """Which networks stand among those of the other family."""
    cnn = panel.of("cnn")
    order = np.argsort(values if values[cnn].mean() < values[~cnn].mean() else -values, kind="stable")
    first = np.isin(np.arange(len(values)), order[: cnn.sum()])
    names = [title for title, own, place in zip(panel.titles, cnn, first, strict=True) if own != place]
    return f"{' and '.join(names)} stand on the other family's side"


def these(number: int) -> str:
    """
    >>> these(5), these(12)
    ('these five networks', 'these 12 networks')
    """
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    return f"these {words[number] if number < len(words) else number} networks"


def _counted(number: int, contrasts: Sequence[Interval], where: str) -> str:
    if len(contrasts) == 1:
        return f"The 95 % interval lies {where}."
    return f"{number} of {len(contrasts)} intervals, at 95 % all at once, {'lies' if number == 1 else 'lie'} {where}."
