"""What the zoo keeps loaded, in which order it asks, and what one network's failure costs: itself alone."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from demo import catalog
from demo.errors import BackendError, DemoError, ImageError, MissingCheckpointError, UnknownModelError
from demo.export import describe
from demo.models import zoo as zoo_module
from demo.models.checkpoints import files as checkpoint_files
from demo.models.machine import choose_device, default_budget
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Answer, Refusal, Zoo
from demo.schema import Image, ModelSpec
from tests.toy import toy_ids, toy_network, toy_zoo

PHOTO: Image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
FIVE = toy_ids()


class Loads:
    """Toy networks of 100 bytes each, with a record of what was loaded."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.alive: dict[str, weakref.ref[Network]] = {}

    def __call__(self, spec: ModelSpec) -> Network:
        network = replace(toy_network(spec), bytes=100)
        self.asked.append(spec.id)
        self.alive[spec.id] = weakref.ref(network)
        return network

    @property
    def in_memory(self) -> set[str]:
        gc.collect()
        return {model for model, network in self.alive.items() if network() is not None}


def failing(wrong: str, error: BaseException) -> Callable[[ModelSpec], Network]:
    """A loader whose network `wrong` loads but fails when it is asked."""

    def scores(image: Image) -> Posterior:
        raise error

    return lambda spec: replace(toy_network(spec), scores=scores) if spec.id == wrong else toy_network(spec)


def outcomes(zoo: Zoo) -> list[Answer | Refusal]:
    return list(zoo.stream(PHOTO, FIVE))


def test_each_network_answers_in_the_order_asked_and_is_loaded_once() -> None:
    loads = Loads()
    zoo = Zoo(device="cpu", load=loads)
    order = [*FIVE[3:], *FIVE[:3]]
    for _ in range(2):
        assert [prediction.model for prediction in zoo.segment(PHOTO, order)] == order
    assert loads.asked == order
    assert zoo.loaded == tuple(order)


def test_own_models_of_one_name_are_two_networks(tmp_path: Path) -> None:
    loads, names = Loads(), []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "my.py").write_text("model = dict()")
        (tmp_path / folder / "w.pth").write_bytes(b"weights")
        names.append(f"{tmp_path / folder / 'my.py'}:{tmp_path / folder / 'w.pth'}")
    zoo = Zoo(device="cpu", load=loads)
    for name in names:
        zoo.segment(PHOTO, name)
    assert loads.asked == ["my", "my"]
    assert [prediction.model for prediction in zoo.segment(PHOTO, names)] == ["my", "my-w"]


def test_answers_are_those_of_the_posterior_with_times_by_stage() -> None:
    (answer,) = toy_zoo().stream(PHOTO, [FIVE[0]])
    assert isinstance(answer, Answer)
    expected = answer.posterior.reduce(FIVE[0])
    assert np.array_equal(answer.prediction.label_map, expected.label_map)
    assert set(answer.prediction.seconds) == {"network", "maps"}
    assert all(seconds > 0 for seconds in answer.prediction.seconds.values())


def test_maps_come_at_the_size_asked_for() -> None:
    (answer,) = toy_zoo().stream(PHOTO, [FIVE[0]], size=(7, 9))
    assert isinstance(answer, Answer)
    assert answer.prediction.size == (7, 9)
    assert answer.posterior.photo_size == (40, 60)


@pytest.mark.slow
def test_the_least_recently_used_network_leaves_first() -> None:
    loads = Loads()
    zoo = Zoo(device="cpu", load=loads, memory_budget=250)
    specs = {model: catalog.find(model) for model in FIVE}
    a, b, c = FIVE[:3]
    zoo.load(specs[a])
    zoo.load(specs[b])
    zoo.load(specs[a])  # now b is the oldest
    zoo.load(specs[c])
    assert zoo.loaded == (a, c)
    assert loads.in_memory == {a, c}
    zoo.load(specs[b])
    assert loads.asked == [a, b, c, b]


def test_a_network_larger_than_the_budget_is_loaded_alone() -> None:
    zoo = Zoo(device="cpu", load=Loads(), memory_budget=50)
    assert [p.model for p in zoo.segment(PHOTO, FIVE)] == list(FIVE)
    assert zoo.loaded == (FIVE[-1],)


@pytest.mark.slow
def test_a_run_keeps_no_evicted_network_in_memory() -> None:
    """The one that computes, the one that loads meanwhile, and none of those before."""
    loads = Loads()
    zoo = Zoo(device="cpu", load=loads, memory_budget=150)
    for position, outcome in enumerate(zoo.stream(PHOTO, FIVE)):
        assert outcome.spec.id == FIVE[position]
        assert not loads.in_memory & set(FIVE[: max(0, position - 1)])
        del outcome


@pytest.mark.parametrize(("native", "precision"), [(True, "fast"), (False, "exact")])
def test_fast_is_exact_where_the_machine_does_not_compute_in_bfloat16(
    monkeypatch: pytest.MonkeyPatch, native: bool, precision: str
) -> None:
    monkeypatch.setattr("demo.models.machine.has_bfloat16", lambda device: native)
    assert Zoo(device="cpu", precision="fast").precision == precision
    assert Zoo(device="cpu").precision == "exact"


def test_the_default_budget_is_a_share_of_this_machines_memory() -> None:
    assert 1e8 < default_budget("cpu") < 1e14
    assert Zoo(device="cpu").memory_budget == default_budget("cpu")


def test_the_next_network_loads_while_one_computes() -> None:
    next_is_loading = threading.Event()

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)
        if spec.id == FIVE[1]:
            next_is_loading.set()
            return network

        def scores(image: Image) -> Posterior:
            assert next_is_loading.wait(20), "the second network was not being loaded"
            return network.scores(image)

        return replace(network, scores=scores)

    assert len(Zoo(device="cpu", load=load).segment(PHOTO, FIVE[:2])) == 2


def test_a_run_that_is_left_early_loads_no_more_than_the_next() -> None:
    loads = Loads()
    stream = Zoo(device="cpu", load=loads).stream(PHOTO, FIVE)
    next(stream)
    stream.close()
    assert set(loads.asked) <= set(FIVE[:2])


def test_two_photos_at_once_share_the_networks_and_give_the_same_answers() -> None:
    loads = Loads()
    zoo = Zoo(device="cpu", load=loads)
    alone = toy_zoo().segment(PHOTO, FIVE)
    found: list[list[np.ndarray]] = []
    threads = [
        threading.Thread(target=lambda: found.append([p.label_map for p in zoo.segment(PHOTO, FIVE)])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for maps in found:
        assert all(np.array_equal(ours, one.label_map) for ours, one in zip(maps, alone, strict=True))
    assert sorted(loads.asked) == sorted(FIVE)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "needs more memory than cpu has free"),
        (BackendError("it cannot"), "it cannot"),
        (RuntimeError("kernel size can't be greater"), "cannot answer this photo of 60 x 40 pixels"),
        (SystemExit("enough"), "cannot answer this photo of 60 x 40 pixels"),
        (BaseException("bare"), "cannot answer this photo of 60 x 40 pixels"),
    ],
)
def test_a_network_that_fails_costs_itself_alone(error: BaseException, words: str) -> None:
    found = outcomes(Zoo(device="cpu", load=failing(FIVE[2], error)))
    assert [outcome.spec.id for outcome in found] == list(FIVE)
    refusals = [outcome for outcome in found if isinstance(outcome, Refusal)]
    assert [refusal.spec.id for refusal in refusals] == [FIVE[2]]
    assert words in str(refusals[0].error)
    with pytest.raises(BackendError, match=words):
        Zoo(device="cpu", load=failing(FIVE[2], error)).segment(PHOTO, FIVE)


class SmallDevice:
    """A loader of toy networks for a GPU on which FIVE[1] fails, so many times, for want of memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int, error: BaseException, *, loading: bool) -> None:
        self.left, self.error, self.loading = times, error, loading
        self.asked: list[str] = []
        monkeypatch.setattr(zoo_module, "choose_device", lambda device: "cpu" if device == "cpu" else "cuda")
        monkeypatch.setattr(zoo_module, "default_budget", lambda device: 10**9)
        monkeypatch.setattr(zoo_module, "_wait_for", lambda device: None)

    def __call__(self, spec: ModelSpec) -> Network:
        self.asked.append(spec.id)
        network = toy_network(spec)
        if spec.id != FIVE[1]:
            return network
        if self.loading:
            self.fail()

        def scores(image: Image) -> Posterior:
            if not self.loading:
                self.fail()
            return network.scores(image)

        return replace(network, scores=scores)

    def fail(self) -> None:
        if self.left:
            self.left -= 1
            raise self.error


OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")


@pytest.mark.parametrize("loading", [True, False])
@pytest.mark.parametrize("error", [OUT_OF_MEMORY, RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling")])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_network_for_which_the_gpu_has_too_little_memory_tries_alone_then_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, times: int, error: BaseException, loading: bool
) -> None:
    device = SmallDevice(monkeypatch, times, error, loading=loading)
    zoo = Zoo(load=device)
    found = outcomes(zoo)
    assert [outcome.spec.id for outcome in found] == list(FIVE)
    tried = found[1]
    if times == 3:
        assert isinstance(tried, Refusal) and "needs more memory than cpu has free" in str(tried.error)
    else:
        assert isinstance(tried, Answer)
        notes = ("The GPU had too little memory free, so the CPU computed this, which takes longer.",)
        assert tried.network.notes == (() if times == 1 else notes)
        (alone,) = toy_zoo().stream(PHOTO, [FIVE[1]])
        assert isinstance(alone, Answer)
        assert np.array_equal(tried.prediction.label_map, alone.prediction.label_map)
        assert describe(tried, tried.prediction).get("notes", []) == list(tried.network.notes)
    assert all(isinstance(outcome, Answer) for outcome in [found[0], *found[2:]])
    assert FIVE[0] not in zoo.loaded, "the others made room"


def test_no_other_failure_of_a_network_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    device = SmallDevice(monkeypatch, 1, RuntimeError("CUDA error: device-side assert triggered"), loading=False)
    assert isinstance(outcomes(Zoo(load=device))[1], Refusal)
    assert device.asked == list(FIVE)


def test_a_network_that_cannot_load_is_refused_and_asked_again_next_time() -> None:
    tries: list[str] = []

    def load(spec: ModelSpec) -> Network:
        tries.append(spec.id)
        if spec.id == FIVE[0] and tries.count(spec.id) == 1:
            raise MissingCheckpointError("not there yet")
        return toy_network(spec)

    zoo = Zoo(device="cpu", load=load)
    assert isinstance(outcomes(zoo)[0], Refusal)
    assert FIVE[0] not in zoo.loaded
    assert isinstance(outcomes(zoo)[0], Answer)


@pytest.mark.parametrize(
    "error", [KeyError("MyTransform"), SystemExit(3), BaseException(), MemoryError(), RecursionError("deep")]
)
def test_a_network_whose_own_code_fails_to_load_costs_itself_alone(error: BaseException) -> None:
    def load(spec: ModelSpec) -> Network:
        if spec.id == FIVE[1]:
            raise error
        return toy_network(spec)

    zoo = Zoo(device="cpu", load=load)
    found = outcomes(zoo)
    (refusal,) = (outcome for outcome in found if isinstance(outcome, Refusal))
    assert (refusal.spec.id, refusal.loaded, len(found)) == (FIVE[1], False, 5)
    assert f"cannot be loaded ({type(error).__name__}" in str(refusal.error)
    zoo.warm_up(list(FIVE))
    assert FIVE[1] not in zoo.loaded


def test_what_a_networks_own_code_changes_for_all_as_it_loads_is_put_back(tmp_path: Path) -> None:
    def load(spec: ModelSpec) -> Network:
        os.chdir(tmp_path)
        torch.set_default_dtype(torch.float64)
        return toy_network(spec)

    before = Path.cwd(), torch.get_default_dtype()
    Zoo(device="cpu", load=load).load(catalog.resolve(FIVE[0])[0])
    assert (Path.cwd(), torch.get_default_dtype()) == before


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_no_numbers_are_a_refusal(value: float) -> None:
    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def scores(image: Image) -> Posterior:
            posterior = network.scores(image)
            posterior.tiles[0].scores[3, 2, 1] = value
            return posterior

        return replace(network, scores=scores) if spec.id == FIVE[0] else network

    first, *others = outcomes(Zoo(device="cpu", load=load))
    assert isinstance(first, Refusal) and "answers with scores that are nan or infinite" in str(first.error)
    assert all(isinstance(outcome, Answer) for outcome in others)


def test_what_is_loaded_is_told_while_networks_come_and_go() -> None:
    zoo = Zoo(device="cpu", load=Loads(), memory_budget=250)
    specs, told = [catalog.find(model) for model in FIVE], []

    def ask() -> None:
        told.extend(len(zoo.loaded) for _ in range(2000))

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(2000):
        zoo.load(specs[number % 5])
    asking.join()
    assert len(told) == 2000 and max(told) <= 2


def test_a_budget_of_nothing_keeps_one_network() -> None:
    zoo = Zoo(device="cpu", load=Loads(), memory_budget=0)
    zoo.segment(PHOTO, FIVE[:2])
    assert zoo.loaded == (FIVE[1],)


def test_warming_up_loads_what_can_be_and_leaves_the_rest_for_later() -> None:
    def load(spec: ModelSpec) -> Network:
        if spec.id == FIVE[1]:
            raise MissingCheckpointError("not there")
        return toy_network(spec)

    zoo = Zoo(device="cpu", load=load)
    zoo.warm_up(list(FIVE))
    assert zoo.loaded == (FIVE[0], *FIVE[2:])


def test_paper_is_the_default_once_its_five_files_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_files, "CHECKPOINTS", tmp_path / "none")
    zoo = Zoo(device="cpu", checkpoints=[tmp_path])
    files = [tmp_path / spec.weights.file for spec in catalog.models("paper")]
    for file in files:
        assert zoo.default_set == "compact"
        file.write_bytes(b"")
    assert zoo.default_set == "paper"
    files[2].unlink()
    assert zoo.default_set == "compact"


def test_a_missing_file_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint_files, "CHECKPOINTS", tmp_path)
    (outcome,) = Zoo(device="cpu").stream(PHOTO, "segformer-b4")
    assert isinstance(outcome, Refusal)
    assert isinstance(outcome.error, MissingCheckpointError)
    assert "python -m demo fetch segformer-b4" in str(outcome.error)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused_in_one_sentence() -> None:
    with pytest.raises(BackendError, match=r"Wanted the device cuda:1, .* Use --device cpu"):
        Zoo(device="cuda:1")
    assert choose_device("auto") == "cpu"


def test_a_gpu_beyond_the_last_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert [choose_device(name) for name in ("cuda", "cuda:1")] == ["cuda", "cuda:1"]
    with pytest.raises(BackendError, match="Wanted the device cuda:2, but the last GPU of this machine is cuda:1"):
        choose_device("cuda:2")


@pytest.mark.parametrize("device", ["gpu", "", "cpu:x", "cpu:1", "mps", "meta", "cuda:", "cuda:x"])
def test_a_device_of_no_known_name_is_refused(device: str) -> None:
    with pytest.raises(BackendError, match="Wanted a device such as cpu, cuda or cuda:1, got"):
        choose_device(device)


@pytest.mark.parametrize(
    ("photo", "models", "error"),
    [("none.jpg", FIVE, ImageError), (PHOTO, "segformer-b99", UnknownModelError), (PHOTO, ["", ","], DemoError)],
)
def test_a_wrong_photo_or_name_is_told_before_anything_loads(photo: object, models: object, error: type) -> None:
    loads = Loads()
    with pytest.raises(error):
        Zoo(device="cpu", load=loads).segment(photo, models)
    assert loads.asked == []


@pytest.mark.parametrize(("own", "used"), [(None, "1000"), ("7", "7")])
def test_waiting_threads_make_room_unless_the_user_says_otherwise(own: str | None, used: str) -> None:
    """Settled before torch is loaded, which reads it once."""
    code = "import demo, os, sys; print('torch' in sys.modules, os.environ['GOMP_SPINCOUNT'])"
    environment = {name: value for name, value in os.environ.items() if name != "GOMP_SPINCOUNT"}
    environment |= {"GOMP_SPINCOUNT": own} if own else {}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=catalog.ROOT, env=environment, capture_output=True, text=True
    )
    assert run.stdout.split() == ["False", used]
