"""The tab "Why": one network a call, kept for whoever asks the same, and one sentence for what cannot be said."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from demo.errors import BackendError
from demo.models.network import Opened
from demo.models.zoo import InTurn, Zoo
from demo.page.networks import Networks
from demo.page.store import Run, Store
from demo.page.tabs.why import WhyTab
from demo.page.wire import in_folder, panel_of
from demo.schema import ModelSpec
from tests.toy import toy_ids, toy_network, toy_zoo

PHOTO = Path(__file__).parents[2] / "examples" / "cat.png"
MODEL = toy_ids()[0]


@pytest.fixture(scope="module")
def run(store: Store) -> Run:
    run = store.open(PHOTO)
    for answer in toy_zoo().stream(run.image, [MODEL], run.size):
        run.keep(answer, panel_of(answer, in_folder(run.folder)))
    return run


def question(run: Run, /, **changes: object) -> dict[str, object]:
    usual = {"run": run.key, "model": MODEL, "x": 30, "y": 20, "kind": "field", "over": "pixel", "name": ""}
    return usual | changes


def work(tab: WhyTab, asked: dict[str, object]) -> None:
    tab.work(SimpleNamespace(_data=asked))  # type: ignore[arg-type]  # of an event nothing else is read


def counting(asked: list[str], opened: Callable[..., Opened] | None = None) -> Zoo:
    def load(spec: ModelSpec) -> object:
        network = toy_network(spec)
        assert network.opened

        def counted(image: np.ndarray) -> Opened:
            asked.append(spec.id)
            return (opened or network.opened)(image)  # type: ignore[misc]  # it is there

        return replace(network, opened=counted)

    return Zoo(device="cpu", load=load)  # type: ignore[arg-type]  # a Network


def test_what_is_asked_twice_is_computed_once(run: Run, store: Store) -> None:
    asked: list[str] = []
    tab = WhyTab(store, Networks(counting(asked)))
    assert tab.ask(question(run)) == {"known": False}
    work(tab, question(run))
    first = tab.ask(question(run))
    assert first["known"] is True and first["model"] == MODEL and asked == [MODEL]
    assert tab.ask(question(run)) == first
    assert tab.ask(question(run, x=31)) == {"known": False}
    assert first["points"] == [[20, 30]] and str(first["map"]).startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": 10**6}, "Choose one inside."),
        ({"y": -1}, "Choose one inside."),
        ({"kind": "magic"}, "Ask with run, model, x and y"),
        ({"over": 3}, "Ask with run, model, x and y"),
        ({"name": "x" * 201}, "Ask with run, model, x and y"),
        ({"model": "nobody"}, "There is no answer of 'nobody'"),
        ({"run": "gone"}, "press Segment to have it again"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence_and_starts_nothing(
    run: Run, store: Store, change: dict[str, object], words: str
) -> None:
    asked: list[str] = []
    tab = WhyTab(store, Networks(counting(asked)))
    work(tab, question(run, **change))
    assert words in str(tab.ask(question(run, **change))["message"]) and not asked


def test_a_class_without_a_word_and_a_network_that_fails_are_said_once_and_can_be_tried_again(
    run: Run, store: Store
) -> None:
    def fails(image: np.ndarray) -> Opened:
        raise BackendError("Cannot say: no such luck.")

    asked: list[str] = []
    tab = WhyTab(store, Networks(counting(asked, fails)))
    work(tab, question(run, name="unicorn"))
    assert "no class named 'unicorn'" in str(tab.ask(question(run, name="unicorn"))["message"])
    for _ in range(2):
        work(tab, question(run))
        assert tab.ask(question(run)) == {"message": "Cannot say: no such luck."}
        assert tab.ask(question(run)) == {"known": False}


def test_what_is_stopped_leaves_nothing(run: Run, store: Store) -> None:
    tab = WhyTab(store, Networks(toy_zoo()))
    assert tab.ask({"stop": "mine"}) == {"known": False}
    work(tab, question(run, mark="mine"))
    assert tab.ask(question(run)) == {"known": False}
    work(tab, question(run, mark="mine"))  # a mark is used up
    assert tab.ask(question(run))["known"] is True


def test_networks_are_lent_in_the_order_in_which_they_were_asked_for() -> None:
    turn, order, here = InTurn(), [], threading.Event()

    def take(name: str) -> None:
        with turn:
            order.append(name)

    with turn:
        threads = []
        for name in "abcd":
            threads.append(threading.Thread(target=take, args=(name,)))
            before = len(turn._line)
            threads[-1].start()
            while len(turn._line) == before:
                here.wait(0.001)
    for thread in threads:
        thread.join()
    assert order == list("abcd")
