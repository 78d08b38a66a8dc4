"""Hostile files chosen on the page in a real Chromium: many at once, or one after the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from benchmarks.browser import FLAGS
from benchmarks.reliability.corpus import Hostile

TOGETHER = 100
"""Files that one page is given at once."""
PLACE = "#photo input[type=file]"
WATCH = """
localStorage.setItem("zoo-tour", "offered");
window.took = [];
{
  let busy = 0, since = performance.now();
  setInterval(() => {
    const now = document.querySelectorAll(".zoo-shot:not([data-status=done]):not([data-status=failed])").length;
    if (now === busy) return;
    const each = (performance.now() - since) / 1000 / Math.max(1, busy - now);
    for (let n = busy; n > now; n--) window.took.push(each);
    [busy, since] = [now, performance.now()];
  }, 50);
}
"""
"""The seconds that each photo took since the one before it was answered."""
ENDED = """() => document.querySelector(".zoo-shot")
  && !document.querySelector(".zoo-shot:not([data-status=done]):not([data-status=failed])")"""
TOLD = """() => document.querySelector('[data-testid=toast-text]')?.textContent
  || (document.querySelector("[data-ready]").dataset.done === "2" && "done")"""
Tell = Callable[[Sequence[Hostile], Sequence[str], Sequence[float]], None]
"""Hears of some files: the sentences to those that were refused, and the seconds that they took."""


@contextmanager
def pages(address: str, models: str) -> Iterator[Callable[[], tuple[Any, list[str]]]]:
    """Opens a page for a visitor of its own each time it is called, beside what goes wrong on it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])

        def opened() -> tuple[Any, list[str]]:
            page, problems = browser.new_context().new_page(), list[str]()
            page.on("pageerror", lambda error: problems.append(f"script: {error}"))
            page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
            page.add_init_script(WATCH)
            page.goto(f"{address}/?models={models}")
            page.wait_for_selector("[data-ready=yes]", state="attached")
            return page, problems

        yield opened
        browser.close()


def together(address: str, models: str, files: Sequence[Hostile], patience: float, tell: Tell) -> list[str]:
    """Choose them a hundred at a time; what went wrong beside sentences."""
    wrong: list[str] = []
    with pages(address, models) as opened:
        for start in range(0, len(files), TOGETHER):
            some = files[start : start + TOGETHER]
            page, problems = opened()
            with page.expect_file_chooser() as chooser:
                page.locator("#photo button").first.click()
            chooser.value.set_files([_chosen(file) for file in some])
            page.wait_for_function(ENDED, timeout=1000 * patience * len(some), polling=200)
            # a photo that is there twice has one place in the strip, so those that failed are counted
            said = page.locator(".zoo-shot[data-status=failed]").evaluate_all("all => all.map((one) => one.title)")
            tell(some, said, page.evaluate("window.took"))
            wrong += problems
            page.context.close()
    return wrong


def alone(address: str, models: str, files: Sequence[Hostile], patience: float, tell: Tell) -> list[str]:
    """Choose one after the other on one page; what went wrong beside sentences."""
    with pages(address, models) as opened:
        page, problems = opened()
        for file in files:
            page.evaluate("document.querySelector('[data-ready]').dataset.done = ''")
            page.evaluate("document.querySelectorAll('.toast-close').forEach((one) => one.click())")
            page.wait_for_selector("[data-testid=toast-text]", state="detached")
            start = page.evaluate("performance.now()")
            page.set_input_files(PLACE, _chosen(file))
            try:
                words = page.wait_for_function(TOLD, timeout=3000 * patience).json_value()
            except Exception as error:  # the next file has its own chance
                words = f"no word: {error}"
            seconds = (page.evaluate("performance.now()") - start) / 1000
            tell([file], [] if words == "done" else [words], [seconds])
    return problems


def _chosen(file: Hostile) -> dict[str, Any]:
    kind, _ = guess_type(f"a{Path(file.name).suffix}")  # a browser goes by the ending as well
    return {"name": sendable(file.name), "mimeType": kind or "", "buffer": file.content}


def sendable(name: str) -> str:
    """A file's name as a browser sends it: what is no UTF-8 has become question marks."""
    return name.encode(errors="replace").decode()
