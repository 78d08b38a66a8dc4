"""A stress ladder of one photo: five corruptions at five severities, by the compact set, from the file to the report.

python -m benchmarks.stress [--quick] prints the seconds, and how busy the machine was before.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine
from benchmarks.measure import ROOT, Json, in_child, significant
from demo.catalog import models
from demo.changes.corruptions import OWN
from demo.models.zoo import Zoo
from demo.study import stress

PHOTO = ROOT / "examples" / "cat.png"
BOUND = 20.0
"""Seconds on two cores."""


def measure(quick: bool) -> Json:
    """{"seconds", "answers", "bound", "load_before", ...}, in a process of its own."""
    return in_child("benchmarks.stress:measure_ladder", quick=quick)


def measure_ladder(quick: bool) -> Json:
    ids = [spec.id for spec in models("compact")][: 1 if quick else None]
    zoo, busy = Zoo(device="cpu"), machine.load()
    zoo.segment(PHOTO, ids)  # loaded and warm, as for whoever has just seen the photo's answers
    severities = (1,) if quick else (1, 2, 3, 4, 5)
    with TemporaryDirectory() as folder:
        wall, processor = time.perf_counter(), time.process_time()
        result = stress([PHOTO], ids, zoo, Path(folder), severities=severities)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return {
        "seconds": significant(wall), "processor_seconds": significant(processor), "bound": BOUND,
        "answers": len(result.conditions) * len(ids), "models": ids, "corruptions": [*OWN],
        "severities": list(severities), "load_before": busy,
        "labels_kept": {name: significant(values["kept"].value) for name, values in result.means.items()},
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measure("--quick" in sys.argv), indent=1))
