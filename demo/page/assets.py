"""The browser's part of the page: ES modules and styles in web/, and the components' own small scripts in scripts/."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

HERE = Path(__file__).parent
WEB = HERE / "web"
STYLES = ("viewer.css", "differ.css", "truth.css")
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Changed modules have another address."""


@cache
def modules() -> dict[str, bytes]:
    """The viewer's modules by their path in web/, without their tests; read once."""
    paths = sorted(path for path in WEB.rglob("*.js") if not path.name.endswith(".test.js"))
    return {path.relative_to(WEB).as_posix(): path.read_bytes() for path in paths}


@cache
def folder() -> str:
    """Where the modules are served, as seen from the page; named after what is in them."""
    digest = sha256(b"\0".join(name.encode() + b"\0" + text for name, text in modules().items()))
    return f"web/{digest.hexdigest()[:12]}"


def preload() -> str:
    """Links for the page's head, so that the modules come at once instead of one import after the other."""
    return "".join(f'<link rel="modulepreload" href="{folder()}/{name}">' for name in modules())


def routes() -> list[Route]:
    """The way to the modules; Gradio compresses what goes along it."""
    return [Route(f"/{folder()}/{{name:path}}", _module)]


async def _module(request: Request) -> Response:
    text = modules().get(request.path_params["name"])
    if text is None:
        return Response(status_code=404)
    return Response(text, media_type="text/javascript", headers=FOR_EVER)


@cache
def script(name: str) -> str:
    """A script by its name in scripts/: a component's, which runs as one function, or the page's."""
    return (HERE / "scripts" / f"{name}.js").read_text(encoding="utf-8")


@cache
def style() -> str:
    return "\n".join((WEB / "css" / name).read_text(encoding="utf-8") for name in STYLES)
