"""A client of the protocol's own package against the page: tools, words, pictures, sentences for mistakes."""

from __future__ import annotations

import asyncio
import base64
import re
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.page.build import build
from demo.page.serve import launch
from tests.toy import toy_ids, toy_zoo

mcp = pytest.importorskip("mcp", reason="mcp is not installed: requirements-mcp.txt has it")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CAT = ROOT / "examples" / "cat.png"
FIVE = toy_ids()


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    blocks = build(toy_zoo())
    yield launch(blocks, mcp=True)
    blocks.close()
    blocks.store.close()


@pytest.fixture(scope="module")
def cat(page: str) -> str:
    """The path that the uploaded cat has."""
    sent = httpx.post(f"{page}gradio_api/upload", files={"files": ("cat.png", CAT.read_bytes())}, trust_env=False)
    return str(sent.json()[0])


def call(page: str, name: str, **arguments: Any) -> Any:
    async def ask() -> Any:
        async with mcp.Client(f"{page}mcp") as client:
            return await client.call_tool(name, arguments)

    return asyncio.run(ask())


def words(page: str, name: str, **arguments: Any) -> str:
    """The one text of an answer."""
    found = call(page, name, **arguments)
    (content,) = found.content
    assert not found.is_error, content.text
    return str(content.text)


def fault(page: str, name: str, **arguments: Any) -> str:
    found = call(page, name, **arguments)
    (content,) = found.content
    assert found.is_error
    return str(content.text)


def test_the_tools_are_the_five_and_say_what_they_want(page: str) -> None:
    async def ask() -> Any:
        async with mcp.Client(f"{page}mcp") as client:
            return (await client.list_tools()).tools, client.instructions

    tools, instructions = asyncio.run(ask())
    assert [tool.name for tool in tools] == ["segment", "compare", "pixel", "regions", "figure"]
    for tool in tools:
        assert tool.description.endswith(".") and tool.annotations.read_only_hint
        assert tool.input_schema["properties"]["photo"]["description"].startswith("The photo: a path")
    assert next(tool for tool in tools if tool.name == "pixel").input_schema["required"] == ["photo", "x", "y"]
    assert "/gradio_api/upload" in instructions


def test_regions_are_told_in_words_and_where_not_to_rely_on_labels(page: str, cat: str) -> None:
    lines = words(page, "regions", photo=cat, models="compact").splitlines()
    assert lines[0].startswith("All five agree on ")
    assert re.search(r"do not rely on any label there|No region is disputed", lines[1])
    assert "may still be wrong together" in lines[1] and lines[2].startswith("Region 1, ")


def test_the_other_tools_answer_in_words_too(page: str, cat: str) -> None:
    assert words(page, "segment", photo=cat, models="compact").startswith("The photo is 451 pixels wide and 300 high.")
    assert f"{FIVE[0]} and {FIVE[1]} agree on " in words(page, "compare", photo=cat)
    assert words(page, "pixel", photo=cat, x=225, y=150).startswith("At x 225, y 150:\nFCN (fcn-compact) says ")


def test_a_figure_is_one_picture(page: str, cat: str) -> None:
    found = call(page, "figure", photo=cat, models=FIVE[0])
    (content,) = found.content
    assert content.mime_type == "image/png" and not found.is_error
    with PillowImage.open(BytesIO(base64.b64decode(content.data))) as picture:
        assert picture.format == "PNG" and min(picture.size) > 100


def test_a_photo_may_come_with_the_call(page: str) -> None:
    stream = BytesIO()
    PillowImage.fromarray(np.full((30, 40, 3), 90, np.uint8)).save(stream, "PNG")
    data = f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"
    assert words(page, "segment", photo=data, models=FIVE[0]).startswith("The photo is 40 pixels wide and 30 high.")


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("regions", {}, r"photo should be a path that an upload .* but is 'None'; nothing is fetched from elsewhere\."),
        ("regions", {"photo": "https://example.org/a.png"}, "nothing is fetched from elsewhere"),
        ("regions", {"photo": "data:image/png;base64,%%%"}, "should be base64, but is not"),
        ("regions", {"photo": "/etc/passwd"}, "photo to be a file that was uploaded here"),
        ("regions", {"photo": "data:image/png;base64,aGVsbG8="}, "photo"),
        ("segment", {"photo": None}, "photo should be a path"),
        ("pixel", {"photo": "CAT", "x": 9000, "y": 1}, r"x must be a whole number 0\.\.450"),
        ("pixel", {"photo": "CAT"}, "but got x=None, y=None"),
        ("segment", {"photo": "CAT", "models": "fnc-compact"}, "fcn-compact"),
        ("compare", {"photo": "CAT", "models": "fcn-compact"}, "Comparing wants two models or more"),
        ("train", {"photo": "CAT"}, "There is no tool train; there are segment, compare, pixel, regions, figure."),
    ],
)
def test_a_mistake_is_told_in_a_sentence(page: str, cat: str, name: str, arguments: Any, sentence: str) -> None:
    given = {key: cat if value == "CAT" else value for key, value in arguments.items()}
    told = fault(page, name, **given)
    assert re.search(sentence, told) and "Traceback" not in told and "\n" not in told


def test_the_tools_stand_behind_the_guard_and_are_there_for_any_name_of_the_server(page: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    head = {"Accept": "application/json, text/event-stream", "Host": "zoo.example.org"}
    reply = httpx.post(f"{page}mcp", json=body, headers=head, trust_env=False)
    assert reply.status_code == 200 and reply.headers["x-content-type-options"] == "nosniff"
    too_long = httpx.post(f"{page}mcp", content=b" " * 40_000_000, headers=head, trust_env=False, timeout=60)
    assert too_long.status_code == 413


def test_agents_wait_in_the_visitors_line(page: str, cat: str) -> None:
    """Fifty calls at once: each is answered, or told in words how many wait."""

    async def ask(client: Any) -> Any:
        return await client.call_tool("segment", {"photo": cat, "models": FIVE[0]})

    async def all_of_them() -> Any:
        async with mcp.Client(f"{page}mcp") as client:
            return await asyncio.gather(*(ask(client) for _ in range(50)))

    told = [found.content[0].text for found in asyncio.run(all_of_them())]
    assert all(text.startswith(("The photo is 451", "Busy: ")) for text in told)
    assert sum(text.startswith("The photo is 451") for text in told) >= 20


def test_the_program_of_the_guide_runs(page: str) -> None:
    (program,) = re.findall(r"```python agent\.py\n(.*?)```", (ROOT / "docs/api.md").read_text(encoding="utf-8"), re.S)
    program = program.replace("http://127.0.0.1:7860/", page)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "['segment', 'compare', 'pixel', 'regions', 'figure']" and lines[1].startswith(
        "All five agree on "
    )


def test_without_the_option_there_are_no_tools() -> None:
    blocks = build(toy_zoo())
    try:
        assert httpx.post(f"{launch(blocks)}mcp", json={}, trust_env=False).status_code in (404, 405)
    finally:
        blocks.close()
        blocks.store.close()
