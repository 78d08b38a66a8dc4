"""A study on a Ray cluster: the local engine's numbers, and a worker that is killed."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from demo.errors import BackendError, DemoError
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.schema import Image, ModelSpec
from demo.study import Progress, study
from demo.study.engine import Task
from demo.study.ray_engine import OnRay
from tests.study.photos import make_dataset
from tests.study.test_study import ROOT, final
from tests.toy import toy_ids, toy_network, toy_zoo


def noting_zoo(folder: Path, killer: str = "") -> Zoo:
    """A toy zoo that writes down in which process it answers, and may end it at a photo."""

    def load(spec: ModelSpec) -> Network:
        network = toy_network(spec)

        def scores(image: Image) -> Posterior:
            (folder / str(os.getpid())).touch()
            if killer and image.shape[0] == 60:
                os.kill(os.getpid(), signal.SIGKILL)
            return network.scores(image)

        return replace(network, scores=scores)

    return Zoo(device="cpu", load=load)


@pytest.fixture
def path_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="requirements-ray.txt is not installed")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))))


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    (tmp_path / "pids").mkdir()
    return tmp_path / "pids"


def on_ray(folder: Path, workers: int, killer: str = "") -> Iterator[OnRay]:
    engine = OnRay(partial(noting_zoo, folder, killer), workers=workers)
    yield engine
    engine.close()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_worker_that_is_killed_costs_its_photos_a_retry_only(
    workers: int, path_for_workers: None, pids: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_dataset(tmp_path / "set", 12)
    monkeypatch.chdir(tmp_path)
    photos = Path("set")  # Ray's workers are started in another folder
    study(photos, toy_ids(), toy_zoo(), tmp_path / "here")
    killed: list[int] = []

    def kill_one(progress: Progress) -> None:
        if progress.done == 4:
            killed.append(int(next(pids.iterdir()).name))
            os.kill(killed[0], signal.SIGKILL)

    for engine in on_ray(pids, workers):
        done = study(photos, toy_ids(), toy_zoo(), tmp_path / "ray", engine=engine, on_progress=kill_one)
    assert done.problems == () and done.measured == 12 and killed
    assert len([*pids.iterdir()]) == workers + 1, "the one that died was replaced"
    assert final(tmp_path / "ray") == final(tmp_path / "here")


@pytest.mark.slow
def test_a_photo_that_kills_every_worker_is_a_record(path_for_workers: None, pids: Path, tmp_path: Path) -> None:
    from PIL import Image as PillowImage

    photos = make_dataset(tmp_path / "set", 3) / "images/validation"
    PillowImage.new("RGB", (70, 60)).save(photos / "photo1.png")
    for engine in on_ray(pids, 1, killer="yes"):
        done = study(photos, toy_ids()[:1], toy_zoo(), tmp_path / "out", engine=engine)
    assert len(done.problems) == 1 and "photo1.png is left out: every worker that had it died" in done.problems[0]
    assert json.loads((tmp_path / "out/study.json").read_text())["models"][0]["photos"] == 2


class Handle:
    """An actor of the stand-in: its methods answer at once, and dies at photos of a name."""

    def __init__(self, worker: object, deadly: str) -> None:
        self.worker, self.deadly = worker, deadly

    def __getattr__(self, name: str) -> object:
        def remote(*told: object) -> Callable[[], object]:
            if self.deadly and told and isinstance(told[0], Task) and told[0].case.name == self.deadly:
                return lambda: _raise(StandIn.exceptions.RayError())
            try:
                found = getattr(self.worker, name)(*(one() if callable(one) else one for one in told))
            except Exception as error:
                return partial(_raise, StandIn.exceptions.RayTaskError(error))
            return lambda: found

        return SimpleNamespace(remote=remote)


class StandIn:
    """The calls of Ray that the engine makes, answered in this process: they show its logic where Ray is not."""

    class exceptions:  # noqa: N801
        class RayError(Exception):
            """As Ray's own."""

        class RayTaskError(RayError):
            def __init__(self, cause: Exception) -> None:
                super().__init__(str(cause))
                self.cause = cause

    def __init__(self, deadly: str = "") -> None:
        self.deadly, self.started = deadly, 0

    def init(self, **told: object) -> None:
        self.started += 1

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0}

    def remote(self, **needs: object) -> Callable[[type], object]:
        return lambda kind: SimpleNamespace(remote=lambda *told: Handle(kind(*told), self.deadly))

    def put(self, value: object) -> Callable[[], object]:
        return lambda: value

    def get(self, reference: Callable[[], object]) -> object:
        return reference()

    def wait(self, references: list[object]) -> tuple[list[object], list[object]]:
        return references[-1:], references[:-1]  # the last comes first: in any order

    def kill(self, worker: object) -> None:
        """Nothing is left of it."""

    def shutdown(self) -> None:
        self.started -= 1


def _raise(error: Exception) -> object:
    raise error


@pytest.mark.slow
def test_the_numbers_are_the_local_engines_in_whatever_order_photos_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos, cluster = make_dataset(tmp_path / "set", 6), StandIn()
    monkeypatch.setitem(sys.modules, "ray", cluster)  # type: ignore[arg-type]
    engine = OnRay(toy_zoo)
    seen: list[str] = []
    study(photos, toy_ids()[:2], toy_zoo(), tmp_path / "ray", engine=engine, on_progress=lambda p: seen.append(p.photo))
    engine.close()
    study(photos, toy_ids()[:2], toy_zoo(), tmp_path / "here")
    assert sorted(seen) != seen and cluster.started == 0
    assert final(tmp_path / "ray") == final(tmp_path / "here")


def test_a_deadly_photo_is_a_record_and_what_fails_otherwise_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = make_dataset(tmp_path / "set", 4)
    monkeypatch.setitem(sys.modules, "ray", StandIn("photo1"))  # type: ignore[arg-type]
    done = study(photos, toy_ids()[:2], toy_zoo(), tmp_path / "out", engine=OnRay(toy_zoo))
    assert len(done.problems) == 1 and "photo1.png is left out: every worker that had it died" in done.problems[0]
    (tmp_path / "blocked").mkdir()
    (tmp_path / "blocked/files").write_text("a file where a folder is wanted")
    with pytest.raises(DemoError, match="Cannot write"):
        study(photos, toy_ids()[:2], toy_zoo(), tmp_path / "blocked", save=("labels",), engine=OnRay(toy_zoo))


def test_more_workers_than_there_is_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = StandIn()
    monkeypatch.setitem(sys.modules, "ray", cluster)  # type: ignore[arg-type]
    with pytest.raises(BackendError, match=r"has 2 processor cores, too few for 3 workers"):
        OnRay(toy_zoo, workers=3)
    assert cluster.started == 0


def test_without_ray_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BackendError, match=r"needs the package ray.*pip install -r requirements-ray\.txt"):
        OnRay(toy_zoo)
