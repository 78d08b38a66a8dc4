"""The browser's part of the page: ES modules and styles in web/, and the components' own small scripts in scripts/."""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HERE = Path(__file__).parent
WEB = HERE / "web"
STYLES = ("viewer.css", "visit.css", "differ.css", "truth.css")
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Changed modules have another address."""
SMALL = 600
"""Bytes below which nothing is compressed."""


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


class FirstScript:
    """ASGI middleware that lets a script of scripts/ run before any of Gradio's, which adds its `head` only afterwards.

    A script has no effect on what has been read before it, such as the browser's language.
    """

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app, self._script = app, f"<head><script>{script(name)}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path not in ("", "/"):
            await self._app(scope, receive, send)
            return
        begun: list[Message] = []
        body = b""

        async def pass_on(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = body.replace(b"<head>", self._script, 1)
            headers = MutableHeaders(scope=begun[0])
            if "content-length" in headers:
                headers["content-length"] = str(len(body))
            await send(begun[0])
            await send({"type": "http.response.body", "body": body})

        await self._app(scope, receive, pass_on)


class Compressed:
    """ASGI middleware: pages and JSON go gzipped to whoever takes that. Streams of events and files go as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        begun: list[Message] = []
        body = b""

        async def pass_on(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start" and _compressible(message):
                begun.append(message)
            elif message["type"] == "http.response.body" and begun:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    packed = _compress(begun[0], body)
                    await send(begun[0])
                    await send({"type": "http.response.body", "body": packed})
            else:
                await send(message)

        await self._app(scope, receive, pass_on)


def _compressible(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "").split(";")[0]
    return kind in ("text/html", "application/json") and "content-encoding" not in headers


def _compress(start: Message, body: bytes) -> bytes:
    """The body as it goes out, and what its headers say of it; on a small one nothing would be saved."""
    headers = MutableHeaders(raw=start["headers"])
    headers.add_vary_header("Accept-Encoding")
    if len(body) >= SMALL:
        body = gzip.compress(body, 6)
        headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(body))
    start["headers"] = headers.raw
    return body


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
