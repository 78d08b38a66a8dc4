"""Fifty visitors at once: python -m benchmarks.reliability.load [--visitors N] [--seconds N] [--milliseconds N]

Programs that call /regions through gradio_client, each with photos of its own, again as soon as it was answered, over
toy networks that take so many milliseconds. First one visitor alone, back to back: what the page can do.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from benchmarks import machine
from benchmarks.measure import Json, percentile, status
from benchmarks.reliability.results import keep
from benchmarks.visitor import serving

MODELS = "fcn-compact,setr-compact"


@dataclass
class Seen:
    """What one visitor lived through."""

    seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    wordless: list[str] = field(default_factory=list)
    others: int = 0
    """Answers that were somebody else's."""
    places: list[list[int]] = field(default_factory=list)


def photo(folder: Path, visitor: int, number: int) -> Path:
    """A photo whose size tells whose it is."""
    path = folder / f"{visitor}-{number}.png"
    noise = np.random.default_rng([visitor, number]).integers(0, 256, (60 + number, 80 + visitor, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


def visit(address: str, folder: Path, visitor: int, until: float, seen: Seen) -> None:
    """Ask again and again; the answer's photo must have this visitor's size."""
    client = Client(address, verbose=False, httpx_kwargs={"timeout": 120})
    number = 0
    while time.monotonic() < until:
        path = photo(folder, visitor, number)
        number += 1
        start = time.monotonic()
        try:
            job = client.submit(handle_file(str(path)), MODELS, api_name="/segment")
            seen.places.append(_places(job))
            size = job.result()["size"]
        except Exception as error:
            words = str(error)
            (seen.refused if re.match(r"Busy: \d+ ", words) else seen.wordless).append(words[:200])
            time.sleep(1)
            continue
        seen.others += size != [60 + number - 1, 80 + visitor]
        seen.seconds.append(time.monotonic() - start)


def _places(job: Any) -> list[int]:
    """Every place in the line that a waiting job was told."""
    told: list[int] = []
    while not job.done():
        rank = job.status().rank
        if rank is not None and (not told or told[-1] != rank):
            told.append(rank)
        time.sleep(0.1)
    return told


def measure(visitors: int, seconds: float, milliseconds: int) -> Json:
    with TemporaryDirectory() as name:
        temporary = {"GRADIO_TEMP_DIR": f"{name}/gradio", "TMPDIR": name}
        with serving(["-m", "benchmarks.reliability.toy_page", str(milliseconds)], temporary) as server:
            folder = Path(name, "photos")
            folder.mkdir()
            visit(server.address, folder, 901, time.monotonic() + 1, Seen())  # until the networks are open
            alone = Seen()
            began = time.monotonic()
            visit(server.address, folder, 900, began + seconds / 5, alone)
            rate_alone = len(alone.seconds) / (time.monotonic() - began)
            before = status("VmRSS", server.process)
            many = [Seen() for _ in range(visitors)]
            began = time.monotonic()
            threads = [
                threading.Thread(target=visit, args=(server.address, folder, number, began + seconds, seen))
                for number, seen in enumerate(many)
            ]
            for thread in threads:
                thread.start()
            most = 0
            while any(thread.is_alive() for thread in threads):
                most = max(most, status("VmRSS", server.process))
                time.sleep(0.5)
            took = time.monotonic() - began
            time.sleep(5)
            after = status("VmRSS", server.process)
            health = httpx.get(f"{server.address}/health", trust_env=False).json()
    answers = [value for seen in many for value in seen.seconds]
    counts = [len(seen.seconds) for seen in many]
    rate = len(answers) / took
    moves = [told for seen in many for told in seen.places if len(told) > 1]
    return {
        "visitors": visitors,
        "seconds": round(took),
        "milliseconds_a_network": milliseconds,
        "answers": len(answers),
        "answers_of_another": sum(seen.others for seen in many),
        "refused_in_words": sum(len(seen.refused) for seen in many),
        "refused_without_words": Counter(words for seen in many for words in seen.wordless),
        "fewest_and_most_answers_of_a_visitor": [min(counts), max(counts)],
        "p50_seconds": round(percentile(answers, 0.5), 1) if answers else None,
        "p95_seconds": round(percentile(answers, 0.95), 1) if answers else None,
        "answers_a_second": round(rate, 3),
        "alone_answers_a_second": round(rate_alone, 3),
        "share_of_alone": round(rate / rate_alone, 3),
        "waits_in_which_the_place_moved": len(moves),
        "places_that_went_back": sum(any(b > a for a, b in itertools.pairwise(told)) for told in moves),
        "megabytes_before": round(before / 1e6),
        "megabytes_most": round(most / 1e6),
        "megabytes_after": round(after / 1e6),
        "waiting_after": health["waiting"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--milliseconds", type=int, default=100, help="what a toy network takes")
    options = parser.parse_args()
    busy = machine.load()
    found = measure(options.visitors, options.seconds, options.milliseconds)
    print(json.dumps(found, indent=1))
    if options.visitors >= 50:
        keep("load", f"{options.visitors} visitors", found, busy)
    return int(bool(found["answers_of_another"] or found["refused_without_words"]))


if __name__ == "__main__":
    sys.exit(main())
