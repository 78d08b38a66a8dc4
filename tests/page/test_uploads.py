"""The folder of uploads: what Gradio leaves in it for ever goes, what is still wanted stays."""

import os
import time
from pathlib import Path

import gradio as gr
import pytest

from demo.page.uploads import Uploads, own_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def test_what_was_sent_or_broken_off_goes_in_time_with_its_folder(folder: Path) -> None:
    (folder / "tmpabc").write_bytes(b"half a photo")
    (folder / "photo").mkdir()
    (folder / "photo" / "a.png").write_bytes(b"a photo")
    (folder / "example").mkdir()
    (folder / "example" / "cat.png").write_bytes(b"always there")
    with gr.Blocks() as blocks:
        gr.Textbox().keep_in_cache = {str(folder / "example" / "cat.png")}  # type: ignore[attr-defined]
    blocks.upload_file_set |= {str(path) for path in folder.glob("*/*")} | {str(folder / "gone" / "b.png")}
    uploads = Uploads(blocks)
    uploads.forget(60)
    assert len(list(folder.rglob("*"))) == 5
    time.sleep(0.01)
    uploads.forget(0)
    time.sleep(0.01)
    uploads.forget(0)  # its folder was changed when the photo went
    assert sorted(path.name for path in folder.rglob("*")) == ["cat.png", "example"]
    assert blocks.upload_file_set == {str(folder / "example" / "cat.png")}


def test_a_photo_that_comes_meanwhile_ends_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradio's own deletion stops for good there."""
    with gr.Blocks() as blocks:
        pass
    files = [folder / f"{number}.png" for number in range(20)]
    for file in files:
        file.write_bytes(b"a photo")
    blocks.upload_file_set.update(map(str, files))
    plain = Path.unlink

    def while_one_comes(path: Path) -> None:
        blocks.upload_file_set.add(f"new-{path.name}")
        plain(path)

    monkeypatch.setattr(Path, "unlink", while_one_comes)
    Uploads(blocks).forget(-1)
    assert not list(folder.iterdir()) and len(blocks.upload_file_set) == 20


def test_a_server_has_a_folder_of_its_own_unless_the_host_named_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_folder()
    assert os.environ["GRADIO_TEMP_DIR"] == str(folder)
    monkeypatch.delenv("GRADIO_TEMP_DIR")
    monkeypatch.setattr("demo.page.uploads.mkdtemp", lambda prefix: str(folder / f"{prefix}1"))
    own_folder()
    assert Path(os.environ["GRADIO_TEMP_DIR"]).name == "segmentation-zoo-uploads-1"
