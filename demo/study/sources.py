"""Where the photos of a study are: a folder with its folders, a dataset, a zip, or a text file that lists them."""

from __future__ import annotations

import codecs
import os
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from demo.errors import DatasetError, ImageError, reason
from demo.images import DEFAULT_LIMITS, SUFFIXES, Limits, Opened, open_photo
from demo.names import leads_nowhere, readable, same_name
from demo.study.dataset import (
    Case,
    Dataset,
    check_split,
    each_once,
    is_dataset,
    no_splits,
    open_dataset,
    open_photos,
    uniquely_named,
)

SECONDS, LONGEST = 30, 600
"""After which an address is given up: one that says nothing, and one that is not done."""


def open_source(place: Path, *, truth: Path | None = None, split: str | None = None) -> Dataset:
    """The photos of a folder and of the folders in it, a dataset, a zip, or a list (.txt), a path or address a line.

    `truth` is a folder that holds, for a photo a/b.jpg, the annotation a/b.png. A photo in a folder, zip or list is
    named by its path there. Raises DatasetError where there is no photo, and for a `split` of anything but a dataset.
    """
    if truth is not None and not truth.is_dir():
        raise DatasetError(f"The truths should be in a folder, but {truth} is none. Check the path.")
    if place.is_dir() and is_dataset(place) and truth is None:
        return open_dataset(place, split)
    if split:
        raise no_splits(place)
    problems: tuple[str, ...] = ()
    if place.is_dir():
        found = sorted(_below(place), key=os.fsencode)
        cases = [Case(_named(photo.relative_to(place).as_posix()), photo) for photo in found]
    elif place.is_file() and (place.suffix.lower() == ".zip" or zipfile.is_zipfile(place)):
        cases, problems = each_once(_in_zip(place))  # of two entries of one name only the last can be read
    elif place.suffix.lower() == ".txt" and place.is_file():
        cases, problems = each_once(_listed(place))
    else:
        what = "is a file of another kind" if place.exists() else "does not exist"
        raise DatasetError(f"{place} {what}. Name a folder of photos, a dataset, a zip, or a list of photos (.txt).")
    if not cases:
        raise DatasetError(f"There is no photo ({', '.join(SUFFIXES)}) in {place}. Name a folder, zip or list of some.")
    if truth is not None:
        truths = _truths(truth)
        cases = [_with_truth(case, place, truths) for case in cases]
        if not any(case.annotation for case in cases):
            raise DatasetError(
                f"{truth} should hold an annotation for photos of {place}, such as "
                f"{_truth_of(cases[0].name)}, but has none. Check the names."
            )
    return Dataset(readable(place.name or str(place)), tuple(uniquely_named(cases)), problems)


def open_places(places: Sequence[Path], split: str | None = None) -> Dataset:
    """Photos, folders, datasets, zips and lists alike, with annotations where there are some.

    One alone that holds photos is what `open_source` makes of it: a study of it is the same study for whoever asks.
    """
    if len(places) == 1 and (places[0].is_dir() or places[0].suffix.lower() in (".zip", ".txt")):
        return open_source(places[0], split=split)
    found = open_photos(places, split)
    check_split(split, *places)
    return found


def open_case(case: Case, limits: Limits = DEFAULT_LIMITS) -> Opened:
    """The photo itself, wherever it is. Raises ImageError."""
    if case.archive:
        return open_photo(_unzipped(case, limits), limits=limits, name=case.photo.name)
    if case.address:
        return open_photo(_fetched(case.address, limits), limits=limits, name=case.photo.name)
    return open_photo(case.photo, limits=limits)


def place_of(case: Case) -> bytes:
    """Where the photo is, as the bytes of a path or address."""
    if case.archive:
        return os.fsencode(case.archive.absolute() / case.photo)
    return os.fsencode(case.address or case.photo.absolute())


def stamp_of(case: Case) -> str:
    """Changes when the photo's or the annotation's file does."""
    stamps = []
    for path in (case.archive or case.photo, case.annotation, case.segments):
        try:
            told = os.stat(path) if path and not (case.address and path is case.photo) else None
        except (OSError, ValueError):  # reading it will tell why
            told = None
        stamps.append(f"{told.st_size} {told.st_mtime_ns}" if told else "")
    written = f"{case.class_set.key} {case.ids}" if case.class_set else ""
    return "; ".join([*stamps, written])


def truth_in(stamp: str) -> bool:
    """Whether a `stamp_of` is of a photo with an annotation.

    >>> truth_in("120 5; 80 5; ; "), truth_in("120 5; ; ; ")
    (True, False)
    """
    return bool(stamp.split("; ")[1])


def _below(folder: Path) -> Iterator[Path]:
    """Visible photos in a folder and in the visible folders below it; links to folders are not followed."""
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            if _is_photo(name) and (os.path.isfile(path) or leads_nowhere(path)):
                yield path


def _is_photo(name: str) -> bool:
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES


def _hidden(folder: str) -> bool:
    return folder == "__MACOSX" or (folder.startswith(".") and folder.strip(".") != "")


def _in_zip(place: Path) -> Iterator[Case]:
    try:
        with zipfile.ZipFile(place) as archive:
            names = sorted(info.filename for info in archive.infolist() if not info.is_dir())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DatasetError(f"{place} should be a whole zip, but is damaged ({error}). Copy it again.") from error
    for name in names:
        parts = name.split("/")
        if _is_photo(parts[-1]) and not any(_hidden(part) for part in parts[:-1]):
            yield Case(_named(name), Path(name), archive=place, address=name)


def _listed(place: Path) -> Iterator[Case]:
    """A path or address a line; a path is seen from the list's own folder. Empty lines and # comments say nothing."""
    for line in os.fsdecode(place.read_bytes().removeprefix(codecs.BOM_UTF8)).splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if "://" in text:
            end = _end_of(text)
            yield Case(_named(end), Path(end), address=text)
        else:
            path = Path(text)
            yield Case(_named(text if not path.is_absolute() else path.name), place.parent / path)


def _end_of(address: str) -> str:
    """What an address calls its file; all of it where it names none, or is none.

    >>> _end_of("https://example.org/a/cat.jpg?size=2"), _end_of("https://[/cat.jpg")
    ('cat.jpg', 'https://[/cat.jpg')
    """
    try:
        return urlsplit(address).path.rpartition("/")[2] or address
    except ValueError:  # reading it will tell why
        return address


def _named(path: str) -> str:
    return readable(same_name(path))


def _truths(folder: Path) -> dict[str, Path]:
    """Every PNG in a folder and in those below it by its path there, one for paths that look the same."""
    pngs = (Path(parent, name) for parent, _, names in os.walk(folder) for name in sorted(names))
    return {same_name(png.relative_to(folder).as_posix()): png for png in pngs if png.suffix == ".png"}


def _with_truth(case: Case, place: Path, truths: dict[str, Path]) -> Case:
    own = case.photo.is_relative_to(place)
    name = case.photo.relative_to(place).as_posix() if own else case.name
    return replace(case, annotation=truths.get(same_name(_truth_of(name))))


def _truth_of(name: str) -> str:
    """
    >>> _truth_of("a/b.jpg"), _truth_of("..")
    ('a/b.png', '...png')
    """
    return f"{os.path.splitext(name)[0]}.png"


def _unzipped(case: Case, limits: Limits) -> bytes:
    """Never more of it than one byte over the limit, whatever the zip claims."""
    try:
        with zipfile.ZipFile(case.archive or "") as archive, archive.open(case.address) as stream:
            return stream.read(int(limits.megabytes * 1e6) + 1)
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, RuntimeError, NotImplementedError, EOFError) as error:
        raise ImageError(f"{case.photo.name} cannot be taken out of its zip ({error}). Make the zip again.") from error
    except Exception as error:  # zlib's and lzma's own
        raise ImageError(f"{case.photo.name} is damaged in its zip ({error}). Make the zip again.") from error


def _fetched(address: str, limits: Limits) -> bytes:
    most = int(limits.megabytes * 1e6) + 1
    if not address.lower().startswith(("http://", "https://")):
        return _by_fsspec(address, most)
    import httpx

    data = bytearray()
    end = time.monotonic() + LONGEST
    try:
        with httpx.stream("GET", address, timeout=SECONDS, follow_redirects=True) as answer:
            answer.raise_for_status()
            for part in answer.iter_bytes():
                data += part
                if len(data) >= most:
                    break
                if time.monotonic() > end:
                    raise ImageError(
                        f"{address} should be a photo, but sent {len(data):,} bytes in {LONGEST} s and was not done. "
                        "Download it by hand, and list its path."
                    )
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError) as error:
        raise ImageError(
            f"{address} cannot be fetched ({error or type(error).__name__}). Check the address, and https_proxy."
        ) from error
    return bytes(data)


def _by_fsspec(address: str, most: int) -> bytes:
    """s3://, gs:// and whatever else the installed fsspec and its file systems know."""
    import fsspec

    try:
        with fsspec.open(address, "rb") as stream:
            content: bytes = stream.read(most)
            return content
    except Exception as error:  # every file system has its own
        raise ImageError(
            f"{address} cannot be read ({reason(error)}). Check the address; s3:// wants the package s3fs, gs:// gcsfs."
        ) from error
