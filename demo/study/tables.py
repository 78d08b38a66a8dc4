"""What a report shows of a study, as plain numbers: networks, pairs, classes, groups, and photos in three orders."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from demo.analysis import scores
from demo.analysis.counts import TruthCounts
from demo.analysis.kappa import cohen_kappa
from demo.study.beside import ClaimRow
from demo.study.class_tables import ClassPairRow, ClassRow, class_pairs, class_rows
from demo.study.groups import Groups
from demo.study.records import StudyModel, StudyRecords, counted_from_zero
from demo.study.stress_curves import StressCurve

Floats = NDArray[np.float64]

LISTED = 500
"""Photos of the table; of more, those on which the networks differ most."""
SHOWN = 60
"""Photos with a picture and a section of their own: at most so many, however large the study is."""
IN_ORDER = 12
"""Photos shown in each of the three orders."""


@dataclass(frozen=True)
class NetworkRow:
    """One network over the photos that it answered; nan where there is nothing to say."""

    model: StudyModel
    photos: int
    seconds: float
    """Mean per photo."""
    entropy: float
    """Nats, mean over pixels."""
    confidence: float
    margin: float
    fragments: float
    """Mean per photo."""
    with_others: float
    """Share of the pixels with another network's class, mean over the others."""
    accuracy: float
    """Right of the labelled pixels."""
    miou: float


@dataclass(frozen=True)
class PhotoRow:
    """One photo; shares 0..1 of its pixels, nan where not all networks answered."""

    place: int
    name: str
    pixels: int
    compared: int
    """Pixels of the grid of comparison."""
    agree: float
    split: float
    conflict: float
    entropy: tuple[float, ...]
    accuracy: tuple[float, ...]


@dataclass(frozen=True)
class GroupRow:
    """The photos that share a value; shares over all their pixels."""

    value: str
    photos: int
    agree: float
    split: float
    conflict: float
    entropy: tuple[float, ...]
    accuracy: tuple[float, ...]


@dataclass(frozen=True)
class StudyTables:
    """Everything that the page of a study says, ready to be written."""

    name: str
    version: str
    precision: str
    compact: bool
    photos: int
    """With an answer."""
    waiting: int
    """Photos that the study has not come to yet."""
    whole: int
    """Photos that every network answered."""
    megapixels: float
    networks: tuple[NetworkRow, ...]
    class_set: str
    class_names: tuple[str, ...]
    """Of the set in whose words the networks are compared."""
    top_entropy: float
    agreement: Floats
    """(M, M) share of the pixels with the same class; nan for a pair that never met."""
    kappa: Floats
    """(M, M)"""
    all_agree: float
    split: float
    conflict: float
    entropy_up_to: Floats
    """(M, B + 1) share of the pixels with at most so much entropy."""
    entropy_edges: Floats
    classes: tuple[ClassRow, ...]
    class_pairs: tuple[ClassPairRow, ...]
    rows: tuple[PhotoRow, ...]
    """At most LISTED, the least agreed first."""
    by_disagreement: tuple[PhotoRow, ...]
    by_conflict: tuple[PhotoRow, ...]
    by_split: tuple[PhotoRow, ...]
    shown: tuple[PhotoRow, ...]
    """Those with a section of their own: what the three orders hold, then the least agreed."""
    disputed_in_shown: float
    """Share of all disputed pixels that lie in `by_disagreement`."""
    photos_better: dict[tuple[int, int], tuple[int, int]]
    """Photos on which the first network is right more often than the second, of those where they differ in that."""
    groups: tuple[GroupRow, ...]
    column: str
    unknown: int
    truths: tuple[TruthCounts | None, ...]
    """All that is counted of each network against the truths; None where there is none."""
    stress: tuple[StressCurve, ...]
    claims: tuple[ClaimRow, ...]
    problems: tuple[str, ...]

    @property
    def has_truth(self) -> bool:
        return any(row.accuracy == row.accuracy for row in self.networks)


def tables(
    records: StudyRecords,
    groups: Groups | None = None,
    claims: Sequence[ClaimRow] = (),
    stress: Sequence[StressCurve] = (),
) -> StudyTables:
    """Numbers of a study, from its records and what other commands found on the same photos."""
    r = records
    agree, split, conflict = _shares(r, np.arange(len(r.names)))
    rows = _photo_rows(r)
    agreed = sorted(rows, key=lambda row: (np.nan_to_num(row.agree, nan=2), row.place))
    by_conflict = _largest(rows, [row.conflict for row in rows])
    by_split = _largest(rows, [row.split for row in rows])
    by_disagreement = [row for row in agreed if row.agree < 1][:IN_ORDER]
    shown = list(dict.fromkeys([*by_disagreement, *by_conflict, *by_split, *agreed]))[:SHOWN]
    same = [_ratio(top, bottom) for top, bottom in zip(r.same.sum(0), r.compared.sum(0), strict=True)]
    agreement = _square(r, same)
    disputed = r.together["pixels"] - r.together["all_agree"]
    least_agreed = np.array([row.place for row in by_disagreement], int)
    return StudyTables(
        name=r.name,
        version=r.version,
        precision=str(r.settings.get("precision", "")),
        compact=any(model.set.startswith("compact") for model in r.models),
        photos=int(_answered(r).sum()),
        waiting=len(r.names) - int(_answered(r).sum()) - len(_silent(r)),
        whole=int(np.count_nonzero(r.together["pixels"])),
        megapixels=float(r.sizes.astype(float).prod(1).sum() / 1e6),
        networks=_network_rows(r, agreement),
        class_set=r.class_set.title,
        class_names=r.class_set.names,
        top_entropy=r.class_set.max_entropy,
        agreement=agreement,
        kappa=_square(r, [cohen_kappa(counts) for counts in r.confusions]),
        all_agree=agree,
        split=split,
        conflict=conflict,
        entropy_up_to=_up_to(r.entropy_histogram),
        entropy_edges=r.entropy_edges,
        classes=class_rows(r),
        class_pairs=class_pairs(r),
        rows=tuple(agreed[:LISTED]),
        by_disagreement=tuple(by_disagreement),
        by_conflict=by_conflict,
        by_split=by_split,
        shown=tuple(shown),
        disputed_in_shown=_ratio(disputed[least_agreed].sum(), disputed.sum()),
        photos_better=_photos_better(r),
        groups=_group_rows(r, groups),
        column=groups.column if groups else "",
        unknown=groups.unknown if groups else 0,
        truths=r.truths,
        stress=tuple(stress),
        claims=tuple(claims),
        problems=_problems(r),
    )


def _ratio(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom else np.nan


def _shares(r: StudyRecords, places: NDArray[np.int64]) -> tuple[float, float, float]:
    """Agreed, split between families, in confident conflict: of all pixels of some photos; no split in one family."""
    pixels = r.together["pixels"][places].sum()
    names = ("all_agree", "between_families", "confident_conflict")
    agree, split, conflict = (_ratio(r.together[name][places].sum(), pixels) for name in names)
    return agree, split if len({model.family for model in r.models}) > 1 else np.nan, conflict


def _square(r: StudyRecords, values: Sequence[float]) -> Floats:
    """(M, M) from a value a pair: symmetric, 1 on the diagonal."""
    found = np.full((len(r.models), len(r.models)), np.nan)
    np.fill_diagonal(found, 1)
    for (one, other), value in zip(r.pairs, values, strict=True):
        found[one, other] = found[other, one] = value
    return found


def _network_rows(r: StudyRecords, agreement: Floats) -> tuple[NetworkRow, ...]:
    off = agreement.copy()
    np.fill_diagonal(off, np.nan)
    return tuple(
        NetworkRow(
            model,
            photos=int((~np.isnan(r.answers["mean_entropy"][:, m])).sum()),
            seconds=scores.mean(r.answers["seconds"][:, m]),
            entropy=scores.mean(r.answers["mean_entropy"][:, m]),
            confidence=scores.mean(r.answers["mean_confidence"][:, m]),
            margin=scores.mean(r.answers["mean_margin"][:, m]),
            fragments=scores.mean(r.answers["fragments"][:, m]),
            with_others=scores.mean(off[m]),
            accuracy=_ratio(r.right[:, m].sum(), r.labelled[:, m].sum()),
            miou=np.nan if (truth := r.truths[m]) is None else scores.mean_iou(truth.confusion),
        )
        for m, model in enumerate(r.models)
    )


def _up_to(histogram: NDArray[np.int64]) -> Floats:
    """(M, B) pixels -> (M, B + 1) share below each edge; nan for a network without pixels."""
    total = histogram.sum(1, keepdims=True).astype(float)
    total[total == 0] = np.nan
    shares = np.cumsum(histogram, 1) / total
    return np.concatenate([np.zeros((len(histogram), 1)) * total, shares], 1)


def _answered(r: StudyRecords) -> NDArray[np.bool_]:
    """(P,) whether some network has answered."""
    return np.any(r.pixels > 0, axis=1)


def _silent(r: StudyRecords) -> set[int]:
    """The photos that were tried and have no answer."""
    tried = {*r.photo_problems, *(photo for photo, _, _ in r.answer_problems)}
    return tried - {*np.flatnonzero(_answered(r)).tolist()}


def _photo_rows(r: StudyRecords) -> list[PhotoRow]:
    answered = _answered(r)
    return [
        PhotoRow(
            place,
            name,
            int(r.pixels[place].max(initial=0)),
            int(r.compared[place].max(initial=0)),
            *_shares(r, np.array([place])),
            tuple(map(float, r.answers["mean_entropy"][place])),
            tuple(_ratio(a, b) for a, b in zip(r.right[place], r.labelled[place], strict=True)),
        )
        for place, name in enumerate(r.names)
        if answered[place]
    ]


def _largest(rows: list[PhotoRow], values: list[float]) -> tuple[PhotoRow, ...]:
    ranked = [(-value, row.place, row) for value, row in zip(values, rows, strict=True) if value > 0]
    return tuple(row for _, _, row in sorted(ranked, key=lambda one: one[:2]))[:IN_ORDER]


def _photos_better(r: StudyRecords) -> dict[tuple[int, int], tuple[int, int]]:
    found = {}
    for one, other in itertools.permutations(range(len(r.models)), 2):
        there = (r.labelled[:, one] > 0) & (r.labelled[:, one] == r.labelled[:, other])
        better = int((r.right[there, one] > r.right[there, other]).sum())
        worse = int((r.right[there, one] < r.right[there, other]).sum())
        if better + worse:
            found[one, other] = better, better + worse
    return found


def _group_rows(r: StudyRecords, groups: Groups | None) -> tuple[GroupRow, ...]:
    models, answered = range(len(r.models)), _answered(r)
    return tuple(
        GroupRow(
            value,
            int(answered[places].sum()),
            *_shares(r, places),
            tuple(scores.mean(r.answers["mean_entropy"][places, m]) for m in models),
            tuple(_ratio(r.right[places, m].sum(), r.labelled[places, m].sum()) for m in models),
        )
        for value, places in (groups.each if groups else ())
    )


def _problems(r: StudyRecords) -> tuple[str, ...]:
    unread = [f"{r.names[place]}: {why}" for place, why in sorted(r.photo_problems.items())]
    refused = [f"{r.names[photo]}, {r.models[model].title}: {why}" for photo, model, why in r.answer_problems]
    untrue = [f"{r.names[photo]}, {r.models[model].title}: {why}" for photo, model, why in r.truth_problems]
    return (*unread, *refused, *untrue, *counted_from_zero(r.truths))
