"""Every number that the counts give, each with its title, unit, formula and the pixels it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from demo.analysis import calibration, mistakes, per_image, scores
from demo.analysis.counts import Counts, TruthCounts
from demo.analysis.unknown import against
from demo.measures import BY_ID

Better = Literal["higher", "lower"]
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True)
class Definition:
    """What a number means, whatever it was counted on."""

    title: str
    unit: str
    better: Better
    formula: str


@dataclass(frozen=True)
class Number:
    """One number with what a reader needs to believe it."""

    id: str
    definition: Definition
    value: float
    """nan where it is not defined."""
    pixels: int
    """Pixels it was counted over."""

    def as_json(self) -> dict[str, Json]:
        """Plain values; null for nan."""
        return {
            "id": self.id,
            "title": self.definition.title,
            "value": plain(self.value),
            "unit": self.definition.unit,
            "pixels": self.pixels,
            "formula": self.definition.formula,
            "better": self.definition.better,
        }


DEFINITIONS: dict[str, Definition] = {
    "miou": Definition(
        "Mean IoU",
        "0..1",
        "higher",
        "right / (annotated + predicted - right), mean over the classes annotated or predicted; "
        "as MMSegmentation's IoUMetric",
    ),
    "miou_annotated": Definition(
        "Mean IoU, annotated classes", "0..1", "higher", "the same mean over the annotated classes only"
    ),
    "pixel_accuracy": Definition("Pixel accuracy", "0..1", "higher", "right / labelled pixels"),
    "mean_accuracy": Definition(
        "Mean accuracy", "0..1", "higher", "right / annotated, mean over the annotated classes"
    ),
    "fw_iou": Definition(
        "Frequency-weighted IoU",
        "0..1",
        "higher",
        "IoU of each class weighted by its annotated pixels (Long et al. 2015)",
    ),
    "boundary_iou": Definition(
        "Boundary IoU",
        "0..1",
        "higher",
        "IoU of the masks' inner boundaries, d = 2 % of the diagonal, mean over the classes annotated or predicted "
        "there (Cheng et al. 2021); as in the authors' code, the truth has boundaries along void where a prediction "
        "has none, so that a map right on every labelled pixel scores below 1",
    ),
    "boundary_iou_shared_void": Definition(
        "Boundary IoU, void shared",
        "0..1",
        "higher",
        "the same after the truth's void is put into the prediction: a map right on every labelled pixel scores 1",
    ),
    "miou_small": Definition(
        "Mean IoU, small regions",
        "0..1",
        "higher",
        "mean IoU over the pixels of annotated regions under 32 x 32 pixels",
    ),
    "miou_medium": Definition(
        "Mean IoU, medium regions",
        "0..1",
        "higher",
        "mean IoU over the pixels of annotated regions from 32 x 32 to under 96 x 96 pixels",
    ),
    "miou_large": Definition(
        "Mean IoU, large regions",
        "0..1",
        "higher",
        "mean IoU over the pixels of annotated regions of 96 x 96 pixels and more",
    ),
    "ece": Definition(
        "ECE",
        "0..1",
        "lower",
        "|confidence - accuracy| of 15 equal-width bins, mean weighted by pixels (Guo et al. 2017)",
    ),
    "adaptive_ece": Definition(
        "Adaptive ECE", "0..1", "lower", "the same with 15 bins of equally many pixels (Nguyen and O'Connor 2015)"
    ),
    "brier": Definition(
        "Brier score",
        "0..2",
        "lower",
        "squared distance of the probabilities of all classes to the one-hot truth, mean over pixels (Brier 1950)",
    ),
    "nll": Definition("NLL", "nats", "lower", "-ln probability of the annotated class, mean over pixels"),
    "mistake_severity": Definition(
        "Mistake severity",
        "1..2",
        "lower",
        "height of what the annotated and the named class have in common, 1 their supercategory, 2 nothing, mean over "
        "the wrong pixels (Bertinetto et al. 2020)",
    ),
    "supercategory_accuracy": Definition(
        "Supercategory accuracy", "0..1", "higher", "pixels whose supercategory is right / labelled pixels"
    ),
}
"""By id, in the order they are shown."""

PER_IMAGE: dict[str, Definition] = {
    "miou_by_photo": Definition(
        "Mean IoU by photo",
        "0..1",
        "higher",
        "mean IoU of each photo over the classes annotated in it, mean over photos (mIoU^I, Wang et al. 2023)",
    ),
    "miou_by_class": Definition(
        "Mean IoU by class and photo",
        "0..1",
        "higher",
        "IoU of a class in each photo where it is annotated, mean over these photos, then over classes "
        "(mIoU^C, Wang et al. 2023)",
    ),
    **{
        f"miou_by_{over}_worst{100 * share:.0f}": Definition(
            f"Mean IoU by {'class and photo' if over == 'class' else 'photo'}, worst {100 * share:.0f} %",
            "0..1",
            "higher",
            f"the same over the {100 * share:.0f} % of the photos that fare worst, at least one"
            + (", for each class its own" if over == "class" else ""),
        )
        for over in ("photo", "class")
        for share in per_image.WORST
    },
}
"""Of a data set's photos one by one."""

FINDING: dict[str, Definition] = {
    "auroc": Definition("AUROC", "0..1", "higher", "chance that {event} pixel is less certain than {other}, ties half"),
    "aupr": Definition(
        "AUPR",
        "0..1",
        "higher",
        "average precision of finding {event} pixel by uncertainty; a blind guess scores the share of such pixels",
    ),
    "fpr95": Definition("FPR95", "0..1", "lower", "share of the other pixels flagged when 95 % of {event} kind are"),
    "aurc": Definition(
        "AURC", "0..1", "lower", "error rate of the k surest pixels, mean over k (Geifman and El-Yaniv 2017)"
    ),
}
"""How well an uncertainty score finds an event."""


def numbers(counts: TruthCounts) -> list[Number]:
    """Every number that counts give, in the order of `DEFINITIONS`, then `FINDING` for each measure of doubt.

    Numbers on probabilities are nan with 0 pixels where those were not looked at.
    """
    values, pixels = _values(counts), _pixels(counts)
    plainly = [
        Number(key, definition, values[key], pixels.get(key, counts.pixels)) for key, definition in DEFINITIONS.items()
    ]
    return plainly + [number for score, found in counts.rankings.items() for number in finding(found, score)]


def finding(ranking: Counts, score: str, event: Literal["wrong", "unknown"] = "wrong") -> list[Number]:
    """AUROC, AUPR, FPR95 and AURC of one uncertainty score; ids are like "entropy_auroc".

    The event is a wrong pixel, or one of something that no class of the set names (then without AURC).
    """
    values = {
        "auroc": calibration.auroc(ranking),
        "aupr": calibration.aupr(ranking),
        "fpr95": calibration.fpr_at_recall(ranking),
        "aurc": calibration.aurc(ranking),
    }
    if event == "unknown":
        del values["aurc"]
    words = {"wrong": ("a wrong", "a right one"), "unknown": ("an unknown", "a known one")}[event]
    return [
        Number(f"{score}_{key}", _worded(FINDING[key], score, *words), value, int(ranking.sum()))
        for key, value in values.items()
    ]


def finding_unknown(counts: TruthCounts) -> list[Number]:
    """AUROC, AUPR and FPR95 of each measure of doubt, which is to find what no class of the set names.

    nan where nothing else is labelled.
    """
    rankings = against(counts.unknown, counts.rankings)
    rows = [number for score, found in rankings.items() for number in finding(found, score, "unknown")]
    return rows if counts.pixels else [replace(number, value=float("nan")) for number in rows]


def per_photo(ious: per_image.PerPhoto, pixels: int) -> list[Number]:
    """The numbers of `PER_IMAGE`, from the (N, C) IoU of each class in each photo; `pixels` are those labelled."""
    values = {"miou_by_photo": per_image.miou_by_photo(ious), "miou_by_class": per_image.miou_by_class(ious)}
    for share in per_image.WORST:
        values[f"miou_by_photo_worst{100 * share:.0f}"] = per_image.miou_by_photo(ious, share)
        values[f"miou_by_class_worst{100 * share:.0f}"] = per_image.miou_by_class(ious, share)
    return [Number(key, definition, values[key], pixels) for key, definition in PER_IMAGE.items()]


def plain(value: float) -> float | None:
    """The number, or None for nan: what JSON can hold."""
    return None if math.isnan(value) else float(value)


def _worded(known: Definition, score: str, event: str, other: str) -> Definition:
    return Definition(
        f"{known.title}, {BY_ID[score].title.lower()}",
        known.unit,
        known.better,
        known.formula.format(event=event, other=other),
    )


def _pixels(counts: TruthCounts) -> dict[str, int]:
    by_size = {f"miou_{group}": int(part.sum()) for group, part in zip(scores.SIZE_GROUPS, counts.sizes, strict=True)}
    looked_at = int(counts.proper[0])
    return by_size | {
        "boundary_iou": _union(counts.boundary),
        "boundary_iou_shared_void": _union(counts.boundary_shared),
        "brier": looked_at,
        "nll": looked_at,
        "mistake_severity": counts.pixels - int(counts.confusion.trace()),
    }


def _union(areas: Counts) -> int:
    both, predicted, truth = (int(part.sum()) for part in areas)
    return predicted + truth - both


def _values(counts: TruthCounts) -> dict[str, float]:
    confusion = counts.confusion
    by_size = {f"miou_{g}": scores.mean_iou(part) for g, part in zip(scores.SIZE_GROUPS, counts.sizes, strict=True)}
    return by_size | {
        "miou": scores.mean_iou(confusion),
        "miou_annotated": scores.mean_iou(confusion, over="annotated"),
        "pixel_accuracy": scores.pixel_accuracy(confusion),
        "mean_accuracy": scores.mean_accuracy(confusion),
        "fw_iou": scores.frequency_weighted_iou(confusion),
        "boundary_iou": scores.mean(scores.iou_of_areas(counts.boundary)),
        "boundary_iou_shared_void": scores.mean(scores.iou_of_areas(counts.boundary_shared)),
        "ece": calibration.ece(counts.reliability),
        "adaptive_ece": calibration.adaptive_ece(counts.reliability),
        "brier": calibration.brier(counts.proper),
        "nll": calibration.nll(counts.proper),
        "mistake_severity": mistakes.severity(confusion, counts.class_set),
        "supercategory_accuracy": mistakes.supercategory_accuracy(confusion, counts.class_set),
    }
