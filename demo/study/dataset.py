"""A folder of photos, with ground truth in ADE20K's layout or without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DatasetError
from demo.images import SUFFIXES

SPLITS = ("validation", "training")
LAYOUT = "images/ with the photos and annotations/ with a PNG of the same name for each (0 = void, 1..150)"


@dataclass(frozen=True)
class Case:
    """One photo and, where there is one, its annotation."""

    name: str
    """Unique in its dataset."""
    photo: Path
    annotation: Path | None = None


@dataclass(frozen=True)
class Dataset:
    """Cases in order of name, and what was left out and why, one sentence each."""

    name: str
    cases: tuple[Case, ...]
    problems: tuple[str, ...] = ()


def open_dataset(folder: Path, split: str | None = None) -> Dataset:
    """Photos with annotations: images/{validation,training}/ and annotations/ likewise, or both flat.

    `split` defaults to validation, where the folder has splits. A photo without annotation, or the reverse, is a
    problem of its own; only a folder without any pair raises DatasetError.
    """
    images, annotations, name = _folders(folder, split)
    photos = {path.stem: path for path in _photos(images)}
    truths = {path.stem: path for path in sorted(annotations.glob("*.png"))}
    cases = tuple(Case(stem, photos[stem], truths[stem]) for stem in sorted(photos.keys() & truths.keys()))
    if not cases:
        raise DatasetError(
            f"{name} must hold {LAYOUT}, but none of its {len(photos)} photos has one among the "
            f"{len(truths)} PNGs of {annotations}. Check the names."
        )
    problems = [
        f"{photos[stem].name} has no annotation {stem}.png in {annotations}; it is left out."
        for stem in sorted(photos.keys() - truths.keys())
    ]
    problems += [
        f"{truths[stem].name} has no photo in {images}; it is left out."
        for stem in sorted(truths.keys() - photos.keys())
    ]
    return Dataset(name, cases, tuple(problems))


def open_photos(paths: Sequence[Path], split: str | None = None) -> Dataset:
    """Photos from files, folders of photos and datasets alike, with annotations where there are some."""
    cases = tuple(_unique(case for path in paths for case in _any(path, split)))
    if not cases:
        raise DatasetError(
            f"There is no photo ({', '.join(SUFFIXES)}) in {', '.join(map(str, paths))}. "
            "Name photos, folders of photos, or a dataset in ADE20K's layout."
        )
    return Dataset(", ".join(path.name or str(path) for path in paths), cases)


def _any(path: Path, split: str | None) -> Iterable[Case]:
    if path.is_file():
        return [Case(path.stem, path)]
    if not path.is_dir():
        raise DatasetError(f"{path} does not exist. Name photos, folders of photos, or a dataset in ADE20K's layout.")
    if (path / "images").is_dir() and (path / "annotations").is_dir():
        return open_dataset(path, split).cases
    return [Case(photo.stem, photo) for photo in _photos(path)]


def _unique(cases: Iterable[Case]) -> Iterator[Case]:
    """The same cases, a number added to a name that was there before."""
    seen: dict[str, int] = {}
    for case in cases:
        seen[case.name] = number = seen.get(case.name, 0) + 1
        yield case if number == 1 else Case(f"{case.name} ({number})", case.photo, case.annotation)


def _folders(folder: Path, split: str | None) -> tuple[Path, Path, str]:
    """The folder of the photos, that of the annotations, and the dataset's name."""
    if not folder.is_dir():
        raise DatasetError(f"A dataset must be a folder with {LAYOUT}, but {folder} is not a folder. Check the path.")
    for part in ("images", "annotations"):
        if not (folder / part).is_dir():
            found = ", ".join(sorted(path.name for path in folder.iterdir())[:8]) or "nothing"
            raise DatasetError(
                f"{folder} must hold {LAYOUT}, but has no {part}/ (it holds {found}). "
                "Name the folder that contains both."
            )
    chosen = _split(folder, split)
    if chosen is None:
        return folder / "images", folder / "annotations", folder.name
    return folder / "images" / chosen, folder / "annotations" / chosen, f"{folder.name}, {chosen}"


def _split(folder: Path, split: str | None) -> str | None:
    present = [name for name in SPLITS if (folder / "images" / name).is_dir()]
    if split is None:
        chosen = present[0] if present else None
    elif split in present:
        chosen = split
    else:
        raise DatasetError(
            f"{folder} has no images/{split}/; it has {', '.join(present) or 'no splits'}. "
            "Leave the split out or name one of these."
        )
    if chosen and not (folder / "annotations" / chosen).is_dir():
        raise DatasetError(f"{folder} has images/{chosen}/ but no annotations/{chosen}/. Add it or name another split.")
    return chosen


def _photos(folder: Path) -> list[Path]:
    visible = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in visible if path.suffix.lower() in SUFFIXES)
