"""The replies' types as TypeScript declares them: python -m demo.page.declarations writes web/wire.d.ts anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from demo.page.assets import WEB
from demo.page.replies import REPLIES

FILE = WEB / "wire.d.ts"
HEAD = "// What the server sends. Written by python -m demo.page.declarations from demo/page/replies.py and view.py.\n"
WORDS = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

Schema = dict[str, Any]


def declarations() -> str:
    """The text of the file, an interface for each type by name."""
    found: dict[str, Schema] = {}
    for name, kind in REPLIES.items():
        schema = TypeAdapter(kind).json_schema(mode="serialization")
        found |= schema.pop("$defs", {}) | {name: schema}
    return HEAD + "".join(f"\n{_interface(name, found[name])}" for name in sorted(found))


def _interface(name: str, schema: Schema) -> str:
    lines = [f"  {key}: {_type(value)};" for key, value in schema["properties"].items()]  # nothing is left out
    return "\n".join([*_comment(schema), f"export interface {name} {{", *lines, "}", ""])


def _comment(schema: Schema) -> Iterator[str]:
    """The first paragraph of the type's own docstring, where it has one and goes on a line."""
    text = " ".join(schema.get("description", "").split("\n\n")[0].split())
    if 0 < len(text) < 110:
        yield f"/** {text} */"


def _type(schema: Schema) -> str:
    match schema:
        case {"$ref": str(place)}:
            return place.rsplit("/", 1)[-1]
        case {"const": value}:
            return json.dumps(value)
        case {"enum": list(values)}:
            return " | ".join(json.dumps(value) for value in values)
        case {"anyOf": list(choices)}:
            return " | ".join(_type(choice) for choice in choices)
        case {"type": "array", "prefixItems": list(items)}:
            return f"[{', '.join(_type(item) for item in items)}]"
        case {"type": "array", "items": dict(item)}:
            inner = _type(item)
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case {"type": "object", "additionalProperties": dict(value)}:
            return f"Record<string, {_type(value)}>"
        case {"type": str(word)} if word in WORDS:
            return WORDS[word]
    raise ValueError(f"A type that wire.d.ts has no word for: {schema}. Add it to _type.")


if __name__ == "__main__":
    FILE.write_text(declarations(), encoding="utf-8")
