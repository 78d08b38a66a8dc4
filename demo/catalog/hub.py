"""Networks of the Hugging Face Hub, written hf:org/name, hf:org/name@revision or hf:./folder, and their files.

The files of a repository lie as every program of the Hub keeps them: under HF_HUB_CACHE, else $HF_HOME/hub, in
models--org--name/snapshots/<commit>. Nothing of the Hub's packages is imported to name them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote

from demo.errors import UnknownModelError
from demo.schema import Family, ModelSpec, Weights

HUB = "https://huggingface.co"
PREFIX = "hf:"
HUB_NAMES = "hf:org/name"
BACKEND = "transformers"
_REPOSITORY = re.compile(r"([\w.-]{1,96}/[\w.-]{1,96})(?:@(\w[\w.-]{,99}(?:/\w[\w.-]{,99}){,9}))?")
_CONVOLUTIONAL = r"convnext|resnet|mobilenet|deeplab|regnet|efficientnet"


def is_hub_name(item: str) -> bool:
    """Whether a model's name is of the Hub."""
    return item.strip().startswith(PREFIX)


def hub_model(item: str) -> ModelSpec:
    """The row of a repository, or of a folder as one is downloaded. Raises UnknownModelError for what is neither."""
    named = item.strip().removeprefix(PREFIX)
    folder = Path(named).expanduser()
    if named and folder.is_dir():
        return _spec(folder.resolve().name, str(folder.resolve()), Weights(str(folder.resolve()), ""), folder)
    found = None if named.startswith((".", "/", "~")) else _REPOSITORY.fullmatch(named)
    if not found or ".." in named:
        raise UnknownModelError(
            f"{item.strip()!r} is neither a folder here nor a repository; write {HUB_NAMES}, {HUB_NAMES}@revision "
            "or hf:./folder."
        )
    repository, revision = found[1], found[2] or ""
    weights = repository_weights(repository, revision)
    return _spec(weights.file, repository, weights, snapshot(weights, hub_cache()))


def repository_weights(repository: str, revision: str = "") -> Weights:
    """What has to be on disk of a repository."""
    name = repository.partition("/")[2]
    source = f"{HUB}/{repository}/resolve/{quote(revision or 'main', safe='')}/config.json"
    return Weights(name, "", (source,), repository=repository, revision=revision)


def _spec(name: str, config: str, weights: Weights, folder: Path | None) -> ModelSpec:
    family = _family(name, folder)
    return ModelSpec(name, name, family, "own", config, weights, trained_by=_owner(weights), backend=BACKEND)


def _owner(weights: Weights) -> str:
    return weights.repository.partition("/")[0]


def _family(name: str, folder: Path | None) -> Family:
    """A CNN when the config, or without one the name, speaks of a convolutional backbone."""
    text = name
    if folder and (folder / "config.json").is_file():
        config = (folder / "config.json").read_text(encoding="utf-8", errors="replace")
        text = " ".join(re.findall(r'"(?:model_type|backbone)"\s*:\s*"([^"]*)"', config))
    return "cnn" if re.search(_CONVOLUTIONAL, text.lower()) else "transformer"


def hub_cache() -> Path:
    """Where the Hub's files lie on this machine."""
    if folder := os.environ.get("HF_HUB_CACHE"):
        return Path(folder).expanduser()
    base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface"
    return Path(os.environ.get("HF_HOME") or base).expanduser() / "hub"


def cached_repository(weights: Weights, cache: Path) -> Path:
    """The folder of a repository in a cache of the Hub's layout."""
    return cache / f"models--{weights.repository.replace('/', '--')}"


def snapshot(weights: Weights, cache: Path) -> Path | None:
    """The files of the repository's revision in a cache, or None; config.json, which comes last, says they all came."""
    place = cached_repository(weights, cache)
    commit = weights.revision or "main"
    note = place / "refs" / commit
    if note.is_file():
        commit = note.read_text(encoding="utf-8", errors="replace").strip()
    folder = place / "snapshots" / commit
    return folder if commit and (folder / "config.json").is_file() else None
