"""What could not be fetched, in one sentence, and what each home said, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from demo.errors import FetchError
from demo.schema import Weights

Failure = tuple[Weights, FetchError]


def sentence(failures: Sequence[Failure], where: str) -> str:
    """Files, sizes, and where to put them by hand; `where` is a folder in words that the reader may see.

    >>> sentence([(Weights("net.pth", "", size=237_000_000), FetchError("gone"))], "checkpoints/")
    'No home delivered net.pth (237 MB); by hand, put it into checkpoints/ under that name.'
    >>> sentence([(Weights("net", "", repository="org/net"), FetchError("gone"))], "checkpoints/")
    'The Hub did not deliver org/net; a folder with its files, got elsewhere, is a model too: hf:./folder.'
    """
    files = [weights for weights, _ in failures if not weights.repository]
    repositories = [weights for weights, _ in failures if weights.repository]
    said = []
    if files:
        it, names = ("it", "that name") if len(files) == 1 else ("them", "these names")
        named = ", ".join(map(_file, files))
        said.append(f"No home delivered {named}; by hand, put {it} into {where} under {names}.")
    if repositories:
        named = ", ".join(map(_repository, repositories))
        said.append(f"The Hub did not deliver {named}; a folder with its files, got elsewhere, is a model too: hf:./folder.")
    return " ".join(said)


def lines(failures: Sequence[Failure]) -> list[str]:
    """Each home and what it said, once for all the files of which it said the same.

    >>> lines([(Weights("a.pth", ""), FetchError("", [("https://example.org/a.pth", "it refused the connection")]))])
    ['example.org: it refused the connection']
    >>> lines([(Weights("a", "", repository="org/a"), FetchError("", [("https://example.org", "it is gated")]))])
    ['example.org, org/a: it is gated']
    """
    said = dict.fromkeys(
        f"{', '.join(filter(None, (urlsplit(source).hostname or source, _repository(weights))))}: {why}"
        for weights, error in failures
        for source, why in error.tried
    )
    return list(said)


def _repository(weights: Weights) -> str:
    return "@".join(filter(None, (weights.repository, weights.revision)))


def _file(weights: Weights) -> str:
    name = Path(weights.file).name
    return f"{name} ({weights.size / 1e6:.0f} MB)" if weights.size else name
