"""The folder of uploads: what Gradio leaves in it for ever goes, what is still wanted stays."""

import os
import time
from pathlib import Path

import gradio as gr
import pytest

from demo.page.uploads import OWN, Uploads, own_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / f"{OWN}1"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


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


@pytest.mark.parametrize("named", ["", "of the host's"])
def test_a_server_has_a_folder_of_its_own_and_touches_no_other(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("atexit.register", lambda *_, **__: None)
    hosts = tmp_path / named
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(hosts) if named else "")
    own_folder()
    own_folder()
    own = Path(os.environ["GRADIO_TEMP_DIR"])
    assert own.is_dir() and own.parent == hosts and own.name.startswith(OWN)
    with gr.Blocks() as blocks:
        pass
    (hosts / "letters.txt").write_text("not ours")
    (own / "tmpabc").write_bytes(b"half a photo")
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(hosts))  # as if nobody had made one
    Uploads(blocks).forget(-1)
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(own))
    Uploads(blocks).forget(-1)
    assert (hosts / "letters.txt").exists() and own.exists() and not any(own.iterdir())
