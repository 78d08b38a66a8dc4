"""Names that are no UTF-8, in every command that reads or writes files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from demo import cli
from demo.labels.ade20k import ADE20K
from demo.labels.annotations import encode_annotation
from tests.cli.commands import ROOT, Capture, save
from tests.toy import toy_ids

LATIN = ["%83e", "caf%E8", "caf%E9"]
"""How reports show them."""


def latin(folder: Path, name: bytes) -> Path:
    """A path whose last part is those bytes."""
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + name))


@pytest.fixture
def latin_dataset(tmp_path: Path) -> Path:
    """Photos with truths of 2, whose names hold bytes of Latin-1 and Shift JIS, in a folder of such a name."""
    dataset = latin(tmp_path, b"d\xe9j\xe0")
    for number, name in enumerate((b"caf\xe9.png", b"caf\xe8.png", b"\x83\x65.png")):
        os.replace(save(tmp_path / "photo.png", number), latin(made(dataset / "images"), name))
        truth = encode_annotation(np.full((40, 50), 1, np.uint8), ADE20K)
        latin(made(dataset / "annotations"), name).write_bytes(truth)
    return dataset


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_segment_takes_names_of_any_bytes(toy: None, latin_dataset: Path, tmp_path: Path, capsys: Capture) -> None:
    photos = sorted((latin_dataset / "images").iterdir())
    out = latin(tmp_path, b"out\xff")
    assert cli.main(["segment", *map(str, photos), "-m", toy_ids()[0], "-o", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert sorted(row["photo"].rpartition("/")[2] for row in printed) == [f"{name}.png" for name in LATIN]
    assert sorted(path.name for path in out.iterdir()) == LATIN
    for name in LATIN:
        assert json.loads((out / name / "summary.json").read_text("utf-8"))["photo"] == f"{name}.png"


@pytest.mark.parametrize("command", ["evaluate", "claims"])
def test_studies_take_names_of_any_bytes(
    command: str, toy: None, latin_dataset: Path, tmp_path: Path, capsys: Capture
) -> None:
    latin(latin_dataset / "images", b"bad\xe9.png").write_text("no photo")
    latin(latin_dataset / "annotations", b"bad\xe9.png").write_bytes(
        encode_annotation(np.zeros((4, 5), np.uint8), ADE20K)
    )
    out = latin(tmp_path, b"out\xff")
    assert cli.main([command, str(latin_dataset), "-m", toy_ids()[0], "-o", str(out)]) == 1
    printed = capsys.readouterr()
    name = {"evaluate": "scores", "claims": "claims"}[command]
    assert printed.out.endswith(f"/{name}.html\n")
    assert "error: bad%E9.png is left out: bad%E9.png is " in printed.err
    report = json.loads((out / f"{name}.json").read_text("utf-8"))
    assert "d%E9j%E0" in str(report) and "bad%E9.png is left out" in (out / f"{name}.html").read_text("utf-8")
    if command == "evaluate":
        rows = (out / "photos.csv").read_text("utf-8").splitlines()[1:]
        assert [row.split(",")[0] for row in rows] == LATIN


def test_an_own_model_may_have_a_name_of_any_bytes(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    config, weights = latin(tmp_path, b"n\xe9t.py"), latin(tmp_path, b"w\xe9.pth")
    config.write_text("model = dict()")
    weights.write_bytes(b"weights")
    assert cli.main(["segment", str(photo), "-m", f"{config}:{weights}", "-o", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out/owl/summary.json").read_text("utf-8"))["models"][0]["id"] == "n%E9t"
    (tmp_path / "set/images").mkdir(parents=True)
    (tmp_path / "set/annotations").mkdir()
    os.replace(photo, tmp_path / "set/images/owl.png")
    (tmp_path / "set/annotations/owl.png").write_bytes(encode_annotation(np.zeros((40, 50), np.uint8), ADE20K))
    command = ["evaluate", str(tmp_path / "set"), "-m", f"{config}:{weights}", "-o", str(tmp_path / "scores")]
    assert cli.main(command) == 0
    assert "\nn%E9t,n%E9t," in (tmp_path / "scores/scores.csv").read_text("utf-8")


@pytest.mark.slow
def test_paths_are_printed_as_the_bytes_they_are(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    code = f"from demo import cli; cli._print_any_path(); print({name!r})"
    for encoding, printed in (("utf-8", b"caf\xe9\n"), ("ascii", b"caf\\udce9\n")):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, env=environment)
        assert (run.stdout, run.stderr) == (printed, b"")
