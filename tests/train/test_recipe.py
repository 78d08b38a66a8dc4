"""A run learns, can be stopped and gone on with, and says what it needs."""

import json
import re
import shutil
from pathlib import Path

import pytest
import torch

from demo.errors import BackendError, CorruptCheckpointError, DatasetError
from demo.train.recipe import Progress, Recipe, _schedule, train_network

pytestmark = pytest.mark.usefixtures("toy_network")
CONFIG = Path("toy.py")


def test_a_run_lowers_the_loss_and_learns_the_scene(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    said: list[str] = []
    weights = train_network(CONFIG, scenes, tmp_path / "out", epochs=20, recipe=quick, report=said.append)
    losses = [float(found[1]) for line in said if (found := re.search(r"loss ([\d.]+)", line))]
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert weights == tmp_path / "out" / "toy.pth"
    assert losses[-1] < 0.5 * losses[0]
    assert record["photos"] == 20 * 8
    assert record["validation"]["pixel_accuracy"] > 0.9
    assert any("photos/s" in line and "min left" in line for line in said)


def test_weights_are_halves_that_load_safely_with_plain_meta(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    weights = train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)
    loaded = torch.load(weights, weights_only=True)
    assert {value.dtype for value in loaded["state_dict"].values()} == {torch.float16, torch.int64}
    assert loaded["meta"] == json.loads((tmp_path / "out" / "run.json").read_text())


def test_resume_goes_on_where_the_run_was(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    said: list[str] = []
    train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)
    train_network(CONFIG, scenes, tmp_path / "out", epochs=3, recipe=quick, report=said.append)
    assert any(line.startswith("going on after") and "8 photos" in line for line in said)
    assert json.loads((tmp_path / "out" / "run.json").read_text())["photos"] == 24


def test_without_resume_a_run_begins_anew(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    for _ in range(2):
        train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, resume=False, report=_quiet)
    assert json.loads((tmp_path / "out" / "run.json").read_text())["photos"] == 8


def test_start_from_takes_the_weights_and_remembers_where_they_came_from(
    scenes: Path, tmp_path: Path, quick: Recipe
) -> None:
    first = train_network(CONFIG, scenes, tmp_path / "first", epochs=2, recipe=quick, report=_quiet)
    said: list[str] = []
    train_network(CONFIG, scenes, tmp_path / "second", epochs=1, recipe=quick, start_from=first, report=said.append)
    record = json.loads((tmp_path / "second" / "run.json").read_text())
    assert said[0] == "started with 9 of 9 arrays of toy.pth"
    assert record["started_from"]["photos"] == 16


def test_start_from_something_else_is_refused(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    other = tmp_path / "other.pth"
    torch.save({"state_dict": {"unknown.weight": torch.zeros(3)}}, other)
    with pytest.raises(CorruptCheckpointError, match=r"none of the 1 in other\.pth has a place"):
        train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, start_from=other, report=_quiet)


def test_the_folder_of_another_network_is_refused(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    (tmp_path / "out").mkdir()
    torch.save({"network": {"unknown.weight": torch.zeros(3)}}, tmp_path / "out" / "running.pth")
    with pytest.raises(CorruptCheckpointError, match="is of another one; choose another folder"):
        train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)


def test_a_run_of_another_width_is_refused(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)
    state = torch.load(tmp_path / "out" / "running.pth", weights_only=True)
    state["network"]["head.weight"] = state["network"]["head.weight"][:, :4]
    torch.save(state, tmp_path / "out" / "running.pth")
    with pytest.raises(CorruptCheckpointError, match="is of another one; choose another folder"):
        train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)


@pytest.mark.parametrize("start", [True, False])
def test_a_file_cut_short_is_refused(scenes: Path, tmp_path: Path, quick: Recipe, start: bool) -> None:
    train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)
    running = tmp_path / "out" / "running.pth"
    running.write_bytes(running.read_bytes()[:1000])
    with pytest.raises(CorruptCheckpointError, match=r"running\.pth is damaged or something else .* delete it"):
        if start:
            train_network(CONFIG, scenes, tmp_path / "new", epochs=1, recipe=quick, start_from=running, report=_quiet)
        else:
            train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_missing_gpu_is_said(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="Wanted the device cuda"):
        train_network(CONFIG, scenes, tmp_path / "out", epochs=1, device="cuda", report=_quiet)


@pytest.mark.parametrize("folder", ["annotations/training", "images/validation"])
def test_a_missing_folder_is_named(scenes: Path, tmp_path: Path, folder: str) -> None:
    shutil.rmtree(scenes / folder)
    with pytest.raises(DatasetError, match=rf"wanted a folder .*{folder}.* as in ADEChallengeData2016"):
        train_network(CONFIG, scenes, tmp_path / "out", epochs=1, report=_quiet)


def test_annotations_of_other_names_are_refused(scenes: Path, tmp_path: Path) -> None:
    for file in (scenes / "annotations" / "training").iterdir():
        file.rename(file.with_name(f"other_{file.name}"))
    with pytest.raises(DatasetError, match="found no pair"):
        train_network(CONFIG, scenes, tmp_path / "out", epochs=1, report=_quiet)


def test_a_broken_photograph_is_named(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    (scenes / "images" / "training" / "photo_3.jpg").write_bytes(b"not a photograph")
    with pytest.raises(DatasetError, match=r"photo_3\.jpg"):
        train_network(CONFIG, scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)


def test_a_budget_is_needed(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="minutes or epochs"):
        train_network(CONFIG, scenes, tmp_path / "out")


def test_the_learning_rate_rises_then_ends_at_zero() -> None:
    factors = [_schedule(share, 0.1) for share in (0.0, 0.05, 0.1, 0.55, 1.0)]
    assert factors == pytest.approx([0.01, 0.51, 1.0, 0.5, 0.0])


def test_the_first_budget_spent_ends_the_run() -> None:
    progress = Progress(photos=50, seconds=30)
    assert progress.share(minutes=1, goal=None) == 0.5
    assert progress.share(minutes=1, goal=60) == pytest.approx(50 / 60)
    assert progress.share(minutes=0.25, goal=None) == 1.0


def _quiet(line: str) -> None:
    pass
