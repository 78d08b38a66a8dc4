"""The tabs under the panels, one module each."""

from __future__ import annotations

from functools import partial

from demo.page.networks import Networks
from demo.page.store import Store
from demo.page.tabs import differ, pixel, statistics, study, truth, what_if, why
from demo.page.tabs.tab import Tab


def tabs(store: Store, networks: Networks) -> tuple[Tab, ...]:
    """All of them, from left to right."""
    reasons, changes = why.WhyTab(store, networks), what_if.WhatIf(store, networks)
    truths, studies = truth.TruthTab(store), study.StudyTab(store, networks)
    return (
        Tab("pixel", "Pixel", pixel.build, partial(pixel.probe, store)),
        Tab("differ", "Where they differ", differ.build, differ.Differ(store).ask),
        Tab("why", "Why", why.build, reasons.ask, work=reasons.work),
        Tab("what_if", "What if", what_if.build, changes.ask, work=changes.work),
        Tab("truth", "Truth", truth.build, truths.ask, truths.taken),
        Tab("study", "Study", study.build, studies.ask, work=studies.work),
        Tab("statistics", "Statistics", statistics.build),
    )
