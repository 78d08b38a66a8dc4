"""One self-contained HTML page: no request leaves it, light and dark, tables that sort at a click."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Cell:
    """One table cell: `text` as shown (escaped here), `value` to sort by, None sorting last."""

    text: str
    value: float | str | None = None
    best: bool = False
    heat: float | None = None
    """0..1, the strength of the cell's background."""
    swatch: int | None = None
    """Number of a series whose colour is shown before the text."""
    style: str = ""
    title: str = ""


@dataclass(frozen=True)
class Column:
    """A table's column: `text` columns are left-aligned; `title` explains it on hover."""

    name: str
    title: str = ""
    text: bool = False


def page(title: str, body: Iterable[str]) -> str:
    """The whole document."""
    content = "\n".join(body)
    style, script = ((FOLDER / name).read_text() for name in ("report.css", "report.js"))
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{style}</style>\n<main>\n{content}\n</main>\n<script>{script}</script>\n</html>\n"
    )


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, tall: bool = False, sort: bool = True) -> str:
    """A table in the order of the rows given; a click on a heading sorts by it."""
    heads = "".join(_head(column, sort) for column in columns)
    body = "".join(
        "<tr>" + "".join(_cell(cell, column) for cell, column in zip(row, columns, strict=True)) + "</tr>\n"
        for row in rows
    )
    kind = "wide tall" if tall else "wide"
    return f'<div class="{kind}"><table><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div>'


def figure(svg: str, title: str, caption: str = "") -> str:
    """A chart with a title and one line of explanation."""
    return f"<figure><figcaption><b>{escape(title)}</b> {escape(caption)}</figcaption>{svg}</figure>"


def key(series: Iterable[tuple[str, int]]) -> str:
    """The names of series and their colours."""
    items = (f"<span>{dot(number)}{escape(name)}</span>" for name, number in series)
    return f'<p class="key">{"".join(items)}</p>'


def dot(series: int) -> str:
    """A series's colour as a disc."""
    return f'<i class="dot" style="background: {colour(series)}"></i>'


def colour(series: int) -> str:
    """The CSS colour of a series; the eight repeat."""
    return f"var(--s{series % 8})"


def percent(value: float | None, digits: int = 2) -> str:
    """
    >>> percent(0.41234), percent(None)
    ('41.23', '')
    """
    return "" if value is None else f"{100 * value:.{digits}f}"


def _head(column: Column, sort: bool) -> str:
    kind = ' class="text"' if column.text else ""
    title = f' title="{escape(column.title)}"' if column.title else ""
    name = escape(column.name)
    return f'<th{kind}{title} scope="col">{f"<button>{name}</button>" if sort and name else name}</th>'


def _cell(cell: Cell, column: Column) -> str:
    kinds = [
        *(["text"] if column.text else []),
        *(["best"] if cell.best else []),
        *(["heat"] if cell.heat is not None else []),
        *([cell.style] if cell.style else []),
    ]
    attributes = f' class="{" ".join(kinds)}"' if kinds else ""
    attributes += f' style="--share: {cell.heat:.3f}"' if cell.heat is not None else ""
    attributes += f' title="{escape(cell.title)}"' if cell.title else ""
    value = cell.value if cell.value is not None else "" if not column.text else None
    attributes += f' data-value="{escape(str(value))}"' if value is not None else ""
    return f"<td{attributes}>{dot(cell.swatch) if cell.swatch is not None else ''}{escape(cell.text)}</td>"
