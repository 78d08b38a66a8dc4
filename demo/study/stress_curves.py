"""The stress curves of a study, from its file: what networks keep of their answers, corruption by corruption."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from demo.analysis.numbers import Json, plain
from demo.analysis.stability import NUMBERS, Observed, added, numbers
from demo.study.corrupted import Condition, observed
from demo.study.ledger import reading

Record = dict[str, Observed]
"""What is known of one photo and network, by condition."""

WHOLE = """
    SELECT photo FROM stress JOIN photos USING (photo)
    WHERE present AND stress.problem IS NULL AND kind IN ('', :kind)
      AND model IN (SELECT model FROM stress WHERE kind = :kind AND stress.problem IS NULL)
    GROUP BY photo HAVING COUNT(*) = :answers"""
"""The photos that every network answered at every severity."""


@dataclass(frozen=True)
class StressCurve:
    """What one corruption does to each of M networks at L severities, the first being none."""

    kind: str
    severities: tuple[int, ...]
    photos: int
    """Answered by every network at every severity; only these count."""
    values: Mapping[str, NDArray[np.float64]]
    """(M, L) by the names of NUMBERS; nan where there is nothing, mean IoU and ECE without truth."""

    def as_json(self, models: list[str]) -> dict[str, Json]:
        """Every value, a list a network and number; null for nan."""
        return {
            "kind": self.kind,
            "severities": list(self.severities),
            "photos": self.photos,
            "models": [
                {"id": model, **{name: [*map(plain, self.values[name][place].tolist())] for name in NUMBERS}}
                for place, model in enumerate(models)
            ],
        }


def in_plain(kind: str) -> str:
    """
    >>> in_plain("jpeg_compression")
    'JPEG compression'
    """
    return kind.replace("_", " ").replace("jpeg", "JPEG")


def curves(path: Path) -> tuple[StressCurve, ...]:
    """Of every corruption that the study has, in order of name. Raises DatasetError where there is no study."""
    with reading(path) as rows:
        models = rows.execute("SELECT COUNT(*) FROM models").fetchone()[0]
        kinds = rows.execute("SELECT DISTINCT kind FROM stress WHERE severity AND problem IS NULL ORDER BY kind")
        return tuple(_curve(rows, kind, models) for (kind,) in kinds.fetchall())


def known(path: Path, photos: list[str], models: int) -> list[list[Record]]:
    """All that the study has of corrupted photos: a row a photo of those names, a record a network."""
    found: dict[str, list[Record]] = {name: [{} for _ in range(models)] for name in photos}
    with reading(path) as rows:
        for name, model, kind, severity, *told in rows.execute(
            "SELECT name, model, kind, severity, pixels, kept, entropy, judged FROM stress JOIN photos USING (photo) "
            "WHERE present AND stress.problem IS NULL"
        ):
            if name in found:
                found[name][model][str(Condition(kind, severity))] = observed(*told)
    return [found[name] for name in photos]


def _curve(rows: sqlite3.Connection, kind: str, models: int) -> StressCurve:
    steps = rows.execute(
        "SELECT DISTINCT severity FROM stress WHERE kind = ? AND problem IS NULL ORDER BY severity", (kind,)
    )
    severities = (0, *(step for (step,) in steps))
    answered = rows.execute(
        "SELECT COUNT(DISTINCT model) FROM stress WHERE kind = ? AND problem IS NULL", (kind,)
    ).fetchone()[0]
    wanted = {"kind": kind, "answers": len(severities) * answered}
    photos = rows.execute(f"SELECT COUNT(*) FROM ({WHOLE})", wanted).fetchone()[0]
    values = {name: np.full((models, len(severities)), np.nan) for name in NUMBERS}
    for (model, severity), total in _sums(rows, wanted).items():
        for name, value in zip(NUMBERS, numbers(np.ones((1, 1)), [total])[0], strict=True):
            values[name][model, severities.index(severity)] = value
    return StressCurve(kind, severities, photos, values)


def _sums(rows: sqlite3.Connection, wanted: Mapping[str, object]) -> dict[tuple[int, int], Observed]:
    """By network and severity, over the photos of one curve."""
    total: dict[tuple[int, int], Observed] = {}
    for place, seen in _of_curve(rows, wanted):
        total[place] = added(total[place], seen) if place in total else seen
    return total


def _of_curve(rows: sqlite3.Connection, wanted: Mapping[str, object]) -> Iterator[tuple[tuple[int, int], Observed]]:
    for model, severity, *told in rows.execute(
        f"SELECT model, severity, pixels, kept, entropy, judged FROM stress WHERE photo IN ({WHOLE}) "
        "AND kind IN ('', :kind) AND model IN (SELECT model FROM stress WHERE kind = :kind AND problem IS NULL)",
        wanted,
    ):
        yield (model, severity), observed(*told)
