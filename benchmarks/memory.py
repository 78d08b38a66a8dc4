"""Resident memory: five paper-size models with the page serving, 200 runs in which nothing may grow, and eviction."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Json, Watch, in_child, main_memory, status, too_much
from benchmarks.peers import photo, photo_files, subjects, zoo_of
from benchmarks.visitor import Visitor
from demo.schema import Size

SIZES: tuple[Size, ...] = ((480, 640), (4000, 6000))
PAPER_BYTES = 12e9
"""Estimate for five networks, whose weights are 2.3 GB, while one computes."""
CHECKPOINTS = (20, 100, 200)


def measure(quick: bool) -> Json:
    with TemporaryDirectory() as folder:
        toys = in_child("benchmarks.memory:runs_through_the_page", count=20 if quick else 200, folder=folder)
    return {
        "main_memory": main_memory(),
        "compact_page": in_child("benchmarks.memory:page", set_name="compact", sizes=SIZES[:1] if quick else SIZES),
        "paper_page": {"failed": "left out of the quick run"} if quick else paper_page(),
        "page_runs": toys,
        "zoo_runs": in_child("benchmarks.memory:runs_of_the_zoo", count=20 if quick else 200),
        "eviction": in_child("benchmarks.memory:eviction"),
    }


def paper_page() -> Json:
    unfit = too_much(PAPER_BYTES)
    return {"failed": unfit} if unfit else in_child("benchmarks.memory:page", set_name="paper", sizes=SIZES)


def page(set_name: str, sizes: list[Size]) -> Json:
    """Resident bytes once the page serves with all models loaded, and at the highest during a run of all five.

    The server and the visitor are one process here: what is stated is a little more than a server alone takes.
    """
    from demo.page.build import build
    from demo.page.serve import launch

    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    chosen = subjects(set_name)
    ids = [subject.spec.id for subject in chosen]
    zoo = zoo_of(chosen, "exact", budget=1 << 40)
    weights = sum(zoo.load(subject.spec).bytes for subject in chosen)
    for subject in chosen:
        subject.state.clear()  # what the networks were filled from
    gc.collect()
    blocks = build(zoo)
    address = launch(blocks, host="127.0.0.1")
    report: Json = {"models": len(ids), "weights_bytes": weights, "serving": status("VmRSS")}
    with photo_files([tuple(size) for size in sizes]) as files:
        for file in files:
            with Watch(os.getpid()) as watch, Visitor(address) as visitor:
                visitor.segment(file, ids)
            report[file.stem] = {"peak": watch.peak, "after": status("VmRSS")}
    blocks.close()
    return report


def runs_through_the_page(count: int, folder: str) -> Json:
    """Resident bytes after so many photos, each another one, through the page's store and the toy networks."""
    import numpy as np
    from PIL import Image as Pictures

    from demo.images import Limits
    from demo.page.networks import Networks
    from demo.page.running import views
    from demo.page.store import Store
    from tests.toy import toy_ids, toy_zoo

    # fewer runs kept than the first look comes after: what the store holds has stopped growing by then
    store, networks, file = Store(Limits(), count=16), Networks(toy_zoo()), Path(folder) / "photo.png"
    base, seen = photo((480, 640)), {}
    for number in range(1, count + 1):
        Pictures.fromarray(np.roll(base, number, 1)).save(file, compress_level=1)
        run = store.open(file)
        for _ in views(networks, store, run, "photo", list(toy_ids())):
            pass
        if number in CHECKPOINTS:
            gc.collect()
            seen[str(number)] = status("VmRSS")
    store.close()
    return {"resident": seen}


def runs_of_the_zoo(count: int) -> Json:
    """Resident bytes after so many photos of changing size, five compact networks each."""
    chosen = subjects("compact")
    zoo, seen = zoo_of(chosen, "exact"), {}
    sizes = [(240, 320), (320, 240), (300, 300), (360, 480)]
    photos = [photo(size) for size in sizes]
    for number in range(1, count + 1):
        zoo.segment(photos[number % len(photos)], "compact")
        if number in CHECKPOINTS:
            gc.collect()
            seen[str(number)] = status("VmRSS")
    return {"resident": seen}


def eviction() -> Json:
    """With room for two networks of five: which stay loaded, and the most bytes of weights held at once."""
    chosen = subjects("compact")
    sizes = [subject.in_zoo("cpu", "exact").bytes for subject in chosen]
    budget = sum(sorted(sizes)[-2:])
    zoo, most = zoo_of(chosen, "exact", budget=budget), 0
    for _ in zoo.stream(photo((240, 320)), "compact"):
        most = max(most, sum(network.bytes for network in zoo._loaded.values()))
    return {"budget": budget, "all_five": sum(sizes), "most_held": most, "loaded_at_the_end": list(zoo.loaded)}
