"""The endpoints for programs as an OpenAPI 3.1 document: what each takes, what it answers, how it says no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import gradio as gr
from pydantic import TypeAdapter
from starlette.responses import JSONResponse
from starlette.routing import Route

import demo
from demo.page.api import Answered
from demo.page.components import PhotoInput

if TYPE_CHECKING:
    from demo.page.blocks import PageBlocks

Json: TypeAlias = dict[str, Any]
PATH = "/gradio_api/openapi.json"
"""Where Gradio would tell a document of its own, which describes no answer but an event's number."""
_SCHEMAS = "#/components/schemas/"
_FILE = {
    "type": "object",
    "description": "A file that was uploaded: `path` is what the upload was answered with.",
    "properties": {
        "path": {"type": "string"},
        "meta": {"type": "object", "properties": {"_type": {"const": "gradio.FileData"}}, "required": ["_type"]},
    },
    "required": ["path", "meta"],
}
_SAID = {"type": "object", "properties": {"detail": {}}, "required": ["detail"]}
_HEALTH = {
    "type": "object",
    "properties": {
        "status": {"enum": ["ok", "loading"]},
        "version": {"type": "string"},
        "loaded": {"type": "array", "items": {"type": "string"}},
        "waiting": {"type": "integer", "minimum": 0},
    },
    "required": ["status", "version", "loaded", "waiting"],
}


def openapi(blocks: PageBlocks) -> Route:
    """The way to the document."""
    return Route(PATH, lambda request: JSONResponse(described(blocks)))


def described(blocks: PageBlocks) -> dict[str, Any]:
    """The document."""
    schemas: dict[str, Any] = {"File": _FILE, "Said": _SAID, "Health": _HEALTH}
    paths: dict[str, Any] = {
        "/health": {"get": _way("health", "Whether the page is well, what is loaded, and who waits.", _json("Health"))},
        "/gradio_api/upload": {"post": _upload()},
    }
    for fn in blocks.fns.values():
        if fn.api_visibility != "public" or not fn.api_name:
            continue
        answer = _answer(fn.outputs[0], schemas)
        paths[f"/gradio_api/call/{fn.api_name}"] = {"post": _ask(fn)}
        paths[f"/gradio_api/call/{fn.api_name}/{{event_id}}"] = {"get": _hear(fn, answer)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Segmentation Zoo", "version": demo.__version__, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _answer(output: Any, schemas: dict[str, Any]) -> str:
    """The name of the schema of an endpoint's answer, which is put among `schemas` with all that it names."""
    if not isinstance(output, Answered):
        return "File"
    found = TypeAdapter(output.shape).json_schema(ref_template=f"{_SCHEMAS}{{model}}")
    schemas.update(found.pop("$defs", {}))
    schemas[found["title"]] = found
    return str(found["title"])


def _upload() -> Json:
    files = {
        "type": "array",
        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
        "minItems": 1,
    }
    form = {"type": "object", "properties": {"files": files}, "required": ["files"]}
    answer = {"type": "array", "items": {"type": "string"}}
    found = _way("upload", "Upload photos; the answer is their paths.", {"application/json": {"schema": answer}})
    found["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    plain = {"text/plain": {"schema": {"type": "string"}}}
    found["responses"]["400"] = {"description": "No form with files.", "content": _json("Said") | plain}
    found["responses"]["413"] = {"description": "A file is too large.", "content": _json("Said") | plain}
    found["responses"]["507"] = {"description": "The disk is full.", "content": _json("Said")}
    return found


def _ask(fn: Any) -> Json:
    event = {"type": "object", "properties": {"event_id": {"type": "string"}}, "required": ["event_id"]}
    found = _way(f"ask_{fn.api_name}", fn.api_description, {"application/json": {"schema": event}})
    data = {
        "type": "array",
        "description": ", ".join(block.label for block in fn.inputs),
        "prefixItems": [_value(block) for block in fn.inputs],
        "minItems": len(fn.inputs),
        "maxItems": len(fn.inputs),
    }
    body = {"type": "object", "properties": {"data": data}, "required": ["data"]}
    found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    for status, why in (
        ("400", "No JSON."),
        ("404", "No such endpoint."),
        ("413", "The request is too long."),
        ("422", "No such body."),
    ):
        found["responses"][status] = {"description": why, "content": _json("Said")}
    return found


def _hear(fn: Any, answer: str) -> Json:
    told = (
        f"The line's events while the call waits, then `event: complete` and `data:` with a list of one {answer}, or "
        "`event: error` and `data:` with an object whose `error` is a sentence."
    )
    parts = {"event": {"type": "string"}, "data": {"type": "string"}}
    one = {"type": "object", "description": told, "properties": parts, "required": [*parts]}
    stream = {"text/event-stream": {"schema": one}}
    found = _way(f"hear_{fn.api_name}", f"The answer of {fn.api_name}: a stream that ends with it.", stream)
    found["parameters"] = [{"name": "event_id", "in": "path", "required": True, "schema": {"type": "string"}}]
    found["responses"]["404"] = {"description": "No such event, or its answer was heard.", "content": _json("Said")}
    return found


def _value(block: Any) -> Json:
    if isinstance(block, PhotoInput):
        return {"$ref": f"{_SCHEMAS}File"}
    return {"type": "integer", "minimum": 0} if isinstance(block, gr.Number) else {"type": "string"}


def _way(name: str, summary: str, content: Json) -> Json:
    return {"operationId": name, "summary": summary, "responses": {"200": {"description": "Done.", "content": content}}}


def _json(schema: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"{_SCHEMAS}{schema}"}}}
