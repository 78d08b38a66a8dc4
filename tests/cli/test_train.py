"""The command that trains the compact networks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from demo import cli
from tests.cli.commands import ROOT, Capture


def test_configs_that_are_not_there_are_told_before_anything_is_computed(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["train", "ade", "-o", str(tmp_path / "out"), "--configs", str(tmp_path)]) == 2
    assert " has no compact/fcn-compact.py; name the folder of compact/ and" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_train_hands_its_options_on_and_prints_the_weights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    from demo.train import compact
    from demo.train.data import Folder

    asked: list[object] = []

    def train(
        data: list[Folder], configs: Path, out: Path, *, pace: float, report: Callable[[str], None]
    ) -> list[Path]:
        asked.extend([data, configs, out, pace])
        report("fcn-compact: 3.5 minutes")
        return [out / "fcn-compact.pth"]

    monkeypatch.setattr(compact, "train_compact", train)
    assert cli.main(["train", "ade", "coco:14", "-o", str(tmp_path), "--pace", "0.5"]) == 0
    assert asked == [[Folder(Path("ade")), Folder(Path("coco"), 14)], ROOT / "checkpoints", tmp_path, 0.5]
    assert capsys.readouterr() == (f"{tmp_path / 'fcn-compact.pth'}\n", "fcn-compact: 3.5 minutes\n")
