"""Sets that the host's environment names are fetched when the page starts, from a real server of this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from demo import catalog
from demo.errors import UnknownModelError
from demo.images import Limits
from demo.models.checkpoints.download import fetch
from demo.page.at_start import VARIABLE, AtStart, wanted
from demo.page.build import build
from demo.page.fetching import Fetch, Fetching
from demo.page.handlers import Page
from demo.page.networks import Networks
from demo.page.serve import launch
from demo.page.store import Store
from demo.schema import Weights
from tests.models.checkpoints.test_download import SHA256, Server, running_server, serving
from tests.toy import toy_zoo

PAPER = catalog.models("paper")


@pytest.fixture
def server() -> Iterator[Server]:
    yield from running_server()


def from_server(server: Server) -> Fetch:
    """The real fetch, of small files that the server has in place of the published ones."""

    def fetch_small(weights: Weights, folder: Path, sources: object, report: Callable[..., None]) -> Path:
        small = Weights(weights.file, SHA256, (f"{server.url}/{weights.file}",))
        return fetch(small, folder, (), report)

    return fetch_small


def started(server: Server, folder: Path) -> AtStart:
    folder.mkdir(exist_ok=True)
    networks = Networks(toy_zoo(), [folder])
    return AtStart(networks, Fetching([folder], from_server(server)), PAPER)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_environment_names_sets_or_models() -> None:
    assert wanted({}) == wanted({VARIABLE: " "}) == ()
    assert wanted({VARIABLE: "paper"}) == PAPER
    assert [spec.id for spec in wanted({VARIABLE: "fcn-ssseg, fcn-r101"})] == ["fcn-ssseg", "fcn-r101"]
    with pytest.raises(
        UnknownModelError, match=r"^SEGMENTATION_ZOO_FETCH should name sets or models, but is 'papper'\. "
    ):
        wanted({VARIABLE: "papper"})


def test_what_is_missing_is_fetched_and_each_visitor_is_told_how_far(server: Server, tmp_path: Path) -> None:
    go_on = threading.Event()
    answer = serving()

    def held(handler: BaseHTTPRequestHandler) -> None:
        go_on.wait()
        answer(handler)

    server.answers.update({f"/{spec.weights.file}": answer for spec in PAPER[2:]})
    server.answers[f"/{PAPER[1].weights.file}"] = held
    (tmp_path / PAPER[0].weights.file).touch()  # that one is here
    start = started(server, tmp_path)
    assert [spec.id for spec in start.specs] == [spec.id for spec in PAPER[1:]]
    start.begin()
    wait_for(lambda: start.words.startswith(f"{PAPER[1].title} (1 of 4): "))
    start._fetching.cancel()  # what the host asked for is no visitor's to end
    said, timer, *others = start.news("", "paper")
    assert (
        f"{PAPER[1].title} (1 of 4): " in str(said) and "update" in str(timer) and len(others) == len(catalog.SETS) + 2
    )
    go_on.set()
    wait_for(lambda: start.over)
    said, timer, *_, note, offered = start.news(str(said), "paper")
    assert "All files are here." in str(said) and timer == {"active": False, "__type__": "update"}
    assert "not on this machine" not in str(note) and offered == {"visible": False, "__type__": "update"}
    late, *_ = start.news("", "paper")
    assert "All files" not in str(late), "who comes later has waited for nothing"


def test_who_comes_after_it_gets_the_set_that_is_the_default_then(server: Server, tmp_path: Path) -> None:
    networks = Networks(toy_zoo(), [tmp_path])
    page = Page(networks, Store(Limits()), Fetching([tmp_path]), (), first_set=networks.default_set())

    class Plain:
        def __init__(self) -> None:
            self.query_params: dict[str, str] = {}

    photo, chosen, *_ = page.arrive(Plain())  # type: ignore[arg-type]
    assert "value" not in str(chosen)
    for spec in PAPER:
        (tmp_path / spec.weights.file).touch()
    photo, chosen, *_ = page.arrive(Plain())  # type: ignore[arg-type]
    assert chosen == "paper" and "value" not in str(photo)
    page.store.close()


def test_a_fetch_that_fails_is_told_and_the_page_goes_on(server: Server, tmp_path: Path) -> None:
    server.answers[f"/{PAPER[0].weights.file}"] = serving()  # and no other
    start = started(server, tmp_path)
    start.begin()
    wait_for(lambda: start.over)
    said, timer, *_, offered = start.news("", "paper")
    assert "Not all files could be fetched. " in str(said) and "zoo-unfetched" in str(said)
    assert offered == {"visible": True, "__type__": "update"} and timer == {"active": False, "__type__": "update"}


def test_where_nothing_is_named_or_missing_nothing_is_asked(tmp_path: Path) -> None:
    for spec in PAPER:
        (tmp_path / spec.weights.file).touch()
    for specs in ((), PAPER):
        start = AtStart(Networks(toy_zoo(), [tmp_path]), Fetching([tmp_path]), specs)
        start.begin()
        assert start.over and start.words == "" and not start.specs


@pytest.mark.slow
def test_the_page_asks_again_until_the_files_are_there(server: Server, tmp_path: Path) -> None:
    """As the browser does: the timer's event, over HTTP."""
    server.answers.update({f"/{spec.weights.file}": serving() for spec in PAPER})
    blocks = build(
        toy_zoo(), checkpoints=[tmp_path], fetching=Fetching([tmp_path], from_server(server)), at_start=PAPER
    )
    address = launch(blocks)
    try:
        config = httpx.get(f"{address}config", trust_env=False, timeout=60).json()
        (timer,) = (one["id"] for one in config["components"] if one["type"] == "timer")
        (event,) = (one for one in config["dependencies"] if [timer, "tick"] in [list(t) for t in one["targets"]])
        body = {"fn_index": event["id"], "data": ["", "paper"], "session_hash": "a"}

        def tick() -> list[object]:
            reply = httpx.post(f"{address}gradio_api/run/predict", json=body, trust_env=False, timeout=60)
            return list(reply.json()["data"])

        assert "The files will be fetched." in str(tick()[0])
        blocks.at_start.begin()
        wait_for(lambda: blocks.at_start.over)
        body["data"] = ["what was shown", "paper"]
        said, again, *_ = tick()
        assert "All files are here." in str(said) and again == {"active": False, "__type__": "update"}
        found = httpx.get(f"{address}config", trust_env=False, timeout=60).json()["components"]
        props = {one["props"].get("elem_id"): one["props"] for one in found}
        assert props["model-set"]["value"] == "paper" and "not on this machine" not in props["set-note"]["value"]
        assert props["models-paper"]["visible"] and not props["models-compact"]["visible"]
    finally:
        blocks.close()
        blocks.store.close()
