"""Figures on their way to the browser: drawn one at a time, named after their photo, their content in a URL."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import TYPE_CHECKING

from demo.images import safe_stem

if TYPE_CHECKING:
    from demo.render.figures import Kind

TYPES: dict[Kind, str] = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
TURN = threading.Lock()
"""Held while a figure is drawn: each takes a core for a second or two."""


def as_file(photo: str, what: str, kind: Kind, content: bytes) -> dict[str, object]:
    """A figure's file name and its content as a URL."""
    url = f"data:{TYPES[kind]};base64,{b64encode(content).decode()}"
    return {"name": f"{safe_stem(photo)}-{what}.{kind}", "url": url}
