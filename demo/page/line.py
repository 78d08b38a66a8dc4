"""The line in which visitors wait: Gradio's queue, fair to each; whoever cannot be let in is told in words."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any, Final

import fastapi
from gradio.context import LocalContext
from gradio.data_classes import PredictBodyInternal
from gradio.queueing import Event, Queue
from gradio.server_messages import EstimationMessage, ProcessCompletedMessage

from demo.page.networks import NETWORKS

MOST: Final = 100
"""Calls that wait for the networks; each holds a few kB and no photo."""
MOST_OF_ONE: Final = 20
"""Of one visitor's, so that no single program fills the line."""
MOST_IN_ALL: Final = 400
"""Calls of every kind, the quick ones that look at a photo or make a download too."""
STALE: Final = "What was sent names no event of this page; load the page again."


class Line(Queue):
    """Each visitor's n-th waiting call comes before anybody's n+1-th; otherwise first come, first served.

    A visitor is a tab or a client; calls without a session are their address's.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._asked: dict[str, float] = {}
        """When each session called last."""

    async def push(self, body: PredictBodyInternal, request: fastapi.Request, username: str | None) -> Any:
        """As Gradio's; a full line is told as the event's own failure, since clients show no other words."""
        if body.session_hash:
            self._asked[body.session_hash] = time.monotonic()  # before anything is kept for it, which `forget` may see
        success, told, state = await self._let_in(body, request, username)
        if success:
            self._asked[body.session_hash or told] = time.monotonic()
        elif body.session_hash and body.session_hash not in self.pending_event_ids_session:  # refused
            self._asked.pop(body.session_hash, None)
        return success, told, state

    def forget(self, kept: float) -> None:
        """Let go what was told to sessions that have not called in so many seconds, whether it was heard or not."""
        under_way = {event.session_hash for event in list(self.event_ids_to_events.values())}
        for session, asked in list(self._asked.items()):
            if time.monotonic() - asked > kept and session not in under_way:
                self._asked.pop(session, None)
                self.pending_messages_per_session.pop(session, None)
                self.pending_event_ids_session.pop(session, None)

    async def _let_in(self, body: PredictBodyInternal, request: fastapi.Request, username: str | None) -> Any:
        fns = self.blocks.state_holder[body.session_hash].blocks_config.fns if body.session_hash else self.blocks.fns
        if body.fn_index not in fns:
            return False, STALE, "error"
        if fns[body.fn_index].concurrency_id == NETWORKS and (
            words := self._full(_visitor(body.session_hash, request))
        ):
            return True, await self._turn_away(body, request, username, words), "success"
        if len(self) >= MOST_IN_ALL:
            return True, await self._turn_away(body, request, username, "Busy: ask again in a few seconds."), "success"
        return await super().push(body, request, username)

    def compute_analytics_summary(self, records: Any) -> Any:
        """Nothing: Gradio would make a table of the last ten thousand calls after each, for a page that is closed."""
        return self.cached_event_analytics_summary

    def broadcast_estimations(self, concurrency_id: str, after: int | None = None) -> None:
        """Whoever waits is told how many are before, running or waiting, and about how long that takes."""
        if concurrency_id != NETWORKS:  # what is quick tells no place
            return
        line = self.event_queue_per_concurrency_id[concurrency_id]
        places = [event._id for event in line.queue]
        line.queue[:] = _fair(line.queue)
        moved = places != [event._id for event in line.queue]
        seconds, running = self._seconds(), line.current_concurrency
        for place, event in enumerate(line.queue):
            if after is None or moved or place >= after:
                before = place + running
                eta = seconds * (before + 1) if seconds else None
                self.send_message(event, EstimationMessage(rank=before, rank_eta=eta, queue_size=len(line.queue)))

    def waiting(self) -> int:
        """How many wait for the networks."""
        line = self.event_queue_per_concurrency_id.get(NETWORKS)
        return len(line.queue) if line else 0

    def knows(self, event_id: str) -> bool:
        """Whether there is an event of that number whose answer nobody has heard yet."""
        pending = list(self.pending_event_ids_session.values())
        return event_id in self.event_ids_to_events or any(event_id in ids for ids in pending)

    def _full(self, visitor: str) -> str:
        """Why nobody, or not this visitor, is let in just now; empty when there is room."""
        line = self.event_queue_per_concurrency_id.get(NETWORKS)
        waiting = line.queue if line else []
        own = sum(_visitor_of(event) == visitor for event in waiting)
        if own >= MOST_OF_ONE:
            about = _about(self._seconds(), own)
            return f"Busy: {own} calls of yours wait already{about}; send the next when one has answered."
        if len(waiting) >= MOST:
            before = len(waiting) + (line.current_concurrency if line else 0)
            return f"Busy: {before} before you{_about(self._seconds(), before)}; ask again then."
        return ""

    def _seconds(self) -> float:
        """What a call for the networks took on average; 0 when none has ended yet."""
        times = [time for fn, time in self.process_time_per_fn.items() if fn.concurrency_id == NETWORKS]
        count = sum(time.count for time in times)
        return sum(time.process_time for time in times) / count if count else 0.0

    async def _turn_away(
        self, body: PredictBodyInternal, request: fastapi.Request, username: str | None, words: str
    ) -> str:
        event = Event(body.session_hash, self.blocks.fns[body.fn_index or 0], request, username)
        async with self.pending_message_lock:
            if event.session_hash not in self.pending_messages_per_session:
                self.pending_messages_per_session[event.session_hash] = asyncio.Queue()
            self.pending_event_ids_session.setdefault(event.session_hash, set()).add(event._id)
        output = {"error": words, "title": "Busy", "duration": 15, "visible": True}
        self.send_message(event, ProcessCompletedMessage(output=output, title="Busy", success=False))
        return event._id


def left() -> Callable[[], bool]:
    """For the call that is being made: tells, when asked later from any thread, whether its visitor has left."""
    blocks, event_id = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    queue = getattr(blocks, "_queue", None)
    event = queue.event_ids_to_events.get(event_id) if queue is not None and event_id else None
    return lambda: event is not None and not event.alive


def others() -> Callable[[], bool]:
    """For the call that is being made: tells, when asked later, whether somebody waits for the networks."""
    queue = getattr(LocalContext.blocks.get(None), "_queue", None)
    return lambda: isinstance(queue, Line) and queue.waiting() > 0


def _fair(waiting: list[Event]) -> list[Event]:
    """The line with each visitor's n-th call before anybody's n+1-th, in the order they came."""
    counts: dict[str, int] = {}
    turns = []
    for event in sorted(waiting, key=lambda event: event.enqueue_time):
        visitor = _visitor_of(event)
        turns.append((counts.get(visitor, 0), event))
        counts[visitor] = counts.get(visitor, 0) + 1
    return [event for _, event in sorted(turns, key=lambda turn: turn[0])]


def _visitor_of(event: Event) -> str:
    return _visitor(None if event.session_hash == event._id else event.session_hash, event.request)


def _visitor(session: str | None, request: Any) -> str:
    """The session that a caller named, else its address."""
    client = getattr(request, "client", None)
    return session or f"address {client.host if client else ''}"


def _about(seconds: float, before: int) -> str:
    return f", about {math.ceil(seconds * before)} seconds" if seconds else ""
