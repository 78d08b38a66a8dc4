"""`inference` with the paper's networks: trained where their five files are on disk, else with random weights."""

from __future__ import annotations

from benchmarks.measure import Json, in_child, too_much

BYTES = 14e9
"""Estimate: four copies of 2.3 GB of weights - two precisions, MMSegmentation's, their source - and one pass."""


def measure(quick: bool) -> Json:
    unfit = "left out of a quick run" if quick else too_much(BYTES)
    return {
        "paper": {"failed": unfit}
        if unfit
        else in_child("benchmarks.inference:measure_set", set_name="paper", quick=quick)
    }
