"""One self-contained HTML page: no request leaves it, light and dark, tables that sort at a click.

Text may be anything, as a file's name may: `tag`, `table`, `figure` and `key` escape it, and leave Markup as it is.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).parent
EMPTY = frozenset({"img", "br", "hr", "meta"})
"""Elements that hold nothing and have no end."""


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
    link: str = ""
    """A place in the page."""


@dataclass(frozen=True)
class Column:
    """A table's column: `text` columns are left-aligned; `title` explains it on hover."""

    name: str
    title: str = ""
    text: bool = False


def tag(name: str, *content: str | None, **attributes: str | float | bool | None) -> Markup:
    """An element; text is escaped, Markup stays as it is, None and False are left out, True is an empty attribute.

    A keyword that Python reserves ends in "_"; other underscores are hyphens.

    >>> print(tag("p", "1 < 2", tag("b", "&"), class_="soft", data_value=3))
    <p class="soft" data-value="3">1 &lt; 2<b>&amp;</b></p>
    """
    told = Markup("").join(
        Markup(" {}").format(_attribute(key))
        if value is True
        else Markup(' {}="{}"').format(_attribute(key), str(value))
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    start = Markup("<{}{}>").format(Markup(name), told)
    inner = Markup("").join(part for part in content if part is not None)
    return start if name in EMPTY else start + inner + Markup("</{}>").format(Markup(name))


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def page(title: str, body: Iterable[str]) -> str:
    """The whole document, which loads nothing and runs no script but its own."""
    content = "\n".join(body)
    style, script = ((FOLDER / name).read_text() for name in ("report.css", "report.js"))
    own = b64encode(sha256(script.encode()).digest()).decode()
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        f"style-src 'unsafe-inline'; script-src 'sha256-{own}'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{style}</style>\n<main>\n{content}\n</main>\n<script>{script}</script>\n</html>\n"
    )


def table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    tall: bool = False,
    sort: bool = True,
    name: str = "",
) -> Markup:
    """A table in the order of the rows given; a click on a heading sorts by it. Readers of the screen hear its name."""
    heads = "".join(_head(column, sort) for column in columns)
    body = "".join(
        "<tr>" + "".join(_cell(cell, column) for cell, column in zip(row, columns, strict=True)) + "</tr>\n"
        for row in rows
    )
    kind = "wide tall" if tall else "wide"
    inner = Markup(f"<table><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table>")
    return tag("div", inner, class_=kind, tabindex=0, role="region" if name else None, aria_label=name or None)


def figure(svg: str, title: str, caption: str = "") -> str:
    """A chart with a title and one line of explanation."""
    named = svg.replace('role="img"', f'role="img" aria-label="{escape(title)}"', 1)
    return f"<figure><figcaption><b>{escape(title)}</b> {escape(caption)}</figcaption>{named}</figure>"


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


def counted(many: int, of: str) -> str:
    """
    >>> counted(1, "photo"), counted(12, "photo")
    ('1 photo', '12 photos')
    """
    return f"{many} {of}{'s' * (many != 1)}"


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
    text = f'<a href="{escape(cell.link)}">{escape(cell.text)}</a>' if cell.link else escape(cell.text)
    return f"<td{attributes}>{dot(cell.swatch) if cell.swatch is not None else ''}{text}</td>"
