"""The photos on which networks break first, as they are and corrupted: where the curves of a stress ladder lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TypeAlias

from markupsafe import Markup

from demo.changes.change import working
from demo.changes.corruptions import corrupted
from demo.errors import DemoError
from demo.images import Limits
from demo.study.dataset import Case
from demo.study.html import tag
from demo.study.pictures import address_of
from demo.study.sources import open_case
from demo.study.stress_curves import in_plain
from demo.study.stress_results import Broken, StressReport

Place: TypeAlias = tuple[str, str, int]
"""A photo's name, a corruption and a severity."""
SIDE, QUALITY = 400, 75
"""Of a picture: its longer side, in pixels, and how it is saved."""


def place_of(one: Broken) -> Place:
    """Where a network breaks first."""
    return one.photo, one.kind, one.severity


def places(result: StressReport) -> dict[Place, str]:
    """Every place where some network breaks first, corruption by corruption, and the id of its part of the page."""
    each = [one for found in result.breaks.values() for one in found]
    order = sorted(
        {place_of(one) for one in each}, key=lambda place: (result.kinds.index(place[1]), place[2], place[0])
    )
    return {place: f"breaks-{number}" for number, place in enumerate(order, 1)}


def pictures(result: StressReport, cases: Iterable[Case], seed: int, limits: Limits) -> dict[Place, tuple[str, str]]:
    """The photo of each place as it is, and corrupted, as addresses that hold their bytes; none where it is gone."""
    wanted, found = places(result), dict[Place, tuple[str, str]]()
    for case in cases:
        here = [place for place in wanted if place[0] == case.name]
        if not here:
            continue
        with suppress(DemoError):  # the page says so in the pictures' place
            image = working(open_case(case, limits).image)
            as_it_is = address_of(image, SIDE, QUALITY)
            for place in here:
                changed = corrupted(image, place[1], place[2], seed)
                found[place] = as_it_is, address_of(changed, SIDE, QUALITY)
    return found


def section(result: StressReport, shown: Mapping[Place, tuple[str, str]]) -> Iterator[Markup]:
    """A part of the page for each place: who breaks there, and the photo."""
    for place, id_ in places(result).items():
        photo, kind, severity = place
        who = [
            f"{spec.title} keeps {100 * one.kept:.0f} %"
            for spec in result.specs
            for one in result.breaks[spec.id]
            if place_of(one) == place
        ]
        sides = zip(shown.get(place, ()), ("as it is", f"{in_plain(kind)} {severity}"), strict=False)
        drawn = [
            tag("figure", tag("figcaption", words), tag("img", src=address, alt=f"{photo}, {words}"))
            for address, words in sides
        ]
        yield tag(
            "article",
            tag("h3", tag("bdi", photo), f", {in_plain(kind)}, severity {severity}"),
            tag("p", f"{', '.join(who)} of the labels."),
            tag("div", *drawn, class_="charts") if drawn else tag("p", "No picture: the photo is gone.", class_="soft"),
            id=id_,
        )


def links(result: StressReport, kind: str) -> Markup:
    """Which networks break under a corruption, each with a link to where; empty where none does."""
    ids = places(result)
    parts = [
        Markup('{} <a href="#{}">at {}</a>').format(spec.title, ids[place_of(one)], one.severity)
        for spec in result.specs
        for one in result.breaks[spec.id]
        if one.kind == kind and one.broke
    ]
    return tag("p", "Breaks first: ", Markup(", ").join(parts), ".", class_="soft") if parts else Markup("")
