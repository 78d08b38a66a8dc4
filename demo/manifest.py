"""What a run was made of - photo, weights, settings, versions - and its numbers: to run it again and compare."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, TypeAlias, cast

from demo import __version__
from demo.errors import ManifestError

Json: TypeAlias = dict[str, Any]

NAME = "manifest.json"
FORMAT = 1
PACKAGES = ("numpy", "torch", "onedl-mmsegmentation", "onedl-mmcv", "transformers", "numba", "pillow")
"""Those that a number may depend on."""
SHOWN = 20
"""Differences that are listed; the rest is counted."""
TIMES = "seconds"
"""The one key of summary.json that no second run can repeat."""


def manifest(summary: Mapping[str, Any], files: Mapping[str, str], **settings: object) -> Json:
    """The content of manifest.json.

    `summary` is that of summary.json, without what others added to it; `files` are the SHA-256 of the maps by their
    names; `settings` what else the run was told.
    """
    models = cast("list[Json]", summary["models"])
    return {
        "format": FORMAT,
        "photo": {"name": summary["photo"], "sha256": summary["sha256"], "size": summary["size"]},
        "models": {model["id"]: model["checkpoint_sha256"] for model in models},
        "settings": {"precision": summary["precision"], **settings},
        "device": summary["device"],
        "versions": {"segmentation-zoo": __version__, "python": platform.python_version(), **dict(_installed())},
        "files": dict(files),
        "numbers": {
            "models": [{key: value for key, value in model.items() if key != TIMES} for model in models],
            "comparison": summary["comparison"],
        },
    }


def read(path: Path) -> Json:
    """The manifest in a file. Raises ManifestError."""
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise ManifestError(f"{path} cannot be read ({error.strerror}); give the {NAME} of a run.") from error
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"{path.name} should be the {NAME} of a run, but is no JSON.") from error
    match found:
        case {"format": 1, "photo": {"name": str(), "sha256": str() | None}, "models": dict(),
              "settings": {"precision": "exact" | "fast"},
              "files": dict(), "numbers": dict(), "versions": dict()}:  # fmt: skip
            return cast(Json, found)
        case {"format": int(other)} if other != FORMAT:
            raise ManifestError(f"{path.name} has format {other}; this version reads format {FORMAT}.")
    raise ManifestError(f"{path.name} should be the {NAME} of a run, but lacks what one has.")


def differing(then: Json, now: Json) -> list[str]:
    """The numbers and maps that are not what they were, one a line: "where: then, now"."""
    numbers = _changes(then["numbers"], now["numbers"])
    files = (f"{name}: other bytes" for name in then["files"] if then["files"][name] != now["files"].get(name))
    return [*numbers, *files]


def made_otherwise(then: Json, now: Json) -> list[str]:
    """What the two runs were not made with alike, one a line: the first place to look for a reason."""
    parts = ("models", "settings", "device", "versions")
    return _changes({part: then.get(part) for part in parts}, {part: now.get(part) for part in parts})


def verdict(then: Json, now: Json) -> Iterator[str]:
    """Whether a run repeats another, in lines to be read."""
    found = differing(then, now)
    numbers = [value for _, value in _flat(then["numbers"]) if isinstance(value, int | float)]
    all_told = f"{len(numbers)} numbers and {len(then['files'])} maps"
    if not found:
        yield f"The same to the last digit: {all_told}."
    else:
        yield f"{len(found)} difference{'s' * (len(found) > 1)} to {all_told} (then, now):"
        yield from _some(found)
    if otherwise := made_otherwise(then, now):
        yield "Made with something else (then, now):"
        yield from _some(otherwise)


def _some(lines: list[str]) -> Iterator[str]:
    yield from (f"  {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"  and {len(lines) - SHOWN} more"


def _changes(then: object, now: object) -> list[str]:
    before, after = dict(_flat(then)), dict(_flat(now))
    gone = object()
    told = lambda value: "nothing" if value is gone else json.dumps(value)  # noqa: E731
    names: Iterable[str] = dict.fromkeys([*before, *after])
    pairs = ((name, before.get(name, gone), after.get(name, gone)) for name in names)
    return [f"{name}: {told(one)}, {told(other)}" for name, one, other in pairs if one != other]


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Every leaf with the way to it; what has an id or a name in a list is called by that.

    >>> dict(_flat({"models": [{"id": "fcn", "area": 0.5}], "size": [2, 3]}))
    {'models.fcn.id': 'fcn', 'models.fcn.area': 0.5, 'size.0': 2, 'size.1': 3}
    """
    if isinstance(value, dict):
        inner: list[tuple[object, object]] = [*value.items()]
    elif isinstance(value, list):
        inner = [(_called(item, number), item) for number, item in enumerate(value)]
    else:
        yield name, value
        return
    for key, item in inner:
        yield from _flat(item, f"{name}.{key}" if name else str(key))


def _called(item: object, number: int) -> object:
    return item.get("id", item.get("name", number)) if isinstance(item, dict) else number


def _installed() -> Iterator[tuple[str, str]]:
    for name in PACKAGES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
