"""A study on a Ray cluster: the local engine's numbers, and a worker that is killed."""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from demo.errors import BackendError
from demo.models.network import Network
from demo.models.posterior import Posterior
from demo.models.zoo import Zoo
from demo.schema import Image, ModelSpec
from demo.study import Progress, study
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
    workers: int, path_for_workers: None, pids: Path, tmp_path: Path
) -> None:
    photos = make_dataset(tmp_path / "set", 12)
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


def test_without_ray_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(BackendError, match=r"needs the package ray.*pip install -r requirements-ray\.txt"):
        OnRay(toy_zoo)
