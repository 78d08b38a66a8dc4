"""The browser's part of the page: viewer/*.js in the order of their names as one script, and STYLES."""

from __future__ import annotations

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
STYLES = ("viewer.css", "differ.css", "truth.css")


@cache
def viewer_script() -> str:
    """The body of the viewer component's script; its files share one scope."""
    parts = [path.read_text(encoding="utf-8") for path in sorted((HERE / "viewer").glob("*.js"))]
    return '"use strict";\n' + "\n".join(parts)


@cache
def script(name: str) -> str:
    """A script of its own, by its name in scripts/: a small component's, or the page's."""
    return (HERE / "scripts" / f"{name}.js").read_text(encoding="utf-8")


@cache
def style() -> str:
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in STYLES)
