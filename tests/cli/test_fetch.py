"""Downloads as a person sees them."""

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from demo import catalog, cli
from demo.cli.console import LiveLine
from demo.schema import ModelSpec, Weights
from tests.cli.commands import Capture


@pytest.fixture
def own_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModelSpec:
    """The one model there is to fetch: its file lies in tmp_path/shelf."""
    content = b"weights" * 1000
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "net.pth").write_bytes(content)
    weights = Weights("net.pth", hashlib.sha256(content).hexdigest())
    spec = ModelSpec("net", "Net", "cnn", "paper", "net.py", weights)
    monkeypatch.setattr(catalog, "resolve", lambda names: (spec,))
    return spec


def test_fetch_brings_a_file_once(own_model: ModelSpec, tmp_path: Path, capsys: Capture) -> None:
    command = ["fetch", "net", "--source", str(tmp_path / "shelf"), "--into", str(tmp_path / "into")]
    assert cli.main(command) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'into' / 'net.pth'}\n"
    assert err.startswith("net [") and "MB" in err
    assert cli.main(command) == 0
    assert capsys.readouterr() == ("", f"net: on disk, {tmp_path / 'into' / 'net.pth'}\n")


def test_what_the_project_has_already_is_copied_where_it_is_wanted(tmp_path: Path, capsys: Capture) -> None:
    spec, into = catalog.find("fcn-compact"), tmp_path / "into"
    assert cli.main(["fetch", spec.id, "--into", str(into)]) == 0
    assert capsys.readouterr().out == f"{into / spec.weights.file}\n"
    assert hashlib.sha256((into / spec.weights.file).read_bytes()).hexdigest().startswith(spec.weights.sha256[:8])
    assert cli.main(["fetch", spec.id, "--into", str(into)]) == 0
    assert capsys.readouterr() == ("", f"{spec.id}: on disk, {into / spec.weights.file}\n")


def test_fetch_repairs_a_damaged_file(own_model: ModelSpec, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "into").mkdir()
    (tmp_path / "into" / "net.pth").write_text("<!doctype html><title>For sale</title>")
    command = ["fetch", "net", "--source", str(tmp_path / "shelf"), "--into", str(tmp_path / "into")]
    assert cli.main(command) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / 'into' / 'net.pth'}\n"
    assert err.startswith(f"net: {tmp_path / 'into' / 'net.pth'} is damaged or another file; fetching it anew\n")
    assert (tmp_path / "into" / "net.pth").read_bytes() == (tmp_path / "shelf" / "net.pth").read_bytes()


def test_files_that_no_source_has_are_one_sentence_and_then_each_source_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    specs = catalog.models("ssseg")[:2]
    monkeypatch.setattr(catalog, "resolve", lambda names: [replace_sources(spec) for spec in specs])
    (tmp_path / "empty").mkdir()
    command = ["fetch", "ssseg", "--source", "http://127.0.0.1:1", "--into", str(tmp_path / "into")]
    assert cli.main(command) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.splitlines() == [
        "error: No home delivered fcn_resnet101os8_ade20k.pth (237 MB), pspnet_resnet101os8_ade20k.pth (282 MB); by "
        f"hand, put them into {tmp_path / 'into'} under these names. Or name a source that has them: --source.",
        "127.0.0.1: it refused the connection",
    ]


def replace_sources(spec: ModelSpec) -> ModelSpec:
    """The same model without a home of its own."""
    return replace(spec, weights=replace(spec.weights, sources=()))


def test_a_folder_that_cannot_take_a_file_is_said_as_it_is(
    own_model: ModelSpec, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "file").write_text("")
    assert cli.main(["fetch", "net", "--source", str(tmp_path / "shelf"), "--into", str(tmp_path / "file" / "in")]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "the folder" in err and "cannot be made" in err


def test_the_first_fetch_of_a_file_without_a_hash_notes_it_and_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "net.pth").write_bytes(b"weights" * 1000)
    spec = ModelSpec("net", "Net", "cnn", "paper", "net.py", Weights("net.pth", ""))
    monkeypatch.setattr(catalog, "resolve", lambda names: (spec,))
    command = ["fetch", "net", "--source", str(tmp_path / "shelf"), "--into", str(tmp_path / "into")]
    digest = hashlib.sha256(b"weights" * 1000).hexdigest()
    said = (
        f"net: nobody has published a hash of net.pth; that of this file, {digest[:16]}..., is noted in "
        "net.pth.sha256, and any later file is held to it\n"
    )
    assert cli.main(command) == 0
    assert capsys.readouterr().err.endswith(said)
    assert (tmp_path / "into" / "net.pth.sha256").read_text() == f"{digest}  net.pth\n"
    assert cli.main(command) == 0
    assert "hash" not in capsys.readouterr().err
    (tmp_path / "into" / "net.pth.sha256").unlink()  # as of a file that was put there by hand
    assert cli.main(command) == 0
    assert capsys.readouterr().err.endswith(said)
    (tmp_path / "into" / "net.pth").write_bytes(b"others")
    (tmp_path / "shelf" / "net.pth").write_bytes(b"others")
    assert cli.main(command) == 1
    assert f"other bytes: their SHA-256 begins {hashlib.sha256(b'others').hexdigest()[:8]}, wanted {digest[:8]}" in (
        capsys.readouterr().err
    )


def test_progress_rewrites_one_line_on_a_terminal_and_adds_ten_elsewhere(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = LiveLine()
    for step in range(101):
        quiet.show(f"{step} %", step / 100)
    quiet.end()
    assert capsys.readouterr().err.splitlines() == [f"{step} %" for step in range(0, 101, 10)]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    live = LiveLine()
    live.show("1 %", 0.01)
    live.show("2 %", 0.02)
    live.end()
    assert capsys.readouterr().err == "\r1 %\033[K\r2 %\033[K\n"
