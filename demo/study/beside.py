"""What `claims` has left in a study's folder, for its page: read where it fits, else passed over."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLAIMS = "claims.json"


@dataclass(frozen=True)
class ClaimRow:
    """One of the article's sentences, and what the photos say of it."""

    sentence: str
    verdict: str
    reason: str
    photos: int


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


def _json(path: Path) -> dict[str, Any]:
    """What is in the file; nothing where there is none, or none of ours."""
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}
