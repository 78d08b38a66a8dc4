"""The page in a real Chromium: what a visit brings over the wire, and how soon a hand is answered.

    python -m benchmarks.browser
    python -m benchmarks.browser --together 10     # so many photos dropped at once on a slow line, and nothing else

Bytes are what Chromium counts on the wire, compressed, headers included. A latency runs from the event's own time stamp
to the end of the last frame in which the page still drew or changed because of it. Chromium has no GPU here.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.measure import Json, percentile, significant
from benchmarks.peers import photo_files
from benchmarks.visitor import serving
from demo.schema import Size

SIZE: Size = (3000, 4000)
"""12 megapixels: what phones take."""
GRADIOS = ("/assets/", "/static/", "/theme.css", "/svelte/", "/favicon.ico", "/manifest.json", "/pwa_icon")
"""Ways to what Gradio itself brings."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
HOVERS, PRESSES = 120, 10
LINE, DELAY = 400_000, 50
"""Bytes a second, up as down, and milliseconds to the server and back, of a slow line."""
QUIET = 1.0
"""Seconds without anything on the wire after which everything has come."""

WATCH = """
(() => {
  let last = 0;
  const seen = () => { last = performance.now(); };
  for (const name of ["clearRect", "drawImage", "putImageData", "stroke"]) {
    for (const kind of [CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D]) {
      const own = kind.prototype[name];
      kind.prototype[name] = function (...given) { seen(); return own.apply(this, given); };
    }
  }
  addEventListener("DOMContentLoaded", () =>
    new MutationObserver(seen).observe(document.body, {
      subtree: true, childList: true, characterData: true, attributes: true,
    }));
  const frame = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    port2.postMessage(0);
  }));
  window.latency = (kind) => new Promise((done) => {
    addEventListener(kind, async ({ timeStamp }) => {
      let end = 0;
      for (let quiet = 0; quiet < 3;) {
        const before = last;
        const now = await frame();
        if (last > before || !end) { end = now; quiet = 0; } else quiet += 1;
      }
      done(end - timeStamp);
    }, { capture: true, once: true });
  });
})();
"""
"""Every drawing on a canvas and every change of the document is seen; `latency` waits until three frames had none."""


class Wire:
    """What comes over the wire, by the way that it was asked for."""

    def __init__(self, page: Any) -> None:
        self.bytes: dict[str, int] = {}
        self.requests: dict[str, int] = {}
        self.moved = time.perf_counter()
        self._ways: dict[str, str] = {}
        self._session = session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._asked)
        session.on("Network.loadingFinished", self._came)

    def _asked(self, event: Json) -> None:
        address = urlsplit(event["request"]["url"])
        if address.scheme.startswith("http"):
            self._ways[event["requestId"]] = address.path
            self.requests[address.path] = self.requests.get(address.path, 0) + 1
            self.moved = time.perf_counter()

    def _came(self, event: Json) -> None:
        way = self._ways.get(event["requestId"])
        if way:
            self.bytes[way] = self.bytes.get(way, 0) + int(event["encodedDataLength"])
            self.moved = time.perf_counter()

    def slow(self) -> None:
        """From here on all goes over a slow line."""
        self._session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": DELAY, "downloadThroughput": LINE, "uploadThroughput": LINE},
        )

    def forget(self) -> None:
        self.bytes.clear()
        self.requests.clear()

    def told(self) -> Json:
        ours = [way for way in self.requests if not way.startswith(GRADIOS)]
        return {
            "ours": {"requests": sum(self.requests[way] for way in ours), "bytes": sum(map(self._of, ours))},
            "gradio": {
                "requests": sum(self.requests.values()) - sum(self.requests[way] for way in ours),
                "bytes": sum(self.bytes.values()) - sum(map(self._of, ours)),
            },
            "largest": dict(sorted(((_short(way), self._of(way)) for way in ours), key=lambda row: -row[1])[:8]),
        }

    def _of(self, way: str) -> int:
        return self.bytes.get(way, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few presses only, to see that it works")
    parser.add_argument("--address", help="a page that is served already, instead of one of our own")
    parser.add_argument("--together", type=int, metavar="N", help="how long N photos take that come together")
    options = parser.parse_args()
    found = together(options.together, options.address) if options.together else measure(options.quick, options.address)
    print(json.dumps(found, indent=1))


def measure(quick: bool, address: str | None = None) -> Json:
    with photo_files([SIZE]) as (photo,), _page(address) as page:
        wire = page.wire
        page.open()
        page.come()
        found: Json = {"first_load": wire.told(), "photo_bytes": photo.stat().st_size}
        wire.forget()
        page.take(photo)
        page.come()
        found["run"] = wire.told()
        return found | {"milliseconds": latencies(page.page, HOVERS // 8 if quick else HOVERS, 2 if quick else PRESSES)}


def together(number: int, address: str | None = None) -> Json:
    """Seconds until the first photo's panels are filled, and until every photo has answers, from the choice on."""
    sizes = [(SIZE[0], SIZE[1] - 8 * i) for i in range(number)]
    with photo_files(sizes) as photos, _page(address) as page:
        page.open()
        page.come()
        page.wire.slow()
        page.wire.forget()
        with page.page.expect_file_chooser() as chooser:
            page.page.locator("#photo button").first.click()
        start = time.perf_counter()
        chooser.value.set_files([str(photo) for photo in photos])
        page.page.wait_for_selector("[data-done='5']", state="attached", timeout=600_000)
        first = time.perf_counter() - start
        done = f"document.querySelectorAll('.zoo-shot[data-status=done]').length === {number}"
        page.page.wait_for_function(done, timeout=600_000)
        last = time.perf_counter() - start
        page.come()
        sent = sum(photo.stat().st_size for photo in photos)
        return {
            "photos": number,
            "sent_bytes": sent,
            "seconds": {"first": significant(first, 3), "all": significant(last, 3)},
            "seconds_the_line_needs_to_send": significant(sent / LINE, 3),
            "came": page.wire.told(),
        }


class _Page:
    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address, self.wire = page, address, Wire(page)

    def open(self) -> None:
        self.page.goto(self.address)
        self.page.wait_for_selector("[data-ready=yes]", state="attached", timeout=120_000)

    def take(self, photo: Path) -> None:
        self.page.set_input_files("#photo input[type=file]", str(photo))
        self.page.wait_for_selector("[data-done='5']", state="attached", timeout=120_000)
        self.page.wait_for_selector("[aria-label='What the first picture shows']", timeout=120_000)

    def come(self) -> None:
        """Until nothing has come for a while."""
        while time.perf_counter() - self.wire.moved < QUIET:
            self.page.wait_for_timeout(100)


@contextmanager
def _page(address: str | None) -> Iterator[_Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.add_init_script(WATCH)
        page.add_init_script("localStorage.setItem('zoo-tour', 'offered')")
        if address:
            yield _Page(page, address)
        else:
            with serving(["app.py"]) as server:
                yield _Page(page, server.address)
        browser.close()


def latencies(page: Any, hovers: int, presses: int) -> Json:
    """p50, p95 and most of each kind of answer, in milliseconds."""

    def after(kind: str, act: Callable[[], None]) -> float:
        page.evaluate("(kind) => { window.measured = latency(kind); }", kind)
        act()
        return float(page.evaluate("() => window.measured"))

    box = page.locator("#zoo-grid .zoo-surface").nth(1).bounding_box()
    places = [((7 * n) % 97 / 97, (11 * n) % 89 / 89) for n in range(1, hovers + 1)]
    hover = [
        after(
            "pointermove", lambda x=x, y=y: page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        )
        for x, y in places
    ]
    page.mouse.move(5, 5)
    views = [after("keydown", lambda key=key: page.keyboard.press(key)) for _ in range(presses) for key in "lucluo"]
    row = page.locator("#zoo-grid .zoo-class").first
    row.focus()
    isolate = [after("keydown", lambda: page.keyboard.press("Enter")) for _ in range(2 * presses)]
    return {"hover": _told(hover), "view": _told(views), "isolate": _told(isolate)}


def _told(values: list[float]) -> Json:
    return {
        "p50": significant(percentile(values, 0.5), 3),
        "p95": significant(percentile(values, 0.95), 3),
        "most": significant(max(values), 3),
        "times": len(values),
    }


def _short(way: str) -> str:
    """The way without what differs from run to run."""
    return way if len(way) < 40 else f"{way[:16]}...{way.rpartition('/')[2]}"


if __name__ == "__main__":
    main()
