"""A visitor's zip of photos: refused as a whole where it is no plain one, taken out within bounds, photo by photo."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from demo.errors import DatasetError
from demo.images import SUFFIXES, Limits, safe_stem, write_atomic
from demo.names import readable

UNPACKED = 250
"""10**6 bytes that the photos of one zip may have together."""
ENTRIES = 2000
"""Files of any kind in one zip."""
_ENCRYPTED = 1


@dataclass(frozen=True)
class Unpacked:
    """A photo of a zip: its name there, and its file here or why there is none."""

    name: str
    file: Path | None
    problem: str = ""


def unpack(path: Path, name: str, folder: Path, most: int, limits: Limits) -> list[Unpacked]:
    """The photos of a zip that its visitor calls `name`, at most so many, in `folder`, under names of our own.

    Raises DatasetError, and takes nothing, where one of its names leads out of it or its photos are too many or too
    large. A photo that is damaged costs itself.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = _photos(archive.infolist(), name, most)
            folder.mkdir(parents=True, exist_ok=True)
            return [_taken(archive, info, folder / f"{number:03d}", limits) for number, info in enumerate(found)]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DatasetError(f"{name} should be a zip of photos, but is damaged ({error}); make it again.") from error


def _photos(entries: Sequence[zipfile.ZipInfo], name: str, most: int) -> list[zipfile.ZipInfo]:
    if len(entries) > ENTRIES:
        raise DatasetError(
            f"{name} holds {len(entries):,} files, and at most {ENTRIES:,} are looked at; zip the photos alone."
        )
    if outside := next((info.filename for info in entries if _leads_out(info.filename)), None):
        raise DatasetError(
            f"{name} names a file outside itself ({readable(outside)[:80]}), so nothing of it was taken; "
            "zip the photos' folder anew."
        )
    found = sorted((info for info in entries if _is_photo(info)), key=lambda info: info.filename)
    if not found:
        raise DatasetError(f"{name} holds no photo ({', '.join(SUFFIXES)}); zip a folder of photos.")
    if len(found) > most:
        raise DatasetError(
            f"{name} holds {len(found):,} photos, and a study here takes at most {most}; zip fewer, or run "
            "`python -m demo study` on your own machine."
        )
    if (size := sum(info.file_size for info in found)) > UNPACKED * 1e6:
        raise DatasetError(
            f"{name} would unpack to {size / 1e6:,.0f} MB, and at most {UNPACKED} MB are taken; "
            "zip fewer or smaller photos."
        )
    return found


def _taken(archive: zipfile.ZipFile, info: zipfile.ZipInfo, folder: Path, limits: Limits) -> Unpacked:
    shown = readable(info.filename)
    own = PurePosixPath(info.filename).name
    most = int(limits.megabytes * 1e6)
    if info.flag_bits & _ENCRYPTED:
        return Unpacked(shown, None, f"{own} is locked with a password; zip it without one.")
    try:
        with archive.open(info) as stream:
            data = stream.read(most + 1)
    except Exception as error:  # zlib, lzma and bz2 have their own
        return Unpacked(shown, None, f"{own} is damaged in its zip ({error}); zip it again.")
    if len(data) > most:
        return Unpacked(shown, None, f"{own} has over {limits.megabytes:g} MB; shrink it or save it as JPEG.")
    file = folder / f"{safe_stem(own)}{PurePosixPath(own).suffix.lower()}"
    write_atomic(file, data)
    return Unpacked(shown, file)


def _leads_out(name: str) -> bool:
    """Whether a name of a zip is no path below the folder that it would be unpacked in, on any system."""
    ways = PurePosixPath(name), PureWindowsPath(name)
    return any(way.is_absolute() or way.drive or way.root or ".." in way.parts for way in ways)


def _is_photo(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
    return not info.is_dir() and not hidden and PurePosixPath(info.filename).suffix.lower() in SUFFIXES
