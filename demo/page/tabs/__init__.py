"""The tabs under the panels, one module each."""

from __future__ import annotations

from functools import partial

from demo.page.store import Store
from demo.page.tabs import differ, pixel, statistics, truth
from demo.page.tabs.tab import Tab


def tabs(store: Store) -> tuple[Tab, ...]:
    """All of them, from left to right."""
    truths = truth.TruthTab(store)
    return (
        Tab("pixel", "Pixel", pixel.build, partial(pixel.probe, store)),
        Tab("differ", "Where they differ", differ.build, differ.Differ(store).ask),
        Tab("truth", "Truth", truth.build, truths.ask, truths.taken),
        Tab("statistics", "Statistics", statistics.build),
    )
