"""A page in a process of its own, and a visitor who speaks HTTP to it as the browser does, counting bytes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import httpx

from benchmarks.measure import ROOT, Json
from demo.catalog import find

PATIENCE = 300.0
LOOK = 0.02
"""Seconds between two tries to reach a server that is starting."""


@dataclass(frozen=True)
class Server:
    """A page that answers."""

    address: str
    process: int
    seconds: float
    """From starting the process to the first whole answer of the page."""


@contextmanager
def serving(
    command: Sequence[str], environment: dict[str, str] | None = None, log: IO[bytes] | None = None
) -> Iterator[Server]:
    """Start `python <command>` on a free port, yield when the page has answered, and end it; it writes to `log`."""
    port = _free_port()
    asked = {"GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_ANALYTICS_ENABLED": "False"}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | asked | (environment or {}),
        stdout=log or subprocess.DEVNULL,
        stderr=log or subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process)
        yield Server(address, process.pid, time.perf_counter() - start)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Refused(RuntimeError):  # noqa: N818
    """What was asked for was refused; the text is what the visitor reads."""


@dataclass
class Visitor:
    """One browser tab. `downloaded` counts the bodies as they come over the wire, compressed where the server does."""

    address: str
    downloaded: dict[str, int] = field(default_factory=dict)
    session: str = field(default_factory=lambda: uuid4().hex[:11])

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @cached_property
    def http(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.address, timeout=PATIENCE, trust_env=False, headers={"accept-encoding": "gzip"}
        )

    @cached_property
    def config(self) -> Json:
        return self._get("/config", "config").json()

    def open_page(self) -> None:
        """The page's HTML and what it needs to be drawn, without Gradio's own scripts."""
        self._get("/", "page")
        _ = self.config

    def segment(self, photo: Path, models: Sequence[str]) -> Json:
        """Upload a photo, ask for its run, fetch all that panels and common maps show; the last View."""
        uploaded = self.upload(photo.name, photo.read_bytes())
        event = self._event("viewer", "run")
        data = [self._input(component, uploaded, models) for component in event["inputs"]]
        view = self._run(event["id"], data)
        for panel in view["panels"]:
            for name in ("labels", "fields"):
                if panel[name]:
                    self._get(_path(panel[name]), name)
        for layer in view["layers"]:
            if layer["map"]:
                self._get(_path(layer["map"]), "layers")
        self._get(_path(view["photo"]), "photo")
        return view

    def upload(self, name: str, content: bytes) -> str:
        """The path of an uploaded file. Raises Refused."""
        answer = self.http.post("/gradio_api/upload", files={"files": (name, content)})
        if answer.status_code in (400, 413, 507):
            raise Refused(answer.text)
        answer.raise_for_status()
        return str(answer.json()[0])

    def ask(self, endpoint: str, uploaded: str, *values: object) -> str:
        """Call a public endpoint with an uploaded photo; the event that its answer comes under."""
        photo = {"path": uploaded, "meta": {"_type": "gradio.FileData"}}
        asked = self.http.post(f"/gradio_api/call/{endpoint}", json={"data": [photo, *values]})
        asked.raise_for_status()
        return str(asked.json()["event_id"])

    def call(self, endpoint: str, uploaded: str, *values: object) -> Any:
        """What a public endpoint answers. Raises Refused."""
        told = self.http.get(f"/gradio_api/call/{endpoint}/{self.ask(endpoint, uploaded, *values)}").text
        _, end, data = told.rpartition("event: complete\ndata: ")
        if end:
            return json.loads(data)[0]
        error = json.loads(told.rpartition("event: error\ndata: ")[2] or "null") or {}
        raise Refused(error.get("error") or "")

    def probe(self, view: Json, y: int, x: int) -> Json:
        """What the browser asks when a pixel is pointed at."""
        models = [panel["id"] for panel in view["panels"]]
        question = {"run": view["run"], "x": x, "y": y, "models": models}
        body = {
            "session_hash": self.session,
            "component_id": self._component("viewer")["id"],
            "fn_name": "pixel",
            "data": question,
        }
        answer = self.http.post("/gradio_api/component_server", json=body)
        answer.raise_for_status()
        return answer.json()

    def _run(self, event: int, data: list[object]) -> Json:
        """The value of the viewer when the event is over."""
        body = {"data": data, "fn_index": event, "session_hash": self.session, "event_data": None, "trigger_id": None}
        self.http.post("/gradio_api/queue/join", json=body).raise_for_status()
        value: object = None
        view: Json = {}
        with self.http.stream("GET", f"/gradio_api/queue/data?session_hash={self.session}") as stream:
            for message in _messages(stream):
                if message["msg"] == "process_generating" and message["success"]:
                    value = _updated(value, message["output"]["data"][0])
                    view = deepcopy(value) if isinstance(value, dict) and "panels" in value else view
                elif message["msg"] == "process_completed":
                    if not message["success"]:
                        raise RuntimeError(f"the page answered with an error: {message['output']}")
                    break
            self._count("events", stream)
        unfinished = [panel["id"] for panel in view.get("panels", [{"id": "all"}]) if panel.get("status") != "done"]
        if unfinished:
            raise RuntimeError(f"the run ended without {', '.join(unfinished)}")
        return view

    def _event(self, element: str, kind: str) -> Json:
        target = [self._component(element)["id"], kind]
        found = [event for event in self.config["dependencies"] if target in [list(t) for t in event["targets"]]]
        return next(event for event in found if event["inputs"])  # the other only says that it is under way

    def _input(self, component: int, uploaded: str, models: Sequence[str]) -> object:
        found = next(c for c in self.config["components"] if c["id"] == component)
        if found["props"].get("elem_id") == "photo":
            return {"path": uploaded, "meta": {"_type": "gradio.FileData"}}
        if found["props"].get("elem_id") == "model-set":
            return find(models[0]).set
        value = found["props"].get("value")
        chosen = [model for model in models if model in {choice[1] for choice in found["props"].get("choices", [])}]
        return chosen or value

    def _component(self, element: str) -> Json:
        return next(c for c in self.config["components"] if c["props"].get("elem_id") == element)

    def _get(self, path: str, kind: str) -> httpx.Response:
        answer = self.http.get(path)
        answer.raise_for_status()
        self._count(kind, answer)
        return answer

    def _count(self, kind: str, answer: httpx.Response) -> None:
        self.downloaded[kind] = self.downloaded.get(kind, 0) + answer.num_bytes_downloaded


def _messages(stream: httpx.Response) -> Iterator[Json]:
    for line in stream.iter_lines():
        if line.startswith("data:"):
            yield json.loads(line[5:])


def _updated(old: object, new: object) -> object:
    """Gradio sends the first value whole and then differences: [action, path, value], each."""
    if not (isinstance(new, list) and all(isinstance(step, list) and len(step) == 3 for step in new)):
        return new
    for action, path, value in new:
        old = _changed(old, action, path, value)
    return old


def _changed(old: object, action: str, path: list[object], value: object) -> object:
    if not path:
        return old + value if action == "append" else value
    inner, last = old, path[-1]
    for step in path[:-1]:
        inner = inner[step]
    match action:
        case "replace":
            inner[last] = value
        case "append":
            inner[last] += value
        case "add" if isinstance(inner, list):
            inner.insert(last, value)
        case "add":
            inner[last] = value
        case "delete":
            del inner[last]
    return old


def _path(file: object) -> str:
    """Where the browser fetches a file: the server writes the whole address into it."""
    return str(file["url"]) if file["url"] else f"/gradio_api/file={file['path']}"


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with status {process.returncode} before it answered")
        try:
            if httpx.get(address, timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(LOOK)
    raise RuntimeError(f"the server did not answer within {PATIENCE:.0f} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
