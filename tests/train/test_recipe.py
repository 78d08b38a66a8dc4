"""A run learns, can be stopped and gone on with, and says what it needs."""

import json
import random
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from demo.errors import BackendError, CorruptCheckpointError, DatasetError
from demo.train.data import Batch, Folder
from demo.train.recipe import Family, Progress, Recipe, Run, _schedule, train_networks
from tests.train.toy import ToySegmentor

pytestmark = pytest.mark.usefixtures("toy_network")
CONFIG = Path("toy.py")


def test_a_run_lowers_the_loss_and_learns_the_scene(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    said: list[str] = []
    weights = _train(scenes, tmp_path / "out", epochs=20, recipe=quick, report=said.append)
    losses = [float(found[1]) for line in said if (found := re.search(r"loss ([\d.]+)", line))]
    record = json.loads((tmp_path / "out" / "toy.json").read_text())
    assert weights == tmp_path / "out" / "toy.pth"
    assert losses[-1] < 0.5 * losses[0]
    assert record["photos"] == 20 * 8
    assert record["validation"]["scenes"]["pixel_accuracy"] > 0.9
    assert any("photos/s" in line and "min left" in line for line in said)


def test_weights_are_halves_that_load_safely_with_plain_meta(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    weights = _train(scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)
    loaded = torch.load(weights, weights_only=True)
    assert {value.dtype for value in loaded["state_dict"].values()} == {torch.float16, torch.int64}
    assert loaded["meta"] == json.loads((tmp_path / "out" / "toy.json").read_text())


def test_resume_goes_on_where_the_run_was(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    said: list[str] = []
    _train(scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)
    _train(scenes, tmp_path / "out", epochs=3, recipe=quick, report=said.append)
    assert any(line.startswith("going on after") and "8 photos" in line for line in said)
    assert json.loads((tmp_path / "out" / "toy.json").read_text())["photos"] == 24


def test_start_from_takes_the_weights_and_remembers_where_they_came_from(
    scenes: Path, tmp_path: Path, quick: Recipe
) -> None:
    first = _train(scenes, tmp_path / "first", epochs=2, recipe=quick, report=_quiet)
    said: list[str] = []
    _train(scenes, tmp_path / "second", epochs=1, recipe=quick, start_from=first, report=said.append)
    record = json.loads((tmp_path / "second" / "toy.json").read_text())
    assert said[0] == "started with 11 of 11 arrays of toy.pth"
    assert record["started_from"]["photos"] == 16


def test_start_from_something_else_is_refused(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    other = tmp_path / "other.pth"
    torch.save({"state_dict": {"unknown.weight": torch.zeros(3)}}, other)
    with pytest.raises(CorruptCheckpointError, match=r"none of the 1 in other\.pth has a place"):
        _train(scenes, tmp_path / "out", epochs=1, recipe=quick, start_from=other, report=_quiet)


def test_the_folder_of_another_network_is_refused(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    (tmp_path / "out").mkdir()
    torch.save({"network": {"unknown.weight": torch.zeros(3)}}, tmp_path / "out" / "running.pth")
    with pytest.raises(CorruptCheckpointError, match="is of another one; choose another folder"):
        _train(scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)


def test_a_run_of_another_width_is_refused(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    _train(scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)
    state = torch.load(tmp_path / "out" / "running.pth", weights_only=True)
    state["network"]["heads.toy.conv_seg.weight"] = state["network"]["heads.toy.conv_seg.weight"][:, :4]
    torch.save(state, tmp_path / "out" / "running.pth")
    with pytest.raises(CorruptCheckpointError, match="is of another one; choose another folder"):
        _train(scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)


@pytest.mark.parametrize("start", [True, False])
def test_a_file_cut_short_is_refused(scenes: Path, tmp_path: Path, quick: Recipe, start: bool) -> None:
    _train(scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)
    running = tmp_path / "out" / "running.pth"
    running.write_bytes(running.read_bytes()[:1000])
    with pytest.raises(CorruptCheckpointError, match=r"running\.pth is damaged or something else .* delete it"):
        if start:
            _train(scenes, tmp_path / "new", epochs=1, recipe=quick, start_from=running, report=_quiet)
        else:
            _train(scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_missing_gpu_is_said(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="Wanted the device cuda"):
        _train(scenes, tmp_path / "out", epochs=1, device="cuda", report=_quiet)


@pytest.mark.parametrize("folder", ["annotations/training", "images/validation"])
def test_a_missing_folder_is_named(scenes: Path, tmp_path: Path, folder: str) -> None:
    shutil.rmtree(scenes / folder)
    with pytest.raises(DatasetError, match=rf"wanted a folder .*{folder}.* as in ADEChallengeData2016"):
        _train(scenes, tmp_path / "out", epochs=1, report=_quiet)


def test_annotations_of_other_names_are_refused(scenes: Path, tmp_path: Path) -> None:
    for file in (scenes / "annotations" / "training").iterdir():
        file.rename(file.with_name(f"other_{file.name}"))
    with pytest.raises(DatasetError, match="found no pair"):
        _train(scenes, tmp_path / "out", epochs=1, report=_quiet)


def test_a_broken_photograph_is_named(scenes: Path, tmp_path: Path, quick: Recipe) -> None:
    (scenes / "images" / "training" / "photo_3.jpg").write_bytes(b"not a photograph")
    with pytest.raises(DatasetError, match=r"photo_3\.jpg"):
        _train(scenes, tmp_path / "out", epochs=1, recipe=quick, report=_quiet)


def test_a_budget_is_needed(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="minutes or epochs"):
        _train(scenes, tmp_path / "out")


def test_the_learning_rate_rises_then_ends_at_zero() -> None:
    factors = [_schedule(share, 0.1) for share in (0.0, 0.05, 0.1, 0.55, 1.0)]
    assert factors == pytest.approx([0.01, 0.51, 1.0, 0.5, 0.0])


def test_the_first_budget_spent_ends_the_run() -> None:
    progress = Progress(photos=50, seconds=30)
    assert progress.share(minutes=1, goal=None) == 0.5
    assert progress.share(minutes=1, goal=60) == pytest.approx(50 / 60)
    assert progress.share(minutes=0.25, goal=None) == 1.0


@pytest.mark.slow
def test_networks_with_one_trunk_learn_together_and_share_its_weights(
    scenes: Path, tmp_path: Path, quick: Recipe
) -> None:
    files = train_networks(
        [Path("one.py"), Path("two.py")], [Folder(scenes)], tmp_path / "out", epochs=20, recipe=quick, report=_quiet
    )
    one, two = (torch.load(file, weights_only=True) for file in files)
    trunk = [name for name in one["state_dict"] if name.startswith("backbone.")]
    assert len(trunk) == 9 and all(one["state_dict"][name].equal(two["state_dict"][name]) for name in trunk)
    assert not one["state_dict"]["decode_head.conv_seg.weight"].equal(two["state_dict"]["decode_head.conv_seg.weight"])
    assert (one["meta"]["together_with"], two["meta"]["together_with"]) == (["two"], ["one"])
    assert one["meta"]["validation"]["scenes"]["pixel_accuracy"] > 0.9


def test_the_trunk_learns_slower_than_the_heads(tmp_path: Path, quick: Recipe) -> None:
    family = Family({"toy": ToySegmentor()})
    watched = family.trunk.first[0].weight, family.heads["toy"].conv_seg.weight
    before = [weight.detach().clone() for weight in watched]
    run = Run(family, replace(quick, trunk_rate=0.1), torch.device("cpu"), tmp_path, _quiet)
    run.step(_batch(), 0.5, random.Random(0))
    trunk, head = ((new - old).abs().max().item() for new, old in zip(watched, before, strict=True))
    assert 0 < trunk < 0.2 * head


@pytest.mark.slow
def test_heads_learn_first_on_maps_that_the_trunk_makes_once(
    scenes: Path, tmp_path: Path, quick: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    look = Run.look
    monkeypatch.setattr(Run, "look", lambda run, pixels: (looked.append(1), look(run, pixels))[1])
    weights = _train(scenes, tmp_path / "out", epochs=8, recipe=replace(quick, head_first=1.0, cell=4), report=_quiet)
    loaded = torch.load(weights, weights_only=True)
    assert len(looked) == 8
    assert loaded["meta"]["validation"]["scenes"]["pixel_accuracy"] > 0.8
    torch.manual_seed(quick.seed)
    untrained = ToySegmentor().backbone.first[0].weight.half()
    assert loaded["state_dict"]["backbone.first.0.weight"].equal(untrained)


def test_a_teacher_is_heard_where_nothing_is_labelled(tmp_path: Path, quick: Recipe) -> None:
    """Nothing is labelled, the teacher says one class everywhere and features of zero: both are learnt."""
    torch.manual_seed(0)
    family = Family({"toy": ToySegmentor()}, features=4)
    run = Run(family, replace(quick, feature_weight=1.0), torch.device("cpu"), tmp_path, _quiet)
    said = torch.zeros(4, 154, 8, 8)
    said[:, 17] = 9.0
    labels = torch.full((4, 8, 8), 255)
    losses = [run.step(Batch(_batch().pixels, labels, said), 0.1, random.Random(0)) for _ in range(12)]
    scores, read = family.eval()(family.trunk(torch.randn(1, 3, 32, 32)))
    assert losses[-1] < 0.5 * losses[0]
    assert (scores["toy"].argmax(1) == 17).float().mean() > 0.9
    assert read is not None and read.abs().mean() < 0.5


def _batch() -> Batch:
    rng = np.random.default_rng(0)
    pixels = torch.from_numpy(rng.integers(0, 255, (4, 32, 32, 3), dtype=np.uint8))
    return Batch(pixels, torch.from_numpy(rng.integers(0, 3, (4, 8, 8))))


def _train(scenes: Path, out: Path, **options: Any) -> Path:
    (weights,) = train_networks([CONFIG], [Folder(scenes)], out, **options)
    return weights


def _quiet(line: str) -> None:
    pass
