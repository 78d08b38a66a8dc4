"""What a stranger reaches: uploaded files and public endpoints, nothing else of this machine or of another."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from demo.page.build import build
from demo.page.guard import Guard, policy
from demo.page.serve import launch
from tests.toy import toy_zoo

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "cat.png"
FILE = {"meta": {"_type": "gradio.FileData"}}


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    blocks = build(toy_zoo())
    yield launch(blocks)
    blocks.close()
    blocks.store.close()


@pytest.fixture(scope="module")
def other() -> Iterator[tuple[str, list[str]]]:
    """Another server, and the paths that it was asked for."""
    asked: list[str] = []

    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(PHOTO.read_bytes())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def called(page: str, endpoint: str, data: list[Any]) -> dict[str, Any]:
    """The error that a call is answered with."""
    event = httpx.post(f"{page}gradio_api/call/{endpoint}", json={"data": data}).json()["event_id"]
    text = httpx.get(f"{page}gradio_api/call/{endpoint}/{event}", timeout=60).text
    error: dict[str, Any] = json.loads(text.rpartition("event: error\ndata: ")[2])
    return error


def uploaded(page: str, name: str, content: bytes) -> str:
    return str(httpx.post(f"{page}gradio_api/upload", files={"files": (name, content)}).json()[0])


@pytest.mark.parametrize(
    "path", ["/etc/passwd", str(ROOT / "README.md"), "../../etc/passwd", str(PHOTO), "/proc/self/environ"]
)
def test_no_file_of_the_server_is_read_for_a_caller(page: str, path: str) -> None:
    for endpoint in ("segment", "figure", "regions"):
        error = called(page, endpoint, [{"path": path, **FILE}, "compact"])["error"]
        assert f"/{endpoint} wants photo to be a file that was uploaded here" in error


@pytest.mark.parametrize("path", ["/etc/passwd", str(ROOT / "README.md"), str(ROOT / "demo/page/serve.py")])
def test_no_file_of_the_server_is_sent(page: str, path: str) -> None:
    for way in ("file=", "file/"):
        assert httpx.get(f"{page}gradio_api/{way}{path}").status_code in (403, 404)


def test_nothing_is_fetched_from_another_server(page: str, other: tuple[str, list[str]]) -> None:
    address, asked = other
    for name in (f"{address}/a.png", "http://example.org/a.png", "https:/example.org/a.png", "file:///etc/passwd"):
        error = called(page, "segment", [{"path": name, "url": f"{address}/b.png", **FILE}, "compact"])["error"]
        assert "a file that was uploaded here" in error
        for way in ("file=", "proxy="):
            reply = httpx.get(f"{page}gradio_api/{way}{name}")
            assert reply.status_code == 403 and "fetches nothing from elsewhere" in reply.json()["detail"]
    path = uploaded(page, "cat.png", PHOTO.read_bytes())
    event = httpx.post(
        f"{page}gradio_api/call/segment",
        json={"data": [{"path": path, "url": f"{address}/c.png", **FILE}, "fcn-compact"]},
    ).json()["event_id"]
    assert "event: complete" in httpx.get(f"{page}gradio_api/call/segment/{event}", timeout=60).text
    assert asked == []


def test_an_unknown_endpoint_is_told_and_no_call_passes_by_the_line(page: str) -> None:
    for way in ("call", "call/v2", "run", "api"):
        reply = httpx.post(f"{page}gradio_api/{way}/nothing", json={"data": []})
        assert reply.status_code == 404
        assert reply.json()["detail"].startswith("There is no endpoint /nothing; there are /segment, /compare,")
    assert httpx.post(f"{page}gradio_api/run/segment", json={"data": [None, ""]}).status_code == 404
    body = {"data": [], "fn_index": 9999, "session_hash": "a"}
    reply = httpx.post(f"{page}gradio_api/queue/join", json=body)
    assert reply.status_code == 400 and "load the page again" in reply.json()["detail"]


def test_an_answer_is_heard_once_and_an_unknown_one_is_told(page: str) -> None:
    path = uploaded(page, "cat.png", PHOTO.read_bytes())
    body = {"data": [{"path": path, **FILE}, "fcn-compact"]}
    event = httpx.post(f"{page}gradio_api/call/segment", json=body).json()["event_id"]
    assert "event: complete" in httpx.get(f"{page}gradio_api/call/segment/{event}", timeout=60).text
    for number in (event, "nothing"):
        reply = httpx.get(f"{page}gradio_api/call/segment/{number}", timeout=60)
        assert reply.status_code == 404 and "its answer was heard already; ask again" in reply.json()["detail"]


@pytest.mark.parametrize("way", ["deep_link", "process_recording", "vibe-edit", "vibe-code"])
def test_ways_of_gradios_that_the_page_does_not_use_are_closed(page: str, way: str) -> None:
    for method in ("GET", "POST"):
        assert httpx.request(method, f"{page}gradio_api/{way}").status_code == 403


def test_every_answer_has_the_headers(page: str) -> None:
    for path in ("", "config", "gradio_api/info", "gradio_api/file=/etc/passwd", "gradio_api/vibe-code", "health"):
        found = httpx.get(f"{page}{path}").headers
        assert found["x-content-type-options"] == "nosniff", path
        assert found["content-security-policy"] == policy(space=False)
        assert "microphone=()" in found["permissions-policy"] and found["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'self';" in f"{policy(False)};" and "https://huggingface.co" in policy(True)


def test_an_uploaded_page_is_never_shown_as_one(page: str) -> None:
    for name, content in (("a.html", b"<script>alert(1)</script>"), ("a.svg", b"<svg onload='alert(1)'/>")):
        reply = httpx.get(f"{page}gradio_api/file={uploaded(page, name, content)}")
        shown = reply.headers["content-type"].startswith(("text/html", "image/svg"))
        assert not shown or "attachment" in reply.headers["content-disposition"]


def test_a_body_without_end_is_refused_before_it_is_kept(page: str) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"data": ["'
        for _ in range(200):
            yield b"x" * 1_000_000

    reply = httpx.post(f"{page}gradio_api/call/segment", content=endless(), timeout=60)
    assert reply.status_code == 413 and "at most 38 MB" in reply.json()["detail"]


@pytest.mark.parametrize("head", ["name=files; filename=a.png", "name=other; filename=a.png", "name=text"])
def test_an_upload_without_end_is_refused_whatever_it_is_called(page: str, head: str) -> None:
    def endless() -> Iterator[bytes]:
        yield f"--b\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode()
        for _ in range(200):
            yield b"x" * 1_000_000

    kind = {"content-type": "multipart/form-data; boundary=b"}
    reply = httpx.post(f"{page}gradio_api/upload", content=endless(), headers=kind, timeout=60)
    assert reply.status_code == 413 and ("at most 26 MB" in reply.text or "File size exceeded" in reply.text)


def test_an_upload_that_is_broken_off_is_no_error_of_ours() -> None:
    """Else each writes a traceback to the server's log."""
    asked: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        async for _ in Request(scope, receive).stream():
            pass

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError("nobody hears it")

    guard = Guard(app, endpoints=list, knows=bool, most=100, most_uploaded=100)
    asyncio.run(guard({"type": "http", "method": "POST", "path": "/gradio_api/upload"}, receive, send))
    assert asked == ["/gradio_api/upload"]


def test_an_upload_without_a_file_is_told(page: str) -> None:
    kind = {"content-type": "multipart/form-data; boundary=b"}
    form = b'--b\r\nContent-Disposition: form-data; name="files"\r\n\r\n{}\r\n--b--\r\n'
    reply = httpx.post(f"{page}gradio_api/upload", content=form, headers=kind)
    assert reply.status_code == 400 and reply.json()["detail"].startswith("An upload wants files in a form")


def test_an_upload_that_the_disk_has_no_room_for_is_told(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.page.uploads.FREE", 1e18)
    reply = httpx.post(f"{page}gradio_api/upload", files={"files": ("a.png", b"x")})
    assert reply.status_code == 507 and reply.json()["detail"].startswith("This server's disk is full just now;")


def test_the_page_says_when_photos_are_deleted(page: str) -> None:
    assert "deleted within an hour of their last use" in httpx.get(f"{page}config").text


def test_health_tells_what_is_loaded_and_nothing_of_a_visitor(page: str) -> None:
    found = httpx.get(f"{page}health").json()
    assert set(found) == {"status", "version", "loaded", "waiting"} and found["waiting"] == 0


START = """
import socket, sys
tried = []

def watched(name):
    plain = getattr(socket.socket, name)
    def ask(self, place, *rest):
        if self.family != socket.AF_UNIX and place[0] not in ("127.0.0.1", "::1", "localhost", "0.0.0.0"):
            tried.append(place)
            raise OSError("blocked")
        return plain(self, place, *rest)
    return ask

for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, watched(name))
looked_up = socket.getaddrinfo
def look_up(host, *rest, **named):
    if host not in ("127.0.0.1", "::1", "localhost", "0.0.0.0", None):
        tried.append(host)
        raise socket.gaierror("blocked")
    return looked_up(host, *rest, **named)
socket.getaddrinfo = look_up
import time
from demo.page.build import build
from demo.page.serve import launch
from tests.toy import toy_zoo
import httpx
page = build(toy_zoo())
address = launch(page)
assert httpx.get(address).status_code == 200 and httpx.get(address + "config").status_code == 200
page.networks.open_soon()
time.sleep(1)  # what is sent in the background is sent by then
print("TRIED", tried)
page.close()
"""


def test_nothing_is_asked_of_anybody_at_the_start() -> None:
    done = subprocess.run([sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert re.search(r"^TRIED (.*)$", done.stdout, re.M), done.stderr[-2000:]
    assert re.search(r"^TRIED (.*)$", done.stdout, re.M)[1] == "[]"  # type: ignore[index]
