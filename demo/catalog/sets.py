"""The rows of the written sets, read from catalog.toml, and what is known of each set as a whole."""

from __future__ import annotations

import re
import sysconfig
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from demo.catalog.hub import BACKEND, repository_weights
from demo.catalog.spelling import suggest
from demo.errors import UnknownModelError
from demo.labels.ade20k import ADE20K
from demo.schema import ModelSpec, Reported, Weights

COMPACT = Path("checkpoints/compact")
"""Where demo/train writes; the set's row has the same folder."""
ZOO = "zoo"
"""The set that is read from the installed MMSegmentation, in openmmlab.py."""
HUB_HOST = "hub"
"""The `hosts` of a set whose models are repositories of the Hugging Face Hub."""
SEGFORMER_LICENCE = ", from NVIDIA's MiT weights: research and evaluation only"


def _root() -> Path:
    beside = Path(__file__).resolve().parents[2]
    shared = Path(sysconfig.get_path("data")) / "share" / "segmentation-zoo"
    return beside if (beside / COMPACT).is_dir() else shared


ROOT = _root()
"""The repository, or where its files were installed: relative paths in the catalogue start here."""
Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class ModelSet:
    """One set, as catalog.toml describes it."""

    name: str
    label: str
    """What the page calls it."""
    trained_by: str
    about: str
    """A sentence without its full stop."""
    licence: str
    folder: str = ""
    """Where its files are shipped; empty where they are fetched."""
    hosts: str = ""
    """Which hosts have its files; empty where they are shipped."""

    @property
    def shipped(self) -> bool:
        return bool(self.folder)

    @property
    def on_hub(self) -> bool:
        return self.hosts == HUB_HOST

    @property
    def fetched_whole(self) -> bool:
        """Whether one fetch brings all of it; the zoo's models are fetched one by one."""
        return not self.shipped and self.name != ZOO


@cache
def data() -> dict[str, Any]:
    """What catalog.toml says."""
    return tomllib.loads(Path(__file__).with_name("catalog.toml").read_text(encoding="utf-8"))


@cache
def _sets() -> dict[str, ModelSet]:
    return {row["name"]: ModelSet(**row) for row in data()["sets"]}


SETS = tuple(_sets())
"""The sets' names, in the order in which they are listed."""


def model_set(name: str) -> ModelSet:
    """What is known of a set as a whole. Raises UnknownModelError for a set that does not exist."""
    if name in SETS:
        return _sets()[name]
    raise UnknownModelError(f"No model set is called {name!r}{suggest(name, SETS)} Sets: {', '.join(SETS)}.")


def rows(set_name: str) -> tuple[ModelSpec, ...]:
    """The models of one set that catalog.toml spells out. Raises UnknownModelError for a set that does not exist."""
    found = model_set(set_name)
    read = _shipped_row if found.shipped else _hub_row if found.on_hub else _published_row
    return tuple(read(found, row) for row in data()[set_name])


def written() -> Iterator[ModelSpec]:
    """Every model that has a row in catalog.toml."""
    for name in SETS:
        if name != ZOO:
            yield from rows(name)


def default_order() -> tuple[str, ...]:
    """The sets that run when nobody names one: the first of which every file is on disk."""
    return tuple(data()["default"]["sets"])


def _shipped_row(found: ModelSet, row: Row) -> ModelSpec:
    """The newest <id>-<sha8>.pth beside the config; a row without one keeps a name that no folder holds."""
    name = row["id"]
    files = [path for path in (ROOT / found.folder).glob(f"{name}-*.pth") if digits(path.name)]
    newest = max(files, key=lambda path: (path.stat().st_mtime, path.name), default=None)
    file = newest.name if newest else f"{name}.pth"
    weights = Weights(file, digits(file), size=newest.stat().st_size if newest else None, licence=found.licence)
    return _spec(found, row, f"{found.folder}/{name}.py", weights)


def _published_row(found: ModelSet, row: Row) -> ModelSpec:
    megabytes = row.get("megabytes", row.get("parameters_mb", 0))
    weights = replace(published(found, f"{row['folder']}/{row['file']}"), size=int(1e6 * megabytes) or None)
    return _spec(found, row, row["config"], weights)


def _hub_row(found: ModelSet, row: Row) -> ModelSpec:
    repository = row["repository"]
    weights = repository_weights(repository, row.get("revision", ""))
    weights = replace(weights, size=int(1e6 * row["megabytes"]), licence=row["licence"])
    spec = _spec(found, row, repository, weights)
    return replace(spec, trained_by=row["trained_by"], backend=BACKEND, unverified=row["unverified"])


def _spec(found: ModelSet, row: Row, config: str, weights: Weights) -> ModelSpec:
    source = row.get("miou_source", "")
    reported = Reported(row.get("miou"), row.get("fps"), row.get("memory_gb"), row.get("parameters_mb"), source)
    known = (row["id"], row["title"], row["family"], found.name, config, weights, reported, row["paper"])
    return ModelSpec(*known, trained_by=found.trained_by, class_set=ADE20K)


def published(found: ModelSet, path: str) -> Weights:
    """A file of a set that is fetched, by its path below the hosts' folders."""
    file = path.rpartition("/")[2]
    licence = found.licence + (SEGFORMER_LICENCE if file.startswith("segformer") else "")
    hosts = data()["hosts"][found.hosts]
    return Weights(file, digits(file), tuple(host + path for host in hosts), licence=licence)


def digits(file: str) -> str:
    """The first eight hex digits of the SHA-256 that a file name ends in, or nothing."""
    match = re.search(r"-([0-9a-f]{8})\.[a-z]+$", file)
    return match[1] if match else ""
