"""The photos in a study's page: in three orders, in one table, and the most telling each in a section of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
from markupsafe import Markup

from demo.study.html import Cell, Column, table, tag
from demo.study.photo_words import differences, headline, named
from demo.study.pictures import Picture
from demo.study.records import PhotoDetail
from demo.study.tables import LISTED, PhotoRow, StudyTables

Section = tuple[str, str, list[Markup]]
LONGEST = 80
"""Characters of a name in a heading or a table; the whole one is shown on hover and in the photo's section."""


def sections(t: StudyTables, pictures: Mapping[int, Picture], details: Mapping[int, PhotoDetail]) -> Iterator[Section]:
    """(id, title, content) of each part about photos."""
    orders = (
        ("disagreement", "Most disagreement", "The fewest pixels on which all networks name one class.",
         t.by_disagreement),
        ("conflict", "Most confident conflict", "Two networks are sure (0.8 or more) of different classes: "
         "at least one of them is confidently wrong.", t.by_conflict),
        ("split", "CNNs against transformers", "The CNNs agree, the transformers agree, on different classes.",
         t.by_split),
    )  # fmt: skip
    for id_, title, words, rows in orders:
        if rows:
            cards = [_card(row, pictures.get(row.place)) for row in rows]
            yield id_, title, [tag("p", words, class_="soft"), tag("ul", *cards, class_="cards")]
    if t.rows:
        yield "photos", "All photos", [*_table(t)]
    if t.shown:
        parts = [_section(row, t, pictures.get(row.place), details.get(row.place)) for row in t.shown]
        yield "each", "Photo by photo", parts


def most_of(t: StudyTables, details: Mapping[int, PhotoDetail]) -> dict[str, PhotoRow]:
    """By a class's name the photo, of those with a section, on which the networks see most of it together."""
    best: dict[str, tuple[float, PhotoRow]] = {}
    for row in t.shown:
        seen: Counter[str] = Counter()
        for model, index, pixels in details[row.place].areas if row.place in details else ():
            class_set = t.networks[model].model.class_set
            if class_set and row.pixels:
                seen[class_set.names[index]] += pixels
        for name, pixels in seen.items():
            if name not in best or pixels / row.pixels > best[name][0]:
                best[name] = pixels / row.pixels, row
    return {name: row for name, (_, row) in best.items()}


def short(name: str) -> str:
    """The name in one line, its middle left out where it is long.

    >>> short("a.jpg"), len(short("x" * 300))
    ('a.jpg', 80)
    """
    line = " ".join(name.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 21]}…{line[-20:]}"


def _card(row: PhotoRow, picture: Picture | None) -> Markup:
    seen = tag("img", src=picture.thumb, alt="") if picture else tag("span", "no picture", class_="gone")
    name = tag("bdi", short(row.name), class_="name")
    return tag("li", tag("a", seen, name, href=f"#photo-{row.place}", title=row.name), tag("p", headline(row)))


def _table(t: StudyTables) -> Iterator[Markup]:
    if t.photos > len(t.rows):
        yield tag("p", f"Of {t.photos:,} photos the {LISTED} on which the networks agree least; all of them are in the "
                  "study’s file, which ", tag("code", "python -m demo study"), " exports as CSV and Parquet.",
                  class_="soft")  # fmt: skip
    yield tag("p", "Percent of each photo’s pixels; entropy in nats, mean over the networks.", class_="soft")
    judged = t.has_truth
    columns = [
        Column("Photo", text=True),
        Column("All agree"),
        Column("Split", "CNNs against transformers"),
        Column("Conflict", "two networks sure of different classes"),
        Column("Entropy"),
        *(Column(f"Right {network.model.title}") for network in t.networks if judged),
    ]
    shown = {row.place for row in t.shown}
    rows = [
        [
            Cell(
                short(row.name), style="name", title=row.name, link=f"#photo-{row.place}" if row.place in shown else ""
            ),
            *(_share(value) for value in (row.agree, row.split, row.conflict)),
            _entropy(row),
            *(_share(value) for value in row.accuracy if judged),
        ]
        for row in t.rows
    ]
    yield table(columns, rows, tall=True, name="All photos")


def _share(value: float) -> Cell:
    return Cell("", None) if np.isnan(value) else Cell(f"{100 * value:.1f}", value)


def _entropy(row: PhotoRow) -> Cell:
    there = [value for value in row.entropy if value == value]
    return Cell(f"{np.mean(there):.2f}", float(np.mean(there))) if there else Cell("", None)


def _section(row: PhotoRow, t: StudyTables, picture: Picture | None, detail: PhotoDetail | None) -> Markup:
    """One photo's place in the page, which every list and table leads to."""
    seen = (
        tag("img", src=picture.large, alt=f"Photo {short(row.name)}")
        if picture
        else tag("p", "The photo could not be read again when this page was made.", class_="soft")
    )
    said = [tag("p", headline(row))]
    if detail:
        models = [network.model for network in t.networks]
        told = [*differences(detail, models, t.class_names, row.compared)]
        if told:
            said.append(tag("ul", *(tag("li", sentence) for sentence in told)))
    columns = [Column("Network", text=True), Column("Entropy, nats"), Column("Sees most of", text=True)]
    judged = any(value == value for value in row.accuracy)
    columns[2:2] = [Column("Right, %")] if judged else []
    rows = [
        [
            Cell(network.model.title, swatch=place),
            Cell("" if np.isnan(row.entropy[place]) else f"{row.entropy[place]:.2f}"),
            *([_share(row.accuracy[place])] if judged else []),
            Cell(named(detail, place, network.model, row.pixels) if detail else "", style="long"),
        ]
        for place, network in enumerate(t.networks)
    ]
    said.append(table(columns, rows, sort=False))
    said.append(tag("p", tag("a", "Back to the lists", href="#disagreement" if t.by_disagreement else "#photos")))
    heading = tag("h3", tag("bdi", row.name), class_="name")
    return tag(
        "article", heading, tag("div", tag("div", seen), tag("div", *said), class_="beside"), id=f"photo-{row.place}"
    )
