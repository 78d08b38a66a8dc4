"""The base of every reply's type."""

from __future__ import annotations

from pydantic import ConfigDict
from typing_extensions import TypedDict


class Exact(TypedDict):
    """Nothing may be in a reply that its type does not name."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]  # pydantic reads it there
