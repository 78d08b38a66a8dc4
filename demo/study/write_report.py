"""From a study's folder to its page: records, tables, the pictures of the photos that are shown, one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from demo.images import DEFAULT_LIMITS, Limits, write_text
from demo.study.beside import read_claims
from demo.study.groups import read_groups
from demo.study.pictures import pictures
from demo.study.records import details, records
from demo.study.stress_curves import curves
from demo.study.study_page import Further, html
from demo.study.tables import tables


def write_report(
    study: Path,
    page: Path,
    *,
    groups: Path | None = None,
    by: str = "",
    limits: Limits = DEFAULT_LIMITS,
    on_photo: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write the page of the study in a folder, with its photos in groups by the column `by` of a CSV file.

    `on_photo` is told how many pictures of how many are made. Raises DatasetError.
    """
    found = records(study)
    grouped = read_groups(groups, by, found.names, found.paths) if groups else None
    told = tables(found, grouped, read_claims(study), curves(study))
    places = [row.place for row in told.shown]
    seen = pictures(((place, found.paths[place]) for place in places), limits, lambda done: on_photo(done, len(places)))
    write_text(page, html(told, Further(seen, details(study, places))))
