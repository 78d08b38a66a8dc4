"""The example photographs as the page offers them: title, thumbnail inside the page itself, whose it is, its story."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from demo.catalog import ROOT
from demo.images import files_in, open_image
from demo.render.encode import jpeg, shrink

Described: TypeAlias = dict[str, object]
EXAMPLES = ROOT / "examples"
THUMBNAIL = 168
"""Short side in pixels: sharp at twice the size at which they stand on the page."""


@dataclass(frozen=True)
class Example:
    name: str
    """File name without suffix; what a link says."""
    path: Path
    credit: str = ""
    story: str = ""
    """What the compact networks make of it, in a few words."""

    @cached_property
    def sha256(self) -> str:
        return sha256(self.path.read_bytes()).hexdigest()

    @cached_property
    def truth(self) -> list[Described]:
        """Regions drawn by this project as truth: name of a class, corners [x, y]. Most examples have none."""
        path = self.path.parent / "truth" / f"{self.name}.json"
        found: list[Described] = json.loads(path.read_bytes())["regions"] if path.is_file() else []
        return found

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def as_dict(self) -> Described:
        """What the browser needs: name, title, credit, story, truth, and the thumbnail as a data URL with its size."""
        image = open_image(self.path)
        height, width = image.shape[:2]
        scale = min(1, THUMBNAIL / min(height, width))
        size = round(height * scale), round(width * scale)
        url = "data:image/jpeg;base64," + b64encode(jpeg(shrink(image, size), 80)).decode()
        return {
            "name": self.name,
            "title": self.title,
            "credit": self.credit,
            "story": self.story,
            "thumb": url,
            "width": size[1],
            "height": size[0],
            "truth": self.truth,
        }


def examples(folder: Path = EXAMPLES) -> list[Example]:
    """The photographs in a folder, those of its SOURCES.md first and as it says; none where there is no such folder."""
    if not folder.is_dir():
        return []
    told = _told(folder / "SOURCES.md")
    places = {file: place for place, file in enumerate(told)}
    paths = sorted(files_in(folder), key=lambda path: places.get(path.name, len(places)))
    return [Example(path.stem, path, *told.get(path.name, ())) for path in paths]


def _told(sources: Path) -> dict[str, tuple[str, str]]:
    """File name -> "what it shows. Photo: author, licence" and its story, from the table's rows, in their order."""
    if not sources.is_file():
        return {}
    lines = sources.read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line.startswith("| `"):
            file, shows, author, licence, _source, _changes, story = (
                cell.strip() for cell in line.strip("|").split("|")
            )
            found[file.strip("`")] = f"{shows.capitalize()}. Photo: {author}, {_plain(licence)}", story
    return found


def _plain(markdown: str) -> str:
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown).strip()
