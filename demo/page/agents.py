"""The page's tools for agents, by the Model Context Protocol: they call the page's endpoints, and answer in words.

Needs the package mcp (requirements-mcp.txt).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import httpx
from mcp.server import Server, ServerRequestContext
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ImageContent,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

import demo
from demo.errors import DemoError
from demo.page import api
from demo.page.agent_words import of_compare, of_pixel, of_regions, of_segment

PATH = "/mcp"
UPLOAD = "/gradio_api/upload"
INSTRUCTIONS = (
    f"Send a photo to {UPLOAD} of this server, as the field `files` of a form (curl -F files=@photo.jpg ...): the "
    "answer is a list of one path, which is the `photo` of every tool. Then ask `regions` where networks dispute "
    "and where not to rely on their labels, and `pixel` what each says of one place."
)
WANTED = f"a path that an upload to {UPLOAD} was answered with, or the file itself as data:image/...;base64,..."
_PHOTO = {"type": "string", "description": f"The photo: {WANTED}"}
_MODELS = {
    "type": "string",
    "default": "",
    "description": "A set (compact) or ids with commas (fcn-compact,setr-compact); the default set if empty.",
}
_AT = {"type": "integer", "minimum": 0}
_ASKED = {"photo": _PHOTO, "models": _MODELS}


@dataclass(frozen=True)
class _Told:
    """An endpoint as a tool: what it is asked, and its answer in words; None where it is a picture."""

    endpoint: Callable[..., Any]
    words: Callable[[Any], str] | None
    asked: dict[str, Any]


TOOLS = {
    "segment": _Told(api.segment, of_segment, _ASKED),
    "compare": _Told(api.compare, of_compare, _ASKED),
    "pixel": _Told(api.pixel, of_pixel, {**_ASKED, "x": _AT, "y": _AT}),
    "regions": _Told(api.regions, of_regions, _ASKED),
    "figure": _Told(api.figure, None, _ASKED),
}


def mounted(
    app: Callable[[], ASGIApp], most: int
) -> tuple[list[BaseRoute], Callable[[Starlette], AbstractAsyncContextManager[Any]]]:
    """The way /mcp and the lifespan it needs, for the page that `app` gives once it is served.

    `most` is how many bytes a request may have.
    """

    async def list_tools(ctx: ServerRequestContext, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_described(name, told) for name, told in TOOLS.items()])

    async def call_tool(ctx: ServerRequestContext, params: CallToolRequestParams) -> CallToolResult:
        client = getattr(ctx.request, "client", None)
        try:
            content = await _answer(app(), client, params.name, params.arguments or {})
        except DemoError as error:
            return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True)
        return CallToolResult(content=[content])

    server = Server(
        "Segmentation Zoo",
        version=demo.__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    inner = server.streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=most,
        # as public as the page's own endpoints, whatever name a proxy gives it
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )
    return [*inner.routes], inner.router.lifespan_context


def _described(name: str, told: _Told) -> Tool:
    required = [argument for argument in told.asked if argument != "models"]
    return Tool(
        name=name,
        description=(told.endpoint.__doc__ or "").split("\n")[0],
        input_schema={"type": "object", "properties": told.asked, "required": required},
        annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


async def _answer(
    app: ASGIApp, client: tuple[str, int] | None, name: str, given: dict[str, Any]
) -> TextContent | ImageContent:
    """What a tool answers, through the line in which the page's visitors wait. Raises DemoError."""
    told = TOOLS.get(name)
    if told is None:
        raise DemoError(f"There is no tool {name}; there are {', '.join(TOOLS)}.")
    caller = ("127.0.0.1", 0) if client is None else (client[0], client[1])
    # within this process: no proxy, no port, and the caller's own place in the line
    transport = httpx.ASGITransport(app, client=caller)
    async with httpx.AsyncClient(transport=transport, base_url="http://page", timeout=None) as page:
        photo = await _photo(page, given.get("photo"))
        data = [photo, given.get("models") or "", *(given.get(key) for key in told.asked if key in ("x", "y"))]
        found = await _called(page, name, data)
        if told.words:
            return TextContent(type="text", text=told.words(found))
        picture = await page.get(f"/gradio_api/file={found['path']}")
        return ImageContent(type="image", data=base64.b64encode(picture.content).decode(), mime_type="image/png")


async def _photo(page: httpx.AsyncClient, given: object) -> dict[str, Any]:
    """The photo as an endpoint takes it; one that comes with the call is uploaded."""
    path = given
    if isinstance(given, str) and given.startswith("data:"):
        try:
            content = base64.b64decode(given.partition(",")[2], validate=True)
        except binascii.Error as error:
            raise DemoError("The photo's data: should be base64, but is not; encode the file's bytes anew.") from error
        sent = await page.post(UPLOAD, files={"files": ("photo", content)})
        if sent.status_code != 200:
            raise DemoError(f"The photo was not taken: {sent.text.strip()}")
        (path,) = sent.json()
    if not isinstance(path, str) or "://" in path:
        raise DemoError(f"photo should be {WANTED}, but is {str(given)[:80]!r}; nothing is fetched from elsewhere.")
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


async def _called(page: httpx.AsyncClient, name: str, data: list[Any]) -> Any:
    """The one answer of an endpoint. Raises DemoError with its sentence."""
    asked = await page.post(f"/gradio_api/call/{name}", json={"data": data})
    if asked.status_code != 200:
        raise DemoError(str(asked.json().get("detail", "The call was not taken; ask again.")))
    stream = (await page.get(f"/gradio_api/call/{name}/{asked.json()['event_id']}")).text
    event, _, told = stream.rpartition("event: ")[2].partition("\ndata: ")
    answer = json.loads(told or "null")
    if event == "complete":
        return answer[0]
    raise DemoError((answer or {}).get("error") or "The call was cut off; ask again.")
