"""Records of a made-up study, counted plainly from label maps that the tests know."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from demo.analysis.counts import TruthCounts
from demo.labels.ade20k import ADE20K
from demo.study.records import ANSWERS, TOGETHER, PhotoDetail, StudyModel, StudyRecords

MODELS = (
    StudyModel("fcn", "FCN", "cnn", "paper", ADE20K, "", None, None),
    StudyModel("psp", "PSPNet", "cnn", "paper", ADE20K, "", None, None),
    StudyModel("setr", "SETR", "transformer", "paper", ADE20K, "", None, None),
)
PAIRS = [*itertools.combinations(range(len(MODELS)), 2)]
SIZE = (8, 10)


def toy_label_maps(photos: int, seed: int = 0) -> NDArray[np.int64]:
    """(P, M, H, W) of five classes; photo p has more and more noise."""
    rng = np.random.default_rng(seed)
    maps = np.repeat(rng.integers(0, 5, (photos, 1, *SIZE)), len(MODELS), 1)
    noise = rng.random(maps.shape) < np.linspace(0.05, 0.6, photos)[:, None, None, None]
    return np.where(noise, rng.integers(0, 5, maps.shape), maps)


def toy_records(
    names: tuple[str, ...], *, truth: bool = False, paths: tuple[Path, ...] = (), **more: Any
) -> StudyRecords:
    """A study of photos with these names."""
    maps, photos, pixels = toy_label_maps(len(names)), len(names), SIZE[0] * SIZE[1]
    rng = np.random.default_rng(1)
    confusions = np.zeros((len(PAIRS), len(ADE20K), len(ADE20K)), np.int64)
    for n, (one, other) in enumerate(PAIRS):
        np.add.at(confusions[n], (maps[:, one].reshape(-1), maps[:, other].reshape(-1)), 1)
    same = np.stack([(maps[:, one] == maps[:, other]).sum((1, 2)) for one, other in PAIRS], 1)
    agree = (maps == maps[:, :1]).all(1).sum((1, 2))
    split = ((maps[:, 0] == maps[:, 1]) & (maps[:, 0] != maps[:, 2])).sum((1, 2))
    annotated = toy_label_maps(photos, seed=9)[:, 0]
    right = (maps == annotated[:, None]).sum((2, 3)) if truth else np.zeros((photos, len(MODELS)), np.int64)
    areas = np.stack([np.bincount(maps[:, m].reshape(-1), minlength=len(ADE20K)) for m in range(len(MODELS))])
    told: dict[str, Any] = dict(
        name="photos",
        version="1.0",
        settings={"precision": "exact"},
        models=MODELS,
        class_set=ADE20K,
        names=names,
        paths=paths or tuple(map(Path, names)),
        sizes=np.tile(np.array(SIZE), (photos, 1)),
        photo_problems={},
        answer_problems=(),
        numbers=tuple(range(photos)),
        truth_problems=(),
        alone=np.zeros((photos, len(MODELS)), np.int64),
        answers={name: rng.random((photos, len(MODELS))) for name in ANSWERS}
        | {"seconds": np.tile([0.1, 0.2, 0.4], (photos, 1))},
        pixels=np.full((photos, len(MODELS)), pixels),
        entropy_histogram=rng.integers(1, 50, (len(MODELS), 20)),
        entropy_edges=np.linspace(0, 5, 21),
        areas=areas,
        compared=np.full((photos, len(PAIRS)), pixels),
        same=same,
        both_sure_other=(pixels - same) // 2,
        confusions=confusions,
        together={name: np.zeros(photos, np.int64) for name in TOGETHER}
        | {"pixels": np.full(photos, pixels), "all_agree": agree, "between_families": split}
        | {"confident_conflict": (pixels - agree) // 3},
        named=areas.sum(0),
        claims={},
        right=right,
        labelled=np.full((photos, len(MODELS)), pixels if truth else 0),
        truths=tuple(TruthCounts.zero(ADE20K) if truth else None for _ in MODELS),
    )
    return StudyRecords(**(told | more))


def toy_detail(place: int, photos: int) -> PhotoDetail:
    """What `details` would say of one photo."""
    maps = toy_label_maps(photos)[place]
    met = []
    for one, other in PAIRS:
        pairs, counts = np.unique(
            np.stack([maps[one].reshape(-1), maps[other].reshape(-1)]), axis=1, return_counts=True
        )
        met += [(one, other, int(a), int(b), int(n)) for (a, b), n in zip(pairs.T, counts, strict=True) if a != b]
    areas = [
        (m, int(k), int(n)) for m in range(len(MODELS)) for k, n in enumerate(np.bincount(maps[m].reshape(-1))) if n
    ]
    return PhotoDetail(tuple(areas), tuple(met))
