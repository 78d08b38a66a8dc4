"""A folder of photos, with ground truth in ADE20K's layout or Cityscapes', or without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DatasetError
from demo.images import SUFFIXES, files_in
from demo.names import readable, same_name

USUAL_SPLITS = ("validation", "training")
"""Taken, the first there is, where none is named."""
LAYOUT = (
    "images/ with the photos and annotations/ with a PNG of the same name for each, in the numbers of the networks' "
    "class set (ADE20K: 0 = void, classes from 1)"
)
CITYSCAPES = ("leftImg8bit", "gtFine")
"""Cityscapes' two folders: <split>/<city>/<name>_leftImg8bit.png, and <name>_gtFine_labelTrainIds.png."""
CITYSCAPES_SPLITS = ("val", "train")
TRAIN_IDS = "_gtFine_labelTrainIds"


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
    """Photos with annotations: those right in images/ and annotations/, or in a folder of the same name below both.

    `split` is that folder; it defaults to validation, else training, where there is one. A photo without annotation, or
    the reverse, or a second one of its name is a problem of its own; only a folder without a pair raises DatasetError.
    A folder with leftImg8bit/ and gtFine/ is read as Cityscapes lays it out; its split defaults to val, else train.
    """
    if all((folder / part).is_dir() for part in CITYSCAPES):
        return _open_cityscapes(folder, split)
    images, annotations, name = _folders(folder, split)
    problems: list[str] = []
    photos, truths = _by_stem(files_in(images), problems), _by_stem(files_in(annotations, (".png",)), problems)
    cases = tuple(Case(stem, photos[stem], truths[stem]) for stem in sorted(photos.keys() & truths.keys()))
    if not cases:
        raise DatasetError(
            f"{name} must hold {LAYOUT}, but none of its {len(photos)} photos has one among the "
            f"{len(truths)} PNGs of {annotations}. Check the names."
        )
    problems += [
        f"{photos[stem].name} has no annotation {stem}.png in {annotations}; it is left out."
        for stem in sorted(photos.keys() - truths.keys())
    ]
    problems += [
        f"{truths[stem].name} has no photo in {images}; it is left out."
        for stem in sorted(truths.keys() - photos.keys())
    ]
    return Dataset(readable(name), cases, tuple(map(readable, problems)))


def _open_cityscapes(folder: Path, split: str | None) -> Dataset:
    images, annotations = (folder / part for part in CITYSCAPES)
    chosen = split or next((name for name in CITYSCAPES_SPLITS if (images / name).is_dir()), "val")
    photos = {_stem(path).removesuffix("_leftImg8bit"): path for path in sorted((images / chosen).glob("*/*.*"))}
    found = sorted((annotations / chosen).glob(f"*/*{TRAIN_IDS}.png"))
    truths = {_stem(path).removesuffix(TRAIN_IDS): path for path in found}
    cases = tuple(Case(stem, photos[stem], truths[stem]) for stem in sorted(photos.keys() & truths.keys()))
    if not cases:
        raise DatasetError(
            f"{folder} must hold {images.name}/{chosen}/CITY/NAME_leftImg8bit.png and "
            f"{annotations.name}/{chosen}/CITY/NAME{TRAIN_IDS}.png, but no photo of its {len(photos)} has one among "
            f"the {len(truths)} annotations. Make them with cityscapesscripts, or name another split."
        )
    problems = [
        f"{photos[stem].name} has no {stem}{TRAIN_IDS}.png; it is left out."
        for stem in sorted(photos.keys() - truths.keys())
    ]
    return Dataset(readable(f"{folder.name}, {chosen}"), cases, tuple(map(readable, problems)))


def open_photos(paths: Sequence[Path], split: str | None = None) -> Dataset:
    """Photos from files, folders of photos and datasets alike, with annotations where there are some."""
    found = [_any(path, split) for path in paths]
    cases = tuple(_unique(case for part in found for case in part.cases))
    if not cases:
        raise DatasetError(
            f"There is no photo ({', '.join(SUFFIXES)}) in {', '.join(map(str, paths))}. "
            "Name photos, folders of photos, or a dataset in ADE20K's layout."
        )
    problems = tuple(problem for part in found for problem in part.problems)
    return Dataset(readable(", ".join(path.name or str(path) for path in paths)), cases, problems)


def _any(path: Path, split: str | None) -> Dataset:
    if path.is_file():
        return Dataset(path.name, (Case(_stem(path), path),))
    if not path.is_dir():
        raise DatasetError(f"{path} does not exist. Name photos, folders of photos, or a dataset in ADE20K's layout.")
    if all((path / part).is_dir() for part in ("images", "annotations")) or all(
        (path / part).is_dir() for part in CITYSCAPES
    ):
        return open_dataset(path, split)
    return Dataset(path.name, tuple(Case(_stem(photo), photo) for photo in files_in(path)))


def _by_stem(files: Iterable[Path], problems: list[str]) -> dict[str, Path]:
    """Files by their name without ending; of several with one name, or with two that look the same, the first."""
    found: dict[str, Path] = {}
    for path in files:
        first = found.setdefault(_stem(path), path)
        if first is not path:
            problems.append(f"{path.name} is left out: {first.name} has the same name. Rename one of them.")
    return found


def _stem(path: Path) -> str:
    """A file's name without ending, as a report can hold it; one for names that look the same."""
    return readable(same_name(path.stem))


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
    images = folder / "images"
    present = sorted(path.name for path in images.iterdir() if path.is_dir() and not path.name.startswith("."))
    chosen = split or next((name for name in USUAL_SPLITS if name in present), None)
    if split and not (images / split).is_dir():
        raise DatasetError(
            f"{folder} has no images/{split}/; it has {', '.join(present) or 'no splits'}. "
            "Leave the split out or name one of these."
        )
    if not chosen and present and not files_in(images):
        raise DatasetError(
            f"{folder} must hold photos right in images/ or below images/validation/, but has only the splits "
            f"{', '.join(present)}. Name one of these as the split."
        )
    if chosen and not (folder / "annotations" / chosen).is_dir():
        raise DatasetError(f"{folder} has images/{chosen}/ but no annotations/{chosen}/. Add it or name another split.")
    return chosen
