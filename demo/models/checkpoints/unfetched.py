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
    """
    named = ", ".join(_file(weights) for weights, _ in failures)
    it, names = ("it", "that name") if len(failures) == 1 else ("them", "these names")
    return f"No home delivered {named}; by hand, put {it} into {where} under {names}."


def lines(failures: Sequence[Failure]) -> list[str]:
    """Each home and what it said, once for all the files of which it said the same.

    >>> lines([(Weights("a.pth", ""), FetchError("", [("https://example.org/a.pth", "it refused the connection")]))])
    ['example.org: it refused the connection']
    """
    said = dict.fromkeys(
        f"{urlsplit(source).hostname or source}: {why}" for _, error in failures for source, why in error.tried
    )
    return list(said)


def _file(weights: Weights) -> str:
    name = Path(weights.file).name
    return f"{name} ({weights.size / 1e6:.0f} MB)" if weights.size else name
