"""How the Hugging Face Hub is reached: HF_ENDPOINT, HF_TOKEN, offline; each read when it is wanted."""

from __future__ import annotations

import os
from pathlib import Path

from demo.catalog.hub import HUB, hub_cache


def endpoint() -> str:
    """The Hub, or the mirror of it that HF_ENDPOINT names."""
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


def is_offline() -> bool:
    """Whether the environment forbids to ask the Hub."""
    return any(
        os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE")
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    )


def token() -> str:
    """HF_TOKEN, else what `hf auth login` has kept; empty without either."""
    if found := os.environ.get("HF_TOKEN", "").strip():
        return found
    place = Path(os.environ.get("HF_TOKEN_PATH") or hub_cache().parent / "token").expanduser()
    try:
        return place.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        return ""


def authorization(url: str) -> dict[str, str]:
    """The header that shows the token, to the Hub alone."""
    known = token() if url.startswith(f"{endpoint()}/") else ""
    return {"Authorization": f"Bearer {known}"} if known else {}
