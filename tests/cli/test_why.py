"""Why, on the command line: pictures and numbers of what each network says, or one sentence why it cannot."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from demo import cli
from demo.models.why import Reason
from tests.cli.commands import Capture
from tests.toy import toy_ids

MODELS = toy_ids()[:2]


def test_each_network_has_a_picture_and_a_row(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out"
    assert cli.main(["why", str(photo), "--at", "30", "10", "-m", *MODELS, "-o", str(out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split()[:2] == ["network", "class"] and len(printed) == 3
    told = json.loads((out / "owl" / "why-field.json").read_text())
    assert told["at"] == {"x": 30, "y": 10} and [row["id"] for row in told["networks"]] == list(MODELS)
    for row in told["networks"]:
        picture = np.asarray(PillowImage.open(out / "owl" / row["id"] / "why-field.png"))
        assert picture.shape == (40, 50, 3)
        assert 0 < row["radii"]["50"] <= row["radii"]["90"] <= row["radii_if_even"]["90"]
        assert f"{row['radii']['90']:.0f} px" in printed[1 + MODELS.index(row["id"])]


def test_what_has_no_radius_has_no_columns_for_one(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = Reason(np.zeros((40, 50), np.float32), "sky", (), None)
    monkeypatch.setattr("demo.cli.why.explained", lambda *_: without)
    words = ["--at", "30", "10", "--kind", "attribution", "-m", MODELS[0], "-o", str(tmp_path / "out")]
    assert cli.main(["why", str(photo), *words]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [["network", "class"], ["FCN", "sky"]]


@pytest.mark.parametrize("over", ["region", "photo"])
def test_a_region_and_a_photo_are_asked_of_at_several_pixels(toy: None, photo: Path, tmp_path: Path, over: str) -> None:
    words = ["--at", "30", "10", "--over", over, "--class", "Sky", "-m", MODELS[0], "-o", str(tmp_path / "out")]
    assert cli.main(["why", str(photo), *words]) == 0
    [row] = json.loads((tmp_path / "out" / "owl" / "why-field.json").read_text())["networks"]
    assert row["class"] == "sky" and 1 < len(row["points"]) <= 9


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--at", "50", "0"], "error: Wanted a pixel of the photo, x 0 to 49 and y 0 to 39, got x 50, y 0."),
        (["--at", "1", "1", "--class", "unicorn"], "has no class named 'unicorn'"),
        (
            ["--at", "1", "1", "--kind", "rollout", "--class", "sky"],
            "error: Attention rollout knows no class. Leave --class",
        ),
        (["--at", "1", "1", "--kind", "rollout"], "Cannot say: which part of this network attends is not known"),
    ],
)
def test_what_cannot_be_said_is_one_sentence(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture, words: list[str], told: str
) -> None:
    assert cli.main(["why", str(photo), *words, "-m", MODELS[0], "-o", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert told in err and "Traceback" not in err and not out
    assert not (tmp_path / "out").exists()


def test_a_network_that_cannot_load_costs_itself_alone(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    words = ["--at", "3", "4", "-m", MODELS[0], "segformer-compact", "-o", str(tmp_path / "out")]
    assert cli.main(["why", str(photo), *words]) == 1
    assert "SegFormer (segformer-compact) is left out" in capsys.readouterr().err
    [row] = json.loads((tmp_path / "out" / "owl" / "why-field.json").read_text())["networks"]
    assert row["id"] == MODELS[0]
