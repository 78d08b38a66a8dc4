"""What a stress ladder found: curves with intervals over photos, and where each network breaks first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo.analysis.claims import Interval
from demo.analysis.numbers import Json, plain
from demo.analysis.stability import NUMBERS, Array, interval, numbers, weightings
from demo.schema import Family, ModelSpec
from demo.study.corrupted import Condition
from demo.study.stress_curves import Record

HALF = 0.5
"""A network breaks on a photo where it keeps less than this share of its labels."""


@dataclass(frozen=True)
class Climbed:
    """All that was counted: `known` is a row a photo, a record a network."""

    source: str
    photos: Sequence[str]
    specs: Sequence[ModelSpec]
    conditions: Sequence[Condition]
    """The photo as it is comes first."""
    known: Sequence[Sequence[Record]]


@dataclass(frozen=True)
class Point:
    """What a network, or a family on average, is in one condition, by the names of NUMBERS; nan where there is none."""

    condition: Condition
    values: dict[str, Interval]


@dataclass(frozen=True)
class Broken:
    """Where a network's curve breaks first: the photo on which it keeps less than half at the lowest severity.

    Where it keeps half everywhere, the photo on which it keeps least, and `broke` is False.
    """

    kind: str
    photo: str
    severity: int
    kept: float
    broke: bool


@dataclass(frozen=True)
class StressReport:
    """Every number of a stress ladder."""

    source: str
    photos: int
    """Answered by every network in every condition; only these count."""
    with_truth: int
    specs: tuple[ModelSpec, ...]
    conditions: tuple[Condition, ...]
    curves: dict[str, tuple[Point, ...]]
    """By a network's id."""
    families: dict[Family, tuple[Point, ...]]
    """Mean over the family's networks."""
    steps: dict[Family, tuple[Point, ...]]
    """The same, and over the corruptions too: a point a severity."""
    contrasts: tuple[Point, ...]
    """Transformers less CNNs; empty where one of them is missing."""
    means: dict[str, dict[str, Interval]]
    """By a network's id or a family: mean over all conditions but the photo as it is."""
    breaks: dict[str, tuple[Broken, ...]]
    settings: dict[str, Json]
    problems: tuple[str, ...] = ()
    seconds: float = 0

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.kind for one in self.conditions if one.severity))

    @property
    def severities(self) -> tuple[int, ...]:
        """0 is the photo as it is."""
        return tuple(sorted({one.severity for one in self.conditions}))

    def as_json(self) -> dict[str, Json]:
        """Every number; null for nan."""
        return {
            "photos": self.source,
            "number": self.photos,
            "with_truth": self.with_truth,
            "settings": self.settings,
            "seconds": round(self.seconds, 3),
            "problems": list(self.problems),
            "models": [{"id": s.id, "title": s.title, "family": s.family, "set": s.set} for s in self.specs],
            "curves": {name: [_point_json(point) for point in points] for name, points in self.curves.items()},
            "families": {str(name): [_point_json(point) for point in points] for name, points in self.families.items()},
            "families_by_severity": {
                str(name): [_point_json(point) for point in points] for name, points in self.steps.items()
            },
            "transformers_less_cnns": [_point_json(point) for point in self.contrasts],
            "means": {name: _values_json(values) for name, values in self.means.items()},
            "breaks_first": {name: [dict(vars(one)) for one in found] for name, found in self.breaks.items()},
        }


def weigh(climbed: Climbed, settings: dict[str, Json]) -> StressReport:
    """The numbers of a climbed ladder; `settings` has resamples and seed. Photos are drawn again for all at once."""
    specs = [spec for number, spec in enumerate(climbed.specs) if any(row[number] for row in climbed.known)]
    places = [climbed.specs.index(spec) for spec in specs]
    names = [str(condition) for condition in climbed.conditions]
    whole = [
        (photo, [row[place] for place in places])
        for photo, row in zip(climbed.photos, climbed.known, strict=True)
        if all(name in row[place] for place in places for name in names)
    ]
    photos = [photo for photo, _ in whole]
    draws = _draws([row for _, row in whole], len(specs), names, settings)
    masks = {family: np.array([spec.family == family for spec in specs], bool) for family in ("cnn", "transformer")}
    families: dict[Family, Array] = {
        family: draws[:, masks[family]].mean(1) for family in ("cnn", "transformer") if masks[family].any()
    }
    both = len(families) == 2
    of_models = {spec.id: draws[:, number] for number, spec in enumerate(specs)}
    return StressReport(
        climbed.source,
        len(photos),
        sum(bool(row[0][names[0]]["bins"]) for _, row in whole),
        tuple(specs),
        tuple(climbed.conditions),
        {name: _points(climbed.conditions, found, len(photos)) for name, found in of_models.items()},
        {family: _points(climbed.conditions, found, len(photos)) for family, found in families.items()},
        {family: _steps(climbed.conditions, found, len(photos)) for family, found in families.items()},
        _points(climbed.conditions, families["transformer"] - families["cnn"], len(photos)) if both else (),
        {str(name): _values(found[:, 1:].mean(1), len(photos)) for name, found in (of_models | families).items()},
        {
            spec.id: tuple(_breaks(photos, [row[number] for _, row in whole], climbed.conditions))
            for number, spec in enumerate(specs)
        },
        settings,
    )


def _draws(rows: Sequence[Sequence[Record]], models: int, names: Sequence[str], settings: dict[str, Json]) -> Array:
    """(1 + R, models, conditions, numbers)."""
    resamples, seed = settings["resamples"], settings["seed"]
    assert isinstance(resamples, int) and isinstance(seed, int)
    if not rows:
        return np.full((1, models, len(names), len(NUMBERS)), np.nan)
    weights = weightings(len(rows), resamples, seed)
    found = [[numbers(weights, [row[number][name] for row in rows]) for name in names] for number in range(models)]
    return np.array(found).transpose(2, 0, 1, 3)


def _points(conditions: Sequence[Condition], draws: Array, photos: int) -> tuple[Point, ...]:
    return tuple(Point(condition, _values(draws[:, number], photos)) for number, condition in enumerate(conditions))


def _steps(conditions: Sequence[Condition], draws: Array, photos: int) -> tuple[Point, ...]:
    severities = [condition.severity for condition in conditions]
    return tuple(
        Point(Condition(severity=step), _values(draws[:, np.array(severities) == step].mean(1), photos))
        for step in sorted(set(severities))
    )


def _values(draws: Array, photos: int) -> dict[str, Interval]:
    ends = np.stack(interval(draws, photos), axis=1)
    return {name: Interval(*map(float, ends[number])) for number, name in enumerate(NUMBERS)}


def _breaks(photos: Sequence[str], records: Sequence[Record], conditions: Sequence[Condition]) -> list[Broken]:
    """One a corruption."""
    found = []
    for kind in dict.fromkeys(one.kind for one in conditions if one.severity):
        steps = [
            (one.severity, record[str(one)]["kept"] / record[str(one)]["pixels"], photo)
            for one in conditions
            if one.kind == kind
            for photo, record in zip(photos, records, strict=True)
        ]
        below = [step for step in steps if step[1] < HALF]
        if steps:
            severity, kept, photo = min(below) if below else min(steps, key=lambda step: step[1])
            found.append(Broken(kind, photo, severity, kept, bool(below)))
    return found


def _point_json(point: Point) -> Json:
    return {"kind": point.condition.kind, "severity": point.condition.severity, **_values_json(point.values)}


def _values_json(values: dict[str, Interval]) -> dict[str, Json]:
    return {
        name: {"value": plain(one.value), "low": plain(one.low), "high": plain(one.high)}
        for name, one in values.items()
    }
