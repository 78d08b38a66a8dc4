"""The stress ladder as a report: the corrupted photos of a study, with intervals over photos."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from demo import catalog
from demo.analysis.numbers import Json
from demo.catalog import Names
from demo.changes import corruptions
from demo.changes.change import SHORT_SIDE
from demo.errors import BackendError
from demo.images import DEFAULT_LIMITS, Limits
from demo.models.zoo import Zoo
from demo.study.corrupted import Ladder
from demo.study.engine import OnProgress, silent
from demo.study.sources import open_places
from demo.study.stress_curves import known
from demo.study.stress_photos import pictures
from demo.study.stress_report import write
from demo.study.stress_results import Climbed, StressReport, weigh
from demo.study.study import place_for, run, settings_of


def stress(
    photos: Sequence[Path],
    models: Names | None,
    zoo: Zoo,
    out: Path,
    *,
    kinds: Sequence[str] = tuple(corruptions.OWN),
    severities: Sequence[int] = corruptions.SEVERITIES,
    split: str | None = None,
    resamples: int = 1000,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: OnProgress = silent,
) -> StressReport:
    """Climb the ladder with every network on every photo; writes stress.json, stress.csv, figures and stress.html.

    Photos are corrupted in a study: the same command again goes on where it was stopped, and measures what it lacks of
    further kinds or severities. Raises ChangeError, DatasetError without any photo, BackendError when no network can
    answer.
    """
    start = time.perf_counter()
    ladder, dataset = Ladder.of(kinds, severities, seed), open_places(photos, split)
    specs, asked = catalog.resolve(models or zoo.default_set), settings_of(zoo, limits)
    path = place_for(out, dataset, specs, asked)
    done = run(dataset, specs, zoo, path, asked, ladder=ladder, as_they_are=False, limits=limits,
               on_progress=on_progress)  # fmt: skip
    names = [case.name for case in dataset.cases]
    found = known(path, names, len(specs))
    if not any(map(any, found)):
        raise BackendError(f"None of the photos could be answered. {' '.join(done.problems[:1])}")
    settings: dict[str, Json] = {
        "resamples": resamples,
        "seed": seed,
        "precision": zoo.precision,
        "short_side": SHORT_SIDE,
    }
    climbed = Climbed(dataset.name, names, specs, ladder.conditions, found)
    result = replace(weigh(climbed, settings), problems=done.problems, seconds=time.perf_counter() - start)
    write(result, out, pictures(result, dataset.cases, seed, limits))
    return result
