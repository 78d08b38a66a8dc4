"""What stands before Gradio: nothing is fetched for a visitor, no body is endless, and every answer has its headers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from demo.page.uploads import FULL, room

CLOSED: Final = re.compile(r"/gradio_api/(?:proxy=|deep_link|process_recording|vibe-|file=\w[\w+.-]*:/)")
"""Ways of Gradio's that lead to other machines or run other programs; the page uses none of them."""
# /run/predict is the page's own way for events that wait in no queue
_CALL: Final = re.compile(r"/gradio_api/(?:call/v2|call|run|api)/(?!predict/?$)([^/]+)/?$")
_HEAR: Final = re.compile(r"/gradio_api/call/(?:v2/)?[^/]+/([^/]+)/?$")
_OWN: Final = "'self' data: blob:"
_HUGGING_FACE: Final = "https://huggingface.co https://*.hf.space"


def policy(space: bool) -> str:
    """The Content-Security-Policy: scripts, pictures and requests of the page's own server alone.

    Gradio writes scripts into its page and makes functions of strings, so both must be allowed. A Space is shown
    inside another page.
    """
    other = f" {_HUGGING_FACE}" if space else ""
    return "; ".join(
        (
            f"default-src {_OWN}",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            f"img-src {_OWN}{other}",
            f"connect-src {_OWN}{other}",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            f"frame-ancestors 'self'{other}",
        )
    )


def headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": policy("SPACE_ID" in os.environ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    }


class _TooLong(Exception):  # noqa: N818
    """A body went beyond what is read."""


class Guard:
    """ASGI middleware: `headers()` on every answer; sentences for what is closed, unknown or too long.

    `endpoints` tells the names that may be called, `knows` of an event's number whether its answer is still to be
    heard; `most` is how many bytes a body may have, `most_uploaded` an upload.
    """

    def __init__(
        self,
        app: ASGIApp,
        endpoints: Callable[[], Collection[str]],
        knows: Callable[[str], bool],
        most: int,
        most_uploaded: int,
    ) -> None:
        self._app, self._endpoints, self._knows, self._headers = app, endpoints, knows, headers()
        self._most, self._most_uploaded = most, most_uploaded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        upload = scope["method"] == "POST" and path.startswith("/gradio_api/upload")
        most = self._most_uploaded if upload else self._most
        come, started = 0, False

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > most:
                raise _TooLong
            return message

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                found = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    found[name] = value
            await send(message)

        async def unless_too_long(message: Message) -> None:
            """What Gradio says of a body that it was not given to the end, is not the reason."""
            if come <= most or started:
                await answer(message)

        if CLOSED.match(path):
            await _refuse(answer, 403, "This page fetches nothing from elsewhere; upload the file itself.")
            return
        if (call := _CALL.match(path)) and scope["method"] == "POST" and call[1] not in (known := self._endpoints()):
            names = ", ".join(f"/{name}" for name in known)
            await _refuse(answer, 404, f"There is no endpoint /{call[1]}; there are {names}.")
            return
        if (heard := _HEAR.match(path)) and scope["method"] == "GET" and not self._knows(heard[1]):
            await _refuse(answer, 404, "There is no such event, or its answer was heard already; ask again.")
            return
        if upload and not room():
            await _refuse(answer, 507, FULL)
            return
        try:
            with suppress(_TooLong, ClientDisconnect):  # nobody hears more of what was broken off
                await self._app(scope, counted, unless_too_long)
        except TypeError:  # Gradio's way of meeting a text where it looks for a file
            if not upload or started:
                raise
            await _refuse(
                answer, 400, "An upload wants files in a form, each under the name “files” and with a file name."
            )
        if come > most and not started:
            words = f"A request may have at most {most / 1e6:.0f} MB; "
            words += "upload files one by one." if upload else "upload the file and name it instead."
            await _refuse(answer, 413, words)


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"detail": sentence}).encode()
    fields = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
