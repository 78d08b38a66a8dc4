"""The folder of uploads: what Gradio leaves in it for ever goes, what is still wanted stays."""

import os
import time
from pathlib import Path

import pytest

from demo.page.uploads import Leftovers, own_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def test_what_was_broken_off_and_empty_folders_go_in_time_and_photos_stay(folder: Path) -> None:
    (folder / "tmpabc").write_bytes(b"half a photo")
    (folder / "empty").mkdir()
    (folder / "photo").mkdir()
    (folder / "photo" / "a.png").write_bytes(b"a photo")
    Leftovers().forget(60)
    assert len(list(folder.iterdir())) == 3
    time.sleep(0.01)
    Leftovers().forget(0)
    assert [path.name for path in folder.iterdir()] == ["photo"]


def test_where_no_folder_is_nothing_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "none"))
    Leftovers().forget(0)


def test_a_server_has_a_folder_of_its_own_unless_the_host_named_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder()
    assert os.environ["GRADIO_TEMP_DIR"] == str(folder)
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    monkeypatch.setattr("demo.page.uploads.mkdtemp", lambda prefix: str(folder / f"{prefix}1"))
    own_folder()
    assert Path(os.environ["GRADIO_TEMP_DIR"]).name == "segmentation-zoo-uploads-1"
