"""Where results of reliability are kept: one file a script, each part with when and how busy the machine was."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.measure import Json

RESULTS = Path(__file__).parent / "results"


def keep(script: str, part: str, found: Json, load_before: float) -> None:
    """Put one part's result among those that the script's file has."""
    path = RESULTS / f"{script}.json"
    known: Json = json.loads(path.read_text()) if path.is_file() else {}
    here = machine.describe()
    known["machine"] = {name: here[name] for name in ("processor", "cores", "memory_gb", "versions")}
    measured = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "load_before": load_before,
        "load_after": machine.load(),
    }
    known.setdefault("parts", {})[part] = found | {"measured": measured}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(known, indent=1) + "\n")
