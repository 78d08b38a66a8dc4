"""A click on a pixel, at the server and over HTTP; what a run of five networks puts on the wire."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from benchmarks.measure import Json, in_child, percentile, significant
from benchmarks.peers import photo_files
from benchmarks.visitor import Visitor, serving
from demo.catalog import models
from demo.schema import Size

SIZES: tuple[Size, ...] = ((864, 1152), (4000, 6000))
"""A megapixel, and the largest photo that phones take."""
CLICKS = 200


def measure(quick: bool) -> Json:
    clicks = 5 if quick else CLICKS
    sizes = SIZES[:1] if quick else SIZES
    return {
        f"{width}x{height}": {
            "server": in_child("benchmarks.page:at_the_server", height=height, width=width, clicks=clicks),
            "http": in_child("benchmarks.page:over_http", height=height, width=width, clicks=clicks),
        }
        for height, width in sizes
    }


def at_the_server(height: int, width: int, clicks: int) -> Json:
    """Seconds of the page's own function for all five models, photo segmented before."""
    from demo.images import Limits
    from demo.models.zoo import Zoo
    from demo.page.networks import Networks
    from demo.page.running import views
    from demo.page.store import Store
    from demo.page.tabs.pixel import probe

    ids = [spec.id for spec in models("compact")]
    store = Store(Limits())
    with photo_files([(height, width)]) as (photo,):
        run = store.open(photo)
    for _ in views(Networks(Zoo(device="cpu")), store, run, "photo", ids):
        pass

    def click(y: int, x: int) -> None:
        assert len(probe(store, {"run": run.key, "x": x, "y": y, "models": ids})["rows"]) == len(ids)

    times = _clicks(click, height, width, clicks)
    store.close()
    return times


def over_http(height: int, width: int, clicks: int) -> Json:
    """Seconds of the round trip on this machine, connection open, and the bytes of the run before."""
    with (
        photo_files([(height, width)]) as (photo,),
        serving(["app.py"]) as server,
        Visitor(server.address) as visitor,
    ):
        visitor.open_page()
        view = visitor.segment(photo, [spec.id for spec in models("compact")])

        def click(y: int, x: int) -> None:
            assert len(visitor.probe(view, y, x)["rows"]) == len(view["panels"])

        report = _clicks(click, height, width, clicks)
        run = sum(visitor.downloaded.get(kind, 0) for kind in ("labels", "fields", "layers", "events"))
        return report | {"bytes": visitor.downloaded | {"run": run}, "shown_at": [view["height"], view["width"]]}


def _clicks(click: Callable[[int, int], None], height: int, width: int, clicks: int) -> Json:
    places = np.random.default_rng(0).integers((0, 0), (height, width), (clicks + 1, 2)).tolist()
    click(*places[0])
    times = []
    for y, x in places[1:]:
        start = time.perf_counter()
        click(y, x)
        times.append(time.perf_counter() - start)
    return {
        "p50": significant(percentile(times, 0.5)),
        "p95": significant(percentile(times, 0.95)),
        "most": significant(max(times)),
        "clicks": clicks,
    }
