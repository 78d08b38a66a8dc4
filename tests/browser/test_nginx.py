"""The page behind Debian's nginx, as docs/hosting.md configures it: uploads, the event stream, the path."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.conftest import Open, choose, free_port, serve, wait_until

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "cat.png"
FRAME = """
%s
pid %s/nginx.pid;
error_log %s/error.log;
events {}
http {
    access_log off;
    client_body_temp_path %s/body;
    proxy_temp_path %s/proxy;
    server {
        listen 127.0.0.1:%d;
        location = /favicon.ico { return 204; }  # what a browser asks the site's own root for
        %s
    }
}
"""


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's address behind the proxy."""
    if shutil.which("nginx") is None:
        pytest.skip("there is no nginx on this machine; on Debian: apt-get install nginx-light")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    os.environ["GRADIO_ROOT_PATH"] = "/zoo"
    pages = serve(["-m", "tests.browser.toy_app"], folder)
    try:
        page = next(pages)
    finally:
        del os.environ["GRADIO_ROOT_PATH"]
    (block,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/hosting.md").read_text(encoding="utf-8"), re.S)
    assert block.count("http://127.0.0.1:7860/") == 1
    user = "user root;" if os.getuid() == 0 else ""
    config = FRAME % (user, folder, folder, folder, folder, port, block.replace("http://127.0.0.1:7860/", page))
    (folder / "nginx.conf").write_text(config)
    nginx = subprocess.Popen(["nginx", "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf", "-g", "daemon off;"])
    address = f"http://127.0.0.1:{port}/zoo/"
    try:
        wait_until(lambda: answers(f"{address}health"), lambda: (folder / "error.log").read_text())
        yield address
    finally:
        nginx.terminate()
        nginx.wait(20)
        next(pages, None)


def answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


def test_a_photo_as_large_as_is_read_comes_through_and_a_larger_one_is_refused(proxied: str) -> None:
    api = f"{proxied}gradio_api"
    assert httpx.post(f"{api}/upload", files={"files": ("a.png", bytes(4_900_000))}, timeout=60).status_code == 200
    assert httpx.post(f"{api}/upload", files={"files": ("a.png", bytes(6_000_000))}, timeout=60).status_code == 413


def test_events_come_one_by_one_and_not_all_at_the_end(proxied: str, slow_photo: Path) -> None:
    api = f"{proxied}gradio_api"
    sent = httpx.post(f"{api}/upload", files={"files": ("a.png", slow_photo.read_bytes())}, timeout=60)
    photo = {"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}
    asked = {"data": [photo, "fcn-compact,setr-compact"], "session_hash": "stream"}
    httpx.post(f"{api}/call/regions", json=asked, timeout=60).raise_for_status()
    times = {}
    with httpx.stream("GET", f"{api}/queue/data", params={"session_hash": "stream"}, timeout=60) as told:
        for line in told.iter_lines():
            if found := re.search(r'"msg":"(\w+)"', line):
                times.setdefault(found[1], time.monotonic())
    assert times["process_completed"] - times["process_starts"] > 1.5  # each of the two networks takes a second


def test_the_page_works_below_its_path(proxied: str, visit: Open) -> None:
    page = visit(proxied)
    choose(page, PHOTO)
    page.locator("[data-id=fcn-compact] .zoo-class").first.wait_for()
    assert page.url.startswith(proxied)
