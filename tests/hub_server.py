"""A server of this machine that answers as the Hugging Face Hub does."""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
"""To what every branch points."""


@dataclass
class Hub:
    """Its repositories, and what is wrong with it."""

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Of each name its files."""
    described: dict[str, Any] = field(default_factory=lambda: {"gated": False})
    """What it says of any repository, before commit and files."""
    hashes: dict[str, str] = field(default_factory=dict)
    """What it says of a file's bytes where that is not so."""
    error: tuple[int, str] | None = None
    token: str = ""
    cuts: int = 0
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def add(self, name: str, folder: Path) -> None:
        """A repository with the files of a folder."""
        self.repositories[name] = {path.name: path.read_bytes() for path in folder.iterdir()}


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The Hub at its `url`, for as long as the block lasts."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hub.asked.append((self.path, self.headers.get("Range")))
            path = self.path.partition("?")[0]
            denied = hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}"
            if found := re.fullmatch("/api/models/([^/]+/[^/]+)/revision/(.+)", path):
                return self._describe(found[1], found[2])
            if denied:
                return self._say(401, b"", {"X-Error-Code": "GatedRepo"})
            found = re.fullmatch("/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path)
            assert found, path
            file = found[2]
            body = hub.repositories[found[1]][file]
            start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
            ranged = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if start else {}
            cut = len(body) // 3 if file == "model.safetensors" and hub.cuts else None
            hub.cuts -= cut is not None
            self._say(206 if start else 200, body[start:], {"ETag": f'"{file}"', **ranged}, cut)

        def _describe(self, name: str, revision: str) -> None:
            if hub.error:
                return self._say(hub.error[0], b"{}", {"X-Error-Code": hub.error[1]})
            if name not in hub.repositories:
                return self._say(401, b"{}", {"X-Error-Code": "RepoNotFound"})
            siblings = [self._file(file, body) for file, body in hub.repositories[name].items()]
            commit = revision if re.fullmatch("[0-9a-f]{40}", revision) else COMMIT
            self._say(200, json.dumps({**hub.described, "sha": commit, "siblings": siblings}).encode())

        def _file(self, name: str, body: bytes) -> dict[str, Any]:
            large = {"lfs": {"sha256": hub.hashes.get(name) or hashlib.sha256(body).hexdigest()}}
            return {"rfilename": name, "size": len(body)} | (large if name.endswith(".safetensors") else {})

        def _say(self, code: int, body: bytes, headers: dict[str, str] | None = None, cut: int | None = None) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[:cut])

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        hub.url = f"http://127.0.0.1:{running.server_address[1]}"
        running.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield hub
        running.shutdown()
