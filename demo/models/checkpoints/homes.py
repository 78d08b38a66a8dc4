"""Which of the homes of checkpoint files answer: each is asked for the first bytes of one of its files."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from demo import catalog
from demo.errors import BackendError

WITHIN = 15.0
"""Seconds after which a home is said not to answer, whatever it is doing."""
START = 64
"""Bytes that tell a web page from a file."""


@dataclass(frozen=True)
class Home:
    """`url` is one of its files; `said` what came of asking for it, empty before."""

    host: str
    sets: tuple[str, ...]
    url: str
    answers: bool = False
    said: str = ""


def known_homes() -> tuple[Home, ...]:
    """Every host that the catalogue names, in the order in which they are tried."""
    found: dict[str, Home] = {}
    for name in catalog.SETS:
        try:
            specs = catalog.models(name)
        except BackendError:  # the zoo, without MMSegmentation
            continue
        for url in (url for spec in specs for url in spec.weights.sources):
            host = urlsplit(url).netloc
            first = found.setdefault(host, Home(host, (name,), url))
            if name not in first.sets:
                found[host] = Home(host, (*first.sets, name), first.url)
    return tuple(found.values())


def ask(homes: Sequence[Home], within: float = WITHIN) -> tuple[Home, ...]:
    """What each home says, all asked at once; never longer than `within` seconds."""
    said: dict[str, tuple[bool, str]] = {}
    threads = [threading.Thread(target=_ask, args=(home, said), name="ask", daemon=True) for home in homes]
    for thread in threads:
        thread.start()
    end = time.monotonic() + within
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    silent = (False, f"it did not answer within {within:g} s")
    return tuple(Home(home.host, home.sets, home.url, *said.get(home.host, silent)) for home in homes)


def _ask(home: Home, said: dict[str, tuple[bool, str]]) -> None:
    from demo.models.checkpoints.transfer import first_bytes

    try:
        said[home.host] = True, first_bytes(home.url, START)
    except Exception as error:  # a thread of its own: whatever it is, it is that home's answer
        said[home.host] = False, str(error)
