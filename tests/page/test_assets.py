"""The browser's scripts parse, and the modules come as they are: compressed, for ever, and without their tests."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.routes import App
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from demo.page import assets
from demo.page.assets import HERE, Compressed, modules, pack, place, preload, routes, script
from demo.page.serve import mended_stream

NODE = shutil.which("node")
SCRIPTS = sorted(path.stem for path in (HERE / "scripts").glob("*.js"))


@pytest.mark.skipif(NODE is None, reason="node is not installed here")
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_parses(name: str, tmp_path: Path) -> None:
    """As Gradio runs it: inside one function."""
    file = tmp_path / "script.cjs"
    file.write_text(f"async function run() {{\n{script(name)}\n}}\n", encoding="utf-8")
    assert NODE
    done = subprocess.run([NODE, "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def served() -> TestClient:
    return TestClient(App.create_app(gr.Blocks(), app_kwargs={"routes": routes()}))


def test_the_modules_are_served_in_one_piece_compressed_and_for_ever(served: TestClient) -> None:
    reply = served.get(f"/{place()}", headers={"Accept-Encoding": "gzip"})
    assert dict(reply.json()) == dict(pack()) and set(dict(pack())) == set(modules())
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-encoding"] == "gzip"
    assert "immutable" in reply.headers["cache-control"]


def test_a_module_comes_after_those_that_it_imports_and_keeps_its_lines() -> None:
    """So each can be made as soon as it is read, and the browser's tools show the lines that the files have."""
    come: set[str] = set()
    for name, text in pack():
        imported = re.findall(r'^(?:import|\} from) .*?"([^"]+)";', text, re.M)
        assert set(imported) <= come, name
        lines = zip(text.splitlines(), modules()[name].splitlines(), strict=True)
        assert all(one == other or '"' in one for one, other in lines)
        come.add(name)
    assert name == "main.js"


@pytest.mark.parametrize("name", ["main.js", "nothing.js", "../assets.py", "%2e%2e/assets.py", "wire.d.ts"])
def test_nothing_else_is_served_there(served: TestClient, name: str) -> None:
    assert served.get(f"/{place().removesuffix('modules.json')}{name}").status_code == 404


def test_a_changed_module_has_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    before = place()
    monkeypatch.setattr(assets, "modules", lambda: modules() | {"main.js": "changed"})
    assert place.__wrapped__() != before


def test_the_modules_are_asked_for_at_once() -> None:
    assert preload().count("<link") == 1 and f'href="{place()}"' in preload()


def test_the_event_stream_is_mended_in_the_gradio_that_is_pinned_and_in_no_other() -> None:
    pinned = re.search(r"^gradio==(.+)$", (Path(__file__).parents[2] / "requirements.txt").read_text(), re.M)
    assert pinned and mended_stream(pinned[1]).startswith("<script>")
    assert mended_stream("6.32.0") == mended_stream("7.0.0") == mended_stream("6.3.0") == ""


def compressed(kind: str, body: bytes, accepted: str = "gzip", **headers: str) -> Any:
    """What comes of a reply of so many bytes and that kind."""

    async def reply(request: Request) -> Response:
        return Response(body, media_type=kind, headers=headers)

    app = Starlette(routes=[Route("/", reply)], middleware=[Middleware(Compressed)])
    return TestClient(app).get("/", headers={"Accept-Encoding": accepted})


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_pages_and_json_go_compressed(kind: str) -> None:
    body = b"a long page " * 1000
    reply = compressed(kind, body)
    assert reply.headers["content-encoding"] == "gzip" and reply.content == body
    assert int(reply.headers["content-length"]) < len(body) / 10 and reply.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in compressed(kind, body, "identity").headers
    assert "content-encoding" not in compressed(kind, b"short").headers


def test_events_files_and_what_is_compressed_already_go_as_they_are() -> None:
    body = b"a long page " * 1000
    for kind in ("text/event-stream", "image/png", "application/zip"):
        assert "content-encoding" not in compressed(kind, body).headers
    again = gzip.compress(body)
    assert compressed("text/html", again, **{"content-encoding": "gzip"}).content == body
