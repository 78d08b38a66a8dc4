"""What Gradio remembers of visitors: without copies of the page, and gone in time."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from benchmarks.measure import status
from demo.models.allocator import give_back
from demo.models.zoo import Zoo
from demo.page.blocks import PageBlocks
from demo.page.build import build
from demo.page.serve import launch
from tests.page.test_line import Caller, Slow, until
from tests.toy import toy_ids, toy_zoo

TWO = ",".join(toy_ids()[:2])


@pytest.fixture
def served() -> Iterator[tuple[PageBlocks, str]]:
    blocks = build(toy_zoo())
    yield blocks, launch(blocks)
    blocks.close()
    blocks.store.close()


def over(blocks: PageBlocks) -> bool:
    return not blocks.line.event_ids_to_events


@pytest.mark.slow
def test_an_answer_that_nobody_hears_goes_in_time_with_all_that_is_known_of_the_call(
    served: tuple[PageBlocks, str], tmp_path: Path
) -> None:
    blocks, page = served
    for session in (None, "a-tab"):
        event = Caller(page, tmp_path, 60, session).ask(TWO)
        until(lambda: over(blocks))
        (held,) = blocks.state_holder.session_data.values()
        assert not list(held.components), "a copy of the page is kept for the visitor"
        blocks.store._beside[-1].forget(60)
        assert blocks.line.knows(event) and blocks.line.pending_messages_per_session
        blocks.store._beside[-1].forget(0)
        assert not blocks.line.knows(event)
        assert not blocks.state_holder.session_data and not blocks.state_holder.time_last_used
        assert not blocks.line.pending_messages_per_session and not blocks.line.pending_event_ids_session
        assert not blocks.line._asked


def test_a_call_that_is_refused_leaves_nothing_of_its_session(served: tuple[PageBlocks, str]) -> None:
    blocks, page = served
    asked = {"data": [], "fn_index": 10_000, "session_hash": "nobody"}
    assert httpx.post(f"{page}gradio_api/queue/join", json=asked, timeout=60).status_code >= 400
    assert not blocks.line._asked


@pytest.mark.slow
def test_whoever_waits_is_not_forgotten_and_comes_back_as_before(tmp_path: Path) -> None:
    slow = Slow()
    blocks = build(Zoo(device="cpu", load=slow.load))
    page = launch(blocks)
    try:
        caller = Caller(page, tmp_path, 62, "patient")
        caller.ask(TWO)
        caller.listen()
        until(lambda: slow.asked)
        blocks.store._beside[-1].forget(0)
        slow.go.set()
        until(caller.done)
        blocks.store._beside[-1].forget(0)
        event = caller.ask(TWO)
        told = httpx.get(f"{page}gradio_api/call/regions/{event}", timeout=60).text
        assert "event: complete" in told
    finally:
        slow.go.set()
        blocks.close()
        blocks.store.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' C libraries have no such thing")
def test_memory_that_is_free_goes_back_to_the_system() -> None:
    held = [np.ones(8000, np.uint8) for _ in range(20_000)]
    del held[:-1]  # the last one lies above the others
    before = status("VmRSS")
    give_back()
    assert before - status("VmRSS") > 50e6
