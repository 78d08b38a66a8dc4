"""Names as somebody may type them: compared without case and underscores, and the nearest ones suggested."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def plain(name: str) -> str:
    """A name without what people spell differently: case, _ or -, the ending of a file."""
    return name.strip().casefold().replace("_", "-").removesuffix(".py").removesuffix(".pth")


def suggest(name: str, known: Sequence[str]) -> str:
    """ ": did you mean ...?", or a full stop when nothing is near."""
    close = difflib.get_close_matches(plain(name), known, n=3, cutoff=0.6)
    return f": did you mean {' or '.join(close)}?" if close else "."
