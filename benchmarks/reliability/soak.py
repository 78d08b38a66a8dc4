"""Two thousand runs of one process: python -m benchmarks.reliability.soak [--runs N]

Over toy networks; memory, open files, temporary files and threads are counted on the way, drawn as
docs/soak.svg, and must end as they were after the first tenth.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import numpy as np
from PIL import Image

from benchmarks import machine
from benchmarks.measure import ROOT, Json, status
from benchmarks.reliability.results import keep

LOOKS = 50
CHART = ROOT / "docs" / "soak.svg"


def counts() -> list[int]:
    """Resident bytes, open files, files in the temporary folder, threads."""
    files = sum(len(names) for _, _, names in os.walk(gettempdir()))
    return [status("VmRSS"), len(os.listdir("/proc/self/fd")), files, threading.active_count()]


def soak(runs: int) -> Json:
    """Each run is a photo of its own: opened, answered by two networks, shown, asked at a pixel; the store sheds."""
    from demo.images import Limits
    from demo.page.api import figure, pixel, regions
    from demo.page.networks import Networks
    from demo.page.store import Store
    from tests.toy import toy_zoo

    networks, store = Networks(toy_zoo()), Store(Limits())
    photo, models, rows, start = Path(gettempdir(), "photo.png"), "fcn-compact,setr-compact", [], time.perf_counter()
    for number in range(runs):
        noise = np.random.default_rng(number).integers(0, 256, (48, 64, 3), np.uint8)
        Image.fromarray(noise).save(photo)
        regions(networks, store, str(photo), models)
        pixel(networks, store, str(photo), models, 10, 12)
        if number % 20 == 0:
            figure(networks, store, str(photo), models)
        if number % max(1, runs // LOOKS) == 0 or number == runs - 1:
            rows.append([number + 1, *counts()])
    seconds = time.perf_counter() - start
    store.close()
    early, last = rows[len(rows) // 10], rows[-1]
    return {
        "runs": runs,
        "seconds": round(seconds),
        "after_a_tenth": early,
        "at_the_end": last,
        "files_left_after_closing": counts()[2] - 1,  # the photo itself
        "rows": rows,
    }


def draw(found: Json) -> None:
    """The four counts against the number of runs."""
    from matplotlib.figure import Figure

    rows = np.array(found["rows"], float)
    titles = ("resident memory (MB)", "open files", "temporary files", "threads")
    drawn = Figure(figsize=(9, 5), layout="constrained")
    for place, title in enumerate(titles):
        axes = drawn.add_subplot(2, 2, place + 1)
        axes.plot(rows[:, 0], rows[:, place + 1] / (1e6 if place == 0 else 1), color="#0f766e")
        axes.set_title(title, fontsize=10, loc="left")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("runs", fontsize=9)
        axes.spines[["top", "right"]].set_visible(False)
    CHART.parent.mkdir(exist_ok=True)
    drawn.savefig(CHART, metadata={"Date": None})


def flat(found: Json) -> bool:
    """Whether nothing grew since the first tenth: memory by less than a tenth and 50 MB, the rest by nothing."""
    _, memory, *others = found["after_a_tenth"]
    _, memory_last, *others_last = found["at_the_end"]
    return memory_last < 1.1 * memory + 50e6 and all(b <= a + 2 for a, b in zip(others, others_last, strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args()
    busy = machine.load()
    with TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        import tempfile

        tempfile.tempdir = None
        found = soak(options.runs)
    found["flat"] = flat(found)
    print(json.dumps({key: value for key, value in found.items() if key != "rows"}, indent=1))
    if options.runs >= 2000:
        draw(found)
        keep("soak", f"{options.runs} runs", found, busy)
    return int(not found["flat"])


if __name__ == "__main__":
    sys.exit(main())
