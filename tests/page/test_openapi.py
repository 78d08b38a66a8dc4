"""The document that describes the endpoints to programs: whole, of what there is, and what the page answers with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from demo.page.blocks import PageBlocks
from demo.page.build import build
from demo.page.openapi import PATH, described
from demo.page.serve import launch
from tests.toy import toy_zoo


@pytest.fixture(scope="module")
def blocks() -> Iterator[PageBlocks]:
    blocks = build(toy_zoo())
    yield blocks
    blocks.close()
    blocks.store.close()


@pytest.fixture(scope="module")
def document(blocks: PageBlocks) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(described(blocks)))
    return found


@pytest.mark.slow
def test_each_endpoint_is_asked_and_heard(blocks: PageBlocks, document: dict[str, Any]) -> None:
    for name in blocks.called():
        asked = document["paths"][f"/gradio_api/call/{name}"]["post"]
        data = asked["requestBody"]["content"]["application/json"]["schema"]["properties"]["data"]
        assert data["minItems"] == data["maxItems"] == len(data["prefixItems"]) >= 2 and asked["summary"].endswith(".")
        assert data["prefixItems"][0] == {"$ref": "#/components/schemas/File"}
        heard = document["paths"][f"/gradio_api/call/{name}/{{event_id}}"]["get"]
        event = heard["responses"]["200"]["content"]["text/event-stream"]["schema"]
        assert event["required"] == ["event", "data"] and "404" in heard["responses"]
    assert len(document["paths"]) == 2 + 2 * len(blocks.called())


def test_whatever_is_referred_to_is_there_and_names_are_unique(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names <= set(document["components"]["schemas"]) and "$defs" not in text
    assert {"Summary", "Compared", "Disputed", "Pixel", "DisputedRegion"} <= set(document["components"]["schemas"])
    ways = [way["operationId"] for path in document["paths"].values() for way in path.values()]
    assert len(set(ways)) == len(ways)


@pytest.mark.slow
def test_it_is_served_in_place_of_gradios(blocks: PageBlocks, document: dict[str, Any]) -> None:
    address = launch(blocks)
    served = httpx.get(f"{address}{PATH.lstrip('/')}", trust_env=False)
    assert served.json() == document and served.headers["content-type"] == "application/json"
