"""How everything here is measured: interleaved runs, peaks of memory, and children that may die.

Times are wall seconds beside processor seconds (all threads): where the first grow and the second do not, the machine
was busy with something else.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""What a benchmark measured: it goes to a file as it is."""

ROOT = Path(__file__).resolve().parents[1]
SAFE_SHARE = 0.6
"""Of main memory: nothing is started that is estimated to take more."""


@dataclass
class Runs:
    """The times of one piece of work."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return statistics.median(self.wall)

    def summary(self) -> Json:
        return {
            "seconds": significant(self.seconds),
            "processor_seconds": significant(statistics.median(self.processor)),
            "least": significant(min(self.wall)),
            "most": significant(max(self.wall)),
            "runs": len(self.wall),
        }


def alternate(works: Mapping[str, Callable[[], object]], repeats: int, warm: int = 1) -> dict[str, Runs]:
    """Run the pieces of work in turn, `repeats` times round, after `warm` rounds that do not count.

    Whoever begins changes from round to round.
    """
    runs = {name: Runs() for name in works}
    order = list(works)
    for _ in range(warm):
        for name in order:
            works[name]()
    for turn in range(repeats):
        for name in order[turn % len(order) :] + order[: turn % len(order)]:
            wall, processor = time.perf_counter(), time.process_time()
            works[name]()
            runs[name].wall.append(time.perf_counter() - wall)
            runs[name].processor.append(time.process_time() - processor)
    return runs


def summaries(runs: Mapping[str, Runs]) -> Json:
    return {name: one.summary() for name, one in runs.items()}


def significant(value: float, digits: int = 4) -> float:
    """`value` with so many significant digits: what a measurement carries at most.

    >>> significant(0.0123456), significant(1234567.0)
    (0.01235, 1235000.0)
    """
    return float(f"{value:.{digits}g}")


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed.

    >>> percentile([3.0, 1.0, 2.0, 4.0], 0.5), percentile([3.0, 1.0, 2.0, 4.0], 0.95)
    (2.0, 4.0)
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


@dataclass
class Peak:
    """How far resident memory rose above where it stood, in bytes; None where this system does not tell."""

    bytes: int | None = None


@contextmanager
def peak_memory() -> Iterator[Peak]:
    """The highest resident memory of this process inside the block, above what it was at the start (Linux)."""
    peak = Peak()
    if not forget_peak():
        yield peak
        return
    before = status("VmRSS")
    yield peak
    peak.bytes = max(0, status("VmHWM") - before)


def forget_peak(process: int | str = "self") -> bool:
    """The kernel forgets the highest resident memory of a process so far; False where it is none that can."""
    try:
        Path(f"/proc/{process}/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def status(name: str, process: int | str = "self") -> int:
    """Bytes, from the kernel's account of a process; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)


def tree_memory(process: int) -> int:
    """Resident bytes of a process and its descendants; pages that they share count once for each."""
    total = status("VmRSS", process)
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            total += sum(tree_memory(int(child)) for child in children.read_text().split())
        except OSError:
            continue
    return total


class Watch:
    """The highest resident memory of a process and its descendants, looked at every `every` seconds."""

    def __init__(self, process: int, every: float = 0.02) -> None:
        self.peak = tree_memory(process)
        self._process, self._every, self._over = process, every, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(self._every):
            self.peak = max(self.peak, tree_memory(self._process))


def main_memory() -> int:
    """Bytes: this machine's, or what its control group allows."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        allowed = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:
        return installed
    return min(installed, int(allowed)) if allowed.isdigit() else installed


def too_much(estimate: float) -> str | None:
    """Why work that is estimated to take so many bytes is not started; None where it may be."""
    safe = SAFE_SHARE * main_memory()
    if estimate <= safe:
        return None
    return (
        f"not run: estimated at {estimate / 1e9:.0f} GB, and nothing above {SAFE_SHARE:.0%} of this machine's "
        f"{main_memory() / 1e9:.0f} GB is started"
    )


def in_child(function: str, seconds: float = 1800, **arguments: object) -> Json:
    """What "module:function" returns in a process of its own, or {"failed": why} when that did not end well."""
    with tempfile.TemporaryDirectory() as folder:
        answer, words = Path(folder) / "answer.json", Path(folder) / "words.txt"
        command = [sys.executable, "-m", "benchmarks.measure", function, json.dumps(arguments), str(answer)]
        with words.open("w") as stream:
            try:
                code = subprocess.run(command, cwd=ROOT, stdout=stream, stderr=stream, timeout=seconds).returncode
            except subprocess.TimeoutExpired:
                return {"failed": f"stopped after {seconds:.0f} s"}
        if answer.is_file():
            result: Json = json.loads(answer.read_text())
            return result
        return {"failed": _cause(code, words.read_text())}


def _cause(code: int, words: str) -> str:
    if code == -signal.SIGKILL:
        return "was killed, as a system does that is out of memory"
    last = [line for line in words.splitlines() if line.strip()][-1:] or [f"exit status {code}"]
    return last[0].strip()[:300]


def _as_child(function: str, arguments: Json, answer: Path) -> None:
    """Never takes more than the safe share of memory on top of what the libraries map."""
    limit = status("VmSize") + int((SAFE_SHARE + 0.15) * main_memory()) + (8 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    module, name = function.split(":")
    work = getattr(__import__(module, fromlist=[name]), name)
    answer.write_text(json.dumps(work(**arguments)))


if __name__ == "__main__":
    _as_child(sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3]))
