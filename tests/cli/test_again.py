"""A run repeated from its manifest: the same numbers, or which differ; never another photo."""

import json
import shutil
from pathlib import Path

from demo import cli
from tests.cli.commands import Capture, save
from tests.toy import toy_ids


def first(photo: Path, tmp_path: Path, *options: str) -> Path:
    """The manifest of a run."""
    assert cli.main(["segment", str(photo), "-m", *toy_ids()[:2], "-o", str(tmp_path / "out"), *options]) == 0
    return tmp_path / "out" / photo.stem / "manifest.json"


def test_the_same_run_again_has_the_same_numbers(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    path = first(photo, tmp_path, "--measures", "entropy", "margin")
    other = save(tmp_path / "other.png", seed=9)
    renamed = Path(shutil.copy(photo, tmp_path / "renamed.png"))
    told = ["segment", str(other), str(renamed), "--again", str(path), "-o", str(tmp_path / "again")]
    assert cli.main(told) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("The same to the last digit: ") and "6 maps." in out
    again = json.loads((tmp_path / "again/renamed/manifest.json").read_text())
    assert [*again["models"]] == [*toy_ids()[:2]] and again["settings"]["measures"] == ["entropy", "margin"]
    assert not (tmp_path / "again/other").exists()


def test_a_number_that_differs_is_told_and_is_the_exit_code(
    toy: None, photo: Path, tmp_path: Path, capsys: Capture
) -> None:
    path = first(photo, tmp_path)
    then = json.loads(path.read_text())
    then["numbers"]["models"][0]["mean_entropy"] += 0.25
    then["models"][toy_ids()[1]] = "f" * 64
    path.write_text(json.dumps(then))
    assert cli.main(["segment", str(photo), "--again", str(path), "-o", str(tmp_path / "again")]) == 1
    out, _ = capsys.readouterr()
    assert f"models.{toy_ids()[0]}.mean_entropy: " in out and f'models.{toy_ids()[1]}: "ffff' in out


def test_another_photo_is_refused_by_its_hash(toy: None, photo: Path, tmp_path: Path, capsys: Capture) -> None:
    path = first(photo, tmp_path)
    other = save(tmp_path / "elsewhere" / photo.name, seed=2)
    assert cli.main(["segment", str(other), "--again", str(path), "-o", str(tmp_path / "again")]) == 2
    _, err = capsys.readouterr()
    assert "error: manifest.json is of owl.png (SHA-256 " in err and "give that file." in err
