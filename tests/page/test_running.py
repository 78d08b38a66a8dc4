"""A run tells the page how far it is, and one network's failure is one panel's."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.errors import MissingCheckpointError, UnknownModelError
from demo.images import Limits
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.page import running
from demo.page.networks import Networks
from demo.page.running import SMALL, views
from demo.page.store import Run, Store
from demo.schema import Image as Photo
from demo.schema import ModelSpec
from tests.toy import toy_ids, toy_network, toy_zoo


@pytest.fixture
def store() -> Store:
    return Store(Limits())


@pytest.fixture
def run(store: Store, tmp_path: Path) -> Run:
    path = tmp_path / "a.png"
    Image.fromarray(np.full((30, 40, 3), 90, np.uint8)).save(path)
    return store.open(path)


def statuses(networks: Networks, store: Store, run: Run, models: tuple[str, ...] = toy_ids()) -> list[list[str]]:
    return [[panel.status for panel in view.panels] for view in views(networks, store, run, "a.png", models)]


def test_panels_go_from_queued_to_done_in_order(store: Store, run: Run) -> None:
    told = statuses(Networks(toy_zoo()), store, run)
    assert told[0] == ["queued"] * 5 and told[-1] == ["done"] * 5
    assert [row.count("done") for row in told] == sorted(row.count("done") for row in told)
    assert all(sum(status in ("loading", "running") for status in row) <= 1 for row in told)


def test_a_network_that_cannot_load_is_a_sentence_and_the_others_answer(store: Store, run: Run) -> None:
    def load(spec: ModelSpec) -> Network:
        if spec.id == "setr-compact":
            raise MissingCheckpointError("SETR wants a file that is not here.")
        return toy_network(spec)

    last = list(views(Networks(Zoo(device="cpu", load=load)), store, run, "a.png", toy_ids()))[-1]
    assert {panel.id: panel.status for panel in last.panels if panel.status != "done"} == {"setr-compact": "failed"}
    assert last.panels[3].message == "SETR wants a file that is not here."


@pytest.mark.parametrize("how", ["closed", "stopped", "left"])
def test_no_network_starts_after_a_stop_and_the_answer_of_the_one_that_runs_is_kept(
    store: Store, run: Run, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    go = threading.Event()

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def scores(image: Photo) -> Posterior:
            asked.append(spec.id)
            go.wait(10)
            return network.scores(image)

        return replace(network, scores=scores)

    stop = threading.Event()
    networks = Networks(Zoo(device="cpu", load=load))
    if how == "left":  # the visitor, whatever event the views are for
        monkeypatch.setattr(running, "left", lambda: stop.is_set)
    stopped = stop.is_set if how == "stopped" else lambda: False
    stream = views(networks, store, run, "a.png", toy_ids(), stopped=stopped)
    next(view for view in stream if "running" in [panel.status for panel in view.panels])
    if how == "closed":
        stream.close()
    else:
        stop.set()
        *_, last = stream
        assert {panel.status for panel in last.panels} == {"stopped"}
    go.set()
    for thread in threading.enumerate():
        if thread.name == "segment":
            thread.join(10)
    assert asked == ["fcn-compact"] and list(run.answers) == ["fcn-compact"]


def test_what_fails_outside_a_network_is_raised(store: Store, run: Run) -> None:
    def broken() -> Zoo:
        raise RuntimeError("no zoo today")

    with pytest.raises(RuntimeError, match="no zoo today"):
        statuses(Networks(broken), store, run)
    with pytest.raises(UnknownModelError):
        statuses(Networks(toy_zoo()), store, run, ("no-such-model",))


def test_compact_networks_are_called_what_they_are(store: Store, run: Run) -> None:
    networks = Networks(toy_zoo())
    assert SMALL in next(iter(views(networks, store, run, "a.png", toy_ids()))).caution
    paper = next(iter(views(networks, store, run, "a.png", ("fcn-r101",))))
    assert paper.caution == ""
    assert [panel.trained_by for panel in paper.panels] == ["OpenMMLab"]


def test_the_zoo_is_opened_once_however_many_ask() -> None:
    opened = []

    def slowly() -> Zoo:
        time.sleep(0.05)
        opened.append(toy_zoo())
        return opened[-1]

    networks = Networks(slowly)
    networks.open_soon()
    threads = [threading.Thread(target=lambda: networks.zoo) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1 and networks.zoo is opened[0]
