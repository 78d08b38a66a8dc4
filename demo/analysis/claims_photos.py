"""Which photos speak to a sentence, what each of them says of it, and what is missing for a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from demo.analysis.claims_table import DEEPLAB_PAPER, FCN_PAPER, Array, Claim, Needs, Panel, Sums

Photos: TypeAlias = NDArray[np.intp]

FEWEST_PHOTOS = 10


@dataclass(frozen=True)
class Evidence:
    """What M models answered on P photos: `sums[name]` is (P, M), `outside` (P,) marks photos of another kind."""

    panel: Panel
    sums: dict[str, Array]
    outside: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))


@dataclass(frozen=True)
class Tables:
    """What each photo of each group says, in columns; photos that cannot tell of every model are left out."""

    groups: tuple[Array, ...]
    parts: dict[str, range]
    """Places of the columns: "models", "families", "contrasts", "against", and contrasts "without" each network."""

    @property
    def fewest(self) -> int:
        """Photos of the smaller group."""
        return min(map(len, self.groups))


def speaking(needs: Needs, evidence: Evidence) -> list[Photos]:
    """Photos that can speak to the claim; where two kinds are compared, those compared with come first."""
    sums = evidence.sums
    answered = ~np.isnan(sums["photos"]).any(1)
    truth, animals, things = ((sums[name] > 0).all(1) for name in ("labelled", "animal_pixels", "thing_pixels"))
    strange = answered & (evidence.outside if evidence.outside.size else np.zeros(answered.size, bool))
    usual = answered & ~strange
    kinds: dict[Needs, list[NDArray[np.bool_]]] = {
        "photos": [usual],
        "truth": [usual & truth],
        "outside": [usual, strange],
        "outside and truth": [usual & truth, strange & truth],
        "outside with truth": [strange & truth],
        "animals": [usual & animals],
        "animals and others": [usual & things & ~animals, usual & animals],
    }
    return [np.flatnonzero(mask) for mask in kinds[needs]]


def tabulated(claim: Claim, evidence: Evidence, groups: Sequence[Photos]) -> Tables:
    """What the photos of the groups say of a claim."""
    found = []
    for place, photos in enumerate(groups):
        sums = {name: table[photos] for name, table in evidence.sums.items()}
        first = len(groups) > 1 and place == 0
        values = (claim.other_values or claim.values)(sums) if first else claim.values(sums)
        found.append(_columns(claim, sums, values, evidence.panel))
    parts, start = {}, 0
    for name, columns in found[0].items():
        parts[name], start = range(start, start + columns.shape[1]), start + columns.shape[1]
    whole = [np.concatenate([*columns.values()], 1) for columns in found]
    return Tables(tuple(table[~np.isnan(table).any(1)] for table in whole), parts)


def _columns(claim: Claim, sums: Sums, values: Array, panel: Panel) -> dict[str, Array]:
    contrasts = claim.contrasts(sums, values, panel) if not _missing(claim, panel) else values[:, :0]
    columns = {
        "models": values,
        "families": np.stack([values[:, panel.of(family)].mean(1) for family in panel.present], 1),
        "contrasts": contrasts,
        "against": claim.against(sums, values, panel) if claim.against and contrasts.shape[1] else values[:, :0],
    }
    if not claim.of_families or not contrasts.shape[1]:
        return columns | {"without": values[:, :0]}
    left = [claim.contrasts(sums, np.delete(values, m, 1), panel.without(m)) for m in range(len(panel.ids))]
    return columns | {"without": np.concatenate(left, 1)}


def _missing(claim: Claim, panel: Panel) -> str:
    """Which networks it would take, or "" when they are there."""
    if claim.of_families and len(panel.present) < 2:
        return "It takes models of both families."
    if claim.of_families and min(map(panel.families.count, panel.present)) < 2:
        return "It takes two networks of each family: a verdict on families must not hang on one network."
    fcn, deeplab = panel.by(FCN_PAPER), panel.by(DEEPLAB_PAPER)
    if claim.takes == "FCN" and not (fcn.any() and (~fcn).any()):
        return "It takes FCN and another model."
    if claim.takes == "DeepLabV3+" and not (deeplab.any() and (panel.of("cnn") & ~deeplab).any()):
        return "It takes DeepLabV3+ and another CNN."
    if claim.takes == "others" and fcn.all():
        return "It takes another model than FCN."
    return ""


def obstacle(claim: Claim, evidence: Evidence, groups: Sequence[Photos], tables: Tables) -> str:
    """Why no verdict can be given, or "" when one can."""
    absent = _absent(claim.needs, evidence, groups) or _missing(claim, evidence.panel)
    if absent:
        return absent
    kinds = " of each kind" if len(groups) > 1 else ""
    if min(map(len, groups)) < FEWEST_PHOTOS:
        counts = " and ".join(str(len(group)) for group in groups)
        return f"It takes {FEWEST_PHOTOS} photos{kinds}, but there are {counts}."
    if tables.fewest < FEWEST_PHOTOS:
        counts = " and ".join(
            f"{len(table)} of {len(group)}" for table, group in zip(tables.groups, groups, strict=True)
        )
        return f"It takes {FEWEST_PHOTOS} photos{kinds} on which it is defined for every model, but there are {counts}."
    return ""


def _absent(needs: Needs, evidence: Evidence, groups: Sequence[Photos]) -> str:
    if len(groups[-1]) and len(groups[0]):
        return ""
    if "outside" in needs and not evidence.outside.any():
        return "No photos from outside the training set's kind were named."
    if "outside" in needs and not len(groups[-1]):
        return "None of the photos from outside has ground truth."
    if not (evidence.sums["labelled"] > 0).all(1).any() and needs not in ("photos", "outside"):
        return "None of the photos has ground truth."
    if "animals" in needs and not len(groups[-1]):
        return "No annotation shows animals."
    if "animals" in needs:
        return "No annotation shows people, vehicles or buildings where no animal is."
    return ""
