"""Measure, and keep the result under this machine's name: python -m benchmarks.run [--only NAME ...] [--quick]"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.measure import ROOT, Json, in_child

NAMES = ("start", "page", "inference", "busy", "maps", "throughput", "gpu", "scaling", "memory", "paper", "why")
RESULTS = ROOT / "benchmarks" / "results"
QUICK_RESULTS = ROOT / "out" / "benchmarks-quick"
"""A quick run only shows that everything works: its numbers stay out of the repository."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="few repeats, small work; written to out/")
    options = parser.parse_args()
    folder = QUICK_RESULTS if options.quick else RESULTS
    here = machine.describe()
    path = folder / f"{machine.slug(here)}.json"
    for name in options.only:
        start = time.perf_counter()
        result = one(name, options.quick, here)
        keep(path, name, result, here)
        failed = f": {result['failed']}" if "failed" in result else ""
        print(f"{name}: {time.perf_counter() - start:.0f} s{failed}", file=sys.stderr, flush=True)
    print(path.relative_to(ROOT))


def one(name: str, quick: bool, here: Json) -> Json:
    """One benchmark's result with when and how it was taken."""
    start, busy = time.perf_counter(), machine.load()
    result = in_child(f"benchmarks.{name}:measure", seconds=3600, quick=quick)
    result["measured"] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        "load_before": busy,
        "seconds": round(time.perf_counter() - start),
        "versions": here["versions"],
    }
    return result


def keep(path: Path, name: str, result: Json, here: Json) -> None:
    """Put one result among those that the file has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known: Json = json.loads(path.read_text()) if path.is_file() else {"benchmarks": {}}
    known["machine"] = here
    known["benchmarks"][name] = result
    known["date"] = result["measured"]["date"]
    path.write_text(json.dumps(known, indent=1) + "\n")
    if name == "scaling" and "failed" not in result:
        from benchmarks.scaling import plot

        plot(result, path.with_name(f"{path.stem}-scaling.svg"))


if __name__ == "__main__":
    main()
