"""The line in which visitors wait: fair, told in words, and left by whoever goes away."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image as PillowImage

from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.page import line
from demo.page.blocks import PageBlocks
from demo.page.build import build
from demo.page.serve import launch
from demo.schema import Image, ModelSpec
from tests.toy import toy_ids, toy_network


def waiting(*visitors: str) -> list[Any]:
    """Events of those visitors in that order; "" is a call without a session."""
    return [
        SimpleNamespace(
            _id=f"{number}",
            session_hash=visitor or f"{number}",
            enqueue_time=number,
            request=SimpleNamespace(client=SimpleNamespace(host="10.0.0.1")),
        )
        for number, visitor in enumerate(visitors)
    ]


@pytest.mark.parametrize(
    ("came", "order"),
    [
        ("abc", "012"),
        ("aaab", "0312"),
        ("aabacb", "024153"),
    ],
)
def test_nobodys_second_call_comes_before_anybodys_first(came: str, order: str) -> None:
    assert [event._id for event in line._fair(waiting(*came))] == list(order)


def test_calls_without_a_session_are_their_addresses() -> None:
    assert [event._id for event in line._fair(waiting("", "", "a", ""))] == ["0", "2", "1", "3"]


class Slow:
    """Toy networks that wait for `go`, and who was asked."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[tuple[str, int]] = []

    def load(self, spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def scores(image: Image) -> Posterior:
            self.asked.append((spec.id, image.shape[1]))
            self.go.wait(30)
            return network.scores(image)

        return replace(network, scores=scores)


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def served(slow: Slow) -> Iterator[tuple[PageBlocks, str]]:
    blocks = build(Zoo(device="cpu", load=slow.load))
    yield blocks, launch(blocks)
    slow.go.set()
    blocks.close()
    blocks.store.close()


class Caller:
    """A program with a session of its own, or without one."""

    def __init__(self, page: str, folder: Path, width: int, session: str | None) -> None:
        path = folder / f"{width}.png"
        PillowImage.fromarray(np.full((40, width, 3), width % 256, np.uint8)).save(path)
        self.page, self.session, self.messages = f"{page}gradio_api", session, list[dict[str, Any]]()
        files = {"files": (path.name, path.read_bytes())}
        self.photo = httpx.post(f"{self.page}/upload", files=files, timeout=60).json()[0]

    def ask(self, models: str) -> str:
        body = {"data": [{"path": self.photo, "meta": {"_type": "gradio.FileData"}}, models]}
        if self.session:
            body["session_hash"] = self.session
        return str(httpx.post(f"{self.page}/call/regions", json=body, timeout=60).json()["event_id"])

    def listen(self) -> None:
        """Keep every message of the session's stream, in the background."""

        def read() -> None:
            asked = {"session_hash": self.session}
            with httpx.stream("GET", f"{self.page}/queue/data", params=asked, timeout=60) as told:
                for text in told.iter_lines():
                    if text.startswith("data: "):
                        self.messages.append(json.loads(text[6:]))

        threading.Thread(target=read, daemon=True).start()

    def done(self) -> list[dict[str, Any]]:
        """What was told of calls that have ended."""
        return [message for message in self.messages if message["msg"] == "process_completed"]

    def places(self) -> list[int]:
        return [message["rank"] for message in self.messages if message["msg"] == "estimation"]


def until(condition: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


TWO = ",".join(toy_ids()[:2])


@pytest.mark.slow
def test_whoever_waits_sees_the_place_move_and_gets_the_own_answer(
    served: tuple[PageBlocks, str], slow: Slow, tmp_path: Path
) -> None:
    _, page = served
    callers = [Caller(page, tmp_path, 50 + number, f"s{number}") for number in range(3)]
    for number, caller in enumerate(callers):
        caller.ask(TWO)
        caller.listen()
        until(lambda: slow.asked if not number else callers[number].places())  # noqa: B023
    assert callers[1].places()[-1] == 1 and callers[2].places()[-1] == 2
    slow.go.set()
    until(lambda: all(caller.done() for caller in callers))
    assert callers[2].places() == [2, 1]
    for caller in callers:
        (last,) = caller.done()
        assert last["success"] and "regions" in last["output"]["data"][0]
    assert [width for _, width in slow.asked] == [50, 50, 51, 51, 52, 52]


@pytest.mark.slow
def test_whoever_is_not_let_in_is_told_how_many_are_before(
    served: tuple[PageBlocks, str], slow: Slow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks, page = served
    monkeypatch.setattr(line, "MOST", 2)
    callers = [Caller(page, tmp_path, 60 + number, f"t{number}") for number in range(4)]
    for caller in callers[:3]:
        caller.ask(TWO)
        until(lambda: slow.asked)
    until(lambda: blocks.line.waiting() == 2)
    callers[3].ask(TWO)
    callers[3].listen()
    until(callers[3].done)
    (told,) = callers[3].done()
    assert not told["success"] and told["output"]["error"] == "Busy: 3 before you; ask again then."
    blocks.line.process_time_per_fn[next(fn for fn in blocks.fns.values() if fn.api_name == "regions")].add(4.0)
    without = Caller(page, tmp_path, 64, None)
    event = without.ask(TWO)
    text = httpx.get(f"{page}gradio_api/call/regions/{event}", timeout=60).text
    assert "event: error" in text and "Busy: 3 before you, about 12 seconds; ask again then." in text


@pytest.mark.slow
def test_one_visitor_does_not_fill_the_line(
    served: tuple[PageBlocks, str], slow: Slow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks, page = served
    monkeypatch.setattr(line, "MOST_OF_ONE", 2)
    greedy, modest = Caller(page, tmp_path, 70, "greedy"), Caller(page, tmp_path, 71, "modest")
    greedy.ask(TWO)
    until(lambda: slow.asked)
    for _ in range(3):
        greedy.ask(TWO)
    modest.ask(TWO)
    until(lambda: blocks.line.waiting() == 3)
    assert [event.session_hash for event in blocks.line.event_queue_per_concurrency_id["networks"].queue] == [
        "greedy",
        "modest",
        "greedy",
    ]
    greedy.listen()
    until(greedy.done)
    assert "Busy: 2 calls of yours wait already; send the next" in str(greedy.messages)
    slow.go.set()
    until(lambda: len(greedy.done()) == 4)  # then no stream is open that the server's end would wait for


@pytest.mark.slow
def test_whoever_goes_away_costs_no_further_network(served: tuple[PageBlocks, str], slow: Slow, tmp_path: Path) -> None:
    blocks, page = served
    caller = Caller(page, tmp_path, 80, "gone")
    caller.ask("compact")
    with httpx.stream("GET", f"{page}gradio_api/queue/data", params={"session_hash": "gone"}, timeout=60):
        until(lambda: slow.asked)
    until(lambda: not any(event.alive for job in blocks.line.active_jobs if job for event in job))
    slow.go.set()
    staying = Caller(page, tmp_path, 81, "stays")
    staying.ask(toy_ids()[0])
    staying.listen()
    until(staying.done)
    assert [width for _, width in slow.asked] == [80, 81]
