"""The browser's part of the page: ES modules and styles in web/, and the components' own small scripts in scripts/."""

from __future__ import annotations

import gzip
import json
import posixpath
import re
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HERE = Path(__file__).parent
WEB = HERE / "web"
STYLES = ("viewer.css", "visit.css", "differ.css", "why.css", "truth.css", "study.css", "what_if.css")
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""Changed modules have another address."""
SMALL = 600
"""Bytes below which nothing is compressed."""
IMPORT = re.compile(r'^(import (?:\{[^}]*\} from )?)"([^"]+)";', re.M)
"""The one way in which the modules import each other (tests/test_layers.py)."""


@cache
def modules() -> dict[str, str]:
    """The viewer's modules by their path in web/, without their tests; read once."""
    paths = sorted(path for path in WEB.rglob("*.js") if not path.name.endswith(".test.js"))
    return {path.relative_to(WEB).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@cache
def pack() -> list[tuple[str, str]]:
    """Each module's path in web/ and its text, after all that it imports, which it names by their paths in web/.

    They go to the browser in this one piece; scripts/modules.js makes modules of it that keep their names.
    """
    placed = {name: _placed(name, text) for name, text in modules().items()}
    order = TopologicalSorter({name: needs for name, (_, needs) in placed.items()}).static_order()
    return [(name, placed[name][0]) for name in order]


def _placed(name: str, text: str) -> tuple[str, list[str]]:
    """A module's text with the paths in web/ of what it imports, and these paths."""
    paths: list[str] = []

    def whole(found: re.Match[str]) -> str:
        paths.append(posixpath.normpath(posixpath.join(posixpath.dirname(name), found[2])))
        return f'{found[1]}"{paths[-1]}";'

    return IMPORT.sub(whole, text), paths


@cache
def place() -> str:
    """Where the modules are served, as seen from the page; named after what is in them."""
    digest = sha256(b"\0".join(f"{name}\0{text}".encode() for name, text in modules().items()))
    return f"web/{digest.hexdigest()[:12]}/modules.json"


def preload() -> str:
    """A link for the page's head, so that the modules come while Gradio still builds the page."""
    return f'<link rel="preload" as="fetch" crossorigin href="{place()}">'


def routes() -> list[Route]:
    """The way to the modules; Gradio compresses what goes along it."""
    return [Route(f"/{place()}", _modules)]


class Rewritten:
    """ASGI middleware that holds some answers back until they are whole, and sends them on changed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def wanted(self, scope: Scope) -> bool:
        """Whether the answers to such a request are looked at."""
        raise NotImplementedError

    def held(self, headers: Headers) -> bool:
        """Whether an answer that begins so is held back."""
        return True

    def changed(self, headers: MutableHeaders, body: bytes) -> bytes:
        """The body as it is sent, whose length is told; other headers may be changed as well."""
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.wanted(scope):
            await self._app(scope, receive, send)
            return
        begun: list[Message] = []
        body = bytearray()

        async def pass_on(message: Message) -> None:
            if message["type"] == "http.response.start" and self.held(Headers(raw=message["headers"])):
                begun.append(message)
            elif message["type"] == "http.response.body" and begun:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    headers = MutableHeaders(scope=begun[0])
                    sent = self.changed(headers, bytes(body))
                    headers["content-length"] = str(len(sent))
                    await send(begun[0])
                    await send({"type": "http.response.body", "body": sent})
            else:
                await send(message)

        await self._app(scope, receive, pass_on)


class FirstScript(Rewritten):
    """Lets a script of scripts/ run before any of Gradio's, which adds its `head` only afterwards.

    A script has no effect on what has been read before it, such as the browser's language.
    """

    def __init__(self, app: ASGIApp, name: str) -> None:
        super().__init__(app)
        self._script = f"<head><script>{script(name)}</script>".encode()

    def wanted(self, scope: Scope) -> bool:
        return scope.get("path", "").removeprefix(scope.get("root_path", "")) in ("", "/")

    def changed(self, headers: MutableHeaders, body: bytes) -> bytes:
        return body.replace(b"<head>", self._script, 1)


class Compressed(Rewritten):
    """Pages and JSON go gzipped to whoever takes that. Streams of events and files go as they are."""

    def wanted(self, scope: Scope) -> bool:
        return "gzip" in Headers(scope=scope).get("accept-encoding", "")

    def held(self, headers: Headers) -> bool:
        kind = headers.get("content-type", "").split(";")[0]
        return kind in ("text/html", "application/json") and "content-encoding" not in headers

    def changed(self, headers: MutableHeaders, body: bytes) -> bytes:
        headers.add_vary_header("Accept-Encoding")
        if len(body) < SMALL:
            return body
        headers["content-encoding"] = "gzip"
        return gzip.compress(body, 6)


async def _modules(request: Request) -> Response:
    return Response(json.dumps(pack()), media_type="application/json", headers=FOR_EVER)


@cache
def script(name: str) -> str:
    """A script by its name in scripts/: a component's, which runs as one function, or the page's."""
    return (HERE / "scripts" / f"{name}.js").read_text(encoding="utf-8")


@cache
def style(*names: str) -> str:
    """Styles by their names in web/css/; those of the page where none is named."""
    return "\n".join((WEB / "css" / name).read_text(encoding="utf-8") for name in names or STYLES)
