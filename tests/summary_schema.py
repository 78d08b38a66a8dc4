"""The JSON Schema of summary.json, and its keys as a table, from the shapes in demo/summary.py."""

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from demo.summary import PARTY_KEYS, SHAPES, Summary


def schema() -> dict[str, Any]:
    """As Draft 2020-12."""
    for shape in SHAPES:
        shape.__pydantic_config__ = {"use_attribute_docstrings": True}
    found = TypeAdapter(Summary).json_schema()
    for key, words in PARTY_KEYS.items():
        found["$defs"]["Party"]["properties"][key]["description"] = words
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | found | {"title": "summary.json"}


def keys(node: dict[str, Any] | None = None, root: dict[str, Any] | None = None, before: str = "") -> Iterator[Any]:
    """(path, kind, what it is) of every key, those of lists written models[].id."""
    root = root or schema()
    node = node or root
    for name, value in node["properties"].items():
        path = f"{before}{name}"
        yield path, kind(value), value.get("description", "")
        for inner in objects(value):
            listed = "[]" if value.get("type") == "array" else ""
            yield from keys(root["$defs"][inner], root, f"{path}{listed}.")


def kind(value: dict[str, Any]) -> str:
    """The type in words."""
    if "anyOf" in value:
        return " or ".join(kind(one) for one in value["anyOf"])
    if "$ref" in value:
        return "object"
    if value.get("type") == "array":
        return f"list of {kind(value['items'])}s"
    if "additionalProperties" in value:
        return f"object of {kind(value['additionalProperties'])}"
    return {"integer": "whole number"}.get(value["type"], value["type"])


def objects(value: dict[str, Any]) -> Iterator[str]:
    """Names of the definitions that a value may hold."""
    if "$ref" in value:
        yield value["$ref"].rpartition("/")[2]
    for inner in (*value.get("anyOf", ()), value.get("items")):
        if inner:
            yield from objects(inner)
