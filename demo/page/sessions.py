"""What Gradio remembers of visitors between their calls: what the page needs, for as long as photos stay."""

from __future__ import annotations

import datetime
import threading
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio.state_holder import SessionState, StateHolder

from demo.page.line import Line


class Session(SessionState):
    """A visitor's values, without the configuration of every component that Gradio copies for its links to a state.

    The page has links of its own, and the copy takes 0.4 MB and a tenth of a second of each call without a session.
    """

    def __init__(self, blocks: gr.Blocks) -> None:
        no_components = SimpleNamespace(default_config=blocks.default_config, blocks=())
        super().__init__(no_components)  # type: ignore[arg-type]  # it asks for no more of a page than that

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class Sessions(StateHolder):
    """Sessions by the names that visitors' browsers give themselves; a call without one has the event's."""

    def __init__(self, blocks: gr.Blocks, line: Line) -> None:
        super().__init__()
        self.set_blocks(blocks)
        self._line, self._turn = line, threading.Lock()

    def __getitem__(self, session_id: str) -> SessionState:
        with self._turn:
            if session_id not in self.session_data:
                self.session_data[session_id] = Session(self.blocks)
            return super().__getitem__(session_id)

    def forget(self, kept: float) -> None:
        """Let go who has not called in so many seconds, and what was told."""
        self._line.forget(kept)
        since = datetime.datetime.now() - datetime.timedelta(seconds=kept)
        with self._turn:
            for session_id, used in list(self.time_last_used.items()):
                if used < since:
                    self.session_data.pop(session_id, None)
                    del self.time_last_used[session_id]

    def close(self) -> None:
        """It ends with the process."""
