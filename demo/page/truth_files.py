"""What is taken away of a truth: the annotation, a table, and each network's error map and charts, as files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from demo.analysis.evaluate_truth import RIGHT, UNKNOWN, WRONG_SURE, WRONG_UNSURE, error_shares
from demo.labels.annotations import encode_annotation
from demo.measures import BY_ID
from demo.names import to_json
from demo.page.truth_replies import consistency, prediction_at
from demo.page.truths import Given
from demo.render.encode import png, shrink
from demo.render.paint import overlay
from demo.schema import VOID, Image

if TYPE_CHECKING:
    from demo.models.zoo import Answer

Row: TypeAlias = dict[str, object]

COLOURS = {"right": "#4a90d9", "unsure": "#f2b134", "sure": "#d1255f", "foreign": "#8b6fd6"}
"""Of an error map, on the page and in its file."""
CODES = {RIGHT: "right", WRONG_UNSURE: "unsure", WRONG_SURE: "sure", UNKNOWN: "foreign"}
TABLE, NUMBERS, ANNOTATION = "truth/table.csv", "truth/numbers.json", "truth/annotation.png"
ERRORS, RELIABILITY, RISK = "errors.png", "reliability.svg", "risk_coverage.svg"


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a truth says of one network."""

    answer: Answer
    given: Given
    scores: Row
    """Those of `evaluate_truth`, with Brier and NLL."""
    error_map: NDArray[np.uint8]
    """Codes of `evaluate_truth.ERROR_NAMES` at the truth's size."""
    sure: float
    """The confidence from which a mistake counts as sure."""


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What a truth says of all networks of a photo, with those of which it says nothing."""

    image: Image
    given: Given
    """The truth in the terms that its visitor chose, at the photo's own size."""
    source: Row
    """How it was given: names of files, or regions."""
    each: Sequence[Verdict]
    refused: dict[str, str]
    """Model id -> why it could not be judged."""


def names(verdicts: Verdicts) -> list[str]:
    """The files of a zip; the numbers stand in its summary.json."""
    models = [verdict.answer.spec.id for verdict in verdicts.each]
    return [ANNOTATION, TABLE, *(f"{model}/{file}" for model in models for file in (ERRORS, RELIABILITY, RISK))]


def content(verdicts: Verdicts, name: str) -> bytes | None:
    """One file; None where there is none of that name."""
    match name.split("/"):
        case ["truth", "annotation.png"]:
            return encode_annotation(verdicts.given.label_map, verdicts.given.class_set)
        case ["truth", "table.csv"]:
            return table(verdicts)
        case ["truth", "numbers.json"]:
            return to_json(entry(verdicts)).encode()
        case [model, file]:
            found = next((verdict for verdict in verdicts.each if verdict.answer.spec.id == model), None)
            return _of_network(verdicts.image, found, file) if found else None
    return None


def files(verdicts: Verdicts) -> Iterator[tuple[str, bytes]]:
    """(name, content) of all of `names`."""
    for name in names(verdicts):
        made = content(verdicts, name)
        if made is not None:
            yield name, made


def entry(verdicts: Verdicts) -> Row:
    """The "truth" of summary.json: everything that the tab shows, as numbers."""
    label_map, unknown = verdicts.given.label_map, verdicts.given.unknown
    models: list[Row] = [{"id": v.answer.spec.id, "title": v.answer.spec.title, **_scores(v)} for v in verdicts.each]
    models += [{"id": model, "message": why} for model, why in verdicts.refused.items()]
    return {
        "kind": verdicts.given.kind,
        "class_set": verdicts.given.class_set.title,
        **verdicts.source,
        "labelled": int((label_map != VOID).sum()),
        "unknown": None if unknown is None else int(unknown.mask.sum()),
        "models": models,
        "error_consistency": consistency({v.answer.spec.id: v.error_map for v in verdicts.each})["pairs"],
    }


def table(verdicts: Verdicts) -> bytes:
    """CSV, a row a network: what the page's table shows and the rest of the numbers, none of them rounded."""
    stream = StringIO()
    rows = [(verdict, [*_numbers(verdict.scores)]) for verdict in verdicts.each]
    ids = list(dict.fromkeys(str(number["id"]) for _, numbers in rows for number in numbers))
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["model", "title", "trained_by", "family", "class_set", "pixels_counted", "band", *ids])
    for verdict, numbers in rows:
        spec, values = verdict.answer.spec, {number["id"]: number["value"] for number in numbers}
        counted = cast("dict[str, int]", verdict.scores["pixels"])["labelled"]
        known = [spec.id, spec.title, spec.trained_by, spec.family, verdict.given.class_set.title]
        writer.writerow([*known, counted, verdict.scores["band"], *(values.get(number) for number in ids)])
    return stream.getvalue().encode()


def _numbers(scores: Row) -> Iterator[Row]:
    """All of one network; those of finding what no class names are marked so."""
    yield from cast("list[Row]", scores["numbers"])
    found = cast("Row | None", scores["unknown"])
    for number in cast("list[Row]", found["numbers"]) if found else ():
        yield number | {"id": f"unknown_{number['id']}"}


def error_picture(image: Image, verdict: Verdict) -> Image:
    """The error map over the photo in grey, at the truth's size; what is not counted shows the photo."""
    codes = _codes(verdict)
    palette = np.array([_rgb(COLOURS[CODES[code]]) for code in sorted(CODES)], np.uint8)
    photo = shrink(image, (codes.shape[0], codes.shape[1]))
    grey = np.repeat((0.65 * photo.mean(axis=2, keepdims=True)).astype(np.uint8), 3, axis=2)
    return overlay(grey, codes, palette, 0.8)


def reliability_chart(verdict: Verdict) -> str:
    """The reliability diagram as a file of its own."""
    from demo.study import charts  # brings torch, before which the page stands

    bins = cast("list[dict[str, float]]", verdict.scores["reliability"])
    rows = [(b["from"], b["to"], int(b["pixels"]), b["confidence"], b["accuracy"]) for b in bins if b["pixels"]]
    title = f"{verdict.answer.spec.title}: right, by confidence"
    return charts.standalone(charts.reliability(rows, 0), title)


def risk_chart(verdict: Verdict) -> str:
    """The risk-coverage curves of every measure of doubt as a file of its own."""
    from demo.study import charts  # brings torch, before which the page stands

    curves = cast("dict[str, dict[str, list[float]]]", verdict.scores["risk_coverage"])
    series = [
        charts.Line(BY_ID[name].title.lower(), i, curve["coverage"], curve["risk"])
        for i, (name, curve) in enumerate(curves.items())
    ]
    drawn = charts.lines(series, "share of pixels kept, the surest first, %", "wrong among them, %")
    title = f"{verdict.answer.spec.title}: risk and coverage"
    return charts.standalone(drawn, title, [(line.name, line.series) for line in series])


def _of_network(image: Image, verdict: Verdict, file: str) -> bytes | None:
    match file:
        case "errors.png":
            return png(error_picture(image, verdict))
        case "reliability.svg":
            return reliability_chart(verdict).encode()
        case "risk_coverage.svg":
            return risk_chart(verdict).encode()
    return None


def _scores(verdict: Verdict) -> Row:
    """Its scores, with the mistakes divided at the confidence of the moment."""
    shares = error_shares(_codes(verdict))
    told = {key: value for key, value in verdict.scores.items() if key != "model"}
    return told | {"sure": verdict.sure, "error_shares": shares}


def _codes(verdict: Verdict) -> NDArray[np.uint8]:
    codes = verdict.error_map.copy()
    wrong = (codes == WRONG_SURE) | (codes == WRONG_UNSURE)
    sure = prediction_at(verdict.answer, codes.shape).confidence >= verdict.sure
    codes[wrong] = np.where(sure[wrong], WRONG_SURE, WRONG_UNSURE)
    return codes


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))
