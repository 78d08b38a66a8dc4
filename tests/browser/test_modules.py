"""The page's modules on their way: below a path of a proxy's, and not at all."""

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import ROOT, choose, free_port, serve

pytestmark = pytest.mark.browser
PREFIX = "/zoo"
ONE_HOP = {"connection", "transfer-encoding", "keep-alive"}


def proxy(address: str) -> type[BaseHTTPRequestHandler]:
    """Hands on what is asked for below PREFIX, without it, and the answers as they come."""

    class Proxy(BaseHTTPRequestHandler):
        def handle_one(self) -> None:
            server = http.client.HTTPConnection(urlsplit(address).netloc)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            below = self.path.startswith(f"{PREFIX}/")
            server.request(self.command, self.path[len(PREFIX) :] if below else "/beside", body, dict(self.headers))
            reply = server.getresponse()
            self.send_response(reply.status)
            for name, value in reply.getheaders():
                if name.lower() not in ONE_HOP:
                    self.send_header(name, value)
            self.end_headers()
            while part := reply.read1():
                self.wfile.write(part)
                self.wfile.flush()

        do_GET = do_POST = do_HEAD = handle_one  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Proxy


@pytest.fixture
def prefixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("GRADIO_ROOT_PATH", PREFIX)
    for address in serve(["-m", "tests.browser.toy_app"], tmp_path):
        front = ThreadingHTTPServer(("127.0.0.1", free_port()), proxy(address))
        front.daemon_threads = True
        threading.Thread(target=front.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{front.server_port}{PREFIX}/"
        front.shutdown()


def test_the_modules_are_found_below_a_path(chromium: Any, prefixed: str) -> None:
    page = chromium.new_page()
    modules: list[str] = []
    page.on("response", lambda reply: modules.append(reply.url) if "/web/" in reply.url else None)
    page.goto(prefixed)
    page.wait_for_selector("[data-ready=yes]", state="attached", timeout=60_000)
    assert modules and all(url.startswith(f"{prefixed}web/") for url in modules)
    choose(page, ROOT / "examples" / "cat.png")
    page.close()


def test_modules_that_do_not_come_are_told_of(chromium: Any, toy: str) -> None:
    page = chromium.new_page()
    page.route("**/web/*/modules.json", lambda route: route.abort())
    page.goto(toy)
    page.get_by_text("The page's scripts could not be fetched; load the page again.").wait_for(timeout=60_000)
    page.close()
