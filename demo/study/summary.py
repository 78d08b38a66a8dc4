"""The final numbers of a study, from its file: what study.json holds, equal for equal studies to the last digit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from demo.analysis.evaluate_truth import unknown_row
from demo.analysis.kappa import Ratings, cohen_kappa, fleiss_kappa, pixel_agreement
from demo.analysis.numbers import Json, numbers, plain
from demo.study.records import StudyRecords
from demo.study.stress_curves import curves


def summary_of(path: Path, found: StudyRecords) -> dict[str, Json]:
    """Every final number of the study at `path`, which holds `found`.

    Shares 0..1, entropies in nats, null for what is not defined.
    """
    return {
        "study": found.name,
        "version": found.version,
        "settings": found.settings,
        "photos": len(found.names),
        "unreadable": {found.names[place]: why for place, why in sorted(found.photo_problems.items())},
        "class_set": found.class_set.title,
        "models": [_model(found, number) for number in range(len(found.models))],
        "pairs": [_pair(found, number, *pair) for number, pair in enumerate(found.pairs)],
        "together": _together(found),
        "stress": [curve.as_json([model.id for model in found.models]) for curve in curves(path)],
    }


def _model(found: StudyRecords, model: int) -> dict[str, Json]:
    told, answered = found.models[model], found.pixels[:, model] > 0
    pixels = int(found.pixels[:, model].sum())
    areas, class_set = found.areas[model], found.class_set
    truth = found.truths[model]
    means = {name: plain(_mean(column[answered, model])) for name, column in found.answers.items() if name != "seconds"}
    return {
        "id": told.id, "title": told.title, "family": told.family, "set": told.set, "weights": told.weights,
        "sha256": told.sha256, "published_miou": told.published_miou,
        "photos": int(answered.sum()), "failed": sum(own == model for _, own, _ in found.answer_problems),
        "pixels": pixels, **means, "alone": int(found.alone[:, model].sum()),
        "areas": [
            {"class": class_set.names[k], "index": int(k) + class_set.offset, "pixels": int(areas[k])}
            for k in np.argsort(-areas, kind="stable")[: np.count_nonzero(areas)]
        ],
        "truth": None if truth is None else {
            "photos": int((found.labelled[:, model] > 0).sum()), "pixels": truth.pixels,
            "numbers": {number.id: plain(number.value) for number in numbers(truth)},
            "unknown": unknown_row(truth) if truth.unknown.pixels else None,
        },
    }  # fmt: skip


def _pair(found: StudyRecords, pair: int, one: int, other: int) -> dict[str, Json]:
    counts, compared = found.confusions[pair], int(found.compared[:, pair].sum())
    return {
        "models": [found.models[one].id, found.models[other].id],
        "compared": compared,
        "same": int(found.same[:, pair].sum()),
        "agreement": plain(pixel_agreement(counts)),
        "kappa": plain(cohen_kappa(counts)),
        "both_sure_other": int(found.both_sure_other[:, pair].sum()),
    }


def _together(found: StudyRecords) -> dict[str, Json]:
    """Over the photos that all networks answered."""
    counts: dict[str, Json] = {name: int(column.sum()) for name, column in found.together.items() if name != "networks"}
    networks = found.together["networks"]
    whole = Ratings(
        int(networks.max(initial=0)), int(found.together["all_say"].sum()),
        int(found.together["agreeing_pairs"].sum()), found.named,
    )  # fmt: skip
    return {
        "photos": int((networks > 0).sum()),
        **counts,
        "fleiss_kappa": plain(fleiss_kappa(whole)) if whole.models > 1 else None,
    }


def _mean(values: Sequence[float] | np.ndarray) -> float:
    """Each photo counts once; the sum is rounded once, whatever the order."""
    known = [float(value) for value in values if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan
