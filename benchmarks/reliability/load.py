"""Fifty visitors at once: python -m benchmarks.reliability.load [--visitors N] [--browsers N] [--seconds N]

Programs that call /segment through gradio_client, and pages in Chromium that a photo is dropped on, each with photos of
its own, again as soon as it was answered, over toy networks that take so many milliseconds. Before and after them one
program alone, back to back: what the page can do.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import re
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from benchmarks import machine
from benchmarks.browser import FLAGS
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


def visit(address: str, folder: Path, visitor: int, until: float, seen: Seen, *, looks: bool = True) -> None:
    """Ask once, and again and again until then; the answer's photo must have this visitor's size.

    Who `looks` reads its place in the line meanwhile, which costs a moment after each answer.
    """
    client = Client(address, verbose=False, httpx_kwargs={"timeout": 120})
    number = 0
    while not number or time.monotonic() < until:
        path = photo(folder, visitor, number)
        number += 1
        start = time.monotonic()
        try:
            job = client.submit(handle_file(str(path)), MODELS, api_name="/segment")
            if looks:
                seen.places.append(_places(job))
            size = job.result()["size"]
        except Exception as error:
            words = str(error)
            (seen.refused if re.match(r"Busy: \d+ ", words) else seen.wordless).append(words[:200])
            time.sleep(1)
            continue
        seen.others += size != [60 + number - 1, 80 + visitor]
        seen.seconds.append(time.monotonic() - start)


PLACES = """
  window.places = [];
  addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
    const before = /(\\d+) before you/.exec(document.querySelector(".zoo-place")?.textContent ?? "");
    if (before && places.at(-1) !== Number(before[1])) places.push(Number(before[1]));
  }).observe(document.body, { subtree: true, childList: true, characterData: true }));
"""
"""Every place in the line that a page shows is remembered."""
SIZE = "[data-id=photo] .zoo-fact"
TOLD = f"""before => document.querySelector('[data-testid=toast-text]')?.textContent
  || (document.querySelector("[data-ready]").dataset.done === "2"
    && (document.querySelector("{SIZE}")?.textContent ?? "") !== before && "done")"""
"""Another photo than before is shown with all its answers: the earlier one may be drawn anew while this one waits."""


def browse(address: str, folder: Path, visitors: Sequence[int], until: float, many: Sequence[Seen]) -> None:
    """Pages in one browser, each a visitor of its own who gives it photo after photo."""
    from playwright.async_api import async_playwright

    async def visit_all() -> None:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
            pages = (_browse(browser, address, folder, *one, until) for one in zip(visitors, many, strict=True))
            await asyncio.gather(*pages)
            await browser.close()

    asyncio.run(visit_all())


async def _browse(browser: Any, address: str, folder: Path, visitor: int, seen: Seen, until: float) -> None:
    page = await (await browser.new_context()).new_page()
    page.set_default_timeout(120_000)
    await page.add_init_script(PLACES)
    await page.add_init_script("localStorage.setItem('zoo-tour', 'offered')")
    await page.goto(f"{address}/?models={MODELS}")
    await page.wait_for_selector("[data-ready=yes]", state="attached")
    for number in itertools.count():
        if time.monotonic() > until:
            return
        path = photo(folder, visitor, number)
        before = await page.evaluate(f"document.querySelector('{SIZE}')?.textContent ?? ''")
        start = time.monotonic()
        await page.evaluate("document.querySelector('[data-ready]').dataset.done = ''; places.length = 0")
        await page.set_input_files("#photo input[type=file]", str(path))
        try:
            words = await (await page.wait_for_function(TOLD, arg=before)).json_value()
        except Exception as error:
            words = str(error)
        if words == "done":
            size = await page.locator(SIZE).inner_text()
            seen.others += not size.startswith(f"{80 + visitor} × {60 + number}")
            seen.seconds.append(time.monotonic() - start)
            seen.places.append(await page.evaluate("places"))
        else:
            (seen.refused if re.match(r"Busy: \d+ ", words) else seen.wordless).append(words[:200])
            await asyncio.sleep(1)


def _places(job: Any) -> list[int]:
    """Every place in the line that a waiting job was told."""
    told: list[int] = []
    while not job.done():
        rank = job.status().rank
        if rank is not None and (not told or told[-1] != rank):
            told.append(rank)
        time.sleep(0.1)
    return told


def _alone(address: str, folder: Path, visitor: int, seconds: float) -> float:
    """Answers a second to one visitor who asks again at once."""
    seen, began = Seen(), time.monotonic()
    visit(address, folder, visitor, began + seconds, seen, looks=False)
    return len(seen.seconds) / (time.monotonic() - began)


def measure(visitors: int, browsers: int, seconds: float, milliseconds: int) -> Json:
    with TemporaryDirectory() as name, TemporaryDirectory() as photos:
        command, folder = ["-m", "benchmarks.reliability.toy_page", str(milliseconds)], Path(photos)
        with serving(command, {"TMPDIR": name}) as server:
            visit(server.address, folder, 901, time.monotonic() + 1, Seen())  # until the networks are open
            rates = [_alone(server.address, folder, 900, seconds / 8)]
            before = status("VmRSS", server.process)
            many, pages = [Seen() for _ in range(visitors)], [Seen() for _ in range(browsers)]
            began = time.monotonic()
            threads = [
                threading.Thread(target=visit, args=(server.address, folder, number, began + seconds, seen))
                for number, seen in enumerate(many)
            ]
            if browsers:
                numbers = range(visitors, visitors + browsers)
                args = server.address, folder, numbers, began + seconds, pages
                threads.append(threading.Thread(target=browse, args=args))
            for thread in threads:
                thread.start()
            most = 0
            while any(thread.is_alive() for thread in threads):
                most = max(most, status("VmRSS", server.process))
                time.sleep(0.5)
            took = time.monotonic() - began
            time.sleep(5)
            after = status("VmRSS", server.process)
            rates.append(_alone(server.address, folder, 903, seconds / 8))
            rate_alone = sum(rates) / 2
            health = httpx.get(f"{server.address}/health", trust_env=False).json()
    many += pages
    answers = [value for seen in many for value in seen.seconds]
    counts = [len(seen.seconds) for seen in many]
    rate = len(answers) / took
    moves = [told for seen in many for told in seen.places if len(told) > 1]
    return {
        "visitors": visitors,
        "browsers": browsers,
        "seconds": round(took),
        "milliseconds_a_network": milliseconds,
        "answers": len(answers),
        "answers_of_another": sum(seen.others for seen in many),
        "refused_in_words": sum(len(seen.refused) for seen in many),
        "refused_without_words": Counter(words for seen in many for words in seen.wordless),
        "answers_in_browsers": sum(len(seen.seconds) for seen in pages),
        "of_another_in_browsers": sum(seen.others for seen in pages),
        "fewest_and_most_answers_of_a_visitor": [min(counts), max(counts)],
        "p50_seconds": round(percentile(answers, 0.5), 1) if answers else None,
        "p95_seconds": round(percentile(answers, 0.95), 1) if answers else None,
        "answers_a_second": round(rate, 3),
        "alone_answers_a_second": round(rate_alone, 3),
        "alone_before_and_after": [round(rate, 3) for rate in rates],
        "share_of_alone": round(rate / rate_alone, 3) if rate_alone else None,
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
    parser.add_argument("--browsers", type=int, default=0, help="pages in Chromium beside them")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--milliseconds", type=int, default=100, help="what a toy network takes")
    options = parser.parse_args()
    busy = machine.load()
    found = measure(options.visitors, options.browsers, options.seconds, options.milliseconds)
    print(json.dumps(found, indent=1))
    if options.visitors + 6 * options.browsers >= 50:
        beside = f" and {options.browsers} pages in Chromium" * bool(options.browsers)
        keep("load", f"{options.visitors} programs{beside}", found, busy)
    return int(bool(found["answers_of_another"] or found["refused_without_words"]))


if __name__ == "__main__":
    sys.exit(main())
