"""A folder of photos, with ground truth laid out as ADE20K, Cityscapes, Pascal VOC or COCO panoptic, or without."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from demo.errors import DatasetError
from demo.images import SUFFIXES, files_in
from demo.labels.annotations import is_colour
from demo.labels.class_set import known
from demo.labels.coco import photos_listed
from demo.names import readable, same_name
from demo.schema import ClassSet

USUAL_SPLITS = ("validation", "training")
"""Taken, the first there is, where none is named."""
LAYOUT = (
    "images/ with the photos and annotations/ with a PNG of the same name for each, in the numbers of the networks' "
    "class set (ADE20K: 0 = void, classes from 1)"
)
CITYSCAPES = ("leftImg8bit", "gtFine")
"""Cityscapes' two folders: <split>/<city>/<name>_leftImg8bit.png, and <name> with one of the two endings below."""
CITYSCAPES_SPLITS = ("val", "train")
TRAIN_IDS, LABEL_IDS = "_gtFine_labelTrainIds", "_gtFine_labelIds"
LABELLED = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
"""The ids of the 19 classes, in their order, in files as Cityscapes publishes them; every other id is not labelled.

From the table in cityscapesscripts/helpers/labels.py.
"""
VOC = ("JPEGImages", "SegmentationClass")
"""Pascal VOC's two folders; ImageSets/Segmentation/<split>.txt lists the names of a split."""
VOC_SPLITS = ("val", "train")
PANOPTIC = "panoptic"
"""How the name of COCO's panoptic JSON begins, beside the photos or in annotations/; its split follows."""
PANOPTIC_SPLITS = ("", "val2017", "train2017")


@dataclass(frozen=True)
class Case:
    """One photo and, where there is one, its annotation."""

    name: str
    """Unique in its dataset."""
    photo: Path
    annotation: Path | None = None
    class_set: ClassSet | None = None
    """In whose numbers the annotation is; None: in those of the class set of whichever network is asked."""
    ids: tuple[int, ...] = ()
    """The numbers of its classes in the file, where they are not those of the class set's annotations."""
    segments: Path | None = None
    """The JSON that tells which segments the annotation shows: it is a COCO panoptic PNG."""
    archive: Path | None = None
    """The zip that holds the photo."""
    address: str = ""
    """Of a photo that is no file: its name in the zip, or the address to read it from; `photo` is as good a path."""


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
    A folder with leftImg8bit/ and gtFine/ is read as Cityscapes lays it out, one with JPEGImages/ and
    SegmentationClass/ as Pascal VOC does; their split defaults to val, else train. One with panoptic*.json, there or in
    annotations/, is read as COCO lays out its panoptic truths; their split follows the underscore in the JSON's name.
    """
    if _has(folder, CITYSCAPES):
        return _open_cityscapes(folder, split)
    if _has(folder, VOC):
        return _open_voc(folder, split)
    if lists := _panoptic_lists(folder):
        return _open_panoptic(folder, lists, split)
    images, annotations, name = _folders(folder, split)
    problems: list[str] = []
    photos, truths = _by_stem(files_in(images), problems), _by_stem(files_in(annotations, (".png",)), problems)
    cases = _cases(Case(stem, photos[stem], truths[stem]) for stem in sorted(photos.keys() & truths.keys()))
    if not cases:
        raise DatasetError(
            f"{name} must hold {LAYOUT}, but none of its {len(photos)} photos has one among the "
            f"{len(truths)} PNGs of {annotations}. Check the names."
        )
    if all(is_colour(case.annotation) for case in cases if case.annotation):
        raise DatasetError(
            f"{annotations} holds PNGs in colour, as COCO's panoptic truths are, but there is no JSON that says what "
            f"their colours mean. Put it into {folder} as {PANOPTIC}.json, or give PNGs of class numbers."
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
    truths: dict[str, tuple[Path, tuple[int, ...]]] = {}
    for ending, ids in ((LABEL_IDS, LABELLED), (TRAIN_IDS, ())):  # train ids, where both are there
        found = sorted((annotations / chosen).glob(f"*/*{ending}.png"))
        truths |= {_stem(path).removesuffix(ending): (path, ids) for path in found}
    city, paired = known()["cityscapes"], sorted(photos.keys() & truths.keys())
    cases = _cases(Case(stem, photos[stem], truths[stem][0], city, truths[stem][1]) for stem in paired)
    if not cases:
        raise DatasetError(
            f"{folder} must hold {images.name}/{chosen}/CITY/NAME_leftImg8bit.png and "
            f"{annotations.name}/{chosen}/CITY/NAME{TRAIN_IDS}.png or NAME{LABEL_IDS}.png, but no photo "
            f"of its {len(photos)} has one among the {len(truths)} annotations. Check the names, or name another split."
        )
    problems = [
        f"{photos[stem].name} has no {stem}{TRAIN_IDS}.png; it is left out."
        for stem in sorted(photos.keys() - truths.keys())
    ]
    return Dataset(readable(f"{folder.name}, {chosen}"), cases, tuple(map(readable, problems)))


def _open_voc(folder: Path, split: str | None) -> Dataset:
    """Only names that a split lists; without ImageSets/ every photo that has an annotation."""
    lists = folder / "ImageSets" / "Segmentation"
    present = sorted(path.stem for path in lists.glob("*.txt"))
    chosen = split or next((name for name in VOC_SPLITS if name in present), None)
    if split and split not in present:
        raise DatasetError(
            f"{folder} has no ImageSets/Segmentation/{split}.txt; it has {', '.join(present) or 'none'}. "
            "Leave the split out or name one of these."
        )
    problems: list[str] = []
    photos, truths = (
        _by_stem(files_in(folder / VOC[0]), problems),
        _by_stem(files_in(folder / VOC[1], (".png",)), problems),
    )
    wanted = set(truths)
    if chosen:
        listed = (lists / f"{chosen}.txt").read_text(encoding="utf-8", errors="surrogateescape").split()
        wanted = set(map(same_name, listed))
    voc, paired = known()["pascal-voc"], sorted(photos.keys() & truths.keys() & wanted)
    if not paired:
        raise DatasetError(
            f"{folder} must hold {VOC[0]}/NAME.jpg and {VOC[1]}/NAME.png, but of the {len(wanted)} names of "
            f"{chosen or VOC[1]} none has both. Check the names, or name another split."
        )
    problems += [f"{stem} has no photo or no annotation; it is left out." for stem in sorted(wanted - set(paired))]
    cases = _cases(Case(stem, photos[stem], truths[stem], voc) for stem in paired)
    name = f"{folder.name}, {chosen}" if chosen else folder.name
    return Dataset(readable(name), cases, tuple(map(readable, problems)))


def _panoptic_lists(folder: Path) -> dict[str, Path]:
    """COCO's panoptic JSON files by their split, which is empty for panoptic.json."""
    found = [*(folder / "annotations").glob(f"{PANOPTIC}*.json"), *folder.glob(f"{PANOPTIC}*.json")]
    return {path.stem.removeprefix(PANOPTIC).removeprefix("_"): path for path in sorted(found)}


def _open_panoptic(folder: Path, lists: dict[str, Path], split: str | None) -> Dataset:
    """The PNGs lie in a folder of the JSON's name, or in annotations/; the photos in one of the split's, or images/."""
    usual = next((name for name in PANOPTIC_SPLITS if name in lists), min(lists))
    chosen = usual if split is None else split
    if chosen not in lists:
        raise DatasetError(
            f"{folder} has no {PANOPTIC}_{chosen}.json; it has {', '.join(path.name for path in lists.values())}. "
            "Leave the split out or name one of these."
        )
    segments = lists[chosen]
    pngs = _first_folder(segments.with_suffix(""), folder / segments.stem, folder / "annotations")
    images = _first_folder(*([folder / chosen, folder / "images" / chosen] if chosen else []), folder / "images")
    problems: list[str] = []
    photos, truths = _by_stem(files_in(images), problems), _by_stem(files_in(pngs, (".png",)), problems)
    listed = photos_listed(segments)
    paired = sorted(photos.keys() & truths.keys() & listed)
    if not paired:
        raise DatasetError(
            f"{folder} must hold photos in {images.name}/ and, of the same names, COCO panoptic PNGs in {pngs.name}/ "
            f"that {segments.name} lists, but none of its {len(photos)} photos has both among the {len(truths)} PNGs "
            f"and the {len(listed)} names listed. Check the names, or name another split."
        )
    problems += [
        f"{photos[stem].name} has no {stem}.png in {pngs.name}/, or {segments.name} does not list it; it is left out."
        for stem in sorted(photos.keys() - set(paired))
    ]
    cases = _cases(Case(stem, photos[stem], truths[stem], segments=segments) for stem in paired)
    return Dataset(
        readable(f"{folder.name}, {chosen}" if chosen else folder.name), cases, tuple(map(readable, problems))
    )


def _first_folder(*places: Path) -> Path:
    """The first that is there, else the last."""
    return next((place for place in places if place.is_dir()), places[-1])


def _has(folder: Path, parts: tuple[str, ...]) -> bool:
    return all((folder / part).is_dir() for part in parts)


def is_dataset(folder: Path) -> bool:
    """Whether it has the two folders of one of the three layouts, or COCO's panoptic JSON."""
    pairs = (("images", "annotations"), CITYSCAPES, VOC)
    return any(_has(folder, parts) for parts in pairs) or bool(_panoptic_lists(folder))


def open_photos(paths: Sequence[Path], split: str | None = None) -> Dataset:
    """Photos from files, folders of photos and datasets alike, with annotations where there are some."""
    found = [_any(path, split) for path in paths]
    once, twice = each_once(case for part in found for case in part.cases)
    cases = _cases(once)
    if not cases:
        raise DatasetError(
            f"There is no photo ({', '.join(SUFFIXES)}) in {', '.join(map(str, paths))}. "
            "Name photos, folders of photos, or a dataset in ADE20K's layout."
        )
    problems = tuple(problem for part in found for problem in part.problems)
    return Dataset(readable(", ".join(path.name or str(path) for path in paths)), cases, (*problems, *twice))


def each_once(cases: Iterable[Case]) -> tuple[list[Case], tuple[str, ...]]:
    """The cases, a photo that is named more than once only once and with its annotation; and what is to be said of it.

    Means and intervals over photos would take one photo for several.
    """
    found: dict[str, Case] = {}
    twice: dict[str, str] = {}
    for case in cases:
        key = identity(case)
        if first := found.get(key):
            twice[key] = case.name
            if first.annotation or not case.annotation:
                continue
        found[key] = case
    if not twice:
        return list(found.values()), ()
    name, *more = map(readable, twice.values())
    many = f"{len(twice)} photos are named more than once, {name} among them, and count"
    which = many if more else f"{name} is named more than once, and counts"
    return list(found.values()), (f"{which} once.",)


def identity(case: Case) -> str:
    """The same for two cases of one photo: of the same file, whatever links lead to it, or of the same address."""
    if case.address:
        return f"{case.archive or ''} {case.address}"
    try:
        return os.path.realpath(case.photo)
    except ValueError:  # no path at all; reading it will tell
        return str(case.photo)


def check_split(split: str | None, *places: Path) -> None:
    """Raises DatasetError for a split where no place is a dataset."""
    if split and not any(place.is_dir() and is_dataset(place) for place in places):
        raise no_splits(*places)


def no_splits(*places: Path) -> DatasetError:
    """What is said of a split that is asked for where there are none."""
    names = ", ".join(map(str, places))
    return DatasetError(
        f"A split is a part of a dataset, in ADE20K's, Cityscapes', Pascal VOC's or COCO panoptic's layout, but "
        f"{names} {'are none' if len(places) > 1 else 'is none'}. Leave the split out, or name the folder that has it."
    )


def _any(path: Path, split: str | None) -> Dataset:
    if path.is_file():
        return Dataset(path.name, (Case(_stem(path), path),))
    if not path.is_dir():
        raise DatasetError(f"{path} does not exist. Name photos, folders of photos, or a dataset in ADE20K's layout.")
    if is_dataset(path):
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
    """A file's name without ending; one for names that look the same."""
    return same_name(path.stem)


def _cases(cases: Iterable[Case]) -> tuple[Case, ...]:
    return tuple(uniquely_named(cases))


def uniquely_named(cases: Iterable[Case]) -> Iterator[Case]:
    """The same cases, each by a name that a report can hold and that no other has: a number is added where need be."""
    known = [replace(case, name=readable(case.name)) for case in cases]
    names, given, tried = {case.name for case in known}, set[str](), dict[str, int]()
    for case in known:
        chosen = case.name
        while chosen in given or (chosen != case.name and chosen in names):
            tried[case.name] = tried.get(case.name, 1) + 1
            chosen = f"{case.name} ({tried[case.name]})"
        given.add(chosen)
        yield replace(case, name=chosen)


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
