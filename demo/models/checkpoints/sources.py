"""Where a checkpoint file may come from: URLs, folders, Hugging Face Hub repositories, each as one offer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from demo.models.checkpoints.conversion import HUB_FILES, hub_repository, stand_ins
from demo.models.checkpoints.hub_access import endpoint
from demo.schema import Weights

SUFFIXES = (".pth", ".pt", ".bin", ".safetensors")


class SourceFailed(Exception):  # noqa: N818  it is no user's error until every source has failed
    """This source did not deliver; the text says why, without naming it."""


@dataclass(frozen=True)
class Offer:
    """One place to try: a URL, or a file in a folder (None: the folder does not have it)."""

    source: str
    """As a person named it."""
    file: str
    """The name under which it is kept."""
    sha256: str
    """Expected; empty where nothing is known."""
    url: str = ""
    path: Path | None = None


def origin_of(part: Path) -> Path:
    """Beside a partial file of which no hash is known: its URL, and the mark by which that tells one version of it."""
    return part.with_name(f"{part.name}.from")


def offers(weights: Weights, named: Sequence[str] = ()) -> list[Offer]:
    """Each place to try: what somebody named (a URL, a folder, a Hub repository) then the file's own URLs."""
    own = [Offer(url, _kept_as(weights), weights.sha256, url=url) for url in weights.sources]
    return [_offer(weights, source) for source in named] + own


def _offer(weights: Weights, source: str) -> Offer:
    if re.match(r"https?://", source):
        url = (
            source
            if PurePosixPath(re.sub(r"[?#].*", "", source)).suffix in SUFFIXES
            else f"{source.rstrip('/')}/{weights.file}"
        )
        return Offer(source, _kept_as(weights), weights.sha256, url=url)
    if not Path(source).expanduser().exists() and re.fullmatch(r"[\w.-]+/[\w.-]+", source):
        return _hub_offer(weights, source)
    return _folder_offer(weights, source)


def _hub_offer(weights: Weights, repository: str) -> Offer:
    """A repository of NVIDIA's has its own file name, and no hash that the catalogue knows: the Hub states it."""
    if repository == hub_repository(weights):
        kept = f"{repository.partition('/')[2]}.bin"
        return Offer(repository, kept, "", url=f"{endpoint()}/{repository}/resolve/main/{HUB_FILES[0]}")
    url = f"{endpoint()}/{repository}/resolve/main/{weights.file}"
    return Offer(repository, _kept_as(weights), weights.sha256, url=url)


def _folder_offer(weights: Weights, source: str) -> Offer:
    """The folder or a folder in it, as `locate` looks; or the file itself."""
    place = Path(source).expanduser()
    if place.is_file():
        return Offer(source, _kept_as(weights), weights.sha256, path=place)
    for name in (weights.file, *stand_ins(weights)):
        for path in (place / name, *sorted(place.glob(f"*/{name}"))):
            if path.is_file():
                if name == weights.file:
                    return Offer(source, _kept_as(weights), weights.sha256, path=path)
                flat = path.name if path.name not in HUB_FILES else f"{path.parent.name}{path.suffix}"
                return Offer(source, flat, "", path=path)
    return Offer(source, _kept_as(weights), weights.sha256)


def _kept_as(weights: Weights) -> str:
    return PurePosixPath(weights.file.replace("\\", "/")).name
