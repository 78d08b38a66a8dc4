"""What `claims` and `stress` have left in a study's folder, for its page: read where it fits, else passed over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

CLAIMS, STRESS = "claims.json", "stress.json"


@dataclass(frozen=True)
class ClaimRow:
    """One of the article's sentences, and what the photos say of it."""

    sentence: str
    verdict: str
    reason: str
    photos: int


@dataclass(frozen=True)
class StressCurve:
    """What one corruption does to each network: shares 0..1, (M, L) at L severities, the first being none."""

    kind: str
    severities: tuple[int, ...]
    kept: NDArray[np.float64]
    """Of the pixels, those with the class that the network named undisturbed."""
    miou: NDArray[np.float64]
    """Nan without truth."""


def read_claims(folder: Path) -> tuple[ClaimRow, ...]:
    """The sentences' verdicts, where `claims` has written some."""
    told = _json(folder / CLAIMS)
    try:
        return tuple(
            ClaimRow(str(one["sentence"]), str(one["verdict"]), str(one["reason"]), int(one["photos"]))
            for one in told.get("claims", ())
        )
    except (TypeError, KeyError, ValueError):
        return ()


def read_stress(folder: Path, models: Sequence[str]) -> tuple[StressCurve, ...]:
    """The curves of the networks with these ids, where `stress` has written some for all of them."""
    told = _json(folder / STRESS)
    try:
        curves = [told["curves"][model] for model in models]
        return tuple(_curves(curves))
    except (TypeError, KeyError, ValueError, IndexError):
        return ()


def _curves(curves: Sequence[Sequence[Mapping[str, Any]]]) -> list[StressCurve]:
    kinds = dict.fromkeys(str(point["kind"]) for point in curves[0] if point["severity"])
    found = []
    for kind in kinds:
        places = [n for n, point in enumerate(curves[0]) if not point["severity"] or point["kind"] == kind]
        severities = tuple(int(curves[0][n]["severity"]) for n in places)
        shares = {
            name: np.array([[_value(points[n][name]) for n in places] for points in curves])
            for name in ("kept", "miou")
        }
        found.append(StressCurve(kind, severities, **shares))
    return found


def _value(told: Mapping[str, Any]) -> float:
    return np.nan if told["value"] is None else float(told["value"])


def _json(path: Path) -> dict[str, Any]:
    """What is in the file; nothing where there is none, or none of ours."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
