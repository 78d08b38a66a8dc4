"""How a class set comes to be: a CSV of the project or of the user, or the names that a network's own files list.

A CSV has a row a class in the network's order under a heading: `name`, and where there is one `supercategory`,
`official` and `distinct` (colours #rrggbb) and `index` (its value in annotation files). One of names alone needs no
heading. Every CSV in demo/data/class_sets is a set that is known by its file's name.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Final

from demo.errors import ClassSetError, UnknownModelError
from demo.labels.palette import Colour, distinct_colours
from demo.names import readable, same_name
from demo.schema import MOST_CLASSES, VOID, ClassSet

FOLDER: Final = Path(__file__).parent.parent / "data" / "class_sets"
_COLUMNS: Final = ("name", "supercategory", "official", "distinct", "index")
_COLOUR: Final = re.compile("#[0-9a-f]{6}")


@cache
def known() -> Mapping[str, ClassSet]:
    """The project's own sets by id: ade20k and its like."""
    sets = (read(path) for path in sorted(FOLDER.glob("*.csv")))
    return {found.id: found for found in sets}


def named(name: str) -> ClassSet:
    """The set of that id or title, or in a CSV of that path. Raises ClassSetError."""
    plain = _plain(name)
    if plain in known():
        return known()[plain]
    if name.lower().endswith(".csv"):
        return read(Path(name).expanduser())
    raise ClassSetError(
        f"No class set is called {name!r}; name one of {', '.join(known())}, or a CSV file with a class a row."
    )


def read(path: Path) -> ClassSet:
    """The class set in a CSV file, which its name gives a title. Raises ClassSetError."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            text = stream.read()
            reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text))
            lines = [line for line in reader if any(cell.strip() for cell in line)]
    except UnicodeError as error:
        raise ClassSetError(
            f"The classes in {path} should be text in UTF-8, but are in another encoding. Save them as CSV in UTF-8."
        ) from error
    except (OSError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise ClassSetError(f"Cannot read the classes in {path}: {why}. Give a CSV file with a class a row.") from error
    rows = _rows(lines, path.name)
    columns = {column: tuple(row[column] for row in rows) for column in _COLUMNS if rows and column in rows[0]}
    title = path.stem.replace("_", " ")
    try:
        return made(
            title,
            columns.get("name", ()),
            official=columns.get("official", ()),
            distinct=columns.get("distinct", ()),
            supercategories=columns.get("supercategory", ()),
            offset=_offset(columns.get("index", ())),
        )
    except ClassSetError as error:
        raise ClassSetError(f"{path.name}: {error}") from None


def made(
    title: str,
    names: Sequence[str],
    *,
    official: Sequence[str] = (),
    distinct: Sequence[str] = (),
    supercategories: Sequence[str] = (),
    offset: int = 0,
) -> ClassSet:
    """A checked class set of `names`, with distinct colours computed where none are given.

    Annotation files hold each class's position plus `offset`; unlabelled is 0 where that is free, else 255. Raises
    ClassSetError, a user's mistake: too few or too many names, an empty or a double one, a colour that is none.
    """
    names = tuple(" ".join(same_name(readable(name)).split()) for name in names)
    if not 2 <= len(names) <= MOST_CLASSES:
        raise ClassSetError(f"Wanted 2 to {MOST_CLASSES} classes, got {len(names)}. Label maps have 8 bits a pixel.")
    if "" in names:
        raise ClassSetError(f"Class {names.index('') + 1} has no name. Name each.")
    if doubles := sorted({name for name in names if names.count(name) > 1}):
        raise ClassSetError(
            f"Wanted {len(names)} different classes, got {', '.join(map(repr, doubles[:3]))} more than once. "
            "Give each class a name of its own."
        )
    official, distinct = _colours("official", official, len(names)), _colours("distinct", distinct, len(names))
    if supercategories and not all(word.strip() for word in supercategories):
        raise ClassSetError("Wanted a supercategory for each class or for none, got some empty. Fill the column.")
    if not (0 <= offset <= 256 - len(names)):
        raise ClassSetError(f"Annotation files hold 0 to 255, which {len(names)} classes from {offset} on do not fit.")
    return ClassSet(
        _plain(title),
        title,
        names,
        distinct or _computed(names, official),
        official,
        tuple(word.strip() for word in supercategories),
        offset,
        0 if offset else VOID,
    )


def of_names(title: str, names: Sequence[str], **told: Sequence[str] | int) -> ClassSet:
    """The known set whose names these are, in that order, else a new one of that title; for files that list names.

    Case, spaces and further synonyms ("bed ", "car, auto") make no difference. `told` are options of `made`.
    """
    wanted = [spoken(name) for name in names]
    for found in known().values():
        if [spoken(name) for name in found.names] == wanted:
            return found
    return made(title, names, **told)  # type: ignore[arg-type]  # `made` checks what each holds


def of_count(title: str, count: int) -> ClassSet:
    """A set of `count` classes of which nobody told the names: class 1, class 2 ..."""
    return made(title, [f"class {number + 1}" for number in range(count)])


def class_index(class_set: ClassSet, name: str) -> int:
    """The position of a class, whatever the case of its name. Raises UnknownModelError with the nearest names."""
    wanted = " ".join(name.lower().split())
    names = [known_name.lower() for known_name in class_set.names]
    if wanted in names:
        return names.index(wanted)
    near = difflib.get_close_matches(wanted, names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"it has {len(names)}, from {names[0]} to {names[-1]}."
    raise UnknownModelError(f"{class_set.title} has no class named {name!r}; {hint}")


def spoken(name: str) -> str:
    """What two spellings of one class have in common: no case, no further synonyms, words apart by one space.

    >>> spoken("Traffic_Light"), spoken("bed "), spoken("car, auto")
    ('traffic light', 'bed', 'car')
    """
    return " ".join(re.split("[,;]", same_name(name))[0].replace("_", " ").replace("-", " ").casefold().split())


def _delimiter(text: str) -> str:
    """What stands between cells: a comma, or in its place a semicolon or tab, as spreadsheets of some countries write.

    >>> _delimiter("name;index\\ncat;1"), _delimiter("0;cat\\n1;dog"), _delimiter("cat; tom\\ndog")
    (';', ';', ',')
    """
    lines = [line for line in text.splitlines() if line.strip()]
    for mark in ";\t":
        headed = "name" in (cell.strip().lower() for cell in lines[0].split(mark)) if lines else False
        counts = {line.count(mark) for line in lines}
        if (headed and mark in lines[0]) or (len(counts) == 1 and counts != {0} and "," not in text):
            return mark
    return ","


def _rows(lines: list[list[str]], file: str) -> list[dict[str, str]]:
    heading = [cell.strip().lower() for cell in lines[0]] if lines else []
    if "name" not in heading:
        if any(len(line) > 1 for line in lines):
            raise ClassSetError(
                f"{file} has several columns and none is headed name. Head them {', '.join(_COLUMNS)}, of which name "
                "alone is needed."
            )
        heading, lines = ["name"], [[], *lines]
    rows = [dict(zip(heading, [*map(str.strip, line), *[""] * len(heading)], strict=False)) for line in lines[1:]]
    return rows


def _offset(index: Sequence[str]) -> int:
    """What annotation files add to a class's position, from the column `index`."""
    if not index:
        return 0
    if not all(value.isdecimal() for value in index):
        raise ClassSetError("The index of each class should be a number, but some are not. Number them.")
    values = [int(value) for value in index]
    if values != list(range(values[0], values[0] + len(values))):
        raise ClassSetError("The index of the classes should count up by one. Sort or renumber the rows.")
    return values[0]


def _colours(column: str, colours: Sequence[str], count: int) -> tuple[str, ...]:
    found = tuple(colour.strip().lower() for colour in colours)
    if found and len(found) != count:
        raise ClassSetError(f"Wanted {count} {column} colours, one a class, got {len(found)}. Add or remove some.")
    if wrong := [colour for colour in found if not _COLOUR.fullmatch(colour)]:
        raise ClassSetError(f"Wanted {column} colours as #rrggbb, got {wrong[0]!r}. Write each so, or leave them out.")
    return found


def _computed(names: tuple[str, ...], official: tuple[str, ...]) -> tuple[str, ...]:
    """What ADE20K calls so has its colour there, so that one word has one colour in all panels; the rest its own."""
    known_ones = _ade20ks_colours()
    wanted = [
        known_ones.get(spoken(name)) or own for name, own in zip(names, official or [""] * len(names), strict=True)
    ]
    return hexadecimal(distinct_colours([_rgb(colour) if colour else None for colour in wanted]))


@cache
def _ade20ks_colours() -> Mapping[str, str]:
    with (FOLDER / "ADE20K.csv").open(newline="", encoding="utf-8") as stream:
        return {spoken(row["name"]): row["distinct"] for row in csv.DictReader(stream)}


def _rgb(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def hexadecimal(palette: Iterable[Iterable[int]]) -> tuple[str, ...]:
    """RGB triples 0..255 as colours #rrggbb."""
    return tuple("#" + bytes(map(int, colour)).hex() for colour in palette)


def _plain(title: str) -> str:
    return re.sub("[^a-z0-9]+", "-", title.lower()).strip("-") or "classes"
