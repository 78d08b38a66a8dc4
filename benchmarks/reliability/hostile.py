"""Every hostile file through every way in: python -m benchmarks.reliability.hostile [--every N] [--ways WAY ...]

The ways: open (read in this process), cli, api, page (a hundred files at once in Chromium), alone (there one by one).
For each file a photo, or one sentence, within ten seconds. Networks are toys: what they compute plays no part.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

import httpx

from benchmarks import machine
from benchmarks.measure import ROOT, Json, forget_peak, status, tree_memory
from benchmarks.reliability import hostile_page
from benchmarks.reliability.corpus import Hostile, sample
from benchmarks.reliability.hostile_page import sendable
from benchmarks.reliability.results import keep
from benchmarks.visitor import Refused, Visitor, serving

SECONDS = 10.0
CALLERS = 3
"""Of the page's API at once."""
MEGABYTES = 1200
"""More than this above where a process stood is a fault: three times what 40 megapixels take."""
TOY = ["-m", "benchmarks.reliability.toy_page"]
MODELS = "fcn-compact,setr-compact"
CLI = "import demo.models.zoo as z; from functools import partial; from tests.toy import toy_network; " \
      "z.Zoo = partial(z.Zoo, load=toy_network); from demo.cli import main; import sys; sys.exit(main())"  # fmt: skip
_OURS = re.compile(r"Traceback|Error\(|errno|unexpected happened|object at 0x|<class", re.I)


def sentence_fault(text: str) -> str:
    """What is wrong with what somebody is told; empty when it is one sentence."""
    if "\n" in text or "\r" in text:
        return "more than a line"
    if any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text):
        return "control characters"
    if len(text) > 700:
        return "very long"
    if found := _OURS.search(text):
        return f"our own words: {found[0]}"
    return "" if text.rstrip().endswith((".", ")", "…")) else "no sentence"


def opened(files: Sequence[Hostile]) -> Json:
    """Read each in this process."""
    from demo.errors import DemoError
    from demo.images import open_photo

    outcome = _Outcome(os.getpid())
    for file in files:
        start = time.perf_counter()
        try:
            image = open_photo(file.content, name=sendable(file.name)).image
            fault, told = ("" if image.ndim == 3 and image.shape[2] == 3 else "no RGB"), "photo"
        except DemoError as error:
            fault, told = sentence_fault(str(error).replace(file.name, "")), "sentence"
        except Exception as error:
            fault, told = f"{type(error).__name__}: {error}", "fault"
        outcome.add(file, told, fault, time.perf_counter() - start)
    return outcome.content()


def by_api(files: Sequence[Hostile]) -> Json:
    """Upload each and call /regions, a few at once; then see that nothing is left."""

    def call_all(address: str, outcome: _Outcome) -> None:
        with Visitor(address) as visitor, ThreadPoolExecutor(CALLERS) as callers:
            for file, found in zip(files, callers.map(partial(_call, visitor), files), strict=True):
                outcome.add(file, *found)

    return _served(call_all)


def by_page(files: Sequence[Hostile], choose: Callable[..., list[str]] = hostile_page.together) -> Json:
    """Choose each on the page in Chromium; then see that nothing is left."""

    def choose_all(address: str, outcome: _Outcome) -> None:
        def tell(some: Sequence[Hostile], said: Sequence[str], took: Sequence[float]) -> None:
            for file, words, seconds in zip_longest(some, said[: len(some)], took[: len(some)], fillvalue=None):
                fault = sentence_fault(_nameless(words, some)) if words else ""
                told = "sentence" if words else "photo"
                outcome.add(file, told, fault and f"{fault}: {words}", seconds or 0.0)

        for number, words in enumerate(choose(address, MODELS, files, SECONDS, tell), 1):
            outcome.faults[f"page {number}"] = words

    return _served(choose_all)


def _nameless(words: str, files: Sequence[Hostile]) -> str:
    """Without the name of the file that they are of, which may hold anything."""
    return min((words.replace(sendable(file.name), "") for file in files), key=len)


def _served(ask: Callable[[str, _Outcome], None]) -> Json:
    """What comes of files that a page of its own is given, and whether that page outlives them and leaves none."""
    with TemporaryDirectory() as folder, TemporaryFile() as log:
        with serving(TOY, {"TMPDIR": folder}, log) as server:
            outcome = _Outcome(server.process)
            ask(server.address, outcome)
            alive = _alive(server.address)
        left = [path.name for path in Path(folder).rglob("*") if path.is_file()]
        log.seek(0)
        said = log.read().decode(errors="replace")
    found = outcome.content() | {"files_left": len(left)}
    if not alive:
        found["faults"]["the page is dead"] = f"/health does not answer; it last wrote: {said[-2000:]}"
    if left:
        found["faults"]["files left"] = ", ".join(left[:5])
    if at := said.find("Traceback") + 1:
        found["faults"]["traceback"] = said[at - 1 :][-2000:]
    return found


def _alive(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _call(visitor: Visitor, file: Hostile) -> tuple[str, str, float]:
    """What was told, what is wrong with it, and the seconds that it took."""
    start, path = time.perf_counter(), ""
    try:
        path = visitor.upload(sendable(file.name), file.content)
        visitor.call("regions", path, MODELS)
    except Refused as error:
        words = str(error).replace(Path(path).name, "") if path else f"{error}".strip().rstrip(".") + "."
        found = "sentence", sentence_fault(words) if words else "no words"
    except httpx.HTTPError as error:
        found = "fault", str(error)
    else:
        found = "photo", ""
    return *found, time.perf_counter() - start


def by_cli(files: Sequence[Hostile]) -> Json:
    """One batch of `segment` over all of them as files of a disk; what no name of a disk can be is left out."""
    with TemporaryDirectory() as folder:
        photos, out = Path(folder, "photos"), Path(folder, "out")
        photos.mkdir()
        written = [file for file in files if _write(photos, file)]
        paths = sorted(str(path) for path in photos.iterdir())
        command = [sys.executable, "-c", CLI, "segment", *paths, "-o", str(out), "-m", "fcn-compact"]
        start = time.perf_counter()
        with open(f"{folder}/said", "wb") as said:
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=said)
            peak = 0
            while process.poll() is None:
                peak = max(peak, tree_memory(process.pid))
                time.sleep(0.05)
        seconds = time.perf_counter() - start
        lines = Path(folder, "said").read_text(encoding="utf-8", errors="replace").splitlines()
        done = sum(line.startswith("[") and " s -> " in line for line in lines)  # the same photo twice has one folder
        parts = [path.name for path in out.rglob("*.part")]
    refused = [line for line in lines if line.startswith("error: [")]
    faults = {line[:80]: fault for line in lines if (fault := _line_fault(line))}
    if len(refused) != len(written) - done:
        faults["not told"] = f"{len(written) - done} files were left out, and {len(refused)} sentences said so"
    if process.returncode not in (0, 1):
        faults["exit code"] = str(process.returncode)
    if parts:
        faults["files left"] = ", ".join(parts[:5])
    return {
        "files": len(written),
        "photos": done,
        "sentences": len(refused),
        "lines": len(lines),
        "exit_code": process.returncode,
        "faults": faults,
        "seconds_in_all": round(seconds, 1),
        "peak_megabytes": round(peak / 1e6),
    }


def _line_fault(line: str) -> str:
    if found := _OURS.search(line):
        return f"our own words: {found[0]}"
    return "control characters" if any(ord(letter) < 32 and letter != "\t" for letter in line) else ""


def _write(folder: Path, file: Hostile) -> bool:
    try:
        (folder / file.name.replace("/", "_")).write_bytes(file.content)
    except (OSError, ValueError):
        return False
    return True


class _Outcome:
    """What came of the files so far."""

    def __init__(self, process: int) -> None:
        forget_peak(process)
        self._process, self._stood = process, status("VmRSS", process)
        self._told: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._seconds: list[tuple[float, str]] = []
        self._peak = 0
        self.faults: dict[str, str] = {}

    def add(self, file: Hostile, told: str, fault: str, seconds: float) -> None:
        self._told[told] += 1
        self._kinds[file.kind] += 1
        self._seconds.append((seconds, ascii(file.name)))
        grown = status("VmHWM", self._process) - self._stood
        if grown > MEGABYTES * 1e6 and self._peak <= MEGABYTES * 1e6:
            fault = fault or f"{grown / 1e6:.0f} MB"
        self._peak = max(self._peak, grown)
        if seconds > SECONDS:
            fault = fault or f"{seconds:.1f} s"
        if fault:
            self.faults[ascii(file.name)] = fault

    def content(self) -> Json:
        slowest, name = max(self._seconds)
        return {
            "files": len(self._seconds),
            "kinds": dict(self._kinds),
            "photos": self._told["photo"],
            "sentences": self._told["sentence"],
            "faults": self.faults,
            "slowest_seconds": round(slowest, 2),
            "slowest": name,
            "peak_megabytes_above_start": round(self._peak / 1e6),
        }


WAYS: dict[str, Callable[[Sequence[Hostile]], Json]] = {
    "open": opened,
    "cli": by_cli,
    "api": by_api,
    "page": by_page,
    "alone": partial(by_page, choose=hostile_page.alone),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take each kind's every N-th file (1: all)")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    options = parser.parse_args()
    files, faults = sample(options.every), 0
    for way in options.ways:
        load = machine.load()
        found = WAYS[way](files)
        faults += len(found["faults"])
        print(f"{way}: {json.dumps(found, indent=1, ensure_ascii=True)}", flush=True)
        if options.every == 1:
            keep("hostile", way, found, load)
    return min(1, faults)


if __name__ == "__main__":
    sys.exit(main())
