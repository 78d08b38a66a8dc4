"""Every stage of the training begins with what its place in the list promises."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.errors import DatasetError
from demo.models.backends.mmseg import build_network
from demo.train import compact, teacher
from demo.train.data import CropPlan, Folder
from demo.train.trunks import TRUNKS, installed
from demo.train.weights import read_weights

CHECKPOINTS = Path(__file__).parents[2] / "checkpoints"


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """What each stage was asked to do; nothing is trained."""
    asked: list[dict[str, Any]] = []

    def train(configs: list[Path], data: list[Folder], out: Path, **settings: Any) -> list[Path]:
        asked.append({"configs": [config.stem for config in configs], **settings})
        return [out / f"{config.stem}.pth" for config in configs]

    monkeypatch.setattr(compact, "make_trunks", lambda out: {name: out / f"{name}.pth" for name in ("lite0", "dinov2")})
    monkeypatch.setattr(compact, "write_targets", lambda photographs, trunks, out, report: "what the teacher says")
    monkeypatch.setattr(compact, "write_grafted", lambda config, trunk, photographs, out, minutes, report: out)
    monkeypatch.setattr(compact, "train_networks", train)
    return asked


def test_each_stage_has_its_trunk_the_teacher_and_its_share_of_the_time(
    runs: list[dict[str, Any]], scenes: Path, tmp_path: Path
) -> None:
    made = compact.train_compact([Folder(scenes)], Path("configs"), tmp_path, pace=0.5, report=lambda line: None)
    assert [path.stem for path in made] == [Path(name).name for stage in compact.STAGES for name in stage.networks]
    trunks = {run["configs"][0]: run["trunk"] and run["trunk"].stem for run in runs}
    assert trunks["fcn-compact"] == "lite0" and trunks["setr-compact"] == "dinov2"
    assert trunks["segformer-compact"] == "mit"
    assert [run["minutes"] for run in runs] == [stage.minutes / 2 for stage in compact.STAGES]
    assert {run["teacher"] for run in runs} == {"what the teacher says"}


def test_unet_begins_with_the_trunk_that_fcn_learnt(runs: list[dict[str, Any]], scenes: Path, tmp_path: Path) -> None:
    compact.train_compact([Folder(scenes)], Path("configs"), tmp_path, report=lambda line: None)
    (unet,) = [run for run in runs if run["configs"] == ["unet-compact"]]
    assert unet["trunk"] is None and unet["start_from"] == tmp_path / "cnn" / "fcn-compact.pth"


@pytest.mark.slow
def test_from_photographs_to_every_network(scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real trunks, a real teacher, seven networks, for a moment each; MMSegmentation builds each."""
    try:
        installed(TRUNKS["dinov2"])
    except DatasetError as missing:
        pytest.skip(str(missing))
    monkeypatch.setattr(teacher, "STEPS", 10)
    monkeypatch.setattr(teacher, "BATCH", 256)
    small = tuple(
        replace(stage, recipe=replace(stage.recipe, batch=2, crops=CropPlan(128, (128, 144))))
        for stage in compact.STAGES
    )
    made = compact.train_compact(
        [Folder(scenes)], CHECKPOINTS, tmp_path, pace=0.0005, stages=small, report=lambda line: None
    )
    assert len(made) == sum(len(stage.networks) for stage in compact.STAGES)
    for path in made:
        (config,) = CHECKPOINTS.glob(f"*/{path.stem}.py")
        build_network(config).load_state_dict(read_weights(path)["state_dict"])
