"""The photos of a report as small pictures inside the page; one that is gone or damaged costs its own picture alone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from demo.errors import ImageError
from demo.images import DEFAULT_LIMITS, Limits
from demo.render.encode import jpeg, shrink
from demo.schema import Image
from demo.study.dataset import Case
from demo.study.sources import open_case

THUMB, LARGE = 200, 560
"""The longer side of the two pictures of a photo, in pixels."""


@dataclass(frozen=True)
class Picture:
    """A photo as addresses of pictures that hold their own bytes."""

    thumb: str
    large: str


def pictures(
    photos: Iterable[tuple[int, Path]],
    limits: Limits = DEFAULT_LIMITS,
    on_photo: Callable[[int], None] = lambda done: None,
) -> dict[int, Picture]:
    """The photos that can still be read, by their places; `on_photo` is told how many have been looked at."""
    found = {}
    for number, (place, path) in enumerate(photos, 1):
        try:
            image = open_case(_case(path), limits).image
        except ImageError:  # the report says so in the picture's place
            pass
        else:
            found[place] = Picture(address_of(image, THUMB, 70), address_of(image, LARGE, 78))
        on_photo(number)
    return found


def _case(path: Path) -> Case:
    """The photo at a path, which may lead into a zip; one that was fetched from an address is not fetched again."""
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    if archive is None:
        return Case(path.name, path)
    inside = path.relative_to(archive)
    return Case(path.name, inside, archive=archive, address=inside.as_posix())


def address_of(image: Image, longer: int, quality: int) -> str:
    """An address that holds the photo's own bytes, as a JPEG whose longer side has at most so many pixels."""
    height, width = image.shape[:2]
    scale = min(1, longer / max(height, width))
    small = shrink(image, (max(1, round(height * scale)), max(1, round(width * scale))))
    return f"data:image/jpeg;base64,{b64encode(jpeg(small, quality)).decode()}"
