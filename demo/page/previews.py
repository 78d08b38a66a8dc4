"""The chosen photo as its place on the page shows it: made small, where Gradio would send the whole file back."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from demo.errors import DemoError
from demo.page.components import is_uploaded
from demo.page.store import Store
from demo.page.wire import within
from demo.render.encode import jpeg, shrink

SIDE = 576
"""Long side in pixels: twice that of the photo's place on the page."""
SMALL = 100_000
"""Bytes up to which a file goes as it is."""
FILE = "/gradio_api/file="
ABOUT = {"Cache-Control": "private, max-age=3600", "Vary": "Sec-Fetch-Dest, Accept"}


class Previews:
    """ASGI middleware: who wants an uploaded file as a picture on a page gets a small one.

    Browsers say so (Sec-Fetch-Dest: image), over plain http by what they accept. Who fetches the file itself gets it.
    """

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self._app, self._store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _wanted(scope)
        small = await run_in_threadpool(self._small, path) if path else None
        if small is None:
            await self._app(scope, receive, send)
        else:
            await Response(small, media_type="image/jpeg", headers=ABOUT)(scope, receive, send)

    def _small(self, path: Path) -> bytes | None:
        """The small picture; None where the file is small itself, no upload, or no photo."""
        try:
            if not is_uploaded(str(path)) or path.stat().st_size <= SMALL:
                return None
            image = self._store.open(path).image
        except (DemoError, OSError, ValueError):  # what is wrong with it, the page says elsewhere
            return None
        return jpeg(shrink(image, within(image.shape[:2], SIDE)), 80)


def _wanted(scope: Scope) -> Path | None:
    """The file that is asked for as a picture."""
    if scope["type"] != "http" or scope["method"] != "GET" or not _as_picture(Headers(scope=scope)):
        return None
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    return Path(unquote(path[len(FILE) :])) if path.startswith(FILE) else None


def _as_picture(headers: Headers) -> bool:
    said = headers.get("sec-fetch-dest")
    return said == "image" if said else headers.get("accept", "").startswith("image/")
