"""From `python app.py` to the first answered page, against a bare Gradio app, and on to the first segmentation."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Json, Runs, in_child
from benchmarks.peers import photo_files
from benchmarks.visitor import Server, Visitor, serving
from demo.catalog import models

HELLO = """
import gradio

gradio.Interface(lambda name: f"Hello {name}", "text", "text").launch()
"""
REPEATS = 5


def measure(quick: bool) -> Json:
    return in_child("benchmarks.start:starts", repeats=1 if quick else REPEATS)


def starts(repeats: int) -> Json:
    """Our page and the bare one in turn; the first segmentation is timed from the answered page on."""
    hello, page, first = Runs(), Runs(), Runs()
    with TemporaryDirectory() as folder, photo_files([(480, 640)]) as (photo,):
        bare = Path(folder) / "hello.py"
        bare.write_text(HELLO)
        if repeats > 1:  # once for nothing: what is read from disk stays in memory
            _started([str(bare)])
            _started(["app.py"])
        for _ in range(repeats):
            _add(hello, _started([str(bare)]))
            with serving(["app.py"]) as server:
                _add(page, server.seconds)
                _add(first, _first_segmentation(server, photo))
        with serving(["app.py"], {"NUMBA_CACHE_DIR": folder}) as server:
            compiling = _first_segmentation(server, photo)
    return {
        "hello": _times(hello),
        "page": _times(page),
        "first_segmentation": _times(first),
        "first_segmentation_ever": compiling,
    }


def _first_segmentation(server: Server, photo: Path) -> float:
    """Seconds from the answered page to the last of five panels; a new kernel is compiled when none is cached."""
    start = time.perf_counter()
    with Visitor(server.address) as visitor:
        visitor.segment(photo, [spec.id for spec in models("compact")])
    return round(time.perf_counter() - start, 3)


def _started(command: list[str]) -> float:
    with serving(command) as server:
        return server.seconds


def _add(runs: Runs, seconds: float) -> None:
    runs.wall.append(seconds)
    runs.processor.append(float("nan"))


def _times(runs: Runs) -> Json:
    return {key: value for key, value in runs.summary().items() if key != "processor_seconds"}
